"""The envelope of every command, for a bridge or for a PBX gateway: foreign bytes in, checked out.

Strict on purpose: unknown or double members, other types, NaN, other encodings and anything out of
range are refused, because whatever is accepted here may pick up a telephone.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, NoReturn, TypeVar

from bridge.model.blf import Extension
from bridge.model.bus import Command, Unreadable
from bridge.model.calls import Phase
from bridge.model.ids import CallId
from bridge.model.redaction import printable
from bridge.protocols.mqtt_topics import COMMAND_LIMIT
from bridge.protocols.pbx_topics import is_subject

MAX_TTL_MS = 5000
TEXT_CHARS = 140  # of a presence
MAX_TS_MS = 2**53  # beyond it a JSON number is no exact integer
_REQUIRED = frozenset({"v", "id", "ts", "ttl_ms", "epoch"})
_OPTIONAL = frozenset({"call", "window", "expect", "args", "reply_to"})
_CALL = re.compile(r"[0-9a-z]{1,40}")

Args = dict[str, object]
"""Arguments of a command; whoever reads one takes it out, and what is left is refused."""

Order = TypeVar("Order")
E = TypeVar("E", bound=Enum)


class RefusedError(Exception):
    """The message is no command; carries the reason to the one place that reports it."""


@dataclass(frozen=True, slots=True)
class Grammar(Generic[Order]):
    """Which commands there are and what they mean.

    Args:
        needs_call: names of commands that have to name their call.
        names_no_call: names of commands that may not.
        may_call: names of the rest.
        take_order: (name, call, arguments) -> the order; takes what it reads out of the
            arguments, raises ``RefusedError``.
        knows_epoch: its senders can read ``info``; else epoch and window are not asked for.
    """

    needs_call: frozenset[str]
    names_no_call: frozenset[str]
    may_call: frozenset[str]
    take_order: Callable[[str, CallId | None, Args], Order]
    knows_epoch: bool = True

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all commands."""
        return self.needs_call | self.names_no_call | self.may_call


def parse(grammar: Grammar[Order], name: str, payload: bytes) -> Command[Order] | Unreadable:
    """Return the command a message holds, or why it holds none.

    Args:
        grammar: which commands there are.
        name: last level of the topic; foreign text.
        payload: foreign bytes, any length.
    """
    if name not in grammar.names:
        return Unreadable(f"no command is called {printable(name, 32)!r}: see commands in info")
    if len(payload) > COMMAND_LIMIT:
        return Unreadable(f"{len(payload)} bytes: a command has at most {COMMAND_LIMIT}")
    try:
        body = read_object(payload)
    except RefusedError as why:
        return Unreadable(str(why))
    try:
        return _read_command(grammar, name, body)
    except RefusedError as why:
        return Unreadable(str(why), _id_or_none(body))


def read_object(payload: bytes) -> dict[str, object]:
    """Return the JSON object in a payload.

    Raises:
        RefusedError: there is none, or one that parsers could read in different ways.
    """
    try:
        body = json.loads(
            payload.decode(), object_pairs_hook=_no_doubles, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise RefusedError("the payload is not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise RefusedError("the payload is no JSON object")
    return body


def check_version(body: Mapping[str, object]) -> None:
    """Raise unless the payload is of version 1."""
    if body.get("v") != 1 or isinstance(body["v"], bool):
        raise RefusedError("v is not 1")


def read_text(value: object, name: str, limit: int) -> str:
    """Return printable text of at most ``limit`` characters."""
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        raise RefusedError(f"{name} is no printable text of at most {limit} characters")
    return value


def read_int(value: object, name: str, low: int, high: int) -> int:
    """Return a whole number from ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise RefusedError(f"{name} is no whole number from {low} to {high}")
    return value


def read_bool(value: object, name: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise RefusedError(f"{name} is neither true nor false")
    return value


def read_enum(value: object, name: str, kind: type[E]) -> E:
    """Return one of the words of an enumeration.

    Not by calling the enumeration: its error would write out a thousand lists in one another, and
    fail at that.
    """
    for one in kind:
        if one.value == value:
            return one
    words = ", ".join(str(one.value) for one in kind)
    raise RefusedError(f"{name} is none of {words}")


def read_subject(value: object, name: str) -> Extension:
    """Return an extension, a slot or a queue."""
    if not isinstance(value, str) or not is_subject(value):
        raise RefusedError(f"{name} is no extension: 1 to 32 of 0-9 A-Z a-z _ . -")
    return Extension(value)


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse members that stand there twice: parsers differ on which one counts."""
    body = dict(pairs)
    if len(body) != len(pairs):
        raise RefusedError("a member stands there twice")
    return body


def _no_constant(name: str) -> NoReturn:
    """Refuse what is not JSON: ``NaN`` and the infinities."""
    raise RefusedError(f"{name} is no number")


def _id_or_none(body: Mapping[str, object]) -> str | None:
    """Return the sender's id if it is one, so that the refusal can be told apart."""
    name = body.get("id")
    return name if isinstance(name, str) and 8 <= len(name) <= 64 and name.isprintable() else None


def _read_command(grammar: Grammar[Order], name: str, body: Mapping[str, object]) -> Command[Order]:
    wanted = _REQUIRED if grammar.knows_epoch else _REQUIRED - {"epoch"}
    missing = sorted(wanted - body.keys())
    if missing:
        raise RefusedError(f"{missing[0]} is missing")
    foreign = sorted(body.keys() - _REQUIRED - _OPTIONAL)
    if foreign:
        raise RefusedError(f"{printable(foreign[0], 32)!r} is not known")
    check_version(body)
    command_id = _id_or_none(body)
    if command_id is None:
        raise RefusedError("id is no text of 8 to 64 printable characters")
    call = _read_call(grammar, name, body)
    return Command(
        name=name,
        id=command_id,
        ts_ms=_read_number(body["ts"], "ts", 0, MAX_TS_MS),
        ttl_ms=read_int(body["ttl_ms"], "ttl_ms", 1, MAX_TTL_MS),
        epoch=read_text(body.get("epoch", ""), "epoch", 64),
        call=call,
        window=read_text(body.get("window", ""), "window", 64),
        expect=_read_expect(body, call),
        order=_read_order(grammar, name, call, body.get("args", {})),
        reply_to=read_text(body.get("reply_to", ""), "reply_to", 256),
        knows_epoch=grammar.knows_epoch,
    )


def _read_call(grammar: Grammar[Order], name: str, body: Mapping[str, object]) -> CallId | None:
    call = body.get("call")
    if call is None and "call" not in body:
        if name in grammar.needs_call:
            raise RefusedError(f"{name} has to name its call")
        return None
    if name in grammar.names_no_call:
        raise RefusedError(f"{name} names no call")
    if not isinstance(call, str) or not _CALL.fullmatch(call):
        raise RefusedError("call is no call id")
    return CallId(call)


def _read_expect(body: Mapping[str, object], call: CallId | None) -> Phase | None:
    if "expect" not in body:
        return None
    phase = read_enum(body["expect"], "expect", Phase)
    if call is None:
        raise RefusedError("expect without call")
    return phase


def _read_order(grammar: Grammar[Order], name: str, call: CallId | None, args: object) -> Order:
    if not isinstance(args, dict):
        raise RefusedError("args is no object")
    rest = dict(args)
    order = grammar.take_order(name, call, rest)
    if rest:
        raise RefusedError(f"{printable(min(rest), 32)!r} is no argument of {name}")
    return order


def _read_number(value: object, name: str, low: int, high: int) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise RefusedError(f"{name} is no number from {low} to {high}")
    return float(value)
