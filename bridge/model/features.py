"""Words of what stands around the line: presence and queues, and what is asked about them."""

from dataclasses import dataclass, field

from bridge.model.blf import Extension, PresenceState

NOBODY = Extension("")

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
        is_by_hand: the user has set it.
    """

    presence: PresenceState
    text: str = ""
    next_ms: int = 0
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class PresenceSettings:
    """Settings of the user's own presence.

    Args:
        extension: ours; empty = not known.
        has_pbx: there is a PBX to hold it.
        rules: when it changes by itself.
        elsewhere: state in a meeting and while another program uses a headset; ``NONE`` = none.
        publish_as: last level of its topic; empty = it is not published.
    """

    extension: Extension = NOBODY
    has_pbx: bool = False
    rules: PresenceRules = field(default_factory=PresenceRules)
    elsewhere: PresenceState = PresenceState.BUSY
    publish_as: str = ""


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


# -- asked over the control socket and MQTT ----------------------------------------


@dataclass(frozen=True, slots=True)
class GetPresence:
    """What do others see of me?"""


@dataclass(frozen=True, slots=True)
class ShowMe:
    """Show others this from now on.

    Args:
        presence: ``NONE`` = automatic again.
        text: free text, at most 140 characters.
        until_ms: when it ends by itself, Unix milliseconds; 0 = not.
    """

    presence: PresenceState
    text: str = ""
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class SwitchGlobalDnd:
    """Do not disturb at all telephones of the user: presence ``dnd``, or its end."""

    on: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """The user's calendar says that he is in a meeting, or not any more.

    Args:
        on: a meeting began.
        until_ms: when it ends by itself, Unix milliseconds; 0 = after 12 hours at the latest.
    """

    on: bool
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class ListQueues:
    """Which queues are mine, and which am I logged in to?"""


@dataclass(frozen=True, slots=True)
class EnterQueue:
    """Take calls of a queue."""

    queue: Extension


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """Take no more calls of a queue."""

    queue: Extension


@dataclass(frozen=True, slots=True)
class LeaveQueues:
    """Take no more calls of any queue; they are remembered."""


@dataclass(frozen=True, slots=True)
class ReturnToQueues:
    """Take calls of the queues that were left last."""


PresenceQuestion = GetPresence | ShowMe | SwitchGlobalDnd | Meeting
QueueQuestion = ListQueues | EnterQueue | LeaveQueue | LeaveQueues | ReturnToQueues
AroundQuestion = PresenceQuestion | QueueQuestion

AroundOrder = (
    ShowMe | SwitchGlobalDnd | Meeting | EnterQueue | LeaveQueue | LeaveQueues | ReturnToQueues
)
"""Those that change something."""


@dataclass(frozen=True, slots=True)
class KeptAround:
    """What is remembered over a restart.

    Args:
        by_hand, text, until_ms: as in ``Presence``.
        holds_dnd: presence ``dnd`` has switched do not disturb of this desk on.
        queues: those the user could log in to.
        previous: those he left when he last logged out of all.
    """

    by_hand: PresenceState = PresenceState.NONE
    text: str = ""
    until_ms: int = 0
    holds_dnd: bool = False
    queues: tuple[Extension, ...] = ()
    previous: tuple[Extension, ...] = ()
