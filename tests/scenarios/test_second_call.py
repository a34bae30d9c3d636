"""A second call on the headset: tap, long press, double tap, and what the device believes then."""

from dataclasses import replace

import pytest

from bridge.model.effects import AnswerCall, EndCall, RejectCall
from bridge.model.habits import HeadsetMode
from bridge.model.hid import SecondCall, Style
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import (
    BLACKWIRE_3220,
    BLACKWIRE_5220,
    FAMILIES,
    SPEAK_510,
    family_of,
    whose_hook_follows,
    with_keys,
)

TAPS = [
    n for n in whose_hook_follows("hook") if n != SPEAK_510
]  # says nothing while a second rings
ENDS_AND_ANSWERS = [
    n for n in TAPS if family_of(n).conduct.second_call is SecondCall.END_AND_ANSWER
]
ONLY_ENDS = [n for n in TAPS if n not in ENDS_AND_ANSWERS]


async def waits(board: Board) -> tuple[Headset, CallId, CallId]:
    """In a call, and a second one rings."""
    headset = board.headsets[0]
    first = await board.is_in_a_call(headset)
    headset.device.lamp_log.clear()
    second = await board.is_called("202")
    headset.expects("off_hook", "ring")
    return headset, first, second


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_second_call_rings_without_off_hook_ever_going_out(family: str) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        assert not board.line.ringer_on, "the headset itself tells of a second call"
        board.line.peer_hangs_up(second)
        await board.settles()
        headset.expects("off_hook")
        assert all("off_hook" in lit for lit in headset.device.lamp_log)
        assert board.phases == {first: "connected"}


@pytest.mark.parametrize("family", ENDS_AND_ANSWERS)
async def test_a_tap_ends_the_first_answers_the_second_and_lifts_the_device_again(
    family: str,
) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        await headset.press("hook")
        assert board.phases == {second: "connected"}
        headset.expects("off_hook")
        assert headset.device.pressed_hook, "it believed it was on-hook and has been told"
        await board.passes(5.0)
        assert board.phases == {second: "connected"}
        assert board.orders(EndCall) == [EndCall(first)]
        await headset.press("hook")
        assert board.phases == {}
        headset.expects()


@pytest.mark.parametrize("family", [BLACKWIRE_3220, BLACKWIRE_5220])
async def test_off_hook_is_written_again_even_where_nothing_in_its_report_changed(
    family: str,
) -> None:
    """One report per lamp, and in generic mode a tap ends and answers there, too."""
    async with board_with(family, mode=HeadsetMode.GENERIC) as board:
        headset, _, second = await waits(board)
        await headset.press("hook")
        assert board.phases == {second: "connected"}
        assert headset.device.pressed_hook
        await headset.press("hook")
        assert board.phases == {}


@pytest.mark.parametrize("family", ONLY_ENDS)
async def test_a_tap_ends_the_first_and_the_next_one_answers(family: str) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        await headset.press("hook")
        assert board.phases == {second: "ringing"}
        headset.expects("ring")
        assert board.orders(EndCall) == [EndCall(first)]
        await headset.press("hook")
        assert board.phases == {second: "connected"}
        headset.expects("off_hook")


@pytest.mark.parametrize("family", with_keys("hook", "flash"))
async def test_a_long_press_holds_the_first_and_answers_the_second_and_swaps(family: str) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        await headset.press("flash")
        assert board.phases == {first: "held", second: "connected"}
        headset.expects("off_hook")
        await headset.press("flash")
        assert board.phases == {first: "connected", second: "held"}
        headset.expects("off_hook")
        microphones = {call: board.line.calls[call].muted for call in (first, second)}
        assert microphones == {first: False, second: True}


@pytest.mark.parametrize("family", with_keys("hook", "reject"))
async def test_a_double_tap_rejects_the_second_and_the_first_notices_nothing(family: str) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        await headset.press("reject")
        assert board.orders(RejectCall) == [RejectCall(second, 486)]
        assert board.phases == {first: "connected"}
        headset.expects("off_hook")
        assert all("off_hook" in lit for lit in headset.device.lamp_log)
        await board.passes(5.0)
        assert board.phases == {first: "connected"}


@pytest.mark.parametrize(
    "family",
    [n for n in FAMILIES if family_of(n).temperament.deaf_while_second_rings],
)
async def test_a_speakerphone_deaf_to_taps_takes_the_second_call_by_its_other_keys(
    family: str,
) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        await headset.press("hook")
        assert board.phases == {first: "connected", second: "ringing"}
        await headset.press("flash")
        assert board.phases == {first: "held", second: "connected"}


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_the_first_call_ends_while_the_second_rings_and_its_echo_rejects_nothing(
    family: str,
) -> None:
    mood = replace(family_of(family).temperament, echo_after_s=0.4)
    async with board_with(family, temperament=mood) as board:
        headset, first, second = await waits(board)
        board.line.peer_hangs_up(first)
        await board.passes(2.0)
        assert board.phases == {second: "ringing"}
        headset.expects("ring")
        await headset.press("hook")
        assert board.phases == {second: "connected"}


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_the_late_echo_of_an_ended_call_does_not_touch_the_next_one(family: str) -> None:
    mood = replace(family_of(family).temperament, echo_after_s=0.4)
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        first = await board.is_in_a_call(headset)
        board.line.peer_hangs_up(first)
        await board.settles()
        second = await board.is_called("202")
        await board.passes(0.2)
        headset.expects("ring")
        await board.passes(2.0)
        assert board.phases == {second: "ringing"}
        assert not headset.device.pressed_hook
        await headset.press("hook")
        await board.passes(5.0)
        assert board.phases == {second: "connected"}
        headset.expects("off_hook")
        assert board.orders(AnswerCall) == [AnswerCall(first), AnswerCall(second)]


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_a_call_that_ends_and_one_that_is_answered_before_the_echo(family: str) -> None:
    """The echoes of two calls come after both: on-hook never, off-hook once."""
    mood = replace(family_of(family).temperament, echo_after_s=0.4)
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        first = await board.is_in_a_call(headset)
        board.line.peer_hangs_up(first)
        await board.passes(0.1)
        second = await board.is_called("202")
        await board.passes(0.1)
        assert await board.asks(Verb.ANSWER, second) == "done"
        await board.passes(5.0)
        assert board.phases == {second: "connected"}
        headset.expects("off_hook")
        await headset.press("hook")
        assert board.phases == {}


@pytest.mark.parametrize(
    "family", [n for n in with_keys("hook") if family_of(n).conduct.hook_style is Style.LEVEL]
)
async def test_hanging_up_one_of_two_leaves_the_other_on_hold_until_somebody_takes_it(
    family: str,
) -> None:
    async with board_with(family) as board:
        headset, first, second = await waits(board)
        await board.asks(Verb.ANSWER, second)
        await board.passes(8.0)
        await headset.press("hook")
        await board.passes(8.0)
        assert board.phases == {first: "held"}
        assert await board.asks(Verb.RESUME, first) == "done"
        await board.passes(8.0)
        assert board.phases == {first: "connected"}
        headset.expects("off_hook")
