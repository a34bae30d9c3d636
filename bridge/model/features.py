"""Words of what stands around the line: forwarding profiles, presence, queues, star codes."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.blf import Extension, PresenceState

PROFILES = range(10)
"""Numbers of forwarding profiles; 0 is the default profile (NFON Cloudya web app manual)."""

DEFAULT_PROFILE = 0

RING_S = range(1, 91)
"""How long a call may ring before "no answer" forwards it, seconds (proVoice user guide)."""


class When(Enum):
    """On what a call is forwarded. The values are those of the MQTT contract."""

    ALWAYS = "always"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    UNREACHABLE = "unreachable"  # no telephone is registered


class To(Enum):
    """Kinds of forwarding targets. The values are those of the MQTT contract."""

    NUMBER = "number"
    VOICEMAIL = "voicemail"
    BUSY = "busy"  # the caller hears busy
    RING = "ring"  # not forwarded after all: what a selective rule may say


@dataclass(frozen=True, slots=True)
class Target:
    """Where a forwarded call goes.

    Args:
        to: kind.
        number: as typed, for ``NUMBER`` alone, 1..32 characters; personal data.
    """

    to: To
    number: str = ""


@dataclass(frozen=True, slots=True)
class Forward:
    """One line of a profile.

    Args:
        when: condition.
        target: where to.
        after_s: ringing before it, 1..90; counts for ``NO_ANSWER`` alone.
        splash: the telephone rings once to say that a call was forwarded; ``ALWAYS`` alone.
    """

    when: When
    target: Target
    after_s: int = 20
    splash: bool = False


class CallerKind(Enum):
    """Whom a selective rule is about, least specific first. Values of the MQTT contract."""

    ANONYMOUS = "anonymous"
    INTERNAL = "internal"
    PREFIX = "prefix"
    EXTENSION = "extension"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class CallerMatch:
    """Whom a selective rule is about.

    Args:
        kind: how to compare.
        number: extension, E.164 number or prefix of one, with ``+``; empty where kind needs none.
    """

    kind: CallerKind
    number: str = ""


@dataclass(frozen=True, slots=True)
class SelectiveRule:
    """What becomes of the calls of some callers, whatever the rest of the profile says."""

    caller: CallerMatch
    forward: Forward


@dataclass(frozen=True, slots=True)
class Profile:
    """A forwarding profile.

    Args:
        number: 0..9.
        title: 1..64 characters; empty only for the default profile.
        color: word for pictures, may be empty.
        forwards: at most one for each condition.
        rules: selective; never in the default profile.
        reject_anonymous: callers without a number hear busy.
    """

    number: int
    title: str = ""
    color: str = ""
    forwards: tuple[Forward, ...] = ()
    rules: tuple[SelectiveRule, ...] = ()
    reject_anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Forwarding:
    """All profiles of one extension; exactly one is active and the default one is always there."""

    profiles: tuple[Profile, ...] = (Profile(DEFAULT_PROFILE),)
    active: int = DEFAULT_PROFILE


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as rules ask.

    Args:
        number: E.164 with ``+``, or the extension; empty = anonymous.
        is_internal: an extension of the same PBX.
    """

    number: str = ""
    is_internal: bool = False


# -- star codes --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActivateProfile:
    """``*10n``: profile n becomes the active one."""

    profile: int


@dataclass(frozen=True, slots=True)
class SetForward:
    """``*11`` … ``*14`` with a target: on the default profile, which becomes the active one."""

    when: When
    target: Target


@dataclass(frozen=True, slots=True)
class CancelForward:
    """``**11`` … ``**14``: the same without a target."""

    when: When


@dataclass(frozen=True, slots=True)
class CallIntercom:
    """``*80`` with an extension: a call that is answered by itself."""

    extension: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """``*4``, in a call."""


@dataclass(frozen=True, slots=True)
class StopRecording:
    """``*5``, in a call."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A text that begins like one of our codes and is none.

    Args:
        reason: expected and found, one sentence; without the number.
    """

    reason: str


StarCode = (
    ActivateProfile | SetForward | CancelForward | CallIntercom | StartRecording | StopRecording
)


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
