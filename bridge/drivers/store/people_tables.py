"""The tables of people and their numbers. Every function runs on the store's thread."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.drivers.store.database import StoreError
from bridge.model.contacts import (
    MOST_CONTACTS,
    PERSONAL,
    Candidate,
    Contact,
    ContactNumber,
    FindContacts,
    FoundContacts,
    Named,
    NumberKind,
    SetFavourite,
    tail,
)
from bridge.model.finding import haystack, needles

_PERSONAL_RANK = 0  # directories follow in the order of the configuration

_SELECT = "SELECT contact, source, name, company, favourite FROM contact"
_ORDER = "ORDER BY favourite = 0, favourite, rank, sort, contact"


# -- asking -------------------------------------------------------------------


def find(connection: sqlite3.Connection, wanted: FindContacts) -> FoundContacts:
    """Return contacts: favourites, own ones, directories, each by name."""
    limit = min(max(1, wanted.limit), MOST_CONTACTS)
    conditions, values = _conditions(wanted)
    rows = connection.execute(
        f"{_SELECT} WHERE {' AND '.join(conditions)} {_ORDER} LIMIT ? OFFSET ?",
        (*values, limit + 1, max(0, wanted.skip)),
    ).fetchall()
    contacts = tuple(_contact(connection, row) for row in rows[:limit])
    return FoundContacts(contacts, more=len(rows) > limit)


def _conditions(wanted: FindContacts) -> tuple[list[str], list[object]]:
    conditions, values = ["1"], list[object]()
    for spellings in needles(wanted.words):
        conditions.append("(" + " OR ".join("instr(haystack, ?)" for _ in spellings) + ")")
        values += spellings
    if wanted.favourites:
        conditions.append("favourite > 0")
    if wanted.source:
        conditions.append("source = ?")
        values.append(wanted.source)
    if wanted.public:
        conditions.append("source != ?")
        values.append(PERSONAL)
    if wanted.contact:
        conditions.append("contact = ?")
        values.append(wanted.contact)
    return conditions, values


def _contact(connection: sqlite3.Connection, row: tuple[int, str, str, str, int]) -> Contact:
    number, source, name, company, favourite = row
    rows = connection.execute(
        "SELECT number, kind FROM number WHERE contact = ? ORDER BY place", (number,)
    )
    numbers = tuple(ContactNumber(text, NumberKind(kind)) for text, kind in rows)
    return Contact(name, numbers, company, source, favourite, number)


def candidates(connection: sqlite3.Connection, number: str) -> tuple[Candidate, ...]:
    """Return who may have a number: own contacts first, then the directories in their order."""
    rows = connection.execute(
        "SELECT c.name, c.company, c.source, n.number FROM number n JOIN contact c USING (contact) "
        "WHERE n.tail = ? ORDER BY c.rank, c.contact LIMIT ?",
        (tail(number), MOST_CONTACTS),
    )
    return tuple(
        Candidate(Named(name, company, source == PERSONAL), known)
        for name, company, source, known in rows
    )


def one(connection: sqlite3.Connection, contact: int) -> Contact:
    """Return a contact by its number.

    Raises:
        StoreError: there is none.
    """
    found = find(connection, FindContacts(contact=contact)).contacts
    if not found:
        raise StoreError(f"there is no contact {contact}: see `offhook contacts list`")
    return found[0]


# -- changing -----------------------------------------------------------------


def save(connection: sqlite3.Connection, contacts: Sequence[Contact]) -> tuple[int, ...]:
    """Keep personal contacts; return their numbers.

    Raises:
        StoreError: one that is to be changed does not exist, or is in a directory.
    """
    return tuple(_save_one(connection, contact) for contact in contacts)


def _save_one(connection: sqlite3.Connection, contact: Contact) -> int:
    contact = replace(contact, source=PERSONAL)
    if contact.contact == 0:
        return _insert(connection, contact, _PERSONAL_RANK)
    _own(connection, contact.contact)
    connection.execute(
        "UPDATE contact SET name = ?, company = ?, sort = ?, haystack = ? WHERE contact = ?",
        (contact.name, contact.company, haystack(contact.name), _text(contact), contact.contact),
    )
    connection.execute("DELETE FROM number WHERE contact = ?", (contact.contact,))
    _insert_numbers(connection, contact.contact, contact.numbers)
    return contact.contact


def _own(connection: sqlite3.Connection, number: int) -> Contact:
    contact = one(connection, number)
    if contact.source != PERSONAL:
        raise StoreError(
            f"contact {number} is in the directory {contact.source}, which is only read: "
            "change it there, or add a contact of your own"
        )
    return contact


def _insert(connection: sqlite3.Connection, contact: Contact, rank: int) -> int:
    kept = connection.execute(
        "INSERT INTO contact (source, rank, name, company, sort, haystack) VALUES (?,?,?,?,?,?)",
        (
            contact.source,
            rank,
            contact.name,
            contact.company,
            haystack(contact.name),
            _text(contact),
        ),
    ).lastrowid
    assert kept is not None  # noqa: S101  # an INSERT has one
    _insert_numbers(connection, kept, contact.numbers)
    return kept


def _insert_numbers(
    connection: sqlite3.Connection, contact: int, numbers: Sequence[ContactNumber]
) -> None:
    connection.executemany(
        "INSERT INTO number (contact, place, number, kind, tail) VALUES (?,?,?,?,?)",
        [(contact, i, n.number, n.kind.value, tail(n.number)) for i, n in enumerate(numbers)],
    )


def _text(contact: Contact) -> str:
    numbers = ["".join(filter(str.isalnum, n.number)) for n in contact.numbers]
    return haystack(contact.name, contact.company, *numbers)


def delete(connection: sqlite3.Connection, contact: int) -> Contact:
    """Forget a personal contact; return what it was.

    Raises:
        StoreError: there is none of that number, or it is in a directory.
    """
    gone = _own(connection, contact)
    connection.execute("DELETE FROM contact WHERE contact = ?", (contact,))
    _close_ranks(connection)
    return gone


# -- favourites ---------------------------------------------------------------


def set_favourite(connection: sqlite3.Connection, wish: SetFavourite) -> Contact:
    """Put a contact among the favourites, or take it out; return it as it is now.

    Raises:
        StoreError: there is none of that number.
    """
    contact = one(connection, wish.contact)
    number = contact.contact
    if contact.source != PERSONAL and wish.position > 0:
        number = _insert(connection, replace(contact, source=PERSONAL), _PERSONAL_RANK)
    connection.execute("UPDATE contact SET favourite = 0 WHERE contact = ?", (number,))
    _close_ranks(connection)
    if wish.position > 0:
        (count,) = connection.execute("SELECT count(*) FROM contact WHERE favourite").fetchone()
        place = min(wish.position, count + 1)
        connection.execute(
            "UPDATE contact SET favourite = favourite + 1 WHERE favourite >= ?", (place,)
        )
        connection.execute("UPDATE contact SET favourite = ? WHERE contact = ?", (place, number))
    return one(connection, number)


def _close_ranks(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT contact FROM contact WHERE favourite ORDER BY favourite")
    places = [(place, number) for place, (number,) in enumerate(rows.fetchall(), 1)]
    connection.executemany("UPDATE contact SET favourite = ? WHERE contact = ?", places)


# -- directories --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A directory as it is kept.

    Args:
        source: its name.
        stamp: of the file it was read from, to notice when that changes.
        note: what was wrong with some of its entries; empty when nothing was.
    """

    source: str
    stamp: str
    note: str = ""


def directories(connection: sqlite3.Connection) -> dict[str, Kept]:
    """Return the directories that are kept, by name."""
    rows = connection.execute("SELECT source, stamp, note FROM directory")
    return {source: Kept(source, stamp, note) for source, stamp, note in rows}


def replace_directory(
    connection: sqlite3.Connection, kept: Kept, rank: int, people: Sequence[Contact]
) -> None:
    """Keep these people instead of those the directory had.

    Args:
        connection: of the store.
        kept: name, stamp and note.
        rank: place in the configuration, from 1: who wins where several know a number.
        people: as read.
    """
    _forget(connection, kept.source)
    for person in people:
        _insert(connection, replace(person, source=kept.source), rank)
    connection.execute("INSERT INTO directory VALUES (?,?,?)", (kept.source, kept.stamp, kept.note))


def arrange(connection: sqlite3.Connection, sources: Sequence[str]) -> None:
    """Forget directories that are not configured any more, and rank the others in that order."""
    for source in directories(connection).keys() - set(sources):
        _forget(connection, source)
    connection.executemany(
        "UPDATE contact SET rank = ? WHERE source = ? AND rank != ?",
        [(rank, source, rank) for rank, source in enumerate(sources, 1)],
    )


def _forget(connection: sqlite3.Connection, source: str) -> None:
    connection.execute("DELETE FROM contact WHERE source = ?", (source,))
    connection.execute("DELETE FROM directory WHERE source = ?", (source,))
