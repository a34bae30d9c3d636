"""The Asterisk Manager Interface: bytes to messages and messages to bytes (page: ``ami.md``).

The one who talks is our PBX, but it quotes callers: names, numbers and texts in its messages are
foreign. So lengths are limited, and no value can begin a line of ours. Pure.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.model.redaction import printable

LINE_LIMIT = 16_384  # bytes; Asterisk's own longest lines are variables of a few kB
FIELDS_LIMIT = 512  # of one message; CoreShowChannel has about 25
TEXT_LIMIT = 65_536  # bytes of the output of a command
VALUE_CHARS = 900  # Asterisk reads lines of at most 1,024 bytes (``inbuf`` of main/manager.c)

_GREETING = re.compile(rb"Asterisk Call Manager(?:/([0-9.]{1,32}))?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_END_OF_TEXT = b"--END COMMAND--"


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first line of a connection.

    Args:
        version: of the interface, not of Asterisk, such as ``13.0.0``; may be empty.
    """

    version: str


@dataclass(frozen=True, slots=True)
class Message:
    """A response or an event.

    Args:
        fields: names and values in order; a name may come more than once.
        text: output of a command in the old form (``Response: Follows``), else empty.
    """

    fields: tuple[tuple[str, str], ...]
    text: str = ""

    def get(self, name: str) -> str:
        """Return the first value of a name, in any case of letters; empty when there is none."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a name, in order."""
        return tuple(value for key, value in self.fields if key.lower() == name.lower())

    @property
    def event(self) -> str:
        """Return the name of the event, empty for a response."""
        return self.get("Event")

    @property
    def is_response(self) -> bool:
        """Return whether it answers an action by itself."""
        return not self.event and bool(self.get("Response"))

    @property
    def begins_list(self) -> bool:
        """Return whether events follow that belong to this response.

        ``EventList: start`` says so; before Asterisk 12 some lists were announced in words alone.
        """
        return self.get("EventList").lower() == "start" or "will follow" in self.get("Message")

    @property
    def ends_list(self) -> bool:
        """Return whether it is the last event of a list."""
        said = self.get("EventList").lower() == "complete"
        return bool(self.event) and (said or self.event.endswith("Complete"))


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no message; what follows the next empty line is read again.

    Args:
        rule: for counting: ``greeting``, ``line``, ``name``, ``fields`` or ``text``.
        reason: expected and found, one sentence.
    """

    rule: str
    reason: str


Heard = Greeting | Message | Malformed


@dataclass(slots=True)
class AmiFraming:
    """Bytes as they come, to messages."""

    _rest: bytes = b""
    _skips_line: bool = False  # of a line that was too long
    _is_greeted: bool = False
    _fields: list[tuple[str, str]] = field(default_factory=list)
    _text: bytes | None = None  # output of a command, old form
    _is_bad: bool = False

    def feed(self, data: bytes) -> list[Heard]:
        """Return what is complete now, in order.

        Args:
            data: foreign bytes, any length, cut anywhere.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        heard: list[Heard] = []
        for line in lines:
            if self._skips_line:
                self._skips_line = False
            elif len(line) > LINE_LIMIT:
                heard += self._refuse("line", f"a line of more than {LINE_LIMIT} bytes")
            else:
                heard += self._line(line.removesuffix(b"\r"))
        if len(self._rest) > LINE_LIMIT:
            if not self._skips_line:
                heard += self._refuse("line", f"a line of more than {LINE_LIMIT} bytes")
            self._rest, self._skips_line = b"", True
        return heard

    def _line(self, line: bytes) -> list[Heard]:
        if not self._is_greeted:
            return self._greet(line)
        if self._text is not None:
            return self._output(line)
        if not line:
            return self._end()
        return [] if self._is_bad else self._field(line)

    def _greet(self, line: bytes) -> list[Heard]:
        self._is_greeted = True
        found = _GREETING.fullmatch(line)
        if found is None:
            said = printable(line.decode(errors="replace"), 60)
            return [Malformed("greeting", f"no Asterisk manager: it began with {said!r}")]
        return [Greeting((found[1] or b"").decode())]

    def _field(self, line: bytes) -> list[Heard]:
        name, colon, value = line.decode(errors="replace").partition(":")
        if self._is_output and (not colon or not _NAME.fullmatch(name) or name not in _OF_OUTPUT):
            self._text = b""
            return self._output(line)
        if not colon or not _NAME.fullmatch(name.rstrip()):
            if not self._fields:
                return self._refuse("name", "a line that is no `Name: value`")
            return []  # a value that a caller broke into lines belongs to nobody
        if len(self._fields) >= FIELDS_LIMIT:
            return self._refuse("fields", f"a message of more than {FIELDS_LIMIT} lines")
        self._fields.append((name.rstrip(), value.removeprefix(" ")))
        return []

    @property
    def _is_output(self) -> bool:
        return bool(self._fields) and self._fields[0] == ("Response", "Follows")

    def _output(self, line: bytes) -> list[Heard]:
        text = self._text or b""
        if line.endswith(_END_OF_TEXT):
            self._text = None
            whole = text + line.removesuffix(_END_OF_TEXT)
            message = Message(tuple(self._fields), whole.decode(errors="replace"))
            self._fields = []
            return [message]
        self._text = (text + line + b"\n")[:TEXT_LIMIT]
        return []

    def _end(self) -> list[Heard]:
        fields, self._fields = tuple(self._fields), []
        is_bad, self._is_bad = self._is_bad, False
        return [Message(fields)] if fields and not is_bad else []

    def _refuse(self, rule: str, reason: str) -> list[Heard]:
        self._fields = []
        self._text = None
        self._is_bad = True
        return [Malformed(rule, reason)]


_OF_OUTPUT = frozenset({"Response", "Privilege", "ActionID", "Message"})
"""Lines before the output of a command; ``Name: value`` among the output is output."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something asked of Asterisk.

    Args:
        name: such as ``QueueAdd``.
        fields: arguments in order; one without a value is left out.
    """

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)


def encode_action(action: Action, action_id: str) -> bytes:
    """Return the bytes of an action.

    Args:
        action: names and values are checked here, whoever made them.
        action_id: comes back with everything that answers it.

    Raises:
        ValueError: a name or a value cannot be said: it would begin another line, or is too long.
    """
    lines = [("Action", action.name), ("ActionID", action_id), *action.fields.items()]
    for name, value in lines:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:40]!r} is no name of a field")
        if any(ord(c) < ord(" ") or c == "\x7f" for c in value):
            raise ValueError(f"{name} holds a control character")
        if len(value.encode(errors="replace")) > VALUE_CHARS:
            raise ValueError(f"{name} is longer than {VALUE_CHARS} bytes")
    said = "".join(f"{name}: {value}\r\n" for name, value in lines if value)
    return f"{said}\r\n".encode(errors="replace")


def login_action(user: str, secret: str, challenge: str) -> Action:
    """Return the login that answers a challenge; the secret itself is not in it.

    Args:
        user: of manager.conf.
        secret: of manager.conf; not empty.
        challenge: of the response to ``Challenge``; empty = log in with the secret itself, which
            only an encrypted connection or this machine may carry.
    """
    if not challenge:
        return Action("Login", {"Username": user, "Secret": secret})
    key = hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
    return Action("Login", {"AuthType": "MD5", "Username": user, "Key": key})
