"""Words of call forwarding: profiles, rules for single callers, star codes."""

from dataclasses import dataclass
from enum import Enum

PROFILES = range(10)
"""Numbers of forwarding profiles; 0 is the default profile (NFON Cloudya web app manual)."""

DEFAULT_PROFILE = 0

CALLER_FORM = r"^(anonymous|internal|\+?[0-9]{1,32}\*?)$"
"""Whom a rule for single callers is about, in one word; see ``to_caller``."""

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
    """

    when: When
    target: Target
    after_s: int = 20


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


def to_caller(text: str) -> CallerMatch:
    """Return whom a word means.

    Args:
        text: fits ``CALLER_FORM``: ``anonymous``, ``internal``, ``200``, ``+49891234``, ``+4989*``.
    """
    if text in {CallerKind.ANONYMOUS.value, CallerKind.INTERNAL.value}:
        return CallerMatch(CallerKind(text))
    if text.endswith("*"):
        return CallerMatch(CallerKind.PREFIX, text.removesuffix("*"))
    return CallerMatch(CallerKind.NUMBER if text.startswith("+") else CallerKind.EXTENSION, text)


def caller_word(caller: CallerMatch) -> str:
    """Return the word for whom a rule is about, as ``to_caller`` reads it."""
    if caller.kind is CallerKind.PREFIX:
        return f"{caller.number}*"
    return caller.number or caller.kind.value


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
class ChangedForwarding:
    """What star codes changed; kept over a restart while the profiles stay in the configuration.

    Args:
        active: number of the active profile.
        default: lines of the default profile.
    """

    active: int
    default: tuple[Forward, ...]


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
