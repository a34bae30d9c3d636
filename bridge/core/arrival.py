"""A call comes in: it rings, is answered by itself, or hears busy."""

from dataclasses import replace

from bridge.core.asked import Result, others_on_hold
from bridge.core.forwarding import forward_later, forwarded_at_once
from bridge.core.placing import BUSY_HERE, MAX_CALLS, awaits_help
from bridge.core.state import Call, State, Wish
from bridge.model.calls import Cause, Direction, EndedBy, Phase
from bridge.model.effects import AnnounceCall, AnswerCall, Effect, RejectCall, RingCall
from bridge.model.events import CallArrived, CallDialed
from bridge.model.forwarding import When
from bridge.model.habits import Intercom
from bridge.numbers.barring import may_ring
from bridge.numbers.callers import is_internal

DECLINE = 603  # RFC 3261 21.6.2: no other telephone of ours is to ring either


def call_arrived(state: State, event: CallArrived) -> Result:
    """Ring, or refuse as busy or barred."""
    if state.find_call(event.call) is not None:
        return state.as_unexpected(), []
    if (barred := _barred(state, event)) is not None:
        return state, _refused(event, barred)
    call = _call(state, event)
    sent_on = forwarded_at_once(state, call, When.ALWAYS)
    if isinstance(sent_on, tuple):
        return sent_on
    if (busy := _busy(state, event.at_s)) is not None:
        return _not_now(state, call, _refused(event, busy))
    announced = AnnounceCall(event.call, None, Phase.RINGING)
    if event.answer_at_once and _opens_by_itself(state):
        return _answered_by_itself(state, call), [AnswerCall(call.call), announced]
    later = forward_later(state, call)
    return state.with_call(call), [RingCall(event.call), announced, *later, *sent_on]


def call_dialed(state: State, event: CallDialed) -> Result:
    """Show a call that its user dialled on a telephone of ours, as if it were dialled here."""
    if state.find_call(event.call) is not None or len(state.calls) >= MAX_CALLS:
        return state.as_unexpected(), []  # it is the telephone's own business
    phase = Phase.DIALING
    call = Call(event.call, event.account, Direction.OUTGOING, phase, event.remote, event.at_s)
    return taken_there(state, call)[0], [AnnounceCall(call.call, None, phase)]


def taken_there(state: State, call: Call) -> tuple[State, Call]:
    """Return what becomes of a call that was taken or made on a telephone of ours.

    Others are put on hold, and a headset shows it, so that its keys end or hold it.
    """
    first = not any(c.is_open for c in state.calls)
    best = state.best_headset()
    call = replace(call, device=None if best is None else best.device)
    state = others_on_hold(state, call.call)
    return replace(state, muted=state.muted and not first).with_call(call), call


def _not_now(state: State, call: Call, refused: list[Effect]) -> Result:
    """Send a call on that would hear busy, or let it hear that."""
    sent_on = forwarded_at_once(state, call, When.BUSY)
    return sent_on if isinstance(sent_on, tuple) else (state, [*refused, *sent_on])


def not_sent_on(state: State, call: Call, at_s: float) -> Result:
    """Ring after all, or be busy after all: a call could not be forwarded."""
    if _objection(state.without_call(call.call), at_s):
        return state, [RejectCall(call.call, BUSY_HERE)]
    return state.with_call(replace(call, wish=Wish.NONE, sent_on=False)), [RingCall(call.call)]


def _refused(event: CallArrived, cause: Cause) -> list[Effect]:
    refusal = RejectCall(event.call, cause.sip)
    return [refusal, AnnounceCall(event.call, None, Phase.ENDED, cause)]


def _call(state: State, event: CallArrived) -> Call:
    plan = state.habits.numbers.plan_of(event.account)
    return Call(
        event.call,
        event.account,
        Direction.INCOMING,
        Phase.RINGING,
        event.remote,
        event.at_s,
        is_internal=is_internal(event.remote.number, plan),
        diverted_by=event.diverted_by,
    )


def _opens_by_itself(state: State) -> bool:
    return state.habits.intercom is not Intercom.OFF and not state.calls


def _answered_by_itself(state: State, call: Call) -> State:
    """Return the state after an intercom call was taken, silent until somebody here unmutes."""
    best = state.best_headset()
    device = None if best is None else best.device
    state = replace(state, muted=state.habits.intercom is Intercom.MUTED)
    return state.with_call(replace(call, wish=Wish.ANSWER, device=device, intercom=True))


def _barred(state: State, event: CallArrived) -> Cause | None:
    """Return why a caller is not let through; who was called for help may call back."""
    rules = state.habits.numbers
    reason = may_ring(event.remote.number, rules.plan_of(event.account), rules)
    if not reason or awaits_help(state, event.at_s):
        return None
    return Cause(EndedBy.LOCAL, DECLINE, reason)


def _busy(state: State, at_s: float) -> Cause | None:
    objection = _objection(state, at_s)
    if not objection:
        return None
    return Cause(EndedBy.LOCAL, BUSY_HERE, f"refused as busy: {objection}")


def _objection(state: State, at_s: float) -> str:
    """Return why a call that arrives now hears busy, or an empty text."""
    if state.do_not_disturb and not awaits_help(state, at_s):
        return "do not disturb is on"
    if state.locked and not state.habits.answer_locked and not awaits_help(state, at_s):
        return "the phone is locked"
    if len(state.calls) >= MAX_CALLS:
        return f"there are {len(state.calls)} calls already"
    if any(not c.is_deaf for c in state.calls) and not state.call_waiting:
        return "there is a call already and call waiting is off"
    return ""
