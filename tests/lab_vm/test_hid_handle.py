"""The real hidraw handle keeps the contract of an open HID device, on a device made by uhid."""

import queue
from collections.abc import Iterator

import pytest

from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.ports import HidHandle
from bridge.drivers.udev.monitor import describe_node
from tests.contract.hid_contract import DeviceSide, HidHandleContract
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import UhidDevice

EVOLVE = ALL["0b0e-0307_evolve-link"].recording


class UhidSide:
    """An Evolve Link made by uhid, seen from its own side."""

    def __init__(self) -> None:
        self._device = UhidDevice(
            EVOLVE.vendor, EVOLVE.product, EVOLVE.descriptor, name=EVOLVE.name
        )
        self._node = describe_node(self._device.hidraw())

    def open(self) -> HidHandle:
        return open_hidraw(self._node)

    def send(self, report: bytes) -> None:
        self._device.send(report)

    def receive(self, timeout_s: float) -> bytes:
        report = self._device.receive(timeout_s)
        if report is None:
            raise queue.Empty
        return report

    def unplug(self) -> None:
        self._device.close()


class TestHidraw(HidHandleContract):
    @pytest.fixture
    def device(self) -> Iterator[DeviceSide]:
        side = UhidSide()
        yield side
        side.unplug()

    def test_sysfs_shows_the_device(self, device: UhidSide) -> None:
        node = device._node
        assert (node.vendor_id, node.product_id, node.name) == (0x0B0E, 0x0307, EVOLVE.name)
        assert node.descriptor == EVOLVE.descriptor
