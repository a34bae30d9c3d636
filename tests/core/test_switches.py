"""Call waiting and the lock: switched while running, and what they stop."""

from dataclasses import replace

import pytest

from bridge.model.calls import Cause, EndedBy, Party, Phase
from bridge.model.effects import AnnounceCall, DivertCall, EndCall, PlaceCall, RejectCall
from bridge.model.effects import TransferCall as Transferred
from bridge.model.events import CallArrived, CallReferred, IntentGiven
from bridge.model.habits import Habits, LineHabits
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb
from tests.core.driver import CALLER, DESK, Desk

SECOND = CallId("c2")
BUSY = "refused as busy: there is a call already and call waiting is off"


def locked(*, answer: bool = True) -> Desk:
    """A phone that was locked just now."""
    desk = Desk().ready()
    habits = Habits(answer_locked=answer, lines=(LineHabits(DESK, voicemail="790"),))
    desk.state = replace(desk.state, habits=habits)
    assert desk.ask(Verb.LOCK) == [(Outcome.DONE, "")]
    return desk


def test_with_call_waiting_switched_off_a_second_call_hears_busy() -> None:
    desk = Desk().ready().in_call()
    assert desk.ask(Verb.WAITING_OFF) == [(Outcome.DONE, "")]
    effects = desk.arrives("c2")
    assert RejectCall(SECOND, 486) in effects
    cause = Cause(EndedBy.LOCAL, 486, BUSY)
    assert AnnounceCall(SECOND, None, Phase.ENDED, cause) in effects
    assert desk.ask(Verb.WAITING_ON) == [(Outcome.DONE, "")]
    desk.arrives("c3")
    assert [c.phase for c in desk.state.calls] == [Phase.CONNECTED, Phase.RINGING]


def test_a_second_call_that_rings_when_waiting_is_switched_off_rings_on() -> None:
    desk = Desk().ready().in_call()
    desk.arrives("c2")
    desk.ask(Verb.WAITING_OFF)
    assert desk.ask(Verb.ANSWER)[0] == (Outcome.ACCEPTED, "")


@pytest.mark.parametrize("configured", [True, False])
def test_what_is_switched_back_follows_the_configuration_again(configured: bool) -> None:
    desk = Desk().ready()
    desk.state = replace(desk.state, habits=Habits(call_waiting=configured))
    for _ in range(2):
        desk.gives(Intent(Verb.TOGGLE_WAITING))
    assert desk.state.waiting_chosen is None
    desk.gives(Intent(Verb.TOGGLE_WAITING))
    assert desk.state.call_waiting is not configured


@pytest.mark.parametrize(
    ("verb", "detail"),
    [
        (Verb.WAITING_ON, "already on"),
        (Verb.DND_OFF, "not on"),
        (Verb.UNLOCK, "not on"),
    ],
)
def test_switching_to_what_is_says_so(verb: Verb, detail: str) -> None:
    assert Desk().ready().ask(verb) == [(Outcome.DONE, detail)]


@pytest.mark.parametrize("number", ["202", "+49 30 1234567", "*31#202", "sip:202@example.com"])
def test_a_locked_phone_calls_nobody(number: str) -> None:
    desk = locked()
    ((outcome, detail),) = desk.ask(Verb.DIAL, number)
    assert outcome is Outcome.DENIED
    assert "offhook unlock" in detail
    assert not desk.state.calls


@pytest.mark.parametrize("number", ["112", "110", "tel:112", "*31#112"])
def test_a_locked_phone_calls_for_help(number: str) -> None:
    desk = locked()
    assert desk.ask(Verb.DIAL, number)[0][0] is Outcome.ACCEPTED
    assert any(isinstance(e, PlaceCall) for e in desk.effects)


def test_a_locked_phone_redials_nobody_but_emergency_numbers() -> None:
    desk = Desk().ready()
    desk.ask(Verb.DIAL, "202")
    desk.ends(desk.state.calls[0].call)
    desk.ask(Verb.LOCK)
    assert desk.ask(Verb.REDIAL)[0][0] is Outcome.DENIED
    desk.ask(Verb.DIAL, "112")
    desk.ends(desk.state.calls[0].call)
    assert desk.ask(Verb.REDIAL)[0][0] is Outcome.ACCEPTED


def test_a_locked_phone_takes_calls_and_sends_none_elsewhere() -> None:
    desk = locked()
    desk.arrives()
    assert desk.ask(Verb.DIVERT)[0][0] is Outcome.DENIED  # the voice mail may cost, too
    desk.ask(Verb.ANSWER)
    desk.connects()
    assert desk.ask(Verb.TRANSFER, "203")[0][0] is Outcome.DENIED
    desk.feed(CallReferred(desk.now, CallId("c1"), SECOND, Party("203")))
    assert EndCall(SECOND) in desk.effects
    assert not [e for e in desk.effects if isinstance(e, DivertCall | Transferred)]


def test_a_locked_phone_that_takes_no_calls_is_busy_for_all_but_who_was_called_for_help() -> None:
    desk = locked(answer=False)
    effects = desk.arrives()
    cause = Cause(EndedBy.LOCAL, 486, "refused as busy: the phone is locked")
    assert AnnounceCall(CallId("c1"), None, Phase.ENDED, cause) in effects
    desk.ask(Verb.DIAL, "112")
    desk.ends(desk.state.calls[0].call)
    desk.feed(CallArrived(desk.now, SECOND, DESK, CALLER))
    assert [c.phase for c in desk.state.calls] == [Phase.RINGING]


def test_an_unlocked_phone_calls_everybody_again() -> None:
    desk = locked()
    desk.ask(Verb.UNLOCK)
    call = CallId("new")
    effects = desk.feed(IntentGiven(desk.now, Intent(Verb.DIAL, target="202"), call))
    assert PlaceCall(call, DESK, "202") in effects
