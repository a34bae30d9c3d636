"""Who may start calls from outside the house's own keys, and how often: toll fraud's first wall.

The PBX keeps its own limits; ours only has to stop a stolen password from dialling all night.
Pure: time is passed in.
"""

from collections import deque

from bridge.model.bus import Command, Replay
from bridge.model.intents import Verb

EMERGENCY = frozenset({"110", "112", "911", "999"})
"""Exempt from the rates. 112 and 911: ITU-T E.161.1; 110: Germany; 999: United Kingdom."""

BURST, BURST_S = 3, 10.0  # call attempts of one source in that time: nobody dials faster by hand
HOURLY, HOUR_S = 30, 3600.0

_DIALS = frozenset({Verb.DIAL, Verb.REDIAL})
_SEPARATORS = str.maketrans("", "", " -./()")


class DialLimit:
    """A ``Permit`` of the guard for ``dial`` and ``redial``.

    Args:
        allowed: whether calls may be started this way at all. The switch holds for emergency
            numbers, too; the rates do not.
    """

    def __init__(self, *, allowed: bool) -> None:
        self._allowed = allowed
        self._attempts: dict[str, deque[float]] = {}

    def __call__(self, command: Command, source: str, now_s: float) -> str:
        """Return an objection, or empty text; an attempt without objection is counted."""
        order = command.order
        if isinstance(order, Replay) or order.verb not in _DIALS:
            return ""
        if not self._allowed:
            return "dialling over MQTT is off: set mqtt.allow_dial to permit it"
        if is_emergency(order.target):
            return ""
        return self._count(source, now_s)

    def _count(self, source: str, now_s: float) -> str:
        attempts = self._attempts.setdefault(source, deque(maxlen=HOURLY))
        while attempts and now_s - attempts[0] > HOUR_S:
            attempts.popleft()
        if len(attempts) == HOURLY:
            return f"more than {HOURLY} calls in an hour"
        if sum(now_s - at_s <= BURST_S for at_s in attempts) >= BURST:
            return f"more than {BURST} calls in {BURST_S:.0f} s"
        attempts.append(now_s)
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
