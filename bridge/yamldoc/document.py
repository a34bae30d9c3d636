"""What a loaded file is: values, and where each of them stood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""A value of a YAML 1.2 document (core schema)."""

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys and list positions from the top, ``()`` for the whole."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stood and how it was written.

    Args:
        line: 1-based; for an entry of a mapping the line of its key.
        quoted: the value was written in quotes or as a block text.
        text: the scalar as written without its quotes; empty for lists and mappings.
    """

    line: int
    quoted: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One file, loaded.

    Args:
        file: path as the user knows it.
        value: plain values; None for an empty file.
        marks: one mark for each value.
    """

    file: str
    value: Plain
    marks: Mapping[Path, Mark] = field(repr=False)

    def line(self, path: Path = ()) -> int:
        """Return the 1-based line of a value, or of the nearest thing around it that exists."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks[path].line if path in self.marks else 1

    def is_quoted(self, path: Path) -> bool:
        """Say whether a value was written in quotes; False where nothing stands."""
        mark = self.marks.get(path)
        return mark is not None and mark.quoted

    def text(self, path: Path) -> str:
        """Return a scalar as it was written, without quotes; empty where no scalar stands."""
        mark = self.marks.get(path)
        return mark.text if mark is not None else ""


def path_text(path: Path) -> str:
    """Return a path as people read it, such as ``accounts[0].server``; ``(file)`` for ``()``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "(file)"
