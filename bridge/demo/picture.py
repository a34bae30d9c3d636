"""The picture of the headset: two ear cups, a microphone, four lamps."""

from collections.abc import Collection

from bridge.demo.style import Line, Span, Style

LAMP_STYLES = {
    "off_hook": Style.GOOD,
    "ring": Style.WARN,
    "mute": Style.BAD,
    "hold": Style.HELD,
}
HEADSET_COLUMNS = 19
LAMP_COLUMNS = 17


def headset(*, lit: Collection[str], plugged: bool, talking: bool) -> list[Line]:
    """Return five lines: what a headset looks like now.

    Args:
        lit: lamps that are on.
        plugged: it is there.
        talking: sound may flow from its microphone.
    """
    if not plugged:
        return [(Span(text, Style.DIM),) for text in _UNPLUGGED]
    note = Span("♪", Style.WARN) if "ring" in lit else Span(" ")
    frame = Style.PLAIN if lit else Style.DIM
    cup = Span("█", LAMP_STYLES[_foremost(lit)] if lit else Style.DIM)
    return [
        (Span("    ╭─────────╮    ", frame),),
        (Span(" ", frame), note, Span(" ╭┴╮       ╭┴╮ ", frame), note),
        (Span("   │", frame), cup, Span("│       │", frame), cup, Span("│", frame)),
        (Span("   ╰┬╯       ╰─╯", frame),),
        (Span("    ╰────", frame), *_microphone(lit, talking=talking)),
    ]


_UNPLUGGED = (
    "",
    "    ╭─── ─ ─",
    "      unplugged",
    "    ╰─── ─ ─",
    "",
)


def _microphone(lit: Collection[str], *, talking: bool) -> Line:
    if "mute" in lit:
        return Span("✕", Style.BAD), Span(" muted", Style.BAD)
    if talking:
        return Span("●", Style.GOOD), Span(" live", Style.GOOD)
    return (Span("○ mic off", Style.DIM),)


def _foremost(lit: Collection[str]) -> str:
    """Return the lamp that gives the ear cups their colour."""
    return next(name for name in ("ring", "mute", "hold", "off_hook") if name in lit)


def lamps(*, lit: Collection[str], has: Collection[str]) -> list[Line]:
    """Return one line per lamp.

    Args:
        lit: lamps that are on.
        has: lamps the headset has at all.
    """
    lines: list[Line] = []
    for name, style in LAMP_STYLES.items():
        words = name.replace("_", "-")
        if name in lit:
            lines.append((Span(f"● {words}", style),))
        elif name in has:
            lines.append((Span(f"○ {words}", Style.DIM),))
        else:
            lines.append((Span(f"  no {words}", Style.DIM),))
    return lines


METER_STEPS = 10
_FLOOR_DBFS = -60.0


def meter(dbfs: float | None) -> Line:
    """Return a level as a bar and a number; None = there is no sound to measure."""
    if dbfs is None:
        return (Span("▯" * METER_STEPS, Style.DIM), Span("  –", Style.DIM))
    filled = round(METER_STEPS * min(1.0, max(0.0, 1 - dbfs / _FLOOR_DBFS)))
    words = f"{dbfs:4.0f} dBFS" if filled else " silence"
    bar = Span("▮" * filled, Style.GOOD), Span("▯" * (METER_STEPS - filled), Style.DIM)
    return (*bar, Span(f"  {words}"))
