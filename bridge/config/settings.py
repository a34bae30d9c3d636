"""The configuration as the daemon uses it: frozen settings of the model, checked and complete."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from bridge.model.bus import MqttSettings
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.ids import DeviceId


class HeadsetMode(Enum):
    """What becomes of keys and lamps. The values are those of the configuration."""

    JABRA = "jabra"
    GENERIC = "generic"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class HeadsetSettings:
    """Keys and lamps of headsets.

    Args:
        mode: for all devices.
        ignore: devices that are left alone.
    """

    mode: HeadsetMode = HeadsetMode.GENERIC
    ignore: frozenset[DeviceId] = frozenset()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that was configured.

    Args:
        bridge: id of this bridge.
        accounts: lines in order; the first is the one that calls go out on.
        engine: SIP and sound.
        mqtt: broker and topics.
        headset: keys and lamps.
        state_dir: for state that outlives a restart; not made yet.
        control_socket: where the control socket belongs.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        files: what was read, in order; empty = defaults only.
        warnings: sentences for the log: allowed, but perhaps not meant.
    """

    bridge: str
    accounts: tuple[AccountSettings, ...]
    engine: EngineSettings
    mqtt: MqttSettings
    headset: HeadsetSettings
    state_dir: Path
    control_socket: Path
    log_level: str = "info"
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
