"""A key panel on a USB serial port of the kernel: found by its product string, served, pulled."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bridge.drivers.serial.bus import SerialPanels
from bridge.drivers.udev.monitor import UdevTtys
from bridge.drivers.virtual.panel import FirmwareOn
from bridge.drivers.virtual.panel_firmware import Make
from bridge.model.blf import (
    Color,
    KeyFace,
    Lamp,
    PanelAttached,
    PanelEvent,
    PanelKey,
    PanelLost,
)
from bridge.model.panels import PanelSettings
from bridge.protocols.panel_link import Pace
from tests.lab.virtual_usb import AcmFunction, Gadget
from tests.lab_vm.service import may_use
from tests.mqtt.waiting import eventually

VENDOR, PRODUCT = 0x1209, 0x0001  # pid.codes: for tests, nobody's
SLOW_S = 120.0  # the machine is emulated, some twenty times slower
PACE = Pace(hello_s=60.0, ack_s=5.0, beat_s=1.0, silence_s=30.0)
RED = KeyFace(1, "Anna", "busy", Lamp(Color.RED))


def make_of(keys: int) -> Make:
    make = Make()
    make.keys, make.model, make.serial = keys, "Lab panel", "LAB1"
    return make


def gadget(product: str) -> Gadget:
    return Gadget(VENDOR, PRODUCT, [AcmFunction()], product=product, serial="LAB1")


@pytest.fixture
async def stack(rule: None) -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


class Desk:
    """The real driver on the real ports."""

    def __init__(self) -> None:
        self.events: list[PanelEvent] = []
        self.bus = SerialPanels(PanelSettings(), UdevTtys(), self.events.append, pace=PACE)

    async def has(self, kind: type[PanelEvent], count: int = 1) -> None:
        def is_told() -> bool:
            return sum(isinstance(one, kind) for one in self.events) >= count

        await eventually(is_told, f"{count} {kind.__name__}, not {self.events}", SLOW_S)


def heard(fd: int) -> bytes:
    """What the host has written until now; empty also when nobody has its end open."""
    try:
        return os.read(fd, 64)
    except BlockingIOError:
        return b""


async def firmware_of(stack: AsyncExitStack, usb: Gadget, keys: int) -> FirmwareOn:
    """Run the reference firmware at the gadget's end of the line."""
    fd = await asyncio.to_thread(usb.acm[0]._open)
    return await stack.enter_async_context(FirmwareOn(fd, make_of(keys)))


async def test_a_panel_of_128_keys_is_found_lit_pressed_and_pulled(stack: AsyncExitStack) -> None:
    desk = Desk()
    await stack.enter_async_context(desk.bus)
    usb = stack.enter_context(gadget("Offhook panel 128"))
    async with AsyncExitStack() as plugged:
        panel = await firmware_of(plugged, usb, 128)
        await desk.has(PanelAttached)
        (info,) = [one.info for one in desk.events if isinstance(one, PanelAttached)]
        assert (info.panel, info.keys) == ("lab-panel-lab1", 128)
        desk.bus.show(info.panel, dict.fromkeys(range(128), RED))
        everywhere = dict.fromkeys(range(128), Color.RED)
        await eventually(lambda: panel.board.lit == everywhere, "128 lamps", SLOW_S)
        panel.key(127, down=True)
        panel.key(127, down=False)
        await desk.has(PanelKey, 2)
    await asyncio.to_thread(usb.unplug)
    await desk.has(PanelLost)
    usb.acm[0]._close()  # the gadget's end was hung up with the cable
    await asyncio.to_thread(usb.plug)
    async with AsyncExitStack() as plugged:
        panel = await firmware_of(plugged, usb, 128)
        await desk.has(PanelAttached, 2)
        assert panel.board.lit == {}
        desk.bus.show(info.panel, {5: RED})
        await eventually(lambda: panel.board.lit == {5: Color.RED}, "the lamp", SLOW_S)


async def test_the_rule_opens_a_panel_to_its_group_and_no_other_port(
    stack: AsyncExitStack,
) -> None:
    ours = stack.enter_context(gadget("Offhook panel 8"))
    other = stack.enter_context(gadget("Label printer"))
    our_node = await asyncio.to_thread(ours.acm[0].tty, 60.0)
    other_node = await asyncio.to_thread(other.acm[0].tty, 60.0)
    await eventually(lambda: may_use(our_node), "udev has applied the rule", SLOW_S)
    assert not may_use(other_node)


async def test_a_port_of_something_else_hears_not_a_byte(stack: AsyncExitStack) -> None:
    desk = Desk()
    await stack.enter_async_context(desk.bus)
    other = stack.enter_context(gadget("Label printer"))
    ours = stack.enter_context(gadget("Offhook panel 8"))
    fd = await asyncio.to_thread(other.acm[0]._open)
    await firmware_of(stack, ours, 8)
    await desk.has(PanelAttached)  # ours came later: the other one was seen and left alone
    assert heard(fd) == b""
