"""The user's queues, composed: what the PBX says of them, and log-in and log-out there."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import assert_never

from bridge.drivers.ports import PbxCommands
from bridge.features.queues import log_back_in, log_in, log_out, log_out_of_all
from bridge.model.blf import Extension, Fact, PbxId, QueueFact, SourceFact
from bridge.model.features import (
    AgentQueues,
    EnterQueue,
    KeptAround,
    LeaveQueue,
    LeaveQueues,
    ListQueues,
    QueueQuestion,
    ReturnToQueues,
)
from bridge.model.intents import Outcome
from bridge.model.pbx import ServeQueue
from bridge.protocols.control_answers import Reply

EVERY = Extension("")
_NO_WAY_BACK = (
    "there are no queues to go back to: log in to each of them once (`offhook queue in`), then "
    "log out of all"
)
_NO_EXTENSION = "our own extension is not known: set pbx.id, and user of the first account"


class OwnQueues:
    """The queues of the user; a ``ports.FactSink``.

    The PBX holds who is logged in; kept here is which queues were the user's, because a PBX may
    forget an agent who has logged out, and which ones he left when he last logged out of all.

    Args:
        extension: our own, empty = not known.
        kept: what was remembered.
        commands: the way to the PBX.
    """

    def __init__(self, extension: Extension, kept: KeptAround, commands: PbxCommands) -> None:
        self._own = extension
        self._commands = commands
        self._facts: dict[Extension, QueueFact] = {}
        self._queues = AgentQueues(kept.queues, previous=frozenset(kept.previous))
        self._is_up = False
        self._why_not = "the PBX has not been heard yet"
        self.on_kept: Callable[[], None] = lambda: None
        """Told that the queues, or the previous ones, are others."""

    @property
    def queues(self) -> AgentQueues:
        """Return the queues as far as they are known."""
        return self._queues

    @property
    def bodies(self) -> list[dict[str, object]]:
        """Return what stands in a status; ``logged_in`` is null while the PBX is not heard."""
        return [self._body(queue) for queue in self._queues.all]

    def _body(self, queue: Extension) -> dict[str, object]:
        fact = self._facts.get(queue)
        members = () if fact is None else fact.members
        return {
            "queue": queue,
            "logged_in": queue in self._queues.logged_in if self._is_up else None,
            "paused": any(one.paused for one in members if one.extension == self._own),
            "agents": sum(one.logged_in for one in members) if self._is_up else None,
            "waiting": fact.waiting if fact is not None and self._is_up else None,
            "previous": queue in self._queues.previous,
        }

    # -- in -------------------------------------------------------------------

    def learn(self, pbx: PbxId, fact: Fact) -> None:  # noqa: ARG002  # there is one
        """Take a fact of the PBX."""
        match fact:
            case SourceFact(is_up=is_up, reason=reason):
                self._is_up, self._why_not = is_up, reason
                if not is_up:
                    self._facts.clear()
            case QueueFact(queue=queue):
                self._facts[queue] = fact
            case _:
                return
        self._sort()

    def _sort(self) -> None:
        """Tell from the facts which queues are ours."""
        mine = [queue for queue, fact in self._facts.items() if _member(fact, self._own)]
        logged_in = frozenset(
            queue for queue in mine if _member(self._facts[queue], self._own, logged_in=True)
        )
        known = tuple(sorted({*mine, *self._queues.all}))
        self._set(replace(self._queues, all=known, logged_in=logged_in))

    def _set(self, queues: AgentQueues) -> None:
        if queues != self._queues:
            self._queues = queues
            self.on_kept()

    # -- whoever asks ---------------------------------------------------------

    async def obey(self, question: QueueQuestion) -> Reply:
        """Do it, and return what became of it; within some seconds."""
        if isinstance(question, ListQueues):
            return Reply(Outcome.DONE)
        if not self._own:
            return Reply(Outcome.FAILED, _NO_EXTENSION)
        if not self._is_up:
            return Reply(Outcome.FAILED, self._why_not)
        match question:
            case EnterQueue(queue) | LeaveQueue(queue):
                return await self._one(queue, wanted=isinstance(question, EnterQueue))
            case LeaveQueues():
                return await self._leave_all()
            case ReturnToQueues():
                return await self._return()
            case _:
                assert_never(question)

    async def _one(self, queue: Extension, *, wanted: bool) -> Reply:
        known = replace(self._queues, all=(*self._queues.all, *self._facts))
        changed = log_in(known, queue) if wanted else log_out(known, queue)
        if isinstance(changed, str):
            listed = ", ".join(self._queues.all) or "none"
            return Reply(Outcome.INVALID, f"{changed}: yours are {listed}")
        return await self._order([queue], wanted=wanted)

    async def _leave_all(self) -> Reply:
        if not self._queues.logged_in:
            return Reply(Outcome.DONE, "you are logged in to no queue")
        left = log_out_of_all(self._queues)
        reply = await self._order([EVERY], wanted=False)
        if reply.outcome is Outcome.DONE:
            self._set(replace(self._queues, previous=left.previous))
            return Reply(Outcome.DONE, f"logged out of {_counted(len(left.previous))}")
        return reply

    async def _return(self) -> Reply:
        if not self._queues.previous:
            return Reply(Outcome.CONFLICT, _NO_WAY_BACK)
        again = self._queues.previous & frozenset(self._queues.all)
        reply = await self._order(sorted(again), wanted=True)
        if reply.outcome is Outcome.DONE:
            self._set(replace(self._queues, previous=log_back_in(self._queues).previous))
            return Reply(Outcome.DONE, f"logged in to {_counted(len(again))}")
        return reply

    async def _order(self, queues: Iterable[Extension], *, wanted: bool) -> Reply:
        for queue in queues:
            answer = await self._commands.send(ServeQueue(queue, self._own, wanted))
            if answer.outcome is not Outcome.DONE:
                name = f"queue {queue}: " if queue else ""
                return Reply(answer.outcome, f"{name}{answer.detail}")
        return Reply(Outcome.DONE, "logged in" if wanted else "logged out")


def _member(fact: QueueFact, own: Extension, *, logged_in: bool = False) -> bool:
    """Whether we are an agent of a queue, or a logged-in one."""
    return any(one.extension == own and (one.logged_in or not logged_in) for one in fact.members)


def _counted(number: int) -> str:
    return "1 queue" if number == 1 else f"{number} queues"
