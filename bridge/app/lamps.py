"""Lamps composed: facts and calls to the board, changed faces to whoever shows them, presses."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Protocol, Self, assert_never

from bridge.app.lamp_answers import favourites_body, lamps_body
from bridge.app.switchboard import Switchboard, fresh_call_id
from bridge.blf.board import Board, Changes, Freed
from bridge.blf.favourites import Edits, FavouriteError, edited, merged
from bridge.blf.press import (
    AwaitFree,
    Give,
    Hand,
    Order,
    Refuse,
    StopWaiting,
    has_second_function,
    press,
)
from bridge.blf.seeing import NEVER_S
from bridge.drivers.ports import PbxCommands
from bridge.features.own_line import named_peer
from bridge.model.blf import Fact, Favourite, KeyFace, KeyState, PbxId, PresenceState
from bridge.model.calls import Direction, Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    AnswerRequest,
    Effect,
    Tell,
)
from bridge.model.errors import BridgeError
from bridge.model.events import Event, IntentGiven, MatterChanged
from bridge.model.favourites import (
    EditFavourites,
    GetLamps,
    KeyQuestion,
    ListFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
)
from bridge.model.features import ShownPresence
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.lamps import LampSettings
from bridge.protocols.control_answers import Reply, reply_body

FRESH_TIMER = "app:lamps"
MATTER_TIMER = "app:key matter"
MATTER = "key"
MATTER_S = 10.0  # so long a press that did nothing is told; longer than a notice takes to appear

_CALLS_SOMEBODY = frozenset({Verb.DIAL, Verb.PULL, Verb.TRANSFER})

NO_GATEWAY = (
    "no PBX takes this order: connect one (`offhook pbx-gateway`), or set the star code in "
    "lamps.codes"
)

_log = logging.getLogger(__name__)


class KeepsFavourites(Protocol):
    """Whoever keeps edits over a restart (``drivers.store``)."""

    async def favourites(self) -> dict[int, Favourite | None]:
        """Return what was kept."""

    async def save_favourites(self, edits: Mapping[int, Favourite | None]) -> None:
        """Keep this; raises ``BridgeError`` when it cannot be."""


class Lamps:
    """The keys of this desk; a ``switchboard.Reader``.

    Args:
        settings: look and keys.
        base: the favourites of the configuration.
        switchboard: the core's world.
        keeper: keeps edits.
    """

    def __init__(
        self,
        settings: LampSettings,
        base: tuple[Favourite, ...],
        switchboard: Switchboard,
        keeper: KeepsFavourites,
    ) -> None:
        self._settings = settings
        self._base = base
        self._switchboard = switchboard
        self._keeper = keeper
        self.board = Board(settings)
        self._edits: Edits = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_scheduled = False
        self._armed_s = NEVER_S
        self._tasks: set[asyncio.Task[None]] = set()
        self._editing = asyncio.Lock()
        self.commands: PbxCommands | None = None
        """The way to the PBX, where there is one."""
        self.on_changes: list[Callable[[Changes], None]] = []
        """Told what changed; on the event loop, once for everything of a moment."""
        self.on_arranged: list[Callable[[], None]] = []
        """Told that the list is another one, before the changes that follow from it."""
        self.on_freed: Callable[[Freed], None] = lambda _freed: None
        """Told whom somebody waited for."""
        self.panel_bodies: Callable[[], list[dict[str, object]]] = list
        """Asked what panels there are."""

    async def __aenter__(self) -> Self:
        """Take the list as it was left."""
        self._loop = asyncio.get_running_loop()
        self._edits = await self._keeper.favourites()
        self._arrange()
        self._switchboard.readers.append(self)
        self.changed(self._switchboard.view())
        self._flush()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._switchboard.readers.remove(self)
        self._loop = None
        for name in (FRESH_TIMER, MATTER_TIMER):
            self._switchboard.timers.stop(name)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- in -------------------------------------------------------------------

    def learn(self, pbx: PbxId, fact: Fact) -> None:
        """Take a fact of a PBX: ``ports.FactSink``."""
        self.board.learn(pbx, fact, self._switchboard.timers.now())
        if self.board.is_dirty:
            self._schedule()

    def show_me(self, shown: ShownPresence, _until_ms: int) -> None:
        """Take what others see of the user, where no PBX holds it."""
        self.board.show_me(shown.presence if shown.is_by_hand else PresenceState.NONE)
        self._schedule()

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Steps are not for lamps."""

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        """Nor is what is told."""

    def changed(self, now: Snapshot) -> None:
        self.board.watch(now)
        if self.board.is_dirty:
            self._schedule()

    # -- out ------------------------------------------------------------------

    def _schedule(self) -> None:
        """Have the changes of this moment told together, once the present step is done."""
        if not self._is_scheduled and self._loop is not None:
            self._is_scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self, _timer: str = "") -> None:
        self._is_scheduled = False
        if self._loop is None:
            return
        changes = self.board.take(self._switchboard.timers.now())
        if changes.faces or changes.gone:
            for tell in self.on_changes:
                tell(changes)
        for freed in changes.freed:
            self.on_freed(freed)
        self._arm()

    def _arm(self) -> None:
        due_s = self.board.due_s
        if due_s == self._armed_s:
            return
        self._armed_s = due_s
        timers = self._switchboard.timers
        if due_s == NEVER_S:
            timers.stop(FRESH_TIMER)
        else:
            timers.start(FRESH_TIMER, due_s - timers.now(), self._due)

    def _due(self, _timer: str) -> None:
        self._armed_s = NEVER_S
        self._flush()

    # -- the list -------------------------------------------------------------

    def _arrange(self) -> None:
        self.board.arrange(merged(self._base, self._edits))
        for tell in self.on_arranged:
            tell()
        self._schedule()

    async def edit(self, wish: EditFavourites) -> None:
        """Change the list and keep that.

        Raises:
            BridgeError: it cannot be, or not be kept; then nothing has changed.
        """
        async with self._editing:
            edits = edited(self._base, self._edits, wish)
            await self._keeper.save_favourites(edits)
            self._edits = edits
            self._arrange()
            self._flush()

    # -- presses --------------------------------------------------------------

    def is_quick(self, position: int) -> bool:
        """Whether a press can act before it is known how long it lasts."""
        favourite = self.board.favourite(position)
        return favourite is None or not has_second_function(favourite, self._hand(position))

    def _hand(self, position: int) -> Hand:
        now_s = self._switchboard.timers.now()
        state, line = self.board.state(position, now_s), self.board.line_of(position, now_s)
        why = self.board.why_unknown(position) if state is KeyState.UNKNOWN else ""
        rules = self._switchboard.state.habits.numbers
        view = self._switchboard.view()
        dialog = None if line is None else line.dialog
        caller = None if line is None else named_peer(line, Direction.INCOMING)
        plan, number = rules.plan_of(None), "" if caller is None else caller.number
        return Hand(state, view, self._settings, dialog, why, plan, number)

    def finger(self, position: int, *, long: bool) -> None:
        """Do what a finger on a panel means; what cannot be done is told to everybody."""

        def told(reply: Reply) -> None:
            if reply.outcome not in {Outcome.ACCEPTED, Outcome.DONE}:
                self._tell(reply.detail)

        self._act(PressKey(position, long), "", told)

    async def press(self, wish: PressKey, source: str) -> Reply:
        """Press a key for somebody who is not at a panel; return the first word about it."""
        done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def told(reply: Reply) -> None:
            if not done.done():
                done.set_result(reply)

        self._act(wish, source, told)
        return await done

    def order(
        self,
        order: PressKey | EditFavourites,
        source: str,
        told: Callable[[Reply], None],
        *,
        may_dial: bool,
    ) -> None:
        """Do what somebody asks for over MQTT; never blocks.

        Args:
            order: what.
            source: who asks; limits apply to each.
            told: gets ``ACCEPTED`` and one final answer, or the final answer alone.
            may_dial: whether it may call somebody or send a call elsewhere.
        """
        if isinstance(order, PressKey):
            self._act(order, source, told, may_dial=may_dial)
        else:
            self._begin(self._edit_for(order, told), "edit of favourites")

    async def _edit_for(self, wish: EditFavourites, told: Callable[[Reply], None]) -> None:
        try:
            await self.edit(wish)
        except FavouriteError as error:
            told(Reply(Outcome.INVALID, str(error)))
        except BridgeError as error:
            told(Reply(Outcome.FAILED, str(error)))
        else:
            told(Reply(Outcome.DONE))

    def _begin(self, doing: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(doing, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _act(
        self, wish: PressKey, source: str, told: Callable[[Reply], None], *, may_dial: bool = True
    ) -> None:
        favourite = self.board.favourite(wish.position)
        if favourite is None:
            detail = f"position {wish.position} holds no favourite: see `offhook favourites`"
            told(Reply(Outcome.INVALID, detail))
            return
        hand = self._hand(wish.position)
        if wish.expect not in {"", hand.state.value}:
            told(Reply(Outcome.CONFLICT, f"the key shows {hand.state.value}, not {wish.expect}"))
            return
        action = press(favourite, hand, long=wish.long)
        now_s = self._switchboard.timers.now()
        match action:
            case Refuse(reason):
                told(Reply(Outcome.CONFLICT, reason))
            case AwaitFree():
                self.board.await_free(wish.position, now_s)
                self._schedule()
                told(Reply(Outcome.DONE, f"you are told when {favourite.name} is free"))
            case StopWaiting():
                self.board.stop_waiting(wish.position)
                self._schedule()
                told(Reply(Outcome.DONE, f"you are not told when {favourite.name} is free"))
            case Give(intent):
                self._give(intent, source, told, may_dial=may_dial)
            case Order():
                self._order(action, told)
            case _:
                assert_never(action)

    def _give(
        self, intent: Intent, source: str, told: Callable[[Reply], None], *, may_dial: bool
    ) -> None:
        if not may_dial and intent.verb in _CALLS_SOMEBODY:
            told(Reply(Outcome.DENIED, "dialling by MQTT is off: set mqtt.allow_dial"))
            return
        if not source:  # at a device: not limited, and what fails is told by the core
            now_s = self._switchboard.timers.now()
            self._switchboard.post(IntentGiven(now_s, intent, fresh_call_id()))
            told(Reply(Outcome.ACCEPTED))
            return

        def answered(answer: AnswerRequest) -> None:
            told(Reply(answer.outcome, answer.detail, answer.call))

        self._switchboard.ask(intent, answered, source)

    def _order(self, order: Order, told: Callable[[Reply], None]) -> None:
        if self.commands is None:
            told(Reply(Outcome.FAILED, NO_GATEWAY))
            return
        self._begin(self._send(self.commands, order, told), "order of a key")

    async def _send(
        self, commands: PbxCommands, order: Order, told: Callable[[Reply], None]
    ) -> None:
        """Task border: whatever goes wrong is the answer."""
        try:
            answer = await commands.send(order.command)
        except Exception:  # noqa: BLE001  # task border, see above
            _log.exception("an order to the PBX went wrong")
            told(Reply(Outcome.FAILED, "the order could not be sent: see the log"))
            return
        told(Reply(answer.outcome, answer.detail))

    def _tell(self, text: str) -> None:
        """Tell everybody for a while why a press did nothing."""
        timers = self._switchboard.timers
        self._switchboard.post(MatterChanged(timers.now(), MATTER, text))
        if text:
            timers.start(MATTER_TIMER, MATTER_S, lambda _name: self._tell(""))

    # -- for the control socket -----------------------------------------------

    async def answer(self, question: KeyQuestion) -> Mapping[str, object]:
        """Return the body of an answer.

        Raises:
            BridgeError: why there is none.
        """
        match question:
            case ListFavourites():
                pass
            case GetLamps():
                return lamps_body(self.board, self.panel_bodies())
            case PressKey():
                return reply_body(await self.press(question, "control"))
            case PutFavourite() | RemoveFavourite() | MoveFavourite() | ResetFavourites():
                await self.edit(question)
            case _:
                assert_never(question)
        return favourites_body(self._base, self._edits)

    @property
    def faces(self) -> tuple[KeyFace, ...]:
        """What every key shows."""
        return self.board.faces
