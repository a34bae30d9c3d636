"""The PBX, heard over the bridge's own MQTT connection: states to facts, orders to commands.

Theory of operation. A state counts when three things are true: the broker has sent everything that
it had stored (``in_step``), the gateway says ``online``, and the state has the gateway's epoch.
Until then states are only kept. When it is so, all kept states go out as facts, then *up*. What
ends it ends everything: the broker lost, the gateway ``offline``, or ``online`` with another epoch.

States wait in an inbox where the newest of a topic wins, and are read a few at a time: a storm of
them never keeps the loop from a headset's key.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable

from bridge.drivers.ports import FactSink, Incoming, StateBus
from bridge.model.blf import Extension, Fact, PbxId, SourceFact
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand
from bridge.model.redaction import printable
from bridge.protocols.mqtt_availability import Availability, read_availability
from bridge.protocols.mqtt_topics import Topics
from bridge.protocols.pbx_commands import (
    COMMAND_TTL_MS,
    GatewayInfo,
    PbxReply,
    encode_command,
    name_and_args,
    read_info,
    read_reply,
)
from bridge.protocols.pbx_states import Refusal, Stamped, cleared, lamp_fact, read_state
from bridge.protocols.pbx_topics import PbxTopics

_LOG = logging.getLogger(__name__)

AT_ONCE_S = 0.001  # of reading states before others get their turn
# A living gateway says ``info`` every 30 s. One that died together with the broker leaves "online"
# behind in a broker that keeps its messages on disk; nothing else tells.
SILENT_S = 75.0
ANSWER_S = 10.0  # the gateway gives its PBX 8
_UNHEARD = "the broker has not been heard yet"


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000


class PbxWatch:
    """One PBX: an ``Ear`` of the bus, and ``PbxCommands``.

    Args:
        bus: of the bridge.
        pbx: which PBX.
        root: first level of all topics.
        client: our name for replies, the id of the bridge.
        sink: gets every fact.
        now: monotonic seconds.
        wall_ms: Unix milliseconds.
    """

    def __init__(
        self,
        bus: StateBus,
        pbx: PbxId,
        root: str,
        client: str,
        sink: FactSink,
        *,
        now: Callable[[], float] = time.monotonic,
        wall_ms: Callable[[], int] = _unix_ms,
    ) -> None:
        base = f"{root}/1/{pbx}"
        self._bus = bus
        self._pbx = pbx
        self._client = client
        self._sink = sink
        self._now = now
        self._wall_ms = wall_ms
        self._own = Topics(base)
        self._topics = PbxTopics(base)
        self._inbox: dict[str, bytes] = {}
        self._kept: dict[str, Stamped] = {}
        self._due: deque[str] = deque()  # topics whose facts go out before the source is up
        self._turn: asyncio.Handle | None = None
        self._repeated = False  # whether the kept states have been queued since the last loss
        self._in_step = False
        self._availability = Availability()
        self._info: GatewayInfo | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._source = SourceFact(pbx, False, _UNHEARD)
        self._answers: dict[str, asyncio.Future[PbxReply]] = {}
        self.counts: Counter[str] = Counter()

    @property
    def source(self) -> SourceFact:
        """Return whether the PBX is heard, and why not."""
        return self._source

    def start(self, subjects: Iterable[Extension] = ()) -> None:
        """Begin to hear; the first thing said is that nothing is known."""
        self._sink(self._pbx, self._source)
        self.watch(subjects)

    def watch(self, subjects: Iterable[Extension], *, queues: bool = False) -> None:
        """Hear these subjects from now on, and no others.

        Args:
            subjects: extensions, slots and queues.
            queues: all queues there are, too.
        """
        about = self._topics.about(subjects)
        kept = {topic: one for topic, one in self._kept.items() if topic in about}
        if queues:
            every = self._topics.every_queue
            about |= {every}
            start = every.removesuffix("+")
            kept |= {topic: one for topic, one in self._kept.items() if topic.startswith(start)}
        self._kept = kept
        own = (self._own.availability, self._own.info, self._own.reply(self._client))
        self._bus.listen(about | frozenset(own), self)

    def stop(self) -> None:
        """Hear no more."""
        self._bus.listen(frozenset(), self)
        self._forget("stopped")

    # -- Ear ------------------------------------------------------------------

    def heard(self, message: Incoming) -> None:
        topic = message.topic
        if topic == self._own.info:
            self._take_info(message.payload)
        elif topic == self._own.reply(self._client):
            self._take_reply(message.payload)
        else:
            if topic == self._own.availability:
                self._foresee(message.payload)
            self._inbox.pop(topic, None)  # its place is behind what came before
            self._inbox[topic] = message.payload
            self._go_on()

    def in_step(self) -> None:
        self._in_step = True
        self._go_on()

    def deaf(self, reason: str) -> None:
        self._forget(reason)

    # -- PbxCommands ----------------------------------------------------------

    async def send(self, command: PbxCommand) -> PbxAnswer:
        name, _ = name_and_args(command)
        if not self._source.is_up or self._info is None:
            return PbxAnswer(Outcome.FAILED, self._source.reason or "the PBX cannot be asked yet")
        if name not in self._info.commands:
            return PbxAnswer(Outcome.DENIED, f"the PBX does not obey {name!r}: see its gateway")
        key = f"{self._client}-{secrets.token_hex(8)}"
        payload = encode_command(
            command,
            name=key,
            ts_ms=self._wall_ms(),
            epoch=self._info.epoch,
            window=self._info.window,
            reply_to=self._client,
        )
        return await self._ask(key, self._own.command(name), payload)

    async def _ask(self, key: str, topic: str, payload: bytes) -> PbxAnswer:
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        try:
            if not self._bus.tell(topic, payload, COMMAND_TTL_MS / 1000):
                return PbxAnswer(Outcome.FAILED, "the broker is gone: try again later")
            async with asyncio.timeout(ANSWER_S):
                reply = await answer
        except TimeoutError:
            text = "the PBX has not answered: whether it was done is shown by the lamps"
            return PbxAnswer(Outcome.FAILED, text)
        finally:
            del self._answers[key]
        return PbxAnswer(reply.outcome, reply.detail)

    def _take_info(self, payload: bytes) -> None:
        """What is no ``info`` is no sign of life, either."""
        info = read_info(payload)
        if info is not None:
            self._info = info
            self._expect_word()
        elif payload:
            self.counts["info"] += 1

    def _take_reply(self, payload: bytes) -> None:
        reply = read_reply(payload)
        if reply is None:
            self.counts["reply"] += 1
            return
        answer = self._answers.get(reply.id)
        if reply.outcome is not Outcome.ACCEPTED and answer is not None and not answer.done():
            answer.set_result(reply)

    # -- states ---------------------------------------------------------------

    def _go_on(self) -> None:
        """Work the inbox off, with the next turn of the loop."""
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._work)

    def _work(self) -> None:
        self._turn = None
        until_s = self._now() + AT_ONCE_S
        while self._now() < until_s:
            if self._due:
                self._repeat(self._due.popleft())
            elif self._inbox:
                topic = next(iter(self._inbox))
                self._take(topic, self._inbox.pop(topic))
            else:
                self._come_up()
                return
        self._go_on()

    def _take(self, topic: str, payload: bytes) -> None:
        if topic == self._own.availability:
            self._availability = read_availability(payload)
            if payload and not self._availability.state:
                self.counts["availability"] += 1
            if not self._is_online:
                self._fall(self._availability.reason or "the gateway of the PBX is offline")
            return
        place = self._topics.place(topic)
        if place is None:
            self.counts["topic"] += 1
        elif not payload:
            if self._kept.pop(topic, None) is not None and (self._source.is_up or self._repeated):
                self._sink(self._pbx, cleared(*place))
        else:
            self._keep(topic, read_state(*place, payload))

    def _keep(self, topic: str, told: Stamped | Refusal) -> None:
        if isinstance(told, Refusal):
            if not self.counts[told.rule]:
                _LOG.warning("%s: a state is not used: %s", printable(topic, 80), told.reason)
            self.counts[told.rule] += 1
            return
        kept = self._kept.get(topic)
        if kept is not None and kept.epoch == told.epoch and told.rev < kept.rev:
            self.counts["late"] += 1
            return
        if kept is not None and kept.epoch == self._availability.epoch != told.epoch:
            self.counts["epoch"] += 1  # of another run, before or to come
        self._kept[topic] = told
        if (self._source.is_up or self._repeated) and told.epoch == self._availability.epoch:
            self._say(lamp_fact(told.fact))

    @property
    def _is_online(self) -> bool:
        return self._availability.state == "online"

    def _foresee(self, payload: bytes) -> None:
        """Say at once that the PBX is lost; what came before it need not be read first."""
        said = read_availability(payload)
        if self._source.is_up and (
            said.state != "online" or said.epoch != self._availability.epoch
        ):
            self._fall(said.reason or "the gateway of the PBX is offline or was started again")

    def _come_up(self) -> None:
        """Everything was read: say it, if it is all there is."""
        if self._source.is_up or not self._in_step:
            return
        if not self._is_online:
            if not self._availability.state:
                self._fall(
                    self._availability.reason
                    or f"the gateway of {self._pbx} has never spoken here: is it running, and may "
                    f"this user read {self._own.base}/#?"
                )
            return
        if self._due_is_done():
            self._tell(SourceFact(self._pbx, True))

    def _due_is_done(self) -> bool:
        """Queue all kept states once; return whether they have gone out."""
        if self._repeated:
            return True
        self._repeated = True
        self._due.extend(self._kept)
        if self._due:
            self._go_on()
        return not self._due

    def _repeat(self, topic: str) -> None:
        kept = self._kept.get(topic)
        if kept is not None and kept.epoch == self._availability.epoch:
            self._say(lamp_fact(kept.fact))

    def _say(self, fact: Fact | None) -> None:
        if fact is not None:
            self._sink(self._pbx, fact)

    def _expect_word(self) -> None:
        """Notice when the gateway says nothing any more."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(SILENT_S, self._miss_word)

    def _miss_word(self) -> None:
        self._alarm = None
        self._availability = Availability()
        self._fall(f"the gateway of {self._pbx} has said nothing for {SILENT_S:.0f} s: is it dead?")

    def _fall(self, reason: str) -> None:
        """The PBX is not heard; said once for each reason."""
        self._due.clear()
        self._repeated = False
        self._tell(SourceFact(self._pbx, False, reason))

    def _tell(self, source: SourceFact) -> None:
        if source != self._source:
            if source.is_up != self._source.is_up:
                self.counts["resyncs" if source.is_up else "lost"] += 1
            self._source = source
            self._sink(self._pbx, source)

    def _forget(self, reason: str) -> None:
        """Nothing heard so far counts any more."""
        self._in_step = False
        self._availability = Availability()
        self._info = None
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._inbox.clear()
        self._kept.clear()
        self._fall(reason)
