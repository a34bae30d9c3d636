"""Whose microphone and speaker a call has: those of the headset on which it was taken.

Only a headset's own key chooses them. A call answered from anywhere else is carried by the best
headset as far as keys and lamps go, and its sound comes from the devices of the configuration.
Before anybody has answered, the best headset is the one to ring in.
"""

from dataclasses import replace

from bridge.core.asked import Asked, carrier
from bridge.core.state import Call, State
from bridge.model.effects import Effect, UseSound


def taken_back(state: State, asked: Asked, call: Call) -> Call:
    """Return a held call as it is once somebody has come back to it."""
    taken_on = asked.device or call.taken_on
    return replace(call, hold_wanted=False, device=carrier(state, asked), taken_on=taken_on)


def listens(state: State) -> tuple[State, list[Effect]]:
    """Bring the choice of microphone and speaker in line with calls and headsets."""
    wanted = UseSound(_port(state), _ring_port(state))
    if wanted == state.sound:
        return state, []
    return replace(state, sound=wanted), [wanted]


def _ring_port(state: State) -> str:
    best = state.best_headset() if state.habits.sound_follows else None
    return best.info.port if best is not None else ""


def _port(state: State) -> str:
    """Return where the headset in use is plugged in; empty for none, or while it is unplugged."""
    if not state.habits.sound_follows:
        return ""
    taken = [call.taken_on for call in _heard(state) if call.taken_on is not None]
    headset = state.find_headset(taken[-1]) if taken else None
    return headset.info.port if headset is not None else ""


def _heard(state: State) -> list[Call]:
    """Return the calls somebody speaks in; where all wait or end, those: nothing changes then."""
    calls = [call for call in state.calls if not call.is_ringing]
    spoken = [call for call in calls if call.is_open]
    return [call for call in spoken if not call.hold_wanted] or spoken or calls
