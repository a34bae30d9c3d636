"""A recording without what must not leave the house: serial numbers, dialled numbers, payloads.

Uses the table of ``bridge.model.redaction``. Redacting twice changes nothing more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.model.hid import Control, ControlChange
from bridge.model.redaction import MASKED_FROM_DIGITS, printable, redact, without
from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, parse
from bridge.protocols.hid_layout import Input, Layout
from bridge.protocols.hid_recorder import Recorded, Recording
from bridge.protocols.hid_roles import find_roles
from bridge.protocols.hid_telephony import Decoder, is_resting

VENDOR_PAGES = 0xFF00  # and above
KEY_BITS = 8  # a vendor field up to this size is a key or a flag; a longer one may be a text
NOTE = "removed: serial numbers; payloads of reports nobody declared a key in"
PAD_ORDERS = ("123456789*0#", "1234567890*#", "0123456789*#")  # pressed to try the keys


def redact_recording(recording: Recording, secrets: Iterable[str] = ()) -> Recording:
    """Return a recording that may be published.

    Args:
        recording: as read from a device.
        secrets: its serial number, and whatever else must not be in it.

    Returns:
        The same with texts redacted, the USB port left out, every bit cleared that no field of a
        key, flag or switch covers, and more than four digits on the key pad made the same digit,
        unless they are the pad from its first key on.
    """
    known = tuple(secrets)
    texts = [_text(one, known) for one in recording.comments if one != NOTE]
    bare = replace(
        recording,
        name=_text(recording.name, known),
        phys="",
        comments=(*texts, NOTE),
    )
    descriptor = parse(recording.descriptor)
    if not isinstance(descriptor, Descriptor):
        return replace(bare, reports=())
    reports = [_cleared(one, descriptor) for one in recording.reports]
    layout = find_roles(descriptor)
    if isinstance(layout, Layout):
        reports = _without_numbers(reports, layout)
    return replace(bare, reports=tuple(reports))


def _text(text: str, secrets: Sequence[str]) -> str:
    return redact(without(printable(text, 200), secrets))


# -- payloads -----------------------------------------------------------------


def _cleared(recorded: Recorded, descriptor: Descriptor) -> Recorded:
    """Return a report with only those bits that a key, flag or switch was declared for."""
    report = recorded.report
    number = report[0] if descriptor.numbered and report else 0
    head = 1 if descriptor.numbered else 0
    fields = [
        one
        for one in descriptor.fields
        if one.kind is Kind.INPUT and one.report == number and _is_key(one)
    ]
    mask = sum(((1 << one.size * one.count) - 1) << one.bit for one in fields)
    bits = int.from_bytes(report[head:], "little") & mask
    return replace(recorded, report=report[:head] + bits.to_bytes(len(report[head:]), "little"))


def _is_key(field: Field) -> bool:
    vendor = any(usage.page >= VENDOR_PAGES for usage in field.usages)
    return not vendor or field.size * field.count <= KEY_BITS


# -- key pad ------------------------------------------------------------------


def _without_numbers(reports: list[Recorded], layout: Layout) -> list[Recorded]:
    """Hide what was dialled."""
    pads = [one for one in layout.inputs if one.control is Control.KEYPAD]
    if not pads or not _is_number(_digits(reports, layout)):
        return reports
    pads = [one for one in pads if one.value != 0 or _is_key_0(one, reports, layout)]
    return [replace(one, report=_one_key(one.report, pads, layout)) for one in reports]


def _is_key_0(one: Input, reports: Iterable[Recorded], layout: Layout) -> bool:
    """Say whether 0 is a key here, not the rest of the key pad."""
    here = (
        recorded.report for recorded in reports if _number(recorded.report, layout) == one.report
    )
    head = 1 if layout.numbered else 0
    return any(is_resting(one, int.from_bytes(report[head:], "little")) for report in here)


def _number(report: bytes, layout: Layout) -> int:
    return report[0] if layout.numbered and report else 0


def _digits(reports: Iterable[Recorded], layout: Layout) -> str:
    decoder = Decoder(layout)
    changes = [change for one in reports for change in decoder.decode(one.report)]
    keys = (one for one in changes if isinstance(one, ControlChange) and one.on)
    return "".join(one.key for one in keys)


def _is_number(digits: str) -> bool:
    return len(digits) >= MASKED_FROM_DIGITS and not any(digits in pad for pad in PAD_ORDERS)


def _one_key(report: bytes, pads: Sequence[Input], layout: Layout) -> bytes:
    """Return a report in which every key of the pad is its first one."""
    head = 1 if layout.numbered else 0
    number = _number(report, layout)
    first = next((one for one in pads if one.value != 0), pads[0])
    here = [one for one in pads if one.report == number]
    if not here or len(report) - head != layout.input_bytes[number]:
        return report
    bits = int.from_bytes(report[head:], "little")
    for one in here:
        element = (1 << one.size) - 1
        for index in range(one.count):
            at = one.bit + index * one.size
            value = bits >> at & element
            if one.value is None and value:
                bits &= ~(element << at)
                bits |= 1 << first.bit
            elif one.value is not None and value == one.value and first.value is not None:
                bits = (bits & ~(element << at)) | (first.value << at)
    return report[:head] + bits.to_bytes(len(report) - head, "little")
