"""The table of calls. Every function runs on the store's thread, inside one transaction."""

import sqlite3
from collections.abc import Iterator

from bridge.model.finding import haystack, needles
from bridge.model.history import (
    MOST_ENTRIES,
    CallKind,
    DeleteHistory,
    FindHistory,
    FoundHistory,
    HistoryEntry,
)
from bridge.model.ids import AccountId, CallId, DeviceId

DAY_MS = 86_400_000

BROKEN_OFF = "Offhook ended during the call"

_COLUMNS = (
    "call, kind, account, number, name, company, device, start_ms, answer_ms, end_ms, sip, reason, "
    "via"
)
_PUT = f"""
INSERT INTO history ({_COLUMNS}, haystack) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (call) DO UPDATE SET
    kind = excluded.kind, number = excluded.number, name = excluded.name,
    company = excluded.company, device = excluded.device,
    answer_ms = excluded.answer_ms, end_ms = excluded.end_ms,
    sip = excluded.sip, reason = excluded.reason, via = excluded.via, haystack = excluded.haystack
"""  # noqa: S608  # the columns are those above


def put(connection: sqlite3.Connection, entry: HistoryEntry) -> None:
    """Keep a call, or what has become of it since; one call has one row whatever happens."""
    text = haystack(entry.name, entry.company, compact(entry.number), entry.via)
    connection.execute(
        _PUT,
        (
            entry.call,
            entry.kind.value,
            entry.account,
            entry.number,
            entry.name,
            entry.company,
            entry.device,
            entry.start_ms,
            entry.answer_ms,
            entry.end_ms,
            entry.sip,
            entry.reason,
            entry.via,
            text,
        ),
    )


def compact(number: str) -> str:
    """Return a telephone number without what people put between digits; else the text itself."""
    return number if any(c.isalpha() for c in number) else "".join(filter(str.isdecimal, number))


def find(connection: sqlite3.Connection, wanted: FindHistory) -> FoundHistory:
    """Return what somebody wants to see, newest first; running calls are not history yet.

    The index holds all that is asked for, so that a search that finds nothing reads half as much.
    """
    limit = min(max(1, wanted.limit), MOST_ENTRIES)
    conditions, values = _conditions(wanted)
    rows = connection.execute(
        f"SELECT {_COLUMNS}, entry FROM history WHERE entry IN ("  # noqa: S608
        "SELECT entry FROM history INDEXED BY history_words "
        f"WHERE {' AND '.join(conditions)} ORDER BY entry DESC LIMIT ?) ORDER BY entry DESC",
        (*values, limit + 1),
    ).fetchall()
    entries = tuple(_entry(row) for row in rows[:limit])
    return FoundHistory(entries, more=len(rows) > limit)


def _conditions(wanted: FindHistory) -> tuple[list[str], list[object]]:
    conditions, values = ["end_ms IS NOT NULL"], list[object]()
    for spellings in needles(wanted.words):
        conditions.append("(" + " OR ".join("instr(haystack, ?)" for _ in spellings) + ")")
        values += spellings
    if wanted.kinds:
        conditions.append(f"kind IN ({', '.join('?' for _ in wanted.kinds)})")
        values += [kind.value for kind in wanted.kinds]
    for condition, value in _simple(wanted):
        if value:
            conditions.append(condition)
            values.append(value)
    return conditions, values


def _simple(wanted: FindHistory) -> Iterator[tuple[str, object]]:
    yield "account = ?", wanted.account
    yield "start_ms >= ?", wanted.from_ms
    yield "start_ms < ?", wanted.to_ms
    yield "entry = ?", wanted.entry
    yield "entry < ?", wanted.before


def _entry(row: tuple[object, ...]) -> HistoryEntry:
    call, kind, account, number, name, company, device, *rest = row
    start, answer, end, sip, reason, via, n = rest
    return HistoryEntry(
        CallId(str(call)),
        CallKind(kind),
        AccountId(str(account)),
        str(number),
        str(name),
        str(company),
        None if device is None else DeviceId(str(device)),
        _whole(start),
        None if answer is None else _whole(answer),
        None if end is None else _whole(end),
        _whole(sip),
        str(reason),
        str(via),
        _whole(n),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def delete(connection: sqlite3.Connection, which: DeleteHistory) -> int:
    """Forget entries; return how many there were."""
    if which.everything:
        return connection.execute("DELETE FROM history WHERE end_ms IS NOT NULL").rowcount
    marks = ", ".join("?" for _ in which.entries)
    gone = connection.execute(
        f"DELETE FROM history WHERE entry IN ({marks}) AND end_ms IS NOT NULL",  # noqa: S608
        which.entries,
    )
    return gone.rowcount


def purge(
    connection: sqlite3.Connection, days: int, now_ms: int, *, is_clock_set: bool = True
) -> int:
    """Forget what is older than so many days (0: everything); return how much there was.

    By a clock that nobody has set, at most until the newest call: one that is years ahead would
    empty the whole list.
    """
    if days == 0:
        return connection.execute("DELETE FROM history").rowcount
    if not is_clock_set:
        (newest_ms,) = connection.execute("SELECT max(start_ms) FROM history").fetchone()
        now_ms = min(now_ms, newest_ms or now_ms)
    oldest = now_ms - days * DAY_MS
    return connection.execute("DELETE FROM history WHERE start_ms < ?", (oldest,)).rowcount


def close_open(connection: sqlite3.Connection) -> int:
    """End the calls that a former run did not live to see the end of; return how many."""
    return connection.execute(
        "UPDATE history SET end_ms = coalesce(answer_ms, start_ms), reason = ? "
        "WHERE end_ms IS NULL",
        (BROKEN_OFF,),
    ).rowcount
