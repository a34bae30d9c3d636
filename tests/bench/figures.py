"""What was measured: samples, what they are compared with, rows of the table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Sample:
    """Values of one thing, in one unit, in the order they were measured."""

    values: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        self.values.append(value)

    def add_ns(self, began_ns: int, ended_ns: int) -> None:
        """Add a time in milliseconds."""
        self.values.append((ended_ns - began_ns) / 1e6)

    def quantile(self, q: float) -> float:
        """The value below or at which a share ``q`` of the values lies; NaN without values."""
        if not self.values:
            return math.nan
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)]

    @property
    def p50(self) -> float:
        return self.quantile(0.50)


def single(value: float) -> Sample:
    """A sample of one value."""
    return Sample([value])


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Args:
        key: for programs, stable.
        title: for people.
        unit: of all values.
        ours: what Offhook needed.
        against: what the reference is; empty = there is none.
        theirs: what the reference needed, in the same run.
        digits: after the point.
    """

    key: str
    title: str
    unit: str
    ours: Sample
    against: str = ""
    theirs: Sample = field(default_factory=Sample)
    digits: int = 2

    @property
    def ratio(self) -> float:
        """Ours to theirs, medians; NaN without a reference or where it is zero."""
        theirs = self.theirs.p50
        return self.ours.p50 / theirs if theirs else math.nan


def as_json(row: Row) -> dict[str, object]:
    """One row for programs; numbers that do not exist are null."""
    return {
        "key": row.key,
        "title": row.title,
        "unit": row.unit,
        "ours": _summary(row.ours),
        "against": row.against or None,
        "theirs": _summary(row.theirs) if row.theirs.values else None,
        "ratio": _number(row.ratio),
    }


def _summary(sample: Sample) -> dict[str, object]:
    quantiles = {f"p{round(q * 100)}": _number(sample.quantile(q)) for q in (0.5, 0.95, 0.99)}
    return {"n": len(sample.values), **quantiles}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def find(rows: Sequence[Row], key: str) -> Row:
    """The row of a name."""
    return next(row for row in rows if row.key == key)
