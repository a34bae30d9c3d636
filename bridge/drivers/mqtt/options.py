"""How to connect: our settings in the words of aiomqtt."""

import functools
import socket
import ssl
from dataclasses import dataclass
from typing import TypedDict

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.drivers.mqtt.reasons import TlsFileError, broker_port, client_id
from bridge.drivers.mqtt.wire import PACKET_LIMIT
from bridge.model.bus import MqttSettings, TlsSettings
from bridge.protocols.mqtt_payloads import encode_offline
from bridge.protocols.mqtt_topics import Topics

WILL_DELAY_S = 5  # a blip of broker or network shorter than this is not "offline"
SESSION_S = 10  # the broker keeps the session this long: the delayed will hangs on it, nothing else
_RECEIVE_MAXIMUM = 32  # commands under way


@dataclass(frozen=True, slots=True)
class Branch:
    """What is special about a branch of the topic tree.

    Args:
        changing: filters for its retained topics that come and go.
        will_delay_s: a blip shorter than this is not "offline".
        state_ttl_s: how long a broker keeps states that are not sent again; None = for ever.
        held: why we are not ``online`` at the start although connected; empty = we are.
    """

    changing: tuple[str, ...]
    will_delay_s: int = WILL_DELAY_S
    state_ttl_s: float | None = None
    held: str = ""


class ConnectOptions(TypedDict, total=False):
    """Keyword arguments of ``aiomqtt.Client`` that we use."""

    hostname: str
    port: int
    transport: str
    username: str | None
    password: str | None
    identifier: str
    protocol: aiomqtt.ProtocolVersion
    keepalive: int
    will: aiomqtt.Will
    clean_start: bool
    clean_session: bool
    properties: Properties
    tls_context: ssl.SSLContext
    socket_options: list[tuple[int, int, int]]


def connect_options(
    settings: MqttSettings, branch: Branch, protocol: aiomqtt.ProtocolVersion
) -> ConnectOptions:
    """Return what to connect with.

    Raises:
        TlsFileError: a certificate or key cannot be used.
    """
    options = ConnectOptions(
        username=settings.username or None,
        password=settings.password or None,
        identifier=client_id(settings),
        protocol=protocol,
        keepalive=settings.keepalive_s,
        will=_will(Topics(settings.base), branch, protocol),
    )
    _add_transport(options, settings)
    if protocol is aiomqtt.ProtocolVersion.V5:
        options["clean_start"] = True
        options["properties"] = _connect_properties()
    else:
        options["clean_session"] = True
    return options


@functools.lru_cache(maxsize=64)
def publish_properties(expiry_s: int, correlation: bytes) -> Properties:
    """Return the properties of an event or reply; making them anew costs a third of a publish."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = expiry_s
    if correlation:
        properties.CorrelationData = correlation
    return properties


def command_options() -> SubscribeOptions:
    """Return how to subscribe to commands: no stored ones, and RETAIN shown as it was set.

    Without the second, a broker clears RETAIN on its way to live subscribers, and a command that
    was stored looks like one that was said.
    """
    return SubscribeOptions(
        qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
    )


def state_options() -> SubscribeOptions:
    """Return how to subscribe to states of others: stored ones, too.

    QoS 0 over TCP loses less than QoS 1: what waits for acknowledgements a broker drops beyond its
    ``max_queued_messages``, without a word. Measured with mosquitto 2.0.11 and a reader that was
    stopped for 4 s while 3,000 states a second came: QoS 1 lost 42 % of them, QoS 0 none.
    """
    return SubscribeOptions(qos=0, retainAsPublished=True)


def _add_transport(options: ConnectOptions, settings: MqttSettings) -> None:
    if settings.socket:
        options["transport"] = "unix"
        options["hostname"] = settings.socket
        return
    options["hostname"] = settings.host
    options["port"] = broker_port(settings)
    # Without this Nagle's algorithm waits for the broker's delayed acknowledgement: measured
    # 44 ms a publish instead of 0.7 ms.
    options["socket_options"] = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if settings.tls is not None:
        options["tls_context"] = _tls_context(settings.tls)


def _tls_context(tls: TlsSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file or None)
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key or None)
    except OSError as error:
        files = ", ".join(name for name in (tls.ca_file, tls.certificate, tls.key) if name)
        why = error.strerror or str(error)
        raise TlsFileError(
            f"MQTT over TLS cannot use {files} ({why.lower()}): check mqtt.tls"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.check_name
    return context


def _will(topics: Topics, branch: Branch, protocol: aiomqtt.ProtocolVersion) -> aiomqtt.Will:
    properties = None
    if protocol is aiomqtt.ProtocolVersion.V5:
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        properties.WillDelayInterval = branch.will_delay_s
    return aiomqtt.Will(topics.availability, encode_offline(), 1, True, properties)


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    properties.MaximumPacketSize = PACKET_LIMIT
    return properties
