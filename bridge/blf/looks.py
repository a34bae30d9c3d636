"""Lamps of the vendors, as data: which state with which colour and pattern.

After what desk phones do out of the box (``README.md`` has the sources). Where a vendor shows
nothing for *unknown* we do not follow: a dark key would mean *idle* there.
"""

from bridge.blf.tables import MEANING, Meaning
from bridge.model.blf import UNKNOWN, Color, KeyState, Lamp, Pattern
from bridge.model.lamps import LookName

Look = dict[KeyState, Lamp]

OFF = Lamp()

_FAST, _SLOW, _DOUBLE, _WINK = Pattern.FAST, Pattern.SLOW, Pattern.DOUBLE, Pattern.WINK

PATTERNS: dict[Meaning, Lamp | Pattern] = {
    Meaning.IDLE: OFF,
    Meaning.ACTIVE: Pattern.STEADY,
    Meaning.RINGING: _FAST,
    Meaning.WAITING: _SLOW,
    Meaning.APART: _WINK,
    Meaning.UNKNOWN: _DOUBLE,
}
"""What one colour can say; the same for colour-blind users on any lamp."""


def by_pattern(color: Color) -> Look:
    """Return the look that needs one colour only."""
    return {
        state: lamp if isinstance(lamp := PATTERNS[meaning], Lamp) else Lamp(color, lamp)
        for state, meaning in MEANING.items()
    }


_GENERIC: Look = {
    KeyState.UNKNOWN: UNKNOWN,
    KeyState.PLAIN: OFF,
    KeyState.OFFLINE: OFF,
    KeyState.FREE: Lamp(Color.GREEN),
    KeyState.DIALING: Lamp(Color.RED),
    KeyState.RINGING: Lamp(Color.RED, _FAST),
    KeyState.BUSY: Lamp(Color.RED),
    KeyState.HELD: Lamp(Color.RED, _SLOW),
    KeyState.PARKED: Lamp(Color.AMBER, _SLOW),
    KeyState.AWAY: Lamp(Color.AMBER),
    KeyState.DND: Lamp(Color.RED, _WINK),
    KeyState.PHONE_ONLY: Lamp(Color.GREEN, _WINK),
    KeyState.ASSISTANT: Lamp(Color.AMBER, _WINK),
    KeyState.CALLS_ME: Lamp(Color.GREEN, _FAST),
    KeyState.CALLED: Lamp(Color.WHITE, _WINK),
    KeyState.TALKING: Lamp(Color.WHITE),
    KeyState.ON_HOLD: Lamp(Color.RED, _SLOW),
    KeyState.IDLE: OFF,
    KeyState.ACTIVE: Lamp(Color.GREEN),
    KeyState.OUT_OF_USE: Lamp(Color.RED, _WINK),
    KeyState.AWAITED: Lamp(Color.RED, _DOUBLE),
    KeyState.FREE_AGAIN: Lamp(Color.GREEN, _DOUBLE),
    KeyState.ON: Lamp(Color.RED),
    KeyState.OFF: OFF,
    KeyState.LOGGED_IN: Lamp(Color.GREEN),
    KeyState.LOGGED_OUT: OFF,
    KeyState.PAUSED: Lamp(Color.AMBER),
    KeyState.CALLERS_WAIT: Lamp(Color.GREEN, _SLOW),
    KeyState.MESSAGES: Lamp(Color.RED, _SLOW),
    KeyState.NO_MESSAGES: OFF,
}

_YEALINK = _GENERIC | {
    KeyState.PARKED: Lamp(Color.RED, _SLOW),
    KeyState.AWAY: Lamp(Color.GREEN, _SLOW),
    KeyState.PHONE_ONLY: Lamp(Color.GREEN),
    KeyState.ASSISTANT: Lamp(Color.GREEN, _WINK),
    KeyState.CALLED: Lamp(Color.RED),
    KeyState.TALKING: Lamp(Color.RED),
    KeyState.PAUSED: Lamp(Color.RED, _WINK),
}

_DARK_IDLE = {
    KeyState.FREE: OFF,
    KeyState.PHONE_ONLY: OFF,
    KeyState.OFFLINE: Lamp(Color.RED, _WINK),
}
"""Vendors whose idle key is dark: offline then has to say so."""

_POLY = (
    _YEALINK
    | _DARK_IDLE
    | {
        KeyState.RINGING: Lamp(Color.GREEN, _FAST),
        KeyState.AWAY: Lamp(Color.RED, _WINK),
        KeyState.ASSISTANT: Lamp(Color.GREEN, _WINK),
    }
)

_SNOM = _YEALINK | _DARK_IDLE | {KeyState.AWAY: Lamp(Color.RED, _WINK)}

LOOKS: dict[LookName, Look] = {
    LookName.GENERIC: _GENERIC,
    LookName.YEALINK: _YEALINK,
    LookName.POLY: _POLY,
    LookName.GIGASET: dict(_SNOM),  # its keys are described in Snom's format
    LookName.SNOM: _SNOM,
    LookName.SINGLE: by_pattern(Color.RED),
    LookName.HIGH_CONTRAST: by_pattern(Color.WHITE),
}
