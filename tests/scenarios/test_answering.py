"""Answering and refusing on every family: acknowledgement, echoes, pulses, false hooks."""

from dataclasses import replace

import pytest

from bridge.drivers.virtual.documented import UNNUMBERED
from bridge.drivers.virtual.temperament import (
    GIGASET_ION,
    GIGASET_ION_LATE,
    LOGITECH,
    POLY_PULSE,
    Temperament,
)
from bridge.model.effects import AnswerCall, RejectCall
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import (
    BLACKWIRE_3220,
    BLACKWIRE_5220,
    FAMILIES,
    GIGASET,
    LINK_380,
    POWERCONF,
    family_of,
    whose_hook_follows,
    with_keys,
)


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_a_press_is_acknowledged_before_the_network_confirms(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        board.sip_stands_still()
        await headset.press("hook")
        headset.expects("off_hook")
        assert board.phases[call] == "ringing"
        await board.passes(5.0)  # a Jabra would have taken its press back
        headset.expects("off_hook")
        await board.sip_moves_on()
        assert board.phases[call] == "connected"
        assert board.ordered() == {"RingCall": 1, "AnswerCall": 1}


@pytest.mark.parametrize("family", with_keys("hook"))
async def test_an_answer_the_network_refuses_takes_the_lamp_back(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        board.sip_stands_still()
        await headset.press("hook")
        board.line.peer_hangs_up(call)  # the caller was faster
        await board.sip_moves_on()
        await board.passes(5.0)
        headset.expects()
        assert board.phases == {}


PULSES = [
    (BLACKWIRE_3220, POLY_PULSE),
    (BLACKWIRE_5220, POLY_PULSE),
    ("047f-02ec_voyager-base-cd", POLY_PULSE),
    ("logitech-h650e_from-maps", LOGITECH),
]


@pytest.mark.parametrize(("family", "mood"), PULSES)
async def test_a_hook_that_falls_back_by_itself_has_answered_and_not_hung_up(
    family: str, mood: Temperament
) -> None:
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        await headset.press("hook")
        await board.passes(3.0)
        assert not headset.device.pressed_hook
        assert board.phases == {call: "connected"}
        headset.expects("off_hook")
        await headset.press("hook")
        await board.passes(3.0)
        assert board.phases == {}
        headset.expects()
        assert board.ordered() == {"RingCall": 1, "AnswerCall": 1, "EndCall": 1}


@pytest.mark.parametrize("bogus_after_s", [0.05, 0.2, 0.45])
@pytest.mark.parametrize("family", whose_hook_follows("hook"))
async def test_a_call_answered_off_the_headset_survives_its_echo_and_a_false_hang_up(
    family: str, bogus_after_s: float
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        assert await board.asks(Verb.ANSWER, call) == "done"
        assert headset.device.pressed_hook, "the echo"
        await board.passes(bogus_after_s)
        headset.device.drop_hook()
        await board.passes(5.0)
        assert board.phases == {call: "connected"}
        assert headset.device.pressed_hook, "it was told again"
        await headset.press("hook")
        assert board.phases == {}


def with_busy_on_ring(family: str) -> Temperament:
    return replace(family_of(family).temperament, busy_on_ring=True)


@pytest.mark.parametrize(
    ("family", "mood"),
    [(name, with_busy_on_ring(name)) for name in with_keys("line_busy", "hook")]
    + [(GIGASET, GIGASET_ION), (GIGASET, GIGASET_ION_LATE)],
)
async def test_a_report_without_hook_on_ringing_does_not_reject_and_the_tap_answers(
    family: str, mood: Temperament
) -> None:
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        await board.passes(2.0)
        headset.expects("ring")
        await headset.press("hook")
        assert board.phases == {call: "connected"}
        assert board.ordered() == {"RingCall": 1, "AnswerCall": 1}
        headset.expects("off_hook")


@pytest.mark.parametrize("family", with_keys("line", "hook"))
async def test_a_link_that_opens_before_the_hook_rises_does_not_reject(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        headset.device.hold_down("line")
        await board.passes(0.3)
        await headset.press("hook", after_s=0)
        assert board.phases == {call: "connected"}
        assert board.ordered() == {"RingCall": 1, "AnswerCall": 1}


async def rings(board: Board) -> Headset:
    await board.is_called()
    await board.passes(1.0)
    return board.headsets[0]


@pytest.mark.parametrize(
    "family", [n for n in FAMILIES if family_of(n).conduct.reject_by_on_hook > 0]
)
async def test_saying_on_hook_rejects_where_the_device_has_no_other_way(family: str) -> None:
    async with board_with(family) as board:
        headset = await rings(board)
        headset.device.say_no()
        await board.passes(1.0)
        assert board.phases == {}
        assert len(board.orders(RejectCall)) == 1
        headset.expects()


async def test_one_report_without_hook_is_no_no_of_a_gigaset() -> None:
    async with board_with(GIGASET, temperament=GIGASET_ION_LATE) as board:
        headset = await rings(board)
        headset.device.repeat()
        await board.passes(1.0)
        assert list(board.phases.values()) == ["ringing"]
        headset.device.repeat()
        await board.passes(1.0)
        assert board.phases == {}


@pytest.mark.parametrize(
    "family",
    [n for n in with_keys("hook") if family_of(n).temperament.reverts_s],
)
async def test_a_press_nobody_answers_is_taken_back_and_means_nothing(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await headset.press("hook")
        await board.passes(1.9)
        hooks = [headset.device.pressed_hook]
        await board.passes(0.2)
        hooks.append(headset.device.pressed_hook)
        assert hooks == [True, False]
        assert board.ordered() == {}
        assert headset.device.written == []


@pytest.mark.parametrize("family", with_keys("hook", "mute"))
async def test_every_report_twice_is_every_press_once(family: str) -> None:
    mood = replace(family_of(family).temperament, double_frames=True)
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        call = await board.is_called()
        await headset.press("hook")
        await headset.press("mute")
        headset.expects("off_hook", "mute")
        await headset.press("mute")
        await headset.press("hook")
        assert board.phases == {}
        told = [(key.control.value, key.on) for key in board.keys]
        assert told[:3] == [("hook", True), ("mute", True), ("mute", True)]
        assert len(told) == 4
        assert board.orders(AnswerCall) == [AnswerCall(call)]


# -- where the bits are -------------------------------------------------------

CONSTANT_FLAGS = [POWERCONF, "jabra-speak-510_from-notes"]  # named fields flagged Constant
REJECT_BEHIND_THE_FIRST_BYTE = [LINK_380, POWERCONF, "jabra-speak-510_from-notes"]
PAGE_SWITCHED_BEFORE_INPUT = [POWERCONF]  # usage 07 is read on page 0B, meant on page 09


@pytest.mark.parametrize(
    "family",
    sorted({*CONSTANT_FLAGS, *REJECT_BEHIND_THE_FIRST_BYTE, *PAGE_SWITCHED_BEFORE_INPUT}),
)
async def test_reject_is_found_where_the_descriptor_hides_it(family: str) -> None:
    async with board_with(family) as board:
        headset = await rings(board)
        await headset.press("reject")
        assert len(board.orders(RejectCall)) == 1
        headset.expects()


async def test_a_device_without_report_ids_is_written_with_a_zero_before_its_bits() -> None:
    async with board_with(UNNUMBERED.name) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        assert {len(report) for report in headset.device.written} == {3}
        assert {report[0] for report in headset.device.written} == {0}


@pytest.mark.parametrize("family", with_keys("hook", "5"))
async def test_each_key_of_a_key_pad_is_sent_as_itself(family: str) -> None:
    """Without 0: where arrays begin with it, its value is that of "no key"."""
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        await headset.types("123456789*#")
        assert board.line.calls[call].heard == "123456789*#"
