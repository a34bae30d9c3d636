"""A room's screen calls as far as it may, by whatever way; emergency numbers always."""

from dataclasses import replace

import pytest

from bridge.core.state import State
from bridge.model.calls import Party, Phase
from bridge.model.effects import AnswerRequest, DivertCall, Effect, PlaceCall, TransferCall
from bridge.model.events import CallReferred, IntentGiven
from bridge.model.forwarding import Profile
from bridge.model.habits import Habits
from bridge.model.ids import CallId, RequestId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.numbers import NumberRules, Reach
from bridge.model.page import KIOSK
from tests.core.driver import DESK, Desk
from tests.numbers.plans import MUNICH

EXTENSION, NATIONAL, MOBILE, ABROAD = "201", "089 1234567", "0151 12345678", "+43 1 234567"
PREMIUM, EMERGENCY = "0900 1 123456", "112"
SENT = (PlaceCall, DivertCall, TransferCall)


def room(reach: Reach) -> Desk:
    desk = Desk().ready()
    rules = NumberRules(plans=((DESK, MUNICH),), reaches=((KIOSK, reach),))
    desk.state = replace(desk.state, habits=Habits(numbers=rules, profiles=(Profile(0),)))
    return desk


def asks(desk: Desk, intent: Intent, source: str = KIOSK) -> list[Effect]:
    desk.numbers += 1
    call = CallId(f"new{desk.numbers:017}")
    given = IntentGiven(desk.now, intent, call, RequestId(f"r{desk.numbers}"), source)
    return list(desk.feed(given))


def is_sent(effects: list[Effect]) -> bool:
    return any(isinstance(effect, SENT) for effect in effects)


def denial(effects: list[Effect]) -> str:
    (answer,) = [effect for effect in effects if isinstance(effect, AnswerRequest)]
    assert answer.outcome is Outcome.DENIED
    return answer.detail


@pytest.mark.parametrize(
    ("reach", "reached", "barred"),
    [
        (Reach.INTERNAL, [EXTENSION, "*80201"], [NATIONAL, MOBILE, ABROAD, "sip:a@b.example"]),
        (Reach.NATIONAL, [EXTENSION, NATIONAL, MOBILE, "116117"], [ABROAD, "sip:a@b.example"]),
        (Reach.EVERYTHING, [EXTENSION, NATIONAL, ABROAD, "sip:a@b.example"], []),
    ],
    ids=["internal", "national", "everything"],
)
def test_a_room_calls_as_far_as_it_may(reach: Reach, reached: list[str], barred: list[str]) -> None:
    dialled = {text: asks(room(reach), Intent(Verb.DIAL, target=text)) for text in reached + barred}
    assert [text for text, effects in dialled.items() if is_sent(effects)] == reached
    assert all("page.kiosk.barring" in denial(dialled[text]) for text in barred)


@pytest.mark.parametrize("reach", list(Reach), ids=lambda reach: reach.value)
@pytest.mark.parametrize("text", ["112", "110", "0112", "+49 112"])
def test_every_room_calls_for_help(reach: Reach, text: str) -> None:
    plan = replace(MUNICH, outside="0")
    desk = room(reach)
    rules = replace(desk.state.habits.numbers, plans=((DESK, plan),))
    desk.state = replace(desk.state, habits=Habits(numbers=rules), locked=True)
    assert is_sent(asks(desk, Intent(Verb.DIAL, target=text)))


@pytest.mark.parametrize(
    "intent",
    [
        Intent(Verb.CALL_BACK, target=ABROAD),
        Intent(Verb.REDIAL),
        Intent(Verb.PULL, target=ABROAD, dialog="a;to-tag=b;from-tag=c"),
    ],
    ids=lambda intent: intent.verb.value,
)
def test_no_other_way_of_dialling_leads_further(intent: Intent) -> None:
    desk = room(Reach.NATIONAL)
    desk.state = replace(desk.state, last_dialed=ABROAD)
    assert "page.kiosk.barring" in denial(asks(desk, intent))


def ringing(desk: Desk) -> CallId:
    desk.arrives()
    (call,) = desk.state.calls
    return call.call


@pytest.mark.parametrize("verb", [Verb.DIVERT, Verb.TRANSFER], ids=lambda verb: verb.value)
def test_calls_are_sent_on_no_further_than_the_room_itself_calls(verb: Verb) -> None:
    desk = room(Reach.INTERNAL)
    call = ringing(desk)
    assert "page.kiosk.barring" in denial(asks(desk, Intent(verb, call, ABROAD)))
    assert is_sent(asks(desk, Intent(verb, call, EXTENSION)))


def test_a_call_that_is_up_is_transferred_no_further_either() -> None:
    desk = room(Reach.INTERNAL)
    call = up(desk)
    assert "page.kiosk.barring" in denial(asks(desk, Intent(Verb.TRANSFER, call, NATIONAL)))
    assert is_sent(asks(desk, Intent(Verb.TRANSFER, call, EXTENSION)))


def up(desk: Desk) -> CallId:
    call = ringing(desk)
    desk.state = desk.state.with_call(replace(desk.state.calls[0], phase=Phase.CONNECTED))
    return call


@pytest.mark.parametrize("code", ["*11201", "**11", "*100"])
@pytest.mark.parametrize("here", [True, False], ids=["forwarded here", "forwarded by the PBX"])
def test_nobody_forwards_the_calls_of_a_room_from_its_screen(code: str, here: bool) -> None:
    desk = room(Reach.EVERYTHING)
    if not here:
        rules = desk.state.habits.numbers
        desk.state = replace(desk.state, habits=Habits(numbers=rules))
    before: State = desk.state
    effects = asks(desk, Intent(Verb.DIAL, target=code))
    assert not is_sent(effects)
    assert desk.state.forwarding == before.forwarding


@pytest.mark.parametrize(("source", "follows"), [(KIOSK, False), ("control", True)])
def test_whoever_is_called_does_not_send_a_room_further_than_it_calls(
    source: str, follows: bool
) -> None:
    desk = room(Reach.INTERNAL)
    call = ringing(desk)
    asks(desk, Intent(Verb.ANSWER, call), source)
    desk.connects(call)
    desk.feed(CallReferred(desk.now, call, CallId("sent-on"), Party("004312345678")))
    assert (desk.state.find_call(CallId("sent-on")) is not None) == follows


def test_the_desk_itself_calls_as_ever() -> None:
    assert is_sent(asks(room(Reach.INTERNAL), Intent(Verb.DIAL, target=ABROAD), source="control"))
    assert is_sent(asks(room(Reach.INTERNAL), Intent(Verb.DIAL, target=ABROAD), source=""))
