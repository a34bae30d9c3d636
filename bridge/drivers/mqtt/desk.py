"""Where commands are taken in and answered.

Message → parser → guard → order for the core, or a history for whoever missed something; and back:
the core's answer → reply on the asker's topic. The desk decides nothing: the guard is handed in.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.drivers.ports import Incoming, StateBus
from bridge.model.bus import Command, Replay, Reply, Unreadable, Verdict
from bridge.model.effects import AnswerRequest
from bridge.model.ids import RequestId
from bridge.model.intents import Outcome
from bridge.protocols.mqtt_payloads import encode_history, encode_reply
from bridge.protocols.mqtt_topics import Topics

OPEN_REQUESTS = 256  # commands whose last word is still to come; a core answers within 30 s
_PREFIX = "mqtt:"

Order = TypeVar("Order")

Check = Callable[[Command[object] | Unreadable, bool], Verdict]
"""The guard with its calls and clocks: (what was said, RETAIN flag) -> verdict."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """Where to answer."""

    command: str
    topic: str
    correlation: bytes


class CommandDesk(Generic[Order]):
    """Takes commands from the bus.

    Args:
        bus: where replies go.
        topics: ours.
        parse: reads (name, payload).
        check: decides whether a command may act.
        give: gets each order that may act, and the request to answer.
        settle: told of later replies, so that the guard can repeat them.
    """

    def __init__(
        self,
        bus: StateBus,
        topics: Topics,
        *,
        parse: Callable[[str, bytes], Command[Order | Replay] | Unreadable],
        check: Check,
        give: Callable[[Order, RequestId], None],
        settle: Callable[[Reply], None],
    ) -> None:
        self._bus = bus
        self._topics = topics
        self._parse = parse
        self._check = check
        self._give = give
        self._settle = settle
        self._open: OrderedDict[RequestId, _Asker] = OrderedDict()

    def take(self, message: Incoming) -> None:
        """Take one message from a command topic. Never raises for what a stranger sent."""
        name = self._topics.command_name(message.topic)
        if name is None:
            return
        said = self._parse(name, message.payload)
        asker = _Asker(said.id or "", self._where(message, said), message.correlation)
        verdict = self._check(said, message.retained)
        if verdict.act and isinstance(said, Command):
            self._act(said, asker)
        elif not message.retained:  # whoever stored it does not wait any more
            self._reply(asker, verdict.reply)

    def answer(self, answer: AnswerRequest) -> bool:
        """Reply to the request an answer of the core is for; False if it was not asked here."""
        asker = self._open.get(answer.request)
        if asker is None:
            return False
        if answer.outcome is not Outcome.ACCEPTED:
            del self._open[answer.request]
        result: dict[str, object] = {} if answer.call is None else {"call": answer.call}
        reply = Reply(asker.command, answer.outcome, answer.detail, result)
        self._settle(reply)
        self._reply(asker, reply)
        return True

    def _act(self, command: Command[Order | Replay], asker: _Asker) -> None:
        order = command.order
        if isinstance(order, Replay):
            self._replay(order, command, asker)
            return
        request = RequestId(_PREFIX + command.id)
        self._open[request] = asker
        while len(self._open) > OPEN_REQUESTS:
            self._open.popitem(last=False)
        self._give(order, request)

    def _replay(self, order: Replay, command: Command[object], asker: _Asker) -> None:
        """Send the missed events to the asker alone: for everybody else they are old."""
        result = encode_history(self._bus.history(order.since))
        self._settle(Reply(command.id, Outcome.DONE, "answered already: ask with a new id"))
        self._reply(asker, Reply(command.id, Outcome.DONE, result=result))

    def _where(self, message: Incoming, said: Command[object] | Unreadable) -> str:
        wanted = message.response_topic or (said.reply_to if isinstance(said, Command) else "")
        return self._topics.reply_topic(wanted) if wanted else ""

    def _reply(self, asker: _Asker, reply: Reply) -> None:
        if asker.topic:
            payload = encode_reply(reply, self._bus.epoch)
            self._bus.reply(asker.topic, payload, asker.correlation)
