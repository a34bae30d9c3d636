"""What stands around the line, composed: presence and queues, their memory and their askers."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, assert_never

from bridge.app.asking import Errands
from bridge.app.own_line import OwnLine
from bridge.app.presence import OwnPresence
from bridge.app.queues import OwnQueues
from bridge.app.switchboard import Switchboard
from bridge.drivers.ports import PbxCommands
from bridge.model.blf import Extension, Fact, PbxId
from bridge.model.features import (
    AroundOrder,
    AroundQuestion,
    EnterQueue,
    GetPresence,
    KeptAround,
    LeaveQueue,
    LeaveQueues,
    ListQueues,
    Meeting,
    PresenceSettings,
    ReturnToQueues,
    ShowMe,
    SwitchGlobalDnd,
)
from bridge.model.pbx import PbxAnswer, PbxCommand, ServeQueue, SetGlobalDnd, SetPresence
from bridge.protocols.control_answers import Reply, reply_body


class Around:
    """Presence, queues and line of the user; also ``ports.PbxCommands``, ``ports.FactSink``.

    Args:
        settings: of the presence, and our extension.
        switchboard: the core's world.
        kept: what was remembered.
        keep: remembers from now on; never blocks.
        commands: the way to the PBX.
    """

    def __init__(
        self,
        settings: PresenceSettings,
        switchboard: Switchboard,
        kept: KeptAround,
        keep: Callable[[KeptAround], None],
        commands: PbxCommands,
    ) -> None:
        self._own = settings.extension
        self._kept = kept
        self._keep = keep
        self._commands = commands
        self._stack = AsyncExitStack()
        self._errands = Errands("presence and queues")
        self.presence = OwnPresence(settings, switchboard, kept, commands)
        self.queues = OwnQueues(settings.extension, kept, commands)
        self.line = OwnLine(settings.extension, switchboard)
        self.on_kept: list[Callable[[], None]] = []
        """Told that presence or queues may have changed."""

    async def __aenter__(self) -> Self:
        """Begin."""
        self.presence.on_kept = self.queues.on_kept = self._remember
        await self._stack.enter_async_context(self.presence)
        await self._stack.enter_async_context(self.line)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._errands.stop()
        await self._stack.aclose()

    @property
    def subjects(self) -> frozenset[Extension]:
        """Whom the PBX has to be heard about."""
        return frozenset({self._own} if self._own else ())

    def learn(self, pbx: PbxId, fact: Fact) -> None:
        """Take a fact of the PBX: ``ports.FactSink``."""
        self.presence.learn(pbx, fact)
        self.queues.learn(pbx, fact)
        self.line.learn(pbx, fact)
        self._tell()

    def _remember(self) -> None:
        mine, queues = self.presence.kept, self.queues.queues
        kept = KeptAround(
            mine.by_hand,
            mine.text,
            mine.until_ms,
            mine.holds_dnd,
            queues.all,
            tuple(sorted(queues.previous)),
        )
        if kept != self._kept:
            self._kept = kept
            self._keep(kept)
        self._tell()

    def _tell(self) -> None:
        for told in self.on_kept:
            told()

    @property
    def body(self) -> dict[str, object]:
        """What a status says."""
        return {
            "presence": self.presence.body,
            "queues": self.queues.bodies,
            "forwarding_at_pbx": self.line.body,
        }

    # -- whoever asks ---------------------------------------------------------

    async def obey(self, question: AroundQuestion) -> Reply:
        """Do it, and return what became of it; within some seconds."""
        match question:
            case GetPresence() | ShowMe() | SwitchGlobalDnd() | Meeting():
                return await self.presence.obey(question)
            case ListQueues() | EnterQueue() | LeaveQueue() | LeaveQueues() | ReturnToQueues():
                return await self.queues.obey(question)
            case _:
                assert_never(question)

    def order(self, order: AroundOrder, told: Callable[[Reply], None]) -> None:
        """Do it for somebody who does not wait.

        Args:
            order: what.
            told: gets the outcome, after ``ACCEPTED`` when it takes long.
        """
        self._errands.begin(self.obey(order), told)

    def meet(self, meeting: Meeting) -> None:
        """Take what the calendar of the room says."""
        self.order(meeting, lambda _reply: None)

    async def answer(self, question: AroundQuestion) -> Mapping[str, object]:
        """Return the body of an answer: what became of it, and how things stand then."""
        return {**reply_body(await self.obey(question)), **self.body}

    async def send(self, command: PbxCommand) -> PbxAnswer:
        """Send an order to the PBX; what is about the user himself is done here, PBX or not."""
        match command:
            case SetPresence(extension=own, presence=wanted, text=text, until_ms=until_ms) if (
                own == self._own
            ):
                reply = await self.presence.obey(ShowMe(wanted, text, until_ms))
            case SetGlobalDnd(extension=own, on=on) if own == self._own:
                reply = await self.presence.obey(SwitchGlobalDnd(on))
            case ServeQueue(extension=own, queue=queue, logged_in=True) if own == self._own:
                wish = EnterQueue(queue) if queue else ReturnToQueues()
                reply = await self.queues.obey(wish)
            case ServeQueue(extension=own, queue=queue) if own == self._own:
                wish_out = LeaveQueue(queue) if queue else LeaveQueues()
                reply = await self.queues.obey(wish_out)
            case _:
                return await self._commands.send(command)
        return PbxAnswer(reply.outcome, reply.detail)
