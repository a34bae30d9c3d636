"""A look on the lamps a panel has: the nearest colours, and patterns where colours do not do."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations

from bridge.blf.looks import LOOKS, OFF, by_pattern
from bridge.blf.tables import MEANING, SHOWN_BY, Meaning
from bridge.model.blf import Color, KeyState, KeyType, Lamp, Pattern
from bridge.model.lamps import LookName

NEAREST: dict[Color, tuple[Color, ...]] = {
    Color.OFF: (),
    Color.GREEN: (Color.GREEN, Color.WHITE, Color.BLUE, Color.AMBER, Color.RED),
    Color.RED: (Color.RED, Color.AMBER, Color.WHITE, Color.BLUE, Color.GREEN),
    Color.AMBER: (Color.AMBER, Color.WHITE, Color.RED, Color.GREEN, Color.BLUE),
    Color.BLUE: (Color.BLUE, Color.WHITE, Color.GREEN, Color.AMBER, Color.RED),
    Color.DARK_BLUE: (Color.DARK_BLUE, Color.BLUE),
    Color.WHITE: (Color.WHITE, Color.AMBER, Color.GREEN, Color.RED, Color.BLUE),
}
"""What stands in for a colour, best first. For *unknown* nothing does but blue, or being dark."""

BRIGHTEST = (Color.WHITE, Color.AMBER, Color.RED, Color.GREEN, Color.BLUE, Color.DARK_BLUE)

ALL_COLORS = frozenset(Color)

FEW_COLORS = LookName.YEALINK
"""The look that does with red and green, for panels that have not much more."""


@cache
def lamps_for(
    look: LookName, type_: KeyType, colors: frozenset[Color] = ALL_COLORS
) -> Mapping[KeyState, Lamp]:
    """Return the lamp of each state that keys of a type can show.

    States of different meaning that the look tells apart stay apart. Where the nearest colours
    would not keep them so, the look for red and green is tried, then patterns in one colour.
    *Offline* and *unknown* may both be dark, as on desk phones, where *idle* is not.

    Args:
        look: which.
        type_: of the key.
        colors: what the panel can show, ``PanelInfo.colors``.
    """
    states = SHOWN_BY[type_]
    if colors <= {Color.OFF}:
        return dict.fromkeys(states, OFF)
    best = next(color for color in BRIGHTEST if color in colors)
    wanted = {state: LOOKS[look][state] for state in states}
    for name in (look, FEW_COLORS):
        for unknown in (None, OFF, Lamp(best, Pattern.DOUBLE)):
            found = {state: _nearest(LOOKS[name][state], colors) for state in states}
            if unknown is not None and KeyState.UNKNOWN in found:
                found[KeyState.UNKNOWN] = unknown
            if not any(confused(found, wanted)):
                return found
    return {state: by_pattern(best)[state] for state in states}


def _nearest(lamp: Lamp, colors: frozenset[Color]) -> Lamp:
    """Return the lamp in the nearest colour the panel has; dark where nothing is near."""
    if lamp.color in colors or lamp.color is Color.OFF:
        return lamp
    color = next((color for color in NEAREST[lamp.color] if color in colors), None)
    return OFF if color is None else Lamp(color, lamp.pattern)


def confused(
    found: Mapping[KeyState, Lamp], wanted: Mapping[KeyState, Lamp]
) -> Iterator[tuple[KeyState, KeyState]]:
    """Yield the pairs of different meaning that look alike though the look tells them apart."""
    for one, other in combinations(found, 2):
        is_alike = found[one] == found[other] and wanted[one] != wanted[other]
        if is_alike and MEANING[one] is not MEANING[other] and not _may_both_be_dark(one, other):
            yield one, other


def _may_both_be_dark(one: KeyState, other: KeyState) -> bool:
    return {MEANING[one], MEANING[other]} == {Meaning.UNKNOWN, Meaning.APART} and (
        KeyState.OFFLINE in (one, other)
    )
