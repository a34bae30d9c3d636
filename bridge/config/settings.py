"""The configuration as the daemon uses it: frozen settings of the model, checked and complete."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.model.asterisk import AsteriskSettings
from bridge.model.blf import Favourite
from bridge.model.bus import MqttSettings
from bridge.model.desktop import DesktopSettings
from bridge.model.directories import DirectorySettings
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.features import PresenceSettings
from bridge.model.habits import Habits, HeadsetMode
from bridge.model.http import HttpSettings
from bridge.model.ids import DeviceId
from bridge.model.lamps import LampSettings
from bridge.model.meetings import MeetingSettings
from bridge.model.page import PageSettings
from bridge.model.panels import PanelSettings
from bridge.model.phones import PhoneSettings
from bridge.model.remote import RemoteSettings


@dataclass(frozen=True, slots=True)
class HeadsetSettings:
    """Keys and lamps of headsets.

    Args:
        mode: for all devices.
        modes: for single devices.
        ignore: devices that are left alone.
    """

    mode: HeadsetMode = HeadsetMode.AUTO
    modes: Mapping[DeviceId, HeadsetMode] = field(default_factory=dict)
    ignore: frozenset[DeviceId] = frozenset()


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """How a PBX gateway hears its PBX.

    Args:
        topic: first levels of Kamailio's own topics.
        dialogs: readers are told SIP dialogs of calls that ring.
        asterisk: the manager interface, when the PBX is an Asterisk.
    """

    topic: str = "kamailio"
    dialogs: bool = False
    asterisk: AsteriskSettings | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that was configured.

    Args:
        bridge: id of this bridge.
        accounts: lines in order; the first is the one that calls go out on.
        engine: SIP and sound.
        mqtt: broker and topics.
        headset: keys and lamps of devices.
        habits: how calls and headsets shall behave.
        history_days: how long calls are kept, 0 = not at all.
        directories: contact files and LDAP.
        state_dir: for state that outlives a restart; not made yet.
        control_socket: where the control socket belongs.
        desktop: notices, links, players and shortcuts of the user's session.
        panels: which key panels are used.
        http: where the HTTP server listens, if anything needs it.
        page: the telephone in a browser.
        phones: desk phones.
        pbx: id of the PBX that is watched, or that a gateway speaks for; empty = none.
        presence: of the user.
        meetings: of the room: where they come from.
        remote: the bridge that is controlled instead of lines of our own.
        gateway: how a gateway hears it.
        lamps: what lamps look like and keys do.
        favourites: the keys of the configuration.
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
    habits: Habits = field(default_factory=Habits)
    history_days: int = 30
    directories: DirectorySettings = field(default_factory=DirectorySettings)
    desktop: DesktopSettings = field(default_factory=DesktopSettings)
    panels: PanelSettings = field(default_factory=PanelSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    page: PageSettings = field(default_factory=PageSettings)
    phones: tuple[PhoneSettings, ...] = ()
    pbx: str = ""
    presence: PresenceSettings = field(default_factory=PresenceSettings)
    meetings: MeetingSettings = field(default_factory=MeetingSettings)
    remote: RemoteSettings = field(default_factory=RemoteSettings)
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    lamps: LampSettings = field(default_factory=LampSettings)
    favourites: tuple[Favourite, ...] = ()
    log_level: str = "info"
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
