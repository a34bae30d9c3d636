"""From the fields of a descriptor to controls and lamps. The rules are in ``hid_telephony.md``."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bridge.model.hid import Control, Lamp, Style
from bridge.profiles.model import FeatureRule, InputRule, OutputRule, Page
from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, Usage
from bridge.protocols.hid_lamps import find_lamps
from bridge.protocols.hid_layout import Input, Layout, LeftAlone, Output
from bridge.protocols.hid_named import named_inputs, opening_reports
from bridge.protocols.hid_places import TELEPHONY, Telephone, fits

__all__ = ["CALL_CONTROLS", "CALL_LAMPS", "Input", "Layout", "LeftAlone", "Output", "find_roles"]

BUTTON, CONSUMER, TEAMS = 0x09, 0x0C, 0xFF99

CONTROLS = {  # HID Usage Tables 1.3, page 0x0B
    0x20: Control.HOOK,
    0x21: Control.FLASH,
    0x23: Control.HOLD,
    0x24: Control.REDIAL,
    0x26: Control.DROP,
    0x2A: Control.LINE,
    0x2B: Control.SPEAKER_PHONE,
    0x2F: Control.MUTE,
    0x31: Control.SEND,
    0x50: Control.SPEED_DIAL,
    0x70: Control.VOICE_MAIL,
    0x97: Control.LINE_BUSY,
    0x07: Control.REJECT,  # "programmable button": parsers that keep the page of the usage item
}
REJECT_BUTTONS = frozenset({0x07, 0x01})  # page 0x09; 7 on Windows maps, 1 in the Teams subset
KEYS = dict(zip(range(0xB0, 0xC0), "0123456789*#ABCD", strict=True))  # page 0x0B
CONSUMER_CONTROLS = {  # page 0x0C
    0xE9: Control.VOLUME_UP,
    0xEA: Control.VOLUME_DOWN,
    0xE2: Control.SPEAKER_MUTE,
    0xCD: Control.PLAY_PAUSE,
}
TEAMS_BUTTON = 0x04  # page 0xFF99
KEYS_AT_ONCE = 64  # of an array; keyboards of six keys are the longest in use

# One of these makes a device worth opening; volume keys alone do not.
CALL_CONTROLS = frozenset(CONTROLS.values()) | {Control.KEYPAD}
CALL_LAMPS = frozenset({Lamp.OFF_HOOK, Lamp.RING})


def find_roles(
    descriptor: Descriptor,
    inputs: Iterable[InputRule] = (),
    outputs: Iterable[OutputRule] = (),
    page: Page = Page.STANDARD,
    at_open: Iterable[FeatureRule] = (),
) -> Layout | LeftAlone:
    """Return where each control and lamp of a device is.

    Args:
        descriptor: what the device declares.
        inputs: what its profile adds or corrects about keys.
        outputs: places of lamps its profile knows better.
        page: whether usages that the profile names stand beside page 0B or instead of it.
        at_open: features its profile wants written when it is opened.

    Returns:
        The layout, or why the device is left alone: no telephony collection, or nothing in it
        that has to do with calls.
    """
    rules, places, telephone = tuple(inputs), tuple(outputs), Telephone(descriptor)
    if not telephone and not (rules or places):
        pages = ", ".join(str(usage) for usage in descriptor.top) or "none"
        return LeftAlone(f"expected a telephony collection (page 0b), found {pages}")
    notes: list[str] = []
    standard = _first_of_each(_inputs(descriptor, telephone, notes), notes)
    if page is Page.FALLBACK:
        page, rules, places = _fall_back(standard, rules, places, notes)
    if page is Page.VENDOR:
        notes = ["page 0b is not read: the profile names the usages of a vendor page"]
        standard = [one for one in standard if one.control in CONSUMER_CONTROLS.values()]
    ins = _apply(descriptor, named_inputs(descriptor, standard, rules, notes), rules, notes)
    outs = find_lamps(descriptor, telephone, places, notes, standard=page is not Page.VENDOR)
    if not ({one.control for one in ins} & CALL_CONTROLS or {o.lamp for o in outs} & CALL_LAMPS):
        return LeftAlone("expected a hook, mute or other call key, found none on page 0b")
    layout = _layout(descriptor, ins, outs, notes)
    opening = opening_reports(descriptor, at_open, notes)
    return replace(layout, at_open=opening, notes=tuple(notes))


def _fall_back(
    standard: Iterable[Input],
    rules: tuple[InputRule, ...],
    places: tuple[OutputRule, ...],
    notes: list[str],
) -> tuple[Page, tuple[InputRule, ...], tuple[OutputRule, ...]]:
    """Decide between the two pages as a whole: half of each would say two things at once."""
    if not any(one.control is Control.HOOK for one in standard):
        return Page.VENDOR, rules, places
    notes.append("page 0b has a hook: the vendor page that the profile names is not read")
    kept = tuple(one for one in rules if not one.usages)
    return Page.STANDARD, kept, tuple(one for one in places if not one.usages)


def _layout(
    descriptor: Descriptor, ins: list[Input], outs: list[Output], notes: list[str]
) -> Layout:
    ordered_in = tuple(sorted(ins, key=lambda one: (one.report, one.bit, one.value or 0)))
    ordered_out = tuple(sorted(outs, key=lambda one: (one.report, one.bit)))
    return Layout(
        descriptor.numbered,
        ordered_in,
        ordered_out,
        {one.report: descriptor.report_bytes(Kind.INPUT, one.report) for one in ordered_in},
        {one.report: descriptor.report_bytes(Kind.OUTPUT, one.report) for one in ordered_out},
        tuple(notes),
    )


# -- inputs -------------------------------------------------------------------


def _inputs(descriptor: Descriptor, telephone: Telephone, notes: list[str]) -> Iterator[Input]:
    """Yield every control, several times where the device declares it several times."""
    for field in descriptor.fields:
        if field.kind is not Kind.INPUT:
            continue
        if field.array:
            yield from _array(field, telephone)
            continue
        usage = field.usages[0]
        control = _control(field, usage, telephone)
        if control is None:
            continue
        if field.count > 1:
            notes.append(f"{control.value}: {usage} for {field.count} values, the first is read")
        key = KEYS.get(usage.id, "") if control is Control.KEYPAD else ""
        style = _style(field, control)
        yield Input(control, field.report, field.bit, field.size, style, usage, key)


def _array(field: Field, telephone: Telephone) -> Iterator[Input]:
    """Yield one control for each index of an array field.

    Index 0 means "no key" where the range includes it and no null state is declared (Evolve
    Link, WH66: 0..11 for twelve keys): reports at rest carry 0. Such a device cannot send the
    key of index 0. With a null state the rest is a value out of range, and 0 a key.
    """
    if field.count > KEYS_AT_ONCE or (field.size == 1 and field.count > 1):
        return  # a bitmap of keys without meaning (old USB adapters)
    low, high = field.logical
    rests_above = field.null_state and high < (1 << field.size) - 1
    shared = sum(_control(field, one, telephone) is not None for one in field.usages) > field.count
    for index, usage in enumerate(field.usages):
        value = low + index
        control = _control(field, usage, telephone)
        if control is None or value > high or (value == 0 and not rests_above):
            continue
        # A field of one bit lists the names of one button, not two buttons (EPOS).
        name = field.usages[0] if field.size == 1 else usage
        key = KEYS.get(usage.id, "") if control is Control.KEYPAD else ""
        style = _style(field, control)
        if control is Control.HOOK and shared:
            style = Style.PULSE  # the next key takes its place: it cannot stay up
        yield Input(
            control, field.report, field.bit, field.size, style, name, key, field.count, value,
            last=high if value == 0 else None,
        )  # fmt: skip


def _control(field: Field, usage: Usage, telephone: Telephone) -> Control | None:
    """Return what a usage means where it stands."""
    if usage.page == CONSUMER:
        return CONSUMER_CONTROLS.get(usage.id)
    if usage.page == TEAMS:
        return Control.TEAMS if usage.id == TEAMS_BUTTON and field.size == 1 else None
    if not telephone.has(field):  # elsewhere, buttons are just buttons
        return None
    if usage.page == BUTTON:
        return Control.REJECT if usage.id in REJECT_BUTTONS else None
    if usage.page == TELEPHONY:
        return Control.KEYPAD if usage.id in KEYS else CONTROLS.get(usage.id)
    return None


def _style(field: Field, control: Control) -> Style:
    """Return how a control tells its state, by the main item flags (HID 1.11 6.2.2.5).

    Phone Mute is a pulse whatever the flags say: devices flag it absolute and pulse all the same.
    """
    if field.relative and field.logical[0] < 0:
        return Style.ON_OFF
    if field.relative or control is Control.MUTE:
        return Style.PULSE
    return Style.LEVEL


def _first_of_each(found: Iterable[Input], notes: list[str]) -> list[Input]:
    """Keep one place per call control, so that no press counts twice; volume keys may have two."""
    kept: dict[tuple[Control, str], Input] = {}
    more: list[Input] = []
    for one in found:
        first = kept.setdefault((one.control, one.key), one)
        if first is one:
            continue
        if one.control in CONSUMER_CONTROLS.values() or _same_array(first, one):
            more.append(one)
        elif one.control is Control.REJECT and first.usage != one.usage:
            more.append(one)  # Button 7 and Button 1: one for each operating system (Logitech)
        else:
            notes.append(f"{one.control.value}: {one.usage} again in report {one.report}, ignored")
    return [*kept.values(), *more]


def _same_array(one: Input, other: Input) -> bool:
    return one.value is not None and (one.report, one.bit) == (other.report, other.bit)


def _apply(
    descriptor: Descriptor, found: list[Input], rules: Iterable[InputRule], notes: list[str]
) -> list[Input]:
    """Let the profile correct or add places and styles."""
    for rule in rules:
        if rule.report is not None and rule.bit is not None:
            if not fits(descriptor, Kind.INPUT, rule.report, rule.bit):
                notes.append(f"{rule.control.value}: the profile's place is not in this device")
                continue
            style = rule.style or Style.LEVEL
            usage = next((i.usage for i in found if _at(i, rule)), None)
            placed = Input(rule.control, rule.report, rule.bit, 1, style, usage)
            same = [i for i in found if i.control is rule.control and _at(i, rule)]
            kept = [i for i in found if i.control is not rule.control]
            found = [*kept, *(replace(i, style=rule.style or i.style) for i in same or [placed])]
        elif rule.style is not None:
            found = [
                replace(i, style=rule.style) if i.control is rule.control else i for i in found
            ]
    return found


def _at(one: Input, rule: InputRule) -> bool:
    return (one.report, one.bit) == (rule.report, rule.bit)
