"""The sound side as the SIP thread sees it: calls in, devices and clock kept out of sight."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from bridge.engine.audio.clock import LINGER_S, BridgeClock
from bridge.engine.audio.ends import RigEnds
from bridge.engine.audio.extras import Ear, Music, waiting_tune
from bridge.engine.audio.health import Health, Notify, Part
from bridge.engine.audio.patchbay import Patchbay, patch
from bridge.engine.audio.port import Media, Pjsua2, PortFigures
from bridge.engine.audio.recorder import Began, Failed, Recorder
from bridge.engine.audio.rig import Rig
from bridge.engine.audio.tunes import (
    DIGIT_S,
    GAP_S,
    KEY_DBFS,
    digit_tones,
    notice_tone,
    recording_tone,
)
from bridge.model.errors import ProtocolViolation
from bridge.model.ids import CallId
from bridge.model.sound import Notice, Ring, SoundSettings, SoundStats

log = logging.getLogger(__name__)

FAREWELL_S = 2.0  # for recordings to be written to their end


class Sound:
    """Joins calls to microphone and speaker, to one another, to music and recordings, and rings.

    Create it on the SIP thread after ``libStart``; it then owns the clock of the bridge
    (``setNoDev``/``setNullDev``): nobody else may touch that. All methods are for the SIP thread
    and wait for nothing (0.05 to 5 ms), except ``close`` and the ``tick`` that stops the clock
    (20 ms). A ``call`` is our call id, a ``media`` what ``call.getAudioMedia`` returns, fetched
    for each use and not kept.

    Args:
        pj: the module ``pjsua2``.
        settings: what to use.
        notify: gets ``SoundChanged``; called on any thread, must not block.
        now: monotonic seconds.

    Errors:
        ``pjsua2.Error`` of what connects is passed on: the media is stale.
    """

    def __init__(
        self,
        pj: Pjsua2,
        settings: SoundSettings,
        notify: Notify,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._now = now
        self._health = Health(notify, now)
        self._clock = BridgeClock(pj.Endpoint)
        self._ear = Ear(settings.rate_hz)
        self._ends = RigEnds(settings, self._health, self._ear)
        self._music = Music(settings.hold_music, settings.rate_hz, self._no_music)
        self.figures = PortFigures()
        self._bay = Patchbay(pj, settings.rate_hz, self._ends, self._music, self.figures)
        if not self.figures.is_fast:
            log.warning("pjsua2's vectors are not as expected: copying frames the slow way")
        self._calls: set[str] = set()  # with microphone and speaker
        self._held: set[str] = set()  # with music
        self._recorders: dict[str, Recorder] = {}
        self._past: list[Recorder] = []  # that still write
        self._ring = Ring.OFF
        self._is_open = False
        self._shut_at_s: float | None = None
        if settings.keep_open:
            self._open()

    @property
    def _rig(self) -> Rig:
        return self._ends.rig

    # -- calls ----------------------------------------------------------------

    def connect(self, call: str, media: Media, *, muted: bool) -> None:
        """Join a call that has sound both ways; again after each media change (idempotent).

        Args:
            call: its id.
            media: of the stream that is active.
            muted: the other end gets silence instead of the microphone.
        """
        self._clock.run()
        self._calls.add(call)
        self._open()
        patch(media, self._bay.here, on=True)
        self.set_muted(call, media, muted=muted)

    def set_muted(self, call: str, media: Media, *, muted: bool) -> None:
        """Give the other end silence or the microphone. No SIP traffic, RTP goes on."""
        if call in self._calls:
            self._bay.speak(media, muted=muted)

    def disconnect(self, call: str, media: Media | None = None) -> None:
        """Part from a call: held, or over.

        Must be called once for **every** call that ended, connected or not: the bridge frees a
        call's slot only while its clock runs, and this lets it run for a moment.

        Args:
            call: as for ``connect``; unknown is fine.
            media: while the call still has audio media; None when it has none, or is over.
        """
        if media is not None:
            patch(media, self._bay.here, on=False)
            self._bay.speak(media, muted=True)
        self._calls.discard(call)
        self._settle()

    def hold(self, call: str, media: Media | None, *, on: bool) -> None:
        """Let the other end hear music, or no longer."""
        if on and media is not None:
            self._held.add(call)
            self._clock.run()
            self._bay.play_music(call, media)
        elif call in self._held:
            self._held.discard(call)
            self._bay.stop_music(call, media)
            self._settle()

    def mix(self, one: Media, other: Media, *, on: bool) -> None:
        """Let the other ends of two calls hear each other, or no longer."""
        patch(one, other, on=on)
        patch(other, one, on=on)

    def release(self, call: str) -> None:
        """The call is over: give back all it had."""
        self.hold(call, None, on=False)
        self.stop_recording(call)
        self._bay.release(call)
        self.disconnect(call)

    # -- tones ----------------------------------------------------------------

    def press(self, call: str, media: Media, digits: str) -> float:
        """Sound digits to the other end; return how long it takes, seconds."""
        kit = self._bay.kit(call)
        self._link_kit(call, media)
        kit.say(digit_tones(digits, self._settings.rate_hz))
        return len(digits) * (DIGIT_S + GAP_S)

    def key_tone(self, digits: str) -> None:
        """Let the ear hear digits that are sent, if the settings say so."""
        if self._settings.key_tones:
            self._ear.say(digit_tones(digits, self._settings.rate_hz, KEY_DBFS))

    def sound_notice(self, notice: Notice) -> None:
        """Sound a short tone in the ear; heard when the speaker is open."""
        self._ear.say(notice_tone(notice, self._settings.rate_hz))

    def ring(self, ring: Ring) -> None:
        """Tell of a call from now on, or of none.

        Needs no call, clock or bridge, but for ``WAITING``, which is heard in the call.
        """
        if ring is self._ring:
            return
        self._ring = ring
        choice, rate_hz = self._settings.ringtones.waiting, self._settings.rate_hz
        waiting = ring is Ring.WAITING
        self._ear.wait(waiting_tune(choice, rate_hz, self._no_tone) if waiting else None)
        self._rig.ring(Ring.OFF if waiting else ring)

    # -- recording ------------------------------------------------------------

    def start_recording(self, call: CallId, directory: str, began: Began, failed: Failed) -> None:
        """Write a call into a file; ``tap`` says what is heard in it.

        Args:
            call: its id, part of the name.
            directory: made if it is missing.
            began: told on another thread.
            failed: the same.
        """
        if call not in self._recorders:
            self._clock.run()
            recorder = Recorder(directory, call, self._settings.rate_hz, began, failed)
            self._recorders[call] = recorder
            self._bay.kit(call).recorder = recorder

    def stop_recording(self, call: str) -> None:
        """Write what is left, and stop; harmless when nothing is recorded."""
        recorder = self._recorders.pop(call, None)
        if recorder is not None:
            self._bay.kit(call).recorder = None
            recorder.finish()
            self._past = [r for r in self._past if r.is_writing] + [recorder]
            self._settle()

    def is_recording(self, call: str) -> bool:
        """Tell whether a call is recorded."""
        return call in self._recorders

    def tap(self, call: str, media: Media | None, *, on: bool, microphone: bool = False) -> None:
        """Let the recording of a call hear another source, or no longer.

        Args:
            call: what is recorded.
            media: one of the ends.
            on: hear it.
            microphone: hear ours as well; parted from when ``on`` is false.
        """
        port = self._bay.kit_port(call)
        if port is None:
            return
        if on:
            self._clock.run()
        if media is not None:
            patch(media, port, on=on)
        patch(self._bay.here, port, on=on and microphone)

    def tap_other(self, call: str, media: Media, *, on: bool) -> None:
        """Let the recording of a call hear the other end of another one, mixed with it."""
        port = self._bay.kit_port(call)
        if port is not None:
            patch(media, port, on=on)

    def recording_tone(self, call: str, media: Media | None) -> None:
        """Tell both ends that the call is recorded."""
        tone = recording_tone(self._settings.rate_hz)
        self._ear.say(tone)
        if media is not None:
            self._link_kit(call, media)
            self._bay.kit(call).say(tone)

    def _link_kit(self, call: str, media: Media) -> None:
        port = self._bay.kit_port(call)
        if port is not None:
            self._clock.run()
            patch(port, media, on=True)

    # -- settings and figures -------------------------------------------------

    def select(self, settings: SoundSettings) -> None:
        """Use other devices and tones from now on, in the middle of calls if need be.

        Where only volumes and key tones differ, no device is opened anew; where only the headset
        that is followed differs, microphone and speaker are, and the ringer rings on.

        Raises:
            ProtocolViolation: another ``rate_hz``; that needs a new engine.
        """
        if settings.rate_hz != self._settings.rate_hz:
            raise ProtocolViolation("the sample rate cannot change while the engine runs")
        same = replace(
            self._settings,
            volumes=settings.volumes,
            key_tones=settings.key_tones,
            port=settings.port,
            speakerphones=settings.speakerphones,
            ring_port=settings.ring_port,
        )
        if settings == same:
            self._settings = settings
            self._ends.turn(settings.volumes)
            self._rig.learn(settings.speakerphones)
            self._follow()
            return
        old, was_open = self._rig, self._is_open
        old.retire()
        self._health.forget()
        other_music = settings.hold_music != self._settings.hold_music
        self._settings, self._is_open = settings, False
        if other_music:
            self._music.choose(settings.hold_music)
        self._ends.use(settings)
        if was_open or settings.keep_open:
            self._open()
        ring, self._ring = self._ring, Ring.OFF
        self.ring(ring)

    def _follow(self) -> None:
        """Use the devices of another headset; where nobody is in a call, nothing is opened."""
        is_news = self._rig.follow(self._settings.port, self._settings.ring_port)
        if is_news and self._is_open:
            self._shut_at_s, self._is_open = None, False
            self._rig.shut()
            if self._calls or self._settings.keep_open:
                self._open()

    def stats(self) -> SoundStats:
        """Return the figures since the last ``select``; with the test backend the levels, too."""
        joined = bool(self._calls)
        return replace(self._rig.stats(), joined=joined, ticks=self.figures.ticks)

    def tick(self) -> float | None:
        """Do what is due: stop clock and devices a second after the last call.

        Call it after every round of ``libHandleEvents``; costs nothing.

        Returns:
            Seconds until it must be called again, or None: nothing is due.
        """
        now = self._now()
        shut_s = None if self._shut_at_s is None else max(0.0, self._shut_at_s - now)
        clock_s = self._clock.remaining_s(now)
        if clock_s == 0:
            self._clock.stop()
            clock_s = None
        if shut_s == 0:
            self._shut()
            shut_s = None
        return min((s for s in (shut_s, clock_s) if s is not None), default=None)

    def close(self) -> None:
        """Stop devices and clock, end recordings, drop the ports.

        Call it after ``hangupAllCalls`` was pumped and before ``libDestroy``; then ``gc.collect``.
        """
        for call in list(self._recorders):
            self.stop_recording(call)
        self._calls.clear()
        self._ear.wait(None)
        self._rig.close()
        self._clock.stop()
        self._bay.close()  # only now: a port dropped while the clock runs crashes later, elsewhere
        for recorder in self._past:
            recorder.join(FAREWELL_S)

    def _settle(self) -> None:
        """Let go of clock and devices in a moment, unless somebody needs them."""
        if not self._calls:
            if self._is_open and self._shut_at_s is None:
                self._shut_at_s = self._now() + LINGER_S
            if not (self._held or self._recorders):
                self._clock.linger(self._now())

    def _open(self) -> None:
        self._shut_at_s = None
        if not self._is_open:
            self._is_open = True
            self._rig.open()

    def _shut(self) -> None:
        self._shut_at_s = None
        if self._is_open and not self._settings.keep_open:
            self._is_open = False
            self._rig.shut()

    def _no_music(self, trouble: str) -> None:
        self._health.report(Part.MUSIC, trouble)

    def _no_tone(self, trouble: str) -> None:
        self._health.report(Part.TONES, trouble)
