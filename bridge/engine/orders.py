"""Orders of the daemon carried out on the SIP thread.

Every order that cannot be carried out is answered with ``OrderFailed``; a ``PlaceCall`` that fails
is also answered with ``CallEnded``, so that every call id that was ever named ends exactly once.
"""

from typing import assert_never

import pjsua2 as pj

from bridge.engine.calls import NOT_NOW, Call, failed, local, options
from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.model.calls import Cause, Direction, EndedBy
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    EngineOrder,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
)
from bridge.model.engine import Transport
from bridge.model.engine_limits import PJSUA2
from bridge.model.events import CallEnded
from bridge.model.ids import CallId
from bridge.protocols.sip_reasons import cause_of_end
from bridge.protocols.sip_text import BadAddress, digits, target_uri

_NO_REACTION_S = 8.0
"""An INVITE without any reaction for so long has failed; PJSIP would wait 32 s (timer B)."""

_CANCEL_S = 3.0
"""A call we ended is reported as ended after so long, whether or not the other end has agreed."""

Order = (
    RingCall | AnswerCall | RejectCall | EndCall | HoldCall | ResumeCall | SetMicrophone | SendDtmf
)


def carry_out(desk: Desk, order: EngineOrder) -> None:
    """Carry out one order. Never raises for what the network or a user may cause."""
    match order:
        case PlaceCall():
            _place(desk, order)
        case SetRinger(on):
            _ring_tone(desk, on=on)
        case _:
            _with_call(desk, order)


def _with_call(desk: Desk, order: Order) -> None:
    name = type(order).__name__
    call = desk.calls.get(order.call)
    if call is None or call.reported:
        desk.refuse(order.call, name, "there is no such call (any more)")
        return
    try:
        _do(desk, call, order)
    except BadAddress as e:
        desk.refuse(order.call, name, str(e))
    except pj.Error as e:
        reason = f"{NOT_NOW}: {failed(e)}"
        describe(e)  # lets go of the call its frames hold
        desk.refuse(order.call, name, reason)


def _do(desk: Desk, call: Call, order: Order) -> None:
    match order:
        case RingCall():
            call.ring()
        case AnswerCall():
            call.accept()
        case RejectCall(_, status):
            _reject(desk, call, status)
        case EndCall():
            call.finish(local("hung up here"))
            _end_in_time(desk, call.call_id)
        case HoldCall():
            call.hold()
        case ResumeCall():
            call.resume()
        case SetMicrophone(_, muted):
            call.mute(muted=muted)
        case SendDtmf(_, keys):
            call.press(digits(keys))
        case _:
            assert_never(order)


def _reject(desk: Desk, call: Call, status: int) -> None:
    if call.direction is Direction.OUTGOING or call.answered:
        desk.refuse(call.call_id, "RejectCall", "only a call that rings here can be rejected")
    elif not 400 <= status <= 699:
        desk.refuse(call.call_id, "RejectCall", "expected a final status of 400 to 699")
    else:
        call.finish(local("rejected here", status), status)


def _end_in_time(desk: Desk, call_id: CallId) -> None:
    """See that the daemon hears of the end, also when the other end is dead."""
    desk.agenda.after(_CANCEL_S, lambda: _overdue(desk, call_id))


def _overdue(desk: Desk, call_id: CallId) -> None:
    call = desk.calls.get(call_id)
    if call is not None and call.ended_here is not None:
        desk.end(call, call.ended_here)


def _ring_tone(desk: Desk, *, on: bool) -> None:
    if desk.sound is None:
        return
    if on:
        desk.sound.start_ringer()
    else:
        desk.sound.stop_ringer()


def _place(desk: Desk, order: PlaceCall) -> None:
    if order.call in desk.calls:
        return  # said twice
    reason = _obstacle(desk, order)
    if not reason:
        reason = _invite(desk, order)
    if reason:
        desk.refuse(order.call, "PlaceCall", reason)
        desk.report(CallEnded(desk.now(), order.call, Cause(EndedBy.ERROR, 0, reason)))


def _obstacle(desk: Desk, order: PlaceCall) -> str:
    """Return why PJSIP need not be asked, or an empty string."""
    if order.account not in desk.lines:
        return f"there is no account {order.account}"
    if len(desk.calls) >= PJSUA2.max_calls:
        return f"{PJSUA2.max_calls} calls at once are the most this engine can carry"
    return ""


def _invite(desk: Desk, order: PlaceCall) -> str:
    """Send the INVITE; return why it failed, or an empty string."""
    line = desk.lines[order.account]
    settings = line.settings
    routed = bool(settings.server) or settings.transport is Transport.UDP  # the way is known
    transport = "" if routed else settings.transport.value
    call = Call(desk, line, order.account, order.call)
    desk.calls[order.call] = call
    desk.brake.begin()
    try:
        call.makeCall(target_uri(order.target, line.domain, transport), options())
    except (BadAddress, pj.Error) as e:
        reason = failed(e) if isinstance(e, pj.Error) else str(e)
        describe(e)
        desk.drop(call)
        return "" if call.reported else reason
    desk.agenda.after(_NO_REACTION_S, lambda: _nobody_reacted(desk, order.call))
    return ""


def _nobody_reacted(desk: Desk, call_id: CallId) -> None:
    call = desk.calls.get(call_id)
    if call is None or call.heard or call.reported:
        return
    cause = cause_of_end(408, "", call.account_id, connected=False)
    desk.end(call, cause)
    call.finish(cause)
