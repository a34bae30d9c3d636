"""Headsets nobody listed, in front of the shipped rules: opened by what their descriptor says."""

import grp
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.profiles.udev import reads_as_telephone
from bridge.protocols.hid_recorder import Recording
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import BUS_BLUETOOTH, BUS_USB, UhidDevice
from tests.lab_vm.cable import Cable, MakeCable, Uhid, UsbGadget, UsbWithSound
from tests.lab_vm.service import INSTALLED, group_of_the_rule, may_use, sbin, udevadm

KEY_MICMUTE = 248  # linux/input-event-codes.h
WORD_BITS = 64
FOR_THE_GROUP = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP
ROOT_ONLY = stat.S_IRUSR | stat.S_IWUSR
WRONG_LINE = re.compile(rf"{INSTALLED.name}:\d+.*", re.IGNORECASE)

EVOLVE_LINK = ALL["0b0e-0307_evolve-link"].recording
NOBODYS = replace(EVOLVE_LINK, vendor=0x1209, product=0x0001, name="Duo 100")
KEYS = bytes.fromhex("05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 c0")
MOUSE = bytes.fromhex(
    "05 01 09 02 a1 01 09 01 a1 00 05 09 19 01 29 03 15 00 25 01 95 03 75 01 81 02"
    "95 01 75 05 81 03 05 01 09 30 09 31 15 81 25 7f 75 08 95 02 81 06 c0 c0"
)
KEYPAD_WITH_A_HOOK = bytes.fromhex(
    "05 0b 09 05 a1 01 09 20 15 00 25 01 75 01 95 01 81 22 75 07 81 01"
    "0b 04 00 07 00 0b 05 00 07 00 75 01 95 02 81 02 75 06 95 01 81 01 c0"
)  # its keys a and b are usages of four bytes, without an item for page 07
TELEPHONES = ["1532-0511_rz19-0229", "291a-3301_powerconf", "047f-02ec_voyager-base-cd"]
OTHERS = ["046d-0a37_h540", "046d-0ac4_g535"]
Plug = type[object]


@pytest.fixture(autouse=True)
def rules_in_force(rule: None) -> None:
    """The shipped rule is installed."""


def permissions(node: str) -> tuple[str, int]:
    """Group and mode of a node once udev has done its part."""
    udevadm("settle")
    facts = Path(node).stat()
    return grp.getgrgid(facts.st_gid).gr_name, stat.S_IMODE(facts.st_mode)


@pytest.mark.parametrize("bus", [BUS_USB, BUS_BLUETOOTH])
@pytest.mark.parametrize("dump", TELEPHONES)
def test_a_telephone_of_any_vendor_is_for_the_group(dump: str, bus: int) -> None:
    descriptor = ALL[dump].recording.descriptor
    assert reads_as_telephone(descriptor)
    with UhidDevice(0x1209, 0x0001, descriptor, bus=bus) as device:
        node = device.hidraw()
        assert permissions(node) == (group_of_the_rule(), FOR_THE_GROUP)
        assert may_use(node)


@pytest.mark.parametrize(
    "descriptor",
    [
        *(ALL[name].recording.descriptor for name in OTHERS),
        KEYS,
        MOUSE,
        KEYS + NOBODYS.descriptor,
        NOBODYS.descriptor + KEYS,
        NOBODYS.descriptor + MOUSE,
        KEYPAD_WITH_A_HOOK,
    ],
    ids=[*OTHERS, "keys", "mouse", "keys first", "keys last", "mouse last", "long usages"],
)
def test_nothing_one_could_type_on_is_opened(descriptor: bytes) -> None:
    assert not reads_as_telephone(descriptor)
    with UhidDevice(0x1209, 0x0001, descriptor) as device:
        node = device.hidraw()
        assert permissions(node) == ("root", ROOT_ONLY)
        assert not may_use(node)
