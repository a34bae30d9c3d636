"""Digits dialled behind a number are pressed once the call is up."""

import pytest

from bridge.core.afterwards import PRESS
from bridge.model.effects import PlaceCall, SendDtmf, StartTimer
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Verb
from tests.core.driver import Desk


def dialled(text: str) -> tuple[Desk, CallId]:
    """A call that was answered just now."""
    desk = Desk().ready()
    desk.ask(Verb.DIAL, text)
    (placed,) = [e for e in desk.effects if isinstance(e, PlaceCall)]
    desk.connects(placed.call)
    return desk, placed.call


def digits(desk: Desk) -> list[str]:
    return [e.digits for e in desk.effects if isinstance(e, SendDtmf)]


def test_they_are_pressed_one_after_the_other_with_the_pauses_between() -> None:
    desk, call = dialled("202,45#,,1")
    assert digits(desk) == []
    for expected in (["45#"], ["45#"], ["45#", "1"]):
        assert any(isinstance(e, StartTimer) and e.name == PRESS + call for e in desk.effects)
        desk.effects = [e for e in desk.effects if isinstance(e, SendDtmf)]
        desk.timer(PRESS + call)
        assert digits(desk) == expected
    assert not [e for e in desk.effects if isinstance(e, StartTimer)]


@pytest.mark.parametrize("text", ["202", "202,"])
def test_a_number_alone_presses_nothing(text: str) -> None:
    desk, call = dialled(text)
    desk.timer(PRESS + call)
    assert digits(desk) == []


def test_after_the_end_of_the_call_nothing_is_pressed() -> None:
    desk, call = dialled("202,45")
    desk.ends(call)
    desk.timer(PRESS + call)
    assert digits(desk) == []


def test_redial_presses_them_again() -> None:
    desk, call = dialled("202,45")
    desk.ends(call)
    desk.effects.clear()
    desk.ask(Verb.REDIAL)
    (placed,) = [e for e in desk.effects if isinstance(e, PlaceCall)]
    desk.connects(placed.call)
    desk.timer(PRESS + placed.call)
    assert digits(desk) == ["45"]


def test_digits_with_pauses_are_pressed_in_a_call_that_is_up() -> None:
    desk, call = dialled("202")
    desk.ask(Verb.DTMF, "12#,,34#")
    assert digits(desk) == ["12#"]
    desk.timer(PRESS + call)
    desk.timer(PRESS + call)
    assert digits(desk) == ["12#", "34#"]


def test_a_secret_behind_a_number_is_not_kept_for_redial() -> None:
    desk = Desk().ready()
    desk.gives(Intent(Verb.DIAL, target="202,45", private=True))
    assert desk.state.last_dialed == ""
