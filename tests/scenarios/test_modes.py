"""The mode of a headset is switched while a call is in one state or another."""

import asyncio

import pytest

from bridge.model.calls import Phase
from bridge.model.habits import HeadsetMode
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.scenarios.board import SETTLE_S, Board, Headset, board_with
from tests.scenarios.families import BLACKWIRE_5220, EVOLVE_LINK, POWERCONF, family_of

NOT_OURS = b"\xee\x00"  # a report id that none of them has
SOME = [EVOLVE_LINK, BLACKWIRE_5220, POWERCONF, "6993-b02b_wh66"]
WORKING = [HeadsetMode.AUTO, HeadsetMode.JABRA, HeadsetMode.GENERIC]
LAMPS = {
    "ringing": {"ring"},
    "dialling": {"off_hook"},
    "active": {"off_hook"},
    "muted": {"off_hook", "mute"},
    "held": {"hold"},
    "active, second ringing": {"off_hook", "ring"},
}


async def bring_about(state: str, board: Board, headset: Headset) -> CallId:
    """Bring a call into a state."""
    if state == "ringing":
        return await board.is_called()
    if state == "dialling":
        return await board.dials()
    call = await board.is_in_a_call(headset)
    if state == "muted":
        await board.asks(Verb.MUTE, call)
    if state == "held":
        await board.asks(Verb.HOLD, call)
    if "second" in state:
        await board.is_called("202")
    return call


async def switch(board: Board, headset: Headset, mode: HeadsetMode) -> None:
    await begin_to_switch(board, headset, mode)
    await board.passes(SETTLE_S)


async def begin_to_switch(board: Board, headset: Headset, mode: HeadsetMode) -> None:
    (name,) = set(board.devices._ids.values())  # also of one that is switched off
    switching = asyncio.create_task(board.devices.set_mode(name, mode))
    while not switching.done():
        headset.device.send(NOT_OURS)  # a reading thread that is to end looks up at each report
        await asyncio.sleep(0.001)
    assert await switching == ""


@pytest.mark.parametrize("state", LAMPS)
@pytest.mark.parametrize("mode", WORKING)
@pytest.mark.parametrize("family", SOME)
async def test_another_mode_keeps_the_call_and_shows_it(
    family: str, mode: HeadsetMode, state: str
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(state, board, headset)
        before = board.phases
        await switch(board, headset, mode)
        assert board.phases == before
        assert headset.lit - {"off_hook"} == headset.family.shows(*LAMPS[state] - {"off_hook"})
        await board.passes(8.0)
        assert board.phases == before
        assert board.ordered().get("EndCall", 0) == 0


@pytest.mark.parametrize("state", LAMPS)
@pytest.mark.parametrize("family", SOME)
async def test_switched_off_it_shows_nothing_and_the_call_goes_on(family: str, state: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(state, board, headset)
        before = board.phases
        await switch(board, headset, HeadsetMode.OFF)
        assert board.phases == before
        assert headset.lit == set()
        assert headset.device.openers == 0
        written = len(headset.device.written)
        headset.device.press("hook")
        await board.passes(8.0)
        assert board.phases == before
        assert len(headset.device.written) == written
        await switch(board, headset, HeadsetMode.AUTO)
        headset.expects(*expected(family, state))


def expected(family: str, state: str) -> set[str]:
    keeps = state == "held" and not family_of(family).conduct.hold_clears_off_hook
    return LAMPS[state] | ({"off_hook"} if keeps else set())


@pytest.mark.parametrize("mode", [*WORKING, HeadsetMode.OFF])
@pytest.mark.parametrize("family", SOME)
async def test_a_call_that_ends_while_the_mode_is_switched_leaves_no_lamp(
    family: str, mode: HeadsetMode
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        await begin_to_switch(board, headset, mode)
        board.line.peer_hangs_up(call)
        await board.passes(8.0)
        assert board.phases == {}
        assert headset.lit == set()


@pytest.mark.parametrize("mode", [*WORKING, HeadsetMode.OFF])
@pytest.mark.parametrize("family", SOME)
async def test_idle_nothing_is_written_for_another_mode(family: str, mode: HeadsetMode) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        other = board.other_program(headset)
        other.is_in_a_call()
        await board.passes(8.0)
        theirs = len(headset.device.written)
        await switch(board, headset, mode)
        assert len(headset.device.written) == theirs
        assert "off_hook" in headset.lit


@pytest.mark.parametrize("mode", [*WORKING, HeadsetMode.OFF])
async def test_another_programs_call_is_not_cut_when_we_ring_and_are_switched(
    mode: HeadsetMode,
) -> None:
    async with board_with(EVOLVE_LINK) as board:
        headset = board.headsets[0]
        board.other_program(headset).is_in_a_call()
        await board.passes(8.0)
        await board.is_called()
        headset.device.lamp_log.clear()
        await switch(board, headset, mode)
        assert all("off_hook" in lit for lit in headset.device.lamp_log)
        assert [call.phase for call in board.calls] == [Phase.RINGING]
