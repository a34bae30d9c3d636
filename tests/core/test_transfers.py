"""Sending the other end elsewhere, and being sent elsewhere."""

from dataclasses import replace

import pytest

from bridge.core.state import Wish
from bridge.core.transfers import PATIENCE, PATIENCE_S, SILENT_S, TAKE_OVER_S, TAKEN_S
from bridge.model.calls import EndedBy, Party, Phase
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    HoldCall,
    ResumeCall,
    SetMicrophone,
    SetRinger,
    StartTimer,
    TransferCall,
)
from bridge.model.events import (
    CallReferred,
    CallReplaced,
    OrderFailed,
    TransferChanged,
)
from bridge.model.habits import LineHabits
from bridge.model.ids import CallId
from bridge.model.intents import Outcome, Verb
from bridge.model.numbers import Barring, BarRule, DigitRange
from bridge.model.sound import Ring
from tests.core.driver import DESK, Desk

ADA, BOB = CallId("c1"), CallId("c2")


def talking() -> Desk:
    """Return a desk in a call."""
    desk = Desk().ready()
    desk.arrives("c1")
    desk.ask(Verb.ANSWER)
    desk.connects("c1")
    desk.effects.clear()
    return desk


def asking(*, up: bool = True) -> Desk:
    """Return a desk whose first call waits while the second party is asked."""
    desk = talking()
    desk.ask(Verb.DIAL, "203")
    desk.held(local=True, call="c1")
    second = desk.state.calls[1].call
    desk.rings_there(second)
    if up:
        desk.connects(second)
    desk.effects.clear()
    return desk


def told(desk: Desk, sip: int, reason: str = "", *, call: str = "c1", final: bool = True) -> None:
    """Let the other end tell how the transfer goes."""
    desk.feed(TransferChanged(desk.now, CallId(call), sip, reason, final))


def orders(desk: Desk, *kinds: type) -> list[object]:
    """Return the orders of those kinds, in order."""
    return [e for e in desk.effects if isinstance(e, kinds)]


# -- divert -------------------------------------------------------------------


def test_a_ringing_call_is_diverted_and_the_answer_comes_with_its_end() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    assert desk.ask(Verb.DIVERT, "203") == [(Outcome.ACCEPTED, "")]
    assert DivertCall(ADA, "203") in desk.effects
    assert SetRinger(Ring.OFF) in desk.effects
    desk.ends("c1")
    assert desk.answers() == [(Outcome.ACCEPTED, ""), (Outcome.DONE, "")]


def test_without_a_target_it_goes_to_the_voice_mail_of_the_line() -> None:
    desk = Desk().ready()
    desk.state = replace(
        desk.state, habits=replace(desk.state.habits, lines=(LineHabits(DESK, "790"),))
    )
    desk.arrives("c1")
    desk.ask(Verb.DIVERT)
    assert DivertCall(ADA, "790") in desk.effects


def test_without_voice_mail_the_refusal_says_what_to_set() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    ((outcome, detail),) = desk.ask(Verb.DIVERT)
    assert outcome is Outcome.CONFLICT
    assert "accounts.voicemail" in detail
    assert desk.state.calls[0].is_ringing


@pytest.mark.parametrize("verb", [Verb.DIVERT, Verb.TRANSFER])
@pytest.mark.parametrize("number", ["112", "+49 (112)", "sip:110@anywhere"])
def test_nothing_is_ever_sent_to_an_emergency_number(verb: Verb, number: str) -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    ((outcome, _),) = desk.ask(verb, number)
    assert outcome is Outcome.INVALID
    assert not orders(desk, DivertCall, TransferCall)


def test_a_diversion_that_the_engine_refuses_leaves_the_call_ringing() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    desk.ask(Verb.DIVERT, "203")
    desk.feed(OrderFailed(desk.now, ADA, "DivertCall", 0, "not now"))
    assert desk.answers()[-1] == (Outcome.FAILED, "not now")
    assert desk.state.calls[0].is_ringing
    assert desk.lamps.ring


def test_a_call_that_is_up_is_not_diverted() -> None:
    assert talking().ask(Verb.DIVERT, "203")[0][0] is Outcome.CONFLICT


# -- blind --------------------------------------------------------------------


def test_a_blind_transfer_ends_the_call_when_the_other_end_says_it_is_done() -> None:
    desk = talking()
    assert desk.ask(Verb.TRANSFER, "203") == [(Outcome.ACCEPTED, "")]
    assert TransferCall(ADA, "203") in desk.effects
    assert SetMicrophone(ADA, muted=True) in desk.effects, "it was said goodbye to"
    told(desk, 180, "Ringing", final=False)
    assert not orders(desk, EndCall)
    told(desk, 200, "OK")
    assert orders(desk, EndCall) == [EndCall(ADA)]
    assert desk.answers()[-1] == (Outcome.DONE, "transferred")


def test_a_failed_transfer_gives_the_call_back() -> None:
    desk = talking()
    desk.ask(Verb.TRANSFER, "203")
    told(desk, 486, "Busy Here")
    assert desk.answers()[-1] == (Outcome.FAILED, "the transfer failed: Busy Here (SIP 486)")
    assert orders(desk, EndCall) == []
    assert orders(desk, SetMicrophone)[-1] == SetMicrophone(ADA, muted=False)
    assert desk.ask(Verb.TRANSFER, "204")[0][0] is Outcome.ACCEPTED, "it can be tried again"


def test_an_other_end_that_hangs_up_at_once_counts_as_done_and_says_so() -> None:
    desk = talking()
    desk.ask(Verb.TRANSFER, "203")
    desk.ends("c1", by=EndedBy.REMOTE)
    outcome, detail = desk.answers()[-1]
    assert outcome is Outcome.DONE
    assert "did not tell" in detail


def test_an_other_end_that_never_tells_does_not_keep_the_call_silent() -> None:
    desk = talking()
    desk.ask(Verb.TRANSFER, "203")
    assert StartTimer(PATIENCE + ADA, SILENT_S) in desk.effects
    told(desk, 100, "Accepted", final=False)
    assert StartTimer(PATIENCE + ADA, PATIENCE_S) not in desk.effects, "agreeing is no news"
    desk.after(SILENT_S).timer(PATIENCE + ADA)
    assert desk.answers()[-1] == (Outcome.FAILED, "the transfer failed: no word about it for 32 s")
    assert orders(desk, SetMicrophone)[-1] == SetMicrophone(ADA, muted=False)
    told(desk, 200, "OK")  # too late: nobody is cut off
    assert orders(desk, EndCall) == []


def test_calls_that_are_not_connected_soon_are_both_still_there_and_it_says_why() -> None:
    desk = asking()
    desk.ask(Verb.TRANSFER)
    assert StartTimer(PATIENCE + ADA, TAKE_OVER_S) in desk.effects
    told(desk, 180, "Ringing", final=False)  # as if nobody were in that call
    desk.after(TAKE_OVER_S).timer(PATIENCE + ADA)
    outcome, detail = desk.answers()[-1]
    assert outcome is Outcome.FAILED
    assert "Replaces" in detail
    assert orders(desk, EndCall) == []
    assert len(desk.state.calls) == 2


def test_an_other_end_that_tells_of_ringing_gets_the_time_it_may_ring() -> None:
    desk = talking()
    desk.ask(Verb.TRANSFER, "203")
    told(desk, 100, "Accepted", final=False)
    told(desk, 180, "Ringing", final=False)
    assert desk.effects[-1] == StartTimer(PATIENCE + ADA, PATIENCE_S)
    desk.after(PATIENCE_S).timer(PATIENCE + ADA)
    assert desk.answers()[-1] == (Outcome.FAILED, "the transfer failed: no word about it for 180 s")


def test_a_transfer_asked_for_twice_is_sent_once() -> None:
    desk = talking()
    desk.ask(Verb.TRANSFER, "203")
    assert desk.ask(Verb.TRANSFER, "203")[0][0] is Outcome.DONE
    assert len(orders(desk, TransferCall)) == 1


def test_a_ringing_call_transferred_unasked_is_diverted() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    desk.ask(Verb.TRANSFER, "203")
    assert DivertCall(ADA, "203") in desk.effects


# -- attended -----------------------------------------------------------------


def test_an_attended_transfer_connects_the_two_and_lets_go_of_both() -> None:
    desk = asking()
    second = desk.state.calls[1].call
    desk.ask(Verb.TRANSFER)
    assert orders(desk, ConnectCalls) == [ConnectCalls(ADA, second)]
    told(desk, 200, "OK")
    assert orders(desk, EndCall) == [EndCall(ADA), EndCall(second)]


def taken_over() -> Desk:
    """Return a desk that connects its two calls and was just let go by the second one."""
    desk = asking()
    second = desk.state.calls[1].call
    desk.ask(Verb.TRANSFER)
    told(desk, 100, "Accepted", final=False)
    desk.ends(second, by=EndedBy.REMOTE)
    return desk


def test_when_the_one_who_was_asked_lets_us_go_the_transfer_is_done_without_a_last_word() -> None:
    desk = taken_over()
    assert StartTimer(PATIENCE + ADA, TAKEN_S) in desk.effects
    assert orders(desk, EndCall) == [], "there may be bad news yet"
    desk.after(TAKEN_S).timer(PATIENCE + ADA)
    assert orders(desk, EndCall) == [EndCall(ADA)]
    outcome, detail = desk.answers()[-1]
    assert outcome is Outcome.DONE
    assert "did not tell" in detail


def test_bad_news_after_that_give_the_first_call_back() -> None:
    desk = taken_over()
    told(desk, 481, "Call Does Not Exist")
    desk.after(TAKEN_S).timer(PATIENCE + ADA)
    assert orders(desk, EndCall) == []
    assert desk.answers()[-1][0] is Outcome.FAILED


def test_a_word_on_the_way_does_not_make_that_wait_longer() -> None:
    desk = taken_over()
    told(desk, 100, "Trying", final=False)
    assert StartTimer(PATIENCE + ADA, PATIENCE_S) not in desk.effects


def test_when_it_fails_both_calls_are_as_before() -> None:
    desk = asking()
    desk.ask(Verb.TRANSFER)
    told(desk, 603, "Decline")
    first, second = desk.state.calls
    assert first.hold_wanted
    assert not second.hold_wanted
    assert first.transfer is None


def test_while_the_second_party_still_rings_it_becomes_a_blind_one() -> None:
    desk = asking(up=False)
    second = desk.state.calls[1].call
    desk.ask(Verb.TRANSFER)
    assert orders(desk, EndCall, TransferCall) == [EndCall(second), TransferCall(ADA, "203")]


def test_refused_the_second_party_rings_on() -> None:
    desk = asking(up=False)
    barred = Barring(deny=(BarRule("2", DigitRange("2", "2")),))
    rules = replace(desk.state.habits.numbers, forwarded=barred)
    desk.state = replace(desk.state, habits=replace(desk.state.habits, numbers=rules))
    assert desk.ask(Verb.TRANSFER)[0][0] is Outcome.DENIED
    assert orders(desk, EndCall, TransferCall) == []


def test_a_ringing_call_is_answered_only_to_be_connected() -> None:
    desk = Desk().ready()
    desk.ask(Verb.DIAL, "203")
    asked = desk.state.calls[0].call
    desk.connects(asked)
    desk.arrives("c2")
    desk.effects.clear()
    desk.ask(Verb.TRANSFER)
    assert orders(desk, AnswerCall, ConnectCalls) == [AnswerCall(BOB)]
    desk.connects("c2")
    assert orders(desk, ConnectCalls) == [ConnectCalls(BOB, asked)]


def test_while_a_call_rings_somebody_may_be_asked_about_it() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    assert desk.ask(Verb.DIAL, "203")[0][0] is Outcome.ACCEPTED
    assert desk.state.calls[0].is_ringing, "it rings on meanwhile"


def test_with_one_call_there_is_nobody_to_connect_it_with() -> None:
    ((outcome, detail),) = talking().ask(Verb.TRANSFER)
    assert outcome is Outcome.CONFLICT
    assert "name a target" in detail


def test_back_ends_the_question_and_takes_up_the_first_call() -> None:
    desk = asking()
    second = desk.state.calls[1].call
    desk.ask(Verb.BACK)
    assert orders(desk, EndCall, ResumeCall) == [EndCall(second), ResumeCall(ADA)]
    desk.ends(second)
    assert desk.answers()[-1] == (Outcome.DONE, "")


# -- being sent ---------------------------------------------------------------


def test_sent_elsewhere_the_new_call_has_the_microphone_and_the_old_one_ends_quietly() -> None:
    desk = talking()
    desk.feed(CallReferred(desk.now, ADA, BOB, Party("205")))
    old, new = desk.state.calls
    assert old.wish is Wish.LEAVE
    assert (new.phase, new.device) == (Phase.DIALING, old.device)
    assert orders(desk, EndCall) == []
    assert orders(desk, SetMicrophone)[0] == SetMicrophone(ADA, muted=True)
    desk.connects("c2")
    desk.ends("c1", by=EndedBy.REMOTE)
    assert [c.call for c in desk.state.calls] == [BOB]
    assert desk.lamps.off_hook


def test_if_the_new_call_fails_the_old_one_is_ours_again() -> None:
    desk = talking()
    desk.feed(CallReferred(desk.now, ADA, BOB, Party("205")))
    desk.ends("c2", by=EndedBy.ERROR)
    (old,) = desk.state.calls
    assert old.is_open
    assert orders(desk, SetMicrophone)[-1] == SetMicrophone(ADA, muted=False)


def test_nobody_sends_us_where_forwarding_is_barred() -> None:
    desk = talking()
    barred = Barring(deny=(BarRule("2", DigitRange("2", "2")),))
    rules = replace(desk.state.habits.numbers, forwarded=barred)
    desk.state = replace(desk.state, habits=replace(desk.state.habits, numbers=rules))
    desk.feed(CallReferred(desk.now, ADA, BOB, Party("205")))
    assert orders(desk, EndCall) == [EndCall(BOB)]
    (old,) = desk.state.calls
    assert old.is_open


@pytest.mark.parametrize("held", [False, True])
def test_another_party_takes_the_place_of_the_other_end(held: bool) -> None:
    desk = talking()
    if held:
        desk.ask(Verb.HOLD)
        desk.held(local=True, call="c1")
    desk.effects.clear()
    desk.feed(CallReplaced(desk.now, ADA, BOB, Party("205", "Eve Example")))
    new = desk.state.calls[1]
    assert (new.phase, new.remote.number, new.hold_wanted) == (Phase.CONNECTED, "205", held)
    assert (HoldCall(BOB) in desk.effects) is held
    desk.ends("c1", by=EndedBy.REMOTE)
    assert desk.lamps.hold is held


def test_news_of_calls_nobody_knows_end_what_began_for_them() -> None:
    desk = Desk().ready()
    desk.feed(CallReferred(desk.now, ADA, BOB, Party("205")))
    desk.feed(CallReplaced(desk.now, ADA, CallId("c3"), Party("205")))
    assert orders(desk, EndCall) == [EndCall(BOB), EndCall(CallId("c3"))]
