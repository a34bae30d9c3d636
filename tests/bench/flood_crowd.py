"""Eight headsets in a process of their own, seen from the side of whoever drives them."""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from bridge.drivers.ports import HidHandle, HidNode
from tests.bench.headset_wire import SocketHandle
from tests.bench.wire import PATIENCE_S, BenchError
from tests.pbx.settings import ROOT
from tests.scenarios.families import make

HEADSETS = (  # eight of which a real descriptor is published, of five makers
    "0b0e-0307_evolve-link",
    "0b0e-24c9_link-380c",
    "0b0e-2456_speak-810",
    "047f-c053_blackwire-5220",
    "047f-c056_blackwire-3220",
    "1395-00a9_impact-d",
    "291a-3301_powerconf",
    "6993-b02b_wh66",
)
RATE = 1000  # reports a second of each; the most a full-speed USB device can send
LOOK_S = 0.02

Open = Callable[[], HidHandle]
Nodes = list[tuple[HidNode, Open]]


@dataclass(frozen=True, slots=True)
class Told:
    """What the headsets say they did, one item each.

    Args:
        sent: reports.
        presses: free keys.
        seconds: since they began.
    """

    sent: list[int]
    presses: list[dict[str, int]]
    seconds: float


@dataclass
class Crowd:
    """The process with the headsets in it, seen from here."""

    process: asyncio.subprocess.Process
    nodes: list[str] = field(default_factory=list)
    lamps: dict[int, set[str]] = field(default_factory=dict)
    _said: list[Told] = field(default_factory=list)

    async def listen(self) -> None:
        """Take its news until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            news = json.loads(line)
            match news:
                case {"nodes": list(nodes)}:
                    self.nodes = nodes
                case {"lamps": [int(number), *lit]}:
                    self.lamps[number] = set(lit)
                case {"sent": _}:
                    self._said.append(Told(**news))

    def order(self, **order: object) -> None:
        """Give it an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def be_quiet(self) -> Told:
        """Wait until they have said their last word; return how many there were."""
        self._said.clear()
        self.order(rate=0)
        await until(lambda: self._said, "the headsets are quiet")
        return self._said[-1]


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition.

    Raises:
        BenchError: it did not come.
    """
    ends_s = monotonic() + PATIENCE_S
    while not condition():
        if monotonic() > ends_s:
            raise BenchError(f"not within {PATIENCE_S:.0f} s: {what}")
        await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def crowd_on(fds: Sequence[int], *arguments: str) -> AsyncIterator[Crowd]:
    """Start the headsets."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.flood_source", *arguments, "--families", *HEADSETS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        pass_fds=fds,
    )
    crowd = Crowd(process)
    listening = asyncio.create_task(crowd.listen(), name="crowd")
    try:
        await until(lambda: crowd.nodes, "the headsets are plugged in")
        yield crowd
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening


@asynccontextmanager
async def virtual_crowd() -> AsyncIterator[tuple[Crowd, Nodes]]:
    """Eight headsets on sockets."""
    with contextlib.ExitStack() as stack:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in HEADSETS]
        for mine, theirs in pairs:
            stack.enter_context(mine)
            stack.enter_context(theirs)
        fds = [theirs.fileno() for _, theirs in pairs]
        async with crowd_on(fds, "--fds", *map(str, fds)) as crowd:
            yield (
                crowd,
                [
                    (make(family, port=f"1-{number}").node(crowd.nodes[number]), _opener(pair[0]))
                    for number, (family, pair) in enumerate(zip(HEADSETS, pairs, strict=True))
                ],
            )


def _opener(mine: socket.socket) -> Open:
    return lambda: SocketHandle(mine)
