"""The file: SQLite in WAL mode, mode 0600; a damaged one is put aside and a new one begun.

WAL with ``synchronous = FULL``: what was committed survives kill -9 and loss of power; each write
costs one fsync, on the store's own thread. ``secure_delete``: what somebody deletes is overwritten.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from bridge.model.errors import BridgeError

FILE_NAME = "offhook.db"
DAMAGED_SUFFIX = ".damaged"  # one is kept, so that a dying disk does not fill itself
LOCK_WAIT_S = 2.0  # somebody looks at the file with a tool of his own
VERSION = 1

_SIDE_FILES = ("", "-wal", "-shm")

_TABLES = """
CREATE TABLE history (
    entry INTEGER PRIMARY KEY AUTOINCREMENT,
    call TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    company TEXT NOT NULL,
    device TEXT,
    start_ms INTEGER NOT NULL,
    answer_ms INTEGER,
    end_ms INTEGER,
    sip INTEGER NOT NULL,
    reason TEXT NOT NULL,
    via TEXT NOT NULL,
    haystack TEXT NOT NULL
);
CREATE INDEX history_start ON history (start_ms);
CREATE INDEX history_open ON history (entry) WHERE end_ms IS NULL;
CREATE INDEX history_words ON history (entry, haystack, kind, account, start_ms)
    WHERE end_ms IS NOT NULL;
CREATE TABLE contact (
    contact INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    rank INTEGER NOT NULL,
    name TEXT NOT NULL,
    company TEXT NOT NULL,
    favourite INTEGER NOT NULL DEFAULT 0,
    sort TEXT NOT NULL,
    haystack TEXT NOT NULL
);
CREATE INDEX contact_order ON contact (rank, sort);
CREATE TABLE number (
    contact INTEGER NOT NULL REFERENCES contact ON DELETE CASCADE,
    place INTEGER NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    tail TEXT NOT NULL,
    PRIMARY KEY (contact, place)
) WITHOUT ROWID;
CREATE INDEX number_tail ON number (tail);
CREATE TABLE directory (
    source TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE memory (
    word TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
"""


_TABLES_SINCE = """
CREATE TABLE IF NOT EXISTS favourite (
    position INTEGER PRIMARY KEY,
    body TEXT NOT NULL
);
"""
"""Tables that came later: an older Offhook leaves them alone."""


class StoreError(BridgeError):
    """The store cannot be read or written; the sentence says why and what to do."""


class ForeignFileError(StoreError):
    """The file was written by a newer Offhook: it is left as it is."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, or make it, with its tables.

    Raises:
        sqlite3.Error, OSError: it cannot be opened.
        ForeignFileError: it belongs to a newer version.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    path.chmod(0o600)  # -wal and -shm get the mode of the file they belong to
    connection = sqlite3.connect(
        path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise ForeignFileError(
            f"{path} was written by a newer Offhook (format {version}, expected {VERSION}): "
            "update this one, or move the file away"
        )
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if version == 0:
        connection.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {VERSION};COMMIT;")
    connection.executescript(_TABLES_SINCE)


def damage(connection: sqlite3.Connection) -> str:
    """Return the first thing that is wrong with the file, or an empty text."""
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if found == "ok" else str(found)


def is_damage(error: Exception) -> bool:
    """Say whether an error means that the file's content cannot be trusted."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def put_aside(path: Path) -> Path:
    """Rename a damaged file and what belongs to it; return its new name.

    Raises:
        OSError: the directory cannot be written.
    """
    aside = path.with_name(path.name + DAMAGED_SUFFIX)
    for suffix in _SIDE_FILES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    return aside


def in_words(error: Exception, path: Path) -> str:
    """Return what is wrong with the disk or the file, with the way out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    way_out = {
        sqlite3.SQLITE_FULL: "make room on the disk",
        sqlite3.SQLITE_IOERR: "make room on the disk, or look after it",
        sqlite3.SQLITE_READONLY: "let this user write the directory and the file",
        sqlite3.SQLITE_CANTOPEN: "let this user write the directory and the file",
        sqlite3.SQLITE_BUSY: "close the other program that has the file open",
    }.get(code, "look after the disk, or let this user write the directory")
    return f"{path} cannot be used ({said}): {way_out}"
