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
7. Topics of others that somebody here wants to hear are subscribed.

A link that is *held* (a gateway that does not hear its PBX) says ``offline`` at 5, and goes through
4 and 5 again when it is let go.
"""

import asyncio
import contextlib
import math
import secrets
from collections.abc import Coroutine, Iterable
from enum import Enum
from typing import TypeVar

import aiomqtt
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.drivers.mqtt.hearing import Subscribing
from bridge.drivers.mqtt.options import (
    command_options,
    connect_options,
    publish_properties,
    state_options,
)
from bridge.drivers.mqtt.owner import Owner
from bridge.drivers.mqtt.reasons import broker_name, explain_deaf, explain_refused, explain_twin
from bridge.drivers.mqtt.wire import Ack, WireClient
from bridge.drivers.ports import Incoming, Now
from bridge.model.bus import MqttSettings
from bridge.model.errors import BusError
from bridge.protocols.mqtt_availability import read_availability
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
        self._branch = owner.branch
        self._lost = tuple(lost)
        self._was_up = was_up
        self._flight: dict[int, tuple[float, Parcel]] = {}
        self._unsent: list[Parcel] = []
        self._nonce = secrets.token_hex(8).encode()
        self._tested = asyncio.Event()  # the self-test has an answer, whichever
        self._quiet = asyncio.Event()  # nothing is under way
        self._in_step = asyncio.Event()  # what was owed at the start is settled
        self._owes_word = False  # availability is to be said once no state waits any more
        self._ghosts: set[str] = set()
        self._refused: set[str] = set()
        self._client = WireClient(
            on_message=self._on_message,
            on_ack=self._on_ack,
            on_tick=self._on_tick,
            **connect_options(settings, owner.branch, protocol),
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
            await self.wait(self._tested, SELF_TEST_S)
            self._judge_test()
            await self.wait(self._in_step, math.inf)
            self.stage = Stage.UP
            self.up_since_s = self._now()
            self.announce()
            self._owner.came_up()
            await self._clear_ghosts()
            await self._hear()
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

    def resync(self) -> None:
        """Send all states again, then say how we stand."""
        if self.stage is Stage.UP:
            self._owes_word = True
            self._outbox.begin(self._now())
            self.pump()
            self._note_progress()

    def tell(self, topic: str, payload: bytes, ttl_s: float) -> bool:
        """Send something once; return whether it went out."""
        if self.stage is not Stage.UP:
            return False
        self._post(Parcel(_OWN, topic, payload, retain=False, deadline_s=self._now() + ttl_s))
        return self.stage is Stage.UP

    async def goodbye(self, epoch: str) -> None:
        """Send what is left, say ``offline`` and disconnect, in about a second at most."""
        try:
            if self.stage is Stage.UP:
                self.stage = Stage.LEAVING
                self._post_own(self._topics.availability, encode_offline(epoch), retain=True)
                await self.wait(self._quiet, GOODBYE_S)
                async with asyncio.timeout(GOODBYE_S):
                    await self._client.__aexit__(None, None, None)
        except (aiomqtt.MqttError, BusError, OSError, TimeoutError):
            pass  # the will says the same, a little later

    # -- steps ----------------------------------------------------------------

    async def _subscribe(self) -> None:
        topics = self._topics
        filters = [topics.all_commands, topics.availability, *self._branch.changing]
        if self._is_v5:
            own = [(name, SubscribeOptions(qos=1)) for name in filters[1:]]
            subscribing = self._client.subscribe([(filters[0], command_options()), *own])
        else:
            subscribing = self._client.subscribe([(name, 0) for name in filters])
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
        await self._or_lost(self._client.unsubscribe(list(self._branch.changing)))

    async def _hear(self) -> None:
        """Subscribe to what is wanted of others, for as long as the connection lives."""
        try:
            await Subscribing(self._owner.hearing, self).run()
        except BusError:
            if not self._client.lost.done():
                raise
        await self._client.lost  # says how it ended: nothing after a goodbye

    # -- Line of the subscribing ----------------------------------------------

    async def subscribe(self, filters: list[str]) -> list[int]:
        if self._is_v5:
            subscribing = self._client.subscribe([(name, state_options()) for name in filters])
        else:
            subscribing = self._client.subscribe([(name, 0) for name in filters])
        codes = await self._or_lost(subscribing)
        return [code if isinstance(code, int) else code.value for code in codes]

    async def unsubscribe(self, filters: list[str]) -> None:
        await self._or_lost(self._client.unsubscribe(filters))

    def post_to_self(self, payload: bytes) -> None:
        self._post_own(self._topics.command(SELF_TEST), payload, retain=False)

    def unheard(self, topic: str) -> None:
        self._owner.complain(
            "unheard", f"{broker_name(self._settings)} does not let this user read {topic}"
        )

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
            if self._owes_word and not self._outbox.is_behind:
                self._owes_word = False
                self.announce()

    def _on_tick(self) -> None:
        """Give up on a broker that has stopped answering; runs once a second."""
        self._owner.turned()
        oldest_s = next(iter(self._flight.values()), (math.inf, None))[0]
        if self._now() - oldest_s > ACK_TIMEOUT_S:
            self._client.abort(f"it has acknowledged nothing for {ACK_TIMEOUT_S:.0f} s")

    # -- receiving ------------------------------------------------------------

    def _on_message(self, message: Incoming) -> None:
        topics = self._topics
        if message.topic == topics.command(SELF_TEST):
            self._on_self_test(message.payload, retained=message.retained)
        elif not message.topic.startswith(self._settings.base + "/"):
            self._owner.heard(message)
        elif topics.command_name(message.topic) is not None:
            self._owner.command(message)
        elif message.topic == topics.availability:
            self._watch_availability(message)
        elif message.retained and message.payload:
            self._ghosts.add(message.topic)

    def _on_self_test(self, payload: bytes, *, retained: bool) -> None:
        if payload == self._nonce and not retained:
            self._tested.set()
        elif not retained:
            self._owner.hearing.came_back(payload)

    def _watch_availability(self, message: Incoming) -> None:
        """Somebody else speaks for us: the late will of an earlier run, or a second bridge.

        What is stored there at the start may be from an earlier run of ours; on a later connection
        of this run it cannot be.
        """
        said = read_availability(message.payload)
        is_foreign = said.epoch != self._outbox.epoch
        if is_foreign and said.state == "offline":
            self.announce()
        elif is_foreign and (self._was_up or not message.retained):
            self._owner.complain("twin", explain_twin(self._settings))

    # -- complaints -----------------------------------------------------------

    def _fail_test(self, ack: Ack) -> None:
        self._tested.set()
        if ack.refusal:
            self._complain_refused(self._topics.command(SELF_TEST), ack.refusal)
        else:
            self._complain_deaf()

    def _complain_deaf(self) -> None:
        self._owner.complain("deaf", explain_deaf(self._settings, self._topics.all_commands))

    def _complain_refused(self, topic: str, refusal: str) -> None:
        others = len(self._refused - {topic})
        self._owner.complain("refused", explain_refused(self._settings, topic, others, refusal))

    # -- waiting --------------------------------------------------------------

    async def wait(self, event: asyncio.Event, timeout_s: float = math.inf) -> None:
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
