"""The sound side as the SIP thread sees it: calls in, devices and clock kept out of sight."""

import contextlib
import logging
import time
from collections.abc import Callable

from bridge.engine.audio.clock import BridgeClock
from bridge.engine.audio.health import Health, Notify
from bridge.engine.audio.port import Media, Pjsua2, Port, PortFigures, make_port
from bridge.engine.audio.rig import Rig, make_rig
from bridge.model.errors import ProtocolViolation
from bridge.model.sound import SoundSettings, SoundStats

log = logging.getLogger(__name__)


class _Ends:
    """Where the port's frames go; another rig may take over between two ticks."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    def take(self) -> bytes:
        return self.rig.take()

    def put(self, frame: bytes) -> None:
        self.rig.put(frame)


class Sound:
    """Joins calls to microphone and speaker, and rings.

    Create it on the SIP thread after ``libStart``; it then owns the clock of the bridge
    (``setNoDev``/``setNullDev``): nobody else may touch that. All methods are for the SIP thread
    and wait for nothing (0.05 to 5 ms), except ``close`` and the ``tick`` that stops the clock
    (20 ms).

    Args:
        pj: the module ``pjsua2``.
        settings: what to use.
        notify: gets ``SoundChanged``; called on any thread, must not block.
        now: monotonic seconds.

    Errors:
        ``pjsua2.Error`` of ``connect`` and ``set_muted`` is passed on: the media is stale.
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
        self._ends = _Ends(make_rig(settings, self._health))
        self.figures = PortFigures()
        self._port: Port | None = make_port(pj, settings.rate_hz, self._ends, self.figures)
        if not self.figures.is_fast:
            log.warning("pjsua2's vectors are not as expected: copying frames the slow way")
        self._calls: set[str] = set()
        self._is_ringing = False
        self._is_open = False
        if settings.keep_open:
            self._open()

    @property
    def _rig(self) -> Rig:
        return self._ends.rig

    def connect(self, call: str, media: Media, *, muted: bool) -> None:
        """Join a call with active audio media; again after each media change (idempotent).

        Args:
            call: our call id, or anything else that names the call for ``disconnect``.
            media: ``call.getAudioMedia(-1)``, or of the index that is active; not kept.
            muted: the other end gets silence instead of the microphone.
        """
        self._clock.run()
        self._calls.add(call)
        self._open()
        media.startTransmit(self._here())
        self.set_muted(call, media, muted=muted)

    def set_muted(self, call: str, media: Media, *, muted: bool) -> None:
        """Give the other end silence or the microphone. No SIP traffic, RTP goes on."""
        if call not in self._calls:
            return
        if muted:
            self._stop(self._here(), media)
        else:
            self._here().startTransmit(media)

    def disconnect(self, call: str, media: Media | None = None) -> None:
        """Part from a call: held, or over.

        Must be called once for **every** call that ended, connected or not: the bridge frees a
        call's slot only while its clock runs, and this lets it run for a moment.

        Args:
            call: as for ``connect``; unknown is fine.
            media: while the call still has audio media; None when it is over.
        """
        if media is not None:
            self._stop(media, self._here())
            self._stop(self._here(), media)
        self._calls.discard(call)
        if not self._calls:
            self._clock.linger(self._now())

    def start_ringer(self) -> None:
        """Sound the ring tone until ``stop_ringer``. Needs no call, no clock, no bridge."""
        self._is_ringing = True
        self._rig.ring(on=True)

    def stop_ringer(self) -> None:
        """Stop the ring tone; harmless when it is silent."""
        self._is_ringing = False
        self._rig.ring(on=False)

    def select(self, settings: SoundSettings) -> None:
        """Use other devices from now on, in the middle of calls if need be.

        Raises:
            ProtocolViolation: another ``rate_hz``; that needs a new engine.
        """
        if settings.rate_hz != self._settings.rate_hz:
            raise ProtocolViolation("the sample rate cannot change while the engine runs")
        old, was_open = self._rig, self._is_open
        old.retire()
        self._health.forget()
        self._settings, self._is_open = settings, False
        self._ends.rig = make_rig(settings, self._health)
        if was_open or settings.keep_open:
            self._open()
        if self._is_ringing:
            self._rig.ring(on=True)

    def stats(self) -> SoundStats:
        """Return the figures since the last ``select``; with the test backend the levels, too."""
        return self._rig.stats()

    def tick(self) -> float | None:
        """Do what is due: stop clock and devices a second after the last call.

        Call it after every round of ``libHandleEvents``; costs nothing.

        Returns:
            Seconds until it must be called again, or None: nothing is due.
        """
        remaining_s = self._clock.remaining_s(self._now())
        if remaining_s != 0:
            return remaining_s
        self._clock.stop()
        if not self._settings.keep_open:
            self._shut()
        return None

    def close(self) -> None:
        """Stop devices and clock, drop the port.

        Call it after ``hangupAllCalls`` was pumped and before ``libDestroy``; then ``gc.collect``.
        """
        self._calls.clear()
        self._rig.close()
        self._clock.stop()
        self._port = None  # only now: a port dropped while the clock runs crashes later, elsewhere

    def _here(self) -> Port:
        if self._port is None:
            raise ProtocolViolation("the sound side is closed")
        return self._port

    def _open(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._rig.open()

    def _shut(self) -> None:
        if self._is_open:
            self._is_open = False
            self._rig.shut()

    @staticmethod
    def _stop(source: Media, sink: Media) -> None:
        # pjsua2.Error: the media is gone or was never joined, which is what we want.
        with contextlib.suppress(Exception):
            source.stopTransmit(sink)
