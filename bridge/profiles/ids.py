"""Where USB ids come from: ``ids.csv`` beside the profiles, one published statement a row.

A dump named after an id and listed in its profile is a statement, too: the device said it. A
directory without that file (a user's own) is not asked for evidence.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bridge.model.errors import Problem
from bridge.profiles.model import Profile, UsbId

FILE = "ids.csv"
HEAD = ["usb", "name", "source"]


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody published that an id belongs to a product.

    Args:
        usb: the id.
        name: what they call it.
        source: who they are.
    """

    usb: UsbId
    name: str
    source: str


def published(path: Path) -> tuple[tuple[Statement, ...], list[Problem]]:
    """Return what a file of ids says, and what is wrong with it; nothing where there is none."""
    try:
        rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    except FileNotFoundError:
        return (), []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found = f"a file that cannot be read: {error}"
        return (), [Problem(str(path), 0, "(file)", found, "CSV, UTF-8")]
    if rows[:1] != [HEAD]:
        found = ",".join(rows[0])[:60] if rows else "nothing"
        return (), [Problem(str(path), 1, "(head)", found, ",".join(HEAD))]
    statements, problems = [], []
    for line, row in enumerate(rows[1:], 2):
        try:
            usb, name, source = row
            vendor, product = (int(part, 16) for part in usb.split(":"))
            statements.append(Statement(UsbId(vendor, product), name, source))
        except ValueError:
            shown = ",".join(row)[:60]
            problems.append(Problem(str(path), line, "(row)", shown, "usb,name,source"))
    return tuple(statements), problems


def unpublished(directory: Path, profiles: Iterable[Profile]) -> list[Problem]:
    """Return the ids of profiles that neither a row of the file of ids nor a dump supports."""
    path = directory / FILE
    try:
        if not path.is_file():
            return []
    except PermissionError:
        return []  # it is told of the directory
    statements, problems = published(path)
    known = {one.usb for one in statements}
    problems += [
        Problem(
            one.file,
            line_of(one.file, str(usb)),
            "match.usb",
            f"{usb} without a source",
            f"a row for it in {path}, or a dump of it",
        )
        for one in profiles
        for usb in one.match.usb
        if usb not in known and not one.has_dump_of(usb)
    ]
    return problems


def line_of(file: str, text: str) -> int:
    """Return the first line of a file that has a text, 0 when none has."""
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return next((number for number, line in enumerate(lines, 1) if text in line), 0)
