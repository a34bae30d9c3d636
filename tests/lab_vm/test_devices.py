"""The lab itself: what looks like a device to the kernel looks like one to us."""

import os
from pathlib import Path

import pytest

from tests.lab.virtual_usb import Gadget, HidFunction, UhidDevice, headset_descriptor

HOOK_DOWN = b"\x01\x01"  # report 1, bit 0
OFF_HOOK_LAMP = b"\x02\x01"  # report 2, bit 0


def test_a_uhid_headset_appears_as_hidraw_and_speaks_both_ways() -> None:
    with UhidDevice(0x0B0E, 0x2453, headset_descriptor(), name="Lab headset") as headset:
        node = Path(headset.hidraw())
        uevent = Path("/sys/class/hidraw", node.name, "device/uevent").read_text()
        assert "HID_NAME=Lab headset" in uevent
        with node.open("r+b", buffering=0) as program:
            headset.send(HOOK_DOWN)
            assert program.read(64) == HOOK_DOWN
            program.write(OFF_HOOK_LAMP)
            assert headset.receive(5) == OFF_HOOK_LAMP


def test_a_usb_headset_can_be_pulled_while_open() -> None:
    function = HidFunction(headset_descriptor(), out_endpoint=False)
    with Gadget(0x0B0E, 0x2453, [function], product="Lab headset", serial="A1") as usb:
        descriptor = os.open(function.hidraw(), os.O_RDWR)
        function.send(HOOK_DOWN)
        assert os.read(descriptor, 64) == HOOK_DOWN
        usb.unplug()
        with pytest.raises(OSError, match=r"Input/output error|No such device"):
            os.read(descriptor, 64)
        os.close(descriptor)
        usb.plug()
        assert Path(function.hidraw()).exists()
