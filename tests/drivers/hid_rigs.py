"""A session on a virtual headset, and waiting without sleeping."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.hidraw.session import HidSession
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_bus import VirtualHidBus
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.models import headset_from_recording
from bridge.drivers.virtual.temperament import Temperament
from bridge.model.events import ControlChanged, Event
from bridge.model.hid import Control
from bridge.model.trace import TraceEntry
from tests.hid_dumps import ALL
from tests.library import LIBRARY

PATIENCE_S = 10.0
EVOLVE = "0b0e-0307_evolve-link"


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so; looks each time the loop comes round."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # it may come true on another thread
            await asyncio.sleep(0.001)


@dataclass
class Rig:
    """A session and everything it told."""

    headset: VirtualHeadset
    clock: ManualClock
    bus: VirtualHidBus
    device: Recognised
    session: HidSession
    events: list[Event] = field(default_factory=list)
    trace: list[TraceEntry] = field(default_factory=list)

    def heard(self) -> list[tuple[Control, bool]]:
        changes = [one.change for one in self.events if isinstance(one, ControlChanged)]
        return [(one.control, one.on) for one in changes]

    async def settle(self) -> None:
        """Wait until the session has read all that the headset sent so far."""
        sent = self.headset.sent
        await until(lambda: self.session.statistics.reports >= sent)
        await asyncio.sleep(0)


@asynccontextmanager
async def running(
    name: str = EVOLVE,
    mood: Temperament | None = None,
    *,
    at_rest: bool = True,
    at_open: tuple[bytes, ...] = (),
) -> AsyncIterator[Rig]:
    clock = ManualClock()
    headset = headset_from_recording(ALL[name].recording, clock, mood, serial="A00123")
    bus = VirtualHidBus()
    node = bus.plug(headset)
    device = recognise(node, LIBRARY)
    assert isinstance(device, Recognised)
    if at_open:
        device = replace(device, layout=replace(device.layout, at_open=at_open))
    events: list[Event] = []
    trace: list[TraceEntry] = []
    session = HidSession(
        device,
        bus.open(node),
        events.append,
        at_rest=at_rest,
        now=clock.now,
        tracer=trace.append,
        read_s=0.02,
    )
    async with session:
        yield Rig(headset, clock, bus, device, session, events, trace)
