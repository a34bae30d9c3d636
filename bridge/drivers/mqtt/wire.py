"""aiomqtt's client, made fit for a telephone: acknowledgements seen, no queue, no waiting.

What is changed, and why (all measured with aiomqtt 2.5.1 and paho-mqtt 2.2.0):

* The reason code of a PUBACK is handed on. aiomqtt drops it, so that a publish which the broker's
  ACL forbids looks like any other.
* A publish goes to the socket at once instead of two turns of the event loop later.
* Incoming messages are handed over in the same turn instead of through an unbounded queue, whose
  iterator loses messages when it is cancelled. Handing over happens outside paho's locks: a
  publish from inside its callbacks can lock up for good when the connection breaks just then.
* A connection that ends before it was accepted is an error at once, not after the timeout.
* Writers are registered on a descriptor while it is open, never later.
* A packet longer than agreed ends the connection: MQTT 3.1.1 has no limit that a client can set.

One object serves one connection. A second use would send what had failed in the first.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.drivers.ports import Incoming
from bridge.model.errors import BusError
from bridge.model.redaction import printable

CONNECT_TIMEOUT_S = 3.0  # TCP, TLS; loopback needs 1 ms, a far VPN some 300 ms
ANSWER_TIMEOUT_S = 5.0  # CONNACK, SUBACK, DISCONNECT
PACKETS_AT_ONCE = 16  # 40 µs each: others wait less than 1 ms
PACKET_LIMIT = 65_536  # bytes, both ways
_NOBODY_LISTENS = 0x10  # PUBACK: no matching subscribers (MQTT 5, 3.4.2.1)
_DEFAULT_RECEIVE_MAXIMUM = 20  # mosquitto's; the standard's is 65535

_SILENT = logging.getLogger(f"{__name__}.paho")
_SILENT.setLevel(logging.CRITICAL)  # every failure is reported once, by the link


@dataclass(frozen=True, slots=True)
class Ack:
    """The broker's answer to one publish.

    Args:
        mid: packet id.
        refusal: reason of the broker, empty when it took the message.
        heard: False when the broker said that nobody has subscribed.
    """

    mid: int
    refusal: str
    heard: bool


class WireClient(aiomqtt.Client):
    """One connection to a broker.

    Args:
        on_message: gets each message, on the event loop, never from inside a lock.
        on_ack: gets each acknowledgement, likewise.
        on_tick: called once a second while connected.
        options: those of ``aiomqtt.Client``.
    """

    def __init__(
        self,
        *,
        on_message: Callable[[Incoming], None],
        on_ack: Callable[[Ack], None],
        on_tick: Callable[[], None],
        **options: Any,  # noqa: ANN401  # passed through
    ) -> None:
        super().__init__(timeout=ANSWER_TIMEOUT_S, logger=_SILENT, **options)
        self._hand_message = on_message
        self._hand_ack = on_ack
        self._tick = on_tick
        self._home = threading.get_ident()
        self._arrived: list[Incoming | Ack] = []
        self._publishing = False
        self._closed = False
        self._failure: BaseException | None = None
        self.receive_maximum = _DEFAULT_RECEIVE_MAXIMUM
        self.packet_limit = PACKET_LIMIT
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        if options.get("transport") == "unix":
            self._client._create_unix_socket_connection = self._open_unix  # type: ignore[method-assign]  # noqa: SLF001

    async def __aenter__(self) -> Self:
        """Connect; unlike aiomqtt's, this notices a connection that broke right after CONNACK."""
        await super().__aenter__()
        if self._failure is not None:
            raise self._failure
        return self

    # -- for the session ------------------------------------------------------

    @property
    def lost(self) -> "asyncio.Future[None]":
        """Return what is done when the connection is: with the error, or None after goodbye."""
        return self._disconnected

    def send(
        self, topic: str, payload: bytes, *, retain: bool, properties: Properties | None
    ) -> int:
        """Publish with QoS 1, straight to the socket, and return the packet id.

        Raises:
            aiomqtt.MqttCodeError: the connection is gone.
        """
        self._publishing = True
        try:
            info = self._client.publish(topic, payload, 1, retain, properties)
        finally:
            self._publishing = False
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc, "publish")
        self._client.loop_write()
        sock = self._client.socket()
        if sock is not None and self._client.want_write():
            self._loop.add_writer(sock.fileno(), self._writable)
        return info.mid

    def abort(self, reason: str) -> None:
        """Close the connection without a goodbye, so that the broker publishes the will."""
        self._client._sock_close()  # noqa: SLF001
        self._fail(BusError(reason))

    def close(self) -> None:
        """Close the connection for good; twice is harmless."""
        self._closed = True
        self._client._sock_close()  # noqa: SLF001
        self._see()

    # -- what paho calls: only notes, never acts --------------------------------

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:  # noqa: ANN401, ARG002
        if len(message.payload) > PACKET_LIMIT:
            return  # on MQTT 3.1.1 only; nothing we read is as large
        properties = message.properties
        self._arrived.append(
            Incoming(
                topic=message.topic,
                payload=bytes(message.payload),
                retained=message.retain,
                response_topic=getattr(properties, "ResponseTopic", ""),
                correlation=getattr(properties, "CorrelationData", b""),
            )
        )

    def _on_publish(
        self,
        client: paho.Client,  # noqa: ARG002
        userdata: Any,  # noqa: ANN401, ARG002
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,  # noqa: ARG002
    ) -> None:
        refusal = str(reason_code) if reason_code.is_failure else ""
        self._arrived.append(Ack(mid, refusal, reason_code.value != _NOBODY_LISTENS))

    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,  # noqa: ANN401
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        allowed = getattr(properties, "ReceiveMaximum", _DEFAULT_RECEIVE_MAXIMUM)
        self.receive_maximum = min(self.receive_maximum, allowed)
        self.packet_limit = min(
            PACKET_LIMIT, getattr(properties, "MaximumPacketSize", PACKET_LIMIT)
        )
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,  # noqa: ANN401
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if self._connected.done():
            super()._on_disconnect(client, userdata, flags, reason_code, properties)
            self._see()
        else:
            self._fail(BusError("it ends the connection instead of accepting it"))

    # -- sockets --------------------------------------------------------------

    def _client_connect(self) -> None:
        """Connect, in a thread; tell what the operating system said in the words of the link."""
        try:
            super()._client_connect()
        except OSError as error:
            raise BusError(str(error)) from error

    def _open_unix(self) -> socket.socket:
        """Connect to a Unix socket; unlike paho's, this gives up on a broker that hangs."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(CONNECT_TIMEOUT_S)
        try:
            sock.connect(self._hostname)
        except OSError:
            sock.close()
            raise
        return sock

    def _on_socket_open(self, client: paho.Client, userdata: Any, sock: Any) -> None:  # noqa: ANN401, ARG002
        def start() -> None:
            if self._closed:  # given up while the thread was still connecting
                sock.close()
            elif sock.fileno() >= 0:
                self._loop.add_reader(sock.fileno(), self._readable)
                self._misc_task = self._loop.create_task(self._misc_loop(), name="mqtt keepalive")

        self._loop.call_soon_threadsafe(start)

    def _on_socket_register_write(self, client: paho.Client, userdata: Any, sock: Any) -> None:  # noqa: ANN401, ARG002
        def start() -> None:
            if sock.fileno() >= 0:
                self._loop.add_writer(sock.fileno(), self._writable)

        if threading.get_ident() != self._home:
            self._loop.call_soon_threadsafe(start)
        elif not self._publishing:
            start()

    async def _misc_loop(self) -> None:
        while self._client.loop_misc() == paho.MQTT_ERR_SUCCESS:
            self._tick()
            await asyncio.sleep(1)

    def _readable(self) -> None:
        try:
            self._read_packets()
            self._check_length()
        except BusError as error:
            self._client._sock_close()  # noqa: SLF001
            self._fail(error)
        except Exception as error:  # noqa: BLE001  # foreign bytes in a foreign parser
            self._client._sock_close()  # noqa: SLF001
            nonsense = BusError(f"it sends what is not MQTT: {printable(str(error), 80)}")
            nonsense.__cause__ = error
            self._fail(nonsense)
        self._hand_over()

    def _read_packets(self) -> None:
        """Read what has come, a few packets at most: a turn of the loop costs half a packet."""
        for _ in range(PACKETS_AT_ONCE):
            if self._client.loop_read() != paho.MQTT_ERR_SUCCESS:
                break
        while self._has_decoded_bytes():
            self._client.loop_read()

    def _writable(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _has_decoded_bytes(self) -> bool:
        """Return whether TLS holds bytes that the selector cannot see."""
        pending = getattr(self._client.socket(), "pending", None)
        return pending is not None and pending() > 0

    def _check_length(self) -> None:
        length = self._client._in_packet["remaining_length"]  # noqa: SLF001
        if length > PACKET_LIMIT:
            raise BusError(f"it announces a packet of {length} bytes, {PACKET_LIMIT} are allowed")

    def _hand_over(self) -> None:
        arrived, self._arrived = self._arrived, []
        for item in arrived:
            if isinstance(item, Ack):
                self._hand_ack(item)
            else:
                self._hand_message(item)

    def _fail(self, error: Exception) -> None:
        """End the connection for whoever waits for it; the first reason counts."""
        if not self._connected.done():
            self._connected.set_exception(error)
        elif not self._disconnected.done():
            self._disconnected.set_exception(error)
        self._see()

    def _see(self) -> None:
        """Keep the first error, and look at it: asyncio complains about errors nobody saw."""
        for future in (self._connected, self._disconnected):
            if future.done() and not future.cancelled():
                self._failure = self._failure or future.exception()
