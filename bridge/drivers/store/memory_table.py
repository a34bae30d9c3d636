"""The table of what the desk remembers over a restart: a word and a value each."""

import json
import sqlite3

from bridge.model.features import KeptAround
from bridge.model.forwarding import ChangedForwarding, Forward, Target, To, When
from bridge.model.history import Memory
from bridge.model.page import KeptPage
from bridge.protocols.records import record_from, record_to

LAST_DIALED = "last_dialed"
DO_NOT_DISTURB = "do_not_disturb"
CALL_WAITING = "call_waiting"
LOCKED = "locked"
FORWARDING = "forwarding"
AROUND = "around"
PAGE = "page"


def read(connection: sqlite3.Connection) -> Memory:
    """Return what is remembered; nothing where nothing was kept."""
    words = dict(connection.execute("SELECT word, value FROM memory"))
    forwarding = words.get(FORWARDING)
    return Memory(
        last_dialed=str(words.get(LAST_DIALED, "")),
        do_not_disturb=words.get(DO_NOT_DISTURB) == "1",
        call_waiting={"1": True, "0": False}.get(words.get(CALL_WAITING, "")),
        locked=words.get(LOCKED) == "1",
        forwarding=None if forwarding is None else _forwarding(str(forwarding)),
    )


def write(connection: sqlite3.Connection, memory: Memory) -> None:
    """Remember this from now on; an empty number is forgotten."""
    connection.execute("DELETE FROM memory WHERE word NOT IN (?, ?)", (AROUND, PAGE))
    switched = ((DO_NOT_DISTURB, memory.do_not_disturb), (LOCKED, memory.locked))
    rows = [(word, "1") for word, on in switched if on]
    if memory.call_waiting is not None:
        rows.append((CALL_WAITING, "1" if memory.call_waiting else "0"))
    if memory.forwarding is not None:
        rows.append((FORWARDING, _written(memory.forwarding)))
    rows += [(LAST_DIALED, memory.last_dialed)] if memory.last_dialed else []
    connection.executemany("INSERT INTO memory VALUES (?,?)", rows)


def read_around(connection: sqlite3.Connection) -> KeptAround:
    """Return what is remembered of presence and queues; nothing where nothing was kept."""
    row = connection.execute("SELECT value FROM memory WHERE word = ?", (AROUND,)).fetchone()
    try:
        return record_from(KeptAround, json.loads(row[0])) if row else KeptAround()
    except (AttributeError, ValueError):  # an unknown version wrote it
        return KeptAround()


def write_around(connection: sqlite3.Connection, kept: KeptAround) -> None:
    """Remember this from now on."""
    connection.execute("DELETE FROM memory WHERE word = ?", (AROUND,))
    if kept != KeptAround():
        row = (AROUND, json.dumps(record_to(kept)))
        connection.execute("INSERT INTO memory VALUES (?,?)", row)


def read_page(connection: sqlite3.Connection) -> KeptPage:
    """Return what the page remembers; nothing where nothing was kept."""
    row = connection.execute("SELECT value FROM memory WHERE word = ?", (PAGE,)).fetchone()
    try:
        return record_from(KeptPage, json.loads(row[0])) if row else KeptPage()
    except (AttributeError, ValueError):  # an unknown version wrote it
        return KeptPage()


def write_page(connection: sqlite3.Connection, kept: KeptPage) -> None:
    """Remember this from now on."""
    row = (PAGE, json.dumps(record_to(kept)))
    connection.execute("INSERT OR REPLACE INTO memory VALUES (?,?)", row)


def _written(kept: ChangedForwarding) -> str:
    lines = [[f.when.value, f.target.to.value, f.target.number, f.after_s] for f in kept.default]
    return json.dumps([kept.active, lines])


def _forwarding(text: str) -> ChangedForwarding | None:
    """Return what was kept; None for what an unknown version wrote."""
    try:
        active, lines = json.loads(text)
        forwards = tuple(
            Forward(When(when), Target(To(to), str(number)), int(after_s))
            for when, to, number, after_s in lines
        )
        return ChangedForwarding(int(active), forwards)
    except (TypeError, ValueError):
        return None
