"""An MQTT client on the bench's own thread: it writes at once and takes the time at arrival."""

import json
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.bench.wire import Wire

KEEPALIVE_S = 3600  # nobody sends pings for us between two rounds
PING = "bench/ping"

Json = dict[str, object]


@dataclass
class Probe:
    """Publishes commands and notes what arrives.

    Args:
        wire: serves the socket.
        host, port: of the broker.
    """

    wire: Wire
    host: str
    port: int
    listeners: dict[str, Callable[[Json, int], None]] = field(default_factory=dict)
    """Topic -> takes each message and when it arrived, nanoseconds."""

    _pinged_ns: int = 0

    def __post_init__(self) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"bench-{secrets.token_hex(4)}")
        self._client.on_message = self._arrived
        self._client.connect(self.host, self.port, keepalive=KEEPALIVE_S)
        self._socket = cast("socket.socket", self._client.socket())
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire.watch(self._socket, self._ready)
        self.wire.until(self._client.is_connected, "the broker accepts the bench")
        self.listen(PING, self._returned)

    def close(self) -> None:
        self.wire.forget(self._socket)
        self._client.disconnect()

    def listen(self, topic: str, listener: Callable[[Json, int], None]) -> None:
        """Hand over every message of a topic."""
        self.listeners[topic] = listener
        self._client.subscribe(topic, 0)

    def publish(self, topic: str, body: Json) -> int:
        """Publish with QoS 0; return when, in nanoseconds: just before it was written."""
        payload = json.dumps(body).encode()
        now_ns = time.monotonic_ns()
        self._client.publish(topic, payload)
        return now_ns

    def round_trip(self, body: Json) -> tuple[int, int]:
        """Send a message through the broker to ourselves; return both times."""
        self._pinged_ns = 0
        began_ns = self.publish(PING, body)
        self.wire.until(lambda: self._pinged_ns, "a message comes back from the broker")
        return began_ns, self._pinged_ns

    def _returned(self, body: Json, now_ns: int) -> None:
        self._pinged_ns = now_ns

    def _ready(self) -> None:
        self._client.loop_read()

    def _arrived(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        now_ns = time.monotonic_ns()
        listener = self.listeners.get(message.topic)
        if listener is not None:
            listener(json.loads(message.payload) if message.payload else {}, now_ns)
