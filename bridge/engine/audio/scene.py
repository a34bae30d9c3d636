"""What a sound server has at this moment, and whether a speaker is heard by the microphone. Pure.

A headset's speakers are on the ears, so there is no echo to take away, and its microphone is best
left alone. A speakerphone, the speakers of a laptop or a screen are heard by every microphone in
the room.

Sources: ``pactl --format=json`` of PulseAudio 16.1 and PipeWire 0.3.65 (pulse server); form factors
and types of ports: proplist.h and def.h of PulseAudio 16 (``PA_PROP_DEVICE_FORM_FACTOR``,
``PA_DEVICE_PORT_TYPE_*``); who sets the former: udev's 78-sound-card.rules.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

OURS = "offhook_echo_"
"""How the names of the devices begin that the echo-cancel module makes for us."""

WORN = frozenset({"headset", "headphone", "headphones", "handset", "earpiece"})
IN_THE_ROOM = frozenset(
    {
        "internal",
        "speaker",
        "webcam",
        "tv",
        "hdmi",
        "line",
        "hands-free",
        "handsfree",
        "hifi",
    }
)

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Pair:
    """A microphone and the speaker that it may hear, by name."""

    microphone: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One answer of the server.

    Args:
        microphones, speakers: rows of its lists by name, our own devices among them.
        usual: its default devices.
        masters: the real device behind each of our own.
        is_pipewire: it takes other words for the canceller's parts.
    """

    microphones: Mapping[str, Row]
    speakers: Mapping[str, Row]
    usual: Pair
    masters: Mapping[str, str]
    is_pipewire: bool = False

    def has(self, pair: Pair) -> bool:
        """Tell whether both are there."""
        return pair.microphone in self.microphones and pair.speaker in self.speakers

    def meant(self, microphone: str, speaker: str) -> Pair | None:
        """Return the devices behind configured names, None where there are none.

        Args:
            microphone: empty or unknown: the default one.
            speaker: likewise.
        """
        pair = Pair(
            self._real(microphone if microphone in self.microphones else self.usual.microphone),
            self._real(speaker if speaker in self.speakers else self.usual.speaker),
        )
        is_itself = pair.microphone == f"{pair.speaker}.monitor"  # a machine without a microphone
        return pair if self.has(pair) and not is_itself else None

    def _real(self, name: str) -> str:
        """Return what is behind one of our own devices: a server may take that for its default."""
        return self.masters.get(name, name)

    def is_in_the_room(self, speaker: str, speakerphones: frozenset[str]) -> bool:
        """Tell whether a speaker is known to be heard by the microphone; unknown is no.

        Args:
            speaker: its name.
            speakerphones: USB ids such as ``0b0e:0412``.
        """
        row = self.speakers.get(speaker, {})
        if usb_id(row) in speakerphones:
            return True
        kinds = (_port_type(row), _property(row, "device.form_factor"))
        if any(kind in WORN for kind in kinds):
            return False
        return any(kind in IN_THE_ROOM for kind in kinds)


def read_scene(everything: str, info: str) -> Scene | None:
    """Return what a server said, None when it said nothing of use.

    Args:
        everything: of ``pactl --format=json list``.
        info: of ``pactl --format=json info``.
    """
    lists, about = _mapping(everything), _mapping(info)
    if not lists or not about:
        return None
    return Scene(
        _by_name(lists.get("sources")),
        _by_name(lists.get("sinks")),
        Pair(str(about.get("default_source_name")), str(about.get("default_sink_name"))),
        _masters(lists.get("modules")),
        "PipeWire" in str(about.get("server_name")),
    )


def usb_id(row: Row) -> str:
    """Return ``0b0e:0412``, empty for a device that is not on USB.

    PulseAudio writes ``0b0e``, PipeWire ``0x0b0e``.
    """
    parts = [_property(row, f"device.{what}.id") for what in ("vendor", "product")]
    try:
        vendor, product = (int(part, 16) for part in parts)
    except ValueError:
        return ""
    return f"{vendor:04x}:{product:04x}" if _property(row, "device.bus") != "pci" else ""


def _mapping(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _by_name(rows: object) -> dict[str, Row]:
    if not isinstance(rows, list):
        return {}
    return {str(row["name"]): row for row in rows if isinstance(row, dict) and row.get("name")}


def _masters(modules: object) -> dict[str, str]:
    """Return what our own devices were made of, as the arguments of the modules tell."""
    found: dict[str, str] = {}
    for row in modules if isinstance(modules, list) else []:
        argument = str(row.get("argument")) if isinstance(row, dict) else ""
        for kind in ("source", "sink"):
            name = re.search(rf"\b{kind}_name=({OURS}\S+)", argument)
            master = re.search(rf"\b{kind}_master=(\S+)", argument)
            if name and master:
                found[name[1]] = master[1]
    return found


def _property(row: Row, key: str) -> str:
    properties = row.get("properties")
    return str(properties.get(key, "")).lower() if isinstance(properties, dict) else ""


def _port_type(row: Row) -> str:
    """Return what the active port of a card is, such as ``headphones`` or ``speaker``."""
    ports, active = row.get("ports"), row.get("active_port")
    for port in ports if isinstance(ports, list) else []:
        if isinstance(port, dict) and port.get("name") == active:
            return str(port.get("type", "")).lower()
    return ""
