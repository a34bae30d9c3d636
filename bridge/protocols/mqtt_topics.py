"""Where things stand in the topic tree, version 1 of the MQTT contract (page: ``mqtt.md``)."""

import re
from dataclasses import dataclass

from bridge.model.blf import PanelId
from bridge.model.ids import AccountId, DeviceId

PAYLOAD_LIMIT = 64_000  # bytes; with topic and properties it stays under 64 KiB packets
COMMAND_LIMIT = 4096  # bytes

_NOT_IN_LEVEL = re.compile(r"[^A-Za-z0-9_-]")
_CLIENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
SELF_TEST = "selftest"
"""A command that only the bridge sends to itself, to see whether commands arrive."""


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one bridge.

    Args:
        base: ``<root>/1/<bridge>``, see ``MqttSettings.base``.
    """

    base: str

    @property
    def availability(self) -> str:
        return f"{self.base}/availability"

    @property
    def info(self) -> str:
        return f"{self.base}/info"

    @property
    def devices(self) -> str:
        return f"{self.base}/devices"

    @property
    def calls(self) -> str:
        return f"{self.base}/calls"

    @property
    def calendar(self) -> str:
        return f"{self.base}/calendar"

    @property
    def sound(self) -> str:
        return f"{self.base}/sound"

    @property
    def figures(self) -> str:
        return f"{self.base}/figures"

    @property
    def call_event(self) -> str:
        return f"{self.base}/event/call"

    @property
    def digit_event(self) -> str:
        return f"{self.base}/event/digit"

    @property
    def all_commands(self) -> str:
        """Return the filter for all commands."""
        return f"{self.base}/cmd/+"

    @property
    def changing(self) -> tuple[str, ...]:
        """Return filters for the retained topics that come and go with devices and matters."""
        changing = ("device/+/state", "line/+", "alert/+", "blf/+", "panel/+/state", "presence/+")
        return tuple(f"{self.base}/{rest}" for rest in changing)

    def device_state(self, device: DeviceId) -> str:
        return f"{self.base}/device/{level(device)}/state"

    def device_event(self, device: DeviceId) -> str:
        return f"{self.base}/device/{level(device)}/event"

    def blf(self, position: int) -> str:
        return f"{self.base}/blf/{position}"

    def panel_state(self, panel: PanelId) -> str:
        return f"{self.base}/panel/{level(panel)}/state"

    def panel_event(self, panel: PanelId) -> str:
        return f"{self.base}/panel/{level(panel)}/event"

    def line(self, account: AccountId) -> str:
        return f"{self.base}/line/{level(account)}"

    def alert(self, matter: str) -> str:
        return f"{self.base}/alert/{level(matter)}"

    def presence(self, user: str) -> str:
        return f"{self.base}/presence/{level(user)}"

    def command(self, name: str) -> str:
        return f"{self.base}/cmd/{name}"

    def reply(self, client: str) -> str:
        return f"{self.base}/reply/{client}"

    def command_name(self, topic: str) -> str | None:
        """Return which command a topic names, or None when it is no command topic of ours."""
        prefix = f"{self.base}/cmd/"
        name = topic.removeprefix(prefix)
        return name if topic.startswith(prefix) and "/" not in name else None

    def reply_topic(self, wanted: str) -> str:
        """Return where a reply may go: below ``reply/`` only, else nowhere (empty text).

        Whoever may send commands must not make the bridge write anywhere else with its rights.

        Args:
            wanted: a topic, or the name of the client alone; foreign text.
        """
        client = wanted.removeprefix(f"{self.base}/reply/")
        return self.reply(client) if _CLIENT.fullmatch(client) else ""


def level(text: str) -> str:
    """Return foreign text made into one topic level: no ``/ + #``, 1..48 characters."""
    return _NOT_IN_LEVEL.sub("-", text[:48]) or "-"
