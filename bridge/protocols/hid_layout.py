"""Where the controls and lamps of one device are. Made by ``hid_roles``."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.model.hid import Control, Lamp, Style
from bridge.protocols.hid_descriptor import Usage


@dataclass(frozen=True, slots=True)
class Input:
    """Where a control is.

    Args:
        control: which.
        key: key pad character for ``KEYPAD``, else empty.
        report: report id, 0 when the device does not number its reports.
        bit: first bit after the report id.
        size: bits of one value.
        count: values in a row, 1 but for arrays.
        value: index that means this control in an array field; None for a field of its own.
        style: how it tells its state.
        usage: what the descriptor calls it; None when only the profile knows it.
        last: of the control of index 0 the largest index of its array, else None. A larger
            value is the rest of such an array.
    """

    control: Control
    report: int
    bit: int
    size: int
    style: Style
    usage: Usage | None
    key: str = ""
    count: int = 1
    value: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """Where a lamp is.

    Args:
        lamp: which.
        report: report id, 0 when the device does not number its reports.
        bit: first bit after the report id.
        size: bits of the value.
        usage: what the descriptor calls it; None when only the profile knows it.
        style: ``LEVEL`` is written 1 and 0, ``ON_OFF`` +1 and -1.
    """

    lamp: Lamp
    report: int
    bit: int
    size: int
    usage: Usage | None
    style: Style = Style.LEVEL

    def bits(self, *, on: bool) -> int:
        """Return the value that shows this, at its place in the report."""
        off = (1 << self.size) - 1 if self.style is Style.ON_OFF else 0
        return (1 if on else off) << self.bit


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is known about the reports of one device.

    Args:
        numbered: reports start with an id byte.
        inputs, outputs: by report and bit.
        input_bytes, output_bytes: length of each report with an input or output of ours, without
            its id.
        notes: what was left out and why.
        at_open: feature reports to write when the device is opened, each with its id byte.
    """

    numbered: bool
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    input_bytes: Mapping[int, int]
    output_bytes: Mapping[int, int]
    notes: tuple[str, ...] = ()
    at_open: tuple[bytes, ...] = ()

    @property
    def controls(self) -> frozenset[Control]:
        """Which controls there are."""
        return frozenset(one.control for one in self.inputs)

    @property
    def lamps(self) -> frozenset[Lamp]:
        """Which lamps there are."""
        return frozenset(one.lamp for one in self.outputs)

    def style(self, control: Control, default: Style) -> Style:
        """Return how a control tells its state."""
        return next((one.style for one in self.inputs if one.control is control), default)


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Not a telephony device for us.

    Args:
        reason: why, lower case.
    """

    reason: str
