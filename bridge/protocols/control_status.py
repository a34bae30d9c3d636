"""The bodies of ``status`` and ``devices``: the daemon's state as JSON objects.

Members may be added, never renamed: scripts read ``offhook status --json``. Numbers are whole:
the control socket belongs to the person whose calls these are. ``control_wire.md`` lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.model.bus import Tallies
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
from bridge.model.habits import HeadsetMode
from bridge.model.hid import DeviceInfo
from bridge.model.sound import SoundStats, Volumes, percent_of


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """What a status tells about the daemon itself.

    Args:
        bridge: id of this bridge, as in its MQTT topics.
        version: of Offhook.
        pid: of the daemon.
        uptime_s: seconds since it was ready.
        config_files: what its configuration was read from, in order; empty = defaults.
        engine: one sentence about the SIP engine: build and address, or what is wrong.
        bus: one sentence about MQTT: broker and state.
        sound: one sentence about sound.
        around: presence and queues, as they stand in a status.
        http: one sentence about the HTTP server; empty where none runs.
        http_refused: requests it refused, by reason.
        tallies: how often what happened on MQTT.
        pbx: the PBX as it stands in a status; None where there is none.
        remote: which bridge is controlled, or from where this one is; empty = neither.
        page: one sentence about the page; empty where it is off.
    """

    bridge: str
    version: str
    pid: int
    uptime_s: float
    config_files: tuple[str, ...] = ()
    engine: str = ""
    bus: str = ""
    sound: str = ""
    around: Mapping[str, object] = field(default_factory=dict)
    http: str = ""
    http_refused: Mapping[str, int] = field(default_factory=dict)
    tallies: Tallies = field(default_factory=Tallies)
    pbx: Mapping[str, object] | None = None
    page: str = ""
    remote: str = ""


def volumes_body(volumes: Volumes) -> dict[str, object]:
    """Return the volumes in per cent."""
    return {
        "microphone": percent_of(volumes.microphone),
        "speaker": percent_of(volumes.speaker),
        "ringer": percent_of(volumes.ringer),
    }


def figures_body(stats: SoundStats) -> dict[str, object]:
    """Return the figures of the sound since its devices were chosen."""
    return {
        "backend": stats.backend.value,
        "running": stats.running,
        "underruns": stats.underruns,
        "overruns": stats.overruns,
        "drift_drops": stats.drift_drops,
        "speaker_drops": stats.speaker_drops,
        "restarts": stats.restarts,
        "delay_ms": round(stats.delay_ms),
    }


def status_body(
    snapshot: Snapshot, facts: DaemonFacts, sound: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the answer to ``status``.

    Args:
        snapshot: calls, lines and devices.
        facts: about the daemon.
        sound: volumes and figures.
    """
    return {
        "bridge": facts.bridge,
        "version": facts.version,
        "pid": facts.pid,
        "uptime_s": round(facts.uptime_s, 1),
        "config_files": list(facts.config_files),
        "health": "degraded" if snapshot.problems else "ok",
        "problems": list(snapshot.problems),
        "engine": {"up": snapshot.engine_up, "text": facts.engine},
        "mqtt": {
            "text": facts.bus,
            "commands": dict(facts.tallies.commands),
            "messages": dict(facts.tallies.messages),
        },
        "pbx": facts.pbx,
        "sound": {"text": facts.sound, **(sound or {})},
        "http": {"text": facts.http, "refused": dict(facts.http_refused)},
        "page": {"text": facts.page},
        "remote": {"text": facts.remote},
        "muted": snapshot.muted,
        "do_not_disturb": snapshot.do_not_disturb,
        "call_waiting": snapshot.call_waiting,
        "locked": snapshot.locked,
        "forwarding": _forwarding_body(snapshot.forwarding),
        **facts.around,
        "lines": [_line_body(line) for line in snapshot.lines],
        "calls": [_call_body(call) for call in snapshot.calls],
        "devices": [_view_body(device) for device in snapshot.devices],
    }


def _forwarding_body(view: ForwardingView | None) -> dict[str, object] | None:
    if view is None:
        return None
    lines = [
        {
            "when": line.when.value,
            "to": line.target.to.value,
            "number": line.target.number,
            "after_s": line.after_s,
        }
        for line in view.forwards
    ]
    return {
        "profile": view.profile,
        "title": view.title,
        "forwards": lines,
        "rules": view.rules,
    }


def device_body(
    info: DeviceInfo, view: DeviceView | None, mode: HeadsetMode = HeadsetMode.AUTO
) -> dict[str, object]:
    """Return one entry of the answer to ``devices``.

    Args:
        info: what the device is.
        view: what it shows; None while the core does not know it yet.
        mode: what becomes of its keys and lamps.
    """
    body: dict[str, object] = {
        "device": info.device,
        "name": info.name,
        "usb": f"{info.vendor_id:04x}:{info.product_id:04x}",
        "node": info.node,
        "profile": info.profile,
        "mode": mode.value,
        "controls": sorted(control.value for control in info.controls),
        "lamps": sorted(lamp.value for lamp in info.lamps),
    }
    return body if view is None else body | {"state": _view_body(view)}


def _line_body(line: LineView) -> dict[str, object]:
    return {
        "account": line.account,
        "registration": line.registration.value,
        "sip": line.sip,
        "reason": line.reason,
        "mailbox": None if line.mailbox is None else _mailbox_body(line.mailbox),
    }


def _mailbox_body(mailbox: Mailbox) -> dict[str, object]:
    return {"waiting": mailbox.waiting, "new": mailbox.new, "old": mailbox.old}


def _call_body(call: CallView) -> dict[str, object]:
    return {
        "call": call.call,
        "account": call.account,
        "direction": call.direction.value,
        "phase": call.phase.value,
        "remote": _party_body(call.remote),
        "since_ms": call.since_ms,
        "device": call.device,
        "muted": call.muted,
        "codec": call.codec,
        "silenced": call.silenced,
        "diverted_by": None if call.diverted_by is None else _party_body(call.diverted_by),
        "transfer": None if call.transfer is None else _transfer_body(call.transfer),
        "conference": call.conference,
        "recording": call.recording,
        "pressed": call.pressed,
        "dialog": call.dialog,
    }


def _transfer_body(transfer: TransferView) -> dict[str, object]:
    return {"target": transfer.target, "sip": transfer.sip}


def _party_body(party: Party) -> dict[str, object]:
    return {"number": party.number, "name": party.name, "company": party.company}


def _view_body(view: DeviceView) -> dict[str, object]:
    return {
        "device": view.device,
        "name": view.name,
        "usb": f"{view.vendor_id:04x}:{view.product_id:04x}",
        "off_hook": view.off_hook,
        "ring": view.ring,
        "mute": view.mute,
        "hold": view.hold,
        "hook": view.hook,
        "message_waiting": view.message_waiting,
        "do_not_disturb": view.do_not_disturb,
        "busy_elsewhere": view.busy_elsewhere,
        "mute_locked": view.mute_locked,
        "errors": view.errors,
    }
