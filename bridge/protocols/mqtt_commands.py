"""The commands of a bridge: which there are, and what their arguments mean."""

import re
from collections.abc import Callable, Mapping

from bridge.model.bus import Command, Replay, Unreadable
from bridge.model.features import AroundOrder
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import ORIGIN_FORM, ORIGIN_WORDS, Intent, Verb
from bridge.model.meetings import JoinMeeting, join_flaw
from bridge.model.remote import ControlledFrom, NotControlledFrom, RemoteOrder, TurnVolume
from bridge.model.sound import VOLUME_FORM, SoundPart
from bridge.protocols.mqtt_around import AROUND_COMMANDS, take_around_order
from bridge.protocols.mqtt_envelope import (
    MAX_TS_MS,
    Args,
    Grammar,
    RefusedError,
    parse,
    read_enum,
    read_int,
    read_text,
)
from bridge.protocols.mqtt_lamps import KEY_COMMANDS, KeyOrder, take_key_order
from bridge.protocols.sip_dialog import DIALOG_FORM

BridgeOrder = Intent | KeyOrder | AroundOrder | JoinMeeting | RemoteOrder | TurnVolume
"""What a command may want: something of the core, of a key, of what stands around, a meeting, the
volume, or to say that the bridge is controlled from elsewhere."""

_ACCOUNT = re.compile(r"[a-z0-9-]{1,32}")
_DIGITS = re.compile(r"[0-9A-D*#]{1,32}")
_IDENTITY = re.compile(r"|anonymous|\+?[0-9*#]{1,32}")
_DIALOG = re.compile(DIALOG_FORM)
_ORIGIN = re.compile(ORIGIN_FORM)
_VOLUME = re.compile(VOLUME_FORM)
_TARGET_CHARS = 128
_REJECT_STATUS = frozenset({486, 603})  # busy here, decline (RFC 3261)


def parse_command(name: str, payload: bytes) -> Command[BridgeOrder | Replay] | Unreadable:
    """Return the command a message holds, or why it holds none.

    Args:
        name: last level of the topic; foreign text.
        payload: foreign bytes, any length.
    """
    return parse(_GRAMMAR, name, payload)


def _take_order(name: str, call: CallId | None, args: Args) -> BridgeOrder | Replay:
    """Return the order and take its arguments out of ``args``."""
    if name in KEY_COMMANDS:
        return take_key_order(name, args)
    if name in AROUND_COMMANDS:
        return take_around_order(name, args)
    if name == "meeting_join":
        return _take_join(args)
    if name in _REMOTE_ORDERS:
        return _REMOTE_ORDERS[name](_take_bridge(args))
    if name == "volume":
        return _take_volume(args)
    if name == "replay":
        return Replay(read_int(args.pop("since", None), "since", 0, MAX_TS_MS))
    return _take_intent(name, call, args)


_REMOTE_ORDERS: Mapping[str, Callable[[str], RemoteOrder]] = {
    "remote_on": ControlledFrom,
    "remote_off": NotControlledFrom,
}


def _take_bridge(args: Args) -> str:
    name = args.pop("by", None)
    if not isinstance(name, str) or not _ACCOUNT.fullmatch(name):
        raise RefusedError("by is no id of a bridge")
    return name


def _take_volume(args: Args) -> TurnVolume:
    part = read_enum(args.pop("part", None), "part", SoundPart)
    volume = read_text(args.pop("volume", None), "volume", 16)
    if not _VOLUME.fullmatch(volume):
        raise RefusedError("volume is neither 0 to 150 (per cent) nor -99 dB to +10 dB")
    return TurnVolume(part, volume)


def _take_join(args: Args) -> JoinMeeting:
    meeting = read_text(args.pop("meeting", None), "meeting", 64)
    wish = JoinMeeting(meeting, read_text(args.pop("participant", ""), "participant", 16))
    if flaw := join_flaw(wish):
        raise RefusedError(flaw)
    return wish


def _take_intent(name: str, call: CallId | None, args: Args) -> Intent:
    match name:
        case "dial":
            account = _take_account(args)
            target, identity = _take_target(args), _take_identity(args)
            return Intent(
                Verb.DIAL,
                target=target,
                account=account,
                identity=identity,
                origin=_take_origin(args),
            )
        case "divert" | "transfer" | "move":
            target = _take_target(args) if "target" in args else ""
            return Intent(Verb(name), call, target=target)
        case "pull":
            return _take_pull(args)
        case "dtmf":
            return Intent(Verb.DTMF, call, target=_take_digits(args))
        case "reject":
            status = read_int(args.pop("status", 486), "status", 400, 699)
            if status not in _REJECT_STATUS:
                raise RefusedError("status is neither 486 (busy) nor 603 (decline)")
            return Intent(Verb.REJECT, call, status=status)
        case _:
            return Intent(Verb(name), call)


def _take_target(args: Args) -> str:
    target = read_text(args.pop("target", ""), "target", _TARGET_CHARS).strip()
    if not target:
        raise RefusedError("target is no number or SIP address")
    return target


def _take_pull(args: Args) -> Intent:
    account, dialog = _take_account(args), args.pop("dialog", "")
    if not isinstance(dialog, str) or (dialog and not _DIALOG.fullmatch(dialog)):
        raise RefusedError("dialog is not CALL-ID;to-tag=TAG;from-tag=TAG")
    target = _take_target(args) if dialog else ""
    return Intent(Verb.PULL, target=target, account=account, dialog=dialog)


def _take_account(args: Args) -> AccountId | None:
    if "account" not in args:
        return None
    account = args.pop("account")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise RefusedError("account is no account id")
    return AccountId(account)


def _take_identity(args: Args) -> str:
    identity = args.pop("caller_id", "")
    if not isinstance(identity, str) or not _IDENTITY.fullmatch(identity):
        raise RefusedError("caller_id is neither anonymous nor a number")
    return identity


def _take_origin(args: Args) -> str:
    origin = args.pop("from", "")
    if not isinstance(origin, str) or (origin and not _ORIGIN.fullmatch(origin)):
        raise RefusedError(f"from is not {ORIGIN_WORDS}")
    return origin


def _take_digits(args: Args) -> str:
    digits = args.pop("digits", None)
    if not isinstance(digits, str) or not _DIGITS.fullmatch(digits):
        raise RefusedError("dtmf needs the argument digits, 1 to 32 of 0-9 A-D * #")
    return digits


_GRAMMAR: Grammar[BridgeOrder | Replay] = Grammar(
    needs_call=frozenset(
        {
            *("answer", "reject", "hangup", "hold", "resume", "dtmf", "silence"),
            *("divert", "transfer", "move", "record", "stop_recording"),
        }
    ),
    names_no_call=frozenset(
        {
            *KEY_COMMANDS,
            *("dial", "redial", "pull", "replay", "swap", "back", "conference"),
            *("meeting_join", "volume", *_REMOTE_ORDERS),
            *("dnd_on", "dnd_off", "waiting_on", "waiting_off", "lock", "unlock"),
            *AROUND_COMMANDS,
        }
    ),
    may_call=frozenset({"mute", "unmute"}),
    take_order=_take_order,
)
NAMES = _GRAMMAR.names
"""The commands there are. ``mute`` and ``unmute`` may name a call or quote a window."""
