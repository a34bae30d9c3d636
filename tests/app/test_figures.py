"""The figures of the sound go out in calls and after them, and nobody waits for them."""

import asyncio
from dataclasses import replace

from bridge.app.figures import EVERY_S, Figures
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.model.calls import CallView, Direction, Party, Phase, Snapshot
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import SoundBackend, SoundStats
from tests.integration.waiting import eventually

STATS = SoundStats(SoundBackend.PULSE, True, True, True, False, underruns=3)
RINGING = CallView(
    CallId("c1"),
    AccountId("desk"),
    Direction.INCOMING,
    Phase.RINGING,
    Party("201"),
    0,
)
IDLE = Snapshot(engine_up=True)


def during(phase: Phase) -> Snapshot:
    return replace(IDLE, calls=(replace(RINGING, phase=phase),))


class Desk:
    """Figures that ask this desk and tell it."""

    def __init__(self, answer: SoundStats | None = STATS) -> None:
        self.timers = VirtualTimers()
        self.told: list[SoundStats] = []
        self.asked = 0
        self._answer = answer
        self.figures = Figures(self.timers, self._ask, self.told.append)

    async def has_told_more_than(self, count: int) -> None:
        await eventually(lambda: len(self.told) > count, "told once more")

    async def _ask(self) -> SoundStats | None:
        self.asked += 1
        await asyncio.sleep(0)
        return self._answer


async def test_they_are_told_every_half_minute_of_a_call_and_once_after_it() -> None:
    desk = Desk()
    async with desk.figures as figures:
        figures.changed(during(Phase.RINGING))
        figures.changed(during(Phase.CONNECTED))
        figures.changed(during(Phase.HELD))
        assert desk.told == []
        for _ in range(3):
            before = len(desk.told)
            desk.timers.advance(EVERY_S)
            await desk.has_told_more_than(before)
        figures.changed(IDLE)
        await desk.has_told_more_than(3)
        assert len(desk.told) == 4
        assert desk.timers.running() == frozenset()
    assert set(desk.told) == {STATS}


async def test_a_call_nobody_answered_has_no_figures() -> None:
    desk = Desk()
    async with desk.figures as figures:
        figures.changed(during(Phase.RINGING))
        figures.changed(IDLE)
        assert (desk.asked, desk.timers.running()) == (0, frozenset())


async def test_an_engine_that_does_not_answer_is_not_told_of() -> None:
    desk = Desk(None)
    async with desk.figures as figures:
        figures.changed(during(Phase.CONNECTED))
        figures.changed(IDLE)
        await eventually(lambda: desk.asked, "asked")
    assert desk.told == []


async def test_the_end_of_the_daemon_in_a_call_ends_the_asking() -> None:
    desk = Desk()
    async with desk.figures as figures:
        figures.changed(during(Phase.CONNECTED))
    assert desk.timers.running() == frozenset()
