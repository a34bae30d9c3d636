"""Calls that are forwarded here, and the star codes that say so."""

from dataclasses import replace

import pytest

from bridge.core.forwarding import FORWARD
from bridge.core.placing import BUSY_HERE
from bridge.core.state import State
from bridge.model.calls import Party, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnswerRequest,
    DivertCall,
    PlaceCall,
    RecordCall,
    RejectCall,
    RingCall,
    StartTimer,
)
from bridge.model.events import CallArrived, OrderFailed, TimerFired
from bridge.model.forwarding import (
    CallerKind,
    CallerMatch,
    Forward,
    Forwarding,
    Profile,
    SelectiveRule,
    Target,
    To,
    When,
)
from bridge.model.habits import Habits, LineHabits
from bridge.model.ids import CallId
from bridge.model.intents import Outcome, Verb
from bridge.model.numbers import Barring, BarRule, Group, NumberRules
from tests.core.driver import CALLER, DESK, Desk, Effects
from tests.numbers.plans import MUNICH

C1 = CallId("c1")
NO_CALLS = Barring(deny=(BarRule("all", Group.ALL),))


def to(number: str, when: When = When.ALWAYS) -> Forward:
    return Forward(when, Target(To.NUMBER, number), after_s=15)


def desk_with(*forwards: Forward, rules: tuple[SelectiveRule, ...] = ()) -> Desk:
    """A desk that forwards by itself; its profile 3 is active."""
    profiles = (Profile(0), Profile(3, "travel", forwards=forwards, rules=rules))
    desk = Desk().ready()
    desk.state = replace(
        desk.state,
        forwarding=Forwarding(profiles, active=3),
        habits=Habits(
            profiles=profiles,
            numbers=NumberRules(plans=((DESK, MUNICH),)),
            lines=(LineHabits(DESK, voicemail="791"),),
        ),
    )
    return desk


def kinds(effects: Effects) -> list[type]:
    return [type(e) for e in effects if isinstance(e, DivertCall | RejectCall | RingCall)]


def test_a_call_that_is_always_forwarded_never_rings() -> None:
    desk = desk_with(to("203"))
    effects = desk.arrives()
    assert DivertCall(C1, "203") in effects
    assert kinds(effects) == [DivertCall]
    assert desk.lamps.is_idle
    over = desk.ends(C1)
    assert [e.after for e in over if isinstance(e, AnnounceCall)] == [Phase.ENDED]


@pytest.mark.parametrize("when", [When.ALWAYS, When.NO_ANSWER])
def test_what_cannot_be_sent_on_rings_after_all(when: When) -> None:
    desk = desk_with(to("203", when))
    desk.arrives()
    desk.feed(TimerFired(desk.now, FORWARD + C1))
    effects = desk.feed(OrderFailed(desk.now, C1, "DivertCall", 0, "no such address"))
    assert desk.state.calls[0].is_ringing
    assert (RingCall(C1) in effects) == (when is When.ALWAYS)  # else it rang already
    assert dict(desk.state.notes)["call"].endswith("no such address")


def test_what_cannot_be_sent_on_and_has_no_room_hears_busy_after_all() -> None:
    desk = desk_with(to("203", When.BUSY))
    desk.state = replace(desk.state, do_not_disturb=True)
    desk.arrives()
    effects = desk.feed(OrderFailed(desk.now, C1, "DivertCall", 0, "no such address"))
    assert RejectCall(C1, BUSY_HERE) in effects
    assert not desk.state.calls[0].is_ringing


def test_the_voice_mail_is_that_of_the_line() -> None:
    voicemail = Forward(When.ALWAYS, Target(To.VOICEMAIL))
    assert DivertCall(C1, "791") in desk_with(voicemail).arrives()


def test_busy_by_profile_is_heard_at_once() -> None:
    busy = Forward(When.ALWAYS, Target(To.BUSY))
    assert RejectCall(C1, BUSY_HERE) in desk_with(busy).arrives()


def test_a_rule_for_the_caller_wins() -> None:
    rule = SelectiveRule(CallerMatch(CallerKind.EXTENSION, CALLER.number), to("205"))
    assert DivertCall(C1, "205") in desk_with(to("203"), rules=(rule,)).arrives()


@pytest.mark.parametrize("number", ["anonymous", ""])
def test_a_hidden_number_is_anonymous(number: str) -> None:
    desk = desk_with(rules=(SelectiveRule(CallerMatch(CallerKind.ANONYMOUS), to("205")),))
    arrived = CallArrived(desk.now, C1, DESK, Party(number))
    assert DivertCall(C1, "205") in desk.feed(arrived)


def test_a_number_is_compared_in_its_international_form() -> None:
    rule = SelectiveRule(CallerMatch(CallerKind.PREFIX, "+4930"), to("205"))
    desk = desk_with(rules=(rule,))
    arrived = CallArrived(desk.now, C1, DESK, Party("030123456"))
    assert DivertCall(C1, "205") in desk.feed(arrived)


@pytest.mark.parametrize("dnd", [True, False])
def test_on_busy_the_second_call_goes_elsewhere_and_the_first_rings(dnd: bool) -> None:
    desk = desk_with(to("203", When.BUSY))
    if not dnd:
        assert kinds(desk.arrives()) == [RingCall]
    desk.state = replace(desk.state, do_not_disturb=dnd, waiting_chosen=False)
    second = CallArrived(desk.now, CallId("c2"), DESK, CALLER)
    assert DivertCall(CallId("c2"), "203") in desk.feed(second)


def test_on_no_answer_it_rings_first() -> None:
    desk = desk_with(to("203", When.NO_ANSWER))
    effects = desk.arrives()
    assert kinds(effects) == [RingCall]
    assert StartTimer(FORWARD + C1, 15) in effects
    assert DivertCall(C1, "203") in desk.after(15).feed(TimerFired(desk.now, FORWARD + C1))
    desk.ends(C1)
    assert not desk.state.calls


def test_an_answered_call_is_not_forwarded_any_more() -> None:
    desk = desk_with(to("203", When.NO_ANSWER))
    desk.arrives()
    desk.ask(Verb.ANSWER)
    assert kinds(desk.feed(TimerFired(desk.now, FORWARD + C1))) == []


def test_a_target_that_may_not_be_called_lets_the_phone_ring_and_says_why() -> None:
    desk = desk_with(to("203"))
    numbers = replace(desk.state.habits.numbers, forwarded=NO_CALLS)
    desk.state = replace(desk.state, habits=replace(desk.state.habits, numbers=numbers))
    effects = desk.arrives()
    assert kinds(effects) == [RingCall]
    (note,) = [text for topic, text in desk.state.notes if topic == "call"]
    assert "a call was not forwarded" in note


def test_a_busy_desk_whose_target_is_barred_still_says_busy() -> None:
    desk = desk_with(to("112", When.BUSY))
    desk.state = replace(desk.state, do_not_disturb=True)
    effects = desk.arrives()
    assert kinds(effects) == [RejectCall]
    assert dict(desk.state.notes)["call"].startswith("a call was not forwarded")


def test_whoever_may_call_back_for_an_emergency_is_never_forwarded() -> None:
    desk = desk_with(to("203"))
    desk.ask(Verb.DIAL, "112")
    desk.state = replace(desk.state, calls=())
    assert kinds(desk.arrives()) == [RingCall]


def test_where_the_pbx_forwards_we_do_not() -> None:
    desk = desk_with(to("203"))
    desk.state = replace(desk.state, habits=replace(desk.state.habits, profiles=()))
    assert kinds(desk.arrives()) == [RingCall]
    assert desk.ask(Verb.DIAL, "*11203")[0][0] is Outcome.ACCEPTED  # dialled: the PBX obeys it


# -- star codes --------------------------------------------------------------------


def default_of(state: State) -> tuple[Forward, ...]:
    return state.forwarding.profiles[0].forwards


def test_a_star_code_forwards_and_nothing_is_dialled() -> None:
    desk = desk_with(to("204"))
    assert desk.ask(Verb.DIAL, "*11203") == [(Outcome.DONE, "calls are forwarded (always)")]
    assert not [e for e in desk.effects if isinstance(e, PlaceCall)]
    assert default_of(desk.state) == (Forward(When.ALWAYS, Target(To.NUMBER, "203")),)
    assert DivertCall(C1, "203") in desk.arrives()


@pytest.mark.parametrize(
    ("code", "outcome", "said"),
    [
        ("**11", Outcome.DONE, "not forwarded any more (always)"),
        ("*103", Outcome.DONE, "profile 3 is active"),
        ("*107", Outcome.INVALID, "no forwarding profile 7"),
        ("*10", Outcome.INVALID, "one digit"),
        ("*11112", Outcome.INVALID, "emergency"),
        ("*4", Outcome.CONFLICT, "no call to record"),
    ],
)
def test_what_becomes_of_a_code_is_said(code: str, outcome: Outcome, said: str) -> None:
    ((found, sentence),) = desk_with().ask(Verb.DIAL, code)
    assert (found, said in sentence) == (outcome, True), sentence


def test_forwarding_to_a_barred_number_is_refused_when_it_is_set() -> None:
    desk = desk_with()
    numbers = replace(desk.state.habits.numbers, forwarded=NO_CALLS)
    desk.state = replace(desk.state, habits=replace(desk.state.habits, numbers=numbers))
    ((outcome, _),) = desk.ask(Verb.DIAL, "*11203")
    assert outcome is Outcome.DENIED
    assert default_of(desk.state) == ()


def test_recording_codes_are_for_the_call_in_hand() -> None:
    desk = desk_with()
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.connects()
    desk.ask(Verb.DIAL, "*4")
    assert [e.call for e in desk.effects if isinstance(e, RecordCall)] == [C1]


def test_an_emergency_inside_a_code_is_dialled() -> None:
    desk = desk_with()
    assert desk.ask(Verb.DIAL, "*31#112")[0][0] is Outcome.ACCEPTED
    (placed,) = [e for e in desk.effects if isinstance(e, PlaceCall)]
    assert placed.target == "112"
    assert not [e for e in desk.effects if isinstance(e, AnswerRequest) and e.detail]
