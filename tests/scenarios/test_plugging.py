"""Pulled and put back in every state of a call; refused writes; a device that vanishes."""

import pytest

from bridge.model.effects import AnswerCall, EndCall
from bridge.model.errors import TransportError
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import FAMILIES, LINK_380, family_of, whose_hook_follows, with_keys

RESTORED = {
    "ringing": ("ring",),
    "active": ("off_hook",),
    "muted": ("off_hook", "mute"),
    "held": ("hold",),
    "held and muted": ("hold", "mute"),
    "active, second ringing": ("off_hook", "ring"),
    "dialling": ("off_hook",),
}


def lamps(state: str, family: str) -> set[str]:
    keeps = state.startswith("held") and not family_of(family).conduct.hold_clears_off_hook
    return {*RESTORED[state], *(["off_hook"] if keeps else [])}


async def bring_about(state: str, board: Board, headset: Headset) -> CallId:
    """Bring a call into a state; return it."""
    if state == "ringing":
        return await board.is_called()
    if state == "dialling":
        return await board.dials()
    call = await board.is_in_a_call(headset)
    if "muted" in state:
        await board.asks(Verb.MUTE, call)
    if "held" in state:
        await board.asks(Verb.HOLD, call)
    if "second" in state:
        await board.is_called("202")
    return call


@pytest.mark.parametrize("state", RESTORED)
@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_pulled_headset_ends_nothing_and_finds_its_lamps_again(
    family: str, state: str
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await bring_about(state, board, headset)
        headset.expects(*lamps(state, family))
        before = board.phases
        await board.passes(2.0)
        await board.pull(headset)
        await board.passes(3.0)
        assert board.phases == before
        assert headset.lit == set()
        written = len(headset.device.written)
        await board.replug(headset, settle_s=0.4)
        assert len(headset.device.written) == written, "not before it has settled"
        await board.passes(0.2)
        headset.expects(*lamps(state, family))
        await board.passes(8.0)
        assert board.phases == before
        assert call in board.phases
        headset.expects(*lamps(state, family))


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_a_headset_put_back_hangs_up_with_one_tap(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        await board.pull(headset)
        await board.replug(headset)
        assert headset.device.pressed_hook, "the echo of the restored state"
        await headset.press("hook")
        assert board.phases == {}
        headset.expects()


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_headset_put_back_while_it_rings_answers_with_the_first_tap(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        await board.pull(headset)
        await board.replug(headset)
        await headset.press("hook")
        assert board.phases == {call: "connected"}


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_headset_put_back_while_on_hold_answers_the_next_call_with_the_first_tap(
    family: str,
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        held = await bring_about("held", board, headset)
        await board.pull(headset)
        await board.replug(headset)
        board.line.peer_hangs_up(held)
        await board.passes(8.0)
        call = await board.is_called()
        await headset.press("hook")
        assert board.phases == {call: "connected"}


@pytest.mark.parametrize(
    "family", [n for n in with_keys("hook") if family_of(n).conduct.hold_clears_off_hook]
)
async def test_a_headset_put_back_while_on_hold_resumes_with_the_first_tap(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        held = await bring_about("held", board, headset)
        await board.pull(headset)
        await board.replug(headset)
        await headset.press("hook")
        assert board.phases == {held: "connected"}
        headset.expects("off_hook")


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_the_first_report_after_plugging_in_is_where_the_device_stands(family: str) -> None:
    """Put back in a call by a dock that keeps it powered: its hook is up and stays up."""
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        await board.pull(headset)
        keys = len(board.keys)
        await board.replug(headset, settle_s=0.1)
        headset.device.hold_down("hook")
        await board.passes(8.0)
        assert board.phases == {call: "connected"}
        assert len(board.keys) == keys
        headset.expects("off_hook")


@pytest.mark.parametrize("family", FAMILIES)
async def test_plugging_in_and_out_while_idle_writes_nothing(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await board.pull(headset)
        await board.replug(headset)
        await board.passes(8.0)
        assert headset.device.written == []


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_device_that_vanishes_between_ring_and_answer_loses_no_call(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        await board.pull(headset)
        assert await board.asks(Verb.ANSWER, call) == "done"
        assert board.phases == {call: "connected"}
        await board.replug(headset)
        headset.expects("off_hook")
        assert board.calls[0].device == headset.name


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_device_that_vanishes_with_the_press_answers_once_or_not_at_all(
    family: str,
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        headset.device.press("hook")
        await board.pull(headset)
        answered = board.orders(AnswerCall)
        assert answered in ([], [AnswerCall(call)])
        assert board.phases == {call: "connected" if answered else "ringing"}
        await board.replug(headset)
        headset.expects("off_hook" if answered else "ring")


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_refused_write_is_counted_and_the_next_one_brings_every_lamp(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        headset.device.refuse_writes = TransportError("found -1, expected the report's length")
        call = await board.is_called()
        assert headset.view is not None
        assert headset.view.errors == 1
        headset.device.refuse_writes = None
        await headset.press("hook")
        assert board.phases == {call: "connected"}
        headset.expects("off_hook")


@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_a_headset_switched_off_hangs_up_as_its_key_does(family: str) -> None:
    """By the standard pages that cannot be told from a press."""
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        headset.device.power_off()
        await board.passes(3.0)
        assert board.phases == {}
        assert board.orders(EndCall) == [EndCall(call)]
        headset.expects()


@pytest.mark.parametrize("family", with_keys("hook", "line"))
async def test_a_headset_out_of_range_keeps_its_call(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        headset.device.lose_link()
        await board.passes(5.0)
        assert board.phases == {call: "connected"}
        headset.device.hold_down("line")
        await headset.press("mute")
        headset.expects("off_hook", "mute")


async def test_a_dongle_whose_link_opens_with_the_call_tells_nobody() -> None:
    async with board_with(LINK_380) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        assert [key.control.value for key in board.keys] == ["hook"]
