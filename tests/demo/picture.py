"""Draws the demo as it looks in mid-call: ``python -m tests.demo.picture bridge/demo/demo.svg``.

The screen is that of a real run in a pseudo terminal, its figures are those of that run.
"""

import re
import sys
from html import escape
from itertools import groupby
from pathlib import Path

from tests.demo.screen import Cell, Demo

COLUMNS, LINES = 84, 43
CHAR_WIDTH, LINE_HEIGHT, FONT_SIZE = 8.4, 19, 14  # pixels; 0.6 em is usual for monospace
MARGIN, TITLE_BAR = 20, 38

BACKGROUND, BAR, TEXT, RULE = "#11161d", "#1b222c", "#d7dde5", "#39434f"
KEY_CAP = "7"  # SGR: reverse
LONG_RULE = 20  # from here on a row of dashes is drawn as a line
WORDS = re.compile(r"\S+(?: \S+)*")  # two spaces part columns; not all viewers keep them
COLOURS = {  # SGR parameters -> colour and weight
    "": (TEXT, ""),
    "1": ("#ffffff", "b"),
    "2": ("#7d8896", ""),
    "33": ("#e5c07b", ""),
    "35": ("#c891e0", ""),
    "36": ("#5cc5d1", ""),
    "32": ("#8fcf7a", ""),
    "34": ("#79b0f5", ""),
    "90": ("#95a1b0", ""),
    "1;32": ("#8fcf7a", "b"),
    "1;33": ("#e5c07b", "b"),
    "1;31": ("#f0787f", "b"),
    "1;36": ("#5cc5d1", "b"),
    "7": (BACKGROUND, ""),
}


def main(target: Path) -> None:
    """Run the demo up to the muted call and draw it."""
    with Demo(columns=COLUMNS, lines=LINES) as demo:
        demo.until_shows("It rings", "hears it ringing", "MQTT    lamps: ring")
        demo.press(" ")
        demo.until(lambda text: text.count("-12 dBFS") == 2 and "calls: connected" in text)
        demo.press("m")
        shown = "Muted:", "calls: connected, muted", "lamps: off-hook, mute"
        demo.until(lambda text: all(s in text for s in shown) and text.count("-12 dBFS") == 1)
        cells = [row[:] for row in demo.screen.cells]
        demo.press("q")
        demo.end()
    target.write_text(to_svg(cells), encoding="utf-8")


def to_svg(cells: list[list[Cell]]) -> str:
    """The screen as a window."""
    width = round(COLUMNS * CHAR_WIDTH + 2 * MARGIN)
    height = TITLE_BAR + LINES * LINE_HEIGHT + MARGIN
    dots = "".join(
        f'<circle cx="{22 + 20 * i}" cy="{TITLE_BAR / 2:g}" r="6" fill="{colour}"/>'
        for i, colour in enumerate(("#f0787f", "#e5c07b", "#8fcf7a"))
    )
    used = sorted({style for row in cells for _, style in row})
    rules = "".join(
        f".s{number}{{fill:{COLOURS[style][0]}{';font-weight:600' if COLOURS[style][1] else ''}}}"
        for number, style in enumerate(used)
    )
    body = "\n".join(part for number, row in enumerate(cells) for part in _row(number, row, used))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}" role="img" aria-label="offhook demo in a terminal">
<title>offhook demo: a call rings a virtual headset, is answered and muted by its keys</title>
<style>text{{font:{FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",\
monospace}}{rules}</style>
<rect width="{width}" height="{height}" rx="10" fill="{BACKGROUND}"/>
<path d="M0 {TITLE_BAR}V10a10 10 0 0 1 10-10h{width - 20}a10 10 0 0 1 10 10v{TITLE_BAR - 10}z" \
fill="{BAR}"/>
{dots}
<text x="{width / 2:g}" y="{TITLE_BAR / 2 + 5:g}" text-anchor="middle" fill="#95a1b0">\
$ offhook demo</text>
{body}
</svg>
"""


def _row(number: int, row: list[Cell], used: list[str]) -> list[str]:
    """One line: a text element per stretch of words in one style, each at its column."""
    y = TITLE_BAR + number * LINE_HEIGHT + 20
    parts: list[str] = []
    column = 0
    for style, group in groupby(row, key=lambda cell: cell[1]):
        text = "".join(char for char, _ in group)
        if style == KEY_CAP:
            parts.append(_box(column, len(text), y - 14, 18, TEXT, 4))
        for words in WORDS.finditer(text):
            at, shown = column + words.start(), words[0]
            if set(shown) == {"─"} and len(shown) > LONG_RULE:
                parts.append(_box(at, len(shown), y - 5, 1, RULE))
            else:
                parts.append(_text(at, y, shown, used.index(style)))
        column += len(text)
    return parts


def _text(column: int, y: int, text: str, style: int) -> str:
    """Words that take their columns whatever font is there."""
    x, length = MARGIN + column * CHAR_WIDTH, len(text) * CHAR_WIDTH
    shown = escape(text, quote=False)
    return f'<text class="s{style}" x="{x:.5g}" y="{y}" textLength="{length:.5g}">{shown}</text>'


def _box(column: int, columns: int, y: int, height: int, colour: str, radius: int = 0) -> str:
    x, length = MARGIN + column * CHAR_WIDTH, columns * CHAR_WIDTH
    return (
        f'<rect x="{x:.5g}" y="{y}" width="{length:.5g}" height="{height}" rx="{radius}" '
        f'fill="{colour}"/>'
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
