"""From files to one tree of values that remembers where each of them was written.

Drop-ins are merged in the order of their names: mappings key by key, entries of ``accounts`` by
their ``id`` (without one they are added), every other value replaces the earlier one.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bridge.config import places
from bridge.model.errors import ConfigError, FileProblems, Problem
from bridge.yamldoc import Document, Plain, load, path_text
from bridge.yamldoc import Path as DocPath

MAX_BYTES = 256 * 1024  # a configuration with every key explained has 10 KiB

JOINED_BY_ID = "accounts"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written."""

    document: Document
    path: DocPath


@dataclass(slots=True)
class Tree:
    """All files merged.

    Args:
        value: the settings, plain.
        origins: where each value came from.
        files: what was read, in order.
        notes: sentences about files that were not read.
    """

    value: dict[str, Plain] = field(default_factory=dict)
    origins: dict[DocPath, Origin] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def origin(self, path: DocPath) -> Origin | None:
        """Return where a value, or the nearest thing around it, was written."""
        while path not in self.origins:
            if not path:
                return None
            path = path[:-1]
        return self.origins[path]

    def problem(self, path: DocPath, found: str, expected: str) -> Problem:
        """Return a problem at the place people know."""
        origin = self.origin(path)
        if origin is None:
            return Problem("(no configuration file)", 0, path_text(path), found, expected)
        line = origin.document.line(origin.path)
        return Problem(origin.document.file, line, path_text(path), found, expected)

    def written(self, path: DocPath) -> str:
        """Return a scalar as it was written, without its quotes; empty where none stands."""
        origin = self.origins.get(path)
        return origin.document.text(origin.path) if origin else ""

    def beside(self, path: DocPath, name: str) -> Path:
        """Return a path of the configuration: ``~`` is home, the rest is beside its file."""
        origin = self.origin(path)
        here = Path(origin.document.file).parent if origin else Path()
        return here / Path(name).expanduser()


# -- files --------------------------------------------------------------------


def read_tree(main: Path | None, *, must_exist: bool = False) -> Tree:
    """Return the merged files.

    Args:
        main: as ``places.find_config`` returns it; None = no file at all.
        must_exist: the user named it, so that a missing file is a problem.

    Raises:
        ConfigError: what is wrong with the text of all files.
    """
    if main is None:
        return Tree()
    problems: list[Problem] = []
    drop_ins, notes = _drop_ins(main, problems)
    files = [main, *drop_ins] if must_exist or main.exists() else drop_ins
    documents = [doc for file in files for doc in _document(file, problems)]
    if problems:
        raise ConfigError(tuple(problems))
    tree = Tree(files=tuple(files), notes=notes)
    for document in documents:
        _merge_document(tree, document)
    return tree


def _drop_ins(main: Path, problems: list[Problem]) -> tuple[list[Path], tuple[str, ...]]:
    """Return the drop-ins in their order, and a note about files that only look like some."""
    directory = places.drop_in_dir(main)
    try:
        names = sorted(entry.name for entry in directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return [], ()
    except OSError as error:
        reason = error.strerror or "an error"
        problems.append(Problem(str(directory), 0, "(directory)", reason, "a readable directory"))
        return [], ()
    used = [name for name in names if name.endswith(".yaml") and not name.startswith(".")]
    notes = tuple(
        f"{directory / name} is not read: names of drop-ins end in .yaml"
        for name in names
        if name.endswith(".yml")
    )
    return [directory / name for name in used], notes


def _document(file: Path, problems: list[Problem]) -> Iterable[Document]:
    """Return the document of a file; nothing, and a problem, if there is none."""
    try:
        document = load(read_text(file), str(file))
    except UnreadableError as error:
        problems.append(Problem(str(file), 0, "(file)", error.found, error.expected))
        return ()
    except FileProblems as error:
        problems.extend(error.problems)
        return ()
    if document.value is None or isinstance(document.value, dict):
        return (document,)
    kind = "a list" if isinstance(document.value, list) else "a single value"
    problems.append(Problem(str(file), document.line(), "(file)", kind, "settings, `key: value`"))
    return ()


class UnreadableError(Exception):
    """A file has no text."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(found)
        self.found, self.expected = found, expected


def read_text(file: Path, limit: int = MAX_BYTES) -> str:
    """Return the text of a regular file of bounded size.

    Raises:
        UnreadableError: it is something else.
    """
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not hang us
        with open(fd, "rb") as stream:  # noqa: PTH123  # it is open already
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise UnreadableError("no regular file", "a text file")
            data = stream.read(limit + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UnreadableError(reason, "a file this user can read") from error
    if len(data) > limit:
        raise UnreadableError(f"more than {limit} bytes", "a smaller file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"a byte in line {line} that is no UTF-8", "UTF-8 text") from error


# -- merging ------------------------------------------------------------------


def _merge_document(tree: Tree, document: Document) -> None:
    tree.origins.setdefault((), Origin(document, ()))
    if isinstance(document.value, dict):
        _merge_mapping(tree, tree.value, document.value, (), Origin(document, ()))


def _merge_mapping(
    tree: Tree, into: dict[str, Plain], new: dict[str, Plain], path: DocPath, origin: Origin
) -> None:
    for key, value in new.items():
        here, there = (*path, key), Origin(origin.document, (*origin.path, key))
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge_mapping(tree, old, value, here, there)
        elif here == (JOINED_BY_ID,) and isinstance(old, list) and isinstance(value, list):
            _join(tree, old, value, here, there)
        elif value is None and isinstance(old, dict):
            continue  # a heading whose settings are all commented out takes nothing away
        else:
            if key in into:
                _forget(tree, here)
            into[key] = _copied(tree, value, here, there)


def _join(tree: Tree, into: list[Plain], new: list[Plain], path: DocPath, origin: Origin) -> None:
    """Merge entries that name an ``id`` of before; add the others."""
    for number, entry in enumerate(new):
        there = Origin(origin.document, (*origin.path, number))
        at = _index_of(into, entry)
        old = into[at] if at is not None else None
        if at is not None and isinstance(old, dict) and isinstance(entry, dict):
            _merge_mapping(tree, old, entry, (*path, at), there)
        else:
            into.append(_copied(tree, entry, (*path, len(into)), there))


def _index_of(entries: list[Plain], entry: Plain) -> int | None:
    name = entry.get("id") if isinstance(entry, dict) else None
    if name is None:
        return None
    same = (i for i, old in enumerate(entries) if isinstance(old, dict) and old.get("id") == name)
    return next(same, None)


def _forget(tree: Tree, path: DocPath) -> None:
    """Drop what was remembered about a value that is replaced."""
    for old in [known for known in tree.origins if known[: len(path)] == path]:
        del tree.origins[old]


def _copied(tree: Tree, value: Plain, path: DocPath, origin: Origin) -> Plain:
    """Return a copy of a value and remember where all of it was written."""
    tree.origins[path] = origin

    def inner(step: str | int, part: Plain) -> Plain:
        there = Origin(origin.document, (*origin.path, step))
        return _copied(tree, part, (*path, step), there)

    match value:
        case dict():
            return {key: inner(key, part) for key, part in value.items()}
        case list():
            return [inner(number, part) for number, part in enumerate(value)]
        case _:
            return value
