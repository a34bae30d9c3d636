"""Forwarding where no PBX does it: what becomes of a call that comes in, and the star codes.

Theory: a call is looked at three times. When it comes in, "always" decides; when it would hear
busy, "busy"; when it has rung for a while, "no answer". Nobody is forwarded who may be calling back
for an emergency, and nobody to where calls may not be sent on: that call rings as if nothing were
set, and it is told why. "Not registered" is for the PBX alone: what does not reach us, we cannot
forward.
"""

from dataclasses import replace
from typing import assert_never

from bridge.core.asked import FAILED_CALL, Asked, Result, public_source
from bridge.core.gestures import active_call
from bridge.core.placing import BUSY_HERE, Objection, awaits_help, may_send_on
from bridge.core.recording import record
from bridge.core.state import Call, State, Wish
from bridge.features.forwarding import forward_of, obey
from bridge.features.star_codes import VOICEMAIL, read_star_code
from bridge.model.calls import Phase
from bridge.model.effects import AnnounceCall, DivertCall, Effect, RejectCall, StartTimer, Tell
from bridge.model.forwarding import (
    ActivateProfile,
    Caller,
    CallIntercom,
    CancelForward,
    Forward,
    NotUnderstood,
    SetForward,
    StarCode,
    StartRecording,
    StopRecording,
    Target,
    To,
    When,
)
from bridge.model.ids import CallId
from bridge.model.intents import Outcome, Verb
from bridge.numbers.barring import NO_FORWARDING
from bridge.numbers.callers import caller, is_hidden

FORWARD = "forward:"
"""Timer name prefix: a call has rung long enough."""


# -- calls that come in ------------------------------------------------------------


def forwarded_at_once(state: State, call: Call, when: When) -> Result | list[Effect]:
    """Return what follows when a call is sent on before it rings; else what there is to tell.

    Args:
        state: without the call.
        call: that has just come in.
        when: ``ALWAYS``, or ``BUSY`` when it would hear busy.
    """
    line = _line_for(state, call, when)
    if line is None:
        return []
    order = _order(state, call, line.target)
    if isinstance(order, Tell):
        return [order]
    # It is kept until it has ended: where the engine cannot send it on, it rings after all.
    state = state.with_call(replace(call, wish=Wish.END, sent_on=True))
    return state, [order, AnnounceCall(call.call, None, Phase.RINGING)]


def forward_later(state: State, call: Call) -> list[Effect]:
    """Return the timer of a call that is forwarded when nobody answers it."""
    line = _line_for(state, call, When.NO_ANSWER)
    return [] if line is None else [StartTimer(FORWARD + call.call, line.after_s)]


def rung_enough(state: State, call_id: CallId) -> Result:
    """Send a call on that nobody has answered."""
    call = state.find_call(call_id)
    line = None if call is None else _line_for(state, call, When.NO_ANSWER)
    if call is None or line is None or not call.is_ringing:
        return state, []
    order = _order(state, call, line.target)
    if isinstance(order, Tell):
        return state, [order]
    return state.with_call(replace(call, wish=Wish.END)), [order]


def _line_for(state: State, call: Call, when: When) -> Forward | None:
    if not state.habits.forwards_here or awaits_help(state, call.since_s):
        return None
    plan = state.habits.numbers.plan_of(call.account)
    number = call.remote.number
    known = "" if is_hidden(number) else caller(number, plan)
    return forward_of(state.forwarding, Caller(known, call.is_internal), when)


def _order(state: State, call: Call, target: Target) -> DivertCall | RejectCall | Tell:
    if target.to is To.BUSY:
        return RejectCall(call.call, BUSY_HERE)
    text = target.number
    if target.to is To.VOICEMAIL:
        text = state.habits.voicemail_of(call.account)
    found = may_send_on(state, call.account, text) if text else _no_voicemail()
    if isinstance(found, Objection):
        return Tell(FAILED_CALL, f"a call was not forwarded: {found.detail}")
    return DivertCall(call.call, found.target)


def _no_voicemail() -> Objection:
    return Objection(Outcome.CONFLICT, "no voice mail number is set: set accounts.voicemail")


# -- star codes --------------------------------------------------------------------


_CHANGES = (ActivateProfile, SetForward, CancelForward)


def code_for_us(state: State, asked: Asked, text: str) -> StarCode | NotUnderstood | None:
    """Return the star code that a typed text is, if we and not the PBX have to obey it."""
    if not (state.habits.forwards_here or public_source(state, asked)):
        return None
    account = asked.intent.account or (state.lines[0].account if state.lines else None)
    voicemail = state.habits.voicemail_of(account) if account is not None else ""
    code = read_star_code(text, voicemail or VOICEMAIL)
    if not state.habits.forwards_here:  # the PBX's to obey, and not for everybody to say
        return code if isinstance(code, _CHANGES) else None
    return None if isinstance(code, CallIntercom) else code  # a call like any other


def obey_code(state: State, asked: Asked, code: StarCode | NotUnderstood) -> Result:
    """Do what a star code says."""
    if isinstance(code, _CHANGES) and public_source(state, asked):
        return state, asked.refuse(Outcome.DENIED, NO_FORWARDING)
    match code:
        case NotUnderstood(reason):
            return state, asked.refuse(Outcome.INVALID, reason)
        case StartRecording() | StopRecording():
            return _record(state, asked, wanted=isinstance(code, StartRecording))
        case ActivateProfile() | SetForward() | CancelForward():
            return _forward(state, asked, code)
        case CallIntercom():
            return state, asked.refuse(Outcome.INVALID, "an intercom call is dialled")
        case _ as unreachable:
            assert_never(unreachable)


def _forward(
    state: State, asked: Asked, code: ActivateProfile | SetForward | CancelForward
) -> Result:
    if isinstance(code, SetForward) and code.target.to is To.NUMBER:
        account = asked.intent.account or state.lines[0].account
        target = may_send_on(state, account, code.target.number, asked.source, asked.at_s)
        if isinstance(target, Objection):
            return state, asked.refuse(target.outcome, target.detail)
    changed = obey(state.forwarding, code)
    if isinstance(changed, str):
        return state, asked.refuse(Outcome.INVALID, changed)
    return replace(state, forwarding=changed), asked.answer(Outcome.DONE, _said(code))


def _said(code: ActivateProfile | SetForward | CancelForward) -> str:
    match code:
        case ActivateProfile(profile):
            return f"forwarding profile {profile} is active"
        case SetForward(when, _):
            return f"calls are forwarded ({when.value})"
        case CancelForward(when):
            return f"calls are not forwarded any more ({when.value})"


def _record(state: State, asked: Asked, *, wanted: bool) -> Result:
    call = active_call(state)
    if call is None:
        return state, asked.refuse(Outcome.CONFLICT, "there is no call to record")
    verb = Verb.RECORD if wanted else Verb.STOP_RECORDING
    meant = replace(asked, intent=replace(asked.intent, verb=verb, target=""))
    return record(state, meant, call, wanted=wanted)
