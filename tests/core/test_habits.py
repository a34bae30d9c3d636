"""What the user's settings change: which headset, which ring, which key."""

from dataclasses import replace

import pytest

from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    SendDtmf,
    SetIndication,
    SetMicrophone,
)
from bridge.model.habits import Habits, RingOn, WhenForeign
from bridge.model.hid import Control, Indication
from bridge.model.ids import DeviceId
from bridge.model.intents import Intent, Verb
from tests.core.driver import HEADSET, Desk, info

OTHER = DeviceId("6993-b02b-b2")


def two_headsets(habits: Habits) -> Desk:
    desk = Desk().ready()
    desk.attach(info(OTHER))
    desk.state = replace(desk.state, habits=habits)
    desk.effects.clear()
    return desk


def shown(desk: Desk, device: DeviceId) -> Indication:
    headset = desk.state.find_headset(device)
    assert headset is not None
    return headset.shown


def test_a_call_answered_off_the_headset_goes_to_the_preferred_one() -> None:
    desk = two_headsets(Habits(prefer=(OTHER,)))
    desk.arrives()
    desk.ask(Verb.ANSWER)
    assert shown(desk, OTHER) == Indication(off_hook=True)
    assert shown(desk, HEADSET) == Indication()


def test_without_a_preference_the_first_one_carries_the_call() -> None:
    desk = two_headsets(Habits())
    desk.arrives()
    desk.ask(Verb.ANSWER)
    assert shown(desk, HEADSET) == Indication(off_hook=True)


def test_only_the_preferred_headset_rings_if_so_wanted() -> None:
    desk = two_headsets(Habits(prefer=(OTHER,), ring_on=RingOn.PREFERRED))
    desk.arrives()
    assert shown(desk, OTHER) == Indication(ring=True)
    assert shown(desk, HEADSET) == Indication()


def test_a_headset_busy_elsewhere_stays_silent_if_so_wanted() -> None:
    desk = Desk().ready()
    desk.state = replace(desk.state, habits=Habits(when_foreign=WhenForeign.SILENT))
    desk.key(Control.HOOK)
    desk.key(Control.LINE_BUSY)
    desk.arrives()
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]


def test_a_free_key_dials_outside_a_call_and_does_nothing_in_one() -> None:
    desk = Desk().ready()
    keys = ((Control.SPEED_DIAL, Intent(Verb.DIAL, target="202")),)
    desk.state = replace(desk.state, habits=Habits(keys=keys))
    placed = [e for e in desk.press(Control.SPEED_DIAL) if isinstance(e, PlaceCall)]
    assert [e.target for e in placed] == ["202"]
    assert not [e for e in desk.press(Control.SPEED_DIAL) if isinstance(e, PlaceCall)]


def test_when_the_headset_in_use_is_pulled_the_best_of_the_rest_takes_over() -> None:
    desk = two_headsets(Habits(prefer=(HEADSET, OTHER)))
    desk.in_call()
    desk.detach()
    assert shown(desk, OTHER) == Indication(off_hook=True)


BOUND = {
    Verb.ANSWER: AnswerCall,
    Verb.REJECT: RejectCall,
    Verb.HANGUP: RejectCall,
}


def bound(verb: Verb, target: str = "") -> Desk:
    """A headset whose Teams key is bound to something."""
    desk = Desk().ready()
    keys = ((Control.TEAMS, Intent(verb, target=target)),)
    desk.state = replace(desk.state, habits=Habits(keys=keys))
    return desk


@pytest.mark.parametrize("verb", BOUND)
def test_a_free_key_may_answer_or_refuse(verb: Verb) -> None:
    desk = bound(verb)
    desk.arrives()
    assert [e for e in desk.press(Control.TEAMS) if isinstance(e, BOUND[verb])]


@pytest.mark.parametrize(
    ("verb", "target", "order"),
    [
        (Verb.HANGUP, "", EndCall),
        (Verb.HOLD, "", HoldCall),
        (Verb.TOGGLE_HOLD, "", HoldCall),
        (Verb.MUTE, "", SetMicrophone),
        (Verb.TOGGLE_MUTE, "", SetMicrophone),
        (Verb.DTMF, "12#", SendDtmf),
    ],
)
def test_a_free_key_may_do_something_in_a_call(verb: Verb, target: str, order: type) -> None:
    desk = bound(verb, target).in_call()
    assert [e for e in desk.press(Control.TEAMS) if isinstance(e, order)]


def test_a_free_key_on_a_headset_without_a_call_may_end_the_one_on_another() -> None:
    desk = bound(Verb.HANGUP)
    desk.attach(info(OTHER))
    desk.in_call()
    desk.key(Control.TEAMS, device=OTHER)
    assert [e for e in desk.effects if isinstance(e, EndCall)]


def test_a_key_with_a_meaning_of_its_own_keeps_it() -> None:
    desk = Desk().ready()
    keys = ((Control.REJECT, Intent(Verb.ANSWER)),)
    desk.state = replace(desk.state, habits=Habits(keys=keys))
    desk.arrives()
    assert [e for e in desk.press(Control.REJECT) if isinstance(e, RejectCall)]
