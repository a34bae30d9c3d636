"""The PBX composed: one who hears it for all, and the way for orders."""

import asyncio
import logging
from collections.abc import Callable
from typing import Self

from bridge.app.bus import Bus
from bridge.app.lamps import NO_GATEWAY
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import FactSink
from bridge.model.blf import Extension, Fact, PbxId
from bridge.model.bus import happened
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand

_log = logging.getLogger(__name__)


class PbxSide:
    """Everybody who shows or asks something of the PBX comes here; also ``PbxCommands``.

    Args:
        pbx: which; empty = none.
    """

    def __init__(self, pbx: str) -> None:
        self._pbx = PbxId(pbx)
        self._sinks: dict[FactSink, frozenset[Extension]] = {}
        self._watch: PbxWatch | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Own what is asked from now on."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Wait for no answer any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, bus: Bus) -> None:
        """Begin to hear, over MQTT; the bus ends it."""
        if self._pbx:
            self._watch = bus.watch_pbx(self._pbx, self._learn)
            bus.count_pbx = self.counts
            self._look()

    def hear(self, sink: FactSink, subjects: frozenset[Extension]) -> None:
        """Tell a sink about these subjects, and all queues; again to change them.

        Args:
            sink: the first time before ``start``, or it misses what was said before.
            subjects: whom it is about.
        """
        self._sinks[sink] = subjects
        self._look()

    def _look(self) -> None:
        if self._watch is not None:
            self._watch.watch(frozenset().union(*self._sinks.values()), queues=True)

    def _learn(self, pbx: PbxId, fact: Fact) -> None:
        for sink in self._sinks:
            sink(pbx, fact)

    @property
    def body(self) -> dict[str, object] | None:
        """Return the PBX as it stands in a status; None where there is none."""
        if self._watch is None:
            return None
        source = self._watch.source
        up = {"pbx": self._pbx, "up": source.is_up, "reason": source.reason}
        return {**up, "counts": self.counts()}

    def counts(self) -> dict[str, int]:
        """Return how often what happened between us and the PBX."""
        if self._watch is None:
            return {}
        return happened(self._watch.counts)

    async def send(self, command: PbxCommand) -> PbxAnswer:
        if self._watch is None:
            return PbxAnswer(Outcome.FAILED, NO_GATEWAY)
        return await self._watch.send(command)

    def ask(self, command: PbxCommand, told: Callable[[PbxAnswer], None]) -> None:
        """Send a command on behalf of the core: ``switchboard.Pbx``."""
        task = asyncio.create_task(self._ask(command, told), name="order of the core")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, command: PbxCommand, told: Callable[[PbxAnswer], None]) -> None:
        """Task border: whatever goes wrong is the answer."""
        try:
            answer = await self.send(command)
        except Exception:  # noqa: BLE001  # task border, see above
            _log.exception("an order to the PBX went wrong")
            answer = PbxAnswer(Outcome.FAILED, "the order could not be sent: see the log")
        told(answer)
