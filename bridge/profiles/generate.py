"""Writes what is made from the profiles: SUPPORTED.md, REFERENCE.md, the udev rules and the hwdb.

``python -m bridge.profiles.generate`` writes them, ``--check`` only says which are stale.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from bridge.model.hid import Conduct, Control, Lamp
from bridge.profiles.library import Library, default_directory, load_library
from bridge.profiles.model import GENERIC, Evidence, Kind, Page, Profile
from bridge.profiles.schema import (
    ACCESS,
    ACKNOWLEDGES,
    DURATIONS,
    HOLD,
    MAX_ON_HOOKS,
    MUTE_LAMPS,
    PAGES,
    SECOND_CALLS,
    SENDS,
)
from bridge.profiles.udev import hwdb, udev_rules

PAGE_NOTE = "<!-- Made from the device profiles by ./dev gen. Do not edit. -->"

LEVELS = {
    Evidence.HARDWARE: "tried on the device",
    Evidence.DUMP: "a report descriptor of that id is among the tests",
    Evidence.FAMILY: "a report descriptor of the same family is among the tests",
    Evidence.DOCUMENT: "vendor text, or code of other projects",
}

KINDS = {
    Kind.HEADSET: "a headset, or its box on the cable",
    Kind.SPEAKERPHONE: "a speakerphone: its echo is cancelled unless `audio.echo_cancel` says no",
    Kind.DONGLE: "a dongle or base; `headsets` names what is behind it",
    Kind.KEY_PANEL: "keys without sound",
    Kind.DESK_PHONE: "a telephone or handset",
    Kind.FAMILY: "whatever a vendor makes that has no profile of its own",
}


PAGE_MEANINGS = {
    Page.STANDARD: "pages 0B and 08; usages named in `inputs` and `outputs` come on top",
    Page.VENDOR: "only the usages named in `inputs` and `outputs`, and the volume keys",
    Page.FALLBACK: "as `vendor` where page 0B declares no hook, else as if no usage were named",
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
    lines += ["", "Known by, best first:", ""]
    lines += [f"- `{level.value}`: {meaning}" for level, meaning in LEVELS.items()]
    lines += [
        "",
        "USB ids and who published them: `ids.csv`.",
        "",
        "## Headsets behind a dongle, base or box",
        "",
        *_table(("vendor", "headset", "the USB device"), _headsets(library)),
    ]
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
        _known_by(profile),
        "; ".join(profile.limits) or "–",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _known_by(profile: Profile) -> str:
    """Return the level of evidence; of each id where they differ."""
    levels = {usb: profile.level_of(usb) for usb in profile.match.usb}
    better = [usb for usb, level in levels.items() if level is not profile.proof.verified]
    if not better or len(better) == len(levels):
        return f"`{(levels[better[0]] if better else profile.proof.verified).value}`"
    ids = ", ".join(f"`{usb}`" for usb in better)
    return f"{ids}: `{levels[better[0]].value}`; others: `{profile.proof.verified.value}`"


def _headsets(library: Library) -> Iterator[tuple[str, ...]]:
    """Return who is the USB device of each headset that is not one itself."""
    found: dict[tuple[str, str], list[str]] = {}
    for profile in _ordered(library):
        for headset in profile.headsets:
            if headset != profile.model:
                found.setdefault((profile.vendor, headset), []).append(profile.model)
    for (vendor, headset), models in sorted(found.items()):
        yield vendor, headset, ", ".join(models)


def _who(profile: Profile) -> str:
    match = profile.match
    vendors = ", ".join(f"`{vendor:04x}:*`" for vendor in match.vendors)
    names = " or ".join(f'"{name}"' for name in match.names)
    said = f"{names} in the product string" if names else ""
    return " with ".join(part for part in (vendors, said) if part) or "any"


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
        *_table(("key", "value", "meaning"), _top_keys()),
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
        "A key is `{sends: ...}`; `{usage: [ffa0/b7], sends: ...}` if the descriptor calls it",
        "something else, the first usage that the device has; `{report: 2, bit: 0, sends: ...}` if",
        f"the descriptor does not have it. `sends` is one of {_words(SENDS)}: a level stays, a",
        "pulse is 1 and then 0 per press, a toggle is a pulse that asks the host to change its",
        "mind, on_off is +1 or -1. Bits are counted from the first bit after the report id.",
        "",
        "## Pages",
        "",
        *(f"- `{page.value}`: {meaning}" for page, meaning in PAGE_MEANINGS.items()),
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
                (
                    "`second_call`",
                    _words(SECOND_CALLS),
                    "`end_and_answer`",
                    "what hanging up on the device means while a second call rings",
                    "Jabra, Yealink manuals; Plantronics manuals say `end`",
                ),
                (
                    "`acknowledges`",
                    _words(ACKNOWLEDGES),
                    "`at_once`",
                    "when Off-Hook is written after an answer key",
                    "Jabra takes an unanswered press back after 2 s (WICG/webhid issue 61)",
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
                ("`hold`", "true, false", "true", "light Hold"),
                ("`ring_in_call`", "true, false", "true", "light Ring for a second call, too"),
                (
                    "`off_before_on`",
                    "true, false",
                    "false",
                    "write Off-Hook 0 just before each 1: for devices that only heed the change",
                ),
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


def _top_keys() -> Iterator[tuple[str, ...]]:
    """Return the rows about the keys of a profile."""
    yield "`schema`", "`1`", "version of this format"
    yield "`id`", "text", "name of the file without `.yaml`"
    yield "`vendor`, `model`", "text", "for people"
    yield "`kind`", "see below", "what it is"
    yield "`match.usb`", '`["0b0e:0307"]`', "exact ids, quoted, in order; wins over all"
    yield "`match.vendor`", '`["0b0e"]`', "any product of a vendor"
    yield "`match.name`", "list", "parts of the product string, any case; one must occur"
    yield "`match.declares`", '`["0b/20"]`', "usages the report descriptor must have, all of them"
    same = "all ids are one device that changes its id; it keeps the identity of this one, for ever"
    yield "`match.known_as`", '`"047f:02e6"`', same
    yield "`access`", _words(ACCESS), "`vendor`: the udev rule covers all that `match` covers"
    yield "`decoder`", "`hid_telephony`", "who reads its reports"
    yield "`page`", _words(PAGES), "where keys and lamps are looked for, see below"
    yield "`inputs.<key>`", "see below", "what the descriptor does not say about a key"
    yield "`outputs.<lamp>`", "`{report: 4, bit: 0}`, `{usage: [ffa0/8f]}`", "the same for a lamp"
    feature = "`[{usage: [ff30/ffff], value: 0}]`"
    yield "`at_open`", feature, "features written when it is opened, if alone in their report"
    yield "`conduct`", "see below", "how it behaves"
    yield "`lamps`", "see below", "which lamps follow what"
    yield "`headsets`", "list", "headsets behind a dongle or base"
    yield "`limits`", "list", "what users must know"
    levels = _words(one.value for one in Evidence)
    yield "`evidence.verified`", levels, "how every id of it is known; `dump` needs one for each"
    yield "`evidence.firmware`", '`["1.4.2"]`', "versions it was seen with, quoted"
    yield "`evidence.dumps`", "list", "files of `tests/dumps`; an id with one of its own shows it"
    yield "`evidence.sources`", "list", "where each statement comes from; at least one"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


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
