"""What the live trace shows: one entry per stage a key press or call passes through."""

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """Where in the path of a key press an entry was made."""

    REPORT = "report"  # bytes from a device
    KEY = "key"  # a control changed
    SWALLOWED = "swallowed"  # a change that was not a key press, and why
    INTENT = "intent"  # what it was taken for
    SIP = "sip"  # an order to the engine or an event from it
    LAMP = "lamp"  # an indication and the bytes written
    MQTT = "mqtt"  # published or received
    NOTE = "note"  # a sentence for the user


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One line of the trace.

    Args:
        at_s: monotonic seconds.
        stage: where.
        subject: device or call id, may be empty.
        text: what, already redacted.
    """

    at_s: float
    stage: Stage
    subject: str
    text: str
