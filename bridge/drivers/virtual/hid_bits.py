"""The bits of a virtual device: where they are, and what they are now.

Code of its own, not the decoder and encoder of ``bridge.protocols``: a mistake there meets a device
that does not share it.
"""

from functools import lru_cache

from bridge.model.errors import TransportError
from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, Unusable, parse

KEYS = {  # what a press is called -> usages that may carry it, best first
    "hook": ("0b/20", "ffa0/b7"),
    "mute": ("0b/2f", "ffa0/b5"),
    "flash": ("0b/21", "ffa0/b3"),
    "reject": ("09/07", "09/01", "0b/07"),
    "drop": ("0b/26",),
    "redial": ("0b/24",),
    "speed_dial": ("0b/50",),
    "voice_mail": ("0b/70",),
    "volume_up": ("0c/e9", "ffa0/b1"),
    "volume_down": ("0c/ea", "ffa0/b2"),
    "teams": ("ff99/04",),
    "line_busy": ("0b/97",),
    "line": ("0b/2a",),
    **{digit: (f"0b/{0xB0 + i:02x}",) for i, digit in enumerate("0123456789*#")},
}
LAMPS = {
    "off_hook": ("08/17", "ffa0/8f"),
    "ring": ("08/18", "ffa0/9e"),
    "mute": ("08/09", "ffa0/b5"),
    "microphone": ("08/21",),
    "hold": ("08/20",),
    "on_line": ("08/2a", "ffa0/a1"),
    "speaker": ("08/1e",),
    "ringer": ("0b/9e",),
    "host": ("ffa0/8d",),
}


Place = tuple[Field | None, int]
"""A field, and the value in it that means a key."""


@lru_cache(maxsize=64)  # a desk of tests has thousands of headsets of the same few models
def _understand(data: bytes) -> tuple[Descriptor, dict[tuple[Kind, tuple[str, ...]], Place]]:
    """Return what a descriptor says and where each key and lamp is."""
    parsed = parse(data)
    if isinstance(parsed, Unusable):
        raise TransportError(f"no device can be made of this descriptor: {parsed.reason}")
    wanted = [(Kind.INPUT, one) for one in KEYS.values()]
    wanted += [(Kind.OUTPUT, one) for one in LAMPS.values()]
    return parsed, {place: _search(parsed, *place) for place in wanted}


def _search(descriptor: Descriptor, kind: Kind, usages: tuple[str, ...]) -> Place:
    """Return the first field with one of the usages, and the value that means it."""
    for usage in usages:
        for field in descriptor.fields:
            names = [str(one) for one in field.usages]
            inside = any(one.page == 0x0B for one in field.collections)
            if field.kind is not kind or usage not in names:
                continue
            if not inside and not usage.startswith(("0c", "ff")):
                continue
            if not field.array:
                return field, 1
            return field, 1 if field.size == 1 else field.logical[0] + names.index(usage)
    return None, 0


class Bits:
    """Every bit of the input and output reports of one device.

    Args:
        data: its report descriptor.

    Raises:
        TransportError: no device can be made of it.
    """

    def __init__(self, data: bytes) -> None:
        self._descriptor, self._places = _understand(data)
        self._inputs: dict[int, int] = {}
        self._outputs: dict[int, int] = {}

    @property
    def numbered(self) -> bool:
        """Reports start with an id byte."""
        return self._descriptor.numbered

    def report_bytes(self, kind: Kind, report: int) -> int:
        """Return the length of a report without its id, 0 when there is none such."""
        return self._descriptor.report_bytes(kind, report)

    def clear(self) -> None:
        """Forget everything, as without power."""
        self._inputs.clear()
        self._outputs.clear()

    # -- keys -----------------------------------------------------------------

    def has(self, key: str) -> bool:
        """Whether there is such a key or flag."""
        return self._find(Kind.INPUT, KEYS[key])[0] is not None

    def is_key(self, key: str) -> bool:
        """Whether it is a key that goes down and up, not a state (relative in the descriptor)."""
        field, _ = self._find(Kind.INPUT, KEYS[key])
        return field is not None and field.relative

    def set(self, key: str, *, on: bool) -> None:
        """Set a key or flag, if there is one."""
        field, value = self._find(Kind.INPUT, KEYS[key])
        if field is not None:
            mask = ((1 << field.size) - 1) << field.bit
            rest = self._inputs.get(field.report, 0) & ~mask
            self._inputs[field.report] = rest | ((value if on else 0) << field.bit)

    def get(self, key: str) -> bool:
        """Whether a key or flag is set."""
        field, _ = self._find(Kind.INPUT, KEYS[key])
        if field is None:
            return False
        return bool(self._inputs.get(field.report, 0) >> field.bit & ((1 << field.size) - 1))

    def report_of(self, key: str) -> bytes:
        """Return the report with a key as it stands; empty when there is no such key."""
        field, _ = self._find(Kind.INPUT, KEYS[key])
        if field is None:
            return b""
        length = self._descriptor.report_bytes(Kind.INPUT, field.report)
        payload = self._inputs.get(field.report, 0).to_bytes(length, "little")
        return bytes([field.report]) + payload if self._descriptor.numbered else payload

    # -- lamps ----------------------------------------------------------------

    def has_lamp(self, lamp: str) -> bool:
        """Whether there is such a lamp."""
        return self._find(Kind.OUTPUT, LAMPS[lamp])[0] is not None

    def is_in(self, lamp: str, report: int) -> bool:
        """Whether a lamp is in an output report."""
        field, _ = self._find(Kind.OUTPUT, LAMPS[lamp])
        return field is not None and field.report == report

    def take(self, report: bytes) -> None:
        """Take an output report."""
        self._outputs[report[0]] = int.from_bytes(report[1:], "little")

    def lamps(self) -> dict[str, bool]:
        """Return every lamp, those the device lacks as off."""
        return {name: self._is_lit(name) for name in LAMPS}

    def _is_lit(self, lamp: str) -> bool:
        field, _ = self._find(Kind.OUTPUT, LAMPS[lamp])
        return field is not None and bool(self._outputs.get(field.report, 0) >> field.bit & 1)

    def compose(self, lit: frozenset[str]) -> list[bytes]:
        """Return the output reports of a program that wants exactly these lamps lit."""
        reports: dict[int, int] = {}
        for lamp, usages in LAMPS.items():
            field, _ = self._find(Kind.OUTPUT, usages)
            if field is not None:
                before = reports.get(field.report, 0)
                reports[field.report] = before | (int(lamp in lit) << field.bit)
        lengths = {one: self._descriptor.report_bytes(Kind.OUTPUT, one) for one in reports}
        return [
            bytes([one]) + value.to_bytes(lengths[one], "little") for one, value in reports.items()
        ]

    def _find(self, kind: Kind, usages: tuple[str, ...]) -> Place:
        """Return where one of the usages is, and the value that means it."""
        return self._places[kind, usages]
