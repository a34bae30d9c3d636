"""A process that keeps calls as fast as it can and says which are certainly on the disk.

``python -m tests.store.writer DIRECTORY`` prints a number after each batch, until it is killed.
"""

import asyncio
import itertools
import sys
import time
from dataclasses import replace
from pathlib import Path

from bridge.drivers.store import Store
from bridge.model.history import CallKind, FindHistory, HistoryEntry
from bridge.model.ids import AccountId, CallId

BATCH = 20


def call(number: int, **more: object) -> HistoryEntry:
    """A missed call of half a second."""
    start_ms = round(time.time() * 1000)
    entry = HistoryEntry(
        call=CallId(f"call{number:016}"),
        kind=CallKind.MISSED,
        account=AccountId("desk"),
        number=f"+4930{number:07}",
        name="Ada Example",
        start_ms=start_ms,
        end_ms=start_ms + 500,
        sip=487,
        reason="the call was cancelled",
    )
    return replace(entry, **more)  # type: ignore[arg-type]  # fields of an entry


async def main(directory: Path) -> None:
    async with Store(directory, 30, print, time.time) as store:
        for number in itertools.count(1):
            store.keep(call(number))
            if number % BATCH == 0:
                await store.find_history(FindHistory(limit=1))  # answered behind the writes
                print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
