"""hidraw nodes as sysfs shows them, on a tree like that of a real machine."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.drivers.hidraw.handle import open_hidraw, why_not
from bridge.drivers.ports import HidHandle, HidNode, NodeAdded, NodeRemoved
from bridge.drivers.udev.monitor import UdevBus, describe_node
from bridge.drivers.udev.sysfs import node_names, read_node
from bridge.drivers.virtual.hid_handle import VirtualHandle
from bridge.model.errors import DeviceGone, PermissionMissing, TransportError
from tests.hid_dumps import ALL

EVOLVE = ALL["0b0e-0307_evolve-link"].recording.descriptor


class Machine:
    """A sysfs tree in a directory."""

    def __init__(self, root: Path) -> None:
        self.sys = root / "sys"
        self.dev = root / "dev"
        self._instances = 0
        (self.sys / "class" / "hidraw").mkdir(parents=True)

    def plug(self, number: int, *, usb: bool = True, descriptor: bytes = EVOLVE) -> None:
        self._instances += 1
        parent = self.sys / "devices" / ("pci0/usb1/1-2" if usb else "virtual/misc/uhid")
        hid = parent / "1-2:1.3" if usb else parent
        hid = hid / f"0003:0B0E:0307.{self._instances:04X}"
        hid.mkdir(parents=True)
        if usb:
            (parent / "idVendor").write_text("0b0e\n")
            (parent / "product").write_text("Jabra EVOLVE LINK MS\n")
            (parent / "serial").write_text("A0047\n")
        (hid / "uevent").write_text(
            "DRIVER=jabra\nHID_ID=0003:00000B0E:00000307\nHID_NAME=GN Netcom Jabra EVOLVE\n"
            "HID_PHYS=usb-0000:00:14.0-2/input3\nHID_UNIQ=\nMODALIAS=hid:b0003\n"
        )
        (hid / "report_descriptor").write_bytes(descriptor)
        node = self.sys / "class" / "hidraw" / f"hidraw{number}"
        node.mkdir()
        (node / "device").symlink_to(hid)

    def unplug(self, number: int) -> None:
        node = self.sys / "class" / "hidraw" / f"hidraw{number}"
        shutil.rmtree((node / "device").resolve())
        shutil.rmtree(node)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_usb_headset_is_read_with_its_port_and_serial_number(machine: Machine) -> None:
    machine.plug(3)
    node = read_node("hidraw3", machine.sys, machine.dev)
    assert node == HidNode(
        str(machine.dev / "hidraw3"),
        3,
        0x0B0E,
        0x0307,
        "Jabra EVOLVE LINK MS",
        "A0047",
        "1-2",
        EVOLVE,
    )


def test_a_device_without_a_usb_parent_is_read_too(machine: Machine) -> None:
    machine.plug(0, usb=False)
    node = read_node("hidraw0", machine.sys, machine.dev)
    assert (node.name, node.serial, node.port) == ("GN Netcom Jabra EVOLVE", "", "")


def test_nodes_come_in_order_of_their_numbers(machine: Machine) -> None:
    for number in (10, 2, 0):
        machine.plug(number)
    assert node_names(machine.sys) == ["hidraw0", "hidraw2", "hidraw10"]


def test_a_machine_without_hid_has_no_nodes(tmp_path: Path) -> None:
    assert node_names(tmp_path) == []


@pytest.mark.parametrize("text", ["", "HID_ID=x:y:z", "HID_ID=1:2", "\xff\x00="])
def test_odd_facts_do_no_harm(machine: Machine, text: str) -> None:
    machine.plug(0)
    (machine.sys / "class/hidraw/hidraw0/device/uevent").write_text(text, "latin-1")
    assert read_node("hidraw0", machine.sys, machine.dev).vendor_id == 0


def test_explaining_a_node_that_is_none_says_so(machine: Machine) -> None:
    with pytest.raises(TransportError, match="/dev/hidraw77 is no hidraw node"):
        describe_node("/dev/hidraw77", sys=machine.sys)


def test_opening_a_node_that_is_gone_says_so(tmp_path: Path) -> None:
    node = HidNode(str(tmp_path / "hidraw0"), 3, 0, 0, "", "", "", b"")
    with pytest.raises(DeviceGone, match="plug the device in again"):
        open_hidraw(node)


def test_a_file_that_is_no_device_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "hidraw0"
    path.write_bytes(b"")
    assert type(why_not(str(path))) is TransportError


# -- the bus: its own bookkeeping, events fed by hand --------------------------


@pytest.fixture
def bus(machine: Machine) -> UdevBus:
    return UdevBus(open_hidraw, sys=machine.sys, dev=machine.dev)


async def next_of(changes: AsyncIterator[NodeAdded | NodeRemoved]) -> tuple[str, str]:
    async with asyncio.timeout(5):
        change = await anext(changes)
    match change:
        case NodeAdded(node):
            return "added", Path(node.node).name
        case NodeRemoved(name):
            return "removed", Path(name).name


async def test_what_is_there_comes_first_and_then_each_change(
    machine: Machine, bus: UdevBus
) -> None:
    machine.plug(0)
    changes = bus.changes()
    assert await next_of(changes) == ("added", "hidraw0")
    machine.plug(1, usb=False)
    bus.watch._take("add", "hidraw1")
    machine.unplug(0)
    bus.watch._take("remove", "hidraw0")
    assert [await next_of(changes), await next_of(changes)] == [
        ("added", "hidraw1"),
        ("removed", "hidraw0"),
    ]


async def test_a_node_that_is_told_twice_is_one(machine: Machine, bus: UdevBus) -> None:
    machine.plug(0)
    changes = bus.changes()
    await next_of(changes)
    bus.watch._take("add", "hidraw0")
    bus.watch._take("change", "hidraw0")
    assert bus.watch._queue.empty()


async def test_a_node_we_might_not_open_is_told_again_with_its_next_event(machine: Machine) -> None:
    machine.plug(0)
    permitted = False

    def open_node(node: HidNode) -> HidHandle:
        if not permitted:
            raise PermissionMissing(f"no access to {node.node}")
        return VirtualHandle(lambda _report: None, lambda _report: None, lambda _handle: None)

    bus = UdevBus(open_node, sys=machine.sys, dev=machine.dev)
    changes = bus.changes()
    assert await next_of(changes) == ("added", "hidraw0")
    node = read_node("hidraw0", machine.sys, machine.dev)
    with pytest.raises(PermissionMissing):
        bus.open(node)
    permitted = True
    bus.watch._take("change", "hidraw0")
    assert await next_of(changes) == ("added", "hidraw0")
    bus.open(node)
    bus.watch._take("change", "hidraw0")
    assert bus.watch._queue.empty()


async def test_a_headset_replugged_unnoticed_is_another_one(machine: Machine, bus: UdevBus) -> None:
    machine.plug(0)
    changes = bus.changes()
    await next_of(changes)
    machine.unplug(0)
    machine.plug(0)
    bus.watch._take("add", "hidraw0")
    assert [await next_of(changes), await next_of(changes)] == [
        ("removed", "hidraw0"),
        ("added", "hidraw0"),
    ]


async def test_a_node_that_vanished_before_we_looked_is_nothing(
    machine: Machine, bus: UdevBus
) -> None:
    machine.plug(0)
    changes = bus.changes()
    await next_of(changes)
    bus.watch._take("add", "hidraw9")
    assert bus.watch._queue.empty()


async def test_a_node_that_was_not_ready_is_read_at_the_next_event(
    machine: Machine, bus: UdevBus
) -> None:
    machine.plug(0)
    machine.plug(1, usb=False)
    descriptor = machine.sys / "class/hidraw/hidraw1/device/report_descriptor"
    descriptor.unlink()
    changes = bus.changes()
    await next_of(changes)
    assert bus.watch._queue.empty()
    descriptor.write_bytes(EVOLVE)
    bus.watch._take("change", "hidraw0")
    assert await next_of(changes) == ("added", "hidraw1")


async def test_after_lost_events_everything_is_looked_at_again(
    machine: Machine, bus: UdevBus
) -> None:
    machine.plug(0)
    changes = bus.changes()
    await next_of(changes)

    class Overflown:
        def poll(self, timeout: float | None = None) -> None:
            raise OSError(105, "No buffer space available")

        def fileno(self) -> int:
            return -1

    machine.unplug(0)
    machine.plug(5, usb=False)
    bus.watch._drain(Overflown())
    assert [await next_of(changes), await next_of(changes)] == [
        ("removed", "hidraw0"),
        ("added", "hidraw5"),
    ]
