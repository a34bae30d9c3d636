"""Writes what is made from the profiles: SUPPORTED.md, REFERENCE.md, the udev rules and the hwdb.

``python -m bridge.profiles.generate`` writes them, ``--check`` only says which are stale.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from bridge.model.hid import Conduct, Control, Lamp
from bridge.profiles.library import Library, default_directory, load_library
from bridge.profiles.model import GENERIC, Evidence, Kind, Profile
from bridge.profiles.schema import ACCESS, DURATIONS, HOLD, MAX_ON_HOOKS, MUTE_LAMPS, SENDS

PAGE_NOTE = "<!-- Made from the device profiles by ./dev gen. Do not edit. -->"
FILE_NOTE = "# Made from the device profiles by ./dev gen. Do not edit."

LEVELS = {
    Evidence.HARDWARE: "tried on the device",
    Evidence.DUMP: "a report descriptor of one of the ids is among the tests",
    Evidence.FAMILY: "a report descriptor of the same family is among the tests",
    Evidence.DOCUMENT: "vendor text, or code of other projects",
}

KINDS = {
    Kind.HEADSET: "a headset, or its box on the cable",
    Kind.SPEAKERPHONE: "a speakerphone",
    Kind.DONGLE: "a dongle or base; `headsets` names what is behind it",
    Kind.KEY_PANEL: "keys without sound",
    Kind.DESK_PHONE: "a telephone or handset",
    Kind.FAMILY: "whatever a vendor makes that has no profile of its own",
}


# -- SUPPORTED.md -------------------------------------------------------------


def supported(library: Library) -> str:
    """Return the table of devices."""
    lines = [
        PAGE_NOTE,
        "",
        "# Supported devices",
        "",
        "For whoever wants to know whether a headset works. A device that is not in this table",
        "works all the same if it has a HID telephony page: `offhook devices explain` tells.",
        "",
        "| vendor | model | USB ids | headsets behind it | known by | limits |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_row(one) for one in _ordered(library)]
    lines += ["", "Known by:", ""]
    lines += [f"- `{level.value}`: {meaning}" for level, meaning in LEVELS.items()]
    return "\n".join(lines) + "\n"


def _ordered(library: Library) -> list[Profile]:
    """Return models by vendor, families after them, the generic profile last."""
    return sorted(
        library.profiles,
        key=lambda one: (one.id == GENERIC, one.vendor, one.kind is Kind.FAMILY, one.model),
    )


def _row(profile: Profile) -> str:
    cells = (
        profile.vendor,
        profile.model,
        ", ".join(f"`{usb}`" for usb in profile.match.usb) or _who(profile),
        ", ".join(profile.headsets) or "–",
        f"`{profile.proof.verified.value}`",
        "; ".join(profile.limits) or "–",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _who(profile: Profile) -> str:
    match = profile.match
    vendors = [f"`{vendor:04x}:*`" for vendor in match.vendors]
    names = [f'"{name}" in the product string' for name in match.names]
    return ", ".join(vendors + names) or "any"


# -- REFERENCE.md -------------------------------------------------------------


def reference() -> str:
    """Return the page of all keys and words a profile may use."""
    default = {one.name: one.default for one in fields(Conduct)}
    lines = [
        PAGE_NOTE,
        "",
        "# What a device profile may say",
        "",
        "For whoever writes a profile; `README.md` beside this page says how to begin.",
        "",
        *_table(
            ("key", "value", "meaning"),
            [
                ("`schema`", "`1`", "version of this format"),
                ("`id`", "text", "name of the file without `.yaml`"),
                ("`vendor`, `model`", "text", "for people"),
                ("`kind`", "see below", "what it is"),
                (
                    "`match.usb`",
                    '`["0b0e:0307"]`',
                    "exact ids, quoted, in order; wins over all",
                ),
                ("`match.vendor`", '`["0b0e"]`', "any product of a vendor"),
                ("`match.name`", "list", "parts of the product string, any case; one must occur"),
                ("`access`", _words(ACCESS), "`vendor`: the udev rule covers all its HID devices"),
                ("`decoder`", "`hid_telephony`", "who reads its reports"),
                ("`inputs.<key>`", "see below", "what the descriptor does not say about a key"),
                ("`outputs.<lamp>`", "`{report: 4, bit: 0}`", "the same for a lamp"),
                ("`conduct`", "see below", "how it behaves"),
                ("`lamps`", "see below", "which lamps follow what"),
                ("`headsets`", "list", "headsets behind a dongle or base"),
                ("`limits`", "list", "what users must know"),
                ("`evidence.verified`", _words(one.value for one in Evidence), "how it is known"),
                ("`evidence.firmware`", '`["1.4.2"]`', "versions it was seen with, quoted"),
                ("`evidence.dumps`", "list", "files of `tests/dumps`"),
                ("`evidence.sources`", "list", "where each statement comes from; at least one"),
            ],
        ),
        "",
        "## Kinds",
        "",
        *(f"- `{kind.value}`: {meaning}" for kind, meaning in KINDS.items()),
        "",
        "## Keys and lamps",
        "",
        f"Keys: {_words(one.value for one in Control)}.",
        "",
        f"Lamps: {_words(one.value for one in Lamp)}.",
        "",
        "A key is `{sends: ...}`, or `{report: 2, bit: 0, sends: ...}` if the descriptor does not",
        f"have it. `sends` is one of {_words(SENDS)}: a level stays, a pulse is 1 and then 0 per",
        "press, a toggle is a pulse that asks the host to change its mind, on_off is +1 or -1.",
        "Bits are counted from the first bit after the report id.",
        "",
        "## Conduct",
        "",
        *_table(
            ("key", "value", "default", "meaning", "evidence for the default"),
            [
                (
                    "`hold`",
                    _words(HOLD),
                    "`keep_off_hook`",
                    "what happens to Off-Hook while a call is held",
                    "clearing it ended calls (GOnnect pull request 52)",
                ),
                (
                    "`reject_by_on_hook`",
                    f"0..{MAX_ON_HOOKS}",
                    str(default["reject_by_on_hook"]),
                    "on-hook reports in a row that reject a ringing call, 0 = never",
                    "Gigaset and Jabra send one without anybody's doing (tSIP issue 32)",
                ),
                *(
                    (f"`{name}`", f"{one.low:g}..{one.high:g}", str(default[name]), *one[2:])
                    for name, one in DURATIONS.items()
                ),
            ],
        ),
        "",
        "## Lamps",
        "",
        *_table(
            ("key", "value", "default", "meaning"),
            [
                ("`mute`", f"list of {_words(MUTE_LAMPS)}", "both", "lamps that show mute"),
                ("`ringer`", "true, false", "false", "sound the device's own ringer with Ring"),
                ("`on_line`", "true, false", "false", "open the wireless link with Off-Hook"),
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


# -- udev ---------------------------------------------------------------------


def udev_rules(library: Library) -> str:
    """Return the rules that let seat users and the service group open headsets."""
    lines = [
        FILE_NOTE,
        "# Lets whoever sits at the machine, and the group offhook, open headsets. The name sorts",
        "# before 73-seat-late.rules, which acts on the tag. KERNELS is bus, vendor and product of",
        "# the HID device: it fits USB, Bluetooth and uhid alike. Whole vendors only where none of",
        "# their HID devices is a keyboard or mouse.",
        'ACTION=="remove", GOTO="offhook_end"',
        'SUBSYSTEM!="hidraw", GOTO="offhook_end"',
        "",
    ]
    lines += [
        f'{match}, TAG+="uaccess", GROUP="offhook", MODE="0660"' for match in _access(library)
    ]
    return "\n".join([*lines, "", 'LABEL="offhook_end"']) + "\n"


def _access(library: Library) -> Iterator[str]:
    vendors = sorted({v for p in library.profiles if p.whole_vendor for v in p.match.vendors})
    single = sorted(
        (usb.vendor, usb.product)
        for profile in library.profiles
        for usb in profile.match.usb
        if usb.vendor not in vendors
    )
    yield from (f'SUBSYSTEMS=="hid", KERNELS=="000[35]:{one:04X}:*"' for one in vendors)
    yield from (f'SUBSYSTEMS=="hid", KERNELS=="000[35]:{v:04X}:{p:04X}.*"' for v, p in single)
    for profile in library.profiles:
        if profile.whole_vendor and not profile.match.vendors:
            for name in profile.match.names:
                yield f'SUBSYSTEMS=="usb", ATTRS{{product}}=="*{name.title()}*"'


def hwdb(library: Library) -> str:
    """Return the entries that keep the desktop from muting the microphone as well."""
    lines = [
        FILE_NOTE,
        "# The kernel makes KEY_MICMUTE of a headset's Phone Mute (0B:2F), the desktop mutes the",
        "# system's microphone, and Offhook mutes the call: two presses until one is heard again.",
        "# Install into /etc/udev/hwdb.d, then: systemd-hwdb update; udevadm trigger -s input",
        "",
    ]
    vendors = sorted({v for p in library.profiles if p.whole_vendor for v in p.match.vendors})
    for vendor in vendors:
        lines += [f"evdev:input:b0003v{vendor:04X}p*", " KEYBOARD_KEY_b002f=reserved", ""]
    for profile in sorted(library.profiles, key=lambda one: one.id):
        for usb in profile.match.usb:
            if usb.vendor not in vendors:
                place = f"evdev:input:b0003v{usb.vendor:04X}p{usb.product:04X}*"
                lines += [place, " KEYBOARD_KEY_b002f=reserved", ""]
    return "\n".join(lines)


# -- writing ------------------------------------------------------------------


def generated(root: Path) -> dict[Path, str]:
    """Return every generated file of the tree and what it should hold."""
    library = load_library([root / "device_profiles"])
    return {
        root / "device_profiles" / "SUPPORTED.md": supported(library),
        root / "device_profiles" / "REFERENCE.md": reference(),
        root / "systemd" / "70-offhook.rules": udev_rules(library),
        root / "systemd" / "60-offhook.hwdb": hwdb(library),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` say which are stale."""
    stale = 0
    for path, text in generated(default_directory().parent).items():
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if "--check" in arguments:
            sys.stderr.write(f"{path} is stale: run ./dev gen\n")
            stale += 1
        else:
            path.write_text(text, "utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
