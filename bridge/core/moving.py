"""Moving the running call to another telephone of its user, and pulling one here.

Theory: the other telephone is called on a leg of ours that nobody here listens to. Meanwhile the
call goes on as it is. Once the other telephone is lifted, the other end of the call is told to take
the place of that leg (REFER with Replaces, RFC 5589 section 7): the break is one re-INVITE long,
and a telephone that nobody lifts costs nothing.

Pulling is the other way round: a call of ours takes the place of another telephone's dialog (INVITE
with Replaces, RFC 3891), or the PBX does it by a feature code.
"""

from dataclasses import replace

from bridge.core.asked import Asked, Result, sentence_of
from bridge.core.permit import counted
from bridge.core.placing import Objection, Order, decide, is_urgent
from bridge.core.state import Call, State, Transfer, Wish
from bridge.core.transfers import PATIENCE, PATIENCE_S, connect_to, failed
from bridge.model.calls import Cause, Direction, Party, Phase
from bridge.model.effects import AnnounceCall, Effect, EndCall, PlaceCall, StartTimer
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb

LEFT = "left:"
"""Timer name prefix: a leg whose call is over, because its other end took it with it."""

LEFT_S = 10.0
"""Time for the other end to take the place of the leg; it needs one INVITE for it."""


# -- wishes -------------------------------------------------------------------


def move(state: State, asked: Asked, call: Call) -> Result:
    """Call another telephone of ours; its end of the call follows once that is lifted."""
    if call.transfer is not None:
        return state, asked.answer(Outcome.DONE, "a transfer is under way", call.call)
    objection = _cannot_move(state, call)
    if objection:
        return state, asked.refuse(Outcome.CONFLICT, objection, call.call)
    text = _endpoint(state, asked.intent.target)
    if not text:
        return state, asked.refuse(Outcome.INVALID, _endpoints_named(state), call.call)
    intent = Intent(Verb.DIAL, target=text, account=call.account)
    order = decide(state, intent, text, asked.source, asked.at_s)
    if isinstance(order, Objection):
        return state, asked.refuse(order.outcome, order.detail, call.call)
    if order.is_emergency:
        detail = "a call is not moved to an emergency number: hang up and dial it"
        return state, asked.refuse(Outcome.INVALID, detail, call.call)
    return _call_endpoint(state, asked, call, order)


def what_to_pull(state: State, intent: Intent) -> str:
    """Return what is dialled to pull a call: its other end, or the PBX's feature code; or nothing.

    Args:
        state: with the lines.
        intent: with ``dialog`` and ``target``, or without both.
    """
    if intent.dialog:
        return intent.target
    account = intent.account or (state.lines[0].account if state.lines else None)
    return "" if account is None else state.habits.pull_of(account)


NOTHING_TO_PULL = (
    "set accounts.pull to the feature code of your PBX, or name the call with --dialog and whom it "
    "is with"
)


def _cannot_move(state: State, call: Call) -> str:
    if not call.is_up:
        return f"the call is {call.phase.value}"
    if is_urgent(state, call):
        return "an emergency call is not moved: whoever answers it has to reach you"
    if call.joined:
        return "a conference is mixed here and cannot be moved"
    return ""


def _endpoint(state: State, name: str) -> str:
    """Return the number of an endpoint; without a name, of the only one there is."""
    known = state.habits.endpoints
    if not name and len(known) == 1:
        return known[0][1]
    return dict(known).get(name, "")


def _endpoints_named(state: State) -> str:
    names = ", ".join(name for name, _ in state.habits.endpoints)
    if not names:
        return "there is nowhere to move it: set calls.endpoints"
    return f"expected one of the endpoints {names} (calls.endpoints)"


def _call_endpoint(state: State, asked: Asked, call: Call, order: Order) -> Result:
    leg = Call(
        call=asked.new_call,
        account=order.account,
        direction=Direction.OUTGOING,
        phase=Phase.DIALING,
        remote=Party(order.found.number),
        since_s=asked.at_s,
        moved_from=call.call,
    )
    if asked.source:
        state = replace(state, dials=counted(state.dials, asked.source, asked.at_s))
    wanted = Transfer("", leg.call, is_asked=False, is_move=True)
    state = state.with_call(replace(call, transfer=wanted)).with_call(leg)
    identity = state.habits.identity_of(leg.account)
    return asked.later(state, call.call), [
        PlaceCall(leg.call, leg.account, order.found.target, identity),
        AnnounceCall(leg.call, None, Phase.DIALING),
        StartTimer(PATIENCE + call.call, PATIENCE_S),
        *asked.answer(Outcome.ACCEPTED, call=call.call),
    ]


# -- what the network says ----------------------------------------------------


def lifted(state: State, leg: Call) -> Result:
    """Tell the other end to take the place of a leg, now that the other telephone was lifted."""
    call = state.find_call(leg.moved_from) if leg.moved_from is not None else None
    wanted = None if call is None else call.transfer
    if call is None or wanted is None or wanted.is_asked or wanted.other != leg.call:
        return state, []
    state = state.with_call(replace(call, transfer=replace(wanted, is_asked=True)))
    return state, connect_to(call.call, leg.call)


def ended(state: State, over: Call, cause: Cause) -> Result:
    """Take the call back if its leg ended too soon; let go of the leg if the call is over.

    Args:
        state: without the call that ended.
        over: that call.
        cause: why.
    """
    if over.moved_from is not None:
        call = state.find_call(over.moved_from)
        if call is None or call.transfer is None or call.transfer.is_asked:
            return state, []
        return failed(state, call, sentence_of(cause))
    moved = over.transfer if over.transfer is not None and over.transfer.is_move else None
    leg = state.find_call(moved.other) if moved is not None and moved.other is not None else None
    if moved is None or leg is None:
        return state, []
    if moved.is_asked:  # whoever was told may be on the way to the other telephone
        return state, [StartTimer(LEFT + leg.call, LEFT_S)]
    return _given_up(state, leg)


def left(state: State, leg_id: CallId) -> Result:
    """End a leg that nobody has taken over."""
    leg = state.find_call(leg_id)
    return (state, []) if leg is None else _given_up(state, leg)


def _given_up(state: State, leg: Call) -> Result:
    if leg.wish is Wish.END:
        return state, []
    effects: list[Effect] = [EndCall(leg.call)]
    return state.with_call(replace(leg, wish=Wish.END)), effects
