"""Headsets nobody listed, in front of the shipped rules: opened by what their descriptor says."""

import grp
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.checks.kernel_input import active_trigger
from bridge.profiles.udev import reads_as_telephone
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import BUS_BLUETOOTH, BUS_USB, UhidDevice
from tests.lab_vm.cable import Cable, MakeCable, Uhid, UsbGadget, UsbWithSound
from tests.lab_vm.service import INSTALLED, group_of_the_rule, may_use, sbin, udevadm
from tests.lab_vm.test_doctor import look
from tests.lab_vm.test_hwdb import KEY_VOLUMEUP, keys_of

FOR_THE_GROUP = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP
ROOT_ONLY = stat.S_IRUSR | stat.S_IWUSR

EVOLVE_DUMP = "0b0e-0307_evolve-link"
NOBODYS = replace(ALL[EVOLVE_DUMP].recording, vendor=0x1209, product=0x0001, name="Duo 100")
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


@pytest.fixture(params=[Uhid, UsbGadget, UsbWithSound])
def headset(request: pytest.FixtureRequest) -> Iterator[Cable]:
    """A headset of nobody, on each kind of cable; udev is done with it."""
    make_cable: MakeCable = request.param
    cable = make_cable(NOBODYS)
    cable.plug()
    cable.hidraw()
    udevadm("settle")
    yield cable
    cable.pull()
    if isinstance(cable, UsbGadget):
        cable.close()


def test_a_headset_of_nobody_is_opened_its_mute_key_and_its_lamp_are_ours(headset: Cable) -> None:
    node = headset.hidraw()
    assert permissions(node) == (group_of_the_rule(), FOR_THE_GROUP)
    assert may_use(node)
    assert keys_of(headset, node, EVOLVE_DUMP) == {KEY_VOLUMEUP}
    assert look("mute key") == []
    folder = Path("/sys/class/hidraw") / Path(node).name / "device"
    (led,) = folder.glob("input/input*/input*::mute/trigger")
    led.write_text(next(w for w in led.read_text().split() if not w.startswith(("[", "none"))))
    assert active_trigger(led.read_text())
    udevadm("trigger", "-s", "leds")
    udevadm("settle")
    assert active_trigger(led.read_text()) == ""


def test_udev_has_nothing_to_say_against_the_rules() -> None:
    """Wrong syntax is told when the file is read, and the line is left out."""
    with UhidDevice(0x1209, 0x0001, NOBODYS.descriptor) as device:
        node = Path("/sys/class/hidraw") / Path(device.hidraw()).name
        asked = subprocess.run(
            [sbin("udevadm"), "test", str(node.resolve())],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    told = [
        line
        for line in (asked.stdout + asked.stderr).splitlines()
        if f"{INSTALLED.name}:" in line
        and not any(word in line for word in ("Running PROGRAM", "GROUP", "MODE", "RUN"))
    ]
    assert told == []
    assert "Running PROGRAM '/usr/bin/od" in asked.stdout + asked.stderr
