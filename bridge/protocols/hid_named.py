"""Usages that a profile names: vendor pages, and features. See ``hid_telephony.md``."""

from collections.abc import Iterable, Sequence

from bridge.model.hid import Lamp, Style
from bridge.profiles.model import FeatureRule, InputRule, OutputRule, UsagePair
from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, Usage
from bridge.protocols.hid_layout import Input, Output


def named_inputs(
    descriptor: Descriptor,
    found: Sequence[Input],
    rules: Iterable[InputRule],
    notes: list[str],
) -> list[Input]:
    """Return the controls with those in place that the profile names.

    Args:
        descriptor: what the device declares.
        found: what was found without the profile.
        rules: of the profile; those without a usage are not looked at.
        notes: told what the device does not have.
    """
    kept = list(found)
    for rule in rules:
        if not rule.usages:
            continue
        field = _find(descriptor, Kind.INPUT, rule.usages)
        if field is None:
            notes.append(_missing(rule.control.value, rule.usages))
            continue
        style = rule.style or _style(field)
        usage = field.usages[0]
        one = Input(rule.control, field.report, field.bit, field.size, style, usage)
        # One meaning per bit: a press must not be a reject and a voice mail key as well.
        kept = [
            other
            for other in kept
            if other.control is not rule.control
            and (other.report, other.bit) != (field.report, field.bit)
        ]
        kept.append(one)
    return kept


def named_outputs(
    descriptor: Descriptor, rules: Iterable[OutputRule], notes: list[str]
) -> list[Output]:
    """Return the lamps that the profile names by a usage; arguments as for ``named_inputs``."""
    outputs = []
    for rule in rules:
        if not rule.usages:
            continue
        field = _find(descriptor, Kind.OUTPUT, rule.usages)
        if field is None:
            notes.append(_missing(rule.lamp.value, rule.usages))
        else:
            outputs.append(output_of(rule.lamp, field))
    return outputs


def output_of(lamp: Lamp, field: Field) -> Output:
    """Return a field that shows a lamp; of several values in a row the first."""
    signed = field.relative and field.logical[0] < 0
    style = Style.ON_OFF if signed else Style.LEVEL
    return Output(lamp, field.report, field.bit, field.size, field.usages[0], style)


def opening_reports(
    descriptor: Descriptor, rules: Iterable[FeatureRule], notes: list[str]
) -> tuple[bytes, ...]:
    """Return the feature reports to write at opening, each with its id byte.

    A feature that shares its report with others is not written: their present values are not
    known, and zeros would change settings of the device.
    """
    reports = []
    for rule in rules:
        name = f"feature {Usage(*rule.usage)}"
        field = _find(descriptor, Kind.FEATURE, (rule.usage,))
        if field is None:
            notes.append(f"{name}: not in this device, not written")
        elif _shares(descriptor, field):
            notes.append(f"{name}: other features are in its report, not written")
        elif rule.value >> field.size:
            notes.append(f"{name}: {rule.value} is too large for {field.size} bits, not written")
        else:
            length = descriptor.report_bytes(Kind.FEATURE, field.report)
            payload = (rule.value << field.bit).to_bytes(length, "little")
            reports.append(bytes([field.report]) + payload)
            notes.append(f"{name}: {rule.value} is written when the device is opened")
    return tuple(reports)


def _find(descriptor: Descriptor, kind: Kind, usages: Iterable[UsagePair]) -> Field | None:
    """Return the field of the first usage the device has."""
    for usage in usages:
        for field in descriptor.fields:
            alone = field.kind is kind and not field.array
            if alone and field.usages[0] == usage:
                return field
    return None


def _shares(descriptor: Descriptor, one: Field) -> bool:
    return any(
        field is not one and (field.kind, field.report) == (one.kind, one.report)
        for field in descriptor.fields
    )


def _style(field: Field) -> Style:
    """Return how it tells its state, by the flags alone (HID 1.11 6.2.2.5)."""
    if field.relative:
        return Style.ON_OFF if field.logical[0] < 0 else Style.PULSE
    return Style.LEVEL


def _missing(name: str, usages: Iterable[UsagePair]) -> str:
    return f"{name}: this device has no {' or '.join(str(Usage(*one)) for one in usages)}"
