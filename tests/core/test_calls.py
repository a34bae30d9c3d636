"""One call, in telephone words, on the bare core."""

from dataclasses import replace

import pytest

from bridge.core.sip import PRESSED_KEPT
from bridge.core.snapshot import snapshot
from bridge.core.state import State
from bridge.core.step import step
from bridge.model.calls import EndedBy, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnswerCall,
    EndCall,
    HoldCall,
    Ignored,
    PlaceCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetIndication,
    SetMicrophone,
    SetRinger,
    Tell,
)
from bridge.model.events import CallArrived, DtmfReceived, EngineLost, EngineReady
from bridge.model.habits import Habits
from bridge.model.hid import Conduct, Control, Indication
from bridge.model.ids import CallId, DeviceId
from bridge.model.intents import Outcome, Verb
from bridge.model.sound import Ring
from tests.core.driver import CALLER, DESK, HEADSET, Desk, info


def test_an_incoming_call_rings_at_both_ends_and_on_the_headset() -> None:
    desk = Desk().ready()
    effects = desk.arrives()
    assert SetIndication(HEADSET, Indication(ring=True)) in effects
    assert RingCall(CallId("c1")) in effects
    assert SetRinger(Ring.INTERNAL) in effects


def test_the_lamp_is_ordered_before_the_sip_answer() -> None:
    desk = Desk().ready()
    desk.arrives()
    effects = desk.lift()
    assert effects[0] == SetIndication(HEADSET, Indication(off_hook=True))
    assert AnswerCall(CallId("c1")) in effects
    assert SetRinger(Ring.OFF) in effects


def test_a_device_that_wants_it_shows_off_hook_only_when_the_call_is_up() -> None:
    desk = Desk().ready(Conduct(acknowledges_at_once=False))
    desk.arrives()
    desk.lift()
    assert desk.lamps == Indication(ring=True)
    desk.connects()
    assert desk.lamps == Indication(off_hook=True)


def test_a_call_is_answered_once_however_often_it_is_asked_for() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.ask(Verb.ANSWER)
    desk.connects()
    assert desk.ask(Verb.ANSWER) == [(Outcome.DONE, "already answered")]
    assert [e for e in desk.effects if isinstance(e, AnswerCall)] == [AnswerCall(CallId("c1"))]


def test_hanging_up_on_the_headset_ends_the_call_and_the_lamps_at_once() -> None:
    desk = Desk().ready().in_call()
    effects = desk.hang_up()
    assert effects[0] == SetIndication(HEADSET, Indication())
    assert EndCall(CallId("c1")) in effects
    desk.ends()
    assert desk.state.calls == ()


def test_remote_hang_up_clears_lamps_and_says_who_ended_it() -> None:
    desk = Desk().ready().in_call()
    effects = desk.ends()
    assert desk.lamps == Indication()
    announced = next(e for e in effects if isinstance(e, AnnounceCall))
    assert (announced.before, announced.after) == (Phase.CONNECTED, Phase.ENDED)
    assert announced.cause is not None
    assert announced.cause.by is EndedBy.REMOTE


def test_the_reject_key_refuses_as_busy() -> None:
    desk = Desk().ready()
    desk.arrives()
    assert RejectCall(CallId("c1"), 486) in desk.press(Control.REJECT)
    assert desk.lamps == Indication()


def test_a_caller_who_gives_up_leaves_no_ring_behind() -> None:
    desk = Desk().ready()
    desk.arrives()
    assert SetRinger(Ring.OFF) in desk.ends()
    assert desk.lamps == Indication()


def test_mute_is_one_press_and_shown() -> None:
    desk = Desk().ready().in_call()
    effects = desk.press(Control.MUTE)
    assert SetMicrophone(CallId("c1"), True) in effects
    assert desk.lamps == Indication(off_hook=True, mute=True)
    assert SetMicrophone(CallId("c1"), False) in desk.press(Control.MUTE)


def test_mute_ends_with_the_call() -> None:
    desk = Desk().ready().in_call()
    desk.press(Control.MUTE)
    desk.ends()
    desk.after(4).arrives("c2")
    desk.key(Control.HOOK, on=False)
    desk.lift()
    assert not desk.lamps.mute
    assert desk.lamps.off_hook


@pytest.mark.parametrize("clears", [True, False])
def test_hold_and_resume_by_flash_in_both_schools(clears: bool) -> None:
    desk = Desk().ready(Conduct(hold_clears_off_hook=clears)).in_call()
    assert HoldCall(CallId("c1")) in desk.press(Control.FLASH)
    assert desk.lamps == Indication(off_hook=not clears, hold=True)
    if clears:
        (ignored,) = desk.key(Control.HOOK, on=False)
        assert isinstance(ignored, Ignored)
        assert ignored.why == "echo of our own write"
    desk.held(local=True)
    assert ResumeCall(CallId("c1")) in desk.after(1).press(Control.FLASH)
    assert desk.lamps == Indication(off_hook=True)
    desk.held()
    assert desk.state.calls[0].phase is Phase.CONNECTED


def test_hold_pressed_twice_quickly_sends_one_offer_at_a_time() -> None:
    desk = Desk().ready().in_call()
    desk.press(Control.FLASH)
    effects = desk.press(Control.FLASH)
    assert not [e for e in effects if isinstance(e, HoldCall | ResumeCall)]
    assert ResumeCall(CallId("c1")) in desk.held(local=True)


def test_a_refused_hold_takes_the_lamp_back() -> None:
    desk = Desk().ready().in_call()
    desk.ask(Verb.HOLD)
    desk.fails("HoldCall", reason="the PBX refused (SIP 488)")
    assert desk.lamps == Indication(off_hook=True)
    assert desk.answers()[-1] == (Outcome.FAILED, "the PBX refused (SIP 488)")


def test_the_other_end_holds() -> None:
    desk = Desk().ready().in_call()
    desk.held(remote=True)
    assert desk.state.calls[0].phase is Phase.REMOTE_HELD
    assert desk.lamps == Indication(off_hook=True)


def test_dialling_lifts_the_headset_before_the_other_end_answers() -> None:
    desk = Desk().ready()
    assert desk.ask(Verb.DIAL, "202") == [(Outcome.ACCEPTED, "")]
    placed = next(e for e in desk.effects if isinstance(e, PlaceCall))
    assert (placed.account, placed.target) == (DESK, "202")
    assert desk.lamps == Indication(off_hook=True)
    desk.rings_there(placed.call)
    assert desk.answers()[-1] == (Outcome.DONE, "it rings")


def test_a_refused_call_answers_the_asker_with_status_and_reason() -> None:
    desk = Desk().ready()
    desk.ask(Verb.DIAL, "797")
    call = desk.state.calls[0].call
    desk.ends(call, EndedBy.REMOTE, 603, "declined")
    assert desk.answers()[-1] == (Outcome.FAILED, "declined (SIP 603)")
    assert desk.lamps == Indication()


def test_redial_by_headset_calls_the_last_number() -> None:
    desk = Desk().ready()
    desk.ask(Verb.DIAL, "202")
    desk.ends(desk.state.calls[0].call)
    desk.after(5)
    placed = next(e for e in desk.press(Control.REDIAL) if isinstance(e, PlaceCall))
    assert placed.target == "202"


def test_with_call_waiting_off_a_second_call_hears_busy_and_disturbs_nothing() -> None:
    desk = Desk().ready().in_call()
    desk.state = replace(desk.state, habits=Habits(call_waiting=False))
    before = desk.lamps
    assert RejectCall(CallId("c2"), 486) in desk.arrives("c2")
    desk.ends("c2")
    assert desk.lamps == before
    assert [c.call for c in desk.state.calls] == ["c1"]


def test_a_lost_engine_ends_every_call_and_turns_lamps_off() -> None:
    desk = Desk().ready().in_call()
    effects = desk.feed(EngineLost(desk.now, "the SIP engine died"))
    ended = next(e for e in effects if isinstance(e, AnnounceCall))
    assert ended.cause is not None
    assert ended.cause.by is EndedBy.ERROR
    assert desk.lamps == Indication()
    assert desk.state.lines[0].registration.value == "offline"


def test_calls_are_refused_with_the_reason_when_the_engine_cannot_call() -> None:
    desk = Desk()
    desk.feed(EngineReady(desk.now, 0, "calls are not possible: pjsua2 is missing"))
    assert desk.ask(Verb.DIAL, "202") == [
        (Outcome.FAILED, "calls are not possible: pjsua2 is missing")
    ]


@pytest.mark.parametrize(
    ("verb", "outcome"),
    [
        (Verb.ANSWER, Outcome.CONFLICT),
        (Verb.HANGUP, Outcome.CONFLICT),
        (Verb.MUTE, Outcome.CONFLICT),
        (Verb.HOLD, Outcome.CONFLICT),
        (Verb.REDIAL, Outcome.CONFLICT),
    ],
)
def test_with_no_call_an_intent_does_nothing(verb: Verb, outcome: Outcome) -> None:
    desk = Desk().ready()
    before = desk.state
    assert desk.ask(verb)[0][0] is outcome
    assert desk.state == before


def test_an_intent_for_a_call_that_is_gone_is_stale() -> None:
    desk = Desk().ready()
    desk.arrives("c2")
    assert desk.ask(Verb.ANSWER, call="c1")[0][0] is Outcome.STALE


@pytest.mark.parametrize("digits", ["", "12x", "1;2", "ä"])
def test_dtmf_refuses_what_is_no_digit(digits: str) -> None:
    desk = Desk().ready().in_call()
    assert desk.ask(Verb.DTMF, digits)[0][0] is Outcome.INVALID
    assert not [e for e in desk.effects if isinstance(e, SendDtmf)]


def test_keypad_sends_dtmf_in_a_call_and_nothing_when_idle() -> None:
    desk = Desk().ready()
    desk.press(Control.KEYPAD, "5")
    assert not [e for e in desk.effects if isinstance(e, SendDtmf)]
    desk.in_call()
    assert SendDtmf(CallId("c1"), "5") in desk.press(Control.KEYPAD, "5")


def test_with_two_headsets_both_ring_and_the_answering_one_carries_the_call() -> None:
    desk = Desk().ready()
    other = DeviceId("6993-b02b-b2")
    desk.attach(info(other))
    desk.arrives()
    desk.key(Control.HOOK, device=other)
    second = desk.state.find_headset(other)
    assert second is not None
    assert second.shown == Indication(off_hook=True)
    assert desk.lamps == Indication()
    desk.connects()
    desk.press(Control.MUTE)
    assert not desk.state.muted  # the idle one has no say


def test_a_pulled_headset_leaves_the_call_alone_and_a_new_one_takes_it_over() -> None:
    desk = Desk().ready().in_call()
    desk.press(Control.MUTE)
    desk.detach()
    assert [c.phase for c in desk.state.calls] == [Phase.CONNECTED]
    desk.attach(info())
    written = [e for e in desk.effects if isinstance(e, SetIndication)][-1]
    assert written == SetIndication(HEADSET, Indication(off_hook=True, mute=True), force=True)


def test_plugging_in_while_idle_writes_nothing() -> None:
    desk = Desk()
    desk.attach(info())
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]


@pytest.mark.parametrize(
    "event",
    [
        DtmfReceived(1.0, CallId("x"), "1"),
        EngineReady(1.0, 4),
        CallArrived(1.0, CallId("c1"), DESK, CALLER),
    ],
)
def test_the_same_input_gives_the_same_output(
    event: DtmfReceived | EngineReady | CallArrived,
) -> None:
    assert step(State(), event) == step(State(), event)


def test_the_last_keys_of_the_other_end_are_kept_for_whoever_asks() -> None:
    desk = Desk().ready().in_call()
    (call,) = desk.state.calls
    for key in "1" * PRESSED_KEPT + "5#":
        desk.feed(DtmfReceived(desk.now, call.call, key))
    (view,) = snapshot(desk.state, 0.0).calls
    assert view.pressed == "1" * (PRESSED_KEPT - 2) + "5#"
    assert AnnounceDigit(call.call, "#") in desk.effects
    assert "5#" not in repr(desk.state), "it may be a secret"


def test_what_failed_about_a_call_is_settled_by_the_next_one() -> None:
    desk = Desk().ready()
    desk.press(Control.REDIAL)
    assert ("call", "nothing has been dialled yet") in desk.state.notes
    assert Tell("call", "") in desk.arrives()
    assert desk.state.notes == ()
    assert Tell("call", "") not in desk.arrives("c2")
