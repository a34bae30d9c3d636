"""Report descriptors put together from documentation, for models nobody has published one of.

They are **not dumps**. Order and size of keys and lamps are those of the named text where it gives
them; everything else (flags, padding, places where none are given) is ours, after the template that
most vendors use. A headset made of one shows that the vocabulary suffices, not that a device works.
"""

from dataclasses import dataclass

HOOK, MUTE, FLASH, REDIAL, SPEED_DIAL = 0x0B0020, 0x0B002F, 0x0B0021, 0x0B0024, 0x0B0050
LINE, LINE_BUSY, SPEAKER_PHONE, REJECT = 0x0B002A, 0x0B0097, 0x0B002B, 0x090007
OFF_HOOK, RING, MUTE_LAMP, HOLD = 0x080017, 0x080018, 0x080009, 0x080020
MICROPHONE, ON_LINE, SPEAKER, RINGER = 0x080021, 0x08002A, 0x08001E, 0x0B009E

PHONE, HEADSET = 0x0B0001, 0x0B0005
MAKERS_PAGE = 0xFFA00001
KEYPAD = -1  # four bits, the array of B0 to BB that most templates have

_STATES = frozenset({HOOK, LINE, LINE_BUSY, SPEAKER_PHONE})
_ABSOLUTE, _RELATIVE, _ARRAY, _PADDING = 0x22, 0x06, 0x40, 0x01


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Args:
        number: report id; 0 = the device does not number its reports.
        fields: 32-bit usages of one bit each, in order; ``KEYPAD`` for four bits.
        bits: length, filled up with padding.
        constant: named fields are flagged Constant, as in many templates.
    """

    number: int
    fields: tuple[int, ...]
    bits: int = 16
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Documented:
    """A model known from texts only.

    Args:
        name: file-like name for tests.
        vendor_id, product_id, product: what a bus would show.
        top: usage of the collection.
        inputs, outputs: its reports.
        source: the text.
    """

    name: str
    vendor_id: int
    product_id: int
    product: str
    top: int
    inputs: tuple[Report, ...]
    outputs: tuple[Report, ...]
    source: str

    @property
    def descriptor(self) -> bytes:
        """The report descriptor."""
        body = b"".join(_report(one, 0x81) for one in self.inputs)
        body += b"".join(_report(one, 0x91) for one in self.outputs)
        return _usage(self.top) + b"\xa1\x01\x15\x00\x25\x01\x75\x01\x95\x01" + body + b"\xc0"


def _usage(usage: int) -> bytes:
    return b"\x0b" + usage.to_bytes(4, "little")  # usage item with its page


def _report(report: Report, main: int) -> bytes:
    items, used = b"\x85" + bytes([report.number]) if report.number else b"", 0
    for usage in report.fields:
        if usage == KEYPAD:
            items += b"\x05\x0b\x19\xb0\x29\xbb\x25\x0c\x75\x04" + bytes([main, _ARRAY])
            items += b"\x25\x01\x75\x01"
            used += 4
            continue
        flags = _ABSOLUTE if main == 0x91 or usage in _STATES or usage == REJECT else _RELATIVE
        items += _usage(usage) + bytes([main, flags | (1 if report.constant else 0)])
        used += 1
    padding = report.bits - used
    return items + b"\x75" + bytes([padding, main, _PADDING]) + b"\x75\x01"


GIGASET_ION = Documented(
    "gigaset-ion_from-documentation",
    0x0000,  # not published
    0x0000,
    "Gigaset ION",
    PHONE,
    (Report(2, (HOOK, LINE_BUSY, LINE, MUTE, FLASH, REDIAL, SPEED_DIAL, REJECT)),),
    (Report(2, (OFF_HOOK, MUTE_LAMP, RING, HOLD, MICROPHONE, ON_LINE, RINGER)),),
    "Gigaset wiki, FAQ ION, USB HID commands: order of bits (flags are ours)",
)

JABRA_SPEAK_510 = Documented(
    "jabra-speak-510_from-notes",
    0x0B0E,
    0x0422,
    "Jabra SPEAK 510 USB",
    HEADSET,
    (
        Report(
            3,
            (
                HOOK,
                LINE_BUSY,
                SPEAKER_PHONE,
                LINE,
                MUTE,
                FLASH,
                REDIAL,
                SPEED_DIAL,
                KEYPAD,
                REJECT,
            ),
            constant=True,  # the notes say so
        ),
    ),
    (Report(3, (OFF_HOOK, SPEAKER, MUTE_LAMP, RING, HOLD, MICROPHONE, ON_LINE, RINGER)),),
    "notes with measured reports: tests/dumps/recordings/0b0e-0422-jabra-speak-510.json",
)

LOGITECH_H650E = Documented(
    "logitech-h650e_from-maps",
    0x046D,
    0x0A46,
    "Logitech H650e",
    HEADSET,
    (Report(8, (HOOK, MUTE, FLASH, REDIAL, REJECT)),),
    (Report(9, (OFF_HOOK, MUTE_LAMP, RING, HOLD)),),
    "X-Lite device map: usages (reports and places are ours)",
)

PLANTRONICS_C510 = Documented(
    "plantronics-c510_from-maps",
    0x047F,
    0xC015,
    "Plantronics C510",
    MAKERS_PAGE,
    (Report(0x14, (0xFFA000B1, 0xFFA000B2, 0xFFA000B5, 0xFFA000B7, 0xFFA000B3), 8),),
    (
        Report(0x19, (0xFFA0008D, 0xFFA0008F, 0xFFA0009E), 8),
        Report(0x1A, (0xFFA000B5,), 8),
    ),
    "X-Lite device maps: usages; places as on the maker's page of the Blackwire 3220's dump",
)

UNNUMBERED = Documented(
    "a-device-without-report-ids",
    0x1209,
    0x0001,
    "Test phone",
    HEADSET,
    (Report(0, (HOOK, MUTE, FLASH, REJECT)),),
    (Report(0, (OFF_HOOK, MUTE_LAMP, RING, HOLD)),),
    "no such device: some handsets number no reports (hid_telephony.md)",
)

DOCUMENTED = (GIGASET_ION, JABRA_SPEAK_510, LOGITECH_H650E, PLANTRONICS_C510, UNNUMBERED)
