"""What udev is to do with headsets: the rules and the hardware database, made from the profiles.

Whom the rules let in, and why that is safe, is said in ``systemd/README.md``.
"""

import re
from collections.abc import Iterator

from bridge.profiles.hid_panels import ELGATO, PI_ENGINEERING, STREAM_DECKS, XKEYS_BY_PRODUCT
from bridge.profiles.library import Library

FILE_NOTE = "# Made from the device profiles by ./dev gen. Do not edit."

# Bytes of a report descriptor as od(1) prints them (HID 1.11 section 6.2.2; HID Usage Tables).
TELEPHONE = "05 0b 09 0[1-5] a1 01"  # page 0B; phone … headset; an application of its own
KEYBOARD = (
    "05 07",  # page 07, keys: nobody may read along on those
    "06 07 00",  # the same in two bytes
    "07 07 00 00 00",  # the same in four
    "[012]b ?? 00 07 00",  # a usage, or a range of them, that brings page 07 along
    "05 01 09 0[267] a1 01",  # an application of page 01: mouse, keyboard, keypad
)
MAX_BYTES = 4096  # longest report descriptor (linux/hid.h); printed, it fits udev's 16 KiB

# What only rules that read descriptors, or take the mute lamp, have in them: older ones do not.
DESCRIPTOR_RULE = "report_descriptor"
LED_RULE = 'SUBSYSTEM=="leds"'


def reads_as_telephone(descriptor: bytes) -> bool:
    """Say whether the rules take a device for a telephone nobody listed: a mirror of theirs.

    Args:
        descriptor: its report descriptor.

    Returns:
        True for a telephony application in a descriptor that has no keyboard and no mouse.
    """
    return _has(TELEPHONE, descriptor) and not has_keys(descriptor)


def has_keys(descriptor: bytes) -> bool:
    """Say whether a report descriptor has keys of a keyboard, or a mouse, by the same patterns."""
    return any(_has(pattern, descriptor) for pattern in KEYBOARD)


def _has(pattern: str, descriptor: bytes) -> bool:
    text = descriptor[:MAX_BYTES].hex(" ")
    return re.search(pattern.replace("?", "."), text) is not None


# -- rules --------------------------------------------------------------------


def udev_rules(library: Library) -> str:
    """Return the rules: who may open headsets, and what the kernel leaves alone on them."""
    return "\n".join([*_HEAD, *_listed(library), *_UNLISTED, _FOUND_IT, *_PANEL_READ, *_FOUND])


def _any_case(name: str) -> str:
    """Return a pattern of udev for a name, capitals or not."""
    return "".join(f"[{one.upper()}{one}]" if one.isalpha() else one for one in name)


def _od(path: str) -> str:
    """Return the program that prints a descriptor in one line."""
    return f'PROGRAM=="/usr/bin/od -An -v -tx1 -w{MAX_BYTES} $sys$devpath/{path}/report_descriptor"'


_FOUND_IT = 'GOTO="offhook_found"'
_PANEL = f"{_any_case('offhook')} {_any_case('panel')}*"  # bridge/protocols/panel_frames.md


def _panels() -> Iterator[str]:
    """Yield the rules for key panels on HID; only their interface without keys of a keyboard."""
    yield "# Key panels on HID, by id: Stream Deck, X-keys."
    ids = [(ELGATO, product) for product in sorted(STREAM_DECKS)]
    ids += [(PI_ENGINEERING, product) for product in sorted(XKEYS_BY_PRODUCT)]
    names = "|".join(f"0003:{vendor:04X}:{product:04X}.*" for vendor, product in ids)
    yield f'SUBSYSTEM=="hidraw", SUBSYSTEMS=="hid", KERNELS=="{names}", GOTO="offhook_panel"'


_PANELS = list(_panels())

_HEAD = [
    FILE_NOTE,
    "# Lets whoever sits at the machine, and the group offhook, open headsets; takes their mute",
    "# lamp, and the mute key of those nobody listed, from the kernel. Why this is safe:",
    "# systemd/README.md. The name sorts before 73-seat-late.rules, which acts on the tag.",
    'ACTION=="remove", GOTO="offhook_end"',
    *_PANELS,
    'SUBSYSTEM=="hidraw", GOTO="offhook_listed"',
    'SUBSYSTEM=="leds", KERNEL=="input*::mute", GOTO="offhook_listed"',
    'SUBSYSTEM=="input", KERNEL=="event*", GOTO="offhook_unlisted"',
    "# Serial key panels say themselves what they are; ModemManager shall not dial on them.",
    f'SUBSYSTEM=="tty", ATTRS{{product}}=="{_PANEL}", ENV{{ID_MM_DEVICE_IGNORE}}="1", {_FOUND_IT}',
    'GOTO="offhook_end"',
    "",
    "# Devices of the profiles. KERNELS is bus, vendor and product of the HID device: it fits USB,",
    "# Bluetooth and uhid alike. Whole vendors only where none of their HID devices is a keyboard",
    "# or mouse. Their mute key is in 60-offhook.hwdb.",
    'LABEL="offhook_listed"',
]

_HAS_ONE = 'TEST=="device/device/report_descriptor"'  # not so the power button

_UNLISTED = [
    "",
    "# Devices nobody listed: what they can say is read from their report descriptor (HID 1.11).",
    'LABEL="offhook_unlisted"',
    f'SUBSYSTEM=="hidraw", {_od("device")}, GOTO="offhook_read"',
    f'SUBSYSTEM!="hidraw", {_HAS_ONE}, {_od("device/device")}, GOTO="offhook_read"',
    'GOTO="offhook_end"',
    'LABEL="offhook_read"',
    "# With keys of a keyboard, or a mouse, in the same descriptor: never.",
    f'RESULT=="{"|".join(f"*{pattern}*" for pattern in KEYBOARD)}", GOTO="offhook_end"',
    "# Without a telephony application: none of ours.",
    f'RESULT!="*{TELEPHONE}*", GOTO="offhook_end"',
    'SUBSYSTEM=="input", ENV{KEYBOARD_KEY_b002f}="reserved", RUN{builtin}+="keyboard"',
]

_PANEL_READ = [
    "",
    "# Panels may pose as keyboards as well: that interface stays closed.",
    'LABEL="offhook_panel"',
    f'{_od("device")}, GOTO="offhook_panel_read"',
    'GOTO="offhook_end"',
    'LABEL="offhook_panel_read"',
    f'RESULT=="{"|".join(f"*{pattern}*" for pattern in KEYBOARD)}", GOTO="offhook_end"',
]

_FOUND = [
    "",
    'LABEL="offhook_found"',
    'SUBSYSTEM=="hidraw|tty", TAG+="uaccess", GROUP="offhook", MODE="0660"',
    "# The kernel's trigger audio-mute follows the speakers, and each of its writes clears the",
    "# off-hook bit beside the mute lamp: that ends calls.",
    'SUBSYSTEM=="leds", ATTR{trigger}="none"',
    "",
    'LABEL="offhook_end"',
    "",
]


def _listed(library: Library) -> Iterator[str]:
    yield from (f'{match}, GOTO="offhook_found"' for match in _matches(library))


def _matches(library: Library) -> Iterator[str]:
    vendors = _whole_vendors(library)
    single = sorted(
        (usb.vendor, usb.product)
        for profile in library.profiles
        for usb in profile.match.usb
        if usb.vendor not in vendors
    )
    yield from (f'SUBSYSTEMS=="hid", KERNELS=="000[35]:{one:04X}:*"' for one in vendors)
    yield from (f'SUBSYSTEMS=="hid", KERNELS=="000[35]:{v:04X}:{p:04X}.*"' for v, p in single)
    for profile in sorted(library.profiles, key=lambda one: one.id):
        if profile.whole_vendor and profile.match.names:
            places = [f'ATTRS{{idVendor}}=="{vendor:04x}", ' for vendor in profile.match.vendors]
            for name in profile.match.names:
                for place in places or [""]:
                    yield f'SUBSYSTEMS=="usb", {place}ATTRS{{product}}=="*{_any_case(name)}*"'


def _whole_vendors(library: Library) -> list[int]:
    """Return the vendors whose every HID device is a headset."""
    profiles = [one for one in library.profiles if one.whole_vendor and not one.match.names]
    return sorted({vendor for one in profiles for vendor in one.match.vendors})


# -- hardware database --------------------------------------------------------


def hwdb(library: Library) -> str:
    """Return the entries that keep the desktop from muting the microphone as well."""
    lines = [
        FILE_NOTE,
        "# The kernel makes KEY_MICMUTE of a headset's Phone Mute (0B:2F), the desktop mutes the",
        "# system's microphone, and Offhook mutes the call: two presses until one is heard again.",
        "# Install into /etc/udev/hwdb.d, then: systemd-hwdb update; udevadm trigger -s input",
        "# Headsets that are not listed here have their mute key in 70-offhook.rules.",
        "",
    ]
    vendors = _whole_vendors(library)
    for vendor in vendors:
        lines += [f"evdev:input:b0003v{vendor:04X}p*", " KEYBOARD_KEY_b002f=reserved", ""]
    for profile in sorted(library.profiles, key=lambda one: one.id):
        for usb in profile.match.usb:
            if usb.vendor not in vendors:
                place = f"evdev:input:b0003v{usb.vendor:04X}p{usb.product:04X}*"
                lines += [place, " KEYBOARD_KEY_b002f=reserved", ""]
    return "\n".join(lines)
