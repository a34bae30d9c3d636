"""What a gesture means in which situation: one table."""

from dataclasses import replace
from enum import Enum

from bridge.core.state import Call, Headset, State
from bridge.model.calls import Phase
from bridge.model.habits import WhenForeign
from bridge.model.ids import DeviceId
from bridge.model.intents import Verb


class Gesture(Enum):
    """What a person did, in the same words for every vendor (firmware decodes taps)."""

    LIFT = "lift"  # hook 0 -> 1: tap of the answer/end key, or taken off the cradle
    HANG_UP = "hang up"  # hook 1 -> 0
    FLASH = "flash"
    REJECT = "reject"
    DROP = "drop"
    HOLD = "hold"
    MUTE = "mute"
    REDIAL = "redial"
    DIGIT = "digit"  # while idle collected: ``dialling``
    FREE_KEY = "free key"  # speed dial, voice mail, Teams, volume: what the user bound it to


class Situation(Enum):
    """The column of the decision table a device finds itself in."""

    IDLE = "idle"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ACTIVE = "active"
    ACTIVE_INCOMING = "active + incoming"
    ACTIVE_HELD = "active + held"
    HELD = "held"
    HELD_INCOMING = "held + incoming"


# hid_telephony.md section "decisions"; evidence for each row in its sources. A pair that is not
# here is ignored: a press without meaning must not do anything.
MEANING: dict[tuple[Gesture, Situation], Verb] = {
    (Gesture.REDIAL, Situation.IDLE): Verb.REDIAL,
    (Gesture.LIFT, Situation.INCOMING): Verb.ANSWER,
    (Gesture.FLASH, Situation.INCOMING): Verb.ANSWER,
    (Gesture.REJECT, Situation.INCOMING): Verb.REJECT,
    (Gesture.DROP, Situation.INCOMING): Verb.REJECT,
    (Gesture.HANG_UP, Situation.OUTGOING): Verb.HANGUP,
    (Gesture.DROP, Situation.OUTGOING): Verb.HANGUP,
    (Gesture.MUTE, Situation.OUTGOING): Verb.TOGGLE_MUTE,
    (Gesture.DIGIT, Situation.OUTGOING): Verb.DTMF,
    (Gesture.HANG_UP, Situation.ACTIVE): Verb.HANGUP,
    (Gesture.DROP, Situation.ACTIVE): Verb.HANGUP,
    (Gesture.FLASH, Situation.ACTIVE): Verb.HOLD,
    (Gesture.HOLD, Situation.ACTIVE): Verb.HOLD,
    (Gesture.MUTE, Situation.ACTIVE): Verb.TOGGLE_MUTE,
    (Gesture.DIGIT, Situation.ACTIVE): Verb.DTMF,
    (Gesture.HANG_UP, Situation.ACTIVE_INCOMING): Verb.END_AND_ANSWER,
    (Gesture.FLASH, Situation.ACTIVE_INCOMING): Verb.ANSWER,  # the first one goes on hold
    (Gesture.HOLD, Situation.ACTIVE_INCOMING): Verb.ANSWER,
    (Gesture.REJECT, Situation.ACTIVE_INCOMING): Verb.REJECT,
    (Gesture.DROP, Situation.ACTIVE_INCOMING): Verb.REJECT,
    (Gesture.MUTE, Situation.ACTIVE_INCOMING): Verb.TOGGLE_MUTE,
    (Gesture.DIGIT, Situation.ACTIVE_INCOMING): Verb.DTMF,
    (Gesture.HANG_UP, Situation.ACTIVE_HELD): Verb.HANGUP,  # the active one; the held stays held
    (Gesture.DROP, Situation.ACTIVE_HELD): Verb.HANGUP,
    (Gesture.FLASH, Situation.ACTIVE_HELD): Verb.SWAP,
    (Gesture.HOLD, Situation.ACTIVE_HELD): Verb.SWAP,
    (Gesture.MUTE, Situation.ACTIVE_HELD): Verb.TOGGLE_MUTE,
    (Gesture.DIGIT, Situation.ACTIVE_HELD): Verb.DTMF,
    (Gesture.LIFT, Situation.HELD): Verb.RESUME,
    (Gesture.FLASH, Situation.HELD): Verb.RESUME,
    (Gesture.HOLD, Situation.HELD): Verb.RESUME,
    (Gesture.HANG_UP, Situation.HELD): Verb.HANGUP,  # reached only if off-hook is kept on hold
    (Gesture.DROP, Situation.HELD): Verb.HANGUP,
    (Gesture.MUTE, Situation.HELD): Verb.TOGGLE_MUTE,
    (Gesture.LIFT, Situation.HELD_INCOMING): Verb.ANSWER,
    (Gesture.FLASH, Situation.HELD_INCOMING): Verb.ANSWER,
    (Gesture.REJECT, Situation.HELD_INCOMING): Verb.REJECT,
    (Gesture.DROP, Situation.HELD_INCOMING): Verb.REJECT,
    (Gesture.MUTE, Situation.HELD_INCOMING): Verb.TOGGLE_MUTE,
}


_OF_A_RINGING_CALL = frozenset(
    {Verb.ANSWER, Verb.REJECT, Verb.END_AND_ANSWER, Verb.SILENCE, Verb.DIVERT}
)


def ringing_call(state: State) -> Call | None:
    """Return the call that rings here and nobody has decided on, or None."""
    return next((c for c in state.calls if c.is_ringing), None)


def active_call(state: State) -> Call | None:
    """Return the call people speak in or dial, or None; wishes count as fulfilled."""
    return next((c for c in state.calls if _is_ours(c) and not c.hold_wanted), None)


def _is_ours(call: Call) -> bool:
    """Say whether somebody here deals with a call, not with one that only moves another."""
    return call.is_open and not call.is_deaf


def held_call(state: State) -> Call | None:
    """Return the call on hold that was held last, or None; wishes count as fulfilled."""
    return next((c for c in reversed(state.calls) if c.is_open and c.hold_wanted), None)


def meant_call(state: State, verb: Verb, device: DeviceId | None = None) -> Call | None:
    """Return the call an intent without a call id means, or None.

    Args:
        state: before the intent.
        verb: what is wanted.
        device: the headset it was said on: a call on it comes before those on others.
    """
    if device is not None and verb not in _OF_A_RINGING_CALL:
        mine = replace(state, calls=tuple(c for c in state.calls if c.device == device))
        if (call := _meant(mine, verb)) is not None:
            return call
    return _meant(state, verb)


def _meant(state: State, verb: Verb) -> Call | None:
    if verb in _OF_A_RINGING_CALL:
        return ringing_call(state) or active_call(state) or held_call(state)
    if verb is Verb.RESUME:
        return held_call(state) or active_call(state) or ringing_call(state)
    spoken = active_call(state) or held_call(state) or ringing_call(state)
    if spoken is None and verb is Verb.HANGUP:
        return next((c for c in state.calls if c.sends_on and c.is_open), None)
    return spoken


def situation_of(state: State, headset: Headset) -> Situation:
    """Return the situation a device is in: its own calls, and whatever rings.

    Where another program's call is left in peace nothing rings: its keys are for that call.
    """
    mine = [c for c in state.calls if c.is_open and c.device == headset.device]
    in_peace = headset.foreign and state.habits.when_foreign is WhenForeign.SILENT
    rings = ringing_call(state) is not None and not in_peace
    active = next((c for c in mine if not c.hold_wanted), None)
    held = any(c.hold_wanted for c in mine)
    if active is not None:
        if active.phase in {Phase.DIALING, Phase.EARLY}:
            return Situation.OUTGOING
        if rings:
            return Situation.ACTIVE_INCOMING
        return Situation.ACTIVE_HELD if held else Situation.ACTIVE
    if held:
        return Situation.HELD_INCOMING if rings else Situation.HELD
    return Situation.INCOMING if rings else Situation.IDLE


def meaning_of(gesture: Gesture, situation: Situation) -> Verb | None:
    """Return the intent a gesture stands for in a situation, or None."""
    return MEANING.get((gesture, situation))
