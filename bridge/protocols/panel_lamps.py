"""What a panel shows instead of a lamp it does not have: never one that means something else.

Who decides what a key shows knows the panel's colours and asks for others by mistake at most; this
table keeps such a mistake from becoming a lie.
"""

from collections.abc import Set as AbstractSet

from bridge.model.blf import UNKNOWN, Color, Lamp, Pattern

# First to last; what is not there either is off. Nothing but blue stands in for dark blue, which
# means unknown; dark blue stands in for nothing; free (green) never shows in a colour of busy.
_STAND_INS = {
    Color.OFF: (),
    Color.GREEN: (Color.WHITE,),
    Color.RED: (Color.AMBER, Color.WHITE),
    Color.AMBER: (Color.RED, Color.WHITE),
    Color.BLUE: (Color.WHITE,),
    Color.DARK_BLUE: (Color.BLUE,),
    Color.WHITE: (Color.AMBER,),
}
# For the two flashes that mean unknown where no blue does: the colour of *busy* on such a panel
# before that of *free*.
_FLASHES = (Color.RED, Color.AMBER, Color.WHITE, Color.BLUE, Color.GREEN, Color.DARK_BLUE)
# Fewer ways to blink: whatever calls for attention still does.
_LIKE = {
    Pattern.STEADY: (),
    Pattern.SLOW: (Pattern.WINK, Pattern.DOUBLE, Pattern.FAST),
    Pattern.FAST: (Pattern.DOUBLE, Pattern.SLOW, Pattern.WINK),
    Pattern.DOUBLE: (Pattern.FAST, Pattern.SLOW, Pattern.WINK),
    Pattern.WINK: (Pattern.SLOW, Pattern.DOUBLE, Pattern.FAST),
}


def unknown_on(colors: AbstractSet[Color], patterns: AbstractSet[Pattern]) -> Lamp:
    """Return the lamp by which a panel says that nothing is known: never one that means idle.

    Dark blue; blue, where other colours say *free* and *busy*; else two flashes; else dark.
    ``bridge/blf/fit.py`` chooses for each key; this one lamp has to do for all keys of any look.

    Args:
        colors: what there is; off always is.
        patterns: what there is; steady always is.
    """
    if Color.DARK_BLUE in colors and not colors <= {Color.DARK_BLUE, Color.OFF}:
        return UNKNOWN
    has_free = not colors.isdisjoint({Color.GREEN, Color.WHITE})
    has_busy = not colors.isdisjoint({Color.RED, Color.AMBER, Color.WHITE})
    if Color.BLUE in colors and has_free and has_busy:
        return Lamp(Color.BLUE)
    color = next((one for one in _FLASHES if one in colors), Color.OFF)
    has_it = color is not Color.OFF and Pattern.DOUBLE in patterns
    return Lamp(color, Pattern.DOUBLE) if has_it else Lamp()


def nearest(lamp: Lamp, colors: AbstractSet[Color], patterns: AbstractSet[Pattern]) -> Lamp:
    """Return what a panel with these colours and patterns shows for a lamp.

    Args:
        lamp: what is wanted.
        colors: what there is; off always is.
        patterns: what there is; steady always is.
    """
    color = next((c for c in (lamp.color, *_STAND_INS[lamp.color]) if c in colors), Color.OFF)
    if color is Color.OFF:
        return Lamp()
    like = (lamp.pattern, *_LIKE[lamp.pattern])
    return Lamp(color, next((p for p in like if p in patterns), Pattern.STEADY))
