"""The ring between two clocks: what it promises whatever they do."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.engine.audio.pcm import samples, to_bytes
from bridge.engine.audio.ring import COMFORT, MOST_PATIENCE, PREFILL, SPARE, FrameRing
from bridge.engine.audio.surplus import LIMIT, WINDOW

SIZE = 640
SILENCE = bytes(SIZE)


def frame(number: int) -> bytes:
    """A frame of one value: tells which one came out."""
    return to_bytes(array("h", [number] * (SIZE // 2)))


def number_of(data: bytes) -> int:
    """The value at the end of a frame: a fade-in has reached its level there."""
    return samples(data)[-1]


def primed(level: int = PREFILL) -> FrameRing:
    """A ring that plays and holds ``level`` frames."""
    ring = FrameRing(SIZE)
    for number in range(1, PREFILL + 1):
        ring.push(frame(number * 1000))
    ring.pop()
    while len(ring) < level:
        ring.push(frame(20000))
    return ring


def test_it_waits_until_a_late_frame_would_be_no_gap() -> None:
    ring = FrameRing(SIZE)
    assert ring.pop() == SILENCE
    ring.push(frame(1000))
    assert ring.pop() == SILENCE
    ring.push(frame(2000))
    assert number_of(ring.pop()) == pytest.approx(1000, rel=0.01)
    assert ring.pop() == frame(2000)
    assert ring.underruns == 0


def test_the_first_frame_rises_from_silence() -> None:
    ring = FrameRing(SIZE)
    ring.push(frame(10000))
    ring.push(frame(10000))
    assert samples(ring.pop())[0] == 0


def test_a_gap_is_the_last_frame_fading_and_then_silence() -> None:
    ring = primed(level=1)
    last = ring.pop()
    assert len(ring) == 0
    gap = samples(ring.pop())
    assert gap[0] == samples(last)[-1]
    assert abs(gap[-1]) < 100
    assert ring.pop() == SILENCE
    assert ring.underruns == 1


def test_after_a_gap_it_goes_on_at_once_and_rises_from_silence() -> None:
    ring = primed(level=1)
    ring.pop()
    ring.pop()
    ring.push(frame(7000))
    ring.push(frame(8000))
    assert number_of(ring.pop()) == pytest.approx(7000, rel=0.01)


def test_a_burst_drops_the_oldest() -> None:
    ring = primed(level=1)
    ring.pop()
    for number in range(LIMIT):
        ring.push(frame(number))
    ring.pop()
    for number in range(10):
        ring.push(frame(LIMIT + number))
    assert len(ring) == LIMIT
    assert ring.overruns == 9
    assert ring.pop() == frame(10)


def test_a_bridge_that_stands_still_for_longer_begins_anew_and_tells() -> None:
    ring = primed()
    for number in range(2 * LIMIT):
        ring.push(frame(number))
    assert ring.overruns > 0
    assert ring.pop() == SILENCE
    assert len(ring) == 0


def settled(ring: FrameRing, pops: int) -> None:
    """Both clocks tick on evenly."""
    for _ in range(pops):
        ring.pop()
        ring.push(frame(20000))


def test_delay_that_is_never_needed_goes_away_without_a_click() -> None:
    ring = primed(level=COMFORT)
    settled(ring, WINDOW * COMFORT)
    assert len(ring) == SPARE
    assert ring.merges == COMFORT - SPARE
    assert ring.underruns == ring.overruns == 0


@pytest.mark.parametrize("stall", [8, LIMIT])
def test_what_piled_up_in_a_stall_is_made_up_quickly_and_nothing_is_dropped(stall: int) -> None:
    ring = primed(level=stall)
    settled(ring, 6 * (stall - COMFORT))
    assert len(ring) <= COMFORT
    assert ring.merges == stall - len(ring)
    assert ring.underruns == ring.overruns == 0


def test_while_the_bridge_makes_up_for_ticks_nothing_is_a_surplus() -> None:
    ring = primed(level=LIMIT)
    for _ in range(LIMIT):
        assert ring.pop(late=True) != SILENCE
    assert ring.merges == ring.underruns == 0


def test_delay_that_is_needed_now_and_then_stays() -> None:
    ring = primed(level=4)
    for _ in range(10):
        for _ in range(WINDOW - 10):
            ring.push(frame(1))
            ring.pop()
        for _ in range(4):  # once a second the microphone stalls for 80 ms …
            ring.pop()
        for _ in range(4):  # … and catches up
            ring.push(frame(1))
    assert ring.merges == 0
    assert ring.underruns == 0


def underruns_with_a_stall_every(seconds: int, for_seconds: int) -> int:
    """How often a microphone that catches up after 60 ms is heard to stall."""
    ring = FrameRing(SIZE)
    owed = 0
    for tick in range(for_seconds * 50):
        owed += 1
        if tick % (seconds * 50) >= 3:
            for _ in range(owed):
                ring.push(frame(1))
            owed = 0
        ring.pop()
    return ring.underruns


def test_a_machine_that_stalls_again_and_again_gets_the_delay_it_needs() -> None:
    assert underruns_with_a_stall_every(4, for_seconds=400) <= 5


@pytest.mark.soak
def test_a_machine_that_stalls_now_and_then_keeps_no_delay_for_it() -> None:
    assert underruns_with_a_stall_every(2 * MOST_PATIENCE, for_seconds=3200) <= 100


def test_what_was_said_while_muted_is_never_sent() -> None:
    ring = primed()
    for _ in range(2 * LIMIT):
        ring.flush()
        ring.push(frame(666))
    assert ring.pop() == SILENCE
    ring.push(frame(1000))
    assert ring.pop() == SILENCE
    ring.push(frame(2000))
    assert number_of(ring.pop()) == pytest.approx(1000, rel=0.01)
    assert ring.overruns == 0


def test_what_is_left_of_an_earlier_call_is_never_sent() -> None:
    ring = primed(level=LIMIT)
    ring.flush()
    assert ring.pop() == SILENCE
    assert len(ring) == 0


@pytest.mark.parametrize("ppm", [-1000, -100, 0, 100, 1000])
def test_an_hour_of_drift_neither_piles_up_nor_crackles(ppm: int) -> None:
    ring = FrameRing(SIZE)
    microphone = 0.0
    worst = 0
    data = frame(1)
    pops = 3600 * 50
    for _ in range(pops):
        microphone += 1 + ppm / 1e6
        while microphone >= 1:
            microphone -= 1
            ring.push(data)
        ring.pop()
        worst = max(worst, len(ring))
    expected = abs(ppm) / 1e6 * pops
    assert worst <= PREFILL + 2
    assert ring.overruns == 0
    assert ring.underruns <= (expected + 1 if ppm < 0 else 1)
    assert ring.merges <= expected + 2


@given(st.lists(st.booleans(), max_size=400))
def test_no_frame_is_lost_uncounted_nor_heard_twice(pushes: list[bool]) -> None:
    ring = FrameRing(SIZE)
    heard: list[int] = []
    pushed = 0
    for is_push in pushes:
        if is_push:
            pushed += 1
            ring.push(frame(pushed))
        else:
            data = ring.pop()
            if len(set(samples(data))) == 1 and data != SILENCE:
                heard.append(samples(data)[0])
    assert ring.pushed == pushed
    assert heard == sorted(set(heard))
    assert len(heard) + len(ring) + ring.overruns <= pushed


class TwoClocks(RuleBasedStateMachine):
    """Any order of pushes, pops and flushes."""

    def __init__(self) -> None:
        super().__init__()
        self.ring = FrameRing(SIZE)
        self.pops = 0
        self.sizes: set[int] = set()

    @rule(count=st.integers(1, 20))
    def push(self, count: int) -> None:
        for number in range(count):
            self.ring.push(frame(number + 1))

    @rule(count=st.integers(1, 120))
    def pop(self, count: int) -> None:
        for _ in range(count):
            self.sizes.add(len(self.ring.pop()))
        self.pops += count

    @rule()
    def flush(self) -> None:
        self.ring.flush()

    @invariant()
    def delay_is_bounded(self) -> None:
        assert len(self.ring) <= LIMIT

    @invariant()
    def every_frame_has_the_same_size(self) -> None:
        assert self.sizes <= {SIZE}

    @invariant()
    def an_underrun_needs_a_pop(self) -> None:
        assert self.ring.underruns <= self.pops


TestTwoClocks = TwoClocks.TestCase
