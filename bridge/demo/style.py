"""Styled text: lines made of spans, and their way to a terminal's bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Style(Enum):
    """What a span is; the value is its SGR parameters (ECMA-48 8.3.117) and, alone, its attributes.

    Colours are the terminal's own sixteen, so that they suit a dark and a light background. No
    meaning is in the colour alone.
    """

    PLAIN = ("", "")
    DIM = ("2", "2")
    BOLD = ("1", "1")
    KEY_CAP = ("7", "7")
    KEY = ("33", "")
    INTENT = ("35", "")
    SIP = ("36", "")
    LAMP = ("32", "")
    CALLER = ("34", "")
    MQTT = ("90", "2")
    GOOD = ("1;32", "1")
    WARN = ("1;33", "1")
    BAD = ("1;31", "1")
    HELD = ("1;36", "1")


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one style, without control characters."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]

ASCII = str.maketrans(
    {
        "╭": "+", "╮": "+", "╰": "+", "╯": "+", "─": "-", "│": "|", "┴": "+", "┬": "+", "█": "#",
        "●": "*", "○": "o", "✕": "x", "♪": "~", "▮": "#", "▯": ".", "▸": ">", "→": ">", "←": "<",
        "·": "-", "–": "-", "…": ".", "✓": "+", "✗": "x",
    }
)  # fmt: skip
"""For terminals that know no more; one character each, so that columns stay."""


def width(line: Sequence[Span]) -> int:
    """Return how many columns a line takes; everything we show is one column wide."""
    return sum(len(span.text) for span in line)


def cut(line: Sequence[Span], columns: int) -> Line:
    """Return the line, at most ``columns`` wide."""
    kept: list[Span] = []
    room = columns
    for span in line:
        if room <= 0:
            break
        kept.append(Span(span.text[:room], span.style))
        room -= len(span.text)
    return tuple(kept)


def pad(line: Sequence[Span], columns: int) -> Line:
    """Return the line, exactly ``columns`` wide."""
    short = cut(line, columns)
    return (*short, Span(" " * (columns - width(short))))


def to_text(line: Sequence[Span], *, colour: bool, ascii_only: bool = False) -> str:
    """Return a line with its escape sequences, or without colours."""
    parts = []
    for span in line:
        codes = span.style.value[0 if colour else 1]
        text = span.text.translate(ASCII) if ascii_only else span.text
        parts.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
    return "".join(parts)
