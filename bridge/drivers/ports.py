"""The contracts between the core's world and the drivers.

A driver owns one resource, is an asynchronous context manager, and hands what happened to a *sink*
as frozen events of ``bridge.model``. Sinks run on the event loop and never block. Real drivers and
their virtual twins pass the same contract tests under ``tests/contract``.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from bridge.model.blf import Fact, KeyFace, PanelEvent, PanelId, PbxId
from bridge.model.effects import EngineOrder
from bridge.model.events import Event
from bridge.model.pbx import PbxAnswer, PbxCommand
from bridge.model.trace import TraceEntry

Sink = Callable[[Event], None]
"""Takes one event; on the event loop only."""

Tracer = Callable[[TraceEntry], None]
"""Takes one trace entry; on the event loop only. Cheap when nobody watches."""

Now = Callable[[], float]
"""Monotonic seconds."""


# -- HID: bytes in, bytes out -------------------------------------------------


@dataclass(frozen=True, slots=True)
class HidNode:
    """A hidraw node as udev (or the virtual bus) shows it, not opened.

    Args:
        node: device path such as ``/dev/hidraw3``.
        bus: 0x03 USB, 0x05 Bluetooth (linux/input.h BUS_*).
        vendor_id, product_id: 0..0xFFFF.
        name: product string, raw.
        serial: serial number, may be empty or the same on all units of a model.
        port: USB port path such as ``1-2.3``, empty when not on USB.
        descriptor: report descriptor, 0..4096 bytes (from sysfs, nothing is opened for it).
    """

    node: str
    bus: int
    vendor_id: int
    product_id: int
    name: str
    serial: str
    port: str
    descriptor: bytes


@dataclass(frozen=True, slots=True)
class NodeAdded:
    """A node is there and its permissions are settled."""

    node: HidNode


@dataclass(frozen=True, slots=True)
class NodeRemoved:
    """A node is gone."""

    node: str


class HidHandle(Protocol):
    """An open device. ``read`` and ``write`` block and run on threads of the session."""

    def read(self, timeout_s: float) -> bytes:
        """Return one input report, id first if the device numbers its reports.

        Returns empty bytes after ``timeout_s``. Raises ``DeviceGone`` once the device has left.
        """

    def write(self, report: bytes) -> None:
        """Write one output report; first byte is the report id, 0 for unnumbered reports.

        Raises ``DeviceGone``, or ``TransportError`` when the device refuses.
        """

    def write_feature(self, report: bytes) -> None:
        """Write one feature report; first byte is the report id, 0 for unnumbered reports.

        For what a profile wants written at opening. Raises as ``write`` does.
        """

    def read_feature(self, report_id: int, length: int) -> bytes:
        """Ask for one feature report; its id first, at most ``length`` bytes with it.

        Raises as ``write`` does.
        """

    def close(self) -> None:
        """Close; called by the reading thread only. Twice is harmless."""


class HidBus(Protocol):
    """Where devices appear and vanish."""

    def changes(self) -> AsyncIterator[NodeAdded | NodeRemoved]:
        """Yield first every node that is there, then each change, for ever."""

    def open(self, node: HidNode) -> HidHandle:
        """Open for reading and writing.

        Raises ``PermissionMissing``, ``DeviceBusy`` or ``DeviceGone``, each with the way out.
        """


# -- serial ports -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TtyNode:
    """A serial port as udev shows it, not opened.

    Args:
        node: device path such as ``/dev/ttyACM0``.
        name: USB product string, raw; empty when not on USB.
        serial: USB serial number, may be empty.
        port: USB port path such as ``1-2.3``, empty when not on USB.
    """

    node: str
    name: str
    serial: str
    port: str


@dataclass(frozen=True, slots=True)
class TtyAdded:
    """A port is there; told again when its permissions may have changed."""

    node: TtyNode


@dataclass(frozen=True, slots=True)
class TtyRemoved:
    """A port is gone."""

    node: str


class TtyBus(Protocol):
    """Where serial ports appear and vanish."""

    def changes(self) -> AsyncIterator[TtyAdded | TtyRemoved]:
        """Yield first every port that is there, then each change, for ever."""

    def is_there(self, node: TtyNode) -> bool:
        """Say whether the port is there now and of the same device, whatever was told of it."""


# -- SIP ----------------------------------------------------------------------


class CallEngine(Protocol):
    """The SIP engine in its own process, restarted when it dies."""

    async def __aenter__(self) -> Self:
        """Start the process; returns at once, ``EngineReady`` comes through the sink."""

    async def __aexit__(self, *exc: object) -> None:
        """Hang up, un-register, stop the process within 3 s."""

    def order(self, order: EngineOrder) -> None:
        """Pass one order on. Never blocks, never raises; failures come back as ``OrderFailed``."""


# -- MQTT ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from the broker.

    Args:
        topic: full topic.
        payload: at most 64 KiB.
        retained: the RETAIN flag as published.
        response_topic: MQTT 5 response topic, or empty.
        correlation: MQTT 5 correlation data, or empty.
    """

    topic: str
    payload: bytes
    retained: bool
    response_topic: str
    correlation: bytes


class Ear(Protocol):
    """Whoever hears topics of others over the bus. Called on the event loop; never blocks."""

    def heard(self, message: Incoming) -> None:
        """One message on a wanted topic: stored ones first, as far as there are any."""

    def in_step(self) -> None:
        """Everything that was stored under the wanted filters has been heard."""

    def deaf(self, reason: str) -> None:
        """The broker cannot be heard: what was heard so far may be old.

        Args:
            reason: one sentence with the way out.
        """


class StateBus(Protocol):
    """The MQTT link: reconnects for ever, keeps what must not be lost."""

    @property
    def epoch(self) -> str:
        """The name of this run of the bridge: 16 hex digits, new at every start."""

    def set_health(self, reasons: tuple[str, ...]) -> None:
        """Say in ``availability`` what does not work; empty = all does. Never blocks."""

    def set_state(self, topic: str, payload: bytes | None) -> None:
        """Publish a retained state, newest wins; None clears the topic. Never blocks."""

    def event(self, topic: str, body: Mapping[str, object], ttl_s: float) -> int:
        """Queue an event (not retained) and return its sequence number. Never blocks."""

    def reply(self, topic: str, payload: bytes, correlation: bytes) -> None:
        """Send a reply once, not retained, expiring after 10 s. Never blocks."""

    def history(self, since: int) -> tuple[Mapping[str, object], ...]:
        """Return the events after ``since`` that are kept (512, 10 min), oldest first."""

    def listen(self, filters: frozenset[str], ear: Ear) -> None:
        """Replace what an ear hears, now and after every reconnect; nothing = no more.

        Args:
            filters: of topics that are not our own.
            ear: told what is heard there; ``in_step`` comes again after each change.
        """

    def tell(self, topic: str, payload: bytes, ttl_s: float) -> bool:
        """Send a message once, now or never, not retained; False: there is no connection."""


class GatewayBus(StateBus, Protocol):
    """The MQTT link of a PBX gateway, which may be connected and yet know nothing."""

    def hold(self, reason: str) -> None:
        """Say ``offline`` with the reason; empty = all states go out again, then ``online``."""

    def refresh(self, after_s: float, most: int) -> None:
        """Send states again that went out longer than ``after_s`` ago, at most ``most``."""


# -- the PBX -------------------------------------------------------------------

FactSink = Callable[[PbxId, Fact], None]
"""Takes one fact and who said it, in the order in which they were said; on the event loop only.

Costs about a microsecond: thousands a second are taken, only those about a key do more. After a
loss of the PBX come ``SourceFact(is_up=False)``, all its facts again, then ``is_up=True``. What is
not said again within an hour counts as unknown; saying the same again keeps it fresh.
"""


class PbxCommands(Protocol):
    """Whoever can ask the PBX for something (its gateway over MQTT)."""

    async def send(self, command: PbxCommand) -> PbxAnswer:
        """Ask once, and return what became of it; within 10 s.

        Never raises for what happens outside: a PBX that does not answer, or a gateway that is not
        there, is ``FAILED`` with the way out. Nothing is kept for later and nothing sent twice.
        """


# -- HTTP ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HttpAsked:
    """One request, whole, within the limits of the server.

    Args:
        method: such as ``GET``.
        path, query: as they came, percent-encoded; they may hold secrets.
        peer: address it came from.
        body: at most 64 KiB.
    """

    method: str
    path: str
    query: str
    peer: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to one request.

    Args:
        status: of HTTP.
        body: UTF-8 text, or bytes of ``kind``.
        kind: media type.
    """

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"


HttpHandler = Callable[[HttpAsked], HttpAnswer]
"""Answers one request; on the event loop, never blocks. Whatever it raises is our mistake: 500."""


# -- key panels ---------------------------------------------------------------

PanelSink = Callable[[PanelEvent], None]
"""Takes one panel event; on the event loop only."""


class PanelBus(Protocol):
    """One kind of key panel (serial, Stream Deck, X-keys): finds them, holds them, loses them.

    It shows a panel *unknown* lamps before it leaves it in good order, and a panel that can goes
    to *unknown* by itself when the host is silent. After ``PanelAttached`` nothing is lit until
    the first ``show``.
    """

    async def __aenter__(self) -> Self:
        """Start looking; returns at once, panels come through the sink."""

    async def __aexit__(self, *exc: object) -> None:
        """Show unknown on every panel and let go of it, within 1 s."""

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces on keys (0..); None puts a key out. Keys that are not named stay.

        Newest wins: what could not be sent yet is replaced. Unknown panels and keys are ignored.
        Never blocks, never raises.
        """

    def odd(self, panel: PanelId) -> Mapping[str, int]:
        """Return how often what a panel said could not be used, by reason; empty for all well."""


# -- time ---------------------------------------------------------------------


class Timers(Protocol):
    """Named timers on one clock."""

    def now(self) -> float:
        """Monotonic seconds."""

    def start(self, name: str, after_s: float, fire: Callable[[str], None]) -> None:
        """Call ``fire(name)`` once after a while; a running timer of that name starts anew."""

    def stop(self, name: str) -> None:
        """Forget a timer; harmless when it does not run."""
