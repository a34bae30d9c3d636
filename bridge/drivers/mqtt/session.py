"""One connection to the broker, from CONNECT to its loss.

What is done in which order, so that ``online`` means complete:

1. CONNECT: clean start, a session that the broker keeps for 10 s (for the delayed will only), the
   will ``offline``.
2. SUBSCRIBE to the commands (on MQTT 5 without stored ones, and with the RETAIN flag as published),
   to our own availability, and to the retained topics that come and go.
3. A command to ourselves: the only way to learn that the broker does not let commands through,
   because a forbidden subscription is granted and then silent.
4. All states, then the events that may have been lost.
5. ``online``, with the number of the last event.
6. Retained topics of an earlier run that nobody has claimed are cleared.
"""

import asyncio
import contextlib
import json
import math
import secrets
from collections.abc import Coroutine, Iterable
from enum import Enum
from typing import Protocol, TypeVar

import aiomqtt
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.drivers.mqtt.options import command_options, connect_options, publish_properties
from bridge.drivers.mqtt.reasons import broker_name
from bridge.drivers.mqtt.wire import Ack, WireClient
from bridge.drivers.ports import Incoming, Now
from bridge.model.bus import MqttSettings
from bridge.model.errors import BusError
from bridge.protocols.mqtt_outbox import Outbox, Parcel
from bridge.protocols.mqtt_payloads import encode_offline
from bridge.protocols.mqtt_topics import SELF_TEST, Topics

ACK_TIMEOUT_S = 5.0  # a broker that takes longer hangs: slowest seen under load 0.5 s
SELF_TEST_S = 1.0  # a command to ourselves comes back in 1 ms on loopback
GOODBYE_S = 1.0
_WINDOW = 16  # publishes under way: paho queues beyond 20, out of our sight
_OWN = -1  # key of parcels that are the session's own business
_HEADER_BYTES = 256  # fixed header, topic length and properties around a payload, at most


class Stage(Enum):
    """How far the connection has come."""

    CONNECTING = "connecting"  # nothing is known yet
    ACCEPTED = "accepted"  # CONNACK came; commands are being subscribed
    RESYNC = "resync"  # publishing; readers may see some states of before
    UP = "up"  # online was said: readers see the truth
    LEAVING = "leaving"  # offline was said; what is left still goes out
    OVER = "over"  # nothing goes out any more


_SENDING = (Stage.RESYNC, Stage.UP, Stage.LEAVING)
_T = TypeVar("_T")


class Owner(Protocol):
    """What a session tells whoever opened it."""

    def availability(self) -> bytes:
        """Return the payload that says ``online``."""

    def came_up(self) -> None:
        """``online`` is on its way."""

    def sent(self, topic: str, payload: bytes) -> None:
        """Something was published (for the trace)."""

    def command(self, message: Incoming) -> None:
        """A message on a command topic came in."""

    def complain(self, matter: str, sentence: str) -> None:
        """Something does not work on this connection; empty text = it does again."""


class Session:
    """See the module. ``run`` raises when the connection is lost.

    Args:
        settings: where the broker is.
        outbox: what to send; shared by all sessions of a link.
        owner: whom to tell.
        protocol: MQTT version.
        now: monotonic seconds.
        lost: what the session before had sent without an answer.
        was_up: whether an earlier session of this run said ``online``.
    """

    def __init__(
        self,
        settings: MqttSettings,
        outbox: Outbox,
        owner: Owner,
        *,
        protocol: aiomqtt.ProtocolVersion,
        now: Now,
        lost: Iterable[Parcel] = (),
        was_up: bool = False,
    ) -> None:
        self.stage = Stage.CONNECTING
        self.up_since_s: float | None = None
        self._settings = settings
        self._topics = Topics(settings.base)
        self._outbox = outbox
        self._owner = owner
        self._is_v5 = protocol is aiomqtt.ProtocolVersion.V5
        self._now = now
        self._lost = tuple(lost)
        self._was_up = was_up
        self._flight: dict[int, tuple[float, Parcel]] = {}
        self._unsent: list[Parcel] = []
        self._nonce = secrets.token_hex(8).encode()
        self._tested = asyncio.Event()  # the self-test has an answer, whichever
        self._quiet = asyncio.Event()  # nothing is under way
        self._in_step = asyncio.Event()  # what was owed at the start is settled
        self._ghosts: set[str] = set()
        self._refused: set[str] = set()
        self._client = WireClient(
            on_message=self._on_message,
            on_ack=self._on_ack,
            on_tick=self._on_tick,
            **connect_options(settings, self._topics, protocol),
        )

    # -- for the link ---------------------------------------------------------

    @property
    def client(self) -> WireClient:
        """Return the connection (tests break it)."""
        return self._client

    def unsettled(self) -> tuple[Parcel, ...]:
        """Return what was sent or to be sent and has had no answer."""
        return (*(parcel for _, parcel in self._flight.values()), *self._unsent)

    async def run(self) -> None:
        """Connect and stay connected; return after ``goodbye``.

        Raises:
            aiomqtt.MqttError, BusError, OSError: the connection failed or broke.
        """
        try:
            await self._client.__aenter__()
            self.stage = Stage.ACCEPTED
            await self._subscribe()
            self._begin()
            await self._wait(self._tested, SELF_TEST_S)
            self._judge_test()
            await self._wait(self._in_step, math.inf)
            self.stage = Stage.UP
            self.up_since_s = self._now()
            self.announce()
            self._owner.came_up()
            await self._clear_ghosts()
            await self._client.lost
        finally:
            self._close()

    def pump(self) -> None:
        """Send what is waiting, as far as the window allows. Never blocks, never raises."""
        while len(self._flight) < min(_WINDOW, self._client.receive_maximum):
            if self.stage not in _SENDING:
                return
            parcel = self._outbox.take(self._now())
            if parcel is None:
                return
            self._post(parcel)

    def announce(self) -> None:
        """Say ``online``, with what does not work."""
        if self.stage is Stage.UP:
            self._post_own(self._topics.availability, self._owner.availability(), retain=True)

    async def goodbye(self, epoch: str) -> None:
        """Send what is left, say ``offline`` and disconnect, in about a second at most."""
        try:
            if self.stage is Stage.UP:
                self.stage = Stage.LEAVING
                self._post_own(self._topics.availability, encode_offline(epoch), retain=True)
                await self._wait(self._quiet, GOODBYE_S)
                async with asyncio.timeout(GOODBYE_S):
                    await self._client.__aexit__(None, None, None)
        except (aiomqtt.MqttError, BusError, OSError, TimeoutError):
            pass  # the will says the same, a little later

    # -- steps ----------------------------------------------------------------

    async def _subscribe(self) -> None:
        topics = self._topics
        filters = [topics.all_commands, topics.availability, *topics.changing]
        if self._is_v5:
            own = [(name, SubscribeOptions(qos=1)) for name in filters[1:]]
            subscribing = self._client.subscribe([(filters[0], command_options()), *own])
        else:
            subscribing = self._client.subscribe([(name, 1) for name in filters])
        code = (await self._or_lost(subscribing))[0]
        if (code if isinstance(code, int) else code.value) >= 0x80:
            self._complain_deaf()

    def _begin(self) -> None:
        """Start sending: the self-test first, then everything a reader may have missed."""
        self.stage = Stage.RESYNC
        self._post_own(self._topics.command(SELF_TEST), self._nonce, retain=False)
        self._outbox.begin(self._now(), self._lost)
        self.pump()
        self._note_progress()

    def _judge_test(self) -> None:
        if not self._tested.is_set():
            self._complain_deaf()

    async def _clear_ghosts(self) -> None:
        """Clear what an earlier run left behind, such as a device that is gone."""
        for topic in sorted(self._ghosts):
            if not self._outbox.knows(topic):
                self._post_own(topic, b"", retain=True)
        await self._or_lost(self._client.unsubscribe(list(self._topics.changing)))

    def _close(self) -> None:
        self.stage = Stage.OVER
        self._client.close()

    # -- sending --------------------------------------------------------------

    def _post_own(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self._post(Parcel(_OWN, topic, payload, retain))

    def _post(self, parcel: Parcel) -> None:
        now_s = self._now()
        if len(parcel.payload) + len(parcel.topic) + _HEADER_BYTES > self._client.packet_limit:
            self._settle(parcel, "larger than the broker accepts")
            return
        try:
            mid = self._client.send(
                parcel.topic,
                parcel.payload,
                retain=parcel.retain,
                properties=self._properties(parcel, now_s),
            )
        except (aiomqtt.MqttError, OSError):
            self.stage = Stage.OVER  # ``run`` learns it from the future ``lost``
            self._unsent.append(parcel)
            return
        self._flight[mid] = (now_s, parcel)
        self._quiet.clear()
        self._owner.sent(parcel.topic, parcel.payload)

    def _properties(self, parcel: Parcel, now_s: float) -> Properties | None:
        if not self._is_v5 or parcel.deadline_s is None:
            return None
        return publish_properties(max(1, math.ceil(parcel.deadline_s - now_s)), parcel.correlation)

    def _on_ack(self, ack: Ack) -> None:
        _, parcel = self._flight.pop(ack.mid, (0.0, None))
        if parcel is None:
            return
        if parcel.topic == self._topics.command(SELF_TEST) and (ack.refusal or not ack.heard):
            self._fail_test(ack)
        else:
            self._settle(parcel, ack.refusal)
        self.pump()
        self._note_progress()

    def _settle(self, parcel: Parcel, refusal: str) -> None:
        if refusal:
            self._refused.add(parcel.topic)
            self._complain_refused(parcel.topic, refusal)
        self._outbox.settle(parcel, self._now(), refused=bool(refusal))

    def _note_progress(self) -> None:
        if not self._flight:
            self._quiet.set()
        if self._outbox.is_in_step:
            self._in_step.set()

    def _on_tick(self) -> None:
        """Give up on a broker that has stopped answering; runs once a second."""
        oldest_s = next(iter(self._flight.values()), (math.inf, None))[0]
        if self._now() - oldest_s > ACK_TIMEOUT_S:
            self._client.abort(f"it has acknowledged nothing for {ACK_TIMEOUT_S:.0f} s")

    # -- receiving ------------------------------------------------------------

    def _on_message(self, message: Incoming) -> None:
        topics = self._topics
        if message.topic == topics.command(SELF_TEST):
            if message.payload == self._nonce and not message.retained:
                self._tested.set()
        elif topics.command_name(message.topic) is not None:
            self._owner.command(message)
        elif message.topic == topics.availability:
            self._watch_availability(message)
        elif message.retained and message.payload:
            self._ghosts.add(message.topic)

    def _watch_availability(self, message: Incoming) -> None:
        """Somebody else speaks for us: the late will of an earlier run, or a second bridge.

        What is stored there at the start may be from an earlier run of ours; on a later connection
        of this run it cannot be.
        """
        said = _read_availability(message.payload)
        is_foreign = said.get("epoch") != self._outbox.epoch
        if said.get("state") == "offline":
            self.announce()
        elif is_foreign and (self._was_up or not message.retained):
            self._owner.complain(
                "twin",
                f"another bridge writes to {self._topics.base}, too: give every bridge an id of "
                "its own (mqtt.bridge)",
            )

    # -- complaints -----------------------------------------------------------

    def _fail_test(self, ack: Ack) -> None:
        self._tested.set()
        if ack.refusal:
            self._complain_refused(self._topics.command(SELF_TEST), ack.refusal)
        else:
            self._complain_deaf()

    def _complain_deaf(self) -> None:
        self._owner.complain(
            "deaf",
            f"commands do not arrive: {broker_name(self._settings)} does not let this user read "
            f"{self._topics.all_commands}",
        )

    def _complain_refused(self, topic: str, refusal: str) -> None:
        others = len(self._refused - {topic})
        more = f" and {others} more topics" if others else ""
        self._owner.complain(
            "refused",
            f"{broker_name(self._settings)} does not let this user write {topic}{more} "
            f"({refusal.lower()})",
        )

    # -- waiting --------------------------------------------------------------

    async def _wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Wait for an event, not longer than the time; raise when the connection is lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if timeout_s == math.inf else timeout_s):
                await self._or_lost(event.wait())

    async def _or_lost(self, work: Coroutine[object, object, _T]) -> _T:
        """Return the result of work, or raise when the connection is lost before."""
        task, lost = asyncio.ensure_future(work), self._client.lost
        waiting: set[asyncio.Future[_T] | asyncio.Future[None]] = {task, lost}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not lost.done():
                return task.result()
        finally:
            task.cancel()
        lost.result()
        raise BusError("it ended the connection")


def _read_availability(payload: bytes) -> dict[str, object]:
    """Return the object in a payload, empty when it holds none."""
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
