"""Calls on two headsets at once: a key means the call on its own headset, never the other's."""

from dataclasses import replace

import pytest

from bridge.model.effects import AnswerCall, EndCall, RejectCall, ResumeCall, SetIndication
from bridge.model.habits import Habits, RingOn, WhenForeign
from bridge.model.hid import Conduct, Control, Indication
from bridge.model.ids import CallId, DeviceId
from bridge.model.intents import Verb
from tests.core.driver import HEADSET, Desk, Effects, info

OTHER = DeviceId("047f-c053-b2")
FIRST, SECOND = CallId("c1"), CallId("c2")


def two_headsets(conduct: Conduct | None = None, habits: Habits | None = None) -> Desk:
    desk = Desk().ready(conduct)
    desk.attach(info(OTHER, conduct))
    desk.state = replace(desk.state, habits=habits or Habits())
    desk.effects.clear()
    return desk


def one_call_on_each(conduct: Conduct | None = None) -> Desk:
    """The first call is held on the one headset, the second spoken in on the other."""
    desk = two_headsets(conduct).in_call()
    desk.arrives(SECOND)
    desk.key(Control.HOOK, device=OTHER)
    desk.held(local=True)
    desk.connects(SECOND)
    desk.after(8.0).effects.clear()
    return desk


def shown(desk: Desk, device: DeviceId) -> Indication:
    headset = desk.state.find_headset(device)
    assert headset is not None
    return headset.shown


def ends(effects: Effects) -> list[CallId]:
    return [e.call for e in effects if isinstance(e, EndCall | RejectCall)]


def test_each_headset_shows_its_own_call() -> None:
    desk = one_call_on_each()
    assert shown(desk, HEADSET) == Indication(off_hook=True, hold=True)
    assert shown(desk, OTHER) == Indication(off_hook=True)


@pytest.mark.parametrize("control", [Control.HOOK, Control.DROP])
def test_hanging_up_the_held_call_on_its_headset_spares_the_one_on_the_other(
    control: Control,
) -> None:
    desk = one_call_on_each()
    assert ends(desk.key(control, on=control is not Control.HOOK)) == [FIRST]


def test_a_call_is_taken_back_from_hold_on_the_headset_it_was_held_on() -> None:
    desk = one_call_on_each()
    desk.ask(Verb.HOLD)
    desk.held(local=True, call=SECOND)
    assert ResumeCall(FIRST) in desk.press(Control.FLASH)
    assert ResumeCall(SECOND) not in desk.effects


def test_a_second_call_rings_also_on_the_headset_somebody_speaks_on() -> None:
    desk = two_headsets(habits=Habits(prefer=(OTHER,), ring_on=RingOn.PREFERRED)).in_call()
    desk.arrives(SECOND)
    assert shown(desk, HEADSET) == Indication(off_hook=True, ring=True)
    assert shown(desk, OTHER) == Indication(ring=True)


@pytest.mark.parametrize("control", [Control.HOOK, Control.FLASH, Control.REJECT, Control.DROP])
def test_keys_of_a_headset_left_to_another_programs_call_do_nothing_to_ours(
    control: Control,
) -> None:
    habits = Habits(when_foreign=WhenForeign.SILENT)
    desk = two_headsets(habits=habits)
    desk.key(Control.LINE_BUSY)
    desk.arrives()
    assert shown(desk, OTHER) == Indication(ring=True)
    effects = desk.press(control)
    assert not [e for e in effects if isinstance(e, AnswerCall | RejectCall | SetIndication)]


def test_the_end_of_another_programs_call_refuses_none_of_ours_where_on_hook_means_no() -> None:
    habits = Habits(when_foreign=WhenForeign.SILENT)
    desk = two_headsets(Conduct(reject_by_on_hook=1), habits)
    desk.key(Control.HOOK)
    desk.after(10).arrives()
    assert ends(desk.key(Control.HOOK, on=False)) == []


def test_a_headset_that_does_not_ring_refuses_nothing_by_its_hook() -> None:
    habits = Habits(prefer=(OTHER,), ring_on=RingOn.PREFERRED)
    desk = two_headsets(Conduct(reject_by_on_hook=1), habits)
    desk.key(Control.HOOK)
    desk.after(1).arrives()
    assert ends(desk.after(1).key(Control.HOOK, on=False)) == []
