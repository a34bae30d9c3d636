"""The short items of a report descriptor, before anything is made of them."""

from collections.abc import Iterator
from typing import NamedTuple

LONG_ITEM = 0xFE  # HID 1.11 6.2.2.3; never used by any device
REPORT_ID = 0x84  # first byte of the item without its size


class OddError(Exception):
    """The descriptor breaks a rule; the text becomes the reason. Never leaves ``parse``."""


class Item(NamedTuple):
    """A short item: its first byte without the size, the bytes of its value, the value."""

    tag: int
    size: int
    value: int

    def __bytes__(self) -> bytes:
        """Return it as it stands in a descriptor."""
        head = self.tag | (3 if self.size == 4 else self.size)
        return bytes([head]) + self.value.to_bytes(self.size, "little")


def items(data: bytes) -> Iterator[Item]:
    """Yield each short item, or raise ``OddError``."""
    at = 0
    while at < len(data):
        head = data[at]
        size = (0, 1, 2, 4)[head & 3]
        if head == LONG_ITEM:
            raise OddError(f"expected short items, found a long item at byte {at}")
        if at + 1 + size > len(data):
            raise OddError(f"expected {size} bytes of an item at byte {at}, found the end")
        value = int.from_bytes(data[at + 1 : at + 1 + size], "little")
        yield Item(head & 0xFC, size, value)
        at += 1 + size


def restoring_report_ids(data: bytes) -> bytes:
    """Return a descriptor in which each Pop is followed by the report id that it restores.

    A report id is a global item (HID 1.11 6.2.2.7), and Linux restores it; hid-tools does not.

    Args:
        data: a descriptor within the limits of ``check_limits``.
    """
    now, pushed, whole = 0, list[int](), bytearray()
    for item in items(data):
        whole += bytes(item)
        match item.tag:
            case 0x84:  # Report ID
                now = item.value
            case 0xA4:  # Push
                pushed.append(now)
            case 0xB4 if (before := pushed.pop()) != now:  # Pop
                now = before
                whole += bytes(Item(REPORT_ID, 1, before)) if before else b""
            case _:
                pass
    return bytes(whole)
