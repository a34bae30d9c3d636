"""Which fields of a device are those of a telephone."""

from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, Usage

TELEPHONY, VENDOR_PAGES = 0x0B, 0xFF00
HOOK = Usage(TELEPHONY, 0x20)


class Telephone:
    """The telephony collections of a descriptor; false when there is none.

    They are those on page 0B, wherever they stand, and the outermost collections that have a
    hook in them, on whatever page the maker put it: nothing but a telephone has one. A mute key
    makes no telephone: keyboards have it as well. Collections on a vendor page are its own matter.

    Args:
        descriptor: of the whole device.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        self._hooked = frozenset(
            field.collections[0]
            for field in descriptor.fields
            if field.kind is Kind.INPUT and HOOK in field.usages and field.collections
            if field.collections[0].page < VENDOR_PAGES
        )
        declared = [
            *descriptor.top,
            *(one for field in descriptor.fields for one in field.collections),
        ]
        self._exists = bool(self._hooked) or any(one.page == TELEPHONY for one in declared)

    def __bool__(self) -> bool:
        """Say whether there is one."""
        return self._exists

    def has(self, field: Field) -> bool:
        """Say whether a field belongs to it."""
        if any(usage.page == TELEPHONY for usage in field.collections):
            return True
        return bool(field.collections) and field.collections[0] in self._hooked


def fits(descriptor: Descriptor, kind: Kind, report: int, bit: int) -> bool:
    """Say whether a report is long enough to have a bit."""
    return bit < descriptor.report_bits.get((kind, report), 0)
