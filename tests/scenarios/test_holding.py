"""Hold and resume in both schools, with echo and flicker; mute with its many ways to go wrong."""

from dataclasses import replace
from itertools import groupby

import pytest

from bridge.model.effects import EndCall, HoldCall, ResumeCall
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import (
    BLACKWIRE_3220,
    BLACKWIRE_5220,
    FAMILIES,
    Family,
    family_of,
    make,
    whose_hook_follows,
    with_keys,
)

# Which school: Jabra's diagrams, Poly's sample and Genesys' Yealink class clear Off-Hook.
CLEARS_OFF_HOOK = ("0b0e", "047f", "6993", "jabra")


def on_hold(family: Family) -> set[str]:
    """What is lit on hold, where the device has a lamp for it."""
    clears = family.conduct.hold_clears_off_hook
    return family.shows("hold") if clears else family.shows("hold", "off_hook")


@pytest.mark.parametrize("family", [one for one in FAMILIES if one.startswith(CLEARS_OFF_HOOK)])
def test_the_vendors_whose_diagrams_say_so_clear_off_hook(family: str) -> None:
    assert family_of(family).conduct.hold_clears_off_hook


@pytest.mark.parametrize("family", with_keys("flash", "hook"))
async def test_flash_holds_and_resumes_in_the_school_of_its_vendor(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        await headset.press("flash")
        assert board.phases == {call: "held"}
        assert headset.lit == on_hold(headset.family)
        await board.passes(5.0)
        await headset.press("flash")
        assert board.phases == {call: "connected"}
        await board.passes(5.0)
        headset.expects("off_hook")
        assert board.ordered() == {
            "RingCall": 1,
            "AnswerCall": 1,
            "HoldCall": 1,
            "ResumeCall": 1,
        }


@pytest.mark.parametrize("echo_s", [0.0, 0.3])
@pytest.mark.parametrize("family", whose_hook_follows("flash", "hook"))
async def test_a_hook_that_flickers_when_a_call_is_resumed_ends_nothing(
    family: str, echo_s: float
) -> None:
    mood = replace(family_of(family).temperament, resume_flickers=True, echo_after_s=echo_s)
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        await headset.press("flash")
        await board.passes(3.0)
        await headset.press("flash")
        await board.passes(3.0)
        assert board.phases == {call: "connected"}
        headset.expects("off_hook")
        assert headset.device.pressed_hook
        await headset.press("hook")
        assert board.phases == {}


@pytest.mark.parametrize("echo_s", [0.0, 0.15, 0.4])
@pytest.mark.parametrize("family", whose_hook_follows("flash", "hook"))
async def test_hold_and_resume_faster_than_the_echo_ends_nothing(
    family: str, echo_s: float
) -> None:
    mood = replace(family_of(family).temperament, echo_after_s=echo_s)
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        for _ in range(6):
            await headset.press("flash", after_s=0.1)
        await board.passes(5.0)
        assert board.phases == {call: "connected"}
        headset.expects("off_hook")
        assert len(board.orders(HoldCall)) == len(board.orders(ResumeCall)) == 3
        assert not board.orders(EndCall)
        assert headset.device.pressed_hook


@pytest.mark.parametrize(
    "family", [n for n in whose_hook_follows("hook") if family_of(n).conduct.hold_clears_off_hook]
)
async def test_lifting_takes_a_call_back_from_hold_where_hold_laid_down(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        await board.asks(Verb.HOLD, call)
        assert not headset.device.pressed_hook, "the echo of hold"
        await headset.press("hook")
        assert board.phases == {call: "connected"}
        headset.expects("off_hook")


# -- mute ---------------------------------------------------------------------


@pytest.mark.parametrize("family", with_keys("mute", "hook"))
async def test_lamp_microphone_and_key_agree_over_ten_presses(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.is_in_a_call(headset)
        seen = []
        for _ in range(10):
            await headset.press("mute")
            agreed = {"mute" in headset.lit, board.view.muted, board.line.calls[call].muted}
            seen.append(agreed)
        assert seen == [{True}, {False}] * 5


BESIDES = ("line_busy", "line", "redial", "speed_dial", "reject")


def beside_mute(family: str) -> str:
    """Another key or flag in the report of the mute key, without a meaning in a call."""
    device, keys = make(family), family_of(family).keys
    return next((k for k in BESIDES if k in keys and device.are_together("mute", k)), "")


@pytest.mark.parametrize("family", [n for n in with_keys("mute", "hook") if beside_mute(n)])
async def test_another_bit_that_changes_while_mute_is_held_down_toggles_nothing(
    family: str,
) -> None:
    async with board_with(family) as board:
        headset, other = board.headsets[0], beside_mute(family)
        await board.is_in_a_call(headset)
        headset.device.hold_down("mute")
        await board.passes(0.2)
        headset.device.let_go(other)
        headset.device.hold_down(other)
        await board.passes(0.2)
        headset.device.let_go(other)
        await board.passes(0.2)
        headset.device.let_go("mute")
        await board.passes(1.0)
        headset.expects("off_hook", "mute")
        assert [key.control.value for key in board.keys].count("mute") == 1


@pytest.mark.parametrize("family", with_keys("mute", "hook"))
async def test_a_raised_boom_arm_mutes_the_call_and_refuses_to_unmute(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        headset.device.boom_arm_up = True
        call = await board.is_in_a_call(headset)
        assert await refuses(board, headset)
        await board.passes(3.0)
        await board.asks(Verb.UNMUTE, call)
        assert await refuses(board, headset)
        assert board.line.calls[call].muted
        await board.passes(3.0)
        headset.device.move_boom_arm(up=False)
        await board.settles()
        headset.expects("off_hook")
        assert headset.view is not None
        assert not headset.view.mute_locked
        assert not board.line.calls[call].muted


async def refuses(board: Board, headset: Headset) -> bool:
    """Whether the device keeps the microphone off, says so, and everybody shows it."""
    await board.settles()
    headset.expects("off_hook", "mute")
    return board.view.muted and headset.view is not None and headset.view.mute_locked


@pytest.mark.parametrize(
    "family", [n for n in with_keys("mute", "hook") if "mute" in family_of(n).lamps]
)
async def test_a_mute_key_that_waits_for_its_lamp_is_never_left_waiting(family: str) -> None:
    mood = replace(family_of(family).temperament, mute_needs_answer=True)
    async with board_with(family, temperament=mood) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        await headset.press("mute")
        await headset.press("mute")
        await headset.press("mute")
        headset.expects("off_hook", "mute")
        assert len(board.keys) == 4


def mute_reports(family: str) -> set[int]:
    """The reports a program writes to light mute alone, those that differ from dark."""
    device = make(family)
    dark = device.compose()
    lit = device.compose("mute", "microphone")
    return {one[0] for one in lit if one not in dark}


@pytest.mark.parametrize("family", with_keys("mute", "hook"))
async def test_a_mute_write_keeps_off_hook_and_touches_only_its_own_report(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        headset.device.lamp_log.clear()
        before = len(headset.device.written)
        await headset.press("mute")
        await headset.press("mute")
        assert all("off_hook" in lit for lit in headset.device.lamp_log)
        touched = {report[0] for report in headset.device.written[before:]}
        assert touched <= mute_reports(family)
        assert touched
        headset.expects("off_hook")


@pytest.mark.parametrize(
    "family", [n for n in FAMILIES if not family_of(n).temperament.mute_in_calls_only]
)
async def test_mute_outside_a_call_is_forgotten_before_the_next_one(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await headset.press("mute")
        assert headset.device.written == []
        call = await board.is_in_a_call(headset)
        assert not board.line.calls[call].muted
        headset.expects("off_hook")


@pytest.mark.parametrize("family", [BLACKWIRE_3220, BLACKWIRE_5220])
async def test_one_lamp_per_report_hold_is_lit_before_the_hook_goes_down(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await board.is_in_a_call(headset)
        headset.device.lamp_log.clear()
        await headset.press("flash")
        await headset.press("flash")
        seen = [lit & {"off_hook", "hold"} for lit in headset.device.lamp_log if lit]
        assert [one for one, _ in groupby(seen)] == [
            {"off_hook", "hold"},
            {"hold"},
            {"off_hook", "hold"},
            {"off_hook"},
        ]


@pytest.mark.parametrize("family", with_keys("mute"))
async def test_mute_is_put_out_when_a_call_begins_whoever_lit_it(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        board.other_program(headset).lights("mute")
        assert headset.lit == headset.family.shows("mute")
        await board.is_in_a_call(headset)
        headset.expects("off_hook")
