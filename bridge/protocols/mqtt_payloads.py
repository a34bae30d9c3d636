"""What stands in the payloads, version 1 of the MQTT contract (page: ``mqtt.md``).

Pure: snapshots and announcements in, JSON objects out. Numbers and names are masked here, texts are
made printable and capped, so that nothing after this room has to think of it.
"""

import json
from collections.abc import Iterable, Mapping

from bridge.model.bus import Numbers, Reply, Tallies
from bridge.model.calls import (
    CallView,
    DeviceView,
    ForwardingView,
    LineView,
    Mailbox,
    Party,
    Snapshot,
    TransferView,
)
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey
from bridge.model.hid import Control
from bridge.model.redaction import mask_number, printable, redact
from bridge.model.sound import SoundStats
from bridge.protocols.control_status import figures_body
from bridge.protocols.mqtt_commands import NAMES
from bridge.protocols.mqtt_envelope import MAX_TTL_MS
from bridge.protocols.mqtt_topics import COMMAND_LIMIT, PAYLOAD_LIMIT, Topics

Body = dict[str, object]
"""A JSON object without what is added later: ``v``, ``epoch``, ``rev``, ``seq``, ``ts``."""

VERSION = 1  # of the payloads; readers ignore members they do not know
KEY_TTL_S = 5.0  # a key press is old news after this
CALL_TTL_S = 30.0
MAX_CALLS, MAX_DEVICES, MAX_REASONS = 16, 32, 16
_SENTENCE = 200  # characters

_EVENT_TYPES: dict[Control, tuple[str, str]] = {  # (on, off)
    Control.HOOK: ("hook_off", "hook_on"),  # "on" means lifted: off the hook
    Control.KEYPAD: ("key_press", "key_release"),
    Control.MUTE: ("mute_toggle", "mute_toggle"),
    Control.LINE: ("line_open", "line_closed"),
    Control.LINE_BUSY: ("busy", "free"),
}


def event_types() -> tuple[str, ...]:
    """Return every word that ``event_type`` of a device event may be."""
    return tuple(dict.fromkeys(word for control in Control for word in _words(control)))


def _words(control: Control) -> tuple[str, str]:
    return _EVENT_TYPES.get(control, (control.value, f"{control.value}_release"))


def encode(body: Mapping[str, object]) -> bytes:
    """Return a JSON object as bytes, UTF-8, no spaces, no NaN."""
    return json.dumps(
        body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
    ).encode()


# -- states -------------------------------------------------------------------


def encode_states(snapshot: Snapshot, topics: Topics, numbers: Numbers) -> dict[str, Body]:
    """Return the body of every state topic a snapshot speaks of, keyed by topic."""
    devices = snapshot.devices[:MAX_DEVICES]
    states: dict[str, Body] = {
        topics.calls: {
            "calls": [_call(call, numbers) for call in snapshot.calls[:MAX_CALLS]],
            "muted": snapshot.muted,
            "do_not_disturb": snapshot.do_not_disturb,
            "call_waiting": snapshot.call_waiting,
            "locked": snapshot.locked,
            "forwarding": _forwarding(snapshot.forwarding, numbers),
        },
        topics.devices: {"devices": [_device_entry(device) for device in devices]},
    }
    for device in devices:
        states[topics.device_state(device.device)] = _device(device)
    for line in snapshot.lines:
        states[topics.line(line.account)] = _line(line)
    return states


def gone_device() -> Body:
    """Return the state of a device that was unplugged."""
    names = ("off_hook", "ring", "mute", "hold", "message_waiting", "do_not_disturb")
    lamps = dict.fromkeys(names, False)
    return {"type": "headset", "connected": False, "hook": "unknown", "lamps": lamps}


def encode_reasons(snapshot: Snapshot) -> tuple[str, ...]:
    """Return what does not work, for ``availability``: sentences, redacted and capped."""
    problems = snapshot.problems
    if not problems and not snapshot.engine_up:
        problems = ("the SIP engine is not running: no calls until it is back",)
    return tuple(sentence(problem) for problem in problems[:MAX_REASONS])


def _call(call: CallView, numbers: Numbers) -> Body:
    body: Body = {
        "call": call.call,
        "state": call.phase.value,
        "dir": call.direction.value,
        "since": call.since_ms,
        "account": call.account,
        "peer": encode_number(call.remote, numbers),
        "device": call.device,
        "muted": call.muted,
        "codec": printable(call.codec, 32),
        "silenced": call.silenced,
        "diverted_by": None
        if call.diverted_by is None
        else encode_number(call.diverted_by, numbers),
        "transfer": None if call.transfer is None else _transfer(call.transfer, numbers),
        "conference": call.conference,
        "recording": call.recording,
    }
    if numbers is Numbers.FULL:
        body["name"] = printable(call.remote.name)
    return body


def _forwarding(view: ForwardingView | None, numbers: Numbers) -> Body | None:
    if view is None:
        return None
    lines = [
        {
            "when": line.when.value,
            "to": line.target.to.value,
            "number": encode_number(Party(line.target.number), numbers),
            "after_s": line.after_s,
        }
        for line in view.forwards
    ]
    body: Body = {"profile": view.profile, "forwards": lines, "rules": view.rules}
    return body | {"title": printable(view.title)} if numbers is Numbers.FULL else body


def _transfer(transfer: TransferView, numbers: Numbers) -> Body:
    return {"target": encode_number(Party(transfer.target), numbers), "sip": transfer.sip}


def encode_number(remote: Party, numbers: Numbers) -> str:
    """Return the other end's number as readers may see it."""
    number = remote.number if numbers is Numbers.FULL else mask_number(remote.number[:64])
    return printable(number)


def _device_entry(device: DeviceView) -> Body:
    return {
        "device": device.device,
        "name": printable(device.name),
        "type": "headset",
        "usb": f"{device.vendor_id:04x}:{device.product_id:04x}",
    }


def _device(device: DeviceView) -> Body:
    return {
        "type": "headset",
        "connected": True,
        "hook": "unknown" if device.hook is None else "off" if device.hook else "on",
        "lamps": {
            "off_hook": device.off_hook,
            "ring": device.ring,
            "mute": device.mute,
            "hold": device.hold,
            "message_waiting": device.message_waiting,
            "do_not_disturb": device.do_not_disturb,
        },
        "busy_elsewhere": device.busy_elsewhere,
        "mute_locked": device.mute_locked,
        "errors": device.errors,
    }


def _line(line: LineView) -> Body:
    return {
        "registration": line.registration.value,
        "sip": line.sip,
        "reason": sentence(line.reason),
        "mailbox": None if line.mailbox is None else _mailbox(line.mailbox),
    }


def _mailbox(mailbox: Mailbox) -> Body:
    return {"waiting": mailbox.waiting, "new": mailbox.new, "old": mailbox.old}


def encode_alert(text: str) -> Body:
    """Return an alert, present while its cause is."""
    return {"text": sentence(text)}


def encode_sound(stats: SoundStats) -> Body:
    """Return the figures of the sound, the same as in the status."""
    return figures_body(stats)


def encode_tallies(tallies: Tallies) -> Body:
    """Return how often what happened on MQTT; the same words are in the status."""
    return {
        "commands": dict(tallies.commands),
        "messages": dict(tallies.messages),
        "pbx": dict(tallies.pbx),
    }


def encode_info(
    windows: tuple[str, ...], version: str, commands: Iterable[str], serves: Iterable[str] = ()
) -> Body:
    """Return what a sender of commands has to know.

    Args:
        windows: the tokens that count, newest first.
        version: of this software.
        commands: names of those that are obeyed.
        serves: fingerprints of the accounts (``model.remote.fingerprint``).
    """
    body: Body = {
        "window": list(windows),
        "software": {"name": "offhook", "version": version},
        "commands": sorted(commands),
        "limits": {"max_payload": COMMAND_LIMIT, "max_ttl_ms": MAX_TTL_MS},
    }
    return body | {"serves": sorted(serves)} if serves else body


def obeyed(*, may_dial: bool) -> frozenset[str]:
    """Return the commands a bridge obeys.

    Args:
        may_dial: whether what calls somebody is obeyed.
    """
    return NAMES if may_dial else NAMES - {"dial", "redial", "divert", "transfer", "meeting_join"}


def encode_online(epoch: str, seq: int, reasons: tuple[str, ...], wall_ms: int) -> bytes:
    """Return the payload that says ``online``: all states are published and true.

    Args:
        epoch: name of this run.
        seq: number of the last event.
        reasons: what does not work; empty = all does.
        wall_ms: Unix milliseconds.
    """
    return encode(
        {
            "v": VERSION,
            "state": "online",
            "epoch": epoch,
            "seq": seq,
            "health": "degraded" if reasons else "ok",
            "reasons": list(reasons[:MAX_REASONS]),
            "ts": wall_ms,
        }
    )


def encode_offline(epoch: str = "", reason: str = "") -> bytes:
    """Return the payload that says we are gone; the last will cannot know the epoch.

    Args:
        epoch: name of this run, where it is known.
        reason: why, where somebody is left to say it: a gateway that does not hear its PBX.
    """
    body: Body = {"v": VERSION, "state": "offline"}
    if epoch:
        body["epoch"] = epoch
    if reason:
        body["reasons"] = [sentence(reason)]
    return encode(body)


# -- events -------------------------------------------------------------------


def encode_event(
    announced: AnnounceCall | AnnounceKey | AnnounceDigit, topics: Topics, numbers: Numbers
) -> tuple[str, Body, float]:
    """Return topic, body and lifetime in seconds of an announcement."""
    match announced:
        case AnnounceCall():
            return topics.call_event, _call_event(announced), CALL_TTL_S
        case AnnounceKey():
            return topics.device_event(announced.device), _key_event(announced, numbers), KEY_TTL_S
        case AnnounceDigit(call=call, digit=digit):
            return topics.digit_event, {"call": call, "digit": printable(digit, 1)}, KEY_TTL_S


def _call_event(announced: AnnounceCall) -> Body:
    before = announced.before
    body: Body = {
        "call": announced.call,
        "from": None if before is None else before.value,
        "to": announced.after.value,
    }
    if announced.cause is not None:
        cause = announced.cause
        body["cause"] = {"by": cause.by.value, "sip": cause.sip, "reason": sentence(cause.reason)}
    return body


def _key_event(announced: AnnounceKey, numbers: Numbers) -> Body:
    control = announced.control
    on, off = _words(control)
    body: Body = {
        "event_type": on if announced.on else off,
        "meaning": sentence(announced.meaning),
    }
    if control is Control.KEYPAD and numbers is Numbers.FULL:
        body["key"] = printable(announced.key, 1)  # key by key it would spell the dialled number
    return body


# -- replies ------------------------------------------------------------------


def encode_reply(reply: Reply, epoch: str) -> bytes:
    """Return the payload of a reply, at most ``PAYLOAD_LIMIT`` bytes for any result that fits."""
    body: Body = {
        "v": VERSION,
        "id": reply.id,
        "status": reply.outcome.value,
        "detail": sentence(reply.detail),
        "epoch": epoch,
    }
    if reply.result:
        body["result"] = reply.result
    return encode(body)


def encode_history(events: tuple[Mapping[str, object], ...]) -> dict[str, object]:
    """Return the result of ``replay``: as many events as fit, and whether there are more."""
    fitting: list[Mapping[str, object]] = []
    room = PAYLOAD_LIMIT - 1024
    for event in events:
        room -= len(encode(event)) + 1
        if room < 0:
            break
        fitting.append(event)
    return {"events": fitting, "more": len(fitting) < len(events)}


def sentence(text: str) -> str:
    """Return a text for people: redacted, printable, at most 200 characters."""
    return printable(redact(text[: 2 * _SENTENCE]), _SENTENCE)


# -- revisions ----------------------------------------------------------------


class StateDiffer:
    """Finds which state topics changed and numbers their revisions.

    Args:
        epoch: name of this run of the bridge, in every payload: revisions count within it.
    """

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._shown: dict[str, Body] = {}
        self._revs: dict[str, int] = {}

    def update(self, states: Mapping[str, Body]) -> list[tuple[str, bytes]]:
        """Return topic and payload of each state that differs from what was shown last."""
        return [
            (topic, self._next(topic, body))
            for topic, body in states.items()
            if self._shown.get(topic) != body
        ]

    def shown(self) -> tuple[str, ...]:
        """Return the topics that show something now."""
        return tuple(self._shown)

    def forget(self, topic: str) -> None:
        """The topic was cleared; should it come back, its revisions go on counting."""
        self._shown.pop(topic, None)

    def _next(self, topic: str, body: Body) -> bytes:
        self._shown[topic] = body
        self._revs[topic] = rev = self._revs.get(topic, 0) + 1
        return encode({"v": VERSION, "epoch": self._epoch, "rev": rev} | body)
