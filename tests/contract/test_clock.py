"""What every clock promises: the real one on the event loop, and the one tests move by hand."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bridge.drivers.clock import LoopTimers
from bridge.drivers.ports import Timers
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.model.errors import ProtocolViolation

TICK_S = 0.01  # long against the resolution of the loop, short for whoever waits for the tests


@dataclass(frozen=True)
class Clock:
    """A clock under test and the way to let its time pass."""

    timers: Timers
    pass_s: Callable[[float], Awaitable[None]]


@pytest.fixture(params=["real", "virtual"])
def clock(request: pytest.FixtureRequest) -> Callable[[], Clock]:
    if request.param == "real":
        return real_clock
    return virtual_clock


def real_clock() -> Clock:
    timers = LoopTimers()

    async def pass_s(seconds: float) -> None:
        """Wait for a timer of the clock itself: it orders after everything due before it."""
        done = asyncio.Event()
        timers.start("test", seconds, lambda _: done.set())
        await done.wait()

    return Clock(timers, pass_s)


def virtual_clock() -> Clock:
    timers = VirtualTimers()

    async def pass_s(seconds: float) -> None:
        timers.advance(seconds)

    return Clock(timers, pass_s)


async def test_a_timer_fires_once_with_its_name_and_not_before_its_time(
    clock: Callable[[], Clock],
) -> None:
    c, fired = clock(), list[tuple[str, float]]()
    began = c.timers.now()
    c.timers.start("ring", TICK_S, lambda name: fired.append((name, c.timers.now())))
    assert fired == []
    await c.pass_s(5 * TICK_S)
    assert [name for name, _ in fired] == ["ring"]
    # The loop may fire up to one clock resolution early.
    assert fired[0][1] - began >= TICK_S - 0.002


async def test_timers_fire_in_the_order_of_their_due_times(clock: Callable[[], Clock]) -> None:
    c, fired = clock(), list[str]()
    c.timers.start("late", 3 * TICK_S, fired.append)
    c.timers.start("early", TICK_S, fired.append)
    await c.pass_s(5 * TICK_S)
    assert fired == ["early", "late"]


async def test_a_stopped_timer_never_fires(clock: Callable[[], Clock]) -> None:
    c, fired = clock(), list[str]()
    c.timers.start("ring", TICK_S, fired.append)
    c.timers.stop("ring")
    c.timers.stop("ring")
    c.timers.stop("never started")
    await c.pass_s(3 * TICK_S)
    assert fired == []


async def test_starting_again_replaces_time_and_receiver(clock: Callable[[], Clock]) -> None:
    c, fired = clock(), list[str]()
    c.timers.start("ring", TICK_S, lambda _: fired.append("first"))
    c.timers.start("ring", 2 * TICK_S, lambda _: fired.append("second"))
    await c.pass_s(5 * TICK_S)
    assert fired == ["second"]


async def test_a_timer_may_start_itself_anew_when_it_fires(clock: Callable[[], Clock]) -> None:
    c, fired = clock(), list[str]()

    def again(name: str) -> None:
        fired.append(name)
        if len(fired) < 3:
            c.timers.start(name, TICK_S, again)

    c.timers.start("heartbeat", TICK_S, again)
    await c.pass_s(10 * TICK_S)
    assert fired == ["heartbeat"] * 3


async def test_a_timer_that_fires_may_stop_one_due_at_the_same_time(
    clock: Callable[[], Clock],
) -> None:
    c, fired = clock(), list[str]()

    def first(name: str) -> None:
        fired.append(name)
        c.timers.stop("b")

    c.timers.start("a", TICK_S, first)
    c.timers.start("b", TICK_S, fired.append)
    await c.pass_s(3 * TICK_S)
    assert fired == ["a"]


@pytest.mark.parametrize("after_s", [0.0, -1.0])
async def test_what_is_due_fires_soon_but_not_inside_start(
    clock: Callable[[], Clock], after_s: float
) -> None:
    c, fired = clock(), list[str]()
    c.timers.start("now", after_s, fired.append)
    assert fired == []
    await c.pass_s(TICK_S)
    assert fired == ["now"]


@pytest.mark.parametrize("after_s", [math.nan, math.inf, -math.inf])
async def test_a_time_that_is_no_time_is_refused_and_changes_nothing(
    clock: Callable[[], Clock], after_s: float
) -> None:
    c, fired = clock(), list[str]()
    c.timers.start("ring", TICK_S, fired.append)
    with pytest.raises(ProtocolViolation, match=r"timer ring: found .* expected a finite time"):
        c.timers.start("ring", after_s, fired.append)
    await c.pass_s(3 * TICK_S)
    assert fired == ["ring"]


async def test_leaving_the_real_clock_forgets_its_timers() -> None:
    fired = list[str]()
    with LoopTimers() as timers:
        timers.start("ring", 0.0, fired.append)
    after = real_clock()
    await after.pass_s(TICK_S)
    assert fired == []


def test_the_virtual_clock_moves_to_each_due_time_and_then_to_the_end() -> None:
    timers, seen = VirtualTimers(now_s=5.0), list[float]()
    timers.start("a", 1.0, lambda _: seen.append(timers.now()))
    timers.start("b", 2.0, lambda _: seen.append(timers.now()))
    timers.advance(10.0)
    assert (seen, timers.now(), timers.running()) == ([6.0, 7.0], 15.0, frozenset())


@pytest.mark.parametrize("seconds", [-0.1, math.nan, math.inf])
def test_virtual_time_does_not_run_backwards_or_for_ever(seconds: float) -> None:
    with pytest.raises(ProtocolViolation):
        VirtualTimers().advance(seconds)
