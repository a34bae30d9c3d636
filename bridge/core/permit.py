"""Who may dial how often off the headset: a runaway automation must not run up a bill."""

from collections import deque

from bridge.model.bus import Command
from bridge.model.intents import Intent, Verb

# mqtt.md section "commands": attempts per source. A person redials a busy number a few times;
# more than this is a script gone wild or somebody else's.
DIALS_PER_10_S = 3
DIALS_PER_HOUR = 30
_SHORT_S, _LONG_S = 10.0, 3600.0
_MAX_SOURCES = 64

EMERGENCY = frozenset({"110", "112", "911", "999"})
"""Exempt from the rates. 112 and 911: ITU-T E.161.1; 110: Germany; 999: United Kingdom."""

_SEPARATORS = str.maketrans("", "", " -./()")


class DialPermit:
    """The last rule of the command guard (``guard.Permit``).

    Args:
        may_dial: whether ``dial`` and ``redial`` are obeyed at all. The switch holds for
            emergency numbers, too; the rates do not.
    """

    def __init__(self, *, may_dial: bool) -> None:
        self._may_dial = may_dial
        self._dials: dict[str, deque[float]] = {}

    def __call__(self, command: Command, source: str, now_s: float) -> str:
        """Return an objection, or an empty text and count the attempt."""
        order = command.order
        if not isinstance(order, Intent) or order.verb not in {Verb.DIAL, Verb.REDIAL}:
            return ""
        if not self._may_dial:
            return "dialling by MQTT is off: set mqtt.allow_dial in the configuration"
        return "" if is_emergency(order.target) else self._count(source, now_s)

    def _count(self, source: str, now_s: float) -> str:
        if source not in self._dials and len(self._dials) >= _MAX_SOURCES:
            self._dials.pop(next(iter(self._dials)))
        dials = self._dials.setdefault(source, deque())
        while dials and now_s - dials[0] > _LONG_S:
            dials.popleft()
        recent = sum(1 for at_s in dials if now_s - at_s <= _SHORT_S)
        if recent >= DIALS_PER_10_S:
            return f"more than {DIALS_PER_10_S} calls in 10 s: slow down"
        if len(dials) >= DIALS_PER_HOUR:
            return f"more than {DIALS_PER_HOUR} calls in an hour"
        dials.append(now_s)
        return ""


def is_emergency(target: str) -> bool:
    """Return whether a dialled target is an emergency number.

    Args:
        target: number, or a ``sip:``, ``sips:`` or ``tel:`` URI.
    """
    scheme, colon, rest = target.partition(":")
    user = rest if colon and scheme.lower() in {"sip", "sips", "tel"} else target
    user = user.partition("@")[0].partition(";")[0]
    return user.translate(_SEPARATORS) in EMERGENCY
