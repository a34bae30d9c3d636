"""The virtual headset keeps the contract of an open HID device; the real one does in the lab."""

import queue

import pytest

from bridge.drivers.ports import HidHandle
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.model.errors import TransportError
from tests.contract.hid_contract import DeviceSide, HidHandleContract
from tests.hid_dumps import ALL


class VirtualDevice:
    """A virtual Evolve Link, seen from its own side."""

    def __init__(self) -> None:
        descriptor = ALL["0b0e-0307_evolve-link"].recording.descriptor
        self.headset = VirtualHeadset(descriptor, clock=ManualClock())

    def open(self) -> HidHandle:
        return self.headset.open()

    def send(self, report: bytes) -> None:
        self.headset.send(report)

    def receive(self, timeout_s: float) -> bytes:
        written: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        for one in self.headset.written:
            written.put(one)
        return written.get(timeout=timeout_s)

    def unplug(self) -> None:
        self.headset.unplug()


class TestVirtualHeadset(HidHandleContract):
    @pytest.fixture
    def device(self) -> DeviceSide:
        return VirtualDevice()


@pytest.mark.parametrize("report", [b"", b"\x02", b"\x02\x01", b"\x02\x01\x00\x00", b"\x63\x00"])
def test_the_virtual_headset_refuses_what_the_real_one_refuses(report: bytes) -> None:
    device = VirtualDevice()
    handle = device.open()
    with pytest.raises(TransportError, match="refused output report"):
        handle.write(report)
    assert device.headset.written == []


def test_a_program_that_does_not_read_loses_the_newest_reports() -> None:
    device = VirtualDevice()
    handle = device.open()
    for number in range(100):
        device.send(bytes([2, number, 0]))
    read = [handle.read(0.0) for _ in range(64)]
    assert read[:63] == [bytes([2, number, 0]) for number in range(63)]
    assert read[63] == b""


SPEAK_810 = ALL["0b0e-2456_speak-810"].recording.descriptor


def test_a_feature_reaches_the_device_and_lights_nothing() -> None:
    headset = VirtualHeadset(SPEAK_810, clock=ManualClock())
    headset.open().write_feature(b"\x04\x00")
    assert headset.features == [b"\x04\x00"]
    assert headset.written == []


@pytest.mark.parametrize("report", [b"", b"\x04", b"\x04\x00\x00", b"\x63\x00"])
def test_a_feature_the_device_does_not_have_is_refused(report: bytes) -> None:
    headset = VirtualHeadset(SPEAK_810, clock=ManualClock())
    with pytest.raises(TransportError, match="refused feature report"):
        headset.open().write_feature(report)
