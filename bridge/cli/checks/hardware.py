"""Sound devices and headsets."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.cli.checks.finding import Finding, State
from bridge.drivers.hidraw.handle import why_not
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.engine.audio.devices import NO_WAY, find_backend, list_devices, unknown_device
from bridge.model.hid import Control
from bridge.model.sound import SoundBackend, SoundDevice, SoundKind, SoundSettings
from bridge.profiles.library import load_library

KEY_MICMUTE = 248  # linux/input-event-codes.h
KEY_WORD_BITS = 64  # bitmaps in sysfs are words of a long (x86-64, aarch64)

RULE_DIRECTORIES = (
    Path("/etc/udev/rules.d"),
    Path("/usr/lib/udev/rules.d"),
    Path("/run/udev/rules.d"),
)
RULE_NAMES = "*offhook*.rules"

SYS_HIDRAW = Path("/sys/class/hidraw")


# -- sound --------------------------------------------------------------------


def sound(settings: SoundSettings) -> Iterator[Finding]:
    """Look which way sound goes, and whether the chosen devices are there."""
    backend = find_backend(settings.backend)
    if backend is SoundBackend.SILENT:
        configured = settings.backend is SoundBackend.SILENT
        text = "silent, as configured" if configured else NO_WAY
        yield Finding("sound", State.INFO if configured else State.WARNING, text)
        return
    devices = list_devices(backend)
    if not devices:
        fix = "start the sound server for this user, or set audio.backend"
        yield Finding("sound", State.ERROR, f"{backend.value} shows no devices", fix)
        return
    yield Finding("sound", State.OK, f"{backend.value}, {len(devices)} devices")
    yield from _chosen(devices, settings)
    for device in devices:
        mark = ", the default" if device.is_default else ""
        text = f"{device.kind.value} {device.name} ({device.description}{mark})"
        yield Finding("sound device", State.INFO, text)


def _chosen(devices: list[SoundDevice], settings: SoundSettings) -> Iterator[Finding]:
    for key, kind, name in (
        ("microphone", SoundKind.MICROPHONE, settings.microphone),
        ("speaker", SoundKind.SPEAKER, settings.speaker),
        ("ringer", SoundKind.SPEAKER, settings.ringer),
    ):
        reason = unknown_device(devices, kind, name, key)
        if reason:
            fix = f"correct audio.{key}, or plug the device in"
            yield Finding("sound", State.WARNING, reason, fix)


# -- headsets -----------------------------------------------------------------


def headsets(nodes: Sequence[HidNode]) -> Iterator[Finding]:
    """Look at the telephony devices that are plugged in: may we open them, who else reacts."""
    library = load_library()
    found = [one for node in nodes if isinstance(one := recognise(node, library), Recognised)]
    if not found:
        text = f"no telephony device is plugged in ({len(nodes)} other HID devices)"
        yield Finding("headset", State.INFO, text)
    for one in found:
        yield _access(one)
        yield from _kernel_mute(one)
    yield from _rule(any(not may_open(one.node.node) for one in found))
    for problem in library.problems:
        fix = "correct the file; `offhook profiles check` says it again"
        yield Finding("profiles", State.ERROR, str(problem), fix)


def may_open(node: str) -> bool:
    """Say whether this user may read and write a device node."""
    return os.access(node, os.R_OK | os.W_OK)


def _access(one: Recognised) -> Finding:
    node = one.node.node
    if may_open(node):
        text = f"{one.info.name} on {node}, device {one.info.device}, profile {one.profile.id}"
        return Finding("headset", State.OK, text)
    return Finding("headset", State.ERROR, f"{one.info.name}: {why_not(node)}")


def _kernel_mute(one: Recognised) -> Iterator[Finding]:
    """Tell when the desktop sees the mute key as well."""
    folder = SYS_HIDRAW / Path(one.node.node).name / "device"
    if Control.MUTE not in one.info.controls or not has_key(folder, KEY_MICMUTE):
        return
    yield Finding(
        "mute key",
        State.INFO,
        f"{one.info.name}: the kernel gives its mute key to the desktop, too (KEY_MICMUTE), which "
        "may mute the whole microphone at the same press",
        "if that disturbs, take the key away from the desktop: a udev hwdb entry "
        "KEYBOARD_KEY_b002f=reserved for this device",
    )


def has_key(hid_device: Path, code: int) -> bool:
    """Say whether an input device of a HID device has a key.

    Args:
        hid_device: its directory in sysfs.
        code: of linux/input-event-codes.h.
    """
    for file in hid_device.glob("input/input*/capabilities/key"):
        try:
            words = [int(word, 16) for word in file.read_text().split()]
        except (OSError, ValueError):
            continue
        at, bit = divmod(code, KEY_WORD_BITS)
        if at < len(words) and words[-1 - at] >> bit & 1:
            return True
    return False


def _rule(needed: bool) -> Iterator[Finding]:
    rules = [rule for place in RULE_DIRECTORIES for rule in place.glob(RULE_NAMES)]
    if rules:
        yield Finding("udev rule", State.OK, str(rules[0]))
    elif os.geteuid() != 0 or needed:
        yield Finding(
            "udev rule",
            State.ERROR if needed else State.WARNING,
            "no udev rule of Offhook is installed: users other than root may not open headsets",
            "install the rule from systemd/ of the source tree into /etc/udev/rules.d, then plug "
            "the headset in again",
        )
