"""A machine in a directory: sysfs, procfs, ``/dev`` and ``/etc`` shaped like those of a real one.

Paths and file contents follow Linux 6.1 with udev and logind of systemd 252.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from bridge.cli.checks import headset
from bridge.cli.checks.finding import Finding
from bridge.cli.checks.machine import Machine
from bridge.config.settings import HeadsetSettings
from bridge.setup.shipped import shipped_directory
from tests.hid_dumps import ALL

UID = 1000
USER = "ada"
EVOLVE = "0b0e-0307_evolve-link"
MICMUTE = "100000000000000 0 0 0"  # bit 56 of the fourth word: 3 * 64 + 56 = 248
NO_KEYS = "0"
EVOLVE_DESCRIPTOR = ALL[EVOLVE].recording.descriptor
HIDDEN = EVOLVE_DESCRIPTOR.replace(bytes.fromhex("050b0905a101"), bytes.fromhex("060b000905a101"))
"""The same with page 0B in two bytes: only its profile knows it as a telephone, no rule does."""
TRIGGERS = "none kbd-capslock {} rc-feedback"


@dataclass
class MadeUp:
    """The files of a machine.

    Args:
        root: an empty directory.
        is_open: whether the user may open device nodes.
        groups: of the user's processes.
    """

    root: Path
    is_open: bool = True
    groups: frozenset[int] = frozenset()
    numbers: int = 0

    def __post_init__(self) -> None:
        self.write(
            "etc/passwd", f"root:x:0:0::/root:/bin/sh\n{USER}:x:{UID}:{UID}::/home/ada:/bin/sh"
        )
        self.write("etc/group", f"root:x:0:\n{USER}:x:{UID}:")

    @property
    def machine(self) -> Machine:
        """What the checks are given."""
        return Machine(self.root, UID, self.groups, lambda _: self.is_open)

    def write(self, name: str, text: str | bytes) -> Path:
        """Make a file and the directories above it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def plug(
        self,
        dump: str = EVOLVE,
        *,
        card: bool = True,
        audio: bool = True,
        keys: str = NO_KEYS,
        trigger: str = "[none]",
        descriptor: bytes | None = None,
    ) -> str:
        """Plug a headset into the next USB port; return the path of its node."""
        one = ALL[dump].recording
        number, self.numbers = self.numbers, self.numbers + 1
        port = f"1-{number + 1}"
        usb = f"sys/devices/pci0000:00/0000:00:14.0/usb1/{port}"
        for name, text in (
            ("idVendor", f"{one.vendor:04x}"),
            ("idProduct", f"{one.product:04x}"),
            ("product", one.name),
            (f"{port}:1.0/bInterfaceClass", "01" if audio else "03"),
            (f"{port}:1.3/bInterfaceClass", "03"),
        ):
            self.write(f"{usb}/{name}", text + "\n")
        if card:
            self.write(f"{usb}/{port}:1.0/sound/card{number}/id", "LINK\n")
        ids = f"{one.vendor:04X}:{one.product:04X}"
        hid = f"{usb}/{port}:1.3/0003:{ids}.{number + 1:04X}"
        self._hid(hid, number, f"0003:{one.vendor:08X}:{one.product:08X}", one.name)
        self.write(f"{hid}/report_descriptor", descriptor or one.descriptor)
        event = f"{hid}/input/input{number}"
        self.write(f"{event}/name", f"{one.name}\n")
        self.write(f"{event}/capabilities/key", f"{keys}\n")
        self.write(f"{event}/event{number}/dev", f"13:{64 + number}\n")
        self.write(f"{event}/input{number}::mute/trigger", TRIGGERS.format(trigger))
        self._link("input", f"input{number}", event)
        return str(self.root / f"dev/hidraw{number}")

    def plug_bluetooth(self, name: str) -> None:
        """Connect a headset by Bluetooth: the kernel sees its music keys only."""
        event = f"sys/devices/virtual/input/input{self.numbers + 50}"
        self.write(f"{event}/name", f"{name} (AVRCP)\n")
        self._link("input", f"input{self.numbers + 50}", event)

    def plug_uhid(self, dump: str, *, keys: str = NO_KEYS) -> str:
        """A device without USB below it."""
        one = ALL[dump].recording
        number, self.numbers = self.numbers, self.numbers + 1
        ids = f"{one.vendor:04X}:{one.product:04X}"
        hid = f"sys/devices/virtual/misc/uhid/0003:{ids}.{number + 1:04X}"
        self._hid(hid, number, f"0003:{one.vendor:08X}:{one.product:08X}", one.name)
        self.write(f"{hid}/report_descriptor", one.descriptor)
        self.write(f"{hid}/input/input{number}/capabilities/key", f"{keys}\n")
        return str(self.root / f"dev/hidraw{number}")

    def _hid(self, hid: str, number: int, ids: str, name: str) -> None:
        self.write(f"{hid}/uevent", f"DRIVER=hid-generic\nHID_ID={ids}\nHID_NAME={name}\n")
        self.write(f"dev/hidraw{number}", "")
        self._link("hidraw", f"hidraw{number}/device", hid)

    def _link(self, kind: str, name: str, target: str) -> None:
        link = self.root / "sys/class" / kind / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(self.root / target)

    # -- what an administrator did --------------------------------------------

    def install_rule(self, text: str = "") -> None:
        """A udev rule of ours; the shipped one unless told otherwise."""
        shipped = shipped_directory() / "70-offhook.rules"
        self.write("etc/udev/rules.d/70-offhook.rules", text or shipped.read_text("utf-8"))

    def install_hwdb(self, text: str = "evdev:input:b0003v0B0Ep*\n") -> None:
        """A hwdb file of ours."""
        self.write("etc/udev/hwdb.d/60-offhook.hwdb", text)

    def let_udev_take_the_mute_key(self, number: int = 0) -> None:
        """As the rule or the hwdb file does to the input device of the first headset."""
        known = "E:ID_INPUT=1\nE:KEYBOARD_KEY_b002f=reserved\n"
        self.write(f"run/udev/data/c13:{64 + number}", known)

    def add_group(self, *members: str, applied: bool = True) -> None:
        """The group of the rule; nodes belong to it where the rule was applied."""
        gid = os.getgid() if applied else os.getgid() + 1
        self.write("etc/group", f"{USER}:x:{UID}:\noffhook:x:{gid}:{','.join(members)}\n")

    def sit_down(self) -> None:
        """The user sits at the machine."""
        self.write("run/systemd/seats/seat0", f"IS_SEAT0=1\nACTIVE=2\nACTIVE_UID={UID}\n")

    def run(self, pid: int, name: str, *files: str) -> None:
        """A program that has files open."""
        self.write(f"proc/{pid}/comm", f"{name}\n")
        folder = self.root / f"proc/{pid}/fd"
        folder.mkdir()
        for number, file in enumerate(["/dev/null", "socket:[123]", *files]):
            (folder / str(number)).symlink_to(file)


def look(made: MadeUp, settings: HeadsetSettings | None = None) -> list[Finding]:
    _, findings = headset.headsets(made.machine, settings or HeadsetSettings())
    return findings


def the(findings: list[Finding], check: str) -> Finding:
    """The one finding of a check."""
    (found,) = [finding for finding in findings if finding.check == check]
    return found


def none_of(findings: list[Finding], check: str) -> bool:
    return all(finding.check != check for finding in findings)
