"""The call list and the desk's memory, written down as the core announces them."""

import asyncio
import logging
from dataclasses import replace
from typing import Protocol

from bridge.app.switchboard import Switchboard
from bridge.core.history import Course, begun, refused
from bridge.features.forwarding import changed
from bridge.model.calls import Cause, Direction, EndedBy, Phase, Snapshot
from bridge.model.contacts import Named
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.events import CallArrived, Event, PartyNamed
from bridge.model.history import HistoryEntry, Memory
from bridge.model.ids import AccountId, CallId

STOPPED = "Offhook was ended"

_log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Whoever keeps calls and memory (``drivers.store.Store``). Never blocks, never raises."""

    def keep(self, entry: HistoryEntry) -> None:
        """Keep a call, or what has become of it since."""

    def remember(self, memory: Memory) -> None:
        """Remember this from now on."""


class Book(Protocol):
    """Whoever knows people (``app.phonebook.PhoneBook``)."""

    async def name_of(self, account: AccountId, number: str) -> Named | None:
        """Return whom a number belongs to; never raises."""


class History:
    """Writes each call down once, and finds the name of its other end; a ``switchboard.Reader``.

    A call is kept when it begins and whenever its entry changes, so that a daemon that is killed
    leaves a call behind that only lacks its end.

    Args:
        switchboard: the core's world.
        keeper: where calls are kept.
        book: who knows the names.
        memory: what is kept already.
    """

    def __init__(
        self, switchboard: Switchboard, keeper: Keeper, book: Book, memory: Memory
    ) -> None:
        self._switchboard = switchboard
        self._keeper = keeper
        self._book = book
        self._memory = memory
        self._courses: dict[CallId, Course] = {}
        self._kept: dict[CallId, HistoryEntry] = {}  # as last written, calls that run
        self._ended: dict[CallId, HistoryEntry] = {}  # over, but the name is not known yet
        self._naming: dict[CallId, asyncio.Task[None]] = {}
        self._arrived: CallArrived | None = None

    @property
    def is_naming(self) -> bool:
        """Whether the name of some caller is being looked up."""
        return bool(self._naming)

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:  # noqa: ARG002
        if isinstance(event, CallArrived):
            self._arrived = event
        state = self._switchboard.state
        memory = Memory(
            state.last_dialed,
            state.do_not_disturb,
            state.waiting_chosen,
            state.locked,
            changed(state.habits.forwarding, state.forwarding),
        )
        if memory != self._memory:
            self._memory = memory
            self._keeper.remember(memory)

    def changed(self, now: Snapshot) -> None:
        at_s = self._switchboard.timers.now()
        for view in now.calls:
            before = self._courses.get(view.call)
            course = begun(view, at_s, self._unix_ms()) if before is None else before
            self._courses[view.call] = course = course.seen(view, at_s)
            if before is None or before.remote.number != course.remote.number:
                self._name(course)  # a call that was sent on has another one at its other end
            self._keep_running(course.running())

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        if isinstance(what, AnnounceCall) and what.after is Phase.ENDED:
            self._end(what.call, what.cause or Cause(EndedBy.ERROR))

    # -- calls ----------------------------------------------------------------

    def _keep_running(self, entry: HistoryEntry) -> None:
        if self._kept.get(entry.call) != entry:
            self._kept[entry.call] = entry
            self._keeper.keep(entry)

    def _end(self, call: CallId, cause: Cause) -> None:
        at_s = self._switchboard.timers.now()
        course = self._courses.pop(call, None)
        self._kept.pop(call, None)
        if course is not None:
            entry = course.ended(at_s, cause)
        elif self._arrived is not None and self._arrived.call == call:
            course = self._from_arrival(self._arrived)
            self._name(course)
            entry = refused(course, at_s, cause)
        else:
            return
        if call in self._naming:
            self._ended[call] = entry
        self._keeper.keep(entry)

    def _from_arrival(self, event: CallArrived) -> Course:
        """Return the course of a call that was refused before it ever rang."""
        return Course(
            event.call,
            event.account,
            Direction.INCOMING,
            event.remote,
            self._unix_ms(),
            self._switchboard.timers.now(),
            via=event.diverted_by,
        )

    def _unix_ms(self) -> int:
        return round(self._switchboard.unix() * 1000)

    # -- names ----------------------------------------------------------------

    def _name(self, course: Course) -> None:
        task = asyncio.create_task(self._find_name(course), name=f"name of {course.call}")
        self._naming[course.call] = task
        task.add_done_callback(lambda done: self._named(course.call, done))

    async def _find_name(self, course: Course) -> None:
        """Task border: a name that cannot be found is none."""
        try:
            named = await self._book.name_of(course.account, course.remote.number)
        except Exception:  # noqa: BLE001  # task border
            _log.exception("the name of a caller cannot be found")
            return
        if named is None:
            return
        now = self._courses.get(course.call)
        if now is not None and now.remote.number == course.remote.number:
            now_s = self._switchboard.timers.now()
            self._switchboard.post(
                PartyNamed(now_s, course.call, named.name, named.company, named.is_private)
            )
        entry = self._ended.get(course.call)
        if entry is not None and entry.number == course.remote.number:
            self._keeper.keep(replace(entry, name=named.name, company=named.company))

    def _named(self, call: CallId, done: asyncio.Task[None]) -> None:
        if self._naming.get(call) is done:
            del self._naming[call]
            self._ended.pop(call, None)

    # -- the end --------------------------------------------------------------

    async def close(self) -> None:
        """End the calls that still run, and stop looking for names."""
        for call in tuple(self._courses):
            self._end(call, Cause(EndedBy.ERROR, 0, STOPPED))
        tasks = tuple(self._naming.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
