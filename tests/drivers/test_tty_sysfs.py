"""Serial ports as sysfs shows them, and udev's events about them."""

from pathlib import Path

import pytest

from bridge.drivers.ports import TtyAdded, TtyNode, TtyRemoved
from bridge.drivers.udev.monitor import UdevTtys
from bridge.drivers.udev.sysfs import read_tty, tty_instance, tty_names


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """A machine with a panel on USB, a port on its board, and terminals without hardware."""
    sys = tmp_path / "sys"
    usb = sys / "devices" / "pci0" / "usb1" / "1-2"
    interface = usb / "1-2:1.0"
    board = sys / "devices" / "platform" / "serial8250"
    for one in (interface, board):
        one.mkdir(parents=True)
    for name, text in (
        ("idVendor", "1209"),
        ("product", "Offhook panel 16"),
        ("serial", "A1"),
        ("devnum", "5"),
    ):
        (usb / name).write_text(text + "\n")
    for name, device in (("ttyACM0", interface), ("ttyS0", board), ("tty1", None)):
        entry = sys / "class" / "tty" / name
        entry.mkdir(parents=True)
        if device is not None:
            (entry / "device").symlink_to(device)
    return sys


def test_terminals_without_hardware_are_no_ports(sys: Path) -> None:
    assert tty_names(sys) == ["ttyS0", "ttyACM0"]


def test_a_machine_without_terminals_has_none(tmp_path: Path) -> None:
    assert tty_names(tmp_path) == []


def test_a_usb_port_is_read_with_its_product(sys: Path) -> None:
    panel = read_tty("ttyACM0", sys, Path("/dev"))
    assert panel == TtyNode("/dev/ttyACM0", "Offhook panel 16", "A1", "1-2")


def test_a_port_on_the_board_has_no_product(sys: Path) -> None:
    assert read_tty("ttyS0", sys, Path("/dev")) == TtyNode("/dev/ttyS0", "", "", "")


def test_the_same_panel_plugged_in_again_is_another_instance(sys: Path) -> None:
    before = tty_instance("ttyACM0", sys)
    (sys / "devices/pci0/usb1/1-2/devnum").write_text("6\n")
    assert tty_instance("ttyACM0", sys) != before


async def test_ports_are_told_first_then_each_change_and_each_event(sys: Path) -> None:
    ttys = UdevTtys(sys=sys, dev=Path("/dev"))
    changes = ttys.changes()
    first = [await anext(changes), await anext(changes)]
    assert [one.node.node for one in first if isinstance(one, TtyAdded)] == [
        "/dev/ttyS0",
        "/dev/ttyACM0",
    ]
    ttys.watch._take("change", "ttyACM0")  # such as after udevadm trigger: rights may be others
    assert await anext(changes) == first[1]
    (sys / "class/tty/ttyACM0/device").unlink()
    ttys.watch._take("remove", "ttyACM0")
    assert await anext(changes) == TtyRemoved("/dev/ttyACM0")
    await changes.aclose()
