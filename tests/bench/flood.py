"""Headsets that send a thousand reports a second each, while calls are taken on them.

What counts is counted: every report read, every press announced once, every call answered and
ended once by the headset it was pressed on, all lamps right. Beside it: what that costs, and how
late the event loop gets to its work; and what it costs to only read as many reports.
"""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from bridge.drivers.ports import HidHandle
from tests.bench.figures import Row, Sample, single
from tests.bench.fixed_bus import StampedHandle
from tests.bench.flood_crowd import HEADSETS, RATE, Crowd, Nodes, Told, virtual_crowd
from tests.bench.flood_desk import FloodDesk
from tests.bench.flood_source import FREE_KEYS
from tests.bench.process_figures import cost, cpu_percent
from tests.bench.wire import BenchError

BEAT_S = 0.010  # how often the loop is to be on time
READ_S = 0.2  # how long the last read waits
READER = "bare readers"

Headsets = Callable[[], AbstractAsyncContextManager[tuple[Crowd, Nodes]]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the reading process paid.

    Args:
        late_ms: how late the event loop was each time.
        cpu_percent: of one core.
    """

    late_ms: Sample
    cpu_percent: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a flood; lists have one item for each headset.

    Args:
        told: what the headsets did.
        read: reports the daemon read.
        announced: free keys it announced.
        calls: how many were taken.
        wrong: what did not happen as it should, else empty.
        pauses: looks of each reading thread at a loop that had not caught up.
        cost: of the daemon.
    """

    told: Told
    read: Sequence[int]
    announced: Sequence[Counter[str]]
    calls: int
    wrong: str
    pauses: Sequence[int]
    cost: Cost

    @property
    def lost(self) -> int:
        """Reports that nobody read."""
        return sum(self.told.sent) - sum(self.read)

    @property
    def missed(self) -> int:
        """Presses announced too seldom or too often."""
        pairs = zip(self.told.presses, self.announced, strict=True)
        return sum(abs(mine.get(key, 0) - ours[key]) for mine, ours in pairs for key in FREE_KEYS)

    @property
    def rate(self) -> float:
        """Reports a second of each headset, as sent."""
        told = self.told
        return sum(told.sent) / len(told.sent) / told.seconds


@asynccontextmanager
async def _costs() -> AsyncIterator[Callable[[], Cost]]:
    """Measure until asked."""
    loop, late_ms = asyncio.get_running_loop(), Sample()

    async def beat() -> None:
        while True:
            due_s = loop.time() + BEAT_S
            await asyncio.sleep(BEAT_S)
            late_ms.add((loop.time() - due_s) * 1000)

    before = cost([os.getpid()])
    beating = asyncio.create_task(beat(), name="beat")
    try:
        yield lambda: Cost(late_ms, cpu_percent(before, cost([os.getpid()])))
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def flood(
    headsets: Headsets = virtual_crowd, calls: int = 8, rate: int = RATE, wild: int = 0
) -> Tally:
    """Let eight headsets talk, and take calls on one after the other.

    Args:
        headsets: makes them.
        calls: three seconds each.
        rate: reports a second of each headset.
        wild: the keys of so many never rest; no calls are taken on these.

    Raises:
        BenchError: the headsets were not even found.
    """
    async with headsets() as (crowd, nodes):
        desk = FloodDesk(crowd, nodes)
        serving = asyncio.create_task(desk.devices.run(), name="devices")
        try:
            await desk.begin()
            async with _costs() as costs:
                crowd.order(wild=wild)
                crowd.order(rate=rate)
                wrong = await _take_calls(desk, calls, range(wild, len(HEADSETS)))
                paid = costs()
                told = await crowd.be_quiet()
            await desk.rests()
            return _tally(desk, told, wrong, paid)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _take_calls(desk: FloodDesk, calls: int, on: Sequence[int]) -> str:
    """Take calls on one headset after the other; return what went wrong."""
    try:
        for number in range(calls):
            await desk.take_call(on[number % len(on)])
    except BenchError as error:
        return str(error)
    return ""


def _tally(desk: FloodDesk, told: Told, wrong: str, paid: Cost) -> Tally:
    announced = [Counter({key: desk.keys[name, key] for key in FREE_KEYS}) for name in desk.names]
    return Tally(told, desk.reads(), announced, desk.calls, wrong, desk.pauses(), paid)


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of a flood that was only read."""

    cost: Cost
    told: Told
    read: int

    @property
    def lost(self) -> int:
        """Reports that nobody read."""
        return sum(self.told.sent) - self.read


async def drain(
    headsets: Headsets = virtual_crowd, seconds: float = 5.0, rate: int = RATE
) -> Drained:
    """Only read as many reports: the floor."""
    async with headsets() as (crowd, nodes):
        over, handles = threading.Event(), [StampedHandle(open_it()) for _, open_it in nodes]
        threads = [threading.Thread(target=_read, args=(one, over), daemon=True) for one in handles]
        for thread in threads:
            thread.start()
        async with _costs() as costs:
            crowd.order(rate=rate)
            await asyncio.sleep(seconds)
            paid = costs()
            told = await crowd.be_quiet()
        over.set()
        for thread in threads:
            thread.join()
        return Drained(paid, told, sum(one.stamps.reads for one in handles))


def _read(handle: HidHandle, over: threading.Event) -> None:
    """Read until it is over. The body of a thread."""
    while handle.read(READ_S) or not over.is_set():
        pass
    handle.close()


def rows(tally: Tally, floor: Cost, prefix: str = "") -> list[Row]:
    """What came out."""
    at, key = (f"{prefix}: ", f"{prefix}_") if prefix else ("", "")
    title = f"{at}{len(HEADSETS)} headsets, {tally.rate:.0f} reports/s each: "
    sent = single(float(sum(tally.told.sent)))
    pressed = single(float(sum(sum(one.values()) for one in tally.told.presses)))
    heard = single(float(sum(one.total() for one in tally.announced)))
    cpu = (single(tally.cost.cpu_percent), READER, single(floor.cpu_percent))
    return [
        Row(
            f"{key}flood_read",
            f"{title}reports read",
            "",
            single(float(sum(tally.read))),
            "sent",
            sent,
            0,
        ),
        Row(f"{key}flood_presses", f"{title}presses announced", "", heard, "pressed", pressed, 0),
        Row(f"{key}flood_cpu", f"{title}CPU", "% of a core", *cpu, digits=1),
        Row(
            f"{key}flood_late",
            f"{title}event loop late by",
            "ms",
            tally.cost.late_ms,
            READER,
            floor.late_ms,
        ),
    ]


def run(calls: int) -> list[Row]:
    """Measure on virtual transport.

    Raises:
        BenchError: a press was lost or came twice, or a call went wrong.
    """
    floor = asyncio.run(drain())
    tally = asyncio.run(flood(calls=calls))
    if tally.lost or tally.missed or tally.wrong:
        raise BenchError(
            f"{tally.lost} reports lost, {tally.missed} presses missed or doubled {tally.wrong}"
        )
    return rows(tally, floor.cost)
