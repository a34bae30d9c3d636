"""Recording of a call: by us, into a file, or by the PBX, which is asked by a feature code.

A PBX tells whether it records by its announcement alone: what is shown is what was asked of it.
"""

from dataclasses import replace

from bridge.core.asked import Asked, Result, answer_pending
from bridge.core.state import Call, Pending, State
from bridge.model.effects import RecordCall, SendDtmf, Tell
from bridge.model.events import RecordingChanged
from bridge.model.intents import Outcome, Verb

TOPIC = "recording"

_VERBS = frozenset({Verb.RECORD, Verb.STOP_RECORDING})


def record(state: State, asked: Asked, call: Call, *, wanted: bool) -> Result:
    """Begin or end it."""
    if call.recording == wanted:
        detail = "it is being recorded" if wanted else "it is not being recorded"
        return state, asked.answer(Outcome.DONE, detail, call.call)
    if not call.is_up:
        detail = f"the call is {call.phase.value}"
        return state, asked.refuse(Outcome.CONFLICT, detail, call.call)
    if code := state.habits.recording_code_of(call.account, on=wanted):
        state = state.with_call(replace(call, recording=wanted))
        detail = f"the PBX was asked to {'record' if wanted else 'stop recording'} by {code}"
        return state, [SendDtmf(call.call, code), *asked.answer(Outcome.DONE, detail, call.call)]
    state = asked.later(state, call.call)
    order = RecordCall(call.call, on=wanted)
    return state, [order, *asked.answer(Outcome.ACCEPTED, call=call.call)]


def recording_changed(state: State, event: RecordingChanged) -> Result:
    """Show it; tell when it ended without anybody wanting that."""
    call = state.find_call(event.call)
    if call is None:
        return state, []
    state = state.with_call(replace(call, recording=event.on))

    def is_meant(pending: Pending) -> bool:
        return pending.verb in _VERBS

    outcome = Outcome.FAILED if event.reason else Outcome.DONE
    detail = event.reason or event.file
    state, answers = answer_pending(state, call.call, is_meant, outcome, detail)
    return state, [*answers, *([Tell(TOPIC, event.reason)] if event.reason else [])]
