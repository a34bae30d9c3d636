"""A wish with everything that goes with it, and who waits to hear what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.core.state import Pending, State
from bridge.model.calls import Cause
from bridge.model.effects import AnswerRequest, Effect, Tell
from bridge.model.ids import CallId, DeviceId, RequestId
from bridge.model.intents import Intent, Outcome

FAILED_CALL = "call"
"""Topic of what failed about the last call."""

Result = tuple[State, list[Effect]]


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


def public_source(state: State, asked: Asked) -> str:
    """Return who asked, if that may be anybody (a screen in a room): it stays with his call."""
    is_public = state.habits.numbers.reach_of(asked.source) is not None
    return asked.source if is_public else ""


def carrier(state: State, asked: Asked) -> DeviceId | None:
    """Return the device that shall carry a call: where it was said, else the best attached."""
    if asked.device is not None:
        return asked.device
    best = state.best_headset()
    return best.device if best is not None else None


def others_on_hold(state: State, but: CallId) -> State:
    """Return the state with every other call on hold: one at a time has the microphone.

    One that is not up yet is put on hold when it comes up.
    """
    for call in state.calls:
        if call.call != but and call.is_open and not call.hold_wanted and not call.is_deaf:
            state = state.with_call(replace(call, hold_wanted=True))
    return state


def answer_pending(
    state: State,
    call: CallId,
    is_meant: Callable[[Pending], bool],
    outcome: Outcome,
    detail: str,
) -> Result:
    """Answer those who wait for a call to move on.

    Args:
        state: before.
        call: that moved.
        is_meant: who has waited for that.
        outcome: what became of it.
        detail: one sentence about it, may be empty.
    """
    meant = [p for p in state.pending if p.call == call and is_meant(p)]
    rest = tuple(p for p in state.pending if p not in meant)
    effects: list[Effect] = [AnswerRequest(p.request, outcome, detail, call) for p in meant]
    return replace(state, pending=rest), effects


def sentence_of(cause: Cause) -> str:
    """Return why a call ended, for people, with the SIP status."""
    reason = cause.reason or "the call ended"
    return f"{reason} (SIP {cause.sip})" if cause.sip and str(cause.sip) not in reason else reason
