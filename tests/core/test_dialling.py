"""A number typed on a headset or handset with a key pad, while there is no call."""

from dataclasses import replace

import pytest

from bridge.core.dialling import DIAL_AFTER_S, DIGITS, FORGET_AFTER_S, MOST_DIGITS
from bridge.model.effects import AnnounceKey, Effect, EndCall, PlaceCall, SendDtmf, StartTimer
from bridge.model.habits import Habits
from bridge.model.hid import Control, Indication
from bridge.model.ids import DeviceId
from bridge.model.intents import Verb
from tests.core.driver import HEADSET, Desk, info

PAUSE = DIGITS + HEADSET


def handset() -> Desk:
    """A desk where a lifted device dials after a pause, too."""
    desk = Desk().ready()
    desk.state = replace(desk.state, habits=Habits(dial_after_pause=True))
    return desk


def types(desk: Desk, digits: str) -> None:
    for key in digits:
        desk.after(0.5).press(Control.KEYPAD, key)


def dialled(desk: Desk) -> list[str]:
    return [e.target for e in desk.effects if isinstance(e, PlaceCall)]


def timers(desk: Desk) -> list[Effect]:
    return [e for e in desk.effects if isinstance(e, StartTimer)]


@pytest.mark.parametrize("control", [Control.HOOK, Control.SEND])
@pytest.mark.parametrize("by_pause", [True, False])
def test_digits_and_then_hook_or_send_dial(by_pause: bool, control: Control) -> None:
    desk = handset() if by_pause else Desk().ready()
    types(desk, "202")
    assert dialled(desk) == []
    desk.after(1).key(control)
    assert dialled(desk) == ["202"]
    assert desk.lamps == Indication(off_hook=True)
    assert desk.state.calls[0].device == HEADSET
    assert not desk.headset.foreign


def test_a_number_is_dialled_once() -> None:
    desk = Desk().ready()
    types(desk, "202")
    desk.press(Control.SEND)
    desk.ends(desk.state.calls[0].call)
    desk.after(1).press(Control.SEND)
    assert dialled(desk) == ["202"]


@pytest.mark.parametrize("typed", ["202", "*21*0", "#31#0"])
def test_a_lifted_handset_of_ours_alone_dials_after_a_pause(typed: str) -> None:
    desk = handset()
    desk.lift()
    types(desk, typed)
    assert timers(desk)[-1] == StartTimer(PAUSE, DIAL_AFTER_S)
    desk.after(DIAL_AFTER_S).timer(PAUSE)
    assert dialled(desk) == [typed]
    assert desk.state.calls[0].call, "an id nobody else has"
    desk.after(5).hang_up()
    assert desk.lamps == Indication(), "laying it down hangs up"


def test_a_handset_lifted_long_before_it_was_dialled_on_hangs_up_when_it_is_laid_down() -> None:
    desk = Desk().ready()
    desk.lift()
    types(desk.after(10), "202")
    desk.press(Control.SEND)
    assert dialled(desk) == ["202"]
    desk.after(30).hang_up()
    assert [e for e in desk.effects if isinstance(e, EndCall)]
    assert desk.lamps == Indication()


def test_a_lifted_handset_of_ours_alone_dials_at_the_hash() -> None:
    desk = handset()
    desk.lift()
    types(desk, "202#")
    assert dialled(desk) == ["202"]


@pytest.mark.parametrize("ending", ["", "#"])
def test_a_pin_typed_into_another_programs_call_is_not_dialled(ending: str) -> None:
    desk = Desk().ready()
    desk.lift()  # the other program's call, answered
    types(desk, "4711" + ending)
    desk.after(FORGET_AFTER_S).timer(PAUSE)
    desk.after(5).hang_up()
    desk.after(1).lift()
    assert dialled(desk) == []


def test_the_key_that_ends_another_programs_call_dials_nothing() -> None:
    desk = Desk().ready()
    desk.key(Control.LINE_BUSY)  # a device whose hook does not follow
    types(desk, "4711")
    desk.after(1).lift()
    assert dialled(desk) == []


def test_what_was_typed_and_left_is_forgotten() -> None:
    desk = Desk().ready()
    types(desk, "202")
    assert timers(desk)[-1] == StartTimer(PAUSE, FORGET_AFTER_S)
    desk.after(FORGET_AFTER_S).timer(PAUSE)
    desk.lift()
    assert dialled(desk) == []


def test_laying_down_forgets_what_was_typed() -> None:
    desk = handset()
    desk.lift()
    types(desk, "20")
    desk.hang_up()
    desk.after(DIAL_AFTER_S).timer(PAUSE)
    desk.after(1).lift()
    assert dialled(desk) == []


def test_a_call_that_comes_in_between_forgets_what_was_typed() -> None:
    desk = Desk().ready()
    types(desk, "20")
    desk.arrives()
    desk.ends()
    desk.lift()
    assert dialled(desk) == []


def test_a_pulled_device_forgets_what_was_typed() -> None:
    desk = Desk().ready()
    types(desk, "20")
    desk.detach()
    assert desk.timer(PAUSE) == ()
    desk.attach(info())
    desk.lift()
    assert dialled(desk) == []


def test_a_number_has_an_end() -> None:
    desk = Desk().ready()
    types(desk, "1" * (MOST_DIGITS + 5))
    desk.press(Control.SEND)
    assert dialled(desk) == ["1" * MOST_DIGITS]


@pytest.mark.parametrize("key", "ABCD")
def test_letters_are_no_part_of_a_number(key: str) -> None:
    desk = Desk().ready()
    types(desk, key)
    desk.press(Control.SEND)
    assert dialled(desk) == []


def test_every_digit_is_told_as_it_comes() -> None:
    desk = Desk().ready()
    types(desk, "20")
    told = [(e.key, e.meaning) for e in desk.effects if isinstance(e, AnnounceKey)]
    assert told == [("2", "collected"), ("0", "collected")]


def test_each_device_has_a_number_of_its_own() -> None:
    desk = Desk().ready()
    other = DeviceId("6993-b02b-b2")
    desk.attach(info(other))
    types(desk, "20")
    desk.key(Control.KEYPAD, device=other, key="9")
    desk.key(Control.SEND, device=other)
    assert dialled(desk) == ["9"]


def test_digits_in_a_call_on_another_device_are_not_collected() -> None:
    desk = Desk().ready()
    other = DeviceId("6993-b02b-b2")
    desk.attach(info(other))
    desk.in_call()
    desk.key(Control.KEYPAD, device=other, key="9")
    assert all(not h.digits for h in desk.state.headsets)
    assert not [e for e in desk.effects if isinstance(e, SendDtmf)]


def test_a_number_that_cannot_be_dialled_is_said_so() -> None:
    desk = Desk()
    desk.attach(info())
    desk.ask(Verb.MUTE)
    types(desk, "202")
    effects = desk.press(Control.SEND)
    assert [e for e in effects if getattr(e, "topic", "") == "call"]
    assert desk.state.calls == ()
