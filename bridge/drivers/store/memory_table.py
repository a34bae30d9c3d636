"""The table of what the desk remembers over a restart: a word and a value each."""

import sqlite3

from bridge.model.history import Memory

LAST_DIALED = "last_dialed"
DO_NOT_DISTURB = "do_not_disturb"
CALL_WAITING = "call_waiting"
LOCKED = "locked"


def read(connection: sqlite3.Connection) -> Memory:
    """Return what is remembered; nothing where nothing was kept."""
    words = dict(connection.execute("SELECT word, value FROM memory"))
    return Memory(
        last_dialed=str(words.get(LAST_DIALED, "")),
        do_not_disturb=words.get(DO_NOT_DISTURB) == "1",
        call_waiting={"1": True, "0": False}.get(words.get(CALL_WAITING, "")),
        locked=words.get(LOCKED) == "1",
    )


def write(connection: sqlite3.Connection, memory: Memory) -> None:
    """Remember this from now on; an empty number is forgotten."""
    connection.execute("DELETE FROM memory")
    switched = ((DO_NOT_DISTURB, memory.do_not_disturb), (LOCKED, memory.locked))
    rows = [(word, "1") for word, on in switched if on]
    if memory.call_waiting is not None:
        rows.append((CALL_WAITING, "1" if memory.call_waiting else "0"))
    rows += [(LAST_DIALED, memory.last_dialed)] if memory.last_dialed else []
    connection.executemany("INSERT INTO memory VALUES (?,?)", rows)
