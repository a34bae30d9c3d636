"""The shipped hwdb file: a press of the mute key is Offhook's alone, not the desktop's as well."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Protocol

import pytest

from bridge.model.hid import Control
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import UhidDevice, wait_for
from tests.lab_vm.service import INSTALLED, ROOT, install_rule, remove_rule, sbin, udevadm

HWDB = ROOT / "systemd" / "60-offhook.hwdb"
FAMILIES = [
    "0b0e-0307_evolve-link",
    "047f-c053_blackwire-5220",
    "6993-b02b_wh66",
    "1395-00a9_impact-d",
]
EVENT = struct.Struct("llHHi")  # struct input_event of linux/input.h on 64 bits
EV_KEY, KEY_VOLUMEUP, KEY_MICMUTE = 1, 115, 248  # linux/input-event-codes.h
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def hwdb() -> None:
    """The file is installed; the VM forgets it at its end."""
    place = Path("/etc/udev/hwdb.d")
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(HWDB, place)
    subprocess.run([sbin("systemd-hwdb"), "update"], check=True, timeout=200)
    udevadm("control", "--reload")


@pytest.fixture(scope="module", autouse=True)
def no_rule() -> Iterator[None]:
    """Without the shipped udev rule, which takes the key as well; it is back afterwards."""
    was_there = INSTALLED.exists()
    remove_rule()
    yield
    if was_there:
        install_rule()


def test_without_the_file_the_desktop_sees_the_mute_key() -> None:
    assert keys_on_the_desktop(FAMILIES[0]) == {KEY_MICMUTE, KEY_VOLUMEUP}


@pytest.mark.parametrize("dump", FAMILIES)
def test_with_the_file_the_desktop_sees_the_volume_key_only(hwdb: None, dump: str) -> None:
    assert keys_on_the_desktop(dump) == {KEY_VOLUMEUP}


def keys_on_the_desktop(dump: str) -> set[int]:
    """Press mute, then volume up; return what the kernel makes of it for programs with a window."""
    one = ALL[dump].recording
    with UhidDevice(one.vendor, one.product, one.descriptor, name=one.name) as device:
        node = device.hidraw()
        udevadm("settle")
        return keys_of(device, node, dump)


class Sender(Protocol):
    """What presses keys."""

    def send(self, report: bytes) -> None: ...


def keys_of(device: Sender, node: str, dump: str) -> set[int]:
    """Press mute, then volume up, on a headset that udev is done with; see above."""
    folder = Path("/sys/class/hidraw") / Path(node).name / "device"
    nodes = [f"/dev/input/{path.name}" for path in folder.glob("input/input*/event*")]
    with ExitStack() as stack:
        files = [stack.enter_context(open_now(node)) for node in nodes]
        device.send(pressed(dump, Control.MUTE))
        device.send(pressed(dump, Control.VOLUME_UP))
        seen: set[int] = set()

        def has_volume() -> bool:
            for file in files:
                seen.update(key_codes(file.read() or b""))
            return KEY_VOLUMEUP in seen

        wait_for(has_volume, PATIENCE_S, "the volume key, pressed last")
        has_volume()  # what another of its input devices was told before
        return seen


def pressed(dump: str, control: Control) -> bytes:
    """The report of a device on which this key alone is down."""
    layout = ALL[dump].layout()
    key = next(found for found in layout.inputs if found.control is control)
    length = layout.input_bytes[key.report]
    return bytes([key.report]) + (1 << key.bit).to_bytes(length, "little")


def open_now(node: str) -> FileIO:
    """Open without waiting: an empty node reads as None."""
    return FileIO(node, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))


def key_codes(data: bytes) -> set[int]:
    """The keys that went down."""
    return {
        code for _, _, kind, code, value in EVENT.iter_unpack(data) if kind == EV_KEY and value == 1
    }
