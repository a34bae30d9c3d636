"""Sending the other end elsewhere: divert and transfer; ``referred`` is the other way round.

Theory: only the other end knows how a transfer goes; until it tells, the call stays ours, silent
towards them, and comes back to life when it fails (RFC 5589). A call that rings here is diverted
by 302; one that was to be asked about first is answered and connected in one go.
"""

from dataclasses import replace

from bridge.core.asked import FAILED_CALL, Asked, Result, answer_pending
from bridge.core.gestures import active_call, held_call, ringing_call
from bridge.core.listening import taken_back
from bridge.core.permit import counted
from bridge.core.placing import Objection, is_urgent, may_send_on
from bridge.core.state import Call, Pending, State, Transfer, Wish
from bridge.model.calls import EndedBy
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    Effect,
    EndCall,
    StartTimer,
    Tell,
    TransferCall,
)
from bridge.model.events import TransferChanged
from bridge.model.ids import CallId
from bridge.model.intents import Outcome, Verb

PATIENCE = "transfer:"
"""Timer name prefix: the other end has said nothing final about a transfer."""

PATIENCE_S = 180.0
"""Longest ringing that PBXs allow; RFC 3261 timer C is as long."""

SILENT_S = 32.0
"""Longest wait for a first word beyond "agreed": RFC 6665 timer N. Whoever tells anything says
"trying" at once (RFC 3515 section 2.4.4)."""

TAKE_OVER_S = 8.0
"""Longest wait for one telephone to take the place of a call of ours at another one, where nobody
has to lift anything (RFC 3891 section 3): REFER, INVITE and NOTIFY, each sent three times at worst
(RFC 3261 timer E: 0.5 s and 1 s), is 4.5 s."""

TAKEN_S = 3.0
"""Longest wait for the last word after the one we asked has let us go: with Replaces that is how a
transfer succeeds (RFC 3891 section 3), and one that failed is told in less, retransmitted twice."""

_RINGING = range(180, 190)  # RFC 3261 21.1: a telephone that knows Replaces does not ring for it

_NOT_TAKEN_OVER = (
    f"the other one did not take the place of your call within {TAKE_OVER_S:.0f} s, perhaps "
    "because it does not know Replaces (RFC 3891): hang up that call and transfer to its number"
)

_LIFT_AGAIN = (
    "the other telephone did not take the call over, perhaps because it does not know Replaces: it "
    "is hung up and rings again, lift it once more"
)

_TAKEN = "the one who was asked was taken over; the other end did not tell how it went"


# -- wishes -------------------------------------------------------------------


def divert(state: State, asked: Asked, call: Call) -> Result:
    """Send a ringing call elsewhere, to the voice mail if nothing is named."""
    if not call.is_ringing:
        return state, asked.refuse(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    text = asked.intent.target or state.habits.voicemail_of(call.account)
    if not text:
        detail = "no voice mail number is set: name a target, or set accounts.voicemail"
        return state, asked.refuse(Outcome.CONFLICT, detail, call.call)
    target = may_send_on(state, call.account, text, asked.source, asked.at_s)
    if isinstance(target, Objection):
        return state, asked.refuse(target.outcome, target.detail, call.call)
    state = asked.later(_counted(state, asked).with_call(replace(call, wish=Wish.END)), call.call)
    order = DivertCall(call.call, target.target)
    return state, [order, *asked.answer(Outcome.ACCEPTED, call=call.call)]


def transfer(state: State, asked: Asked, call: Call) -> Result:
    """Send the other end elsewhere: to a target, else to the other end of our other call."""
    if call.transfer is not None:
        return state, asked.answer(Outcome.DONE, "a transfer is under way", call.call)
    if not asked.intent.target:
        return _attended(state, asked)
    if call.is_ringing:
        return divert(state, asked, call)
    if not call.is_up:
        return state, asked.refuse(Outcome.CONFLICT, f"the call is {call.phase.value}", call.call)
    if is_urgent(state, call):
        detail = "an emergency call is not transferred: whoever answers it has to reach you"
        return state, asked.refuse(Outcome.CONFLICT, detail, call.call)
    target = may_send_on(state, call.account, asked.intent.target, asked.source, asked.at_s)
    if isinstance(target, Objection):
        return state, asked.refuse(target.outcome, target.detail, call.call)
    return _blind(_counted(state, asked), asked, call, target.target)


def back(state: State, asked: Asked) -> Result:
    """End the call that was begun to ask, and go back to the one that waits."""
    active = active_call(state)
    waiting = held_call(state) or ringing_call(state)
    if active is None or waiting is None:
        return state, asked.refuse(Outcome.CONFLICT, "there is no other call to go back to")
    state = asked.later(state.with_call(replace(active, wish=Wish.END)), active.call)
    if waiting.is_open:
        state = state.with_call(taken_back(state, asked, waiting))
    return state, [EndCall(active.call), *asked.answer(Outcome.ACCEPTED, call=active.call)]


def _counted(state: State, asked: Asked) -> State:
    """Return the state in which a call sent on off the devices counts like one dialled there."""
    if not asked.source:
        return state
    return replace(state, dials=counted(state.dials, asked.source, asked.at_s))


def _blind(state: State, asked: Asked, call: Call, target: str) -> Result:
    state = state.with_call(replace(call, transfer=Transfer(target)))
    state = asked.later(state, call.call)
    return state, [
        TransferCall(call.call, target),
        StartTimer(PATIENCE + call.call, SILENT_S),
        *asked.answer(Outcome.ACCEPTED, call=call.call),
    ]


def _attended(state: State, asked: Asked) -> Result:
    pair = _pair(state)
    if pair is None:
        detail = "there are no two calls to connect: name a target, or call it first"
        return state, asked.refuse(Outcome.CONFLICT, detail)
    leaving, staying = pair
    if is_urgent(state, leaving) or is_urgent(state, staying):
        detail = "an emergency call is not transferred: hang up the other one, or make a conference"
        return state, asked.refuse(Outcome.CONFLICT, detail, staying.call)
    if not staying.is_up:
        return _before_answer(state, asked, leaving, staying)
    if leaving.is_ringing:
        wanted = Transfer("", staying.call, is_asked=False)
        answered = replace(leaving, wish=Wish.ANSWER, transfer=wanted, device=staying.device)
        answered = replace(answered, taken_on=staying.taken_on)
        state = asked.later(state.with_call(answered), leaving.call)
        accepted = asked.answer(Outcome.ACCEPTED, call=leaving.call)
        return state, [AnswerCall(leaving.call), *accepted]
    state = state.with_call(replace(leaving, transfer=Transfer("", staying.call)))
    state = asked.later(state, leaving.call)
    accepted = asked.answer(Outcome.ACCEPTED, call=leaving.call)
    return state, [*connect_to(leaving.call, staying.call), *accepted]


def _before_answer(state: State, asked: Asked, leaving: Call, staying: Call) -> Result:
    """Send a call blindly where it rings already: RFC 3891 hands over no call before its answer."""
    as_blind = replace(asked, intent=replace(asked.intent, target=staying.remote.number))
    step = divert if leaving.is_ringing else transfer
    state, effects = step(state, as_blind, leaving)
    if not any(isinstance(e, DivertCall | TransferCall) for e in effects):
        return state, effects  # refused: whoever is being asked rings on
    state = state.with_call(replace(staying, wish=Wish.END))
    return state, [EndCall(staying.call), *effects]


def _pair(state: State) -> tuple[Call, Call] | None:
    """Return who leaves and whom it is connected with, or None: the call in hand stays."""
    inhand = [c for c in state.calls if c.is_open and not c.hold_wanted]
    if not inhand:
        return None
    staying = inhand[-1]  # in conference there are two: the one that was begun to ask
    others = [c for c in state.calls if c != staying and (c.is_ringing or c.is_up) and _is_free(c)]
    return (others[0], staying) if others and _is_free(staying) else None


def _is_free(call: Call) -> bool:
    return call.transfer is None and call.wish not in {Wish.END, Wish.LEAVE}


def connect_to(leaving: CallId, staying: CallId) -> list[Effect]:
    """Return the order to send one call's other end to that of another one."""
    return [ConnectCalls(leaving, staying), StartTimer(PATIENCE + leaving, TAKE_OVER_S)]


# -- what the network says ----------------------------------------------------


def answered_to_connect(call: Call) -> tuple[Call, list[Effect]]:
    """Return a call that is up now, and the order if it was made or answered to be sent on."""
    wanted = call.transfer
    if wanted is None or wanted.is_asked:
        return call, []
    if wanted.other is not None:
        order = connect_to(call.call, wanted.other)
    elif call.sends_on:
        order = [TransferCall(call.call, wanted.target), StartTimer(PATIENCE + call.call, SILENT_S)]
    else:
        return call, []
    return replace(call, transfer=replace(wanted, is_asked=True)), order


def transfer_changed(state: State, event: TransferChanged) -> Result:
    """Show the progress; let go of the call when it is done, keep it when it failed."""
    call = state.find_call(event.call)
    if call is None or call.transfer is None:
        return state, []  # it hung up first, or we lost patience
    if not event.final:
        return _progress(state, call, call.transfer, event.sip)
    if event.sip // 100 == 2:
        return _done(
            state, call, call.transfer, "moved" if call.transfer.is_move else "transferred"
        )
    return failed(state, call, f"{event.reason or 'it failed'} (SIP {event.sip})")


def _progress(state: State, call: Call, running: Transfer, sip: int) -> Result:
    running = replace(running, sip=sip, words=running.words + 1)
    call = replace(call, transfer=running)
    if running.is_move and running.other is not None and sip in _RINGING:
        return _lift_again(state, call, running)
    tells = running.words > 1 and not running.is_taken and running.other is None
    wait: list[Effect] = [StartTimer(PATIENCE + call.call, PATIENCE_S)] if tells else []
    return state.with_call(call), wait


def other_ended(state: State, ended: CallId, by: EndedBy) -> Result:
    """The one we asked has hung up: soon count the transfer as done, if nothing else is said."""
    leaving = next((c for c in state.calls if c.transfer and c.transfer.other == ended), None)
    if leaving is None or leaving.transfer is None or by is not EndedBy.REMOTE:
        return state, []
    if not leaving.transfer.is_asked:
        return state, []
    taken = replace(leaving, transfer=replace(leaving.transfer, is_taken=True))
    return state.with_call(taken), [StartTimer(PATIENCE + leaving.call, TAKEN_S)]


def _done(state: State, call: Call, done: Transfer, detail: str) -> Result:
    state, answers = answer_pending(state, call.call, is_transfer, Outcome.DONE, detail)
    was_told = dict(state.notes).get(FAILED_CALL) == _LIFT_AGAIN
    effects: list[Effect] = [Tell(FAILED_CALL, "")] if was_told else []
    for one in (call, state.find_call(done.other) if done.other else None):
        if one is not None and one.wish is not Wish.END:
            state = state.with_call(replace(one, wish=Wish.END))
            effects.append(EndCall(one.call))
    return state, [*effects, *answers]


def failed(state: State, call: Call, reason: str) -> Result:
    """Take the call back; a telephone of ours that was lifted for it is hung up."""
    moved = call.transfer if call.transfer is not None and call.transfer.is_move else None
    leg = state.find_call(moved.other) if moved is not None and moved.other else None
    state = state.with_call(replace(call, transfer=None))
    if call.sends_on:
        leg = state.find_call(call.call)
    ended: list[Effect] = []
    if leg is not None and leg.wish is not Wish.END:
        state, ended = state.with_call(replace(leg, wish=Wish.END)), [EndCall(leg.call)]
    what = "moving the call" if moved else "the transfer"
    sentence = f"{'calling from the other telephone' if call.sends_on else what} failed: {reason}"
    state, answers = answer_pending(state, call.call, is_transfer, Outcome.FAILED, sentence)
    return state, [*ended, *answers, Tell(FAILED_CALL, sentence)]


def out_of_patience(state: State, call_id: CallId) -> Result:
    """Take the call back if nothing final was said, unless all else says that it is done."""
    call = state.find_call(call_id)
    if call is None or call.transfer is None:
        return state, []
    if call.transfer.is_taken:
        return _done(state, call, call.transfer, _TAKEN)
    if call.transfer.is_asked and call.transfer.other is not None:
        if call.transfer.is_move:
            return _lift_again(state, call, call.transfer)
        return failed(state, call, _NOT_TAKEN_OVER)
    is_told = not call.transfer.is_asked or call.transfer.words > 1
    waited_s = PATIENCE_S if is_told else SILENT_S
    return failed(state, call, f"no word about it for {waited_s:.0f} s")


def _lift_again(state: State, call: Call, running: Transfer) -> Result:
    """Free a telephone of ours that rings although it was lifted; the call goes on meanwhile."""
    leg = state.find_call(running.other) if running.other is not None else None
    state = state.with_call(replace(call, transfer=replace(running, other=None)))
    waits_s = PATIENCE_S if running.words > 1 else SILENT_S
    effects: list[Effect] = [StartTimer(PATIENCE + call.call, waits_s)]
    if leg is not None and leg.wish is not Wish.END:
        state = state.with_call(replace(leg, wish=Wish.END))
        effects.append(EndCall(leg.call))
    return state, [*effects, Tell(FAILED_CALL, _LIFT_AGAIN)]


def is_transfer(pending: Pending) -> bool:
    """Say whether somebody waits for a transfer."""
    return pending.verb in {Verb.TRANSFER, Verb.MOVE}
