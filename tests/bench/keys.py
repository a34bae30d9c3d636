"""Report read → acknowledgement written, report read → intent: every family, and the floors.

All take turns, so that whatever else the machine does meets everybody alike.
"""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic

from bridge.drivers.ports import HidHandle
from bridge.drivers.virtual.hid_handle import VirtualHandle
from tests.bench import bare
from tests.bench.figures import Row, Sample
from tests.bench.fixed_bus import StampedHandle
from tests.bench.key_desk import PAUSE_S, KeyDesk, Plugged, key_desk
from tests.bench.wire import PATIENCE_S, BenchError
from tests.scenarios.families import FAMILIES, make

REPORT = bytes.fromhex("020100")  # of an Evolve Link: hook up; written back, off-hook
LOOK_S = 0.001  # between two looks whether all is quiet

RELAY = "bare relay"
ECHO = "bare echo"


@dataclass(frozen=True, slots=True)
class FloorCable:
    """A headset that is only echoed.

    Args:
        open: the end of whoever echoes.
        send: the other end.
        pull: pulls it out.
    """

    open: Callable[[], HidHandle]
    send: Callable[[bytes], object]
    pull: Callable[[], None]


@dataclass
class Floor:
    """Something that writes back what it reads.

    Args:
        cable: what it serves.
        look_s: between two looks whether it is through.
    """

    cable: FloorCable
    look_s: float
    sample: Sample = field(default_factory=Sample)

    def __post_init__(self) -> None:
        self.handle = StampedHandle(self.cable.open())

    async def round(self) -> None:
        """Measure once."""
        stamps, before = self.handle.stamps, self.handle.stamps.writes
        await asyncio.sleep(random.uniform(*PAUSE_S))
        stamps.arm()
        threading.Thread(target=self.cable.send, args=(REPORT,)).start()
        ends_s = monotonic() + PATIENCE_S
        while stamps.writes == before:
            if monotonic() > ends_s:
                raise BenchError("the bare relay does not write back")
            await asyncio.sleep(self.look_s)
        self.sample.add((stamps.written_ns - stamps.read_ns) / 1e3)


def virtual_headsets() -> list[Plugged]:
    """Every family on virtual transport."""
    models = [(name, make(name)) for name in FAMILIES]
    return [
        Plugged(name, one, one.node(f"/bench/{name}"), one.open, one.unplug) for name, one in models
    ]


def virtual_floor() -> FloorCable:
    """Virtual transport without a device."""
    handle = VirtualHandle(lambda _: None, lambda _: None, lambda _: None)
    return FloorCable(lambda: handle, handle.put, handle.end)


async def measure(
    headsets: Sequence[Plugged],
    make_floor: Callable[[], FloorCable],
    rounds: int,
    look_s: float = LOOK_S,
    prefix: str = "",
) -> list[Row]:
    """Measure the keys of some headsets beside the floors.

    Args:
        headsets: all plugged in already.
        make_floor: plugs in one that is only echoed.
        rounds: calls for each headset; two do not count.
        look_s: between two looks whether all is quiet.
        prefix: before the keys and titles of the rows.

    Raises:
        BenchError: a key did not do what it is for.
    """
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(_relay(Floor(make_floor(), look_s)))
        echo = await stack.enter_async_context(_echo(Floor(make_floor(), look_s)))
        desks = [await stack.enter_async_context(key_desk(one, look_s)) for one in headsets]
        steps = [step for desk in desks for step in (desk.call, relay.round, echo.round)]
        await _rounds(2, steps)
        _forget(chain((d.ack for d in desks), (d.intent for d in desks)), relay, echo)
        await _rounds(rounds, steps)
        return list(_rows(desks, relay.sample, echo.sample, prefix))


async def _rounds(rounds: int, steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for _ in range(rounds):
        for step in steps:
            await step()


def _forget(samples: Iterable[Sample], *floors: Floor) -> None:
    """The first rounds have met empty caches and imports."""
    for sample in chain(samples, (floor.sample for floor in floors)):
        sample.values.clear()


@asynccontextmanager
async def _relay(floor: Floor) -> AsyncIterator[Floor]:
    serving = asyncio.create_task(bare.serve(floor.handle), name="relay")
    yield floor
    floor.cable.pull()
    await serving


@asynccontextmanager
async def _echo(floor: Floor) -> AsyncIterator[Floor]:
    serving = threading.Thread(target=bare.echo, args=(floor.handle,), daemon=True)
    serving.start()
    yield floor
    floor.cable.pull()
    serving.join()


def _rows(desks: Sequence[KeyDesk], relay: Sample, echo: Sample, prefix: str) -> Iterable[Row]:
    """Return the floors, all families together, then each."""
    at = f"{prefix}: " if prefix else ""
    key = f"{prefix}_" if prefix else ""
    yield Row(f"{key}relay", f"{at}bare relay", "µs", relay, ECHO, echo, digits=0)
    whom = [("all families", "all", desks), *((d.headset.name, d.headset.name, [d]) for d in desks)]
    for title, name, some in whom:
        for what, word, samples in (
            ("ack", "lamp report written", [desk.ack for desk in some]),
            ("intent", "intent", [desk.intent for desk in some]),
        ):
            ours = Sample([value for sample in samples for value in sample.values])
            if ours.values:  # one family has no lamp
                text = f"{at}{title}: report read → {word}"
                yield Row(f"{key}{what}_{name}", text, "µs", ours, RELAY, relay, digits=0)


def run(rounds: int) -> list[Row]:
    """Measure every family on virtual transport."""
    return asyncio.run(measure(virtual_headsets(), virtual_floor, rounds))
