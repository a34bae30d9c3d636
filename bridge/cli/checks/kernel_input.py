"""What the kernel does with a headset beside us: its mute key as a key, its lamps as LEDs.

Both come from the kernel's HID input layer, whatever program has the headset open. Sources:
``drivers/hid/hid-input.c`` (Phone Mute 0B:2F becomes KEY_MICMUTE) and
``drivers/input/input-leds.c`` (LED usages become LED devices; Mute follows ``audio-mute``).
"""

import re
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.checks.access import usb_id
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import HWDB_DIRECTORIES, Machine, read_text
from bridge.drivers.hidraw.recognise import Recognised
from bridge.drivers.ports import HidNode
from bridge.model.hid import Control, Lamp

KEY_MICMUTE = 248  # linux/input-event-codes.h
KEY_WORD_BITS = 64  # bitmaps in sysfs are words of a long (x86-64, aarch64)
HWDB = "*offhook*.hwdb"
LOCAL_HWDB = "/etc/udev/hwdb.d/61-offhook-local.hwdb"

UPDATE = "sudo systemd-hwdb update && sudo udevadm trigger -s input"


def mute_key(machine: Machine, one: Recognised) -> Iterator[Finding]:
    """Tell when the desktop sees the mute key as well: one press then mutes twice."""
    inputs = machine.inputs(one.node)
    if Control.MUTE not in one.info.controls:
        return
    if not any(has_key(folder, KEY_MICMUTE) for folder in inputs):
        return
    yield Finding(
        "mute key",
        State.WARNING,
        f"{one.info.name}: the kernel gives its mute key to the desktop, too (KEY_MICMUTE), which "
        "may mute the whole microphone at the same press",
        _take_the_key(machine, one.node),
    )


def _take_the_key(machine: Machine, node: HidNode) -> str:
    """Return what is missing on the way of the key's entry into the hardware database."""
    files = machine.files(HWDB_DIRECTORIES, HWDB)
    if not files:
        return (
            "install 60-offhook.hwdb from systemd/ of the source tree into /etc/udev/hwdb.d, "
            f"then: {UPDATE}"
        )
    if not any(_names(read_text(file), node) for file in files):
        entry = f"evdev:input:b{node.bus:04X}v{node.vendor_id:04X}p{node.product_id:04X}*"
        return (
            f"{files[0].name} does not name {usb_id(node)}: put these two lines into "
            f'{LOCAL_HWDB}: "{entry}" and " KEYBOARD_KEY_b002f=reserved", then: {UPDATE}'
        )
    return f"{files[0].name} is installed, but not in force: {UPDATE}"


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
                yield _trampled(one, led.name, trigger)


def active_trigger(text: str) -> str:
    """Return what switches an LED: the word in brackets; empty for nothing."""
    found = re.search(r"\[(\S+)\]", text)
    return "" if found is None or found[1] == "none" else found[1]


def _trampled(one: Recognised, led: str, trigger: str) -> Finding:
    what = f"{one.info.name}: the kernel switches its lamp {led} (trigger {trigger})"
    end = "and clears the off-hook bit beside it: that ends calls" if _shares(one) else "over ours"
    name = led.partition("::")[2]
    return Finding(
        "led trigger",
        State.WARNING,
        f"{what} {end}",
        f"now: echo none | sudo tee /sys/class/leds/{led}/trigger; for ever, in "
        f"/etc/udev/rules.d/71-offhook-leds.rules: {led_rule(one.node, name)}",
    )


def led_rule(node: HidNode, name: str) -> str:
    """Return a line of a udev rule that takes a lamp from the kernel.

    Args:
        node: the headset.
        name: of the lamp, such as ``mute``.
    """
    kernels = f"{node.bus:04X}:{node.vendor_id:04X}:{node.product_id:04X}.*"
    return (
        f'ACTION=="add", SUBSYSTEM=="leds", KERNEL=="input*::{name}", KERNELS=="{kernels}", '
        'ATTR{trigger}="none"'
    )


def _shares(one: Recognised) -> bool:
    """Say whether mute lamp and off-hook are in one report: the kernel writes all of it."""
    reports = {out.lamp: out.report for out in one.layout.outputs}
    off_hook = reports.get(Lamp.OFF_HOOK)
    return off_hook is not None and reports.get(Lamp.MUTE) == off_hook
