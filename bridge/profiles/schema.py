"""What a profile file may say: YAML to ``Profile``. The tables here make ``REFERENCE.md``."""

from collections.abc import Sequence
from dataclasses import fields
from typing import NamedTuple

from bridge.model.errors import ProfileError
from bridge.model.hid import Conduct, Control, Lamp, SecondCall, Style
from bridge.profiles.model import (
    GENERIC,
    Evidence,
    FeatureRule,
    InputRule,
    Kind,
    LampPolicy,
    Match,
    OutputRule,
    Page,
    Profile,
    Proof,
    UsagePair,
    UsbId,
)
from bridge.profiles.reading import Findings, Table, shown
from bridge.yamldoc import Document

SCHEMA = 1
DECODERS = ("hid_telephony",)  # modules of bridge/protocols
LAST_BIT = 4095  # a report has at most 512 bytes in USB full speed; real ones have 64

KINDS = {one.value: one for one in Kind}
EVIDENCE = {one.value: one for one in Evidence}
CONTROLS = {one.value: one for one in Control}
LAMPS = {one.value: one for one in Lamp}
MUTE_LAMPS = {one.value: one for one in (Lamp.MUTE, Lamp.MICROPHONE)}
SENDS = {
    "level": Style.LEVEL,
    "pulse": Style.PULSE,
    "toggle": Style.PULSE,  # a pulse by which the device asks the host to change its mind
    "on_off": Style.ON_OFF,
}


class Seconds(NamedTuple):
    """A duration a profile may set."""

    low: float
    high: float
    meaning: str
    evidence: str  # for the default


HOLD = {"clear_off_hook": True, "keep_off_hook": False}
MAX_ON_HOOKS = 5
DURATIONS = {
    "echo_s": Seconds(
        0.1,
        10,
        "an expected hook echo is waited for this long",
        "an Evolve 65 ends a call up to 3 s late (tSIP issue 32)",
    ),
    "hold_guard_s": Seconds(
        0,
        5,
        "hook edges are not believed this long around hold and resume",
        "GOnnect ignores the hook for 500 ms (pull request 138)",
    ),
    "pulse_s": Seconds(
        0,
        1,
        "a hook that falls back this soon after its rise is a pulse, not a hang-up",
        "second event of a press within 50 ms (WICG/webhid issue 61), doubled",
    ),
    "settle_s": Seconds(
        0,
        10,
        "wait after replug before the state is written again",
        "GOnnect waits 500 ms after hot-plug",
    ),
    "mute_lock_s": Seconds(
        0,
        5,
        "a mute press this soon after a mute write is a refusal (boom arm up)",
        "GOnnect's probe window of 700 ms",
    ),
    "duplicate_s": Seconds(
        0,
        0.5,
        "the same bytes again this soon are the same report",
        "hid-plantronics.c filters 5 ms, doubled",
    ),
}
PAGES = {one.value: one for one in Page}
SECOND_CALLS = {one.value: one for one in SecondCall}
ACKNOWLEDGES = {"at_once": True, "when_answered": False}
USB_ID = r"[0-9a-f]{4}:[0-9a-f]{4}"
USB_ID_EXPECTED = "an id as lsusb prints it"
USAGE = r"[0-9a-f]{2,4}/[0-9a-f]{2,4}"
USAGE_EXPECTED = "a usage as explain prints it, page/id in lower case: 0b/20"
MAX_FEATURE = 255
ACCESS = {"vendor": True, "ids": False}
DEFAULTS = {one.name: one.default for one in fields(Conduct)}


def read_profile(document: Document) -> Profile:
    """Return the profile in a document.

    Args:
        document: a loaded profile file.

    Raises:
        ProfileError: every unknown key, wrong value and contradiction in it.
    """
    findings = Findings(document)
    top = Table(findings, (), document.value if document.value is not None else {})
    if top.integer("schema", SCHEMA, SCHEMA) is None and "schema" not in top:
        top.wrong("schema", "nothing", f"schema: {SCHEMA}")
    decoder = top.get("decoder", required=True, expected=DECODERS[0])
    if decoder not in (*DECODERS, None):
        top.wrong("decoder", shown(decoder), "one of " + ", ".join(DECODERS))
    inputs = _inputs(top.table("inputs"))
    page = top.choice("page", PAGES)
    name = r"[a-z0-9]+(-[a-z0-9]+)*"
    profile = Profile(
        id=top.text("id", name, "words of a-z and 0-9 with hyphens between"),
        vendor=top.text("vendor"),
        model=top.text("model"),
        kind=top.choice("kind", KINDS, required=True) or Kind.HEADSET,
        match=_match(top.table("match", required=True)),
        conduct=_conduct(top.table("conduct"), inputs),
        lamps=_lamps(top.table("lamps")),
        proof=_proof(top.table("evidence", required=True)),
        inputs=inputs,
        outputs=_outputs(top.table("outputs")),
        page=page or Page.STANDARD,
        at_open=_features(top),
        headsets=top.texts("headsets"),
        limits=top.texts("limits"),
        whole_vendor=_whole_vendor(top),
        file=document.file,
    )
    top.finish()
    _meaning(top, profile)
    if findings.problems:
        raise ProfileError(tuple(sorted(findings.problems, key=lambda one: one.line)))
    return profile


def _match(table: Table) -> Match:
    usb = table.texts("usb", USB_ID, USB_ID_EXPECTED, quoted=True)
    vendors = table.texts("vendor", r"[0-9a-f]{4}", "a vendor id as lsusb prints it", quoted=True)
    names = table.texts("name", r".{2,40}", "part of the product string")
    declares = _usages(table, "declares")
    known_as = table.text("known_as", USB_ID, USB_ID_EXPECTED, required=False, quoted=True)
    table.finish()
    ids = tuple(_usb_id(one) for one in usb)
    if tuple(sorted(usb)) != usb:
        table.wrong("usb", "ids out of order", "them in ascending order")
    vendor_ids = tuple(int(one, 16) for one in vendors)
    if known_as and (len(usb) == 1 or known_as not in usb):
        table.wrong("known_as", known_as, "one of several ids in usb")
    identity = _usb_id(known_as) if known_as else None
    return Match(ids, vendor_ids, tuple(one.lower() for one in names), declares, identity)


def _usb_id(text: str) -> UsbId:
    return UsbId(int(text[:4], 16), int(text[5:], 16))


def _conduct(table: Table, inputs: tuple[InputRule, ...]) -> Conduct:
    """Return how the device behaves; what is not said stays at the default."""
    hold = table.text("hold", "|".join(HOLD), "one of " + ", ".join(HOLD), required=False)
    rejects = table.integer("reject_by_on_hook", 0, MAX_ON_HOOKS)
    second = table.choice("second_call", SECOND_CALLS)
    words = "|".join(ACKNOWLEDGES)
    expected = "one of " + ", ".join(ACKNOWLEDGES)
    acknowledges = table.text("acknowledges", words, expected, required=False)
    times = {
        name: table.number(name, low, high, float(str(DEFAULTS[name])))
        for name, (low, high, *_) in DURATIONS.items()
    }
    table.finish()
    styles = {one.control: one.style for one in inputs if one.style is not None}
    return Conduct(
        mute_style=styles.get(Control.MUTE, Style.PULSE),
        hook_style=styles.get(Control.HOOK, Style.LEVEL),
        hold_clears_off_hook=HOLD.get(hold, False),
        reject_by_on_hook=rejects or 0,
        second_call=second or SecondCall.END_AND_ANSWER,
        acknowledges_at_once=ACKNOWLEDGES.get(acknowledges, True),
        echo_s=times["echo_s"],
        hold_guard_s=times["hold_guard_s"],
        pulse_s=times["pulse_s"],
        settle_s=times["settle_s"],
        mute_lock_s=times["mute_lock_s"],
        duplicate_s=times["duplicate_s"],
    )


def _lamps(table: Table) -> LampPolicy:
    default = LampPolicy()
    expected = "one of " + ", ".join(MUTE_LAMPS)
    mute = table.texts("mute", "|".join(MUTE_LAMPS), expected)
    policy = LampPolicy(
        mute=frozenset(MUTE_LAMPS[one] for one in mute) if "mute" in table else default.mute,
        ringer=table.flag("ringer"),
        on_line=table.flag("on_line"),
        hold=table.flag("hold", default=default.hold),
        ring_in_call=table.flag("ring_in_call", default=default.ring_in_call),
        off_before_on=table.flag("off_before_on"),
    )
    table.finish()
    return policy


def _whole_vendor(top: Table) -> bool:
    words = "|".join(ACCESS)
    return ACCESS.get(top.text("access", words, "one of vendor, ids", required=False), False)


def _place(table: Table) -> tuple[int | None, int | None]:
    """Return report and bit; both or none."""
    report, bit = table.integer("report", 0, 255), table.integer("bit", 0, LAST_BIT)
    for here, other in (("report", "bit"), ("bit", "report")):
        if here in table and other not in table:
            table.wrong(other, "nothing", f"a {other} beside the {here}")
    return report, bit


def _usages(table: Table, key: str) -> tuple[UsagePair, ...]:
    """Return usages written as ``0b/20``."""
    words = table.texts(key, USAGE, USAGE_EXPECTED)
    return tuple((int(page, 16), int(one, 16)) for page, one in (w.split("/") for w in words))


def _inputs(table: Table) -> tuple[InputRule, ...]:
    rules = []
    for control, one in table.tables(CONTROLS):
        report, bit = _place(one)
        style = one.choice("sends", SENDS)
        usages = _usages(one, "usage")
        if report is None and not usages and "sends" not in one:
            one.wrong("sends", "nothing", "sends, usage, or report and bit")
        if report is not None and usages:
            one.wrong("usage", "usages beside report and bit", "one or the other")
        one.finish()
        rules.append(InputRule(control, report, bit, style, usages))
    table.finish()
    _no_bit_twice(table, [(rule.report, rule.bit) for rule in rules if rule.report is not None])
    _no_usage_twice(table, [rule.usages for rule in rules])
    return tuple(rules)


def _outputs(table: Table) -> tuple[OutputRule, ...]:
    rules = []
    for lamp, one in table.tables(LAMPS):
        report, bit = _place(one)
        usages = _usages(one, "usage")
        one.finish()
        if report is None and "report" not in one and not usages:
            one.wrong("report", "nothing", "report and bit, or usage")
        if report is not None and usages:
            one.wrong("usage", "usages beside report and bit", "one or the other")
        if usages or (report is not None and bit is not None):
            rules.append(OutputRule(lamp, report, bit, usages))
    table.finish()
    _no_bit_twice(table, [(rule.report, rule.bit) for rule in rules if rule.report is not None])
    _no_usage_twice(table, [rule.usages for rule in rules])
    return tuple(rules)


def _features(top: Table) -> tuple[FeatureRule, ...]:
    """Return the features that are written when the device is opened."""
    rules = []
    for one in top.items("at_open"):
        usages = _usages(one, "usage")
        value = one.integer("value", 0, MAX_FEATURE)
        one.finish()
        if len(usages) == 1 and value is not None:
            rules.append(FeatureRule(usages[0], value))
        elif "value" not in one or len(usages) != 1:
            one.wrong("usage", "something else", "{usage: [ff30/ffff], value: 0}")
    return tuple(rules)


def _no_bit_twice(table: Table, places: Sequence[tuple[int | None, int | None]]) -> None:
    for report, bit in dict.fromkeys(one for one in places if places.count(one) > 1):
        table.findings.add(table.path, f"bit {bit} of report {report} twice", "one meaning per bit")


def _no_usage_twice(table: Table, lists: Sequence[tuple[UsagePair, ...]]) -> None:
    usages = [one for some in lists for one in some]
    for page, one in dict.fromkeys(one for one in usages if usages.count(one) > 1):
        table.findings.add(table.path, f"usage {page:02x}/{one:02x} twice", "one meaning per usage")


def _proof(table: Table) -> Proof:
    proof = Proof(
        verified=table.choice("verified", EVIDENCE, required=True) or Evidence.DOCUMENT,
        firmware=table.texts("firmware", r".{1,40}", "a version", quoted=True),
        dumps=table.texts("dumps", r"[a-z0-9._-]+\.hid", "the name of a .hid file of tests/dumps"),
        sources=table.texts("sources"),
    )
    table.finish()
    if not proof.sources:
        table.wrong("sources", "nothing", "where each statement comes from")
    if proof.verified in {Evidence.DUMP, Evidence.FAMILY} and not proof.dumps:
        table.wrong("dumps", "nothing", f"the dump that `verified: {proof.verified.value}` means")
    if proof.verified is Evidence.HARDWARE and not proof.firmware:
        table.wrong("firmware", "nothing", "the firmware it was tried with")
    return proof


def _meaning(top: Table, profile: Profile) -> None:
    """Check what no single key can be blamed for."""
    match = profile.match
    stem = profile.file.rsplit("/", 1)[-1]
    if profile.id and stem != f"{profile.id}.yaml":
        top.wrong("id", f"{profile.id} in {stem}", f"the name of the file: {profile.id}.yaml")
    if profile.id == GENERIC:
        if match != Match():
            top.wrong(
                "match", "ids or names", "match: {}, since it applies where nothing else does"
            )
    elif match == Match():
        top.wrong("match", "nothing", "usb:, vendor: or name:")
    if match.usb and (match.vendors or match.names):
        top.wrong("match", "usb beside vendor or name", "either exact ids, or vendor and name")
    if profile.kind is Kind.FAMILY and match.usb:
        top.wrong("match", "usb ids in a family", "vendor: or name:")
    if profile.whole_vendor and not (match.vendors or match.names):
        top.wrong("access", "vendor", "ids, or vendor: or name: in match")
    if profile.kind is not Kind.FAMILY and match.vendors and not match.names:
        top.wrong("match", "a whole vendor", "name: beside vendor:, or kind: family")
    if match.usb and match.declares:
        top.wrong("match", "usb beside declares", "one or the other: an exact id says it all")
    _evidence(top, profile)
    named = any(rule.control is Control.HOOK and rule.usages for rule in profile.inputs)
    if profile.page is not Page.STANDARD and not named:
        top.wrong("page", profile.page.value, "usage: for the hook in inputs")


def _evidence(top: Table, profile: Profile) -> None:
    """Check that a profile does not claim more than it has."""
    if profile.proof.verified is not Evidence.DUMP:
        return
    if not profile.match.usb:
        top.wrong("evidence", "verified: dump without usb ids", "verified: family")
    for usb in profile.match.usb:
        if profile.proof.dumps and not profile.has_dump_of(usb):
            expected = f"a dump of {usb} among dumps, or verified: family"
            top.wrong("evidence", "verified: dump", expected)
