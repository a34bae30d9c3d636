"""What became of the story."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from bridge.demo.tones import Levels


class Status(Enum):
    """What became of a step."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # the headset has no such key
    NOT_RUN = "not run"  # an earlier step failed


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step after it was played.

    Args:
        name, does: of the step.
        status: what became of it.
        latency_ms: from the press or call to what was last seen in each place: ``key`` (read by
            the daemon), ``lamp`` (the write), ``sip`` (the caller's telephone), ``mqtt`` (an
            independent client).
        lamps: lit after it, read from the bytes.
        written: the last report written, in hexadecimal.
        heard: level of the other's tone at both ends.
        note: what was wrong, or why it was skipped.
    """

    name: str
    does: str
    status: Status
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    lamps: tuple[str, ...] = ()
    written: str = ""
    heard: Levels | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole story.

    Args:
        results: in order.
        took_s: all of it.
        missing: why the story could not be played on this machine; empty = it was.
    """

    results: tuple[StepResult, ...]
    took_s: float
    missing: str = ""

    @property
    def ok(self) -> bool:
        """Return whether everything was as expected, skipped steps aside."""
        wrong = self.missing or self.count(Status.FAILED) or self.count(Status.NOT_RUN)
        return bool(self.results) and not wrong

    def count(self, status: Status) -> int:
        """Return how many steps ended so."""
        return Counter(result.status for result in self.results)[status]
