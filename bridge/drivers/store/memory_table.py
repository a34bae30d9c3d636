"""The table of what the desk remembers over a restart: a word and a value each."""

import sqlite3

from bridge.model.history import Memory

LAST_DIALED = "last_dialed"
DO_NOT_DISTURB = "do_not_disturb"


def read(connection: sqlite3.Connection) -> Memory:
    """Return what is remembered; nothing where nothing was kept."""
    words = dict(connection.execute("SELECT word, value FROM memory"))
    return Memory(
        last_dialed=str(words.get(LAST_DIALED, "")),
        do_not_disturb=words.get(DO_NOT_DISTURB) == "1",
    )


def write(connection: sqlite3.Connection, memory: Memory) -> None:
    """Remember this from now on; an empty number is forgotten."""
    connection.execute("DELETE FROM memory")
    rows = [(DO_NOT_DISTURB, "1")] if memory.do_not_disturb else []
    rows += [(LAST_DIALED, memory.last_dialed)] if memory.last_dialed else []
    connection.executemany("INSERT INTO memory VALUES (?,?)", rows)
