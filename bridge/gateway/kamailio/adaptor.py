"""Kamailio, heard over the gateway's own MQTT connection.

Theory of operation. Kamailio keeps nothing for late listeners, so the adaptor asks: ``sync``, and
Kamailio says everything and then ``done``. What comes before that answer belongs to the new picture
as well. A picture ends when the broker is lost, when Kamailio says ``offline`` (its last will),
when it says ``online`` (it was started again, or has a new connection), or when it does not answer
a ``ping``. Then everything begins again with ``sync``.

========== =============================================== ==========================
state      what is true                                    ends by
========== =============================================== ==========================
DEAF       the broker cannot be heard                      ``in_step`` → ASKING
ASKING     ``sync`` was sent, facts come in                its answer → LIVE
LIVE       every fact was said; pings are answered         loss → ASKING
========== =============================================== ==========================
"""

import asyncio
import logging
import secrets
from collections import Counter
from enum import Enum
from typing import Self

from bridge.drivers.clock import LoopTimers
from bridge.drivers.ports import GatewayBus, Incoming
from bridge.gateway.adaptor import Picture
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand
from bridge.model.redaction import printable
from bridge.protocols.kamailio import (
    KAMAILIO_NAMES,
    KamailioReader,
    Run,
    errand_of,
    read_run,
)
from bridge.protocols.pbx_states import Refusal

_LOG = logging.getLogger(__name__)

ASK_AGAIN_S = 2.0  # without a word; a loaded machine starts to answer in 0.3 s
PING_S = 10.0  # Kamailio that hangs is noticed after twice this time
ANSWER_S = 5.0  # to a command: a call that has to be set up first takes a few round trips
COMMAND_TTL_S = 5.0
_TIMER = "kamailio"


class _State(Enum):
    """See the module."""

    DEAF = "deaf"
    ASKING = "asking"
    LIVE = "live"


class KamailioAdaptor:
    """An ``Adaptor`` and the ``Ear`` of its bus.

    Args:
        bus: the gateway's link; Kamailio's messages go over the same broker.
        picture: where to paint.
        prefix: first levels of Kamailio's topics.
    """

    def __init__(self, bus: GatewayBus, picture: Picture, prefix: str) -> None:
        self._bus = bus
        self._picture = picture
        self._prefix = prefix
        self._timers = LoopTimers()
        self._reader = KamailioReader()
        self._state = _State.DEAF
        self._nonce = ""
        self._is_pinged = False
        self._run = Run("", 0)
        self._answers: dict[str, asyncio.Future[str]] = {}
        self.counts: Counter[str] = Counter()

    @property
    def commands(self) -> frozenset[str]:
        return KAMAILIO_NAMES

    async def __aenter__(self) -> Self:
        said = ("status", "ext/+/+", "park/+", "queue/+", "done/+/+")
        self._bus.listen(frozenset(f"{self._prefix}/{rest}" for rest in said), self)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._bus.listen(frozenset(), self)
        self._timers.stop_all()

    # -- Ear ------------------------------------------------------------------

    def in_step(self) -> None:
        if self._state is _State.DEAF:
            self._ask()

    def deaf(self, reason: str) -> None:
        self._timers.stop(_TIMER)
        self._state = _State.DEAF
        self._picture.lost(reason, is_told=True)

    def heard(self, message: Incoming) -> None:
        topic = message.topic.removeprefix(f"{self._prefix}/")
        if self._state is _State.DEAF:
            return  # stored by somebody, before we could ask
        if topic == "status":
            self._take_status(message.payload)
        elif topic.startswith("done/"):
            self._take_answer(topic.removeprefix("done/"), message.payload)
        else:
            self._take_facts(topic, message.payload)

    # -- PbxCommands ----------------------------------------------------------

    async def send(self, command: PbxCommand) -> PbxAnswer:
        errand = errand_of(command)
        if isinstance(errand, str):
            return PbxAnswer(Outcome.DENIED, errand)
        self._run = Run(self._run.name, self._run.last + 1)
        key = f"{self._run.name}/{self._run.last}"
        topic = f"{self._prefix}/do/{key}/{errand.topic}"
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        try:
            if not self._bus.tell(topic, errand.payload.encode(), COMMAND_TTL_S):
                return PbxAnswer(Outcome.FAILED, "the broker is gone: try again later")
            async with asyncio.timeout(ANSWER_S):
                text = await answer
        except TimeoutError:
            return PbxAnswer(Outcome.FAILED, "kamailio does not answer: look at the state")
        finally:
            del self._answers[key]
        return PbxAnswer(Outcome.DONE) if text == "ok" else PbxAnswer(Outcome.FAILED, text)

    # -- private --------------------------------------------------------------

    def _ask(self) -> None:
        """Begin a new picture."""
        self._state = _State.ASKING
        self._reader.forget()
        self._say_to_all("sync")
        self._timers.start(_TIMER, ASK_AGAIN_S, self._is_late)

    def _is_late(self, _name: str) -> None:
        self._picture.lost(
            f"kamailio does not answer on {self._prefix}/do/-/+/sync: is it running and connected "
            "to this broker with the snippet, and may it and this gateway use these topics?"
        )
        self._ask()

    def _say_to_all(self, word: str) -> None:
        """Say what every run obeys."""
        self._nonce = secrets.token_hex(8)
        self._bus.tell(f"{self._prefix}/do/-/{self._nonce}/{word}", b"", COMMAND_TTL_S)

    def _ping(self, _name: str) -> None:
        if self._is_pinged:
            self._lose("kamailio does not answer any more")
            return
        self._is_pinged = True
        self._say_to_all("ping")
        self._timers.start(_TIMER, PING_S, self._ping)

    def _lose(self, reason: str) -> None:
        self._picture.lost(reason)
        self._ask()

    def _take_status(self, payload: bytes) -> None:
        match payload:
            case b"online":
                self._lose("kamailio has connected anew: its states are being read")
            case b"offline":
                self._lose("kamailio has ended or lost the broker")
            case _:
                self.counts["status"] += 1

    def _take_answer(self, key: str, payload: bytes) -> None:
        if key == f"-/{self._nonce}":
            self._take_run(payload)
        elif (answer := self._answers.get(key)) is not None and not answer.done():
            answer.set_result(printable(payload.decode(errors="replace"), 200))

    def _take_run(self, payload: bytes) -> None:
        run = read_run(payload)
        if run is None:
            self.counts["run"] += 1
            return
        self._is_pinged = False
        if self._state is _State.LIVE and run.name != self._run.name:
            self._lose("kamailio was started again: its states are being read")
            return
        self._run = Run(run.name, max(run.last, self._run.last if self._answers else 0))
        if self._state is _State.ASKING:
            self._state = _State.LIVE
            self._picture.complete()
            self._timers.start(_TIMER, PING_S, self._ping)

    def _take_facts(self, topic: str, payload: bytes) -> None:
        facts = self._reader.feed(topic, payload)
        if isinstance(facts, Refusal):
            if not self.counts[facts.rule]:
                _LOG.warning("%s: a message is not used: %s", printable(topic, 80), facts.reason)
            self.counts[facts.rule] += 1
            return
        if self._state is _State.ASKING:  # it is still telling: a large PBX takes its time
            self._timers.start(_TIMER, ASK_AGAIN_S, self._is_late)
        for fact in facts:
            self._picture.say(fact)
