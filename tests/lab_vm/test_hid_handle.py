"""The real hidraw handle keeps the contract of an open HID device, whatever is below it."""

import queue
from collections.abc import Iterator

import pytest

from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.ports import HidHandle
from bridge.drivers.udev.monitor import describe_node
from tests.contract.hid_contract import DeviceSide, HidHandleContract
from tests.hid_dumps import ALL
from tests.lab_vm.cable import (
    SERIAL,
    MakeCable,
    Uhid,
    UsbGadget,
    UsbWithSound,
    interrupt_gadget,
)

EVOLVE = ALL["0b0e-0307_evolve-link"].recording


class Side:
    """An Evolve Link seen from its own end of the cable."""

    def __init__(self, make_cable: MakeCable) -> None:
        self._cable = make_cable(EVOLVE)
        self._cable.plug()
        self.node = describe_node(self._cable.hidraw())

    def open(self) -> HidHandle:
        return open_hidraw(self.node)

    def send(self, report: bytes) -> None:
        self._cable.send(report)

    def receive(self, timeout_s: float) -> bytes:
        report = self._cable.receive(timeout_s)
        if report is None:
            raise queue.Empty
        return report

    def unplug(self) -> None:
        self._cable.pull()

    def close(self) -> None:
        self._cable.close()


class OnHidraw(HidHandleContract):
    """Needs a fixture ``device``, as its base does."""

    def test_sysfs_shows_the_device(self, device: Side) -> None:
        node = device.node
        assert (node.vendor_id, node.product_id, node.name) == (0x0B0E, 0x0307, EVOLVE.name)
        assert (node.serial, node.descriptor) == (SERIAL, EVOLVE.descriptor)


class TestHidraw(OnHidraw):
    @pytest.fixture
    def device(self) -> Iterator[DeviceSide]:
        yield from side_of(Uhid)


class TestHidrawOnUsb(OnHidraw):
    @pytest.fixture(params=[UsbGadget, interrupt_gadget, UsbWithSound])
    def device(self, request: pytest.FixtureRequest) -> Iterator[DeviceSide]:
        yield from side_of(request.param)

    @pytest.mark.skip(reason="Linux discards for 50 ms what waited in a USB device: too short here")
    def test_what_was_sent_before_opening_is_not_heard(self, device: DeviceSide) -> None:
        """See usbhid_open in drivers/hid/usbhid/hid-core.c; real devices answer within 10 ms."""


def side_of(make_cable: MakeCable) -> Iterator[Side]:
    side = Side(make_cable)
    yield side
    side.close()
