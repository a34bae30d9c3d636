"""Whether a call is placed: dial plan, barring, limits, and emergencies that nothing stops."""

from dataclasses import replace

import pytest

from bridge.core.placing import CALL_BACK_S
from bridge.core.state import Line
from bridge.model.calls import Cause, Direction, EndedBy, Party, Phase, RegistrationState
from bridge.model.effects import (
    AnnounceCall,
    AnswerRequest,
    Effect,
    EndCall,
    PlaceCall,
    RejectCall,
    Tell,
    TransferCall,
)
from bridge.model.events import CallArrived, IntentGiven
from bridge.model.habits import Habits
from bridge.model.hid import Control
from bridge.model.ids import AccountId, CallId, RequestId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.numbers import (
    Barring,
    BarRule,
    Dialable,
    DialLimits,
    DialPlan,
    Group,
    NumberRules,
)
from bridge.numbers.callers import call_back
from tests.core.driver import DESK, HEADSET, Desk
from tests.numbers.plans import MUNICH, MUNICH_PBX, VIENNA

OTHER = AccountId("other")
EVERYTHING = Barring(deny=(BarRule("all", Group.ALL),))
ANONYMOUS = Barring(deny=(BarRule("anonymous", Group.ANONYMOUS),))


def desk_with(plan: DialPlan = MUNICH, rules: NumberRules | None = None) -> Desk:
    """A desk with one line, ready to dial."""
    desk = Desk().ready()
    numbers = replace(rules or NumberRules(), plans=((DESK, plan), (OTHER, VIENNA)))
    desk.state = replace(desk.state, habits=Habits(numbers=numbers))
    return desk


def dial(desk: Desk, text: str, source: str = "", account: AccountId | None = None) -> str:
    """Dial off the headset; return what was sent to the engine, or the outcome and sentence."""
    desk.numbers += 1
    request = RequestId(f"r{desk.numbers}")
    intent = Intent(Verb.DIAL, target=text, account=account)
    call = CallId(f"new{desk.numbers:017}")
    effects = desk.feed(IntentGiven(desk.now, intent, call, request, source))
    (placed,) = [e for e in effects if isinstance(e, PlaceCall | AnswerRequest)][:1]
    return placed.target if isinstance(placed, PlaceCall) else _words(placed)


def _words(answer: AnswerRequest) -> str:
    return f"{answer.outcome.value}: {answer.detail}"


def over(desk: Desk) -> None:
    """End every call."""
    for call in desk.state.calls:
        desk.ends(call.call)


# -- the plan -----------------------------------------------------------------


def test_what_was_typed_is_sent_as_the_pbx_wants_it_and_shown_in_full() -> None:
    desk = desk_with(MUNICH_PBX)
    assert dial(desk, "+49 (89) 123/456") == "0089123456"
    (call,) = desk.state.calls
    assert call.remote == Party("+4989123456")


def test_each_account_has_its_own_plan() -> None:
    desk = desk_with()
    desk.state = desk.state.with_line(Line(OTHER, RegistrationState.REGISTERED))
    assert dial(desk, "01 5862170", account=OTHER) == "+4315862170"


def test_a_redial_sends_the_same_again_even_where_the_form_sent_would_be_read_otherwise() -> None:
    desk = desk_with(MUNICH_PBX)
    assert dial(desk, "0351 234567890") == "00351234567890"  # as typed it would be in Portugal
    over(desk)
    effects = desk.press(Control.REDIAL)
    assert PlaceCall(CallId("new" + f"{desk.numbers - 1:017}"), DESK, "00351234567890") in effects


def test_what_cannot_be_dialled_is_refused_with_one_sentence() -> None:
    desk = desk_with()
    assert dial(desk, "+49") == (
        "invalid: +49: the number is too short; expected +, country code, area code and number"
    )
    assert desk.state.calls == ()
    assert desk.state.last_dialed == ""


# -- barring ------------------------------------------------------------------


def test_a_barred_number_is_not_called_from_a_key_either_and_says_why() -> None:
    desk = desk_with(rules=NumberRules(outgoing=EVERYTHING))
    assert dial(desk, "201") == "denied: calling all numbers is barred (barring.outgoing.deny)"
    desk.state = replace(desk.state, last_dialed="201")
    effects = desk.press(Control.REDIAL)
    assert Tell("call", "calling all numbers is barred (barring.outgoing.deny)") in effects
    assert desk.state.calls == ()


def test_a_barred_caller_is_declined_and_leaves_a_trace() -> None:
    desk = desk_with(rules=NumberRules(incoming=ANONYMOUS))
    effects = anonymous_call(desk)
    reason = "being called by callers who hide their number is barred (barring.incoming.deny)"
    cause = Cause(EndedBy.LOCAL, 603, reason)
    call = CallId("a1")
    assert effects == (RejectCall(call, 603), AnnounceCall(call, None, Phase.ENDED, cause))
    assert desk.state.calls == ()


def anonymous_call(desk: Desk, call: str = "a1") -> tuple[Effect, ...]:
    return desk.feed(CallArrived(desk.now, CallId(call), DESK, Party("anonymous")))


# -- limits -------------------------------------------------------------------


def test_a_fourth_call_in_ten_seconds_is_denied_but_not_to_the_fire_brigade() -> None:
    desk = desk_with()
    for _ in range(3):
        assert dial(desk, "201", "mqtt") == "201"
        over(desk)
    denied = "denied: more than 3 calls in 10 s: slow down, or raise limits.calls_in_10_s"
    assert dial(desk, "201", "mqtt") == denied
    assert dial(desk, "1 1 2", "mqtt") == "112"


def test_each_source_is_counted_by_itself_and_a_person_at_a_device_is_not() -> None:
    desk = desk_with()
    for source in ("mqtt", "control", "mqtt", "", "", "", "", "mqtt"):
        assert dial(desk, "201", source) == "201"
        over(desk)
    assert dial(desk, "201", "mqtt").startswith("denied")
    assert dial(desk, "201", "control") == "201"


def test_calls_in_an_hour_are_limited_and_the_hour_passes() -> None:
    desk = desk_with(rules=NumberRules(limits=DialLimits(per_hour=4)))
    for _ in range(4):
        desk.after(60.0)
        assert dial(desk, "201", "mqtt") == "201"
        over(desk)
    desk.after(60.0)
    assert "raise limits.calls_in_an_hour" in dial(desk, "201", "mqtt")
    desk.after(3400.0)
    assert dial(desk, "201", "mqtt") == "201"
    assert len(desk.state.dials) == 4  # the first one is forgotten


def test_a_refused_call_does_not_count() -> None:
    desk = desk_with()
    for _ in range(5):
        assert dial(desk, "0900 1234567", "mqtt").startswith("denied: a premium-rate number")
    assert desk.state.dials == ()


def test_a_redial_off_the_headset_is_limited_like_a_call() -> None:
    desk = desk_with()
    desk.state = replace(desk.state, last_dialed="0900 1234567")
    intent = Intent(Verb.REDIAL)
    effects = desk.feed(IntentGiven(desk.now, intent, CallId("x"), RequestId("r"), "mqtt"))
    (answer,) = effects
    assert isinstance(answer, AnswerRequest)
    assert "set limits.premium: true" in answer.detail


def test_a_person_at_a_device_may_call_what_costs() -> None:
    assert dial(desk_with(), "0900 1234567") == "09001234567"


def test_outgoing_calls_at_once_are_limited() -> None:
    desk = desk_with(rules=NumberRules(limits=DialLimits(at_once=1)))
    assert dial(desk, "201", "mqtt") == "201"
    desk.connects(desk.state.calls[0].call)
    denied = "denied: 1 outgoing calls at once: raise limits.calls_at_once"
    assert dial(desk, "202", "mqtt") == denied
    assert dial(desk, "202") == "202"


# -- emergencies --------------------------------------------------------------

BARRED = NumberRules(outgoing=EVERYTHING, limits=DialLimits(1, 1, 1, frozenset({"AT"})))


@pytest.mark.parametrize("typed", ["112", "+49 112", "*31#112", "sip:110@elsewhere", "0 112"])
@pytest.mark.parametrize("source", ["", "mqtt"])
def test_an_emergency_call_goes_out_of_a_barred_telephone(typed: str, source: str) -> None:
    desk = desk_with(MUNICH_PBX, BARRED)
    desk.state = replace(desk.state, dials=(("mqtt", desk.now),))
    assert dial(desk, typed, source) in {"112", "110", "0112"}


def test_an_emergency_call_ends_what_is_in_its_way() -> None:
    desk = desk_with()
    desk.in_call()
    dial(desk, "202")
    assert dial(desk, "203").startswith("busy")
    effects = emergency(desk)
    dialled = desk.state.calls[1].call
    assert [e for e in effects if isinstance(e, EndCall | RejectCall)] == [EndCall(dialled)]
    assert desk.state.calls[0].hold_wanted
    assert desk.state.calls[0].is_open


def test_an_emergency_call_refuses_the_caller_who_rings() -> None:
    desk = desk_with()
    desk.arrives()
    assert RejectCall(CallId("c1"), 486) in emergency(desk)


def test_an_emergency_call_ends_the_held_one_of_two() -> None:
    desk = desk_with()
    desk.in_call()
    dial(desk, "202")
    second = desk.state.calls[1].call
    desk.connects(second)
    desk.held(local=True)
    effects = emergency(desk)
    assert [e for e in effects if isinstance(e, EndCall)] == [EndCall(CallId("c1"))]
    assert next(c.call for c in desk.state.calls if c.is_open) == second


def test_two_emergency_calls_do_not_end_each_other() -> None:
    desk = desk_with()
    assert dial(desk, "110") == "110"
    assert dial(desk, "112") == "112"
    assert [e for e in desk.effects if isinstance(e, EndCall)] == []
    assert dial(desk, "112") == "done: this emergency call is under way already"


def test_the_microphone_is_open_in_an_emergency_call() -> None:
    desk = desk_with()
    desk.in_call()
    desk.ask(Verb.MUTE)
    emergency(desk)
    assert not desk.state.muted


def test_an_emergency_call_takes_a_line_that_works() -> None:
    desk = desk_with()
    desk.state = replace(
        desk.state,
        lines=(Line(DESK, RegistrationState.FAILED), Line(OTHER, RegistrationState.REGISTERED)),
    )
    assert PlaceCall(CallId("new" + f"{1:017}"), OTHER, "112") in emergency(desk)


@pytest.mark.parametrize("account", [AccountId("nobody"), None, DESK])
def test_an_emergency_call_goes_out_whatever_line_was_named(account: AccountId | None) -> None:
    desk = desk_with()
    desk.state = replace(desk.state, lines=(Line(DESK, RegistrationState.FAILED),))
    assert dial(desk, "112", account=account) == "112"


def test_who_was_called_for_help_may_call_back_past_barring_and_do_not_disturb() -> None:
    desk = desk_with(rules=NumberRules(incoming=EVERYTHING))
    emergency(desk)
    over(desk)
    desk.ask(Verb.DND_ON)
    desk.after(CALL_BACK_S / 2)
    anonymous_call(desk, "a1")
    assert [c.direction for c in desk.state.calls] == [Direction.INCOMING]
    over(desk)
    desk.after(CALL_BACK_S)
    anonymous_call(desk, "a2")
    assert desk.state.calls == ()


@pytest.mark.parametrize("connected", [False, True])
def test_an_emergency_call_is_not_connected_to_another_one(connected: bool) -> None:
    desk = desk_with()
    desk.in_call()
    emergency(desk)
    if connected:
        desk.connects(desk.state.calls[1].call)
    assert desk.ask(Verb.TRANSFER)[0][1].startswith("an emergency call is not transferred")
    assert [e for e in desk.effects if isinstance(e, EndCall)] == []


@pytest.mark.parametrize("connected", [False, True])
def test_an_emergency_call_is_sent_nowhere(connected: bool) -> None:
    desk = desk_with()
    emergency(desk)
    (call,) = desk.state.calls
    if connected:
        desk.connects(call.call)
    ((outcome, detail),) = desk.ask(Verb.TRANSFER, "203")
    assert outcome is Outcome.CONFLICT
    if connected:
        assert detail.startswith("an emergency call is not transferred")
    assert not [e for e in desk.effects if isinstance(e, TransferCall | EndCall)]


@pytest.mark.parametrize("verb", [Verb.DIVERT, Verb.TRANSFER])
def test_calls_sent_on_off_the_devices_count_like_those_dialled_there(verb: Verb) -> None:
    desk = desk_with(rules=NumberRules(limits=DialLimits(per_10_s=2)))
    outcomes = []
    for number in range(4):
        call = f"c{number}"
        desk.arrives(call)
        if verb is Verb.TRANSFER:
            desk.ask(Verb.ANSWER)
            desk.connects(call)
        request = RequestId(f"s{number}")
        desk.feed(IntentGiven(desk.now, Intent(verb, target="203"), CallId("n"), request, "mqtt"))
        outcomes.append(desk.answers(request)[0][0])
        desk.ends(call)
    assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.DENIED, Outcome.DENIED]
    assert dial(desk, "203", "mqtt").startswith("denied: more than 2 calls in 10 s")
    desk.arrives("own")
    assert desk.ask(Verb.DIVERT, "203")[0][0] is Outcome.ACCEPTED  # on the device: no limit


def emergency(desk: Desk) -> tuple[Effect, ...]:
    desk.numbers += 1
    call = CallId(f"new{desk.numbers:017}")
    return desk.feed(IntentGiven(desk.now, Intent(Verb.DIAL, target="112"), call))


def test_a_press_on_the_headset_that_is_refused_is_told() -> None:
    desk = desk_with(rules=NumberRules(outgoing=EVERYTHING))
    effects = desk.press(Control.REDIAL)
    assert any(isinstance(e, Tell) and "nothing has been dialled" in e.text for e in effects)
    assert desk.headset.device == HEADSET


def test_only_without_an_engine_or_line_there_is_no_way() -> None:
    desk = desk_with()
    desk.state = replace(desk.state, engine_up=False)
    assert dial(desk, "112").startswith(Outcome.FAILED.value)


def test_whoever_called_is_called_back_in_the_form_one_dials() -> None:
    desk = desk_with(MUNICH_PBX)
    intent = Intent(Verb.CALL_BACK, target="4930901820", account=DESK)
    (placed,) = [e for e in desk.gives(intent) if isinstance(e, PlaceCall)]
    found = call_back("4930901820", MUNICH_PBX)
    assert isinstance(found, Dialable)
    assert placed.target == found.target != "4930901820"
    over(desk)
    again = desk.gives(Intent(Verb.REDIAL))
    assert [e.target for e in again if isinstance(e, PlaceCall)] == [placed.target]


def test_whoever_hid_the_number_is_not_called_back() -> None:
    desk = desk_with()
    assert desk.ask(Verb.CALL_BACK, "anonymous")[0][1].startswith("the caller hid the number")
