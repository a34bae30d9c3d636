"""Who may dial how often off the devices: a runaway automation must not run up a bill."""

from bridge.model.bus import Command
from bridge.model.intents import Intent, Verb
from bridge.model.meetings import JoinMeeting
from bridge.model.numbers import DialLimits

_SHORT_S, _LONG_S = 10.0, 3600.0

_CALLS_SOMEBODY = frozenset(
    {
        *(Verb.DIAL, Verb.REDIAL, Verb.CALL_BACK, Verb.PULL),
        *(Verb.DIVERT, Verb.TRANSFER, Verb.MOVE),
    }
)

Dials = tuple[tuple[str, float], ...]
"""Calls that were started off the devices: source and monotonic seconds, oldest first."""


class DialPermit:
    """The last rule of the command guard (``guard.Permit``).

    Args:
        may_dial: whether what calls somebody is obeyed at all, for emergency numbers, too.
    """

    def __init__(self, *, may_dial: bool) -> None:
        self._may_dial = may_dial

    def __call__(self, command: Command[object], source: str, now_s: float) -> str:  # noqa: ARG002
        """Return an objection, or an empty text."""
        order = command.order
        calls = isinstance(order, Intent) and order.verb in _CALLS_SOMEBODY
        if not calls and not isinstance(order, JoinMeeting):
            return ""
        if self._may_dial:
            return ""
        return "dialling by MQTT is off: set mqtt.allow_dial in the configuration"


_DIALS_FOR_SOMEBODY = frozenset({"originate", "redirect", "forward"})


class OrderPermit:
    """The last rule of the command guard of a PBX gateway.

    Args:
        commands: names of those that the PBX can do.
        may_dial: whether what sends calls somewhere is obeyed.
        limits: how often calls may be started.
    """

    def __init__(
        self, commands: frozenset[str], *, may_dial: bool, limits: DialLimits | None = None
    ) -> None:
        self._commands = commands
        self._may_dial = may_dial
        self._limits = limits or DialLimits()
        self._dials: Dials = ()

    @property
    def offered(self) -> frozenset[str]:
        """Return the names of the commands that are obeyed."""
        return self._commands if self._may_dial else self._commands - _DIALS_FOR_SOMEBODY

    def __call__(self, command: Command[object], source: str, now_s: float) -> str:
        """Return an objection, or an empty text; counts what starts a call."""
        if command.name not in self._commands:
            return "this PBX cannot do that: see commands in info"
        if command.name not in self.offered:
            return "dialling by MQTT is off: set mqtt.allow_dial in the gateway's configuration"
        if command.name != "originate":
            return ""
        objection = too_often(self._dials, source, now_s, self._limits)
        if not objection:
            self._dials = counted(self._dials, source, now_s)
        return objection


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
