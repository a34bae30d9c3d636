"""Being sent elsewhere by the other end, and having it replaced by somebody else.

Theory: the call of before is left to the other end, which ends it once the new one is up (RFC
5589). A new call that fails gives the one of before back. Where the PBX puts somebody else in the
place of the other end (RFC 3891), the call is as it was for all who see it.
"""

from dataclasses import replace

from bridge.core.asked import FAILED_CALL, Result
from bridge.core.placing import Objection, may_send_on
from bridge.core.state import Call, State, Wish
from bridge.model.calls import Direction, Party, Phase
from bridge.model.effects import AnnounceCall, EndCall, Tell
from bridge.model.events import CallReferred, CallReplaced
from bridge.model.ids import CallId


def call_referred(state: State, event: CallReferred) -> Result:
    """The other end has sent us elsewhere: its call is left, a new one is on its way."""
    old = state.find_call(event.call)
    if old is None or not old.is_open:
        return state.as_unexpected(), [EndCall(event.new_call)]
    # The engine knows what may never be dialled; what is barred is known here alone.
    allowed = may_send_on(state, old.account, event.target.number, old.public, event.at_s)
    if isinstance(allowed, Objection):
        refused = f"the other end wanted to send us elsewhere: {allowed.detail}"
        return state, [EndCall(event.new_call), Tell(FAILED_CALL, refused)]
    new = _successor(old, event.new_call, Phase.DIALING, event.target, event.at_s)
    new = replace(new, direction=Direction.OUTGOING, referred_from=old.call)
    state = state.with_call(replace(old, wish=Wish.LEAVE, joined=False)).with_call(new)
    return state, [AnnounceCall(new.call, None, Phase.DIALING)]


def call_replaced(state: State, event: CallReplaced) -> Result:
    """Somebody else takes the place of the other end; the call is as it was, for all who see it."""
    old = state.find_call(event.call)
    if old is None or not old.is_open:
        return state.as_unexpected(), [EndCall(event.new_call)]
    new = _successor(old, event.new_call, Phase.CONNECTED, event.remote, event.at_s)
    state = state.with_call(replace(old, wish=Wish.LEAVE, joined=False)).with_call(new)
    return state, [AnnounceCall(new.call, None, Phase.CONNECTED)]


def _successor(old: Call, new: CallId, phase: Phase, remote: Party, at_s: float) -> Call:
    return Call(
        call=new,
        account=old.account,
        direction=old.direction,
        phase=phase,
        remote=remote,
        since_s=at_s,
        device=old.device,
        home=old.home,
        taken_on=old.taken_on,
        hold_wanted=old.hold_wanted,
        joined=old.joined,
        diverted_by=old.remote,
        public=old.public,
    )


def referral_failed(state: State, ended: Call) -> State:
    """Return the state in which the call we were sent away from is ours again."""
    old = state.find_call(ended.referred_from) if ended.referred_from else None
    if old is None or ended.is_up or old.wish is not Wish.LEAVE:
        return state
    again = replace(old, wish=Wish.NONE, joined=ended.joined, hold_wanted=ended.hold_wanted)
    return state.with_call(again)
