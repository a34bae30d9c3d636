"""The ring tone: made here or read from a file, played by a program of its own, past the bridge.

So it needs no call, no clock of the bridge and no slot in it, and a ringing phone costs one
sleeping thread.
"""

import fcntl
import os
from collections.abc import Iterator
from itertools import islice

from bridge.engine.audio.child import Child, Keeper, Pipe
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.line import DeviceLine, Works
from bridge.engine.audio.route import Route
from bridge.engine.audio.tunes import for_ever, ring_once
from bridge.engine.audio.volume import Volume
from bridge.engine.audio.wav import BadSoundFile, frames_of
from bridge.model.sound import NO_TONE, TONE, Ring, RingAt, SoundSettings

CHUNK_FRAMES = 5  # 0.1 s
PIPE_BYTES = 16384
PROOF_CHUNKS = 20  # more than pipe and player hold together: only a player that plays takes it


def ringing(choice: str, ring: Ring, rate_hz: int) -> Iterator[bytes]:
    """Yield frames for ever.

    Args:
        choice: ``tone`` or a file.
        ring: kind of call.
        rate_hz: sample rate.

    Raises:
        BadSoundFile: the file cannot be played.
    """
    if choice == TONE:
        yield from for_ever(ring_once(ring, rate_hz), rate_hz)
    while True:
        yield from frames_of(choice, rate_hz)


PARTS = {
    RingAt.RINGER: (Part.RINGER,),
    RingAt.HEADSET: (Part.HEADSET_RINGER,),
    RingAt.BOTH: (Part.RINGER, Part.HEADSET_RINGER),
}


class Ringer:
    """Rings on its own devices from ``start`` to ``stop``; both return at once.

    Args:
        route: where to find the devices.
        health: who is told of troubles.
        settings: where to ring, and what to play for which call.
        volume: of all tones; its factor alone is used, because each device has a limiter.
    """

    def __init__(
        self, route: Route, health: Health, settings: SoundSettings, volume: Volume
    ) -> None:
        self._rate_hz = settings.rate_hz
        self._health = health
        self._tones = settings.ringtones
        self._volume = volume
        self._ring = Ring.OFF
        self.parts = PARTS[settings.ring_at]
        self.lines = [
            DeviceLine(part, Pipe.INPUT, route, health, self._play) for part in self.parts
        ]

    @property
    def is_ringing(self) -> bool:
        """Tell whether it shall ring."""
        return any(line.is_running for line in self.lines)

    def start(self, ring: Ring) -> list[Keeper | None]:
        """Ring until ``stop``; harmless while it rings. Returns what may be joined."""
        if ring is self._ring:
            return []
        past = self.stop()
        if self._tones.of(ring) != NO_TONE:
            self._ring = ring
            for line in self.lines:
                line.start()
        return past

    def stop(self) -> list[Keeper | None]:
        """Be silent at once; returns what may be joined."""
        self._ring = Ring.OFF
        return [line.stop() for line in self.lines]

    def _play(self, child: Child, works: Works) -> str:
        fcntl.fcntl(child.fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        ring = self._ring
        if ring is Ring.OFF:  # stopped before it began
            return ""
        try:
            return self._pour(child, works, ringing(self._tones.of(ring), ring, self._rate_hz))
        except BadSoundFile as e:
            self._health.report(Part.TONES, str(e))
            return self._pour(child, works, ringing(TONE, ring, self._rate_hz))

    def _pour(self, child: Child, works: Works, frames: Iterator[bytes]) -> str:
        number = 0
        volume = Volume(self._volume.factor)
        while chunk := b"".join(islice(frames, CHUNK_FRAMES)):
            volume.factor = self._volume.factor
            try:
                _write_all(child.fd, volume.of(chunk))
            except OSError:
                return ""
            number += 1
            if number == PROOF_CHUNKS:
                works()
        return ""


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
