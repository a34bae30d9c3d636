"""Reports of X-keys panels ↔ keys and lights. ``xkeys.md`` has the tables and their sources."""

from dataclasses import dataclass

from bridge.model.blf import Color
from bridge.profiles.hid_panels import Lights, XkeysModel

REPORT_BYTES = 36  # of an output report, its number (0) with it
GENERATE, LIGHT, INTENSITY, VERSION = 0xB1, 0xB5, 0xBB, 0xD6

_GENERATED = 0x02  # bit of byte 1: sent because it was asked for
_PLAIN = 0x03  # byte 1 of a report of keys is at most this; others are special


@dataclass(frozen=True, slots=True)
class KeyStates:
    """Which keys are down.

    Args:
        unit: number the user gave this panel, 0..255; 0 as made.
        generated: the answer to ``ask_keys``.
        down: keys, 0 = top left, row by row.
    """

    unit: int
    generated: bool
    down: frozenset[int]


@dataclass(frozen=True, slots=True)
class Version:
    """The answer to ``ask_version``."""

    unit: int
    firmware: int


def read_report(model: XkeysModel, report: bytes) -> KeyStates | Version | None:
    """Return what an input report says; None for one that is short or not known."""
    if len(report) < 2 + model.columns:
        return None
    if report[1] == VERSION:
        return Version(report[0], report[10]) if len(report) > 10 else None
    if report[1] > _PLAIN:
        return None
    down = frozenset(
        key_at(model, column, row)
        for column in range(model.columns)
        for row in range(model.rows)
        if report[2 + column] >> row & 1
    )
    return KeyStates(report[0], bool(report[1] & _GENERATED), down)


def key_at(model: XkeysModel, column: int, row: int) -> int:
    """Return the key of a byte and bit: as one reads, row by row."""
    if model.lights is Lights.LINE:
        return column * model.rows + row
    return row * model.columns + column


def place_of(model: XkeysModel, key: int) -> tuple[int, int]:
    """Return byte and bit of a key; the reverse of ``key_at``."""
    if model.lights is Lights.LINE:
        return divmod(key, model.rows)
    row, column = divmod(key, model.columns)
    return column, row


def ask_keys() -> bytes:
    """Return the order to say which keys are down now."""
    return _report(GENERATE)


def ask_version() -> bytes:
    """Return the order to say the version of the firmware."""
    return _report(VERSION)


def intensity(percent: int) -> bytes:
    """Return the order for the brightness of all lights, 0..100 per cent."""
    level = round(percent * 255 / 100)
    return _report(INTENSITY, level, level)


def colors_of(model: XkeysModel) -> frozenset[Color]:
    """Return the colours the keys of a model have."""
    red = set() if model.lights is Lights.STICK else {Color.RED}
    return frozenset({Color.OFF, Color.BLUE} | red)


def light(model: XkeysModel, key: int, color: Color) -> list[bytes]:
    """Return the orders that light a key in a colour it has, and nothing else under it."""
    column, row = place_of(model, key)
    if model.lights is Lights.STICK:
        number = key + (4 if key > 11 else 2 if key > 5 else 0)
        return [_report(LIGHT, number, color is Color.BLUE, 1)]
    is_line = model.lights is Lights.LINE
    number, last = (key, 0) if is_line else (column * 8 + row, 1)
    blue = _report(LIGHT, number, color is Color.BLUE, last)
    red = _report(LIGHT, number + model.red, color is Color.RED, last)
    return [blue, red]


def _report(*values: int) -> bytes:
    return bytes((0, *values)).ljust(REPORT_BYTES, b"\0")
