"""Puts what the core says on the bus: snapshots as states, announcements as events."""

from collections.abc import Iterable

from bridge.drivers.ports import StateBus
from bridge.model.blf import KeyFace, PanelId, PanelInfo, PbxId
from bridge.model.bus import MqttSettings, Tallies
from bridge.model.calls import Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Tell
from bridge.model.features import ShownPresence
from bridge.model.sound import SoundStats
from bridge.protocols.mqtt_around import encode_presence
from bridge.protocols.mqtt_lamps import FINGER_TTL_S, encode_face, encode_finger, encode_panel
from bridge.protocols.mqtt_payloads import (
    StateDiffer,
    encode_alert,
    encode_event,
    encode_info,
    encode_reasons,
    encode_sound,
    encode_states,
    encode_tallies,
    gone_device,
    obeyed,
)
from bridge.protocols.mqtt_topics import Topics

_NO_CLOCK = (
    "the clock of this machine is not set: the age of commands is not checked, only their epoch, "
    "call and window"
)


class Publisher:
    """Maps the words of the core to topics. Never blocks.

    Args:
        bus: real or virtual.
        settings: topics and privacy.
        version: of this software, for ``info``.
    """

    def __init__(self, bus: StateBus, settings: MqttSettings, version: str) -> None:
        self._bus = bus
        self._settings = settings
        self._version = version
        self._topics = Topics(settings.base)
        self._differ = StateDiffer(bus.epoch)
        self._clock_set = True
        self._snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Publish what changed since the last snapshot."""
        if snapshot == self._snapshot:
            return
        self._snapshot = snapshot
        states = encode_states(snapshot, self._topics, self._settings.numbers)
        for topic in self._differ.shown():
            if topic not in states and self._is_device(topic):
                states[topic] = gone_device()
        for topic, payload in self._differ.update(states):
            self._bus.set_state(topic, payload)
        self._say_health()

    def announce(self, effect: AnnounceCall | AnnounceKey | AnnounceDigit) -> None:
        """Publish an event."""
        topic, body, ttl_s = encode_event(effect, self._topics, self._settings.numbers)
        self._bus.event(topic, body, ttl_s)

    def tell(self, matter: Tell) -> None:
        """Publish an alert, or clear it."""
        topic = self._topics.alert(matter.topic)
        if not matter.text:
            self._differ.forget(topic)
            self._bus.set_state(topic, None)
            return
        for changed, payload in self._differ.update({topic: encode_alert(matter.text)}):
            self._bus.set_state(changed, payload)

    def figures(self, stats: SoundStats) -> None:
        """Publish the figures of the sound."""
        for topic, payload in self._differ.update({self._topics.sound: encode_sound(stats)}):
            self._bus.set_state(topic, payload)

    def tally(self, tallies: Tallies) -> None:
        """Publish how often what happened, if it differs."""
        for topic, payload in self._differ.update({self._topics.figures: encode_tallies(tallies)}):
            self._bus.set_state(topic, payload)

    def light(self, faces: Iterable[tuple[KeyFace, PbxId]], gone: Iterable[int] = ()) -> None:
        """Publish what keys show, each with who said so; clear those that are gone."""
        numbers = self._settings.numbers
        states = {
            self._topics.blf(face.position): encode_face(face, source, numbers)
            for face, source in faces
        }
        for topic, payload in self._differ.update(states):
            self._bus.set_state(topic, payload)
        for position in gone:
            self._differ.forget(self._topics.blf(position))
            self._bus.set_state(self._topics.blf(position), None)

    def panel(self, info: PanelInfo, *, connected: bool) -> None:
        """Publish a panel that came or went."""
        state = {self._topics.panel_state(info.panel): encode_panel(info, connected=connected)}
        for topic, payload in self._differ.update(state):
            self._bus.set_state(topic, payload)

    def finger(self, panel: PanelId, key: int, position: int | None, what: str) -> None:
        """Publish what a finger did to a key of a panel."""
        body = encode_finger(key, position, what)
        self._bus.event(self._topics.panel_event(panel), body, FINGER_TTL_S)

    def presence(self, user: str, shown: ShownPresence, until_ms: int) -> None:
        """Publish what others see of the user.

        Args:
            user: last level of the topic.
            shown: what.
            until_ms: when it ends by itself, 0 = not.
        """
        body = encode_presence(shown, until_ms, self._settings.numbers)
        for topic, payload in self._differ.update({self._topics.presence(user): body}):
            self._bus.set_state(topic, payload)

    def inform(self, windows: tuple[str, ...]) -> None:
        """Publish ``info`` with the window tokens that count now."""
        commands = obeyed(may_dial=self._settings.may_dial)
        body = encode_info(windows, self._version, commands, self._settings.serves)
        for topic, payload in self._differ.update({self._topics.info: body}):
            self._bus.set_state(topic, payload)

    def clock(self, *, is_set: bool) -> None:
        """Say in ``availability`` whether the machine's clock is set."""
        if is_set != self._clock_set:
            self._clock_set = is_set
            self._say_health()

    def _say_health(self) -> None:
        reasons = () if self._snapshot is None else encode_reasons(self._snapshot)
        self._bus.set_health(reasons if self._clock_set else (*reasons, _NO_CLOCK))

    def _is_device(self, topic: str) -> bool:
        return topic.startswith(f"{self._settings.base}/device/")
