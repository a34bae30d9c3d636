"""Ranges of numbers as people write them: ``2xx``, ``200-299``, ``+4989``, ``+49891-+49899``."""

import math
import re

from bridge.model.numbers import DigitRange
from bridge.numbers.typed import compact

LONGEST = 20  # digits of one end
_DASH = re.compile(r"\s*[-–]\s*")
_END = re.compile(rf"\+?[0-9]{{1,{LONGEST}}}")
_PATTERN = re.compile(rf"(\+?[0-9]*)([xX]{{1,{LONGEST}}})")

EXTENSIONS = "internal numbers such as 33, 2xx or 200-299"


def digit_range(text: str) -> DigitRange | None:
    """Return the range a text names, None if it names none.

    Args:
        text: one number (the range of itself), ``x`` for any digit at the end, or both ends.
    """
    if found := _PATTERN.fullmatch(compact(text)):
        any_digits = len(found[2])
        return DigitRange(found[1] + "0" * any_digits, found[1] + "9" * any_digits)
    ends = [compact(end) for end in _DASH.split(text.strip())]
    if len(ends) > 2:  # 089-123-456: the dashes are for the eye
        ends = ["".join(ends)]
    if not all(map(_END.fullmatch, ends)):
        return None
    first, last = ends[0], ends[-1]
    fits = len(first) == len(last) and first.startswith("+") == last.startswith("+")
    return DigitRange(first, last) if fits and first <= last else None


def weight(numbers: DigitRange) -> float:
    """Return how specific a range is: how many digits of a number it settles."""
    first, last = (end.removeprefix("+") for end in (numbers.first, numbers.last))
    return len(first) - math.log10(int(last) - int(first) + 1)
