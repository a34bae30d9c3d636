"""What a gesture means in which situation: one table."""

from enum import Enum

from bridge.core.state import Call, State, Wish
from bridge.model.calls import Phase
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
    DIGIT = "digit"
    FREE_KEY = "free key"  # speed dial, voice mail, Teams, volume: reported, bound to nothing yet


class Situation(Enum):
    """The column of the decision table a device finds itself in."""

    IDLE = "idle"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ACTIVE = "active"
    HELD = "held"


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
    (Gesture.LIFT, Situation.HELD): Verb.RESUME,
    (Gesture.FLASH, Situation.HELD): Verb.RESUME,
    (Gesture.HOLD, Situation.HELD): Verb.RESUME,
    (Gesture.HANG_UP, Situation.HELD): Verb.HANGUP,  # reached only if off-hook is kept on hold
    (Gesture.DROP, Situation.HELD): Verb.HANGUP,
    (Gesture.MUTE, Situation.HELD): Verb.TOGGLE_MUTE,
}


def current_call(state: State) -> Call | None:
    """Return the call a gesture or an intent without a call id means, or None."""
    return next((c for c in reversed(state.calls) if c.wish is not Wish.END), None)


def situation_of(call: Call | None) -> Situation:
    """Return the situation a call puts its device in; wishes count as fulfilled."""
    if call is None:
        return Situation.IDLE
    if call.is_ringing:
        return Situation.INCOMING
    if call.phase in {Phase.DIALING, Phase.EARLY}:
        return Situation.OUTGOING
    return Situation.HELD if call.hold_wanted else Situation.ACTIVE


def meaning_of(gesture: Gesture, situation: Situation) -> Verb | None:
    """Return the intent a gesture stands for in a situation, or None."""
    return MEANING.get((gesture, situation))
