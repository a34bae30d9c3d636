"""What the SIP engine reports, and what follows for calls and lines."""

from dataclasses import replace
from typing import assert_never

from bridge.core.afterwards import press_later
from bridge.core.arrival import call_arrived, call_dialed, not_sent_on, taken_there
from bridge.core.asked import FAILED_CALL, Result, answer_pending, others_on_hold, sentence_of
from bridge.core.conference import parted
from bridge.core.gestures import active_call
from bridge.core.moving import ended, lifted
from bridge.core.placing import is_urgent
from bridge.core.recording import recording_changed
from bridge.core.referred import call_referred, call_replaced, referral_failed
from bridge.core.state import Call, Line, Pending, State, Wish
from bridge.core.transfers import (
    answered_to_connect,
    failed,
    is_transfer,
    other_ended,
    transfer_changed,
)
from bridge.model.calls import Cause, EndedBy, Phase, RegistrationState
from bridge.model.contacts import is_same_number
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    Effect,
    EndCall,
    SoundNotice,
    Tell,
)
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    CallEnded,
    CallReferred,
    CallReplaced,
    CallRinging,
    DtmfReceived,
    EngineEvent,
    EngineLost,
    EngineReady,
    HoldChanged,
    MailboxChanged,
    MediaChanged,
    OrderFailed,
    PartyNamed,
    RecordingChanged,
    RegistrationChanged,
    RemoteChanged,
    SoundChanged,
    TransferChanged,
)
from bridge.model.intents import Outcome, Verb
from bridge.model.sound import Notice, Ring

PRESSED_KEPT = 32
"""Keys of the other end that are shown; as many as one ``dtmf`` command sends."""


def reported(state: State, event: EngineEvent) -> Result:
    """Return what follows from a report of the engine."""
    match event:
        case EngineReady():
            return engine_ready(state, event)
        case EngineLost():
            return engine_lost(state, event)
        case RegistrationChanged():
            return registration_changed(state, event)
        case MailboxChanged():
            return mailbox_changed(state, event)
        case SoundChanged():
            return matter_changed(state, "sound", event.note)
        case _:
            return _about_a_call(state, event)


def _about_a_call(  # noqa: C901, PLR0911, PLR0912  # one case per event
    state: State,
    event: CallArrived
    | CallDialed
    | CallRinging
    | CallConnected
    | HoldChanged
    | MediaChanged
    | CallEnded
    | DtmfReceived
    | TransferChanged
    | CallReferred
    | CallReplaced
    | RemoteChanged
    | RecordingChanged
    | OrderFailed,
) -> Result:
    match event:
        case CallArrived():
            return call_arrived(state, event)
        case CallDialed():
            return call_dialed(state, event)
        case CallRinging():
            return call_ringing(state, event)
        case CallConnected():
            return call_connected(state, event)
        case HoldChanged():
            return hold_changed(state, event)
        case MediaChanged():
            return media_changed(state, event)
        case CallEnded():
            return call_ended(state, event)
        case DtmfReceived():
            return dtmf_received(state, event)
        case TransferChanged():
            return transfer_changed(state, event)
        case CallReferred():
            return call_referred(state, event)
        case CallReplaced():
            return call_replaced(state, event)
        case RecordingChanged():
            return recording_changed(state, event)
        case RemoteChanged():
            return remote_changed(state, event)
        case OrderFailed():
            return order_failed(state, event)
        case _ as unreachable:
            assert_never(unreachable)


def matter_changed(state: State, topic: str, text: str) -> Result:
    """Tell a matter once when it comes up, and once when it is settled."""
    if dict(state.notes).get(topic, "") == text:
        return state, []
    return state.with_note(topic, text), [Tell(topic, text)]


def party_named(state: State, event: PartyNamed) -> Result:
    """Show the name of the other end; the call may be over by now."""
    call = state.find_call(event.call)
    if call is None:
        return state, []
    remote = replace(
        call.remote, name=event.name, company=event.company, is_private=event.is_private
    )
    return state.with_call(replace(call, remote=remote)), []


# -- engine and lines ---------------------------------------------------------


def engine_ready(state: State, event: EngineReady) -> Result:
    """Note what the engine can do."""
    state = replace(state, engine_up=True, max_calls=event.max_calls, engine_note=event.note)
    return matter_changed(state, "engine", event.note)


def engine_lost(state: State, event: EngineLost) -> Result:
    """End every call; lines are offline until the engine is back."""
    effects: list[Effect] = []
    cause = Cause(EndedBy.ERROR, 0, event.reason)
    for call in state.calls:
        state, more = _end(state, call, cause)
        effects += more
    lines = tuple(replace(line, registration=RegistrationState.OFFLINE) for line in state.lines)
    state = replace(state, engine_up=False, lines=lines, ring=Ring.OFF, engine_note=event.reason)
    state, told = matter_changed(state, "engine", event.reason)
    return state, [*effects, *told]


def registration_changed(state: State, event: RegistrationChanged) -> Result:
    """Keep the line's registration; tell what the user can do about a failure."""
    known = state.find_line(event.account) or Line(event.account)
    line = replace(known, registration=event.state, sip=event.sip, reason=event.reason)
    topic = f"line-{event.account}"
    failed = event.state is RegistrationState.FAILED
    text = event.reason if failed else ""
    return matter_changed(state.with_line(line), topic, text)


def mailbox_changed(state: State, event: MailboxChanged) -> Result:
    """Keep what the PBX said; lamps follow."""
    line = state.find_line(event.account)
    if line is None:
        return state.as_unexpected(), []
    return state.with_line(replace(line, mailbox=event.mailbox)), []


# -- calls --------------------------------------------------------------------


def _move(state: State, call: Call, phase: Phase, at_s: float) -> Result:
    if call.phase is phase:
        return state.with_call(call), []
    announced = AnnounceCall(call.call, call.phase, phase)
    return state.with_call(replace(call, phase=phase, since_s=at_s)), [announced]


def call_ringing(state: State, event: CallRinging) -> Result:
    """It rings at the other end."""
    call = state.find_call(event.call)
    if call is None or call.phase not in {Phase.DIALING, Phase.EARLY}:
        return state.as_unexpected(), []
    state, effects = _move(state, call, Phase.EARLY, event.at_s)
    state, answers = answer_pending(state, call.call, _dialled, Outcome.DONE, "it rings")
    return state, [*effects, *answers]


def call_connected(state: State, event: CallConnected) -> Result:
    """Both ends are connected; a call nobody here wants any more is ended."""
    call = state.find_call(event.call)
    if call is None:
        return state.as_unexpected(), [EndCall(event.call)]
    if call.is_up:
        return state.as_unexpected(), []
    if call.is_ringing:  # lifted on the desk phone that it rings on
        state, call = taken_there(state, replace(call, wish=Wish.ANSWER))
    if call.wish is Wish.END:
        state, effects = _move(state, call, Phase.CONNECTED, event.at_s)
        after: list[Effect] = [EndCall(call.call)]
    else:
        call, after = answered_to_connect(replace(call, wish=Wish.NONE))
        call = replace(call, dialog=event.dialog)
        state, effects = _move(state, call, Phase.CONNECTED, event.at_s)
        state, moved = lifted(state, call)
        after += [*moved, *press_later(call)]
        after += [SoundNotice(call.call, Notice.ANSWERED)] if call.intercom else []
    state, answers = answer_pending(state, call.call, _opening, Outcome.DONE, "connected")
    return state, [*effects, *after, *answers]


def hold_changed(state: State, event: HoldChanged) -> Result:
    """Hold was negotiated; what we did not ask for is taken as wanted from now on."""
    call = state.find_call(event.call)
    if call is None or not call.is_up:
        return state.as_unexpected(), []
    unasked = not call.hold_in_flight and event.local != call.hold_local
    wanted_here = event.local if unasked else call.hold_wanted  # by another hand, elsewhere
    call = replace(call, hold_local=event.local, hold_in_flight=False, hold_wanted=wanted_here)
    phase = Phase.HELD if event.local else Phase.REMOTE_HELD if event.remote else Phase.CONNECTED
    state, effects = _move(state, call, phase, event.at_s)
    wanted = Verb.HOLD if event.local else Verb.RESUME

    def is_fulfilled(pending: Pending) -> bool:
        resumes = set() if event.local else {Verb.CONFERENCE, Verb.SWAP}
        meant = {wanted, Verb.TOGGLE_HOLD} | resumes
        return pending.verb in meant

    state, answers = answer_pending(state, call.call, is_fulfilled, Outcome.DONE, "")
    return state, [*effects, *answers]


def media_changed(state: State, event: MediaChanged) -> Result:
    """Keep the codec in use."""
    call = state.find_call(event.call)
    if call is None:
        return state.as_unexpected(), []
    return state.with_call(replace(call, codec=event.codec)), []


def remote_changed(state: State, event: RemoteChanged) -> Result:
    """Show whom our call reaches now; one for help stays that, whoever is said to answer it."""
    call = state.find_call(event.call)
    if call is None:
        return state.as_unexpected(), []
    if is_urgent(state, call):
        return state, []
    remote, known = event.remote, call.remote
    if is_same_number(known.number, remote.number):  # in other digits: what was dialled is known
        remote = replace(known, name=known.name or remote.name)
    return state.with_call(replace(call, remote=remote)), []


def call_ended(state: State, event: CallEnded) -> Result:
    """Forget the call, say why it ended, answer everybody who waits for it."""
    call = state.find_call(event.call)
    if call is None:
        return state, []  # refused as busy, or already reported by a lost engine
    return _end(state, call, event.cause)


def dtmf_received(state: State, event: DtmfReceived) -> Result:
    """Announce the digit, and keep the last ones for whoever asks."""
    call = state.find_call(event.call)
    if call is None:
        return state.as_unexpected(), []
    pressed = (call.pressed + event.digit)[-PRESSED_KEPT:]
    return state.with_call(replace(call, pressed=pressed)), [AnnounceDigit(call.call, event.digit)]


def order_failed(state: State, event: OrderFailed) -> Result:
    """Take the wish back, so that lamps say what is, and tell who asked."""
    call = state.find_call(event.call)
    if call is None:
        return state.as_unexpected(), []
    match event.order:
        case "HoldCall" | "ResumeCall":
            call = _hold_failed(state, call)
        case "AnswerCall" if call.wish is Wish.ANSWER:  # else somebody has hung up meanwhile
            call = replace(call, wish=Wish.NONE, device=None, taken_on=None, transfer=None)
        case "TransferCall" | "ConnectCalls":
            return failed(state, call, event.reason)
        case "JoinCalls":
            state, call = parted(others_on_hold(state, call.call)), replace(call, joined=False)
        case "DivertCall" if call.sent_on:
            state, effects = not_sent_on(state, call, event.at_s)
            return state, [*effects, Tell(FAILED_CALL, f"a call was not forwarded: {event.reason}")]
        case "RejectCall" | "EndCall" | "DivertCall":
            call = replace(call, wish=Wish.NONE)
            if not call.is_ringing and active_call(state) is not None:
                call = replace(call, hold_wanted=True)  # another one has the microphone by now
        case "SetMicrophone" if state.muted:
            # It is heard: no lamp may say otherwise.
            state, call = replace(state, muted=False), replace(call, microphone_muted=False)
        case _:
            pass
    state = state.with_call(call)

    def is_meant(pending: Pending) -> bool:
        return pending.verb in _VERBS_OF.get(event.order, frozenset())

    state, answers = answer_pending(state, call.call, is_meant, Outcome.FAILED, event.reason)
    return state, [*answers, Tell(FAILED_CALL, event.reason)]


def _hold_failed(state: State, call: Call) -> Call:
    """Return the call as it is; one that was put aside for another stays without microphone."""
    call = replace(call, hold_in_flight=False)
    if call.hold_wanted and active_call(state) is not None:
        return replace(call, hold_refused=True)
    return replace(call, hold_wanted=call.hold_local)


_DIALLING = frozenset({Verb.DIAL, Verb.REDIAL, Verb.CALL_BACK, Verb.PULL})

_VERBS_OF = {
    "HoldCall": frozenset({Verb.HOLD, Verb.TOGGLE_HOLD}),
    "ResumeCall": frozenset({Verb.RESUME, Verb.TOGGLE_HOLD}),
    "AnswerCall": frozenset({Verb.ANSWER}),
    "RejectCall": frozenset({Verb.REJECT, Verb.HANGUP}),
    "EndCall": frozenset({Verb.HANGUP}),
    "PlaceCall": _DIALLING,
    "DivertCall": frozenset({Verb.DIVERT, Verb.TRANSFER}),
    "JoinCalls": frozenset({Verb.CONFERENCE}),
    "RecordCall": frozenset({Verb.RECORD, Verb.STOP_RECORDING}),
}


def _end(state: State, call: Call, cause: Cause) -> Result:
    state = referral_failed(state.without_call(call.call), call)
    if not state.calls:
        state = replace(state, muted=False)  # mute is defined within a call only
    state, done = answer_pending(state, call.call, _closing, Outcome.DONE, "")
    told = call.transfer is not None and call.transfer.is_asked
    if (
        told and cause.by is EndedBy.REMOTE
    ):  # many hang up as soon as they have been told where to go
        detail = "the other end hung up; it did not tell how the transfer went"
        state, more = answer_pending(state, call.call, is_transfer, Outcome.DONE, detail)
        done += more
    state, failed = answer_pending(state, call.call, _anything, Outcome.FAILED, sentence_of(cause))
    state, taken = other_ended(state, call.call, cause.by)
    state, moved = ended(state, call, cause)
    announced = AnnounceCall(call.call, call.phase, Phase.ENDED, cause)
    return state, [announced, *taken, *moved, *done, *failed]


# -- who waits ----------------------------------------------------------------


def _dialled(pending: Pending) -> bool:
    return pending.verb in _DIALLING


def _opening(pending: Pending) -> bool:
    return pending.verb in _DIALLING | {Verb.ANSWER}


def _closing(pending: Pending) -> bool:
    return pending.verb in {Verb.HANGUP, Verb.REJECT, Verb.DIVERT, Verb.BACK}


def _anything(_pending: Pending) -> bool:
    return True
