"""Carrying out what somebody wants, whoever said it."""

from dataclasses import replace
from typing import assert_never

from bridge.core.afterwards import PAUSE, pressed
from bridge.core.asked import Asked, Result, carrier, others_on_hold, public_source
from bridge.core.conference import confer, end_all, together
from bridge.core.elsewhere import CODE, at_its_line, call_from
from bridge.core.forwarding import code_for_us, obey_code
from bridge.core.gestures import active_call, held_call, meant_call
from bridge.core.listening import taken_back
from bridge.core.moving import NOTHING_TO_PULL, move, what_to_pull
from bridge.core.permit import counted
from bridge.core.placing import Objection, Order, decide, make_room
from bridge.core.recording import record
from bridge.core.state import Call, State, Wish
from bridge.core.switches import SWITCHES, switch
from bridge.core.transfers import back, divert, transfer
from bridge.model.calls import Direction, Party, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnswerCall,
    Effect,
    EndCall,
    PlaceCall,
    RejectCall,
    SendDtmf,
)
from bridge.model.intents import Outcome, Verb

DTMF_DIGITS = frozenset("0123456789*#ABCD")  # RFC 4733 events 0..15


def carry_out(state: State, asked: Asked) -> Result:
    """Return the state and effects of an intent; a refused one changes nothing."""
    if asked.intent.verb in {Verb.DIAL, Verb.CALL_BACK}:
        return _dial(state, asked, asked.intent.target)
    if asked.intent.verb is Verb.REDIAL:
        return _redial(state, asked)
    if asked.intent.verb is Verb.PULL:
        return _pull(state, asked)
    if asked.intent.verb in SWITCHES:
        return switch(state, asked)
    named = asked.intent.call
    meant = meant_call(state, asked.intent.verb, asked.device)
    call = meant if named is None else state.find_call(named)
    if call is None:
        if named is None:
            return state, asked.answer(Outcome.CONFLICT, "there is no call")
        return state, asked.answer(Outcome.STALE, "there is no such call")
    return _on_call(state, asked, call)


def _on_call(  # noqa: C901, PLR0911, PLR0912  # one case per verb
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
        case Verb.SILENCE:
            return _silence(state, asked, call)
        case Verb.DIVERT:
            return divert(state, asked, call)
        case Verb.TRANSFER:
            return transfer(state, asked, call)
        case Verb.MOVE:
            return move(state, asked, call)
        case Verb.BACK:
            return back(state, asked)
        case Verb.CONFERENCE:
            return confer(state, asked)
        case Verb.RECORD:
            return record(state, asked, call, wanted=True)
        case Verb.STOP_RECORDING:
            return record(state, asked, call, wanted=False)
        case (
            Verb.DIAL
            | Verb.REDIAL
            | Verb.CALL_BACK
            | Verb.PULL
            | Verb.DND_ON
            | Verb.DND_OFF
            | Verb.TOGGLE_DND
            | Verb.WAITING_ON
            | Verb.WAITING_OFF
            | Verb.TOGGLE_WAITING
            | Verb.LOCK
            | Verb.UNLOCK
        ):
            detail = f"{asked.intent.verb.value} is about no call"
            return state, asked.answer(Outcome.INVALID, detail)
        case _ as unreachable:
            assert_never(unreachable)


def _answer(state: State, asked: Asked, call: Call) -> Result:
    if call.is_up or call.wish is Wish.ANSWER:
        return state, asked.answer(Outcome.DONE, "already answered", call.call)
    if not call.is_ringing:
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    first = not any(c.is_open for c in state.calls)
    answered = replace(call, wish=Wish.ANSWER, device=carrier(state, asked), taken_on=asked.device)
    answered = replace(answered, public=public_source(state, asked))
    state = others_on_hold(state, call.call)
    state = replace(state, muted=state.muted and not first).with_call(answered)
    state = asked.later(state, call.call)
    return state, [AnswerCall(call.call), *asked.answer(Outcome.ACCEPTED, call=call.call)]


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
    state = state.with_call(taken_back(state, asked, held))
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
    if call.joined and asked.intent.call is None:
        return end_all(state, asked, call)
    state = asked.later(state.with_call(replace(call, wish=Wish.END)), call.call)
    return state, [EndCall(call.call), *asked.answer(Outcome.ACCEPTED, call=call.call)]


def _hold(state: State, asked: Asked, call: Call, *, wanted: bool) -> Result:
    if not call.is_open or not (call.is_up or call.hold_wanted):
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    if call.hold_wanted == wanted:
        detail = "already on hold" if wanted else "not on hold"
        return state, asked.answer(Outcome.DONE, detail, call.call)
    if not wanted and not call.joined:
        state = others_on_hold(state, call.call)
    for one in together(state, call):
        state = state.with_call(replace(one, hold_wanted=wanted))
    return asked.later(state, call.call), asked.answer(Outcome.ACCEPTED, call=call.call)


def _silence(state: State, asked: Asked, call: Call) -> Result:
    if not call.is_ringing:
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    detail = "it is silent" if call.silenced else ""
    state = state.with_call(replace(call, silenced=True))
    return state, asked.answer(Outcome.DONE, detail, call.call)


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
    if not digits or not set(digits) <= DTMF_DIGITS | {PAUSE}:
        detail = f"found {asked.intent.target[:16]!r}, expected digits 0-9 * # A-D"
        return state, asked.answer(Outcome.INVALID, detail, call.call)
    if PAUSE in digits and not call.is_up:
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    if PAUSE in digits:
        state, effects = pressed(state.with_call(replace(call, later=digits)), call.call)
        return state, [*effects, *asked.answer(Outcome.DONE, call=call.call)]
    if not (call.is_up or call.phase is Phase.EARLY):
        return state, asked.answer(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    return state, [SendDtmf(call.call, digits), *asked.answer(Outcome.DONE, call=call.call)]


def _redial(state: State, asked: Asked) -> Result:
    if not state.last_dialed:
        return state, asked.refuse(Outcome.CONFLICT, "nothing has been dialled yet")
    return _dial(state, asked, state.last_dialed)


def _pull(state: State, asked: Asked) -> Result:
    text = what_to_pull(state, asked.intent)
    if not text:
        return state, asked.refuse(Outcome.CONFLICT, NOTHING_TO_PULL)
    return _dial(state, asked, text)


def _dial(state: State, asked: Asked, text: str) -> Result:
    asked = replace(asked, intent=at_its_line(state, asked.intent))
    if (code := code_for_us(state, asked, text)) is not None:
        if asked.intent.origin:
            return state, asked.refuse(Outcome.INVALID, CODE)
        return obey_code(state, asked, code)
    order = decide(state, asked.intent, text, asked.source, asked.at_s)
    if isinstance(order, Objection):
        if order.outcome is Outcome.BUSY and asked.source:  # a script hammers away, too
            state = replace(state, dials=counted(state.dials, asked.source, asked.at_s))
        return state, asked.refuse(order.outcome, order.detail, order.call)
    if asked.intent.origin and not order.is_emergency:
        return call_from(state, asked, order, _dialled(asked, order, text))
    return _place(state, asked, order, _dialled(asked, order, text))


def _dialled(asked: Asked, order: Order, text: str) -> str:
    """Return what a redial dials: what the network gives is not what one dials."""
    return order.found.shown if asked.intent.verb is Verb.CALL_BACK else text


def _remote(asked: Asked, order: Order) -> Party:
    """Return whom a call is shown to be with; one for help is shown as what it is."""
    behind = "" if order.is_emergency else asked.intent.behind
    return Party(behind or order.found.number)


def _place(state: State, asked: Asked, order: Order, text: str) -> Result:
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
        remote=_remote(asked, order),
        since_s=asked.at_s,
        later=order.found.later,
        device=carrier(state, asked),
        taken_on=asked.device,
        public=public_source(state, asked),
    )
    state = others_on_hold(state, call.call)
    if asked.intent.verb is not Verb.PULL and not asked.intent.private:
        state = replace(state, last_dialed=text)
    state = replace(state, muted=state.muted and not first).with_call(call)
    state = asked.later(state, call.call)
    return state, [
        *ended,
        _order(state, asked, order),
        AnnounceCall(call.call, None, Phase.DIALING),
        *asked.answer(Outcome.ACCEPTED, call=call.call),
    ]


def _order(state: State, asked: Asked, order: Order) -> PlaceCall:
    identity = _identity(state, asked, order)
    replaces = "" if order.is_emergency else asked.intent.dialog
    return PlaceCall(asked.new_call, order.account, order.found.target, identity, replaces)


def _identity(state: State, asked: Asked, order: Order) -> str:
    """Return the number to show; an emergency service always sees the line's own."""
    if order.is_emergency:
        return ""
    return asked.intent.identity or state.habits.identity_of(order.account)
