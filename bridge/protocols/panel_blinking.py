"""When a blinking lamp is on, for panels whose lamps the host blinks. Time is data here.

All lamps of one pattern blink together, on every panel of the machine.
"""

from collections.abc import Iterable, Mapping

from bridge.model.blf import Color, Lamp, Pattern

# Seconds of one turn, and of it when the lamp is dark: begin, end; ``bridge.model.blf.Pattern``.
_DARK: Mapping[Pattern, tuple[float, tuple[tuple[float, float], ...]]] = {
    Pattern.STEADY: (1.0, ()),
    Pattern.SLOW: (2.0, ((1.0, 2.0),)),
    Pattern.FAST: (0.4, ((0.2, 0.4),)),
    Pattern.DOUBLE: (1.0, ((0.1, 0.2), (0.3, 1.0))),
    Pattern.WINK: (1.0, ((0.8, 1.0),)),
}


def blinks(lamp: Lamp) -> bool:
    """Say whether a lamp blinks."""
    return lamp.pattern is not Pattern.STEADY and lamp.color is not Color.OFF


def is_bright(pattern: Pattern, at_s: float) -> bool:
    """Say whether a lamp of a pattern is on at a time."""
    turn_s, dark = _DARK[pattern]
    within_s = at_s % turn_s
    return not any(begin <= within_s < end for begin, end in dark)


def next_change_s(patterns: Iterable[Pattern], at_s: float) -> float | None:
    """Return seconds until any of them goes on or off, at least 1 ms; None = never."""
    waits = [
        (edge - at_s % turn_s) % turn_s or turn_s
        for turn_s, dark in (_DARK[pattern] for pattern in patterns)
        for pair in dark
        for edge in pair
    ]
    return max(0.001, min(waits)) if waits else None
