"""Three at once, recording, silence, intercom and the number that is shown."""

from dataclasses import replace

import pytest

from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    EndCall,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RecordCall,
    ResumeCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
    SoundNotice,
)
from bridge.model.events import CallArrived, OrderFailed, RecordingChanged
from bridge.model.habits import Habits, Intercom, LineHabits
from bridge.model.hid import Control, Indication
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.sound import Notice, Ring
from tests.core.driver import CALLER, DESK, Desk
from tests.core.test_transfers import ADA, asking, orders, talking


def conferring() -> tuple[Desk, CallId]:
    """Return a desk in conference, and its second call."""
    desk = asking()
    second = desk.state.calls[1].call
    desk.ask(Verb.CONFERENCE)
    desk.held(call="c1")
    return desk, second


def test_a_conference_resumes_the_held_call_and_mixes_both() -> None:
    desk = asking()
    second = desk.state.calls[1].call
    assert desk.ask(Verb.CONFERENCE) == [(Outcome.ACCEPTED, "")]
    assert orders(desk, ResumeCall) == [ResumeCall(ADA)]
    assert orders(desk, JoinCalls) == [JoinCalls(ADA, second, joined=True)]
    desk.held(call="c1")
    assert desk.answers()[-1] == (Outcome.DONE, "")
    last = {e.call: e.muted for e in desk.effects if isinstance(e, SetMicrophone)}
    assert last[ADA] is False


def test_hold_and_resume_are_for_all_of_it() -> None:
    desk, second = conferring()
    desk.effects.clear()
    desk.ask(Verb.HOLD)
    assert orders(desk, HoldCall) == [HoldCall(ADA), HoldCall(second)]
    for call in (ADA, second):
        desk.held(local=True, call=call)
    assert desk.lamps.hold
    desk.ask(Verb.RESUME)
    assert orders(desk, ResumeCall) == [ResumeCall(ADA), ResumeCall(second)]


def test_hanging_up_ends_all_of_it_unless_one_is_named() -> None:
    desk, second = conferring()
    desk.effects.clear()
    desk.ask(Verb.HANGUP)
    assert orders(desk, EndCall) == [EndCall(ADA), EndCall(second)]
    desk, second = conferring()
    desk.effects.clear()
    desk.ask(Verb.HANGUP, call=second)
    assert orders(desk, EndCall) == [EndCall(second)]


def test_when_one_party_leaves_the_other_call_goes_on_as_a_plain_one() -> None:
    desk, second = conferring()
    desk.ends(second)
    (left,) = desk.state.calls
    assert not left.joined
    assert not left.hold_wanted
    assert desk.state.mixed is None


def test_leaving_the_others_connected_is_a_transfer() -> None:
    desk, second = conferring()
    desk.effects.clear()
    desk.ask(Verb.TRANSFER)
    assert orders(desk, ConnectCalls, EndCall) == [ConnectCalls(ADA, second)]


def test_a_mix_that_fails_leaves_one_call_in_the_ear_and_the_other_on_hold() -> None:
    desk, _ = conferring()
    desk.feed(OrderFailed(desk.now, ADA, "JoinCalls", 0, "not now"))
    assert [c.joined for c in desk.state.calls] == [False, False]
    assert [c.hold_wanted for c in desk.state.calls] == [False, True]


def test_one_call_is_no_conference() -> None:
    assert talking().ask(Verb.CONFERENCE)[0][0] is Outcome.CONFLICT


# -- recording ----------------------------------------------------------------


def test_recording_is_shown_when_the_engine_says_so() -> None:
    desk = talking()
    assert desk.ask(Verb.RECORD) == [(Outcome.ACCEPTED, "")]
    assert RecordCall(ADA, on=True) in desk.effects
    desk.feed(RecordingChanged(desk.now, ADA, on=True, file="/tmp/a.wav"))
    assert desk.answers()[-1] == (Outcome.DONE, "/tmp/a.wav")
    assert desk.state.calls[0].recording
    assert desk.ask(Verb.RECORD) == [(Outcome.DONE, "it is being recorded")]


def test_a_full_disk_is_told_and_the_call_goes_on() -> None:
    desk = talking()
    desk.ask(Verb.RECORD)
    desk.feed(RecordingChanged(desk.now, ADA, on=False, reason="the disk is full"))
    assert desk.answers()[-1] == (Outcome.FAILED, "the disk is full")
    assert desk.state.calls[0].is_up


@pytest.mark.parametrize(("stop", "sent"), [("*5", "*5"), ("", "*4")])
def test_a_pbx_that_records_is_asked_by_its_feature_codes(stop: str, sent: str) -> None:
    desk = talking()
    lines = (LineHabits(DESK, record="*4", stop_recording=stop),)
    desk.state = replace(desk.state, habits=Habits(lines=lines))
    assert desk.ask(Verb.RECORD) == [(Outcome.DONE, "the PBX was asked to record by *4")]
    assert desk.state.calls[0].recording
    assert desk.ask(Verb.RECORD) == [(Outcome.DONE, "it is being recorded")]
    desk.ask(Verb.STOP_RECORDING)
    assert [call.recording for call in desk.state.calls] == [False]
    codes = [e.digits for e in desk.effects if isinstance(e, SendDtmf)]
    assert codes == ["*4", sent]
    assert not [e for e in desk.effects if isinstance(e, RecordCall)]


# -- silence ------------------------------------------------------------------


def test_a_silenced_call_makes_no_sound_and_can_still_be_answered() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    assert desk.ask(Verb.SILENCE) == [(Outcome.DONE, "")]
    assert orders(desk, SetRinger)[-1] == SetRinger(Ring.OFF)
    assert desk.lamps == Indication()
    desk.key(Control.HOOK)
    assert AnswerCall(ADA) in desk.effects


def test_the_next_call_is_not_silenced() -> None:
    desk = Desk().ready()
    desk.arrives("c1")
    desk.ask(Verb.SILENCE)
    desk.ends("c1")
    desk.arrives("c2")
    assert desk.lamps.ring


# -- intercom -----------------------------------------------------------------


def intercom(habit: Intercom) -> Desk:
    """Return a desk that got a call that asks to be answered by itself."""
    desk = Desk().ready()
    desk.state = replace(desk.state, habits=replace(desk.state.habits, intercom=habit))
    desk.feed(CallArrived(desk.now, ADA, DESK, CALLER, answer_at_once=True))
    return desk


def test_off_by_default_it_rings() -> None:
    desk = intercom(Intercom.OFF)
    assert desk.lamps.ring
    assert not orders(desk, AnswerCall)


@pytest.mark.parametrize(("habit", "muted"), [(Intercom.MUTED, True), (Intercom.OPEN, False)])
def test_answered_by_itself_with_a_tone_and_the_microphone_as_set(
    habit: Intercom, muted: bool
) -> None:
    desk = intercom(habit)
    assert AnswerCall(ADA) in desk.effects
    assert not desk.lamps.ring
    assert desk.lamps.mute is muted
    desk.connects("c1")
    assert SoundNotice(ADA, Notice.ANSWERED) in desk.effects
    last = [e.muted for e in desk.effects if isinstance(e, SetMicrophone)]
    assert last[-1:] == ([True] if muted else [])
    desk.ask(Verb.UNMUTE)
    assert not desk.state.muted


def test_in_a_call_and_with_do_not_disturb_nothing_opens_by_itself() -> None:
    desk = talking()
    desk.state = replace(desk.state, habits=replace(desk.state.habits, intercom=Intercom.OPEN))
    desk.feed(CallArrived(desk.now, CallId("c2"), DESK, CALLER, answer_at_once=True))
    assert desk.state.calls[1].is_ringing
    desk = Desk().ready()
    desk.state = replace(desk.state, habits=replace(desk.state.habits, intercom=Intercom.OPEN))
    desk.ask(Verb.DND_ON)
    desk.feed(CallArrived(desk.now, ADA, DESK, CALLER, answer_at_once=True))
    assert not orders(desk, AnswerCall)


# -- caller id ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_line", "of_call", "sent"),
    [("", "", ""), ("anonymous", "", "anonymous"), ("anonymous", "+4989123", "+4989123")],
)
def test_the_number_shown_is_that_of_the_call_else_of_the_line(
    of_line: str, of_call: str, sent: str
) -> None:
    desk = Desk().ready()
    lines = (LineHabits(DESK, identity=of_line),)
    desk.state = replace(desk.state, habits=replace(desk.state.habits, lines=lines))
    desk.gives(Intent(Verb.DIAL, target="203", identity=of_call))
    assert [e.identity for e in desk.effects if isinstance(e, PlaceCall)] == [sent]


def test_an_emergency_service_always_sees_who_calls() -> None:
    desk = Desk().ready()
    desk.gives(Intent(Verb.DIAL, target="112", identity="anonymous"))
    assert [e.identity for e in desk.effects if isinstance(e, PlaceCall)] == [""]
