"""Another program on the same headset, and several headsets on one desk."""

from dataclasses import replace

import pytest

from bridge.model.effects import AnswerCall, RejectCall
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import (
    BLACKWIRE_5220,
    EVOLVE_LINK,
    POWERCONF,
    family_of,
    whose_hook_follows,
    with_keys,
)

# Their call can be seen: the hook follows Off-Hook, or a flag says busy.
SEES_OTHERS = sorted({*whose_hook_follows("hook"), *with_keys("hook", "line_busy")})


def busy_elsewhere(headset: Headset) -> bool:
    assert headset.view is not None
    return headset.view.busy_elsewhere


@pytest.mark.parametrize("family", SEES_OTHERS)
async def test_a_call_of_another_program_is_seen_and_left_alone(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        other = board.other_program(headset)
        other.is_in_a_call()
        await board.passes(10.0)
        assert busy_elsewhere(headset)
        headset.expects("off_hook")
        theirs = len(headset.device.written)
        other.hangs_up()
        await board.passes(10.0)
        assert not busy_elsewhere(headset)
        assert len(headset.device.written) == 2 * theirs, "every write was theirs"
        assert board.ordered() == {}


@pytest.mark.parametrize("family", SEES_OTHERS)
async def test_our_ring_keeps_the_off_hook_of_the_other_programs_call(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        other = board.other_program(headset)
        other.is_in_a_call()
        await board.passes(2.0)
        headset.device.lamp_log.clear()
        call = await board.is_called()
        headset.expects("off_hook", "ring")
        board.line.peer_hangs_up(call)
        await board.passes(5.0)
        headset.expects("off_hook")
        assert all("off_hook" in lit for lit in headset.device.lamp_log)


@pytest.mark.parametrize("family", SEES_OTHERS)
async def test_their_hang_up_does_not_end_our_ringing_and_it_goes_on_to_ring(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        other = board.other_program(headset)
        other.is_in_a_call()
        await board.passes(2.0)
        call = await board.is_called()
        other.hangs_up()
        await board.passes(5.0)
        assert board.phases == {call: "ringing"}
        assert board.orders(RejectCall) == []
        headset.expects("ring")
        assert not busy_elsewhere(headset)
        await headset.press("hook")
        assert board.phases == {call: "connected"}
        assert board.orders(AnswerCall) == [AnswerCall(call)]
        headset.expects("off_hook")


@pytest.mark.parametrize("family", SEES_OTHERS)
async def test_a_program_that_rings_and_gives_up_presses_nothing(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        other = board.other_program(headset)
        other.rings()
        await board.passes(3.0)
        other.hangs_up()
        await board.passes(3.0)
        other.closes()
        assert board.ordered() == {}
        assert board.keys == []
        call = await board.is_called()
        await headset.press("hook")
        assert board.phases == {call: "connected"}
        headset.expects("off_hook")


@pytest.mark.parametrize("family", SEES_OTHERS)
async def test_after_our_call_only_our_own_bits_are_taken_back(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        await headset.press("hook")
        await board.passes(5.0)
        other = board.other_program(headset)
        other.is_in_a_call()
        await board.passes(10.0)
        headset.expects("off_hook")
        assert busy_elsewhere(headset)


# -- two headsets -------------------------------------------------------------


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_answering_on_one_headset_clears_the_ring_of_the_other(family: str) -> None:
    async with board_with(EVOLVE_LINK, family) as board:
        other, mine = board.headsets
        call = await board.is_called()
        mine.expects("ring")
        other.expects("ring")
        await mine.press("hook")
        mine.expects("off_hook")
        other.expects()
        assert board.calls[0].device == mine.name
        await board.passes(8.0)
        assert board.phases == {call: "connected"}
        other.expects()


@pytest.mark.parametrize("key", ["mute", "flash", "reject", "hook"])
@pytest.mark.parametrize("family", with_keys("hook"))
async def test_keys_of_the_headset_that_has_no_call_do_nothing_to_the_call(
    family: str, key: str
) -> None:
    async with board_with(EVOLVE_LINK, family) as board:
        mine, idle = board.headsets
        call = await board.is_in_a_call(mine)
        before = len(board.line.orders)
        await idle.press(key)
        await board.passes(5.0)
        assert board.ordered(before) == {}
        assert board.phases == {call: "connected"}
        assert not board.view.muted
        mine.expects("off_hook")
        idle.expects()


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_the_headset_that_stays_takes_the_call_of_the_one_pulled(family: str) -> None:
    async with board_with(family, EVOLVE_LINK) as board:
        mine, other = board.headsets
        call = await board.is_in_a_call(mine)
        await board.asks(Verb.MUTE, call)
        await board.pull(mine)
        other.expects("off_hook", "mute")
        await board.passes(5.0)
        await other.press("mute")
        other.expects("off_hook")
        await other.press("hook")
        assert board.phases == {}


@pytest.mark.parametrize(
    ("first", "second"), [(EVOLVE_LINK, BLACKWIRE_5220), (BLACKWIRE_5220, POWERCONF)]
)
async def test_two_taps_at_the_same_moment_answer_once(first: str, second: str) -> None:
    async with board_with(first, second) as board:
        one, two = board.headsets
        call = await board.is_called()
        await board.passes(1.0)
        one.device.press("hook")
        two.device.press("hook")
        await board.passes(8.0)
        assert board.orders(AnswerCall) == [AnswerCall(call)]
        assert board.phases == {call: "connected"}
        assert ("off_hook" in one.lit) is not ("off_hook" in two.lit)


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_the_echo_of_a_cleared_ring_is_no_press_on_the_next_call(family: str) -> None:
    mood = replace(family_of(family).temperament, echo_after_s=0.3)
    async with board_with(family, family, temperament=mood) as board:
        one, two = board.headsets
        first = await board.is_called()
        await one.press("hook")
        await two_calls_in_a_row(board, one, two)
        assert first not in board.phases


async def two_calls_in_a_row(board: Board, one: Headset, two: Headset) -> None:
    """The first call ends and the next one is answered on the other headset."""
    await board.passes(2.0)
    await one.press("hook")
    second = await board.is_called("202")
    await two.press("hook")
    await board.passes(5.0)
    assert board.phases == {second: "connected"}
    one.expects()
    two.expects("off_hook")
