"""Microphone, speaker and ringer that belong together, by the settings: devices or stand-ins."""

import threading
from typing import Protocol

from bridge.engine.audio.bare_rigs import EchoRig, SilentRig, TestRig, TimingRig
from bridge.engine.audio.child import Keeper
from bridge.engine.audio.echo import EchoCanceller, take_leftovers_away
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.microphone import Microphone
from bridge.engine.audio.pcm import FRAME_S, frame_bytes
from bridge.engine.audio.ringer import Ringer
from bridge.engine.audio.route import Route
from bridge.engine.audio.speaker import Speaker
from bridge.engine.audio.volume import Volume
from bridge.model.sound import Ring, SoundBackend, SoundSettings, SoundStats

LOOK_S = 10.0  # how often to look whether a trouble is over while no call tries it anyway
JOIN_S = 1.0


class Rig(Protocol):
    """One set of sound ends. ``take`` and ``put`` run on the clock's thread, the rest on SIP's."""

    def take(self, *, late: bool = False) -> bytes:
        """Return the next microphone frame; never blocks.

        Args:
            late: the bridge makes up for ticks, so that what lies there is no surplus.
        """

    def put(self, frame: bytes) -> None:
        """Play a frame; never blocks."""

    def has_sound(self) -> bool:
        """Tell whether ``take`` has a frame to give; on the clock's thread."""

    def unheard(self) -> None:
        """Forget what the microphone says: all are muted. Once a tick, on the clock's thread."""

    def open(self) -> None:
        """Open microphone and speaker; returns at once."""

    def shut(self) -> None:
        """Close microphone and speaker; returns at once."""

    def follow(self, port: str, ring_port: str) -> bool:
        """Use the devices at a USB port from the next ``open`` on; empty = as configured.

        Returns whether that is news; ``ring_port`` counts from the next ``ring`` on.
        """

    def learn(self, speakerphones: tuple[str, ...]) -> None:
        """Know which USB devices stand in the room."""

    def ring(self, ring: Ring) -> None:
        """Ring for a kind of call, or stop; returns at once."""

    def stats(self) -> SoundStats:
        """Return the figures since this rig was made."""

    def retire(self) -> None:
        """End everything; returns at once."""

    def close(self) -> None:
        """End everything; waits up to 1 s for each thread."""


def make_rig(settings: SoundSettings, health: Health, loudness: Volume | None = None) -> Rig:
    """Return the rig that the settings ask for.

    Args:
        settings: what to use.
        health: who is told of troubles.
        loudness: of the ring tone; those of microphone and speaker are no business of a rig.
    """
    match settings.backend:
        case SoundBackend.TEST:
            return TimingRig(settings) if settings.test_bursts else TestRig(settings)
        case SoundBackend.SILENT:
            return SilentRig(settings)
        case SoundBackend.ECHO:
            return EchoRig(settings)
        case _:
            return DeviceRig(settings, health, loudness or Volume(settings.volumes.ringer))


class DeviceRig:
    """The devices of this machine."""

    def __init__(self, settings: SoundSettings, health: Health, loudness: Volume) -> None:
        size = frame_bytes(settings.rate_hz)
        self._echo = EchoCanceller(settings, health)
        self._route = Route(settings, self._echo)
        self._health = health
        self._microphone = Microphone(self._route, health, size)
        self._speaker = Speaker(self._route, health, size)
        self._ringer = Ringer(self._route, health, settings, loudness)
        self.take = self._microphone.take
        self.put = self._speaker.put
        self.unheard = self._microphone.ring.flush
        self._leaving: list[Keeper] = []
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._look_around, name="snd-watch", daemon=True)
        self._watch.start()

    def has_sound(self) -> bool:
        return bool(len(self._microphone.ring))

    def open(self) -> None:
        self._microphone.start()
        self._speaker.start()

    def shut(self) -> None:
        self._part(self._microphone.stop())
        self._part(self._speaker.stop())
        self._wake.set()

    def follow(self, port: str, ring_port: str) -> bool:
        return self._route.follow(port, ring_port)

    def learn(self, speakerphones: tuple[str, ...]) -> None:
        self._echo.speakerphones = frozenset(speakerphones)

    def ring(self, ring: Ring) -> None:
        if ring is not Ring.OFF:
            self._part(*self._ringer.start(ring))
        else:
            self._part(*self._ringer.stop())
            self._wake.set()

    def _part(self, *keepers: Keeper | None) -> None:
        self._leaving = [k for k in self._leaving if k.is_alive]
        self._leaving += [keeper for keeper in keepers if keeper is not None]

    def stats(self) -> SoundStats:
        ring, outlet = self._microphone.ring, self._speaker.outlet
        lines = (self._microphone.line, self._speaker.line, *self._ringer.lines)
        waiting = (len(ring) + self._speaker.waiting_frames) if self._is_open else 0
        return SoundStats(
            backend=self._route.backend,
            running=self._is_open,
            microphone_ok=self._works(Part.MICROPHONE),
            speaker_ok=self._works(Part.SPEAKER),
            ringing=self._ringer.is_ringing,
            captured=ring.pushed,
            played=outlet.written,
            underruns=ring.underruns,
            overruns=ring.overruns,
            drift_drops=ring.merges + outlet.merges,
            speaker_drops=outlet.overruns + self._speaker.lost_frames,
            restarts=sum(line.restarts for line in lines),
            delay_ms=waiting * FRAME_S * 1000,
        )

    @property
    def _is_open(self) -> bool:
        return self._microphone.line.is_running

    @property
    def _is_busy(self) -> bool:
        """Tell whether programs are wanted: then they find out and tell."""
        return self._is_open or self._ringer.is_ringing

    def _works(self, part: Part) -> bool:
        return self._health.works(Part.WAY) and self._health.works(part)

    def retire(self) -> None:
        self._closed.set()
        self.shut()
        self.ring(Ring.OFF)

    def close(self) -> None:
        self.retire()
        for keeper in self._leaving:
            keeper.join(JOIN_S)
        self._watch.join(JOIN_S)

    def _look_around(self) -> None:
        """Tell at the start what is missing, and later, between calls, when it is back."""
        self._examine()
        if self._route.backend is SoundBackend.PULSE:
            take_leftovers_away()
        while not self._closed.is_set():
            self._wake.wait(None if self._health.is_well else LOOK_S)
            self._wake.clear()
            self._echo.release(lambda: self._is_open)
            if not (self._closed.is_set() or self._health.is_well or self._is_busy):
                self._examine()
        self._echo.release(lambda: False)

    def _examine(self) -> None:
        found = {Part.WAY: self._route.look()}
        if not found[Part.WAY]:
            parts = (Part.MICROPHONE, Part.SPEAKER, *self._ringer.parts)
            found |= {part: self._route.meant(part).missing for part in parts}
        if self._is_busy:  # since we began to look: the programs know better
            return
        for part, trouble in found.items():
            self._health.report(part, trouble)
