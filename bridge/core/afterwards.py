"""Digits dialled behind a number, pressed once the call is up: an extension, a menu, a PIN."""

from dataclasses import replace

from bridge.core.asked import Result
from bridge.core.state import Call, State
from bridge.model.calls import Direction
from bridge.model.effects import Effect, SendDtmf, StartTimer
from bridge.model.ids import CallId

PRESS = "press:"
"""Timer name prefix: the next digits of a call are due."""

PAUSE = ","
PAUSE_S = 3.0  # 3GPP TS 22.101 annex A.21, the separator of DTMF digits: 3 s, 20 % more or less
_DIGIT_S = 0.25  # tone and gap as PJSIP sends them, 160 + 50 ms at most


def press_later(call: Call) -> list[Effect]:
    """Return the timer for the first digits of a call that is up now."""
    if not call.later or call.direction is not Direction.OUTGOING:
        return []
    return [StartTimer(PRESS + call.call, PAUSE_S)]


def pressed(state: State, call_id: CallId) -> Result:
    """Press the digits up to the next pause."""
    call = state.find_call(call_id)
    if call is None or not call.later or not call.is_up or not call.is_open:
        return state, []
    digits, _, rest = call.later.partition(PAUSE)
    effects: list[Effect] = [SendDtmf(call.call, digits)] if digits else []
    if rest:
        effects.append(StartTimer(PRESS + call.call, PAUSE_S + len(digits) * _DIGIT_S))
    return state.with_call(replace(call, later=rest)), effects
