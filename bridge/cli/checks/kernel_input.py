"""What the kernel does with a headset beside us: its mute key as a key, its lamps as LEDs.

Both come from the kernel's HID input layer, whatever program has the headset open. Sources:
``drivers/hid/hid-input.c`` (Phone Mute 0B:2F becomes KEY_MICMUTE) and
``drivers/input/input-leds.c`` (LED usages become LED devices; Mute follows ``audio-mute``).
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.cli.checks import access
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import HWDB_DIRECTORIES, Machine, read_text
from bridge.drivers.hidraw.recognise import Recognised
from bridge.drivers.ports import HidNode
from bridge.model.hid import Control, Lamp
from bridge.profiles.udev import DESCRIPTOR_RULE, LED_RULE, reads_as_telephone

KEY_MICMUTE = 248  # linux/input-event-codes.h
KEY_WORD_BITS = 64  # bitmaps in sysfs are words of a long (x86-64, aarch64)
HWDB = "*offhook*.hwdb"
MUTE_LED = "mute"  # drivers/input/input-leds.c; the one the shipped rule takes from the kernel
LOCAL_HWDB = "/etc/udev/hwdb.d/61-offhook-local.hwdb"

APPLY = "sudo udevadm control --reload && sudo udevadm trigger -s"
UDEV_DATA = "run/udev/data"  # what udev keeps of each device, by kind and number
TAKEN = "E:KEYBOARD_KEY_b002f=reserved"

UPDATE = "sudo systemd-hwdb update && sudo udevadm trigger -s input"


def mute_key(machine: Machine, one: Recognised) -> Iterator[Finding]:
    """Tell when the desktop sees the mute key as well: one press then mutes twice."""
    inputs = machine.inputs(one.node)
    if Control.MUTE not in one.info.controls:
        return
    if not any(has_key(folder, KEY_MICMUTE) for folder in inputs) or _is_taken(machine, inputs):
        return
    yield Finding(
        "mute key",
        State.WARNING,
        f"{one.info.name}: the kernel gives its mute key to the desktop, too (KEY_MICMUTE), which "
        "may mute the whole microphone at the same press",
        _take_the_key(machine, one.node),
    )


def _is_taken(machine: Machine, inputs: Sequence[Path]) -> bool:
    """Say whether udev has taken the key from the kernel.

    The kernel's own bitmap does not tell: it forgets the bit on one of a headset's input devices,
    whichever udev comes to first (``hidinput_setkeycode``), and the key is gone from all.
    """
    numbers = [read_text(dev) for folder in inputs for dev in folder.glob("event*/dev")]
    known = [read_text(machine.root / UDEV_DATA / f"c{number}") for number in numbers]
    return any(TAKEN in text.splitlines() for text in known)


def _take_the_key(machine: Machine, node: HidNode) -> str:
    """Return what is missing on the way of the key's entry into udev."""
    files = machine.files(HWDB_DIRECTORIES, HWDB)
    if any(_names(read_text(file), node) for file in files):
        return f"{files[0].name} is installed, but not in force: {UPDATE}"
    if not reads_as_telephone(node.descriptor):  # the rule cannot know it
        entry = f"evdev:input:b{node.bus:04X}v{node.vendor_id:04X}p{node.product_id:04X}*"
        return (
            f'put these two lines into {LOCAL_HWDB}: "{entry}" and " KEYBOARD_KEY_b002f=reserved", '
            f"then: {UPDATE}"
        )
    if access.knows(machine, node, DESCRIPTOR_RULE):
        return f"{access.installed(machine)[0].name} is installed, but not in force: {APPLY} input"
    return access.SEE_RULE


def _names(hwdb: str, node: HidNode) -> bool:
    vendor, product = f"{node.vendor_id:04X}", f"{node.product_id:04X}"
    return re.search(rf"^evdev:input:b0003v{vendor}p(\*|{product})", hwdb, re.MULTILINE) is not None


def has_key(folder: Path, code: int) -> bool:
    """Say whether an input device has a key.

    Args:
        folder: its directory in sysfs.
        code: of linux/input-event-codes.h.
    """
    try:
        words = [int(word, 16) for word in read_text(folder / "capabilities/key").split()]
    except ValueError:
        return False
    at, bit = divmod(code, KEY_WORD_BITS)
    return at < len(words) and bool(words[-1 - at] >> bit & 1)


# -- lamps --------------------------------------------------------------------


def lamps(machine: Machine, one: Recognised) -> Iterator[Finding]:
    """Tell of lamps of the headset that the kernel switches by itself."""
    for folder in machine.inputs(one.node):
        for led in sorted(folder.glob(f"{folder.name}::*")):
            trigger = active_trigger(read_text(led / "trigger"))
            if trigger:
                fix = _free(machine, one.node, led.name)
                yield Finding("led trigger", State.WARNING, _trampled(one, led.name, trigger), fix)


def active_trigger(text: str) -> str:
    """Return what switches an LED: the word in brackets; empty for nothing."""
    found = re.search(r"\[(\S+)\]", text)
    return "" if found is None or found[1] == "none" else found[1]


def _trampled(one: Recognised, led: str, trigger: str) -> str:
    what = f"{one.info.name}: the kernel switches its lamp {led} by itself (trigger {trigger})"
    if _shares(one):
        return f"{what}; each time that clears the off-hook bit beside it, which ends calls"
    return f"{what}, whatever the call says"


def _free(machine: Machine, node: HidNode, led: str) -> str:
    """Return how a lamp is taken from the kernel: for now, and for good."""
    now = f"now: echo none | sudo tee /sys/class/leds/{led}/trigger; for good: "
    name = led.partition("::")[2]
    if name == MUTE_LED and access.knows(machine, node, LED_RULE):
        rule = access.installed(machine)[0].name
        return f"{now}{rule} is installed, but not in force: {APPLY} leds"
    if name == MUTE_LED and (access.knows(machine, node) or reads_as_telephone(node.descriptor)):
        return now + access.SEE_RULE
    return f"{now}put this line into {access.LOCAL_RULE}: {led_rule(node, name)}; then {APPLY} leds"


def led_rule(node: HidNode, name: str) -> str:
    """Return a line of a udev rule that takes a lamp from the kernel.

    Args:
        node: the headset.
        name: of the lamp, such as ``mute``.
    """
    kernels = f"{node.bus:04X}:{node.vendor_id:04X}:{node.product_id:04X}.*"
    return (
        f'SUBSYSTEM=="leds", KERNEL=="input*::{name}", KERNELS=="{kernels}", ATTR{{trigger}}="none"'
    )


def _shares(one: Recognised) -> bool:
    """Say whether mute lamp and off-hook are in one report: the kernel writes all of it."""
    reports = {out.lamp: out.report for out in one.layout.outputs}
    off_hook = reports.get(Lamp.OFF_HOOK)
    return off_hook is not None and reports.get(Lamp.MUTE) == off_hook
