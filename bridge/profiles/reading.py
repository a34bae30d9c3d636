"""Reads one mapping of a profile: each key once, each problem with its line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from bridge.model.errors import Problem
from bridge.yamldoc import Document, Path, Plain, path_text

Choice = TypeVar("Choice", bound=Enum)


@dataclass(slots=True)
class Findings:
    """What is wrong in one document."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path, found: str, expected: str) -> None:
        """Remember one problem."""
        line = self.document.line(path)
        self.problems.append(Problem(self.document.file, line, path_text(path), found, expected))


def shown(value: Plain) -> str:
    """Return a value as a message quotes it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return f"a list of {len(value)}"
        case _:
            return str(value)[:60] or "an empty text"


class Table:
    """One mapping of a document.

    Reading a key marks it as known; ``finish`` reports the others. Values that are wrong are
    reported and read as if they were missing, so that one pass finds everything.
    """

    def __init__(self, findings: Findings, path: Path, value: Plain) -> None:
        self.findings = findings
        self.path = path
        self._known: list[str] = []
        self._values: Mapping[str, Plain] = {}
        if isinstance(value, dict):
            self._values = value
        elif value is not None:
            findings.add(path, shown(value), "a mapping (key: value)")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def finish(self) -> None:
        """Report the keys nobody asked for."""
        for key in self._values:
            if key not in self._known:
                allowed = ", ".join(self._known)
                self.wrong(key, f"the unknown key {key}", f"one of {allowed}")

    def wrong(self, key: str, found: str, expected: str) -> None:
        self.findings.add((*self.path, key), found, expected)

    def get(self, key: str, *, required: bool = False, expected: str = "a value") -> Plain:
        """Return a value as it stands."""
        self._known.append(key)
        value = self._values.get(key)
        if value is None and (required or key in self._values):
            self.wrong(key, "nothing", expected)
        return value

    def table(self, key: str, *, required: bool = False) -> "Table":
        """Return a mapping inside; an empty one when it is missing."""
        self._known.append(key)
        value = self._values.get(key)
        if value is None and required:
            self.wrong(key, "nothing", "a mapping (key: value)")
        return Table(self.findings, (*self.path, key), value)

    def tables(self, allowed: Mapping[str, Choice]) -> Iterator[tuple[Choice, "Table"]]:
        """Yield each key of a mapping of mappings with the word it stands for."""
        self._known.extend(allowed)
        for key, value in self._values.items():
            if key in allowed:
                yield allowed[key], Table(self.findings, (*self.path, key), value)

    def items(self, key: str) -> Iterator["Table"]:
        """Yield each mapping of a list of mappings."""
        value = self.get(key, expected="a list")
        if value is not None and not isinstance(value, list):
            self.wrong(key, shown(value), "a list of mappings")
            return
        for index, item in enumerate(value or []):
            if item is None:
                self.findings.add((*self.path, key, index), "nothing", "a mapping (key: value)")
            else:
                yield Table(self.findings, (*self.path, key, index), item)

    def text(
        self,
        key: str,
        pattern: str = r".{1,80}",
        expected: str = "a text",
        *,
        required: bool = True,
        quoted: bool = False,
    ) -> str:
        """Return a text that matches a pattern as a whole."""
        value = self.get(key, required=required, expected=expected)
        if value is not None and quoted and not self._is_quoted((*self.path, key), expected):
            return ""
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        if value is not None:
            self.wrong(key, shown(value), expected)
        return ""

    def texts(
        self,
        key: str,
        pattern: str = r".{1,200}",
        expected: str = "a text",
        *,
        quoted: bool = False,
    ) -> tuple[str, ...]:
        """Return a list of texts, none twice."""
        value = self.get(key, expected="a list")
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(key, shown(value), f"a list, each {expected}")
            return ()
        good: list[str] = []
        for index, item in enumerate(value):
            path = (*self.path, key, index)
            if quoted and not self._is_quoted(path, expected):
                continue
            if not (isinstance(item, str) and re.fullmatch(pattern, item)):
                hint = ", in quotes if it has a colon" if isinstance(item, dict) else ""
                self.findings.add(path, shown(item), expected + hint)
            elif item in good:
                self.findings.add(path, f"{item} a second time", "it once")
            else:
                good.append(item)
        return tuple(good)

    def _is_quoted(self, path: Path, expected: str) -> bool:
        """Say whether a value is in quotes; report it if not."""
        document = self.findings.document
        if document.is_quoted(path):
            return True
        written = document.text(path) or expected
        self.findings.add(path, f"{written} without quotes", f'{expected} in quotes: "{written}"')
        return False

    def choice(
        self, key: str, allowed: Mapping[str, Choice], *, required: bool = False
    ) -> Choice | None:
        """Return the word a text stands for."""
        expected = "one of " + ", ".join(allowed)
        value = self.get(key, required=required, expected=expected)
        if isinstance(value, str) and value in allowed:
            return allowed[value]
        if value is not None:
            self.wrong(key, shown(value), expected)
        return None

    def integer(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number."""
        expected = f"a whole number {low}..{high}" if low < high else str(low)
        value = self.get(key, expected=expected)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        if value is not None:
            self.wrong(key, shown(value), expected)
        return None

    def number(self, key: str, low: float, high: float, default: float) -> float:
        """Return a number of seconds."""
        expected = f"seconds {low:g}..{high:g}"
        value = self.get(key, expected=expected)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        if value is not None:
            self.wrong(key, shown(value), expected)
        return default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self.get(key, expected="true or false")
        if isinstance(value, bool):
            return value
        if value is not None:
            self.wrong(key, shown(value), "true or false")
        return default
