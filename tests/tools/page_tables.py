"""Writes the table of bridge/kiosk/README.md: python -m tests.tools.page_tables [--check]."""

import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.kiosk.operations import OPERATIONS, ROOT
from bridge.kiosk.rights import WORDS, Right, rights_of
from bridge.model.page import KioskSettings, Role, Screen

PAGE = Path(__file__).parents[2] / "bridge" / "kiosk" / "README.md"
BEGIN, END = "<!-- tables: written by tests/tools/page_tables.py -->", "<!-- end of tables -->"

SHUT = KioskSettings(history=False, directory=False)
OPEN = KioskSettings(history=True, directory=True)
COLUMNS = {
    "viewer": (rights_of(Role.VIEWER, Screen.REMOTE, SHUT),) * 2,
    "user": (rights_of(Role.USER, Screen.REMOTE, SHUT),) * 2,
    "administrator, the desk's owner": (rights_of(Role.ADMINISTRATOR, Screen.DESK, SHUT),) * 2,
    "a room's screen": (
        rights_of(Role.USER, Screen.KIOSK, SHUT),
        rights_of(Role.USER, Screen.KIOSK, OPEN),
    ),
    "with the PIN": (
        rights_of(Role.USER, Screen.KIOSK, SHUT, raised=True),
        rights_of(Role.USER, Screen.KIOSK, OPEN, raised=True),
    ),
}


def tables() -> Iterator[str]:
    yield BEGIN
    yield f"| right | {' | '.join(COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for right in Right:
        cells = " | ".join(_cell(right, *found) for found in COLUMNS.values())
        yield f"| `{right.value}`: {WORDS[right]} | {cells} |"
    yield ""
    yield "| request | right | what |\n|---|---|---|"
    for one in OPERATIONS:
        takes = "nothing" if one.is_open else one.right.value if one.right else "a session"
        takes = "by its verb" if one.name == "intent" else takes
        yield f"| `{one.method} {ROOT}{one.path}` | {takes} | {one.summary} |"
    yield END


def _cell(right: Right, least: frozenset[Right], most: frozenset[Right]) -> str:
    if right in least:
        return "yes"
    return "if configured" if right in most else "–"


def written(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + "\n".join(tables()) + after


def main(arguments: list[str]) -> int:
    text = PAGE.read_text(encoding="utf-8")
    if arguments == ["--check"]:
        if text != written(text):
            print(f"{PAGE} is stale: run python -m tests.tools.page_tables", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(written(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
