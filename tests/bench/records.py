"""How long finding takes in a full store: ``python -m tests.bench.records [--json]``."""

import asyncio
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bridge.drivers.store import FILE_NAME, Kept, Store, calls_table
from bridge.model.contacts import Contact, ContactNumber, FindContacts, NumberKind
from bridge.model.history import CallKind, FindHistory, HistoryEntry
from bridge.model.ids import AccountId, CallId

CALLS = 100_000
PEOPLE = 10_000
TRIES = 40

FIRST = ("Max-Andreas", "Jürgen", "Anna", "Sörén", "Zoë", "Karl", "Ute", "Ömer", "José", "Mia")
LAST = ("Mustermann", "Müller", "Schmidt", "Großmann", "Weiß", "Łukasz", "Øresund", "Meier")

Figures = dict[str, dict[str, float]]


def fill(connection: sqlite3.Connection, chance: random.Random) -> None:
    """Write the calls in one transaction, past the queue."""
    for number in range(CALLS):
        start_ms = 1_700_000_000_000 + number * 1000
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)} {number % 977}"
        entry = HistoryEntry(
            CallId(f"c{number}"),
            CallKind.MISSED if number % 3 else CallKind.OUTGOING,
            AccountId("line-1"),
            f"+4930{chance.randrange(10**7):07}",
            name,
            "Acme",
            None,
            start_ms,
            None,
            start_ms + 500,
            487,
            "the call was cancelled",
        )
        calls_table.put(connection, entry)


def people(chance: random.Random) -> list[Contact]:
    return [
        Contact(
            f"{chance.choice(FIRST)} {chance.choice(LAST)} {number}",
            (
                ContactNumber(f"+49 30 {chance.randrange(10**7):07}", NumberKind.WORK),
                ContactNumber(f"0171 {chance.randrange(10**7):07}", NumberKind.MOBILE),
            ),
            "Acme",
        )
        for number in range(PEOPLE)
    ]


async def measured(ask: Callable[[], Awaitable[object]], tries: int = TRIES) -> dict[str, float]:
    """Return p50, p95 and the longest of some tries, milliseconds."""
    times = []
    for _ in range(tries):
        begin_s = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - begin_s) * 1000)
    times.sort()
    middle, late = statistics.median(times), times[int(len(times) * 0.95)]
    return {"p50_ms": round(middle, 2), "p95_ms": round(late, 2), "max_ms": round(times[-1], 2)}


async def bench(directory: Path) -> Figures:
    """Fill a store and ask it; return the figures by question."""
    chance = random.Random(1)
    figures: Figures = {}
    known = people(chance)
    async with Store(directory, 3650, print, lambda: 1_700_000_000.0) as store:
        await store._ask(lambda c: fill(c, chance))
        figures["read a directory of 10,000 in"] = await measured(
            lambda: store.replace_directory(Kept("team", "1"), 1, known), 1
        )
        for words in ("", "and muster", "mueller 976", "nobody at all", "+49 30 1234567"):
            figures[f"history: {words or 'newest 50'}"] = await measured(
                lambda w=words: store.find_history(FindHistory(w))  # type: ignore[misc]
            )
        for words in ("", "and muster", "nobody at all", "030 1234567"):
            figures[f"contacts: {words or 'first 50'}"] = await measured(
                lambda w=words: store.find_contacts(FindContacts(w))  # type: ignore[misc]
            )
        number = known[77].numbers[0].number
        figures["name of a caller"] = await measured(lambda: store.candidates(number))
    return figures


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory:
        figures = asyncio.run(bench(Path(directory)))
        size = (Path(directory) / FILE_NAME).stat().st_size
    if "--json" in sys.argv:
        print(json.dumps({"file_bytes": size, "figures": figures}))
        return
    for name, found in figures.items():
        print(f"{name:34} {'  '.join(f'{key} {value:8.2f}' for key, value in found.items())}")
    print(f"{CALLS} calls, {PEOPLE} contacts, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
