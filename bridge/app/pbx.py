"""The PBX composed: one who hears it for all, and the way for orders."""

from bridge.app.bus import Bus
from bridge.app.lamps import NO_GATEWAY
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import FactSink
from bridge.model.blf import Extension, Fact, PbxId
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand


class PbxSide:
    """Everybody who shows or asks something of the PBX comes here; also ``PbxCommands``.

    Args:
        pbx: which; empty = none.
    """

    def __init__(self, pbx: str) -> None:
        self._pbx = PbxId(pbx)
        self._sinks: dict[FactSink, frozenset[Extension]] = {}
        self._watch: PbxWatch | None = None

    def start(self, bus: Bus) -> None:
        """Begin to hear, over MQTT; the bus ends it."""
        if self._pbx:
            self._watch = bus.watch_pbx(self._pbx, self._learn)
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

    async def send(self, command: PbxCommand) -> PbxAnswer:
        if self._watch is None:
            return PbxAnswer(Outcome.FAILED, NO_GATEWAY)
        return await self._watch.send(command)
