"""HID report descriptors: bytes to fields. The traps and the sources are in ``hid_descriptor.md``.

The items are split and the bit positions counted by hid-tools; this module adds what it does not
keep: the collections around a field, the usage page at the usage item *and* at the main item, and
limits, so that no descriptor can take memory or raise. hid-tools is imported when the first
descriptor is parsed (93 ms), not when the program starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from bridge.protocols.hid_items import OddError, restoring_report_ids
from bridge.protocols.hid_limits import (
    MAX_BYTES,
    MAX_REPORT_BITS,
    MAX_USAGES,
    at_most,
    check_limits,
)

__all__ = ["MAX_BYTES", "Descriptor", "Field", "Kind", "Unusable", "Usage", "parse"]


_BOTH = "expected all reports numbered or none, found both"


class Usage(NamedTuple):
    """A usage page and an id on it, 16 bit each."""

    page: int
    id: int

    def __str__(self) -> str:
        """Return ``0b/20``: page and id in hexadecimal, two digits or more."""
        return f"{self.page:02x}/{self.id:02x}"


class Kind(Enum):
    """Which way a report goes."""

    INPUT = "input"
    OUTPUT = "output"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Field:
    """Bits of a report that carry a meaning. Padding has no usage and is no field.

    Args:
        kind: which way.
        report: report id, 0 when the device does not number its reports.
        bit: first bit, counted from the first bit after the report id.
        size: bits of one value, 1..256.
        count: values in a row; more than 1 for arrays and for repeated usages.
        usages: the meaning by HID 1.11 (the page in force at the main item); arrays: of each index.
        usages_as_read: the same with the page in force when the usage item was read.
        array: values are indices into ``usages``; else each value belongs to one usage.
        constant, relative, no_preferred, null_state: main item flags, bits 0, 2, 5 and 6.
        logical: smallest and largest value.
        collections: usages of the collections around it, outermost first.
    """

    kind: Kind
    report: int
    bit: int
    size: int
    count: int
    usages: tuple[Usage, ...]
    usages_as_read: tuple[Usage, ...]
    array: bool
    constant: bool
    relative: bool
    no_preferred: bool
    null_state: bool
    logical: tuple[int, int]
    collections: tuple[Usage, ...]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A descriptor that was understood.

    Args:
        length: bytes.
        top: usages of the top-level collections, in order.
        fields: in order of the descriptor.
        report_bits: length of each report without its id.
        numbered: reports start with an id byte.
    """

    length: int
    top: tuple[Usage, ...]
    fields: tuple[Field, ...]
    report_bits: Mapping[tuple[Kind, int], int]
    numbered: bool

    def report_bytes(self, kind: Kind, report: int) -> int:
        """Return the length of a report without its id, 0 when there is none such."""
        return (self.report_bits.get((kind, report), 0) + 7) // 8

    @property
    def usages(self) -> frozenset[tuple[int, int]]:
        """Every usage, those of collections among them."""
        fields = (usage for field in self.fields for usage in (*field.usages, *field.collections))
        return frozenset((one.page, one.id) for one in (*self.top, *fields))


@dataclass(frozen=True, slots=True)
class Unusable:
    """A descriptor that cannot be used; the device is left alone.

    Args:
        reason: what was expected and found, lower case.
    """

    reason: str


class _Item(Protocol):
    """What we use of an item of hid-tools."""

    item: str
    value: int
    raw_value: list[int]


class _ParsedField(Protocol):
    """What we use of a field of hid-tools."""

    start: int
    size: int
    type: int
    logical_min: int
    logical_max: int


def parse(data: bytes) -> Descriptor | Unusable:
    """Return what a report descriptor declares. Never raises.

    Args:
        data: the descriptor as the kernel has it, any bytes.

    Returns:
        The fields, or why there are none: empty, longer than 4096 bytes, cut in the middle of an
        item, collections that do not close, long items, numbers beyond what Linux accepts.

    Source:
        HID 1.11 section 6.2.2.
    """
    if not data:
        return Unusable("expected a report descriptor, found nothing")
    if len(data) > MAX_BYTES:
        return Unusable(f"expected at most {MAX_BYTES} bytes of descriptor, found {len(data)}")
    try:
        check_limits(data)
        return _Walk().descriptor(data)
    except OddError as odd:
        return Unusable(str(odd))


# -- the walk along the library's items ---------------------------------------


class _Local(NamedTuple):
    """A usage as it was read: bytes of the item, page in force, id."""

    size: int
    page: int
    id: int


@dataclass(slots=True)
class _Locals:
    """Local items since the last main item."""

    usages: list[_Local] = field(default_factory=list)
    minimum: _Local | None = None
    maximum: _Local | None = None  # read before its minimum
    in_set: bool = False  # between delimiters stand names of one control, the best one first
    named: bool = False  # the set has given its name

    def add(self, usages: list[_Local]) -> None:
        """Add usages; of a delimited set the first alone counts (HID 1.11 6.2.2.8)."""
        if self.in_set and self.named:
            return
        self.named = self.in_set
        self.usages += usages


@dataclass(slots=True)
class _Walk:
    """One pass over the items, beside the fields the library made of them."""

    page: int = 0
    report: int = 0
    size: int = 0
    count: int = 0
    pushed: list[tuple[int, int, int, int]] = field(default_factory=list)
    local: _Locals = field(default_factory=_Locals)
    path: list[Usage] = field(default_factory=list)
    top: list[Usage] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    bits: dict[tuple[Kind, int], int] = field(default_factory=dict)
    parsed: dict[tuple[Kind, int, int], _ParsedField] = field(default_factory=dict)

    def descriptor(self, data: bytes) -> Descriptor:
        """Return the whole, or raise ``OddError``."""
        for item in self._library(restoring_report_ids(data)):
            self._take(item)
        numbered = any(report for _, report in self.bits)
        if numbered and any(not one.report for one in self.fields):
            raise OddError(_BOTH)
        bits = {key: bits for key, bits in self.bits.items() if key[1] or not numbered}
        top = tuple(dict.fromkeys(self.top))
        return Descriptor(len(data), top, tuple(self.fields), bits, numbered)

    def _library(self, data: bytes) -> Sequence[_Item]:
        """Let hid-tools parse; keep its fields by position and return its items."""
        from hidtools.hid import ReportDescriptor  # noqa: PLC0415  # 93 ms, 5 MB: only when needed

        try:
            parsed = ReportDescriptor.from_bytes(data)
        except Exception as error:  # it asserts and indexes where others raise
            raise OddError(
                f"expected HID items, found {str(error) or type(error).__name__}"
            ) from error
        for kind in Kind:
            for number, report in getattr(parsed, f"{kind.value}_reports").items():
                head = 8 if number > 0 else 0  # it counts bits from the id byte on
                for one in report.fields:
                    self.parsed[kind, max(number, 0), one.start - head] = one
        return parsed.rdesc_items

    def _take(self, item: _Item) -> None:  # noqa: C901  # one case per kind of item
        match item.item:
            case "Usage Page":
                self.page = item.value & 0xFFFF
            case "Report ID":
                self.report = item.value
            case "Report Size":
                self.size = item.value
            case "Report Count":
                self.count = item.value
            case "Push":
                self.pushed.append((self.page, self.size, self.count, self.report))
            case "Pop":
                self.page, self.size, self.count, self.report = self.pushed.pop()
            case "Usage":
                self.local.add([self._local_usage(item)])
            case "Usage Minimum":
                self.local.minimum = self._local_usage(item)
                self._range()
            case "Usage Maximum":
                self.local.maximum = self._local_usage(item)
                self._range()
            case "Delimiter":
                self.local.in_set, self.local.named = bool(item.value), False
            case "Collection":
                self._collection()
            case "End Collection":
                self.path.pop()
                self.local = _Locals()
            case "Input" | "Output" | "Feature":
                self._main(Kind(item.item.lower()))
            case _:
                pass

    def _local_usage(self, item: _Item) -> _Local:
        """Return a usage as it is read; 4 bytes hold a page of their own."""
        size = len(item.raw_value)
        page = item.value >> 16 if size == 4 else self.page
        return _Local(size, page, item.value & 0xFFFF)

    def _range(self) -> None:
        """Add the usages from the minimum to the maximum, once both were read."""
        low, high = self.local.minimum, self.local.maximum
        if low is None or high is None:
            return
        self.local.minimum = self.local.maximum = None
        at_most(high.id - low.id + len(self.local.usages), MAX_USAGES, "usages of a field")
        size = max(low.size, high.size)
        self.local.add([_Local(size, low.page, one) for one in range(low.id, high.id + 1)])

    def _collection(self) -> None:
        usages = self._usages()
        usage = usages[-1] if usages else Usage(self.page, 0)
        if not self.path:
            self.top.append(usage)
        self.path.append(usage)
        self.local = _Locals()

    def _usages(self) -> tuple[Usage, ...]:
        """Return the usages with the page in force now, at the main item (HID 1.11 6.2.2.8)."""
        return tuple(
            Usage(page if size == 4 else self.page, one) for size, page, one in self.local.usages
        )

    def _main(self, kind: Kind) -> None:
        """Turn a main item into fields, if it has usages."""
        start = self.bits.get((kind, self.report), 0)
        end = at_most(start + self.size * self.count, MAX_REPORT_BITS, "bits in a report")
        usages, self.bits[kind, self.report] = self._usages(), end
        as_read = tuple(Usage(page, one) for _, page, one in self.local.usages)
        self.local = _Locals()
        if not any(usage.id for usage in usages) or not self.count or not self.size:
            return
        parsed = self.parsed.get((kind, self.report, start))
        if parsed is None and not self.report:
            raise OddError(_BOTH)  # Pop went back to where no report had an id
        if parsed is None:
            raise OddError(f"expected a field at bit {start} of report {self.report}, found none")
        if not parsed.type & 2:
            self._add(kind, start, self.count, usages, as_read, parsed)
            return
        # Variables: one usage each, the last one for all that remain (HID 1.11 6.2.2.8).
        for index in range(min(len(usages), self.count)):
            last = index == len(usages) - 1
            count = self.count - index if last else 1
            bit = start + index * self.size
            here = slice(index, index + 1)
            self._add(kind, bit, count, usages[here], as_read[here], parsed)

    def _add(
        self,
        kind: Kind,
        bit: int,
        count: int,
        usages: tuple[Usage, ...],
        as_read: tuple[Usage, ...],
        parsed: _ParsedField,
    ) -> None:
        flags = parsed.type
        self.fields.append(
            Field(
                kind, self.report, bit, self.size, count, usages, as_read,
                array=not flags & 2, constant=bool(flags & 1), relative=bool(flags & 4),
                no_preferred=bool(flags & 0x20), null_state=bool(flags & 0x40),
                logical=_logical(parsed, self.size), collections=tuple(self.path),
            )
        )  # fmt: skip


def _logical(parsed: _ParsedField, size: int) -> tuple[int, int]:
    """Return the range; the maximum is signed when the minimum is (linux/hid-core.c)."""
    low, high = parsed.logical_min, parsed.logical_max
    if low < 0 and high >= 1 << (size - 1):
        high -= 1 << size
    return low, high
