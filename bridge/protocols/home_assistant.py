"""Home Assistant finds us by itself: one retained message that names every entity of the bridge.

Pure. The entities read the topics of ``mqtt.md`` as they are; nothing is published twice. They are
unavailable while the bridge is offline, which is what "unknown" means there.

Sources: Home Assistant, "MQTT: device discovery payload" and the pages of the platforms
``binary_sensor``, ``button``, ``event``, ``sensor``, ``switch`` (home-assistant.io, 2024.11 on).
"""

import re
from dataclasses import dataclass, field

from bridge.model.blf import KeyFace, PanelInfo, PresenceState
from bridge.model.calls import DeviceView, LineView, Phase, RegistrationState, Snapshot
from bridge.model.redaction import printable
from bridge.protocols.mqtt_lamps import FINGERS
from bridge.protocols.mqtt_payloads import Body, event_types
from bridge.protocols.mqtt_topics import Topics, level

PREFIX = "homeassistant"
"""What Home Assistant listens to unless its user changed it."""

_QOS = 1
_PATH = re.compile(r"[^a-z0-9_]")
_UP = "'connected', 'held', 'remote-held'"
_CALL_STATE = (
    "{% set order = ['connected', 'ringing', 'early', 'dialing', 'held', 'remote-held'] %}"
    "{% set found = value_json.calls | map(attribute='state') | list %}"
    "{{ order | select('in', found) | first | default('idle') }}"
)
_COMMAND = (
    '{"v":1,"id":"ha-{{ (now().timestamp() * 1000) | int }}-{{ range(1000, 9999) | random }}",'
    '"ts":{{ (now().timestamp() * 1000) | int }},"ttl_ms":5000%s}'
)


@dataclass(frozen=True, slots=True)
class Household:
    """Whatever gets entities.

    Args:
        now: whose lines and devices.
        faces: keys, for their lamps.
        panels: key panels there have been since the start.
        user: whose presence is published, last level of its topic; empty = nobody's.
    """

    now: Snapshot = field(default_factory=Snapshot)
    faces: tuple[KeyFace, ...] = ()
    panels: tuple[PanelInfo, ...] = ()
    user: str = ""


def discovery_topic(prefix: str, bridge: str) -> str:
    """Return where the message goes: the one topic that the broker has to allow us there."""
    return f"{prefix}/device/offhook-{bridge}/config"


def birth_topic(prefix: str) -> str:
    """Return where Home Assistant says that it has started and wants to hear everything again."""
    return f"{prefix}/status"


def encode_discovery(
    household: Household,
    topics: Topics,
    bridge: str,
    version: str,
    *,
    keys: frozenset[int] | None,
) -> Body:
    """Return the discovery message.

    Args:
        household: what gets entities.
        topics: ours.
        bridge: our id.
        version: of this software.
        keys: positions Home Assistant may press; None = it may not even mute and hang up.
    """
    node, now = f"offhook_{_path(bridge)}", household.now
    pressed = keys or frozenset()
    entities = {
        **_calls(topics, commands=keys is not None),
        **{k: v for line in now.lines for k, v in _line(line, topics).items()},
        **{k: v for device in now.devices for k, v in _device(device, topics).items()},
        **{k: v for face in household.faces for k, v in _key(face, topics, pressed).items()},
        **{k: v for panel in household.panels for k, v in _panel(panel, topics).items()},
        **_presence(household.user, topics),
    }
    return {
        "device": {
            "identifiers": [node],
            "name": f"Offhook {printable(bridge, 32)}",
            "manufacturer": "Offhook",
            "model": "Headset and desk-phone bridge",
            "sw_version": version,
        },
        "origin": {"name": "offhook", "sw_version": version},
        "availability": [_online(topics.availability)],
        "availability_mode": "all",
        "qos": _QOS,
        "components": {
            name: entity | {"unique_id": f"{node}_{name}"} for name, entity in entities.items()
        },
    }


def _calls(topics: Topics, *, commands: bool) -> dict[str, Body]:
    found: dict[str, Body] = {
        "ringing": {
            **_sensor("binary_sensor", "Ringing", topics.calls),
            "value_template": _on("'ringing' in value_json.calls | map(attribute='state')"),
            "icon": "mdi:phone-ring",
        },
        "in_call": {
            **_sensor("binary_sensor", "In a call", topics.calls),
            "value_template": _on(
                f"value_json.calls | selectattr('state', 'in', [{_UP}]) | list | count > 0"
            ),
            "icon": "mdi:phone-in-talk",
        },
        "call_state": {
            **_sensor("sensor", "Call", topics.calls),
            "device_class": "enum",
            "options": ["idle", *(p.value for p in Phase if p is not Phase.ENDED)],
            "value_template": _CALL_STATE,
        },
        "do_not_disturb": {
            **_sensor("binary_sensor", "Do not disturb", topics.calls),
            "value_template": _on("value_json.do_not_disturb"),
            "icon": "mdi:minus-circle",
        },
    }
    muted: Body = {"value_template": _on("value_json.muted"), "icon": "mdi:microphone-off"}
    if not commands:
        found["muted"] = _sensor("binary_sensor", "Muted", topics.calls) | muted
        return found
    found["muted"] = {
        **_sensor("switch", "Muted", topics.calls),
        **muted,
        "command_topic": topics.command("ha_mute"),
        "command_template": _COMMAND % ',"args":{"on":{{ value == "ON" and "true" or "false" }}}',
    }
    found["hang_up"] = {
        **_button("Hang up", topics.command("ha_hangup")),
        "command_template": _COMMAND % "",
        "icon": "mdi:phone-hangup",
    }
    return found


def _line(line: LineView, topics: Topics) -> dict[str, Body]:
    topic, name = topics.line(line.account), _path(line.account)
    return {
        f"line_{name}": {
            **_sensor("sensor", f"Line {line.account}", topic),
            "device_class": "enum",
            "options": [state.value for state in RegistrationState],
            "value_template": "{{ value_json.registration }}",
            "entity_category": "diagnostic",
        },
        f"messages_{name}": {
            **_sensor("sensor", f"Messages {line.account}", topic),
            "value_template": "{{ value_json.mailbox.new if value_json.mailbox else 0 }}",
            "icon": "mdi:voicemail",
        },
    }


def _device(device: DeviceView, topics: Topics) -> dict[str, Body]:
    name, label = _path(device.device), printable(device.name)
    state = topics.device_state(device.device)
    there = {
        "availability": [
            _online(topics.availability),
            _online(state, "{{ 'online' if value_json.connected else 'offline' }}"),
        ]
    }
    return {
        f"{name}_key": {
            **_sensor("event", f"{label} key", topics.device_event(device.device)),
            **there,
            "event_types": list(event_types()),
            "device_class": "button",
        },
        f"{name}_hook": {
            **_sensor("binary_sensor", f"{label} off hook", state),
            **there,
            "value_template": _on("value_json.hook == 'off'"),
        },
    }


def _panel(panel: PanelInfo, topics: Topics) -> dict[str, Body]:
    """Return the keys of a panel as one event entity; which key is an attribute of the event."""
    state = topics.panel_state(panel.panel)
    return {
        f"{_path(panel.panel)}_key": {
            **_sensor("event", f"{printable(panel.name)} key", topics.panel_event(panel.panel)),
            "availability": [
                _online(topics.availability),
                _online(state, "{{ 'online' if value_json.connected else 'offline' }}"),
            ],
            "event_types": list(FINGERS),
            "device_class": "button",
        }
    }


def _presence(user: str, topics: Topics) -> dict[str, Body]:
    if not user:
        return {}
    hidden = {PresenceState.NONE, PresenceState.INVISIBLE}  # never published
    shown = [state.value for state in PresenceState if state not in hidden]
    return {
        "presence": {
            **_sensor("sensor", "Presence", topics.presence(user)),
            "device_class": "enum",
            "options": [*shown, "offline"],
            "value_template": "{{ value_json.presence }}",
            "icon": "mdi:account",
        }
    }


def _key(face: KeyFace, topics: Topics, pressed: frozenset[int]) -> dict[str, Body]:
    topic = f"{topics.base}/blf/{face.position}"
    found: dict[str, Body] = {
        f"key_{face.position}": {
            **_sensor("sensor", f"Key {face.position}", topic),
            "value_template": "{{ 'unknown' if value_json.stale else value_json.state }}",
            "icon": "mdi:lightbulb",
        }
    }
    if face.position in pressed:
        found[f"press_{face.position}"] = {
            **_button(f"Press key {face.position}", topics.command("ha_press")),
            "command_template": _COMMAND % f',"args":{{"position":{face.position}}}',
        }
    return found


def _sensor(platform: str, name: str, topic: str) -> Body:
    return {"platform": platform, "name": name, "state_topic": topic}


def _button(name: str, topic: str) -> Body:
    return {"platform": "button", "name": name, "command_topic": topic}


def _on(condition: str) -> str:
    return "{{ 'ON' if " + condition + " else 'OFF' }}"


def _online(topic: str, template: str = "{{ value_json.state }}") -> Body:
    return {"topic": topic, "value_template": template}


def _path(text: str) -> str:
    """Return a text as part of a unique id."""
    return _PATH.sub("_", level(text).lower())
