"""What every open HID device promises. Subclasses say what device: virtual, or uhid in the lab."""

import threading
from collections.abc import Callable
from typing import Protocol

import pytest

from bridge.drivers.ports import HidHandle
from bridge.model.errors import DeviceGone, TransportError

SHORT_S = 0.05
LONG_S = 20.0  # the lab's machine is emulated, some twenty times slower than the real one

HOOK_UP = b"\x02\x01\x00"
HOOK_DOWN = b"\x02\x00\x00"
LAMP_ON = b"\x02\x01\x00"


class DeviceSide(Protocol):
    """The device's end of the cable: a Jabra Evolve Link."""

    def open(self) -> HidHandle: ...
    def send(self, report: bytes) -> None: ...
    def receive(self, timeout_s: float) -> bytes:
        """Return the next report the host wrote."""

    def unplug(self) -> None: ...


class HidHandleContract:
    """Needs a fixture ``device``."""

    def test_nothing_to_read_is_empty_after_the_time_limit(self, device: DeviceSide) -> None:
        handle = device.open()
        assert handle.read(SHORT_S) == b""
        handle.close()

    def test_a_report_is_read_whole_with_its_id(self, device: DeviceSide) -> None:
        handle = device.open()
        device.send(HOOK_UP)
        device.send(HOOK_DOWN)
        assert [handle.read(LONG_S), handle.read(LONG_S)] == [HOOK_UP, HOOK_DOWN]
        handle.close()

    def test_a_read_ends_as_soon_as_there_is_a_report(self, device: DeviceSide) -> None:
        handle = device.open()
        timer = threading.Timer(SHORT_S, device.send, [HOOK_UP])
        timer.start()
        assert handle.read(LONG_S) == HOOK_UP
        timer.join()
        handle.close()

    def test_a_written_report_reaches_the_device(self, device: DeviceSide) -> None:
        handle = device.open()
        handle.write(LAMP_ON)
        assert device.receive(LONG_S) == LAMP_ON
        handle.close()

    def test_two_programs_both_hear_a_key(self, device: DeviceSide) -> None:
        ours, theirs = device.open(), device.open()
        device.send(HOOK_UP)
        assert [ours.read(LONG_S), theirs.read(LONG_S)] == [HOOK_UP, HOOK_UP]
        ours.close()
        theirs.close()

    def test_what_was_sent_before_opening_is_not_heard(self, device: DeviceSide) -> None:
        device.send(HOOK_UP)
        handle = device.open()
        assert handle.read(SHORT_S) == b""
        handle.close()

    def test_a_pulled_device_ends_a_waiting_read(self, device: DeviceSide) -> None:
        handle = device.open()
        timer = threading.Timer(SHORT_S, device.unplug)
        timer.start()
        with pytest.raises(DeviceGone, match=r"is gone: plug .* in again"):
            read_until_gone(handle)
        timer.join()
        handle.close()

    def test_writing_to_a_pulled_device_says_that_it_is_gone(self, device: DeviceSide) -> None:
        handle = device.open()
        device.unplug()
        with pytest.raises(DeviceGone):
            read_until_gone(handle)
        with pytest.raises(TransportError):
            handle.write(LAMP_ON)
        with pytest.raises(TransportError):
            handle.write_feature(LAMP_ON)
        with pytest.raises(TransportError):
            handle.read_feature(4, 64)
        handle.close()

    def test_opening_a_pulled_device_says_that_it_is_gone(self, device: DeviceSide) -> None:
        device.unplug()
        with pytest.raises(DeviceGone):
            device.open()

    def test_closing_twice_is_harmless(self, device: DeviceSide) -> None:
        handle = device.open()
        handle.close()
        handle.close()

    @pytest.mark.parametrize(
        "use",
        [
            lambda h: h.read(SHORT_S),
            lambda h: h.write(LAMP_ON),
            lambda h: h.write_feature(LAMP_ON),
            lambda h: h.read_feature(4, 64),
        ],
        ids=["read", "write", "write_feature", "read_feature"],
    )
    def test_a_closed_handle_is_gone(
        self, device: DeviceSide, use: Callable[[HidHandle], object]
    ) -> None:
        handle = device.open()
        handle.close()
        with pytest.raises(DeviceGone):
            use(handle)


def read_until_gone(handle: HidHandle) -> None:
    """Read until the device has left; at most the time limit of the test."""
    while True:
        handle.read(LONG_S)
