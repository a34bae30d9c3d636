"""What the daemon keeps over a restart: calls, people, and what the desk remembers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from bridge.drivers.ports import Now
from bridge.drivers.store import calls_table, favourites_table, memory_table, people_tables
from bridge.drivers.store.database import FILE_NAME
from bridge.drivers.store.worker import CALL, Job, Worker
from bridge.model.blf import Favourite
from bridge.model.contacts import (
    Candidate,
    Contact,
    DeleteContact,
    FindContacts,
    FoundContacts,
    SaveContacts,
    SetFavourite,
)
from bridge.model.features import KeptAround
from bridge.model.history import (
    DeleteHistory,
    FindHistory,
    FoundHistory,
    HistoryEntry,
    Memory,
)
from bridge.model.page import KeptPage

CLOSE_WITHIN_S = 3.0  # what systemd's stop and a person at Ctrl+C put up with
MEMORY_WITHIN_S = 2.0  # a disk that does not answer must not keep the telephone from starting

T = TypeVar("T")


class Store:
    """The store, open while its context is. Nothing here waits for the disk on the event loop.

    Args:
        directory: the state directory; the file in it has mode 0600.
        days: how long calls are kept; 0 = not at all.
        on_trouble: told on the event loop what is wrong with the file, empty when all is well.
        unix: Unix time, seconds.
        is_clock_set: whether that can be believed.
    """

    def __init__(
        self,
        directory: Path,
        days: int,
        on_trouble: Callable[[str], None],
        unix: Now,
        is_clock_set: Callable[[], bool] = lambda: True,
    ) -> None:
        self._is_clock_set = is_clock_set
        self._days = days
        self._unix = unix
        self._on_trouble = on_trouble
        self._worker = Worker(directory / FILE_NAME, self._trouble)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        """Start; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._worker.start()
        self._worker.keep("close", calls_table.close_open)
        self.purge()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits and close the file."""
        await asyncio.to_thread(self._worker.close, CLOSE_WITHIN_S)
        self._loop = None

    def _trouble(self, text: str) -> None:
        if (loop := self._loop) is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._on_trouble, text)

    async def _ask(self, job: Job[T]) -> T:
        return await asyncio.wrap_future(self._worker.ask(job))

    # -- calls ----------------------------------------------------------------

    @property
    def keeps_calls(self) -> bool:
        """Whether calls are kept at all."""
        return self._days > 0

    def keep(self, entry: HistoryEntry) -> None:
        """Keep a call, or what has become of it since. Never blocks, never raises."""
        if self.keeps_calls:
            self._worker.keep(f"{CALL}{entry.call}", lambda c: calls_table.put(c, entry))

    def purge(self) -> None:
        """Forget the calls that are too old. Never blocks."""
        now_ms = round(self._unix() * 1000)
        is_set = self._is_clock_set()
        key = f"purge {now_ms}"  # after the calls that came before it, not in an older one's place
        self._worker.keep(
            key, lambda c: calls_table.purge(c, self._days, now_ms, is_clock_set=is_set)
        )

    async def find_history(self, wanted: FindHistory) -> FoundHistory:
        """Return entries, newest first; raises ``StoreError``."""
        found = await self._ask(lambda c: calls_table.find(c, wanted))
        return FoundHistory(found.entries, found.more, self._worker.waiting)

    async def delete_history(self, which: DeleteHistory) -> int:
        """Forget entries and say how many there were; raises ``StoreError``."""
        job = self._worker.ask(lambda c: calls_table.delete(c, which), tidy=True)
        return await asyncio.wrap_future(job)

    # -- the desk's memory ----------------------------------------------------

    async def memory(self) -> Memory:
        """Return what the desk remembers; nothing when the file cannot be read in time."""
        try:
            return await asyncio.wait_for(self._ask(memory_table.read), MEMORY_WITHIN_S)
        except Exception:  # noqa: BLE001  # the phone starts; trouble is told at the first write
            return Memory()

    def remember(self, memory: Memory) -> None:
        """Remember this from now on; a number only where calls are kept. Never blocks."""
        kept = memory if self.keeps_calls else replace(memory, last_dialed="")
        self._worker.keep("memory", lambda c: memory_table.write(c, kept))

    # -- favourites -----------------------------------------------------------

    async def favourites(self) -> dict[int, Favourite | None]:
        """Return what was edited; nothing when the file cannot be read in time."""
        try:
            return await asyncio.wait_for(self._ask(favourites_table.read), MEMORY_WITHIN_S)
        except Exception:  # noqa: BLE001  # the phone starts; trouble is told at the first write
            return {}

    async def save_favourites(self, edits: Mapping[int, Favourite | None]) -> None:
        """Keep these edits instead of those before; raises ``StoreError``."""
        await self._ask(lambda c: favourites_table.write(c, edits))

    async def around(self) -> KeptAround:
        """Return what is remembered of presence and queues; nothing as above."""
        try:
            return await asyncio.wait_for(self._ask(memory_table.read_around), MEMORY_WITHIN_S)
        except Exception:  # noqa: BLE001  # as for the memory
            return KeptAround()

    def keep_around(self, kept: KeptAround) -> None:
        """Remember presence and queues from now on. Never blocks."""
        self._worker.keep("around", lambda c: memory_table.write_around(c, kept))

    async def page(self) -> KeptPage:
        """Return what the page remembers; nothing as above."""
        try:
            return await asyncio.wait_for(self._ask(memory_table.read_page), MEMORY_WITHIN_S)
        except Exception:  # noqa: BLE001  # as for the memory
            return KeptPage()

    def keep_page(self, kept: KeptPage) -> None:
        """Remember sessions of the page from now on. Never blocks."""
        self._worker.keep("page", lambda c: memory_table.write_page(c, kept))

    # -- people ---------------------------------------------------------------

    async def candidates(self, number: str) -> tuple[Candidate, ...]:
        """Return who may have a number, the best source first; raises ``StoreError``."""
        return await self._ask(lambda c: people_tables.candidates(c, number))

    async def find_contacts(self, wanted: FindContacts) -> FoundContacts:
        """Return contacts; raises ``StoreError``."""
        return await self._ask(lambda c: people_tables.find(c, wanted))

    async def save_contacts(self, wish: SaveContacts) -> tuple[int, ...]:
        """Keep personal contacts, return their numbers; raises ``StoreError``."""
        return await self._ask(lambda c: people_tables.save(c, wish.contacts))

    async def delete_contact(self, wish: DeleteContact) -> Contact:
        """Forget a personal contact, return what it was; raises ``StoreError``."""
        job = self._worker.ask(lambda c: people_tables.delete(c, wish.contact), tidy=True)
        return await asyncio.wrap_future(job)

    async def set_favourite(self, wish: SetFavourite) -> Contact:
        """Put a contact among the favourites or take it out; raises ``StoreError``."""
        return await self._ask(lambda c: people_tables.set_favourite(c, wish))

    # -- directories ----------------------------------------------------------

    async def directories(self) -> dict[str, people_tables.Kept]:
        """Return which directories are kept, from which file; raises ``StoreError``."""
        return await self._ask(people_tables.directories)

    async def replace_directory(
        self, kept: people_tables.Kept, rank: int, people: Sequence[Contact]
    ) -> None:
        """Keep these people instead of those the directory had; raises ``StoreError``."""
        await self._ask(lambda c: people_tables.replace_directory(c, kept, rank, people))

    async def arrange_directories(self, sources: Sequence[str]) -> None:
        """Forget directories that are not among these, and rank those; raises ``StoreError``."""
        await self._ask(lambda c: people_tables.arrange(c, sources))
