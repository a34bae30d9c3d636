"""A second call: waiting, held, swapped; from the headset and off it."""

import pytest

from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SetIndication,
    SetMicrophone,
    SetRinger,
)
from bridge.model.events import IntentGiven
from bridge.model.hid import Conduct, Control, Indication, SecondCall
from bridge.model.ids import CallId, RequestId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.sound import Ring
from tests.core.driver import HEADSET, Desk

FIRST, SECOND = CallId("c1"), CallId("c2")


def waiting(conduct: Conduct | None = None) -> Desk:
    """In a call, and a second one rings."""
    desk = Desk().ready(conduct).in_call()
    desk.arrives(SECOND)
    return desk


def with_one_held(conduct: Conduct | None = None) -> Desk:
    """The second call is spoken in, the first is on hold."""
    desk = waiting(conduct)
    desk.press(Control.FLASH)
    desk.held(local=True)
    desk.connects(SECOND)
    desk.after(3).effects.clear()
    return desk


def test_a_second_call_rings_on_the_headset_and_keeps_the_first_one_off_hook() -> None:
    desk = waiting()
    assert desk.lamps == Indication(off_hook=True, ring=True)
    assert not [e for e in desk.effects if e == SetRinger(Ring.INTERNAL)]


def test_a_tap_ends_the_first_call_and_answers_the_second() -> None:
    desk = waiting()
    effects = desk.hang_up()
    assert EndCall(FIRST) in effects
    assert AnswerCall(SECOND) in effects
    written = SetIndication(HEADSET, Indication(off_hook=True), force=True)
    assert written in effects, "the device believes it is on-hook and has to be told"
    desk.ends(FIRST)
    desk.after(0.1).lift()  # its echo
    desk.connects(SECOND)
    assert [c.call for c in desk.state.calls] == [SECOND]
    assert desk.lamps == Indication(off_hook=True)


def test_where_a_tap_only_ends_the_first_call_the_second_rings_on() -> None:
    desk = waiting(Conduct(second_call=SecondCall.END))
    effects = desk.hang_up()
    assert EndCall(FIRST) in effects
    assert AnswerCall(SECOND) not in effects
    assert desk.lamps == Indication(ring=True)
    assert AnswerCall(SECOND) in desk.after(1).lift()


def test_a_long_press_holds_the_first_call_and_answers_the_second() -> None:
    desk = waiting()
    effects = desk.press(Control.FLASH)
    assert HoldCall(FIRST) in effects
    assert AnswerCall(SECOND) in effects
    assert SetMicrophone(FIRST, True) in effects
    assert desk.lamps == Indication(off_hook=True)


def test_a_double_tap_rejects_the_second_call_and_keeps_the_first() -> None:
    desk = waiting()
    assert RejectCall(SECOND, 486) in desk.press(Control.REJECT)
    assert desk.lamps == Indication(off_hook=True)
    desk.ends(SECOND)
    assert [c.call for c in desk.state.calls] == [FIRST]


def test_the_second_caller_gives_up_and_nothing_else_changes() -> None:
    desk = waiting()
    desk.ends(SECOND)
    assert desk.lamps == Indication(off_hook=True)


def test_the_first_call_ends_while_the_second_rings() -> None:
    desk = waiting()
    desk.ends(FIRST)
    assert desk.lamps == Indication(ring=True)
    assert SetRinger(Ring.INTERNAL) in desk.effects
    desk.after(0.1).hang_up()  # the echo of our on-hook write
    assert AnswerCall(SECOND) in desk.after(0.5).lift()


@pytest.mark.parametrize("clears", [True, False])
def test_a_long_press_swaps_two_calls(clears: bool) -> None:
    desk = with_one_held(Conduct(hold_clears_off_hook=clears))
    effects = desk.press(Control.FLASH)
    assert HoldCall(SECOND) in effects
    assert ResumeCall(FIRST) in effects
    assert desk.lamps == Indication(off_hook=True)


def test_hanging_up_the_active_call_leaves_the_held_one_held() -> None:
    desk = with_one_held()
    assert EndCall(SECOND) in desk.hang_up()
    desk.ends(SECOND)
    assert [c.call for c in desk.state.calls] == [FIRST]
    assert desk.lamps.hold


def test_a_device_that_hung_up_one_of_two_calls_is_told_that_it_is_off_hook() -> None:
    desk = with_one_held(Conduct(hold_clears_off_hook=False))
    written = SetIndication(HEADSET, Indication(off_hook=True, hold=True), force=True)
    assert written in desk.hang_up()
    assert not [e for e in desk.after(0.05).lift() if isinstance(e, ResumeCall)]


def test_a_lift_with_a_held_call_answers_the_one_that_rings() -> None:
    desk = Desk().ready(Conduct(hold_clears_off_hook=True)).in_call()
    desk.press(Control.FLASH)
    desk.hang_up()
    desk.held(local=True)
    desk.after(1).arrives(SECOND)
    assert AnswerCall(SECOND) in desk.lift()


def test_a_third_call_hears_busy() -> None:
    desk = waiting()
    assert RejectCall(CallId("c3"), 486) in desk.arrives("c3")


def test_dialling_in_a_call_puts_the_call_on_hold() -> None:
    desk = Desk().ready().in_call()
    assert desk.ask(Verb.DIAL, "202") == [(Outcome.ACCEPTED, "")]
    assert HoldCall(FIRST) in desk.effects
    assert any(isinstance(e, PlaceCall) for e in desk.effects)
    assert desk.ask(Verb.DIAL, "203")[0][0] is Outcome.BUSY


def test_answering_by_command_means_the_call_that_rings() -> None:
    desk = waiting()
    desk.ask(Verb.ANSWER)
    assert AnswerCall(SECOND) in desk.effects
    assert HoldCall(FIRST) in desk.effects


def test_resuming_one_call_holds_the_other() -> None:
    desk = with_one_held()
    desk.ask(Verb.RESUME)
    assert HoldCall(SECOND) in desk.effects
    assert ResumeCall(FIRST) in desk.effects


def test_a_refused_hold_leaves_the_first_call_without_microphone() -> None:
    desk = waiting()
    desk.press(Control.FLASH)
    desk.fails("HoldCall", FIRST, "the PBX refused (SIP 488)")
    desk.connects(SECOND)
    assert SetMicrophone(FIRST, False) not in desk.effects
    assert [e for e in desk.effects if e == HoldCall(FIRST)] == [HoldCall(FIRST)]
    desk.ends(SECOND)
    desk.ask(Verb.RESUME)
    assert SetMicrophone(FIRST, False) in desk.effects


def test_swap_needs_two_calls() -> None:
    desk = Desk().ready().in_call()
    assert desk.ask(Verb.SWAP)[0][0] is Outcome.CONFLICT


def test_whoever_asked_for_a_swap_hears_that_it_is_done() -> None:
    desk = with_one_held()
    request = RequestId("r-swap")
    desk.feed(IntentGiven(desk.now, Intent(Verb.SWAP), CallId("x" * 20), request))
    desk.held(local=True, call=SECOND)
    assert [one for one, _ in desk.answers(request)] == [Outcome.ACCEPTED]
    desk.held()
    assert [one for one, _ in desk.answers(request)] == [Outcome.ACCEPTED, Outcome.DONE]


def test_mute_stays_over_a_swap_and_is_for_the_active_call() -> None:
    desk = with_one_held()
    desk.press(Control.MUTE)
    desk.press(Control.FLASH)
    assert desk.lamps == Indication(off_hook=True, mute=True)
    assert SetMicrophone(FIRST, False) not in desk.effects
