"""The machine the doctor looks at: where its files are and who asks. Tests put a made-up one here.

Nothing is opened but small files of sysfs, procfs and ``/etc``; device nodes are never opened.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bridge.drivers.ports import HidNode
from bridge.drivers.udev.sysfs import node_names, read_node

RULE_DIRECTORIES = ("etc/udev/rules.d", "usr/lib/udev/rules.d", "run/udev/rules.d")
HWDB_DIRECTORIES = ("etc/udev/hwdb.d", "usr/lib/udev/hwdb.d", "run/udev/hwdb.d")
SEATS = "run/systemd/seats"  # written by logind, one file a seat
TEXT_BYTES = 65536  # no file we read is longer, /etc/group of a large firm included


def may_open(node: str) -> bool:
    """Say whether this user may read and write a device node."""
    return os.access(node, os.R_OK | os.W_OK)


def own_groups() -> frozenset[int]:
    """Return the groups of this process."""
    return frozenset({os.getegid(), *os.getgroups()})


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine, seen by one user.

    Args:
        root: where its file system is.
        uid: who asks.
        groups: of who asks, as the kernel knows them.
        may_open: whether who asks may read and write a node.
    """

    root: Path = Path("/")
    uid: int = field(default_factory=os.geteuid)
    groups: frozenset[int] = field(default_factory=own_groups)
    may_open: Callable[[str], bool] = may_open

    @property
    def sys(self) -> Path:
        """Where sysfs is."""
        return self.root / "sys"

    def nodes(self) -> list[HidNode]:
        """Return every hidraw node; those that vanish meanwhile are left out."""
        nodes = []
        for name in node_names(self.sys):
            try:
                nodes.append(read_node(name, self.sys, self.root / "dev"))
            except OSError:
                continue
        return nodes

    def hid_folder(self, node: HidNode) -> Path:
        """Return the directory of a HID device in sysfs."""
        return (self.sys / "class/hidraw" / Path(node.node).name / "device").resolve()

    def usb_folder(self, node: HidNode) -> Path | None:
        """Return the directory of the USB device a node is part of; None for uhid, Bluetooth."""
        parents = self.hid_folder(node).parents
        return next((p for p in parents if node.port and p.name == node.port), None)

    def inputs(self, node: HidNode) -> list[Path]:
        """Return the input devices that the kernel made of a headset, all its interfaces."""
        usb = self.usb_folder(node)
        if usb is None:
            return sorted(self.hid_folder(node).glob("input/input*"))
        return sorted(usb.glob("*:*/*/input/input*"))

    def files(self, directories: tuple[str, ...], pattern: str) -> list[Path]:
        """Return files of that name, as udev would find them."""
        return [file for place in directories for file in sorted((self.root / place).glob(pattern))]

    # -- people ---------------------------------------------------------------

    @property
    def user(self) -> str:
        """Name of who asks; the number where it has none."""
        ids = {row[2]: row[0] for row in self._table("etc/passwd") if len(row) > 2}
        return ids.get(str(self.uid), str(self.uid))

    def group(self, name: str) -> tuple[int, frozenset[str]] | None:
        """Return number and members of a local group; None when there is none."""
        for row in self._table("etc/group"):
            if row[0] == name and len(row) > 3 and row[2].isdecimal():
                return int(row[2]), frozenset(filter(None, row[3].split(",")))
        return None

    @property
    def is_at_seat(self) -> bool:
        """Whether who asks sits at the machine, by logind."""
        seats = (self.root / SEATS).glob("*")
        return any(f"ACTIVE_UID={self.uid}" in read_text(seat).split() for seat in seats)

    def _table(self, name: str) -> Iterator[list[str]]:
        for line in read_text(self.root / name).splitlines():
            yield line.split(":")


def read_text(path: Path) -> str:
    """Return a small file, empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(TEXT_BYTES).decode(errors="replace").strip()
    except OSError:
        return ""
