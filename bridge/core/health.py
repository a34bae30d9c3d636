"""When a service says that it is ready, in which words, and whether its watchdog is fed. Pure.

Ready means that a call would come through: every line is registered and the broker hears us. A PBX
or broker that is away must not keep the machine from starting, so what has *told why not* counts
as settled, and nothing is waited for longer than ``LONGEST_S``. The words say what is missing.

The watchdog is fed while every part shows signs of life. Parts that can help themselves (the SIP
engine is started again after 15 s without an answer) have limits beyond that: the watchdog is for
what nothing else would notice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bridge.model.calls import LineView, RegistrationState
from bridge.model.phones import UNHEARD

SETTLE_S = 5.0
"""What fails at first is given so long: at boot addresses and brokers come a moment later."""

LONGEST_S = 40.0
"""A PBX that does not answer is given up by SIP after 32 s (RFC 3261, timers B and F)."""

NOT_ALL = "running, but not all of it"
WORDS = 400  # characters of the sentence; `systemctl status` shows a line


class Standing(Enum):
    """How a part of the service stands."""

    UP = "up"
    DOWN = "down"  # and it has told why
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the service.

    Args:
        name: as people call it, ``line desk``.
        standing: how it stands.
        text: why it is down.
    """

    name: str
    standing: Standing
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """When something last showed that it lives.

    Args:
        part: as people call it.
        silent_s: how long ago, seconds; infinite when it has ended.
        limit_s: how long is still well.
    """

    part: str
    silent_s: float
    limit_s: float


def line_part(line: LineView) -> Part:
    """Return how a line stands; a desk phone that is silent until its first call is no fault."""
    name = f"line {line.account}"
    if line.registration in (RegistrationState.REGISTERED, RegistrationState.NONE):
        return Part(name, Standing.UP)
    if line.reason == UNHEARD:
        return Part(name, Standing.UP, line.reason)
    if line.registration is RegistrationState.TRYING and not line.reason:
        return Part(name, Standing.WAITING)
    sip = f"{line.sip} " if line.sip else ""
    return Part(name, Standing.DOWN, f"{sip}{line.reason}".strip() or line.registration.value)


def is_ready(parts: Iterable[Part], since_s: float) -> bool:
    """Say whether the service is as ready as it gets.

    Args:
        parts: how everything stands.
        since_s: seconds since it was started.
    """
    standings = {part.standing for part in parts}
    if standings <= {Standing.UP} or since_s >= LONGEST_S:
        return True
    return Standing.WAITING not in standings and since_s >= SETTLE_S


def sentence(parts: Sequence[Part], problems: Sequence[str], *, ready: bool) -> str:
    """Return how the service stands, one line for ``systemctl status``.

    Args:
        parts: how everything stands.
        problems: what else does not work.
        ready: whether it has said that it is ready.
    """
    waiting = [part.name for part in parts if part.standing is Standing.WAITING]
    down = [f"{part.name}: {part.text}" for part in parts if part.standing is Standing.DOWN]
    known = "\n".join(down)
    faults = [*down, *(text for text in problems if text not in known)]
    up = ", ".join(part.name for part in parts if part.standing is Standing.UP)
    said = "ready" if ready else "starting"
    if ready and faults:
        said = NOT_ALL
    tells = [f"waiting for {', '.join(waiting)}"] if waiting else []
    tells += faults
    if up:
        tells.append(f"up: {up}")
    return "; ".join((said, *tells))[:WORDS].replace("\n", " ")


def ailing(signs: Iterable[Sign]) -> tuple[str, ...]:
    """Return a sentence for each part that shows no life: while there is one, no feeding."""
    return tuple(
        f"{sign.part} has ended"
        if sign.silent_s == float("inf")
        else f"{sign.part} has shown no life for {sign.silent_s:.0f} s"
        for sign in signs
        if sign.silent_s > sign.limit_s
    )
