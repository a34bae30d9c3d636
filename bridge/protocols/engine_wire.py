"""Bytes between the daemon and the SIP engine process: one JSON object per line.

``{"t": "AnswerCall", "call": "k3v…"}``: ``t`` names a class of the model, the other keys are its
fields. Nothing else is accepted; see ``engine_wire.md``.
"""

import dataclasses
import json
from typing import TypeVar, get_args

from bridge.model import effects, engine, events
from bridge.protocols.records import Mismatch, Plain, record_from, record_to

MAX_LINE_BYTES = 65_536
"""Longest line taken; the longest honest one is ``AddAccount``, about 2 KiB."""

SipEvent = (
    events.RegistrationChanged
    | events.MailboxChanged
    | events.CallArrived
    | events.CallRinging
    | events.CallConnected
    | events.HoldChanged
    | events.MediaChanged
    | events.CallEnded
    | events.DtmfReceived
    | events.TransferChanged
    | events.CallReferred
    | events.CallReplaced
    | events.RemoteChanged
    | events.RecordingChanged
    | events.OrderFailed
    | events.SoundChanged
)
"""What the engine process reports; ``EngineReady`` and ``EngineLost`` are the supervisor's."""

ToEngine = effects.EngineOrder | engine.EngineControl
FromEngine = engine.EngineReport | SipEvent

M = TypeVar("M")


@dataclasses.dataclass(frozen=True, slots=True)
class Malformed:
    """A line that says nothing we know. Never holds what stood in it: it may be a password."""

    reason: str


def encode(message: ToEngine | FromEngine) -> bytes:
    """Return one line, newline included, at most ``MAX_LINE_BYTES`` long for honest messages."""
    body: dict[str, Plain] = {"t": type(message).__name__}
    body.update(record_to(message))
    return json.dumps(body, separators=(",", ":")).encode("ascii") + b"\n"


class _Lines:
    """Cuts a byte stream into lines; a line that is too long is dropped as a whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Return the complete lines, None for one that was too long."""
        lines: list[bytes | None] = []
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            lines.append(None if self._skipping or len(line) > MAX_LINE_BYTES else line)
            self._skipping = False
        if len(rest) > MAX_LINE_BYTES:
            self._skipping, rest = True, b""
        self._rest = rest
        return lines


class _Decoder:
    """Lines to messages of a closed list of classes."""

    def __init__(self, classes: tuple[type, ...]) -> None:
        self._classes = {c.__name__: c for c in classes}
        self._lines = _Lines()

    def messages(self, data: bytes) -> list[object]:
        """Return a message or ``Malformed`` for each line that ``data`` completes."""
        return [self._message(line) for line in self._lines.feed(data)]

    def _message(self, line: bytes | None) -> object:
        if line is None:
            return Malformed(f"a line is longer than {MAX_LINE_BYTES} bytes")
        try:
            body = json.loads(line)
        except (ValueError, RecursionError):
            return Malformed("a line is not JSON")
        if not isinstance(body, dict):
            return Malformed("a line is not a JSON object")
        name = body.pop("t", None)
        cls = self._classes.get(name) if isinstance(name, str) else None
        if cls is None:
            return Malformed("a line names no message that is known in this direction")
        try:
            return record_from(cls, body)
        except Mismatch as e:
            return Malformed(f"{cls.__name__}: {e}")


class EngineInput:
    """What the engine process reads."""

    def __init__(self) -> None:
        self._decoder = _Decoder(get_args(ToEngine))

    def feed(self, data: bytes) -> list[ToEngine | Malformed]:
        """Return the orders and control messages that ``data`` completes; any split will do."""
        return self._decoder.messages(data)  # type: ignore[return-value]  # the table says so


class EngineOutput:
    """What the daemon reads from the engine process."""

    def __init__(self) -> None:
        self._decoder = _Decoder(get_args(FromEngine))

    def feed(self, data: bytes) -> list[FromEngine | Malformed]:
        """Return the reports and events that ``data`` completes; any split will do."""
        return self._decoder.messages(data)  # type: ignore[return-value]  # the table says so
