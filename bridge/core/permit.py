"""Who may dial how often off the devices: a runaway automation must not run up a bill."""

from bridge.model.bus import Command
from bridge.model.intents import Intent, Verb
from bridge.model.numbers import DialLimits

_SHORT_S, _LONG_S = 10.0, 3600.0

_CALLS_SOMEBODY = frozenset({Verb.DIAL, Verb.REDIAL, Verb.DIVERT, Verb.TRANSFER})

Dials = tuple[tuple[str, float], ...]
"""Calls that were started off the devices: source and monotonic seconds, oldest first."""


class DialPermit:
    """The last rule of the command guard (``guard.Permit``).

    Args:
        may_dial: whether what calls somebody is obeyed at all, for emergency numbers, too.
    """

    def __init__(self, *, may_dial: bool) -> None:
        self._may_dial = may_dial

    def __call__(self, command: Command, source: str, now_s: float) -> str:  # noqa: ARG002
        """Return an objection, or an empty text."""
        order = command.order
        if not isinstance(order, Intent) or order.verb not in _CALLS_SOMEBODY:
            return ""
        if self._may_dial:
            return ""
        return "dialling by MQTT is off: set mqtt.allow_dial in the configuration"


def too_often(dials: Dials, source: str, now_s: float, limits: DialLimits) -> str:
    """Return why a source has to wait with its next call, or an empty text.

    Args:
        dials: what was counted so far.
        source: who wants to call.
        now_s: monotonic seconds.
        limits: as configured.
    """
    times = [at_s for who, at_s in dials if who == source]
    if sum(now_s - at_s <= _SHORT_S for at_s in times) >= limits.per_10_s:
        return (
            f"more than {limits.per_10_s} calls in 10 s: slow down, or raise limits.calls_in_10_s"
        )
    if sum(now_s - at_s <= _LONG_S for at_s in times) >= limits.per_hour:
        return (
            f"more than {limits.per_hour} calls in an hour: wait, or raise limits.calls_in_an_hour"
        )
    return ""


def counted(dials: Dials, source: str, now_s: float) -> Dials:
    """Return the count with one more call; what is too old to matter is forgotten."""
    young = tuple(dial for dial in dials if now_s - dial[1] <= _LONG_S)
    return (*young, (source, now_s))
