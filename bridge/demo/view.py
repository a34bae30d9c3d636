"""The screen of the interactive demo: a frame made of what is known, nothing else."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.demo.picture import HEADSET_COLUMNS, LAMP_COLUMNS, headset, lamps, meter
from bridge.demo.style import Line, Span, Style, cut, pad, width
from bridge.demo.timeline import Row, Section

LEAST_COLUMNS, LEAST_LINES = 50, 14  # smaller than this shows one sentence
PICTURE_COLUMNS = 78  # from here on the headset is drawn

STAGE_STYLES = {
    "KEY": Style.KEY,
    "HID": Style.KEY,
    "INTENT": Style.INTENT,
    "SIP": Style.SIP,
    "SOUND": Style.SIP,
    "LAMP": Style.LAMP,
    "CALLER": Style.CALLER,
    "MQTT": Style.MQTT,
    "NOTE": Style.WARN,
}


KeyGroup = tuple[str, Sequence[tuple[str, str]]]
"""Name of a group, then key and what it does."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the screen shows besides the timeline.

    Args:
        title: first line.
        name: of the headset.
        intro: two lines: what is real and what is not.
        notes: what is missing on this machine.
        lit: lamps that are on.
        has: lamps the headset has.
        plugged: the headset is there.
        talking: a call is connected and its microphone counts.
        call: the call, for people.
        caller: what the caller sees.
        headset_hears, caller_hears: level of the other's tone in dBFS, None without sound.
        bytes: last report written.
        hint: what to do now.
        keys: groups of keys, each with its name, keys and what they do.
    """

    title: str
    name: str
    intro: Sequence[str]
    notes: Sequence[str]
    lit: frozenset[str]
    has: frozenset[str]
    plugged: bool
    talking: bool
    call: str
    caller: str
    headset_hears: float | None
    caller_hears: float | None
    bytes: str
    hint: str
    keys: Sequence[KeyGroup]


def frame(picture: Picture, sections: Sequence[Section], columns: int, lines: int) -> list[Line]:
    """Return exactly ``lines`` lines of at most ``columns`` columns."""
    if columns < LEAST_COLUMNS or lines < LEAST_LINES:
        small = f"make the window at least {LEAST_COLUMNS} by {LEAST_LINES}; q quits"
        return [cut((Span(small),), columns), *([()] * (lines - 1))][:lines]
    head = _head(picture, columns)
    foot = [_rule("", columns), *_panel(picture, columns), _rule("", columns)]
    foot += [(Span(f" {picture.hint}", Style.BOLD),), *_keys(picture.keys, columns)]
    room = max(1, lines - len(head) - len(foot))
    middle = latest(sections, room)
    return [cut(line, columns) for line in [*head, *middle, *foot]][:lines]


def _head(picture: Picture, columns: int) -> list[Line]:
    notes: list[Line] = [
        (Span(line, Style.WARN),)
        for note in picture.notes
        for line in textwrap.wrap(f" ! {note}", columns, subsequent_indent="   ")
    ]
    intro: list[Line] = [
        (Span(f" {line[:9]}", Style.BOLD), Span(line[9:], Style.DIM)) for line in picture.intro
    ]
    title = (Span(f" {picture.title}", Style.BOLD),)
    return [title, *intro, *notes, _rule("milliseconds since the press or call", columns)]


def _rule(words: str, columns: int) -> Line:
    label = f"─ {words} " if words else ""
    return (Span(f"{label}{'─' * (columns - len(label))}", Style.DIM),)


# -- timeline ---------------------------------------------------------------------


def latest(sections: Sequence[Section], room: int) -> list[Line]:
    """Return the last lines, exactly ``room`` of them; the title of what is cut stays on top."""
    lines = timeline_lines(sections)
    shown = lines[-room:]
    cut_off = lines[: len(lines) - len(shown)]
    if cut_off and shown[0] and not is_title(shown[0]):
        shown[0] = next(line for line in reversed(cut_off) if is_title(line))
    return shown + [()] * (room - len(shown))


def is_title(line: Line) -> bool:
    """Return whether a line of the timeline is the title of a section."""
    return bool(line) and line[0].style is Style.BOLD


def timeline_lines(sections: Sequence[Section]) -> list[Line]:
    """Return all sections as lines, an empty one between two."""
    lines: list[Line] = []
    for section in sections:
        lines += [(), (Span(f" ▸ {section.title}", Style.BOLD),)] if lines else [
            (Span(f" ▸ {section.title}", Style.BOLD),)
        ]  # fmt: skip
        for row in section.rows:
            ms, stage, text, detail = row_words(row, section.began_s)
            style = STAGE_STYLES.get(row.stage, Style.PLAIN)
            lines.append((Span(ms), Span(stage, style), Span(text), Span(detail, Style.DIM)))
    return lines


def row_words(row: Row, began_s: float) -> tuple[str, str, str, str]:
    """Return the cells of a row, padded: milliseconds, stage, what, bytes or topic."""
    ms = max(0.0, (row.at_s - began_s) * 1000)
    return f"{ms:9.1f} ms  ", f"{row.stage:8}", f"{row.text:38} ", row.detail


# -- panel ------------------------------------------------------------------------


def _panel(picture: Picture, columns: int) -> list[Line]:
    """Return the headset, its lamps, the call and both ears, side by side."""
    facts = _facts(picture)
    lit = [
        *lamps(lit=picture.lit, has=picture.has),
        (Span(picture.bytes and f"bytes {picture.bytes}", Style.DIM),),
    ]
    drawn = headset(lit=picture.lit, plugged=picture.plugged, talking=picture.talking)
    lines: list[Line] = []
    for art, lamp, fact in zip(drawn, lit, facts, strict=True):
        left = pad(art, HEADSET_COLUMNS) if columns >= PICTURE_COLUMNS else (Span(" "),)
        lines.append((*left, *pad(lamp, LAMP_COLUMNS), *fact))
    return lines


def _facts(picture: Picture) -> list[Line]:
    rows: list[tuple[str, Line]] = [
        ("headset", (Span(picture.name),)),
        ("call", (Span(picture.call, Style.BOLD),)),
        ("you hear", meter(picture.headset_hears)),
        ("caller hears", meter(picture.caller_hears)),
        ("the caller", (Span(picture.caller),)),
    ]
    return [(Span(f"{name:14}", Style.DIM), *line) for name, line in rows]


def _keys(groups: Sequence[KeyGroup], columns: int) -> list[Line]:
    """Return the keys, a line for each group, more where the window is narrow."""
    lines: list[list[Span]] = []
    for name, keys in groups:
        lines.append([Span(f" {name:9}", Style.DIM)])
        for key, does in keys:
            one = [Span(f" {key} ", Style.KEY_CAP), Span(f" {does}  ")]
            if width([*lines[-1], *one]) > columns:
                lines.append([Span(" " * 10)])
            lines[-1] += one
    return [tuple(line) for line in lines]
