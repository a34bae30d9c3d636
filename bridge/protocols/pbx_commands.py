"""The commands of a PBX: orders to messages (a bridge sends) and back (a gateway reads); replies.

The envelope, and what makes a command stale, are those of a bridge's own (``mqtt_envelope``,
``core.guard``). No command names a call: a PBX has its own names for calls, so each quotes a
``window``.
"""

import re
from dataclasses import dataclass
from typing import assert_never

from bridge.model.blf import Extension, PresenceState
from bridge.model.bus import Command, Unreadable
from bridge.model.forwarding import (
    CALLER_FORM,
    DEFAULT_PROFILE,
    RING_S,
    CallerMatch,
    Target,
    To,
    When,
    caller_word,
    to_caller,
)
from bridge.model.ids import CallId
from bridge.model.intents import Outcome
from bridge.model.pbx import (
    ActivateProfile,
    FetchParked,
    HangUp,
    Originate,
    Park,
    PbxCommand,
    PickUp,
    Redirect,
    ServeQueue,
    SetForwarding,
    SetGlobalDnd,
    SetPresence,
)
from bridge.protocols.mqtt_envelope import (
    MAX_TS_MS,
    TEXT_CHARS,
    Args,
    Grammar,
    RefusedError,
    check_version,
    parse,
    read_bool,
    read_enum,
    read_int,
    read_object,
    read_subject,
    read_text,
)
from bridge.protocols.mqtt_payloads import VERSION, encode

NUMBER_CHARS = 32
_DIALLED = re.compile(r"[0-9A-Za-z+*#._-]{1,32}")
COMMAND_TTL_MS = 5000


@dataclass(frozen=True, slots=True)
class PbxReply:
    """What a gateway answered to a command.

    Args:
        id: of the command.
        outcome: the word of the contract.
        detail: one sentence, may be empty.
    """

    id: str
    outcome: Outcome
    detail: str


def parse_pbx_command(name: str, payload: bytes) -> Command[PbxCommand] | Unreadable:
    """Return the command a message holds, or why it holds none.

    Args:
        name: last level of the topic; foreign text.
        payload: foreign bytes, any length.
    """
    return parse(_GRAMMAR, name, payload)


def encode_command(  # the members of the envelope
    order: PbxCommand, *, name: str, ts_ms: int, epoch: str, window: str, reply_to: str
) -> bytes:
    """Return the payload of a command.

    Args:
        order: what is wanted.
        name: unique id of the command, 8..64 characters.
        ts_ms: now, Unix milliseconds.
        epoch: of the gateway, as its ``info`` says.
        window: token of its ``info``.
        reply_to: our client name at the gateway.
    """
    _, args = name_and_args(order)
    return encode(
        {
            "v": VERSION,
            "id": name,
            "ts": ts_ms,
            "ttl_ms": COMMAND_TTL_MS,
            "epoch": epoch,
            "window": window,
            "args": args,
            "reply_to": reply_to,
        }
    )


def name_and_args(order: PbxCommand) -> tuple[str, Args]:  # noqa: PLR0911  # one line each
    """Return the name of a command and its arguments."""
    match order:
        case PickUp(extension=ext, by=by):
            return "pickup", {"ext": ext, "by": by}
        case FetchParked(slot=slot, by=by):
            return "fetch", {"slot": slot, "by": by}
        case ServeQueue(queue=queue, extension=ext, logged_in=logged_in):
            name = "queue_login" if logged_in else "queue_logout"
            return name, {"ext": ext, "queue": queue} if queue else {"ext": ext}
        case SetGlobalDnd(extension=ext, on=on):
            return "dnd", {"ext": ext, "on": on}
        case ActivateProfile(extension=ext, profile=profile):
            return "profile", {"ext": ext, "profile": profile}
        case SetPresence():
            return "presence", _presence_args(order)
        case SetForwarding():
            return "forward", _forward_args(order)
        case Originate(extension=ext, number=number):
            return "originate", {"ext": ext, "number": number}
        case HangUp(extension=ext):
            return "end_calls", {"ext": ext}
        case Park(extension=ext, slot=slot):
            return "park", {"ext": ext, "slot": slot}
        case Redirect(extension=ext, number=number):
            return "redirect", {"ext": ext, "number": number}
    assert_never(order)


def _presence_args(order: SetPresence) -> Args:
    args: Args = {"ext": order.extension, "presence": order.presence.value}
    if order.text:
        args["text"] = order.text
    if order.until_ms:
        args["until"] = order.until_ms
    return args


def _forward_args(order: SetForwarding) -> Args:
    args: Args = {"ext": order.extension, "when": order.when.value}
    if order.target is not None:
        args["to"] = order.target.to.value
        if order.target.number:
            args["number"] = order.target.number
    if order.when is When.NO_ANSWER:
        args["after_s"] = order.after_s
    if order.profile != DEFAULT_PROFILE:
        args["profile"] = order.profile
    if order.caller is not None:
        args["caller"] = caller_word(order.caller)
    return args


def read_reply(payload: bytes) -> PbxReply | None:
    """Return the reply in a message, None when there is none."""
    try:
        body = read_object(payload)
        name = read_text(body.get("id"), "id", 64)
        detail = read_text(body.get("detail", ""), "detail", 200)
        return PbxReply(name, read_enum(body.get("status"), "status", Outcome), detail)
    except RefusedError:
        return None


@dataclass(frozen=True, slots=True)
class GatewayInfo:
    """What a sender of commands has to know of a gateway.

    Args:
        epoch: its run.
        window: the token to quote, the newest one.
        commands: what it can do; others need not be sent.
    """

    epoch: str
    window: str
    commands: frozenset[str]


def read_info(payload: bytes) -> GatewayInfo | None:
    """Return what the ``info`` of a gateway says, None when it says nothing of use."""
    try:
        body = read_object(payload)
        check_version(body)
        windows, names = body.get("window"), body.get("commands")
        if not (isinstance(windows, list) and windows and isinstance(names, list)):
            return None
        return GatewayInfo(
            epoch=read_text(body.get("epoch"), "epoch", 64),
            window=read_text(windows[0], "window", 64),
            commands=frozenset(read_text(name, "command", 32) for name in names[:64]),
        )
    except RefusedError:
        return None


# -- reading orders ---------------------------------------------------------------


def _take_order(name: str, call: CallId | None, args: Args) -> PbxCommand:  # noqa: ARG001, PLR0911
    """Return the order and take its arguments out of ``args``."""
    match name:
        case "fetch":
            return FetchParked(_subject(args, "slot"), _subject(args, "by"))
        case "pickup":
            return PickUp(_subject(args, "ext"), _subject(args, "by"))
        case "queue_login" | "queue_logout":
            queue = _subject(args, "queue") if "queue" in args else Extension("")
            return ServeQueue(queue, _subject(args, "ext"), name == "queue_login")
        case "dnd":
            return SetGlobalDnd(_subject(args, "ext"), read_bool(args.pop("on", None), "on"))
        case "profile":
            profile = read_int(args.pop("profile", None), "profile", 0, 9)
            return ActivateProfile(_subject(args, "ext"), profile)
        case "presence":
            return _take_presence(args)
        case "forward":
            return _take_forward(args)
        case "originate":
            return Originate(_subject(args, "ext"), _number(args))
        case "park":
            return Park(_subject(args, "ext"), _subject(args, "slot"))
        case "redirect":
            return Redirect(_subject(args, "ext"), _number(args))
        case _:
            return HangUp(_subject(args, "ext"))


def _take_presence(args: Args) -> SetPresence:
    return SetPresence(
        extension=_subject(args, "ext"),
        presence=read_enum(args.pop("presence", None), "presence", PresenceState),
        text=read_text(args.pop("text", ""), "text", TEXT_CHARS),
        until_ms=read_int(args.pop("until", 0), "until", 0, MAX_TS_MS),
    )


def _take_forward(args: Args) -> SetForwarding:
    when = read_enum(args.pop("when", None), "when", When)
    after_s = read_int(args.pop("after_s", 20), "after_s", RING_S.start, RING_S.stop - 1)
    target = None
    if "to" in args:
        to = read_enum(args.pop("to"), "to", To)
        target = Target(to, _number(args) if to is To.NUMBER else "")
    profile = read_int(args.pop("profile", DEFAULT_PROFILE), "profile", 0, 9)
    caller = _caller(args) if "caller" in args else None
    if caller is not None and profile == DEFAULT_PROFILE:
        raise RefusedError("the default profile takes no rules for single callers: name another")
    if caller is None and target is not None and target.to is To.RING:
        raise RefusedError("to ring is for single callers: name one, or leave out to")
    return SetForwarding(_subject(args, "ext"), when, target, after_s, profile, caller)


def _caller(args: Args) -> CallerMatch:
    word = read_text(args.pop("caller"), "caller", NUMBER_CHARS + 2)
    if re.fullmatch(CALLER_FORM, word) is None:
        raise RefusedError("caller is none of anonymous, internal, 200, +49891234, +4989*")
    return to_caller(word)


def _subject(args: Args, name: str) -> Extension:
    return read_subject(args.pop(name, None), name)


def _number(args: Args) -> str:
    number = read_text(args.pop("number", ""), "number", NUMBER_CHARS)
    if not _DIALLED.fullmatch(number):
        raise RefusedError("number is none of 1 to 32 of 0-9 A-Z a-z + * # . _ -")
    return number


_GRAMMAR: Grammar[PbxCommand] = Grammar(
    needs_call=frozenset(),
    names_no_call=frozenset(
        {
            *("dnd", "end_calls", "fetch", "forward", "originate", "park", "pickup"),
            *("presence", "profile", "queue_login", "queue_logout", "redirect"),
        }
    ),
    may_call=frozenset(),
    take_order=_take_order,
)
PBX_NAMES = _GRAMMAR.names
"""The commands there are; a gateway offers those its PBX can do."""
