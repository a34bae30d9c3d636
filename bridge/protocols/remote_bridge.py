"""Another bridge as one that controls it sees it: its states read, its commands written. Pure.

The topics are those of the contract (``mqtt.md``). What is read was written by a bridge of ours,
and is checked all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.model.calls import Cause, Direction, EndedBy, Mailbox, Party, Phase, RegistrationState
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    EngineOrder,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    SendDtmf,
    TransferCall,
)
from bridge.model.ids import CallId
from bridge.model.intents import Outcome
from bridge.protocols.mqtt_envelope import (
    MAX_TS_MS,
    RefusedError,
    check_version,
    read_bool,
    read_enum,
    read_int,
    read_object,
    read_text,
)
from bridge.protocols.mqtt_payloads import MAX_CALLS, VERSION, encode

COMMAND_TTL_MS = 4000  # what was meant by a press is over by then
_TEXT, _SENTENCE, _NAMES = 64, 200, 64
_REJECT_BUSY, _REJECT = 486, frozenset({486, 603})  # what the contract knows; all else is busy


@dataclass(frozen=True, slots=True)
class FarCall:
    """One call of the other bridge, as its ``calls`` shows it."""

    call: CallId
    phase: Phase
    direction: Direction
    remote: Party
    diverted_by: Party | None = None
    codec: str = ""
    conference: bool = False
    recording: bool = False


@dataclass(frozen=True, slots=True)
class FarCalls:
    """``calls``: everything about calls at once.

    Args:
        epoch, rev: which run said it, and in what order.
        calls: those there are.
        muted, do_not_disturb, call_waiting, locked: its switches.
    """

    epoch: str
    rev: int
    calls: tuple[FarCall, ...]
    muted: bool = False
    do_not_disturb: bool = False
    call_waiting: bool = True
    locked: bool = False


@dataclass(frozen=True, slots=True)
class FarInfo:
    """``info``: what a sender of commands has to know.

    Args:
        epoch: of this run.
        window: the newest token.
        commands: those that are obeyed.
        serves: fingerprints of its accounts (``model.remote.fingerprint``).
    """

    epoch: str
    window: str
    commands: frozenset[str]
    serves: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class FarLine:
    """``line/{account}``: a registration and its mailbox."""

    epoch: str
    registration: RegistrationState
    sip: int
    reason: str
    mailbox: Mailbox | None


@dataclass(frozen=True, slots=True)
class FarReply:
    """What became of a command of ours."""

    id: str
    outcome: Outcome
    detail: str
    call: CallId | None


@dataclass(frozen=True, slots=True)
class FarCommand:
    """What is to be said to the other bridge.

    Args:
        name: of the command.
        call: its id over there; None where it names none.
        expect: the state it has to be in.
        args: of the command.
    """

    name: str
    call: CallId | None = None
    expect: Phase | None = None
    args: Mapping[str, object] = field(default_factory=dict)


# -- states -------------------------------------------------------------------


def read_calls(payload: bytes) -> FarCalls | None:
    """Return what ``calls`` says, None when it is none."""
    try:
        body = _object(payload)
        listed = body.get("calls")
        if not isinstance(listed, list) or len(listed) > MAX_CALLS:
            return None
        return FarCalls(
            epoch=read_text(body.get("epoch"), "epoch", _TEXT),
            rev=read_int(body.get("rev"), "rev", 0, MAX_TS_MS),
            calls=tuple(_call(one) for one in listed if _is_there(one)),
            muted=read_bool(body.get("muted"), "muted"),
            do_not_disturb=read_bool(body.get("do_not_disturb"), "do_not_disturb"),
            call_waiting=read_bool(body.get("call_waiting"), "call_waiting"),
            locked=read_bool(body.get("locked", False), "locked"),
        )
    except RefusedError:
        return None


def _is_there(body: object) -> bool:
    return not (isinstance(body, dict) and body.get("state") == Phase.ENDED.value)


def _call(body: object) -> FarCall:
    if not isinstance(body, dict):
        raise RefusedError("a call is no object")
    diverted = body.get("diverted_by")
    return FarCall(
        call=CallId(read_text(body.get("call"), "call", 40)),
        phase=read_enum(body.get("state"), "state", Phase),
        direction=read_enum(body.get("dir"), "dir", Direction),
        remote=Party(
            read_text(body.get("peer", ""), "peer", _TEXT),
            read_text(body.get("name", ""), "name", _TEXT),
        ),
        diverted_by=None if diverted is None else Party(read_text(diverted, "diverted_by", _TEXT)),
        codec=read_text(body.get("codec", ""), "codec", 32),
        conference=read_bool(body.get("conference", False), "conference"),
        recording=read_bool(body.get("recording", False), "recording"),
    )


def read_info(payload: bytes) -> FarInfo | None:
    """Return what ``info`` says, None when it is none."""
    try:
        body = _object(payload)
        windows, names, serves = body.get("window"), body.get("commands"), body.get("serves", [])
        if not (isinstance(windows, list) and windows and isinstance(names, list)):
            return None
        if not isinstance(serves, list):
            return None
        return FarInfo(
            epoch=read_text(body.get("epoch"), "epoch", _TEXT),
            window=read_text(windows[0], "window", _TEXT),
            commands=frozenset(read_text(name, "command", 32) for name in names[:_NAMES]),
            serves=frozenset(read_text(one, "serves", _TEXT) for one in serves[:_NAMES]),
        )
    except RefusedError:
        return None


def read_line(payload: bytes) -> FarLine | None:
    """Return what ``line/{account}`` says, None when it is none."""
    try:
        body = _object(payload)
        return FarLine(
            epoch=read_text(body.get("epoch"), "epoch", _TEXT),
            registration=read_enum(body.get("registration"), "registration", RegistrationState),
            sip=read_int(body.get("sip", 0), "sip", 0, 699),
            reason=read_text(body.get("reason", ""), "reason", _SENTENCE),
            mailbox=_mailbox(body.get("mailbox")),
        )
    except RefusedError:
        return None


def _mailbox(body: object) -> Mailbox | None:
    if not isinstance(body, dict):
        return None
    new, old = (read_int(body.get(key, 0), key, 0, MAX_TS_MS) for key in ("new", "old"))
    return Mailbox(read_bool(body.get("waiting"), "waiting"), new, old)


def read_end(payload: bytes) -> tuple[CallId, Cause] | None:
    """Return which call ended and why, None when an ``event/call`` is about anything else."""
    try:
        body = _object(payload)
        cause = body.get("cause")
        if body.get("to") != Phase.ENDED.value or not isinstance(cause, dict):
            return None
        return CallId(read_text(body.get("call"), "call", 40)), Cause(
            read_enum(cause.get("by"), "by", EndedBy),
            read_int(cause.get("sip", 0), "sip", 0, 699),
            read_text(cause.get("reason", ""), "reason", _SENTENCE),
        )
    except RefusedError:
        return None


def read_reply(payload: bytes) -> FarReply | None:
    """Return what a reply says, None when it is none."""
    try:
        body = _object(payload)
        result = body.get("result", {})
        call = result.get("call") if isinstance(result, dict) else None
        return FarReply(
            id=read_text(body.get("id"), "id", _TEXT),
            outcome=read_enum(body.get("status"), "status", Outcome),
            detail=read_text(body.get("detail", ""), "detail", _SENTENCE),
            call=None if call is None else CallId(read_text(call, "call", 40)),
        )
    except RefusedError:
        return None


def _object(payload: bytes) -> dict[str, object]:
    body = read_object(payload)
    check_version(body)
    return body


# -- commands -----------------------------------------------------------------


def encode_command(
    command: FarCommand, info: FarInfo, *, name: str, ts_ms: int, reply_to: str
) -> bytes:
    """Return the payload of a command.

    Args:
        command: what.
        info: of the other bridge, as it stands now.
        name: unique, 8..64 characters.
        ts_ms: our clock, Unix milliseconds.
        reply_to: our name among its clients.
    """
    body: dict[str, object] = {
        "v": VERSION,
        "id": name,
        "ts": ts_ms,
        "ttl_ms": COMMAND_TTL_MS,
        "epoch": info.epoch,
        "reply_to": reply_to,
    }
    if command.call is None:
        body["window"] = info.window
    else:
        body["call"] = command.call
    if command.expect is not None:
        body["expect"] = command.expect.value
    if command.args:
        body["args"] = dict(command.args)
    return encode(body)


def command_for(order: EngineOrder, call: CallId | None) -> FarCommand | None:  # noqa: C901, PLR0911
    """Return what the other bridge is told to do, None where it does so by itself.

    Args:
        order: of our core.
        call: what it is about, by its id over there.
    """
    match order:
        case PlaceCall():
            return _dial(order)
        case AnswerCall():
            return FarCommand("answer", call, Phase.RINGING)
        case RejectCall(status=status):
            status = status if status in _REJECT else _REJECT_BUSY
            return FarCommand("reject", call, Phase.RINGING, {"status": status})
        case EndCall():
            return FarCommand("hangup", call)
        case HoldCall():
            return FarCommand("hold", call)
        case ResumeCall():
            return FarCommand("resume", call)
        case SendDtmf(digits=digits):
            return FarCommand("dtmf", call, args={"digits": digits})
        case DivertCall(target=target):
            return FarCommand("divert", call, Phase.RINGING, {"target": target})
        case TransferCall(target=target):
            return FarCommand("transfer", call, args={"target": target})
        case ConnectCalls():
            return FarCommand("transfer", call)
        case JoinCalls(joined=True):
            return FarCommand("conference")
        case RecordCall(on=on):
            return FarCommand("record" if on else "stop_recording", call)
        case _:  # ringing, microphone, tones: its own business; muting goes as a switch
            return None


def _dial(order: PlaceCall) -> FarCommand:
    if order.replaces:
        return FarCommand("pull", args={"target": order.target, "dialog": order.replaces})
    identity = {"caller_id": order.identity} if order.identity else {}
    return FarCommand("dial", args={"target": order.target, **identity})
