"""A bus with headsets on it that nobody plugs or pulls, and a watch at each open one.

The watch is inside the process under test, at the handle and at the engine: the device, its cable
and the kernel are in none of its times.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from bridge.drivers.ports import HidHandle, HidNode, NodeAdded, NodeRemoved


@dataclass(slots=True)
class Stamps:
    """Times in nanoseconds, 0 = not yet. Each is set by one thread."""

    read_ns: int = 0  # the first report of a press was read
    written_ns: int = 0  # its last acknowledgement was handed to the node
    intent_ns: int = 0  # the first order to the engine; set by whoever owns the engine
    reads: int = 0
    writes: int = 0

    def arm(self) -> None:
        """Begin with the next press."""
        self.read_ns = self.written_ns = self.intent_ns = 0


@dataclass(slots=True)
class StampedHandle:
    """A handle with a watch. See ``ports.HidHandle``."""

    inner: HidHandle
    stamps: Stamps = field(default_factory=Stamps)

    def read(self, timeout_s: float) -> bytes:
        report = self.inner.read(timeout_s)
        if report:
            self.stamps.read_ns = self.stamps.read_ns or time.perf_counter_ns()
            self.stamps.reads += 1
        return report

    def write(self, report: bytes) -> None:
        self.stamps.written_ns = time.perf_counter_ns()
        self.inner.write(report)
        self.stamps.writes += 1

    def write_feature(self, report: bytes) -> None:
        self.inner.write_feature(report)

    def read_feature(self, report_id: int, length: int) -> bytes:
        return self.inner.read_feature(report_id, length)

    def close(self) -> None:
        self.inner.close()


@dataclass(slots=True)
class FixedBus:
    """A bus that never changes. See ``ports.HidBus``.

    Args:
        nodes: what is plugged in, each with what opens it.
        stamps: by node; empty for those that nobody has opened yet.
    """

    nodes: tuple[tuple[HidNode, Callable[[], HidHandle]], ...]
    stamps: dict[str, Stamps] = field(default_factory=dict)

    async def changes(self) -> AsyncIterator[NodeAdded | NodeRemoved]:
        for node, _ in self.nodes:
            yield NodeAdded(node)
        await asyncio.Event().wait()

    def open(self, node: HidNode) -> HidHandle:
        handle = StampedHandle(next(open_it() for one, open_it in self.nodes if one == node))
        self.stamps[node.node] = handle.stamps
        return handle
