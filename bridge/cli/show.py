"""Printing: for people in columns, for programs in JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence


def emit(body: Mapping[str, object], lines: Iterable[str], *, as_json: bool) -> None:
    """Print an answer.

    Args:
        body: the whole answer, for programs.
        lines: the same for people.
        as_json: which of them.
    """
    if as_json:
        print(json.dumps(body, ensure_ascii=False))
        return
    for line in lines:
        print(line)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns."""
    if not rows:
        return []
    count = max(len(row) for row in rows)
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(count)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]


def duration(seconds: float) -> str:
    """Return a duration as people say it: ``35 s``, ``3:05 min``, ``2:07 h``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def text(value: object) -> str:
    """Return a member of a JSON answer as text; nothing for null."""
    return "" if value is None else str(value)


def entries(body: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    """Return a list of objects out of an answer; what is none is left out."""
    value = body.get(key)
    found = value if isinstance(value, list) else []
    return [entry for entry in found if isinstance(entry, dict)]


def inner(body: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return an object out of an answer, an empty one where there is none."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}
