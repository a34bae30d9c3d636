"""Orders of the daemon carried out on the SIP thread.

Every order that cannot be carried out is answered with ``OrderFailed``; a ``PlaceCall`` that fails
is also answered with ``CallEnded``, so that every call id that was ever named ends exactly once.
"""

from typing import assert_never

import pjsua2 as pj

from bridge.engine import reinvites
from bridge.engine.calls import Call, local
from bridge.engine.desk import Desk
from bridge.engine.diverting import divert
from bridge.engine.guard import describe
from bridge.engine.media import join, unjoin
from bridge.engine.operations import NOT_NOW, failed, options
from bridge.engine.placing import place, with_dialing
from bridge.engine.recording import record, stop
from bridge.engine.transfers import connect, transfer
from bridge.model.calls import Direction
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    EngineOrder,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
    SoundNotice,
    TransferCall,
)
from bridge.model.ids import CallId
from bridge.protocols.sip_text import BadAddress, digits

_CANCEL_S = 3.0
"""A call we ended is reported as ended after so long, whether or not the other end has agreed."""

Order = (
    RingCall
    | AnswerCall
    | RejectCall
    | EndCall
    | HoldCall
    | ResumeCall
    | SetMicrophone
    | SendDtmf
    | SoundNotice
    | DivertCall
    | TransferCall
    | ConnectCalls
    | JoinCalls
    | RecordCall
)


def carry_out(desk: Desk, order: EngineOrder) -> None:
    """Carry out one order. Never raises for what the network or a user may cause."""
    match order:
        case PlaceCall():
            place(desk, order)
        case SetRinger(ring):
            if desk.sound is not None:
                desk.sound.ring(ring)
        case _:
            _with_call(desk, order)


def _with_call(desk: Desk, order: Order) -> None:
    name = type(order).__name__
    if order.call in desk.dialing:
        with_dialing(desk, order.call, name)
        return
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


def _do(desk: Desk, call: Call, order: Order) -> None:  # noqa: C901, PLR0912  # one case per order
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
            reinvites.hold(call)
        case ResumeCall():
            reinvites.resume(call)
        case SetMicrophone(_, muted):
            call.mute(muted=muted)
        case SendDtmf(_, keys):
            call.press(digits(keys))
        case DivertCall(_, target):
            divert(desk, call, target, options())
        case TransferCall() | ConnectCalls():
            _transfer(desk, call, order)
        case JoinCalls(_, other, joined):
            _join(desk, call, other, joined=joined)
        case RecordCall(_, on):
            _record(desk, call, on=on)
        case SoundNotice(_, notice):
            if desk.sound is not None:
                desk.sound.sound_notice(notice)
        case _:
            assert_never(order)


def _reject(desk: Desk, call: Call, status: int) -> None:
    if call.direction is Direction.OUTGOING or call.answered:
        desk.refuse(call.call_id, "RejectCall", "only a call that rings here can be rejected")
    elif not 400 <= status <= 699:
        desk.refuse(call.call_id, "RejectCall", "expected a final status of 400 to 699")
    else:
        call.finish(local("rejected here", status), status)


def _transfer(desk: Desk, call: Call, order: TransferCall | ConnectCalls) -> None:
    name = type(order).__name__
    if not call.connected or call.ended_here is not None:
        desk.refuse(call.call_id, name, f"{NOT_NOW}: it is not connected")
    elif call.transferring:
        desk.refuse(call.call_id, name, "a transfer of this call is under way")
    elif isinstance(order, TransferCall):
        transfer(desk, call, order.target, options())
    else:
        other = desk.calls.get(order.other)
        if other is None or not other.connected or other is call:
            desk.refuse(call.call_id, name, f"{NOT_NOW}: the other call is not connected")
        else:
            connect(call, other, options())


def _join(desk: Desk, call: Call, other_id: CallId, *, joined: bool) -> None:
    other = desk.calls.get(other_id)
    if other is None or other is call:
        reason = "there is no such other call (any more)"
        desk.refuse(call.call_id, JoinCalls.__name__, reason)
    elif joined:
        call.joined.add(other.call_id)
        other.joined.add(call.call_id)
        join(call, call.audio)
    else:
        unjoin(call, other)


def _record(desk: Desk, call: Call, *, on: bool) -> None:
    if not on:
        stop(desk, call)
    elif not call.connected:
        desk.refuse(call.call_id, RecordCall.__name__, NOT_NOW)
    else:
        record(desk, call)


def _end_in_time(desk: Desk, call_id: CallId) -> None:
    """See that the daemon hears of the end, also when the other end is dead."""
    desk.agenda.after(_CANCEL_S, lambda: _overdue(desk, call_id))


def _overdue(desk: Desk, call_id: CallId) -> None:
    call = desk.calls.get(call_id)
    if call is not None and call.ended_here is not None:
        desk.end(call, call.ended_here)
