"""Headsets: what is plugged in, what is left alone and why, and each check on each headset."""

from collections.abc import Collection, Iterator
from pathlib import Path

from bridge.cli.checks import access, kernel_input, programs
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine, read_text
from bridge.config.settings import HeadsetSettings
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.model.habits import HeadsetMode
from bridge.model.redaction import printable
from bridge.profiles.library import Identity, Library, load_library
from bridge.profiles.model import GENERIC
from bridge.protocols.hid_roles import LeftAlone

USB_AUDIO = "01"  # bInterfaceClass, USB Audio Class


def recognised(machine: Machine, library: Library) -> tuple[list[Recognised], list[Finding]]:
    """Return the telephony devices there are, and what is to say about the others."""
    nodes = machine.nodes()
    seen = [(node, recognise(node, library)) for node in nodes]
    found = [one for _, one in seen if isinstance(one, Recognised)]
    ports = {one.node.port for one in found} - {""}
    left = [
        _left_alone(node, one)
        for node, one in seen
        if isinstance(one, LeftAlone)
        and node.port not in ports
        and _might_be_one(machine, node, library)
    ]
    others = len(nodes) - len(found) - len(left)
    text = f"no telephony device is plugged in ({others} other HID devices)"
    return found, left if found else [*left, Finding("headset", State.INFO, text)]


def _left_alone(node: HidNode, one: LeftAlone) -> Finding:
    name = printable(node.name) or access.usb_id(node)
    text = f"{name} on {node.node} is left alone: {one.reason}"
    fix = f"offhook devices explain {node.node} shows all of it; a setting of the vendor's program "
    return Finding("left alone", State.INFO, text, fix + "may have switched its telephone keys off")


def _might_be_one(machine: Machine, node: HidNode, library: Library) -> bool:
    """Say whether somebody may have expected keys: our vendors' devices, and those with sound."""
    identity = Identity(node.vendor_id, node.product_id, node.name)
    return library.choose(identity).profile.id != GENERIC or _has_sound(machine, node)


def headsets(
    machine: Machine, settings: HeadsetSettings, ours: Collection[int] = ()
) -> tuple[list[Recognised], list[Finding]]:
    """Look at every telephony device.

    Args:
        machine: where.
        settings: which of them are to be left alone.
        ours: processes of ours that may have them open.

    Returns:
        The devices that are to be used, and the findings.
    """
    library = load_library()
    found, findings = recognised(machine, library)
    used = [one for one in found if not _unused(one, settings)]
    for one in found:
        reason = _unused(one, settings)
        findings += [reason] if reason else list(_each(machine, one, ours))
    closed = any(not machine.may_open(one.node.node) for one in used)
    findings += access.rule(machine, findings, closed=closed)
    for problem in library.problems:
        fix = "correct the file; `offhook profiles check` says it again"
        findings.append(Finding("profiles", State.ERROR, str(problem), fix))
    return used, findings


def _each(machine: Machine, one: Recognised, ours: Collection[int]) -> Iterator[Finding]:
    yield access.access(machine, one)
    yield from kernel_input.mute_key(machine, one)
    yield from kernel_input.lamps(machine, one)
    yield from programs.others(machine, one, ours)
    yield from sound_card(machine, one)


def _unused(one: Recognised, settings: HeadsetSettings) -> Finding | None:
    """Return why the configuration leaves a device alone; None when it does not."""
    device = one.info.device
    key = ""
    if device in settings.ignore:
        key = f"headset.ignore names {device}"
    elif settings.modes.get(device, settings.mode) is HeadsetMode.OFF:
        key = (
            f"headset.modes.{device} is off" if device in settings.modes else "headset.mode is off"
        )
    if not key:
        return None
    text = f"{one.info.name} on {one.node.node} is left alone: {key}"
    return Finding("left alone", State.INFO, text)


# -- its sound ----------------------------------------------------------------


def sound_card(machine: Machine, one: Recognised) -> Iterator[Finding]:
    """Look for the sound card of the same USB device. uhid and Bluetooth have no USB device."""
    usb = machine.usb_folder(one.node)
    if usb is None:
        return
    cards = sorted(usb.glob("*:*/sound/card*"))
    if cards:
        text = f"{one.info.name}: sound card {read_text(cards[0] / 'id') or cards[0].name}"
        yield Finding("headset sound", State.OK, text)
    elif _has_sound(machine, one.node):
        yield Finding(
            "headset sound",
            State.ERROR,
            f"{one.info.name}: it has sound, but the kernel made no sound card of it",
            "sudo modprobe snd-usb-audio, or plug it in again; "
            "`sudo dmesg | grep -i audio` says why not",
        )
    else:
        text = f"{one.info.name}: no sound of its own, keys and lamps only"
        yield Finding("headset sound", State.INFO, text)


def _has_sound(machine: Machine, node: HidNode) -> bool:
    usb = machine.usb_folder(node)
    classes: list[Path] = [] if usb is None else list(usb.glob("*:*/bInterfaceClass"))
    return any(read_text(one) == USB_AUDIO for one in classes)
