"""What is written to a player that may be slow."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.audio.outlet import COMFORT, SPARE, Outlet
from bridge.engine.audio.pcm import samples, to_bytes
from bridge.engine.audio.surplus import LIMIT, WINDOW

FRAME = to_bytes(array("h", [1000] * 320))


def test_a_player_that_keeps_up_gets_every_frame_as_it_is() -> None:
    outlet = Outlet()
    assert all(outlet.offer(FRAME, waiting % 2) == FRAME for waiting in range(1000))
    assert outlet.overruns == outlet.merges == 0


def test_a_full_player_gets_nothing() -> None:
    outlet = Outlet()
    assert outlet.offer(FRAME, LIMIT) is None
    assert outlet.overruns == 1


def test_delay_that_is_never_needed_goes_away() -> None:
    outlet = Outlet()
    assert after(outlet, WINDOW * (COMFORT + 1), COMFORT) <= SPARE
    assert outlet.overruns == 0


@pytest.mark.parametrize("stall", [8, LIMIT - 1])
def test_what_piled_up_in_a_stall_is_made_up_quickly_and_nothing_is_dropped(stall: int) -> None:
    outlet = Outlet()
    assert after(outlet, 6 * (stall - COMFORT), stall) <= COMFORT
    assert outlet.overruns == 0


@pytest.mark.parametrize(("share", "most"), [(0.9, 5), (0.7, 8), (0.55, 11)])
def test_a_player_that_loses_much_of_its_time_costs_little_delay_and_no_frame(
    share: float, most: int
) -> None:
    outlet, waiting, taken = Outlet(), 0, 0.0
    levels: list[int] = []
    for _ in range(WINDOW * 60):
        waiting += outlet.offer(FRAME, waiting) is not None
        levels.append(waiting)
        taken += share
        if taken >= 1 and waiting:
            taken -= 1
            waiting -= 1
    assert max(levels[WINDOW * 10 :]) <= most
    assert outlet.overruns == 0


def after(outlet: Outlet, frames: int, waiting: int) -> int:
    """How many wait after the player took one for each frame offered."""
    for _ in range(frames):
        waiting += outlet.offer(FRAME, waiting) is not None
        waiting -= 1
    return waiting


def test_two_frames_become_one_that_holds_both() -> None:
    outlet = Outlet()
    for _ in range(WINDOW - 1):
        outlet.offer(FRAME, SPARE + 1)
    high = to_bytes(array("h", [9000] * 320))
    assert outlet.offer(FRAME, SPARE + 1) is None
    merged = outlet.offer(high, SPARE)
    assert merged is not None
    assert samples(merged)[0] == 1000
    assert samples(merged)[-1] == pytest.approx(9000, rel=0.01)


@given(st.lists(st.integers(0, 2), max_size=600))
def test_never_more_than_the_limit_waits_and_every_frame_is_accounted_for(
    taken: list[int],
) -> None:
    outlet, waiting, worst = Outlet(), 0, 0
    for count in taken:
        waiting += outlet.offer(FRAME, waiting) is not None
        worst = max(worst, waiting)
        waiting = max(0, waiting - count)
    assert worst <= LIMIT
    held = len(taken) - outlet.written - outlet.overruns - outlet.merges
    assert held in {0, 1}
