"""The real bus and the real session: udev tells, hidraw opens, a call is answered and shown."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.hidraw.session import HidSession
from bridge.drivers.ports import HidNode, NodeAdded, NodeRemoved
from bridge.drivers.udev.monitor import UdevBus
from bridge.model.events import ControlChanged, DeviceLost, Event
from bridge.model.hid import Control, Indication
from bridge.profiles.library import load_library
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import UhidDevice

PATIENCE_S = 30.0
FAMILIES = [
    "0b0e-0307_evolve-link",
    "047f-c053_blackwire-5220",
    "6993-b02b_wh66",
    "1395-00a9_impact-d",
]
CYCLES = 20

Changes = AsyncIterator[NodeAdded | NodeRemoved]


def plug(name: str) -> UhidDevice:
    one = ALL[name].recording
    return UhidDevice(one.vendor, one.product, one.descriptor, name=one.name, serial="A1")


async def added(changes: Changes) -> HidNode:
    async with asyncio.timeout(PATIENCE_S):
        change = await anext(changes)
    assert isinstance(change, NodeAdded)
    return change.node


async def removed(changes: Changes) -> None:
    async with asyncio.timeout(PATIENCE_S):
        assert isinstance(await anext(changes), NodeRemoved)


class Heard(list[Event]):
    """Events, and a wait for one of them."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.append(event)
        self._more.set()

    async def key(self, control: Control) -> None:
        await self._until(lambda e: isinstance(e, ControlChanged) and e.change.control is control)

    async def lost(self) -> None:
        await self._until(lambda e: isinstance(e, DeviceLost))

    async def _until(self, fits: object) -> None:
        assert callable(fits)
        async with asyncio.timeout(PATIENCE_S):
            while not any(fits(event) for event in self):
                self._more.clear()
                await self._more.wait()


@pytest.mark.parametrize("name", FAMILIES)
async def test_a_headset_is_found_answers_shows_it_and_leaves(name: str) -> None:
    bus, library, heard = UdevBus(open_hidraw), load_library(), Heard()
    changes = bus.changes()
    layout = ALL[name].layout()
    hook = next(one for one in layout.inputs if one.control is Control.HOOK)
    length = layout.input_bytes[hook.report]
    lifted = bytes([hook.report]) + (1 << hook.bit).to_bytes(length, "little")
    device = plug(name)
    try:
        found = recognise(await added(changes), library)
        assert isinstance(found, Recognised)
        assert found.info.profile == ALL[name].expected["profile"]
        async with HidSession(found, bus.open(found.node), heard) as session:
            device.send(lifted)
            await heard.key(Control.HOOK)
            session.show(Indication(off_hook=True))
            written = await asyncio.to_thread(device.receive, PATIENCE_S)
            off_hook = ALL[name].expected["outputs"]["off_hook"]
            assert written is not None
            assert written[0] == off_hook["report"]
            assert int.from_bytes(written[1:], "little") >> off_hook["bit"] & 1
            device.close()
            await heard.lost()
        await removed(changes)
    finally:
        device.close()


async def test_cycles_of_plugging_lose_no_event_and_leave_nothing_behind() -> None:
    bus, library = UdevBus(open_hidraw), load_library()
    changes = bus.changes()
    with plug(FAMILIES[0]):  # whatever is loaded and opened once
        first = recognise(await added(changes), library)
    await removed(changes)
    assert isinstance(first, Recognised)
    threads, files = threading.active_count(), open_files()
    for _ in range(CYCLES):
        heard = Heard()
        with plug(FAMILIES[0]):
            found = recognise(await added(changes), library)
            assert isinstance(found, Recognised)
            assert found.info.device == first.info.device
            session = HidSession(found, bus.open(found.node), heard)
            await session.__aenter__()
        await heard.lost()
        await session.__aexit__(None, None, None)
        await removed(changes)
    assert threading.active_count() <= threads
    assert open_files() <= files


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
