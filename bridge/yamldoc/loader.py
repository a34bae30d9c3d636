"""From text to a ``Document``, with everything that is wrong said at once.

Works on the parser's events, not on its objects: nothing recursive stands between foreign text
and us, and depth, size and the expansion of aliases are counted before anything is built.
"""

import re
from dataclasses import dataclass, field

import yaml

from bridge.model.errors import FileProblems, Problem
from bridge.yamldoc.document import Document, Mark, Path, Plain, path_text
from bridge.yamldoc.scalars import UnusableNumberError, plain_scalar

MAX_CHARACTERS = 256 * 1024  # the largest file of ours has 20 KiB
MAX_DEPTH = 24  # settings of ours nest six deep
MAX_VALUES = 20_000  # after expansion of aliases ("billion laughs")
MAX_PROBLEMS = 50  # more do not help anybody

_MISSED = re.compile(r"(?:did|could) not find expected (.+)")
_Parser = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end was not seen yet."""

    value: list[Plain] | dict[str, Plain]
    path: Path
    anchor: str | None
    key: str | None = None  # of the entry whose value comes next
    wants_key: bool = False
    duplicate: bool = False  # the entry is built, checked and dropped


@dataclass(slots=True)
class _Builder:
    """Puts events together; collects problems instead of stopping at the first."""

    file: str
    marks: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Plain, int]] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)  # values seen when each open one began
    result: Plain = None
    documents: int = 0
    values: int = 0

    def problem(self, event: yaml.Event, path: Path, found: str, expected: str) -> None:
        line = _line(event)
        self.problems.append(Problem(self.file, line, path_text(path), found, expected))

    def take(self, event: yaml.Event) -> None:
        """Take one event."""
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents == 2:
                    self.problem(event, (), "a second document (---)", "one document")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case _:
                pass

    def _next_path(self) -> Path:
        """Return where the next value belongs."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return (*top.path, top.key if top.key is not None else "?")

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        path = self._next_path()
        if len(self.stack) >= MAX_DEPTH:
            raise _TooMuch(event, path, f"nesting deeper than {MAX_DEPTH}", "a flatter file")
        self._check_tag(event, path)
        value: list[Plain] | dict[str, Plain]
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self.stack and self.stack[-1].wants_key:
            self.problem(event, path, "a list or mapping as a key", "a word as a key")
        self._mark(event, path)
        self._count(event, 1)
        self.counts.append(self.values)
        self.stack.append(_Open(value, path, event.anchor, wants_key=isinstance(value, dict)))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        done = self.stack.pop()
        inside = self.values - self.counts.pop() + 1
        if done.anchor:
            self.anchors[done.anchor] = (done.value, inside)
        self._place(event, done.value)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        path = self._next_path()
        self._check_tag(event, path)
        self._count(event, 1)
        value = self._scalar_value(event, path)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        if not (self.stack and self.stack[-1].wants_key):
            self._mark(event, path)
        self._place(event, value)

    def _scalar_value(self, event: yaml.ScalarEvent, path: Path) -> Plain:
        if _is_quoted(event):
            return str(event.value)
        try:
            return plain_scalar(event.value)
        except UnusableNumberError as error:
            self.problem(event, path, str(error), "a finite number, or quotes around a text")
            return None

    def _alias(self, event: yaml.AliasEvent) -> None:
        path = self._next_path()
        if event.anchor not in self.anchors:
            self.problem(event, path, f"*{event.anchor}", f"an anchor &{event.anchor} before it")
            self._place(event, None)
            return
        value, count = self.anchors[event.anchor]
        self._count(event, count)
        if not (self.stack and self.stack[-1].wants_key):
            self._mark(event, path)
        self._place(event, _copy(value))

    def _place(self, event: yaml.Event, value: Plain) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            if self.documents <= 1:
                self.result = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.wants_key:
            self._key(event, top, value)
        else:
            if top.key is not None and not top.duplicate:
                top.value[top.key] = value
            top.wants_key = True

    def _key(self, event: yaml.Event, top: _Open, value: Plain) -> None:
        assert isinstance(top.value, dict)  # noqa: S101  # for the type checker: lists have no keys
        top.wants_key, top.duplicate, top.key = False, False, None
        if isinstance(value, list | dict):
            return  # said when it began
        if not isinstance(value, str):
            written = getattr(event, "value", "") or "nothing"
            self.problem(event, top.path, f"the key {written}", "a word as a key; put it in quotes")
            return
        path = (*top.path, value)
        top.key = value
        if value == "<<" and isinstance(event, yaml.ScalarEvent) and not _is_quoted(event):
            self.problem(event, path, "a merge key <<", "the keys themselves (YAML 1.2 has no <<)")
        elif value in top.value:
            first = self.marks[path].line
            self.problem(event, path, "the key a second time", f"it once (first in line {first})")
            top.duplicate = True
        else:
            top.value[value] = None
            self.marks[path] = Mark(_line(event))

    def _mark(self, event: yaml.Event, path: Path) -> None:
        """Remember where a value stood; entries of mappings keep the line of their key."""
        if self.stack and self.stack[-1].duplicate:
            return
        line = self.marks[path].line if path in self.marks else _line(event)
        if isinstance(event, yaml.ScalarEvent):
            self.marks[path] = Mark(line, _is_quoted(event), str(event.value))
        else:
            self.marks[path] = Mark(line)

    def _check_tag(self, event: yaml.NodeEvent, path: Path) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self.problem(event, path, f"the tag {tag}", "no tag; quotes make a text")

    def _count(self, event: yaml.Event, more: int) -> None:
        self.values += more
        if self.values > MAX_VALUES:
            raise _TooMuch(event, (), f"more than {MAX_VALUES} values", "a smaller file")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def _is_quoted(event: yaml.ScalarEvent) -> bool:
    """Say whether a scalar is no plain word; the two parsers mark plain ones differently."""
    return event.style not in (None, "")


class _TooMuch(Exception):  # noqa: N818  # not an error of ours: it ends the walk
    """The file is larger than any real one: reading on would help nobody."""

    def __init__(self, event: yaml.Event, path: Path, found: str, expected: str) -> None:
        super().__init__(found)
        self.event, self.path, self.found, self.expected = event, path, found, expected


def load(text: str, file: str) -> Document:
    """Return a file's values and where they stood.

    Args:
        text: YAML 1.2, at most ``MAX_CHARACTERS``.
        file: path as the user knows it, for messages.

    Returns:
        The document; its value is None when the text holds nothing.

    Raises:
        FileProblems: everything that is wrong with the text: syntax (the first place only, what
            follows cannot be trusted), keys twice, keys that are no words, merge keys, tags,
            unknown anchors, a second document, more depth or size than a real file has.
    """
    if len(text) > MAX_CHARACTERS:
        found = f"{len(text)} characters"
        raise FileProblems((Problem(file, 0, "(file)", found, f"at most {MAX_CHARACTERS}"),))
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_Parser):
            builder.take(event)
            if len(builder.problems) >= MAX_PROBLEMS:
                break
    except _TooMuch as stop:
        builder.problem(stop.event, stop.path, stop.found, stop.expected)
    except (yaml.YAMLError, UnicodeError) as error:
        builder.problems.append(_syntax_problem(file, text, error))
    if builder.problems:
        raise FileProblems(tuple(sorted(builder.problems, key=lambda p: p.line)))
    return Document(file, builder.result, builder.marks)


def _syntax_problem(file: str, text: str, error: Exception) -> Problem:
    """Return what the parser did not understand, in one sentence."""
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark is not None else _line_of_bad_character(text, error)
    lines = text.splitlines() or [""]
    line = min(line, len(lines))
    here = lines[line - 1] if line else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return Problem(file, line, "(syntax)", "a tab before the text", "spaces to indent")
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None and isinstance(getattr(error, "character", None), int | str):
        reason = "a control character"
    found = str(reason).splitlines()[0].removeprefix("found ")
    missed = _MISSED.fullmatch(found)  # words of libyaml
    if missed:
        return Problem(file, line, "(syntax)", "something else", missed[1])
    return Problem(file, line, "(syntax)", found, "YAML 1.2")


def _line_of_bad_character(text: str, error: Exception) -> int:
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 0


def _copy(value: Plain) -> Plain:
    """Return a value of its own for each alias; depth and size were counted before."""
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return value
