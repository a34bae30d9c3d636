"""The table of edited favourites: what stands over the configuration, by position."""

import json
import sqlite3
from collections.abc import Mapping

from bridge.model.blf import Favourite
from bridge.protocols.records import Mismatch, record_from, record_to

REMOVED = ""  # body of a position of the configuration that was emptied


def read(connection: sqlite3.Connection) -> dict[int, Favourite | None]:
    """Return the edits; what a newer Offhook wrote and this one cannot read is left out."""
    rows = connection.execute("SELECT position, body FROM favourite ORDER BY position")
    found: dict[int, Favourite | None] = {}
    for position, body in rows:
        try:
            found[position] = record_from(Favourite, json.loads(body)) if body else None
        except (Mismatch, ValueError):
            continue
    return found


def write(connection: sqlite3.Connection, edits: Mapping[int, Favourite | None]) -> None:
    """Keep these edits instead of those before."""
    connection.execute("DELETE FROM favourite")
    rows = [
        (position, REMOVED if one is None else json.dumps(record_to(one), ensure_ascii=False))
        for position, one in edits.items()
    ]
    connection.executemany("INSERT INTO favourite VALUES (?,?)", rows)
