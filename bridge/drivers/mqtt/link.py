"""The link to the broker: one session after the other, for ever.

Nobody waits for it. What is to be said goes into the outbox and, when a session stands, in the
same turn of the event loop into its socket; otherwise it stays there by the outbox's rules. A
broker that is missing, refuses us or comes back is told once each way.
"""

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import aiomqtt

from bridge.drivers.mqtt.hearing import Hearing
from bridge.drivers.mqtt.options import Branch
from bridge.drivers.mqtt.patience import Patience
from bridge.drivers.mqtt.reasons import (
    TlsFileError,
    broker_name,
    explain,
    is_handshake,
    is_old_protocol,
    is_passing,
    is_taken_over,
)
from bridge.drivers.mqtt.session import Session
from bridge.drivers.ports import Ear, Incoming, Now, Tracer
from bridge.model.bus import BusStatus, MqttSettings, MqttVersion
from bridge.model.errors import BusError
from bridge.model.redaction import printable, redact
from bridge.model.trace import Stage as TraceStage
from bridge.model.trace import TraceEntry
from bridge.protocols.mqtt_outbox import Outbox, Parcel
from bridge.protocols.mqtt_payloads import encode_offline, encode_online
from bridge.protocols.mqtt_topics import Topics

_LOG = logging.getLogger(__name__)

_TRACE_BYTES = 300

_V5, _V311 = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311


def _no_trace(_: TraceEntry) -> None:
    """Nobody watches."""


def _no_status(_: BusStatus) -> None:
    """Nobody asks."""


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000


class MqttLink:
    """A ``StateBus`` over a real broker.

    Args:
        settings: ``host`` or ``socket`` has to be set (a private broker knows its socket).
        on_command: gets every message on a command topic, on the event loop.
        now: monotonic seconds.
        wall_ms: Unix milliseconds, for the time stamps of events.
        tracer: gets an entry for each message either way.
        on_status: told when the link comes up, goes down or finds something wrong.
        epoch: 16 hex digits; empty = a new one.
        branch: what is special about our topics; None = those of a bridge.
    """

    def __init__(
        self,
        settings: MqttSettings,
        on_command: Callable[[Incoming], None],
        *,
        now: Now = time.monotonic,
        wall_ms: Callable[[], int] = _unix_ms,
        tracer: Tracer = _no_trace,
        on_status: Callable[[BusStatus], None] = _no_status,
        epoch: str = "",
        branch: Branch | None = None,
    ) -> None:
        if settings.is_private:
            raise BusError("the MQTT link needs a host or a socket")
        self._settings = settings
        self._on_command = on_command
        self._now = now
        self._wall_ms = wall_ms
        self._trace = tracer
        self._watched = True
        self._on_status = on_status
        self.branch = branch or Branch(Topics(settings.base).changing)
        self._outbox = Outbox(epoch or secrets.token_hex(8), self.branch.state_ttl_s)
        self.hearing = Hearing()
        self._held = self.branch.held
        self._health: tuple[str, ...] = ()
        self._complaints: dict[str, str] = {}
        self._session: Session | None = None
        self._unsettled: tuple[Parcel, ...] = ()
        self._protocol = _V311 if settings.version is MqttVersion.V311 else _V5
        self._knows_no_5 = False
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._said = ""
        self._leaves = False
        self._turned_s = now()
        self._status = BusStatus(False, "not started")

    async def __aenter__(self) -> Self:
        """Start; returns at once, whether a broker is there or not."""
        self._task = asyncio.create_task(self._run(), name="mqtt link")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say offline and stop, within 3 s."""
        self._leaves = True  # that the broker closes what we leave is no news
        self.hearing = Hearing()  # whoever listens is leaving, too
        if self._session is not None:
            await self._session.goodbye(self.epoch)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

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
            self._reannounce()

    def listen(self, filters: frozenset[str], ear: Ear) -> None:
        self.hearing.listen(filters, ear)
        if not self._status.up:
            ear.deaf(self._status.text)

    def tell(self, topic: str, payload: bytes, ttl_s: float) -> bool:
        return self._session is not None and self._session.tell(topic, payload, ttl_s)

    # -- GatewayBus -----------------------------------------------------------

    def hold(self, reason: str) -> None:
        if reason != self._held:
            self._held, was = reason, self._held
            if self._session is not None and was and not reason:
                self._session.resync()
            else:
                self._reannounce()

    def refresh(self, after_s: float, most: int) -> None:
        self._outbox.refresh(self._now(), after_s, most)
        self._pump()

    # -- beyond StateBus ------------------------------------------------------

    @property
    def status(self) -> BusStatus:
        """Return how the link stands."""
        return self._status

    @property
    def counts(self) -> Counter[str]:
        """Return how many messages were dropped, expired, refused, oversized; and connections."""
        return self._outbox.counts

    def try_now(self) -> None:
        """Do not wait any longer for the next attempt: the broker was just started."""
        self._hurry.set()

    def watch(self, watched: bool) -> None:
        """Make trace entries, or none: each takes 0.1 ms before a command acts."""
        self._watched = watched

    @property
    def silent_s(self) -> float:
        """Seconds since the connection or the attempts to get one turned; infinite at their end."""
        ended = self._task is not None and self._task.done()
        return math.inf if ended else self._now() - self._turned_s

    # -- Owner of the session -------------------------------------------------

    def turned(self) -> None:
        self._turned_s = self._now()

    def availability(self) -> bytes:
        if self._held:
            return encode_offline(self.epoch, self._held)
        return encode_online(self.epoch, self._outbox.seq, self._reasons(), self._wall_ms())

    def came_up(self) -> None:
        version = "5" if self._protocol is _V5 else "3.1.1"
        text = f"connected to {broker_name(self._settings)} (MQTT {version})"
        self._outbox.counts["connections"] += 1
        self._set_status(up=True, text=text)
        _LOG.info("mqtt: %s", text)
        self._said = ""

    def sent(self, topic: str, payload: bytes) -> None:
        self._note("→", topic, payload)

    def command(self, message: Incoming) -> None:
        self._note("←", message.topic, message.payload)
        try:
            self._on_command(message)
        except Exception:  # noqa: BLE001  # a stranger's message must not end the link
            self._outbox.counts["failed_commands"] += 1
            _LOG.exception("mqtt: a command on %s was not handled", printable(message.topic))

    def heard(self, message: Incoming) -> None:
        self._note("←", message.topic, message.payload)
        try:
            self.hearing.heard(message)
        except Exception:  # noqa: BLE001  # a stranger's message must not end the link
            self._outbox.counts["failed_messages"] += 1
            _LOG.exception("mqtt: a message on %s was not handled", printable(message.topic))

    def complain(self, matter: str, sentence: str) -> None:
        if self._complaints.get(matter) == sentence:
            return
        if matter not in self._complaints:
            _LOG.warning("mqtt: %s", sentence)
        self._complaints[matter] = sentence
        self._set_status(up=self._status.up, text=self._status.text)
        self._reannounce()

    # -- the task -------------------------------------------------------------

    async def _run(self) -> None:
        patience = Patience(is_local=self._settings.is_local)
        while True:
            error, lived_s = await self._one_session()
            if error is None or self._leaves:
                return
            self._tell_down(error)
            delay_s = patience.after(lived_s, is_taken_over=is_taken_over(error))
            if not self._try_other_protocol(error, lived_s):
                await self._pause(delay_s)

    async def _one_session(self) -> tuple[Exception | None, float]:
        """Run one session; return why it ended (None: goodbye) and how long it was up, seconds."""
        self._complaints.clear()
        self.turned()
        try:
            session = Session(
                self._settings,
                self._outbox,
                self,
                protocol=self._protocol,
                now=self._now,
                lost=self._unsettled,
                was_up=self._outbox.counts["connections"] > 0,
            )
        except TlsFileError as error:
            return error, 0.0
        self._session = session
        ended = await self._run_session(session)
        self._session = None
        self._unsettled = session.unsettled()
        return ended, 0.0 if session.up_since_s is None else self._now() - session.up_since_s

    async def _run_session(self, session: Session) -> Exception | None:
        try:
            await session.run()
        except (aiomqtt.MqttError, BusError, OSError) as error:
            return error
        except Exception as error:  # noqa: BLE001  # the task border: the link goes on
            _LOG.exception("mqtt: the session failed in a way nobody thought of")
            return error
        return None

    def _try_other_protocol(self, error: Exception, lived_s: float) -> bool:
        """Choose the MQTT version of the next attempt; return whether to make it at once.

        Brokers that know no MQTT 5 say so, hang up, or say nothing at all.
        """
        if self._settings.version is not MqttVersion.AUTO:
            return False
        self._knows_no_5 = self._knows_no_5 or is_old_protocol(error)
        was = self._protocol
        if was is _V5 and is_handshake(error) and not lived_s:
            self._protocol = _V311
        elif was is _V311 and not self._knows_no_5:
            self._protocol = _V5
        return was is _V5 and self._protocol is _V311

    async def _pause(self, delay_s: float) -> None:
        """Wait, unless somebody knows that the broker is there.

        Not with ``wait_for``: before Python 3.12 it swallows a cancellation that comes in the same
        turn as the event, and the link would live on.
        """
        self.turned()
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._hurry.wait()

    # -- private --------------------------------------------------------------

    def _tell_down(self, error: Exception) -> None:
        """Say once why there is no connection; again only when somebody has to do something."""
        text = explain(error, self._settings)
        self.hearing.lost(text)
        self._set_status(up=False, text=text)
        if not self._said or (text != self._said and not is_passing(error)):
            _LOG.warning("mqtt: %s; trying again by itself", text)
            self._said = text

    def _set_status(self, *, up: bool, text: str) -> None:
        status = BusStatus(up, text, tuple(self._complaints.values()))
        if status != self._status:
            self._status = status
            self._on_status(status)

    def _reasons(self) -> tuple[str, ...]:
        return (*self._health, *self._complaints.values())

    def _pump(self) -> None:
        if self._session is not None:
            self._session.pump()

    def _reannounce(self) -> None:
        if self._session is not None:
            self._session.announce()

    def _note(self, arrow: str, topic: str, payload: bytes) -> None:
        if self._trace is _no_trace or not self._watched:
            return
        short = topic.removeprefix(self._settings.base + "/")
        text = printable(redact(payload[:_TRACE_BYTES].decode(errors="replace")), _TRACE_BYTES)
        self._trace(TraceEntry(self._now(), TraceStage.MQTT, short, f"{arrow} {text}"))
