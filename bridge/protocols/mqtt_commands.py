"""Commands as they arrive: bytes of a stranger in, a checked ``Command`` or ``Unreadable`` out.

Strict on purpose: unknown or double members, other types, NaN, other encodings and anything out of
range are refused, because whatever is accepted here may pick up a telephone.
"""

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from bridge.model.bus import Command, Replay, Unreadable
from bridge.model.calls import Phase
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Verb
from bridge.model.redaction import printable
from bridge.protocols.mqtt_topics import COMMAND_LIMIT

MAX_TTL_MS = 5000
_MAX_TS_MS = 2**53  # beyond it a JSON number is no exact integer
_NEEDS_CALL = frozenset(
    {
        *("answer", "reject", "hangup", "hold", "resume", "dtmf", "silence"),
        *("divert", "transfer", "record", "stop_recording"),
    }
)
_NAMES_NO_CALL = frozenset(
    {
        *("dial", "redial", "replay", "swap", "back", "conference"),
        *("dnd_on", "dnd_off", "waiting_on", "waiting_off", "lock", "unlock"),
    }
)
NAMES = _NEEDS_CALL | _NAMES_NO_CALL | {"mute", "unmute"}
"""The commands there are. ``mute`` and ``unmute`` may name a call or quote a window."""

_REQUIRED = frozenset({"v", "id", "ts", "ttl_ms", "epoch"})
_OPTIONAL = frozenset({"call", "window", "expect", "args", "reply_to"})
_CALL = re.compile(r"[0-9a-z]{1,40}")
_ACCOUNT = re.compile(r"[a-z0-9-]{1,32}")
_DIGITS = re.compile(r"[0-9A-D*#]{1,32}")
_IDENTITY = re.compile(r"|anonymous|\+?[0-9*#]{1,32}")
_TARGET_CHARS = 128
_REJECT_STATUS = frozenset({486, 603})  # busy here, decline (RFC 3261)


class _Refused(Exception):  # noqa: N818  # carries the reason to the one place that reports it
    """The message is no command."""


def parse_command(name: str, payload: bytes) -> Command | Unreadable:
    """Return the command a message holds, or why it holds none.

    Args:
        name: last level of the topic; foreign text.
        payload: foreign bytes, any length.
    """
    if name not in NAMES:
        return Unreadable(f"no command is called {printable(name, 32)!r}: see commands in info")
    if len(payload) > COMMAND_LIMIT:
        return Unreadable(f"{len(payload)} bytes: a command has at most {COMMAND_LIMIT}")
    try:
        body = _read_object(payload)
    except _Refused as why:
        return Unreadable(str(why))
    try:
        return _read_command(name, body)
    except _Refused as why:
        return Unreadable(str(why), _id_or_none(body))


def _read_object(payload: bytes) -> dict[str, object]:
    """Return the JSON object in the payload."""
    try:
        body = json.loads(
            payload.decode(), object_pairs_hook=_no_doubles, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise _Refused("the payload is not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise _Refused("the payload is no JSON object")
    return body


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse members that stand there twice: parsers differ on which one counts."""
    body = dict(pairs)
    if len(body) != len(pairs):
        raise _Refused("a member stands there twice")
    return body


def _no_constant(name: str) -> NoReturn:
    """Refuse what is not JSON: ``NaN`` and the infinities."""
    raise _Refused(f"{name} is no number")


def _id_or_none(body: Mapping[str, object]) -> str | None:
    """Return the sender's id if it is one, so that the refusal can be told apart."""
    name = body.get("id")
    return name if isinstance(name, str) and 8 <= len(name) <= 64 and name.isprintable() else None


def _read_command(name: str, body: Mapping[str, object]) -> Command:
    missing = sorted(_REQUIRED - body.keys())
    if missing:
        raise _Refused(f"{missing[0]} is missing")
    foreign = sorted(body.keys() - _REQUIRED - _OPTIONAL)
    if foreign:
        raise _Refused(f"{printable(foreign[0], 32)!r} is not known")
    if body["v"] != 1 or isinstance(body["v"], bool):
        raise _Refused("v is not 1")
    command_id = _id_or_none(body)
    if command_id is None:
        raise _Refused("id is no text of 8 to 64 printable characters")
    call = _read_call(name, body)
    return Command(
        name=name,
        id=command_id,
        ts_ms=_read_number(body["ts"], "ts", 0, _MAX_TS_MS),
        ttl_ms=_read_int(body["ttl_ms"], "ttl_ms", 1, MAX_TTL_MS),
        epoch=_read_text(body["epoch"], "epoch", 64),
        call=call,
        window=_read_text(body.get("window", ""), "window", 64),
        expect=_read_expect(body, call),
        order=_read_order(name, call, body.get("args", {})),
        reply_to=_read_text(body.get("reply_to", ""), "reply_to", 256),
    )


def _read_call(name: str, body: Mapping[str, object]) -> CallId | None:
    call = body.get("call")
    if call is None and "call" not in body:
        if name in _NEEDS_CALL:
            raise _Refused(f"{name} has to name its call")
        return None
    if name in _NAMES_NO_CALL:
        raise _Refused(f"{name} names no call")
    if not isinstance(call, str) or not _CALL.fullmatch(call):
        raise _Refused("call is no call id")
    return CallId(call)


def _read_expect(body: Mapping[str, object], call: CallId | None) -> Phase | None:
    if "expect" not in body:
        return None
    try:
        phase = Phase(body["expect"])
    except ValueError:
        raise _Refused("expect is no phase of a call") from None
    if call is None:
        raise _Refused("expect without call")
    return phase


def _read_order(name: str, call: CallId | None, args: object) -> Intent | Replay:
    if not isinstance(args, dict):
        raise _Refused("args is no object")
    rest = dict(args)
    order = _take_order(name, call, rest)
    if rest:
        raise _Refused(f"{printable(min(rest), 32)!r} is no argument of {name}")
    return order


def _take_order(name: str, call: CallId | None, args: dict[str, object]) -> Intent | Replay:
    """Return the order and take its arguments out of ``args``."""
    match name:
        case "replay":
            return Replay(_read_int(args.pop("since", None), "since", 0, _MAX_TS_MS))
        case "dial":
            account = _take_account(args)
            target, identity = _take_target(args), _take_identity(args)
            return Intent(Verb.DIAL, target=target, account=account, identity=identity)
        case "divert" | "transfer":
            target = _take_target(args) if "target" in args else ""
            return Intent(Verb(name), call, target=target)
        case "dtmf":
            return Intent(Verb.DTMF, call, target=_take_digits(args))
        case "reject":
            status = _read_int(args.pop("status", 486), "status", 400, 699)
            if status not in _REJECT_STATUS:
                raise _Refused("status is neither 486 (busy) nor 603 (decline)")
            return Intent(Verb.REJECT, call, status=status)
        case _:
            return Intent(Verb(name), call)


def _take_target(args: dict[str, object]) -> str:
    target = _read_text(args.pop("target", ""), "target", _TARGET_CHARS).strip()
    if not target:
        raise _Refused("target is no number or SIP address")
    return target


def _take_account(args: dict[str, object]) -> AccountId | None:
    if "account" not in args:
        return None
    account = args.pop("account")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise _Refused("account is no account id")
    return AccountId(account)


def _take_identity(args: dict[str, object]) -> str:
    identity = args.pop("caller_id", "")
    if not isinstance(identity, str) or not _IDENTITY.fullmatch(identity):
        raise _Refused("caller_id is neither anonymous nor a number")
    return identity


def _take_digits(args: dict[str, object]) -> str:
    digits = args.pop("digits", None)
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise _Refused("dtmf needs the argument digits, 1 to 32 of 0-9 A-D * #")
    return digits


def _read_text(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        raise _Refused(f"{name} is no printable text of at most {limit} characters")
    return value


def _read_int(value: object, name: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _Refused(f"{name} is no whole number from {low} to {high}")
    return value


def _read_number(value: object, name: str, low: int, high: int) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise _Refused(f"{name} is no number from {low} to {high}")
    return float(value)
