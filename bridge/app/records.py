"""What the daemon keeps, composed: store, phone book, call list; and answers about it."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never

from bridge.app.history import History
from bridge.app.phonebook import PhoneBook, normal_by
from bridge.app.switchboard import Switchboard
from bridge.drivers.clock.sync import is_clock_set
from bridge.drivers.ports import Now
from bridge.drivers.store import Store
from bridge.model.contacts import (
    DeleteContact,
    FindContacts,
    ReloadDirectories,
    SaveContacts,
    SetFavourite,
)
from bridge.model.directories import DirectorySettings
from bridge.model.events import MatterChanged
from bridge.model.history import DeleteHistory, FindHistory, Memory
from bridge.model.numbers import NumberRules
from bridge.protocols.control_records import (
    ContactQuestion,
    HistoryQuestion,
    contacts_body,
    history_body,
)
from bridge.protocols.records import record_to

PURGE_TIMER = "app:old calls"
PURGE_EVERY_S = 86_400.0


class Records:
    """Entered before the switchboard exists, because it starts with what is remembered.

    Args:
        directory: the state directory.
        days: how long calls are kept, 0 = not at all.
        directories: files and LDAP.
        unix: Unix time, seconds.
        rules: dial plans, to tell whether two spellings are one number.
    """

    def __init__(
        self,
        directory: Path,
        days: int,
        directories: DirectorySettings,
        unix: Now,
        rules: NumberRules,
    ) -> None:
        self.store = Store(directory, days, self._store_trouble, unix, is_clock_set)
        self.book = PhoneBook(self.store, directories, self._book_trouble, normal_by(rules))
        self.memory = Memory()
        self._history: History | None = None
        self._switchboard: Switchboard | None = None
        self._matters: dict[str, str] = {}  # until there is somebody to tell

    async def __aenter__(self) -> Self:
        """Open the store; ``memory`` holds what the desk remembers afterwards."""
        await self.store.__aenter__()
        self.memory = await self.store.memory()
        await self.book.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write down how calls ended that still run, and close the store."""
        if self._history is not None:
            await self._history.close()
        await self.book.__aexit__(kind, error, trace)
        await self.store.__aexit__(kind, error, trace)
        self._switchboard = None

    def attach(self, switchboard: Switchboard) -> None:
        """Begin to write calls down; from here on troubles are told to the core."""
        self._switchboard = switchboard
        self._history = History(switchboard, self.store, self.book, self.memory)
        switchboard.readers.append(self._history)
        switchboard.timers.start(PURGE_TIMER, PURGE_EVERY_S, self._purge)
        for topic, text in self._matters.items():
            self._matter(topic, text)
        self._matters.clear()

    @property
    def is_naming(self) -> bool:
        """Whether the name of some caller is being looked up."""
        return self._history is not None and self._history.is_naming

    def _purge(self, _name: str) -> None:
        if self._switchboard is not None:
            self.store.purge()
            self._switchboard.timers.start(PURGE_TIMER, PURGE_EVERY_S, self._purge)

    def _store_trouble(self, text: str) -> None:
        self._matter("store", text)

    def _book_trouble(self, text: str) -> None:
        self._matter("contacts", text)

    def _matter(self, topic: str, text: str) -> None:
        if self._switchboard is None:
            self._matters[topic] = text
            return
        self._switchboard.post(MatterChanged(self._switchboard.timers.now(), topic, text))

    # -- for the control socket -----------------------------------------------

    async def answer(self, question: HistoryQuestion | ContactQuestion) -> Mapping[str, object]:
        """Return the body of an answer.

        Raises:
            StoreError: what was asked for does not exist, or the store cannot be used.
        """
        match question:
            case FindHistory():
                return history_body(await self.store.find_history(question))
            case DeleteHistory():
                return {"deleted": await self.store.delete_history(question)}
            case FindContacts():
                return contacts_body(await self.book.find(question))
            case SaveContacts():
                return {"contacts": list(await self.store.save_contacts(question))}
            case DeleteContact():
                return record_to(await self.store.delete_contact(question))
            case SetFavourite():
                return record_to(await self.store.set_favourite(question))
            case ReloadDirectories():
                return {"notes": list(await self.book.reload())}
            case _:
                assert_never(question)
