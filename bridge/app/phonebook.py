"""Who is who: the user's contacts, the directory files and LDAP as one book."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from bridge.drivers.directories.files import ReadFile, read_file, stamp_of
from bridge.drivers.ldap import LdapDirectory
from bridge.drivers.store import Kept, Store
from bridge.model.contacts import (
    Candidate,
    FindContacts,
    FoundContacts,
    Named,
    best,
)
from bridge.model.directories import DirectoryFile, DirectorySettings
from bridge.model.errors import BridgeError
from bridge.model.ids import AccountId
from bridge.model.numbers import NumberRules
from bridge.numbers.callers import caller

FRESH_WITHIN_S = 0.3
"""So long a caller's name waits for a directory file that changed to be read; a small one is by
then. It goes on without: the file is there for the next call."""

Normal = Callable[[AccountId, str], str]
"""Number as the network gave it, to ``+`` and E.164 where it can be told. Runs on a thread."""

_log = logging.getLogger(__name__)


def normal_by(rules: NumberRules) -> Normal:
    """Return a ``Normal`` by the dial plans that are configured."""

    def normal(account: AccountId, number: str) -> str:
        return number if "@" in number else caller(number, rules.plan_of(account))

    return normal


class PhoneBook:
    """Finds people by number and by word, and keeps the directory files fresh.

    Args:
        store: where contacts and what was read from files are kept.
        settings: files and LDAP.
        tell: told one sentence about sources that cannot be used, empty when all can.
        normal: by the dial plan of an account.
    """

    def __init__(
        self,
        store: Store,
        settings: DirectorySettings,
        tell: Callable[[str], None],
        normal: Normal,
    ) -> None:
        self._store = store
        self._settings = settings
        self._tell = tell
        self._normal = normal
        self._notes: dict[str, str] = {}  # by source
        self._told = ""
        self._stack = AsyncExitStack()
        self._ldap: LdapDirectory | None = None
        self._reading: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start; files are read in the background."""
        if self._settings.ldap.url:
            self._ldap = await self._stack.enter_async_context(LdapDirectory(self._settings.ldap))
        self._refresh()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        await self._stack.aclose()

    # -- asking ---------------------------------------------------------------

    async def name_of(self, account: AccountId, number: str) -> Named | None:
        """Return whom a number belongs to; never raises, a source that fails is told.

        Args:
            account: the line, for its dial plan.
            number: as the network gave it, or as it was dialled.
        """
        if self._settings.files:
            await asyncio.wait({self._refresh()}, timeout=FRESH_WITHIN_S)
        try:
            found = await self._best(account, number, await self._store.candidates(number))
        except BridgeError:
            found = None  # the store tells its own troubles
        if found is None and self._ldap is not None:
            found = await self._in_ldap(self._ldap, account, number)
        return found

    async def _best(
        self, account: AccountId, number: str, candidates: tuple[Candidate, ...]
    ) -> Named | None:
        if not candidates:
            return None

        def normal(spelling: str) -> str:
            return self._normal(account, spelling)

        return await asyncio.to_thread(best, candidates, number, normal)

    async def _in_ldap(self, ldap: LdapDirectory, account: AccountId, number: str) -> Named | None:
        try:
            candidates = await ldap.candidates(number)
        except BridgeError as error:
            self._note(self._settings.ldap.source, str(error))
            return None
        self._note(self._settings.ldap.source, "")
        return await self._best(account, number, candidates)

    async def find(self, wanted: FindContacts) -> FoundContacts:
        """Return people; those of LDAP come last. Raises ``StoreError``."""
        found = await self._store.find_contacts(wanted)
        ldap, source = self._ldap, self._settings.ldap.source
        is_asked = not (wanted.favourites or wanted.contact or found.more)
        if ldap is None or not is_asked or wanted.source not in ("", source):
            return found
        try:
            more = await ldap.find(wanted.words)
        except BridgeError as error:
            self._note(source, str(error))
            return replace(found, notes=(str(error),))
        self._note(source, "")
        room = wanted.limit - len(found.contacts)
        return FoundContacts((*found.contacts, *more[:room]))

    # -- directory files ------------------------------------------------------

    async def reload(self) -> tuple[str, ...]:
        """Read every directory file again; return what is wrong, one sentence each."""
        await self._read_all(anyway=True)
        return tuple(note for note in self._notes.values() if note)

    def _refresh(self) -> asyncio.Task[None]:
        """Begin to read what changed, after whatever is being read now."""
        task = asyncio.create_task(self._read_safely(), name="directory files")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)
        return task

    async def _read_safely(self) -> None:
        """Task border: the book stays as it is; the next call tries again."""
        try:
            await self._read_all(anyway=False)
        except BridgeError as error:
            _log.debug("directory files: %s", error)
        except Exception:  # noqa: BLE001  # task border
            _log.exception("directory files cannot be read")

    async def _read_all(self, *, anyway: bool) -> None:
        files = self._settings.files
        async with self._one_at_a_time:
            kept = await self._store.directories()
            if not files and not kept:
                return
            await self._store.arrange_directories([file.source for file in files])
            for rank, file in enumerate(files, 1):
                known = None if anyway else kept.get(file.source)
                await self._read_one(rank, file, known)

    async def _read_one(self, rank: int, file: DirectoryFile, known: Kept | None) -> None:
        try:
            read = await asyncio.to_thread(_read_if_changed, file, known)
        except BridgeError as error:
            self._note(file.source, str(error))
            return
        if read is not None:
            _log.info("directory %s: %d contacts", file.source, len(read.people.contacts))
            kept = Kept(file.source, read.stamp, read.note)
            await self._store.replace_directory(kept, rank, read.people.contacts)
        note = read.note if read is not None else known.note if known is not None else ""
        self._note(file.source, note)

    def _note(self, source: str, text: str) -> None:
        self._notes[source] = text
        all_of_it = "; ".join(note for note in self._notes.values() if note)
        if all_of_it != self._told:
            self._told = all_of_it
            self._tell(all_of_it)


def _read_if_changed(file: DirectoryFile, known: Kept | None) -> ReadFile | None:
    if known is not None and known.stamp == stamp_of(file):
        return None
    return read_file(file)
