"""The twin of the MQTT link: a bus inside the process.

It stands in where there is no broker, so that everything else works, and is the broker of the
tests. Loss follows the same rules, because it is the same outbox; what the real one refuses
(too large, not ours) this refuses, too.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from paho.mqtt.client import topic_matches_sub

from bridge.drivers.ports import Ear, Incoming, Now
from bridge.model.bus import BusStatus, MqttSettings
from bridge.protocols.mqtt_outbox import Outbox, Parcel
from bridge.protocols.mqtt_payloads import encode_offline, encode_online
from bridge.protocols.mqtt_topics import Topics

KEPT_MESSAGES = 1000


@dataclass(frozen=True, slots=True)
class Published:
    """One message as a subscriber would get it."""

    topic: str
    payload: bytes
    retain: bool
    correlation: bytes = b""


class VirtualBus:
    """A ``StateBus`` without a network.

    Args:
        settings: topics.
        on_command: gets every message on a command topic.
        now: monotonic seconds.
        wall_ms: Unix milliseconds.
        epoch: name of this run.
        up: whether a "broker" is there from the start.
    """

    def __init__(
        self,
        settings: MqttSettings,
        on_command: Callable[[Incoming], None],
        *,
        now: Now,
        wall_ms: Callable[[], int],
        epoch: str,
        up: bool = True,
    ) -> None:
        self._topics = Topics(settings.base)
        self._on_command = on_command
        self._now = now
        self._wall_ms = wall_ms
        self._outbox = Outbox(epoch)
        self._health: tuple[str, ...] = ()
        self._readers: list[Callable[[Published], None]] = []
        self._ears: list[tuple[frozenset[str], Ear]] = []
        self._up = False
        self.retained: dict[str, bytes] = {}
        self.published: deque[Published] = deque(maxlen=KEPT_MESSAGES)
        if up:
            self.come_up()

    async def __aenter__(self) -> Self:
        """Nothing has to be started."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Say offline, as the real one does."""
        if self._up:
            offline = encode_offline(self.epoch)
            self._deliver(Parcel("", self._topics.availability, offline, retain=True))
        self._up = False

    @property
    def status(self) -> BusStatus:
        """Return how the bus stands."""
        return BusStatus(self._up, "inside the process: no MQTT broker" if self._up else "down")

    # -- StateBus -------------------------------------------------------------

    @property
    def epoch(self) -> str:
        return self._outbox.epoch

    def set_state(self, topic: str, payload: bytes | None) -> None:
        if self._outbox.set_state(topic, payload):
            self._pump()

    def event(self, topic: str, body: Mapping[str, object], ttl_s: float) -> int:
        seq = self._outbox.add_event(topic, body, ttl_s, now_s=self._now(), wall_ms=self._wall_ms())
        self._pump()
        return seq

    def reply(self, topic: str, payload: bytes, correlation: bytes) -> None:
        self._outbox.add_reply(topic, payload, correlation, self._now())
        self._pump()

    def history(self, since: int) -> tuple[Mapping[str, object], ...]:
        return self._outbox.history(since, self._now())

    def set_health(self, reasons: tuple[str, ...]) -> None:
        if reasons != self._health:
            self._health = reasons
            self._announce()

    def listen(self, filters: frozenset[str], ear: Ear) -> None:
        self._ears = [known for known in self._ears if known[1] is not ear]
        if filters:
            self._ears.append((filters, ear))
            self._repeat(filters, ear)

    def tell(self, topic: str, payload: bytes, ttl_s: float) -> bool:  # noqa: ARG002
        if self._up:
            self._deliver(Parcel("", topic, payload, retain=False))
        return self._up

    # -- the broker's side ----------------------------------------------------

    def read(self, reader: Callable[[Published], None]) -> None:
        """Subscribe to everything: first what is retained, then what comes."""
        for topic, payload in self.retained.items():
            reader(Published(topic, payload, retain=True))
        self._readers.append(reader)

    def say(
        self,
        topic: str,
        payload: bytes,
        *,
        retained: bool = False,
        response_topic: str = "",
        correlation: bytes = b"",
    ) -> None:
        """Publish as somebody else; a command reaches the bridge when the bus is up."""
        if not self._up:
            return
        message = Incoming(topic, payload, retained, response_topic, correlation)
        if retained:
            self._keep(topic, payload)
        if self._topics.command_name(topic) is not None:
            self._on_command(message)
        for filters, ear in self._ears:
            if any(topic_matches_sub(one, topic) for one in filters):
                ear.heard(message)

    def come_up(self) -> None:
        """The broker is there (again), and has forgotten everything."""
        self.retained.clear()
        self._up = True
        self._outbox.begin(self._now())
        self._pump()
        self._announce()
        for filters, ear in self._ears:
            self._repeat(filters, ear)

    def go_down(self) -> None:
        """The broker is gone; what is said now waits by the rules of the outbox."""
        self._up = False
        for _, ear in self._ears:
            ear.deaf("there is no broker")

    # -- private --------------------------------------------------------------

    def _repeat(self, filters: frozenset[str], ear: Ear) -> None:
        """Give an ear what is stored."""
        if not self._up:
            ear.deaf("there is no broker")
            return
        for topic, payload in self.retained.items():
            if any(topic_matches_sub(one, topic) for one in filters):
                ear.heard(Incoming(topic, payload, True, "", b""))
        ear.in_step()

    def _keep(self, topic: str, payload: bytes) -> None:
        if payload:
            self.retained[topic] = payload
        else:
            self.retained.pop(topic, None)

    def _pump(self) -> None:
        while self._up:
            parcel = self._outbox.take(self._now())
            if parcel is None:
                return
            self._outbox.settle(parcel, self._now())
            self._deliver(parcel)

    def _announce(self) -> None:
        if not self._up:
            return
        online = encode_online(self.epoch, self._outbox.seq, self._health, self._wall_ms())
        self._deliver(Parcel("", self._topics.availability, online, retain=True))

    def _deliver(self, parcel: Parcel) -> None:
        if parcel.retain:
            self._keep(parcel.topic, parcel.payload)
        message = Published(parcel.topic, parcel.payload, parcel.retain, parcel.correlation)
        self.published.append(message)
        for reader in self._readers:
            reader(message)
