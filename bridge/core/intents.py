"""Carrying out what somebody wants, whoever said it."""

from dataclasses import dataclass, replace
from typing import assert_never

from bridge.core.gestures import active_call, held_call, meant_call
from bridge.core.permit import counted
from bridge.core.placing import Objection, decide, make_room
from bridge.core.state import Call, Pending, State, Wish
from bridge.model.calls import Direction, Party, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnswerCall,
    AnswerRequest,
    Effect,
    EndCall,
    PlaceCall,
    RejectCall,
    SendDtmf,
    Tell,
)
from bridge.model.ids import CallId, DeviceId, RequestId
from bridge.model.intents import Intent, Outcome, Verb

FAILED_CALL = "call"
"""Topic of what failed about the last call."""

DTMF_DIGITS = frozenset("0123456789*#ABCD")  # RFC 4733 events 0..15


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent with everything that goes with it.

    Args:
        intent: what.
        at_s: monotonic seconds.
        new_call: fresh id for a call it may start.
        request: whom to answer, None for a press on a device.
        device: the device it was said on, None for anything else.
        source: who asked off the devices, such as ``mqtt``; limits apply to each by itself.
    """

    intent: Intent
    at_s: float
    new_call: CallId
    request: RequestId | None = None
    device: DeviceId | None = None
    source: str = ""

    def answer(
        self, outcome: Outcome, detail: str = "", call: CallId | None = None
    ) -> list[Effect]:
        """Return the reply effect, or nothing if nobody waits."""
        if self.request is None:
            return []
        return [AnswerRequest(self.request, outcome, detail, call)]

    def refuse(self, outcome: Outcome, detail: str, call: CallId | None = None) -> list[Effect]:
        """Return the reply to whoever asked; a press is answered by telling everybody."""
        return self.answer(outcome, detail, call) if self.request else [Tell(FAILED_CALL, detail)]

    def later(self, state: State, call: CallId) -> State:
        """Return the state that remembers to answer when the call has moved on."""
        if self.request is None:
            return state
        waiting = Pending(self.request, self.intent.verb, call)
        return replace(state, pending=(*state.pending, waiting))


Result = tuple[State, list[Effect]]


def carry_out(state: State, asked: Asked) -> Result:
    """Return the state and effects of an intent; a refused one changes nothing."""
    if asked.intent.verb is Verb.DIAL:
        return _dial(state, asked, asked.intent.target)
    if asked.intent.verb is Verb.REDIAL:
        return _redial(state, asked)
    if (wanted := _dnd_wanted(state, asked.intent.verb)) is not None:
        return _do_not_disturb(state, asked, wanted=wanted)
    named = asked.intent.call
    meant = meant_call(state, asked.intent.verb, asked.device)
    call = meant if named is None else state.find_call(named)
    if call is None:
        outcome = Outcome.CONFLICT if asked.intent.call is None else Outcome.STALE
        return state, asked.answer(outcome, "there is no such call")
    return _on_call(state, asked, call)


def _on_call(  # noqa: C901, PLR0911  # one case per verb
    state: State, asked: Asked, call: Call
) -> Result:
    match asked.intent.verb:
        case Verb.ANSWER:
            return _answer(state, asked, call)
        case Verb.REJECT:
            return _reject(state, asked, call)
        case Verb.HANGUP:
            return _hang_up(state, asked, call)
        case Verb.HOLD:
            return _hold(state, asked, call, wanted=True)
        case Verb.RESUME:
            return _hold(state, asked, call, wanted=False)
        case Verb.TOGGLE_HOLD:
            return _hold(state, asked, call, wanted=not call.hold_wanted)
        case Verb.MUTE:
            return _mute(state, asked, call, wanted=True)
        case Verb.UNMUTE:
            return _mute(state, asked, call, wanted=False)
        case Verb.TOGGLE_MUTE:
            return _mute(state, asked, call, wanted=not state.muted)
        case Verb.DTMF:
            return _dtmf(state, asked, call)
        case Verb.SWAP:
            return _swap(state, asked)
        case Verb.END_AND_ANSWER:
            return _end_and_answer(state, asked, call)
        case Verb.DIAL | Verb.REDIAL | Verb.DND_ON | Verb.DND_OFF | Verb.TOGGLE_DND:
            detail = f"{asked.intent.verb.value} is about no call"
            return state, asked.answer(Outcome.INVALID, detail)
        case _ as unreachable:
            assert_never(unreachable)


def carrier(state: State, asked: Asked) -> DeviceId | None:
    """Return the device that shall carry a call: where it was said, else the best attached."""
    if asked.device is not None:
        return asked.device
    best = state.best_headset()
    return best.device if best is not None else None


def _answer(state: State, asked: Asked, call: Call) -> Result:
    if call.is_up or call.wish is Wish.ANSWER:
        return state, asked.answer(Outcome.DONE, "already answered", call.call)
    if not call.is_ringing:
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    first = not any(c.is_open for c in state.calls)
    answered = replace(call, wish=Wish.ANSWER, device=carrier(state, asked))
    state = _others_on_hold(state, call.call)
    state = replace(state, muted=state.muted and not first).with_call(answered)
    state = asked.later(state, call.call)
    return state, [AnswerCall(call.call), *asked.answer(Outcome.ACCEPTED, call=call.call)]


def _others_on_hold(state: State, but: CallId) -> State:
    """Return the state with every other call on hold: one at a time has the microphone.

    One that is not up yet is put on hold when it comes up.
    """
    for call in state.calls:
        if call.call != but and call.is_open and not call.hold_wanted:
            state = state.with_call(replace(call, hold_wanted=True))
    return state


def _end_and_answer(state: State, asked: Asked, call: Call) -> Result:
    if not call.is_ringing:
        return state, asked.answer(Outcome.CONFLICT, "nothing rings", call.call)
    ended: list[Effect] = []
    if (active := active_call(state)) is not None:
        state = state.with_call(replace(active, wish=Wish.END))
        ended = [EndCall(active.call)]
    state, effects = _answer(state, asked, call)
    return state, [*ended, *effects]


def _swap(state: State, asked: Asked) -> Result:
    active, held = active_call(state), held_call(state)
    if active is None or held is None or not active.is_up:
        return state, asked.answer(Outcome.CONFLICT, "there are no two calls to swap")
    state = state.with_call(replace(active, hold_wanted=True))
    state = state.with_call(replace(held, hold_wanted=False, device=carrier(state, asked)))
    state = asked.later(state, held.call)
    return state, asked.answer(Outcome.ACCEPTED, call=held.call)


def _reject(state: State, asked: Asked, call: Call) -> Result:
    if not call.is_ringing:
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    state = asked.later(state.with_call(replace(call, wish=Wish.END)), call.call)
    order = RejectCall(call.call, asked.intent.status)
    return state, [order, *asked.answer(Outcome.ACCEPTED, call=call.call)]


def _hang_up(state: State, asked: Asked, call: Call) -> Result:
    if call.is_ringing:
        return _reject(state, asked, call)
    if call.wish is Wish.END:
        return state, asked.answer(Outcome.DONE, "already ending", call.call)
    state = asked.later(state.with_call(replace(call, wish=Wish.END)), call.call)
    return state, [EndCall(call.call), *asked.answer(Outcome.ACCEPTED, call=call.call)]


def _hold(state: State, asked: Asked, call: Call, *, wanted: bool) -> Result:
    if not call.is_open or not (call.is_up or call.hold_wanted):
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    if call.hold_wanted == wanted:
        detail = "already on hold" if wanted else "not on hold"
        return state, asked.answer(Outcome.DONE, detail, call.call)
    if not wanted:
        state = _others_on_hold(state, call.call)
    state = asked.later(state.with_call(replace(call, hold_wanted=wanted)), call.call)
    return state, asked.answer(Outcome.ACCEPTED, call=call.call)


def _mute(state: State, asked: Asked, call: Call, *, wanted: bool) -> Result:
    if call.is_ringing:
        detail = "there is nothing to mute before the call is answered"
        return state, asked.answer(Outcome.CONFLICT, detail, call.call)
    holder = next((h for h in state.headsets if h.device == call.device), None)
    detail = ""
    if not wanted and holder is not None and asked.device is None:
        if holder.mute_locked:
            detail = "the headset muted itself; if its boom arm is still up it will do so again"
        until_s = asked.at_s + holder.info.conduct.mute_lock_s
        state = state.with_headset(replace(holder, probe_until_s=until_s, mute_locked=False))
    return replace(state, muted=wanted), asked.answer(Outcome.DONE, detail, call.call)


def _dtmf(state: State, asked: Asked, call: Call) -> Result:
    digits = asked.intent.target.upper()
    if not digits or not set(digits) <= DTMF_DIGITS:
        detail = f"found {asked.intent.target[:16]!r}, expected digits 0-9 * # A-D"
        return state, asked.answer(Outcome.INVALID, detail, call.call)
    if not (call.is_up or call.phase is Phase.EARLY):
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    return state, [SendDtmf(call.call, digits), *asked.answer(Outcome.DONE, call=call.call)]


def _dnd_wanted(state: State, verb: Verb) -> bool | None:
    """Return what an intent makes of "do not disturb"; None for other intents."""
    wanted = {Verb.DND_ON: True, Verb.DND_OFF: False, Verb.TOGGLE_DND: not state.do_not_disturb}
    return wanted.get(verb)


def _do_not_disturb(state: State, asked: Asked, *, wanted: bool) -> Result:
    """Refuse calls from now on, or take them again. One that rings already rings on."""
    same = "already on" if wanted else "not on"
    detail = same if state.do_not_disturb == wanted else ""
    return replace(state, do_not_disturb=wanted), asked.answer(Outcome.DONE, detail)


def _redial(state: State, asked: Asked) -> Result:
    if not state.last_dialed:
        return state, asked.refuse(Outcome.CONFLICT, "nothing has been dialled yet")
    return _dial(state, asked, state.last_dialed)


def _dial(state: State, asked: Asked, text: str) -> Result:
    order = decide(state, asked.intent, text, asked.source, asked.at_s)
    if isinstance(order, Objection):
        return state, asked.refuse(order.outcome, order.detail, order.call)
    first = not state.calls
    ended: list[Effect] = []
    if order.is_emergency:
        state, ended = make_room(state)
        state = replace(state, muted=False, emergency_at_s=asked.at_s)
    elif asked.source:
        state = replace(state, dials=counted(state.dials, asked.source, asked.at_s))
    call = Call(
        call=asked.new_call,
        account=order.account,
        direction=Direction.OUTGOING,
        phase=Phase.DIALING,
        remote=Party(order.found.number),
        since_s=asked.at_s,
        device=carrier(state, asked),
    )
    state = _others_on_hold(state, call.call)
    state = replace(state, muted=state.muted and not first, last_dialed=text).with_call(call)
    state = asked.later(state, call.call)
    return state, [
        *ended,
        PlaceCall(call.call, call.account, order.found.target),
        AnnounceCall(call.call, None, Phase.DIALING),
        *asked.answer(Outcome.ACCEPTED, call=call.call),
    ]
