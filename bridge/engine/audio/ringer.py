"""The ring tone: made here, played by a program of its own, past the conference bridge.

So it needs no call, no clock of the bridge and no slot in it, and a ringing phone costs one
sleeping thread. The cadence is the German one, 1 s tone and 4 s pause (ITU-T E.180, supplement 2).
"""

import fcntl
import os
from array import array
from collections.abc import Iterator

from bridge.engine.audio.child import Child, Keeper, Pipe
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.line import DeviceLine, Works
from bridge.engine.audio.pcm import sine, to_bytes
from bridge.engine.audio.route import Route

ON_S = 1.0
OFF_S = 4.0
WARBLE_HZ = (523.25, 659.25)  # c'' and e'', in turn: heard better than one tone, by old ears too
WARBLE_S = 0.1
RAMP_S = 0.01  # each note rises and falls, else it clicks
LEVEL_DBFS = -12.0
CHUNK_S = 0.1
PIPE_BYTES = 16384
PROOF_CHUNKS = 20  # more than pipe and player hold together: only a player that plays takes it


def ring_tone(rate_hz: int) -> bytes:
    """Return the tone of one ring, ``ON_S`` long."""
    count = round(WARBLE_S * rate_hz)
    notes = [_note(hz, rate_hz, count) for hz in WARBLE_HZ]
    return b"".join(notes[i % len(notes)] for i in range(round(ON_S / WARBLE_S)))


def _note(hz: float, rate_hz: int, count: int) -> bytes:
    ramp = max(1, round(RAMP_S * rate_hz))
    tone = sine(hz, rate_hz, 0, count, LEVEL_DBFS)
    return to_bytes(
        array("h", [v * min(i, count - 1 - i, ramp) // ramp for i, v in enumerate(tone)])
    )


def cadence(rate_hz: int) -> Iterator[bytes]:
    """Yield chunks of ``CHUNK_S``: tone, pause, tone, pause, for ever."""
    size = round(CHUNK_S * rate_hz) * 2
    tone = ring_tone(rate_hz)
    pause = bytes(size)
    while True:
        for start in range(0, len(tone), size):
            yield tone[start : start + size]
        for _ in range(round(OFF_S / CHUNK_S)):
            yield pause


class Ringer:
    """Rings on its own device from ``start`` to ``stop``; both return at once.

    Args:
        route: where to find the device.
        health: who is told of troubles.
        rate_hz: sample rate.
    """

    def __init__(self, route: Route, health: Health, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self.line = DeviceLine(Part.RINGER, Pipe.INPUT, route, health, self._play)

    @property
    def is_ringing(self) -> bool:
        """Tell whether it shall ring."""
        return self.line.is_running

    def start(self) -> None:
        """Ring until ``stop``; harmless while it rings."""
        self.line.start()

    def stop(self) -> Keeper | None:
        """Be silent at once; returns what may be joined."""
        return self.line.stop()

    def _play(self, child: Child, works: Works) -> str:
        fcntl.fcntl(child.fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        for number, chunk in enumerate(cadence(self._rate_hz)):
            try:
                _write_all(child.fd, chunk)
            except OSError:
                return ""
            if number == PROOF_CHUNKS:
                works()
        return ""


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
