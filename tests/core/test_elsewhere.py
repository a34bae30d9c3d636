"""Another telephone calls: rung by the PBX, dialling on its own line, or sent on by us."""

from dataclasses import replace

import pytest

from bridge.core.state import Line
from bridge.core.transfers import PATIENCE, PATIENCE_S
from bridge.model.blf import Extension
from bridge.model.calls import EndedBy, Party, RegistrationState
from bridge.model.effects import (
    AskPbx,
    Effect,
    EndCall,
    HoldCall,
    PlaceCall,
    RingCall,
    SetMicrophone,
    SetRinger,
    StartTimer,
    Tell,
    TransferCall,
)
from bridge.model.events import EngineLost, IntentGiven, TransferChanged
from bridge.model.forwarding import Profile
from bridge.model.habits import Habits
from bridge.model.ids import AccountId, CallId, RequestId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.numbers import Barring, BarRule, DialLimits, Group, NumberRules
from bridge.model.pbx import Originate, PbxAnswer, PbxAnswered
from bridge.model.sound import Ring
from tests.core.driver import DESK, Desk
from tests.numbers.plans import MUNICH

PHONE = AccountId("phone-hall")
LEG = CallId("leg")
ASKER = RequestId("asker")
MOBILE = "0170 1234567"
CALLS_201 = AskPbx(Originate(Extension("205"), "201"), ASKER)


def desk_with(rules: NumberRules | None = None, **habits: object) -> Desk:
    """A desk with a line, a desk phone, and endpoints."""
    desk = Desk().ready()
    numbers = replace(rules or NumberRules(), plans=((DESK, MUNICH), (PHONE, MUNICH)))
    endpoints = (("hotel", "+49 (351) 234567890"), ("lab", "205"))
    desk.state = replace(
        desk.state,
        lines=(*desk.state.lines, Line(PHONE, RegistrationState.REGISTERED)),
        habits=replace(Habits(numbers=numbers, endpoints=endpoints, has_pbx=True), **habits),  # type: ignore[arg-type]
    )
    return desk


def call(
    desk: Desk, number: str, origin: str, source: str = "control", identity: str = ""
) -> list[Effect]:
    """Ask for a call; return what follows that matters."""
    intent = Intent(Verb.DIAL, target=number, origin=origin, identity=identity)
    effects = desk.feed(IntentGiven(desk.now, intent, LEG, ASKER, source))
    return [e for e in effects if isinstance(e, AskPbx | PlaceCall | EndCall)]


@pytest.mark.parametrize("origin", ["205", "lab", "(205)"])
def test_an_extension_is_rung_by_the_pbx_and_no_call_of_ours_begins(origin: str) -> None:
    desk = desk_with()
    assert call(desk, "201", origin) == [CALLS_201]
    assert desk.state.calls == ()
    assert desk.answers() == [(Outcome.ACCEPTED, "")]
    desk.feed(PbxAnswered(desk.now, ASKER, PbxAnswer(Outcome.DONE)))
    assert desk.answers()[-1][0] is Outcome.DONE
    assert "rings" in desk.answers()[-1][1]


def test_what_the_pbx_answers_reaches_whoever_asked_else_everybody() -> None:
    desk = desk_with()
    refusal = "the PBX does not obey 'originate': see its gateway"
    denied = PbxAnswer(Outcome.DENIED, refusal)
    desk.feed(PbxAnswered(desk.now, ASKER, denied))
    assert desk.answers() == [(Outcome.DENIED, refusal)]
    assert Tell("call", refusal) in desk.feed(PbxAnswered(desk.now, None, denied))


def test_it_needs_no_engine_and_no_room_here() -> None:
    desk = desk_with().in_call()
    assert call(desk, "201", "205") == [CALLS_201]
    desk.feed(EngineLost(desk.now, "it died"))
    assert call(desk, "201", "205") == [CALLS_201]


@pytest.mark.parametrize("number", ["112", "+49 112", "(110)"])
@pytest.mark.parametrize("origin", ["205", "hotel", "nonsense!", "hall"])
def test_an_emergency_number_is_called_from_here_at_once(number: str, origin: str) -> None:
    desk = desk_with(NumberRules(outgoing=Barring(deny=(BarRule("all", Group.ALL),))))
    desk.state = replace(desk.state, locked=True)
    (placed,) = call(desk, number, origin)
    assert isinstance(placed, PlaceCall)
    assert placed.target in {"112", "110"}


@pytest.mark.parametrize("origin", ["hall", "phone-hall"])
def test_a_desk_phone_dials_on_its_own_line(origin: str) -> None:
    desk = desk_with()
    assert call(desk, "201", origin) == [PlaceCall(LEG, PHONE, "201")]


@pytest.mark.parametrize(
    ("number", "origin", "words"),
    [
        ("", "205", "no number was given"),
        ("201", "112", "an emergency number is no telephone to call from"),
        ("201", "+49", "the telephone to call from: +49"),
        ("sip:ada@example.org", "205", "a PBX calls numbers only"),
        ("089123456,1", "205", "which nobody could press"),
        ("089123456,1", MOBILE, "which nobody could press"),
    ],
)
def test_what_no_other_telephone_can_call_says_why(number: str, origin: str, words: str) -> None:
    desk = desk_with()
    assert call(desk, number, origin) == []
    ((outcome, detail),) = desk.answers()
    assert outcome is Outcome.INVALID
    assert words in detail


def test_the_number_shown_is_not_ours_to_choose() -> None:
    desk = desk_with()
    assert call(desk, "201", "205", identity="anonymous") == []
    assert desk.answers()[0][0] is Outcome.INVALID


def test_a_star_code_that_we_obey_is_dialled_from_no_other_telephone() -> None:
    desk = desk_with(profiles=(Profile(0, "default"),))
    assert call(desk, "*11203", "205") == []
    assert desk.answers()[0][0] is Outcome.INVALID


@pytest.mark.parametrize("origin", ["205", MOBILE])
def test_bars_lock_and_limits_hold_for_it(origin: str) -> None:
    barred = NumberRules(outgoing=Barring(deny=(BarRule("premium", Group.PREMIUM),)))
    desk = desk_with(barred)
    assert call(desk, "0900 1234567", origin) == []
    desk.state = replace(desk.state, locked=True)
    assert call(desk, "201", origin) == []
    desk.state = replace(desk.state, locked=False)
    rules = replace(desk.state.habits.numbers, limits=DialLimits(per_10_s=1))
    desk.state = replace(desk.state, habits=replace(desk.state.habits, numbers=rules))
    assert len(call(desk, "201", origin)) == 1
    assert call(desk, "201", origin) == []
    assert [outcome for outcome, _ in desk.answers()].count(Outcome.DENIED) == 3


def test_who_called_is_called_back_from_another_telephone_too() -> None:
    desk = desk_with()
    back = Intent(Verb.CALL_BACK, target="4989123456", origin="205")
    assert AskPbx(Originate(Extension("205"), "089123456")) in desk.gives(back)
    assert desk.state.last_dialed == "089 123456"


def test_a_redial_calls_the_same_number_from_here() -> None:
    desk = desk_with()
    call(desk, "201", "205")
    assert desk.state.last_dialed == "201"


# -- any other telephone ---------------------------------------------------------


def sent_on(desk: Desk, origin: str = MOBILE) -> None:
    """Have a telephone of ours, which has been lifted, call 201."""
    (placed,) = call(desk, "201", origin)
    assert isinstance(placed, PlaceCall)
    desk.rings_there(LEG)
    effects = desk.connects(LEG)
    assert TransferCall(LEG, "201") in effects


@pytest.mark.parametrize(
    ("origin", "number"), [(MOBILE, "01701234567"), ("hotel", "+49351234567890")]
)
def test_another_number_is_called_and_sent_on_once_it_is_lifted(origin: str, number: str) -> None:
    desk = desk_with()
    sent_on(desk, origin)
    (leg,) = desk.state.calls
    assert leg.remote == Party(number)
    assert (Outcome.DONE, "it rings") in desk.answers()
    assert not desk.lamps.off_hook
    told = [e for e in desk.effects if isinstance(e, SetMicrophone)]
    assert told == [SetMicrophone(LEG, muted=True)], "nobody here speaks with it"
    desk.feed(TransferChanged(desk.now, LEG, 200, "OK", final=True))
    assert EndCall(LEG) in desk.effects


def test_an_extension_is_sent_on_as_well_where_no_pbx_takes_orders() -> None:
    desk = desk_with(has_pbx=False)
    sent_on(desk, "205")
    assert desk.state.calls[0].remote == Party("205")


def test_a_telephone_that_is_not_sent_on_is_hung_up_and_everybody_is_told() -> None:
    desk = desk_with()
    sent_on(desk)
    desk.feed(TransferChanged(desk.now, LEG, 603, "Decline", final=True))
    assert EndCall(LEG) in desk.effects
    reason = "calling from the other telephone failed: Decline (SIP 603)"
    assert Tell("call", reason) in desk.effects


def test_a_telephone_that_nobody_lifts_does_not_ring_for_ever() -> None:
    desk = desk_with()
    call(desk, "201", MOBILE)
    assert StartTimer(PATIENCE + LEG, PATIENCE_S) in desk.effects
    assert EndCall(LEG) in desk.timer(PATIENCE + LEG)


def test_a_telephone_that_is_busy_is_told_to_whoever_asked() -> None:
    desk = desk_with()
    call(desk, "201", MOBILE)
    desk.ends(LEG, EndedBy.REMOTE, 486, "Busy Here")
    assert desk.answers()[-1] == (Outcome.FAILED, "Busy Here (SIP 486)")


def test_somebody_who_calls_meanwhile_rings_as_if_there_were_no_call() -> None:
    desk = desk_with(call_waiting=False)
    call(desk, "201", MOBILE)
    effects = desk.arrives()
    assert any(isinstance(e, RingCall) for e in effects)
    assert [e.ring for e in effects if isinstance(e, SetRinger)] == [Ring.INTERNAL]
    desk.ask(Verb.ANSWER)
    desk.connects()
    assert not any(isinstance(e, HoldCall) for e in desk.effects), "nobody speaks with it"


def test_hang_up_ends_it_where_there_is_no_other_call() -> None:
    desk = desk_with()
    call(desk, "201", MOBILE)
    assert desk.ask(Verb.HANGUP)[0][0] is Outcome.ACCEPTED
    assert EndCall(LEG) in desk.effects
