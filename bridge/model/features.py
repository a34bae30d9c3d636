"""Words of what stands around the line: presence and queues."""

from dataclasses import dataclass, field

from bridge.model.blf import Extension, PresenceState

# -- presence ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Presence:
    """What one user's presence follows from.

    Args:
        by_hand: what he set; ``NONE`` = automatic.
        text: free text that goes with it, at most 140 characters; personal data.
        until_ms: when ``by_hand`` ends, Unix milliseconds; 0 = not by itself.
        elsewhere: state while in a meeting or in another program's call; ``NONE`` = not in one.
        line_busy: a call of his own is up, dialled or rings.
        idle_since_ms: last sign of life at this device, Unix milliseconds; 0 = not known.
    """

    by_hand: PresenceState = PresenceState.NONE
    text: str = ""
    until_ms: int = 0
    elsewhere: PresenceState = PresenceState.NONE
    line_busy: bool = False
    idle_since_ms: int = 0


@dataclass(frozen=True, slots=True)
class PresenceRules:
    """Settings of presence.

    Args:
        away_after_s: without a sign of life the user is away; 0 = never by itself.
    """

    away_after_s: int = 0


@dataclass(frozen=True, slots=True)
class ShownPresence:
    """What others see now, and until when nothing changes by itself.

    Args:
        presence: the state; never ``NONE``.
        text: what was written to it.
        next_ms: when to look again, Unix milliseconds; 0 = not by time.
    """

    presence: PresenceState
    text: str = ""
    next_ms: int = 0


# -- queues ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentQueues:
    """The queues of one agent.

    Args:
        all: those he may log in to, in the order of the PBX.
        logged_in: those he is logged in to now.
        previous: those he left when he last logged out of all.
    """

    all: tuple[Extension, ...] = ()
    logged_in: frozenset[Extension] = field(default=frozenset())
    previous: frozenset[Extension] = field(default=frozenset())
