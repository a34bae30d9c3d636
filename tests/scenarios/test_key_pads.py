"""Dialling on a device with a key pad: a handset, or a headset whose template has the keys."""

from dataclasses import replace

import pytest

from bridge.drivers.virtual.temperament import Temperament
from bridge.model.effects import PlaceCall
from bridge.model.habits import Habits
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import family_of, with_keys

HANDSET = Temperament("a handset: lifted is lifted")
WITH_KEYS = with_keys("hook", "5")


async def types(headset: Headset, digits: str) -> None:
    for digit in digits:
        await headset.press(digit, after_s=0.5)


def dialled(board: Board) -> list[str]:
    return [one.target for one in board.orders(PlaceCall) if isinstance(one, PlaceCall)]


@pytest.mark.parametrize("family", WITH_KEYS)
async def test_digits_and_then_the_hook_key_call_the_number(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await types(headset, "212")
        assert headset.device.written == []
        await headset.press("hook")
        assert dialled(board) == ["212"]
        headset.expects("off_hook")
        board.line.peer_answers(board.calls[0].call)
        await board.passes(8.0)
        headset.expects("off_hook")
        await headset.press("hook")
        await board.passes(1.0)
        assert board.phases == {}
        headset.expects()
        assert headset.view is not None
        assert not headset.view.busy_elsewhere


@pytest.mark.parametrize("ending", ["#", ""])
@pytest.mark.parametrize("family", WITH_KEYS)
async def test_a_lifted_handset_dials_what_is_typed(family: str, ending: str) -> None:
    async with board_with(family, temperament=HANDSET) as board:
        habits = Habits(dial_after_pause=True)
        board.switchboard.state = replace(board.switchboard.state, habits=habits)
        headset = board.headsets[0]
        await headset.press("hook")
        await types(headset, "212" + ending)
        await board.passes(0.0 if ending else 4.0)
        assert dialled(board) == ["212"]
        headset.expects("off_hook")
        await board.passes(8.0)
        assert headset.device.pressed_hook
        await headset.press("hook")
        assert board.phases == {}
        headset.expects()


@pytest.mark.parametrize("family", WITH_KEYS)
async def test_a_pin_for_another_programs_call_is_never_dialled(family: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        other = board.other_program(headset)
        other.is_in_a_call()
        await types(headset, "4711#")
        await board.passes(20.0)
        await headset.press("hook")
        other.hangs_up()
        await board.passes(20.0)
        assert dialled(board) == []


@pytest.mark.parametrize("family", WITH_KEYS)
async def test_what_was_typed_is_not_spelled_in_the_trace(family: str) -> None:
    async with board_with(family) as board:
        await types(board.headsets[0], "212")
        notes = [one.text for one in board.trace if "keypad" in one.text]
        assert len(notes) >= 3
        assert not any("2" in note or "1" in note for note in notes)


def test_there_are_devices_to_try_this_on() -> None:
    assert len(WITH_KEYS) >= 3
    assert all("off_hook" in family_of(name).lamps for name in WITH_KEYS)
