"""One thing the doctor found."""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How bad it is."""

    OK = "ok"
    INFO = "info"  # good to know, nothing to do
    WARNING = "warning"  # something will be missing
    ERROR = "error"  # something that is configured or plugged in will not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Args:
        check: stable short id of the check, such as ``sound``.
        state: how bad it is.
        text: one sentence: what was found.
        fix: one sentence: what to do; empty when there is nothing to do.
    """

    check: str
    state: State
    text: str
    fix: str = ""
