"""Two clocks that drift apart for hours: no sample jumps, no delay grows. Pure, time is counted."""

from collections.abc import Iterator

import numpy as np
import pytest

from bridge.engine.audio.outlet import COMFORT, Outlet
from bridge.engine.audio.pcm import sine, to_bytes
from bridge.engine.audio.ring import PREFILL, FrameRing

RATE_HZ, SAMPLES = 16000, 320
HZ, DBFS = 440.0, -12.0  # no whole number of periods in a frame: a lost one would be a jump
STEEPEST = 1430  # between neighbours of such a sine: 2 pi 440 / 16000 of its peak of 8230
CLICK = 1.3 * STEEPEST  # two of them cross-faded may be a little steeper
TABLE = to_bytes(sine(HZ, RATE_HZ, 0, RATE_HZ, DBFS))
SECOND = [TABLE[i : i + 2 * SAMPLES] for i in range(0, len(TABLE), 2 * SAMPLES)]
AT_ONCE = 1000  # frames that are looked at together
FRAMES_AN_HOUR = 3600 * 50
HOURS = 2


class Listener:
    """Knows the steepest step in everything it has heard."""

    def __init__(self) -> None:
        self._heard: list[bytes] = []
        self._steepest = 0

    def hear(self, sound: bytes) -> None:
        self._heard.append(sound)
        if len(self._heard) == AT_ONCE:
            self._look()

    def _look(self) -> None:
        steps = np.diff(np.frombuffer(b"".join(self._heard), "<i2").astype(np.int32))
        self._steepest = max(self._steepest, int(np.abs(steps).max()))
        self._heard = self._heard[-1:]

    @property
    def steepest(self) -> int:
        self._look()
        return self._steepest


def ticks(ppm: int) -> Iterator[int]:
    """How often another clock ticks in each of our ticks, for hours."""
    owed = 0.0
    for _ in range(HOURS * FRAMES_AN_HOUR):
        owed += 1 + ppm / 1e6
        yield int(owed)
        owed -= int(owed)


@pytest.mark.parametrize("ppm", [pytest.param(-200, marks=pytest.mark.soak), 200])
def test_a_microphone_that_drifts_for_hours_never_clicks_nor_falls_behind(ppm: int) -> None:
    ring, ear = FrameRing(2 * SAMPLES), Listener()
    said = deepest = 0
    for count in ticks(ppm):
        for _ in range(count):
            ring.push(SECOND[said % len(SECOND)])
            said += 1
        deepest = max(deepest, len(ring))
        ear.hear(ring.pop())
    lost = HOURS * FRAMES_AN_HOUR * abs(ppm) / 1e6
    assert ear.steepest < CLICK
    assert deepest <= PREFILL + 2, "80 ms at most, after hours as at the beginning"
    assert ring.overruns == 0
    assert ring.underruns + ring.merges <= 2 * lost + 2, "each makes up for half a frame at least"


@pytest.mark.parametrize("ppm", [pytest.param(-200, marks=pytest.mark.soak), 200])
def test_a_speaker_that_drifts_for_hours_gets_no_clicks_and_keeps_no_delay(ppm: int) -> None:
    outlet, ear = Outlet(), Listener()
    waiting = deepest = 0
    for number, count in enumerate(ticks(ppm)):
        chosen = outlet.offer(SECOND[number % len(SECOND)], waiting)
        if chosen is not None:
            ear.hear(chosen)
            waiting += 1
        deepest = max(deepest, waiting)
        waiting = max(0, waiting - count)
    assert ear.steepest < CLICK
    assert deepest <= COMFORT
    assert outlet.overruns == 0
    assert outlet.merges <= 2 * HOURS * FRAMES_AN_HOUR * abs(ppm) / 1e6 + 2
