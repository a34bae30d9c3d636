"""Home Assistant: found by discovery, told again when it starts, and what it may do."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace

from bridge.drivers.ports import Incoming, StateBus, Timers
from bridge.model.blf import KeyFace, PanelInfo
from bridge.model.bus import Command, HomeSettings, MqttSettings
from bridge.model.calls import Snapshot
from bridge.model.favourites import PressKey
from bridge.protocols.home_assistant import (
    Household,
    birth_topic,
    discovery_topic,
    encode_discovery,
)
from bridge.protocols.mqtt_home import HomeOrder
from bridge.protocols.mqtt_payloads import encode
from bridge.protocols.mqtt_topics import Topics

BIRTH_TIMER = "app:home assistant"

LATER_S = 2.0
"""So long after its start at most everything is said again: a house full of bridges must not all
speak at once (home-assistant.io, "MQTT: birth and last will messages")."""

PAUSE_S = 1.0
"""Between two commands."""


class HomeAssistant:
    """Discovery of one bridge; an ``Ear`` of the bus.

    Args:
        bus: where to say it.
        settings: topics and what Home Assistant may do.
        version: of this software.
        timers: the clock.
        say_again: sends every state once more.
    """

    def __init__(
        self,
        bus: StateBus,
        settings: MqttSettings,
        version: str,
        timers: Timers,
        say_again: Callable[[], None],
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._home = settings.home
        self._version = version
        self._timers = timers
        self._say_again = say_again
        self._household = Household()
        self._known: object = None

    def start(self) -> None:
        """Begin to listen for its birth."""
        if self._home.discovery:
            self._bus.listen(frozenset({birth_topic(self._home.prefix)}), self)

    def stop(self) -> None:
        """Say nothing more; the discovery stays, with entities that are unavailable."""
        self._timers.stop(BIRTH_TIMER)
        if self._home.discovery:
            self._bus.listen(frozenset(), self)

    def show(self, now: Snapshot) -> None:
        """Say which entities there are, if these are others than before."""
        self._tell(replace(self._household, now=now))

    def carry(self, faces: Iterable[KeyFace]) -> None:
        """Say which keys there are."""
        self._tell(replace(self._household, faces=tuple(faces)))

    def meet(self, panel: PanelInfo) -> None:
        """Say that there is a panel; one that was pulled is unavailable by its own topic."""
        others = tuple(one for one in self._household.panels if one.panel != panel.panel)
        self._tell(replace(self._household, panels=(*others, panel)))

    def know(self, user: str) -> None:
        """Say whose presence is published."""
        self._tell(replace(self._household, user=user))

    def _tell(self, household: Household) -> None:
        self._household, now = household, household.now
        if not self._home.discovery:
            return
        devices = tuple((one.device, one.name) for one in now.devices)
        lines = tuple(line.account for line in now.lines)
        keys = tuple(face.position for face in household.faces)
        panels = frozenset((one.panel, one.name) for one in household.panels)
        known = (devices, lines, keys, panels, household.user)
        if known != self._known:
            self._known = known
            self._bus.set_state(*self._message())

    def _message(self) -> tuple[str, bytes]:
        settings, home = self._settings, self._home
        body = encode_discovery(
            self._household,
            Topics(settings.base),
            settings.bridge,
            self._version,
            keys=frozenset(home.keys) if home.commands else None,
        )
        return discovery_topic(home.prefix, settings.bridge), encode(body)

    # -- Ear ------------------------------------------------------------------

    def heard(self, message: Incoming) -> None:
        """It says that it has started, or is about to stop."""
        if message.payload == b"online" and not message.retained:
            after_s = random.uniform(0.0, LATER_S)  # noqa: S311  # no secret
            self._timers.start(BIRTH_TIMER, after_s, lambda _name: self._say_again())

    def in_step(self) -> None:
        """Nothing stored counts."""

    def deaf(self, reason: str) -> None:
        """The link comes back by itself and says everything then."""


class HomePermit:
    """What Home Assistant may do: rule 9 of the guard for its commands.

    Args:
        settings: what was allowed.
    """

    def __init__(self, settings: HomeSettings) -> None:
        self._settings = settings
        self._last_s = float("-inf")

    def __call__(self, command: Command[object], _source: str, now_s: float) -> str:
        """Return an objection, or an empty text; counts what passes."""
        if not isinstance(command.order, HomeOrder):
            return ""
        wanted = command.order.order
        if not self._settings.commands:
            return "Home Assistant may only look: set home_assistant.commands"
        if isinstance(wanted, PressKey) and wanted.position not in self._settings.keys:
            return f"key {wanted.position} is not in home_assistant.keys"
        if now_s - self._last_s < PAUSE_S:
            return f"one command in {PAUSE_S:.0f} s"
        self._last_s = now_s
        return ""
