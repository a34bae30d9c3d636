"""What a report descriptor may ask for, checked before the library sees a byte of it.

Whatever is refused here would make the library slow or large, or never became a hidraw node.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.protocols.hid_items import Item, OddError, items

MAX_BYTES = 4096  # HID_MAX_DESCRIPTOR_SIZE, linux/hid.h
MAX_USAGES = 12_288  # HID_MAX_USAGES, linux/hid.h; of one main item
MAX_ALL_USAGES = 65_536  # of ranges of the whole descriptor; the largest real one has 500
MAX_REPORT_BITS = 16_384 * 8  # HID_MAX_BUFFER_SIZE, linux/hid.h
MAX_FIELDS = 8_192  # of the whole descriptor; the largest real one has some 700
MAX_FIELD_BITS = 256  # HID 1.11 has no limit, linux 256 (hid_parser_global)
MAX_DEPTH = 32  # of collections and of Push; real ones nest three deep


class _Globals(NamedTuple):
    """What Push keeps."""

    page: int = 0
    bits: int = 0  # Report Size
    row: int = 0  # Report Count


@dataclass(slots=True)
class _Counts:
    """What was asked for so far."""

    now: _Globals = field(default_factory=_Globals)
    pushed: list[_Globals] = field(default_factory=list)
    low: int = 0  # Usage Minimum with its page, as the library keeps it
    high: int = 0
    high_size: int = 0
    depth: int = 0
    fields: int = 0
    usages: int = 0

    def take(self, item: Item) -> None:  # noqa: C901  # one case per kind of item
        """Count one item, or raise ``OddError``."""
        match item.tag:
            case 0x04:  # Usage Page
                self.now = self.now._replace(page=item.value)
            case 0x18:  # Usage Minimum
                self.low = self._whole(item)
            case 0x28:  # Usage Maximum
                self.high, self.high_size = self._whole(item), item.size
                self._more((self.high & 0xFFFF) - (self.low & 0xFFFF))  # of several in a row
            case 0x74:  # Report Size
                bits = at_most(item.value, MAX_FIELD_BITS, "bits in a field")
                self.now = self.now._replace(bits=bits)
            case 0x94:  # Report Count
                row = at_most(item.value, MAX_USAGES, "fields in a row")
                self.now = self.now._replace(row=row)
            case 0x80 | 0x90 | 0xB0:  # Input, Output, Feature
                self._main()
            case 0xA0:  # Collection
                self.depth = at_most(self.depth + 1, MAX_DEPTH, "collections in one another")
                self._range()
            case 0xC0:  # End Collection
                self.depth -= 1
                if self.depth < 0:
                    raise OddError("expected a collection to end, found none open")
            case 0xA4:  # Push
                at_most(len(self.pushed) + 1, MAX_DEPTH, "pushed states")
                self.pushed.append(self.now)
            case 0xB4:  # Pop
                if not self.pushed:
                    raise OddError("expected a pushed state to pop, found none")
                self.now = self.pushed.pop()
            case 0x84 if not 0 < item.value <= 0xFF:  # Report ID
                raise OddError(f"expected a report id 1..255, found {item.value}")
            case _:
                pass

    def _whole(self, item: Item) -> int:
        """Return a usage with its page; 4 bytes hold a page of their own."""
        return item.value if item.size == 4 else self.now.page << 16 | item.value

    def _main(self) -> None:
        self.fields = at_most(self.fields + self.now.row, MAX_FIELDS, "fields")
        at_most(self.now.bits * self.now.row, MAX_REPORT_BITS, "bits in a report")
        self._range()

    def _range(self) -> None:
        """Count the range of usages of a main item: minimum and maximum may differ in the page."""
        low, high = self.low, self.high
        if high and self.high_size <= 2 and high >> 16 != self.now.page:
            low, high = (self.now.page << 16 | one & 0xFFFF for one in (low, high))
        at_most(high - low, MAX_USAGES, "usages of a field")
        self._more(high - low)
        self.low = self.high = self.high_size = 0

    def _more(self, usages: int) -> None:
        self.usages = at_most(self.usages + max(usages, 0), MAX_ALL_USAGES, "usages in ranges")


def check_limits(data: bytes) -> None:
    """Raise ``OddError`` for a descriptor that asks for more than any device needs.

    Args:
        data: 1..4096 bytes.
    """
    counts = _Counts()
    for item in items(data):
        counts.take(item)
    if counts.depth:
        raise OddError(f"expected every collection to end, found {counts.depth} open")


def at_most(value: int, limit: int, what: str) -> int:
    """Return a value that is within its limit, or raise ``OddError``."""
    if value > limit:
        raise OddError(f"expected at most {limit} {what}, found {value}")
    return value
