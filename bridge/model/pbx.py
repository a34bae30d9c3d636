"""What is asked of the PBX beyond calls: orders of a key, and what becomes of them.

A key that must not dial a star code asks for these instead; whoever speaks to the PBX (its gateway
over MQTT) puts them into its words. What was asked for comes back as a fact: an order changes no
lamp by itself.
"""

from dataclasses import dataclass

from bridge.model.blf import (
    Extension,
    ForwardingFact,
    LineFact,
    MailboxFact,
    PresenceFact,
    PresenceState,
    QueueFact,
)
from bridge.model.forwarding import DEFAULT_PROFILE, CallerMatch, Target, When
from bridge.model.ids import RequestId
from bridge.model.intents import Outcome


@dataclass(frozen=True, slots=True)
class PickUp:
    """Send the call that rings at an extension to another one.

    Args:
        extension: where it rings.
        by: whose telephone shall get it: our own extension.
    """

    extension: Extension
    by: Extension


@dataclass(frozen=True, slots=True)
class FetchParked:
    """Send the call that waits in a park slot to an extension.

    Args:
        slot: where it waits.
        by: our own extension.
    """

    slot: Extension
    by: Extension


@dataclass(frozen=True, slots=True)
class ServeQueue:
    """Log an extension in or out of a queue.

    Args:
        queue: which; empty = every queue it is, or was last, logged in to.
        extension: the agent.
        logged_in: True = take calls of the queue from now on.
    """

    queue: Extension
    extension: Extension
    logged_in: bool


@dataclass(frozen=True, slots=True)
class SetGlobalDnd:
    """Switch do not disturb of an extension at the PBX: for all its telephones, seen by all."""

    extension: Extension
    on: bool


@dataclass(frozen=True, slots=True)
class ActivateProfile:
    """Make one forwarding profile of an extension the active one.

    Args:
        extension: whose.
        profile: 0..9; 0 is the default profile.
    """

    extension: Extension
    profile: int


@dataclass(frozen=True, slots=True)
class SetPresence:
    """Say something of a person, until it is taken back or over.

    Args:
        extension: whose.
        presence: ``NONE`` takes back what was set by hand.
        text: free text, at most 140 characters.
        until_ms: when it ends by itself, Unix milliseconds; 0 = not.
    """

    extension: Extension
    presence: PresenceState
    text: str = ""
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class SetForwarding:
    """Set or take back one condition of a forwarding profile; which one is active stays.

    Args:
        extension: whose.
        when: condition.
        target: where calls go then; None takes the condition back.
        after_s: ringing before it, 1..90; counts for ``NO_ANSWER`` alone.
        profile: 0..9; 0 is the default profile.
        caller: whose calls alone, a rule; None = all. Never in the default profile.
    """

    extension: Extension
    when: When
    target: Target | None
    after_s: int = 20
    profile: int = DEFAULT_PROFILE
    caller: CallerMatch | None = None


@dataclass(frozen=True, slots=True)
class Originate:
    """Ring the telephone of an extension; once it is lifted, call a number from it.

    Args:
        extension: who calls.
        number: whom, as dialled.
    """

    extension: Extension
    number: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End every call of an extension."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class Park:
    """Put whoever an extension talks with into a park slot.

    Args:
        extension: who talks.
        slot: where the other end shall wait.
    """

    extension: Extension
    slot: Extension


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send whoever an extension talks with to a number.

    Args:
        extension: who talks.
        number: where the other end goes, as dialled.
    """

    extension: Extension
    number: str


PbxCommand = (
    PickUp
    | FetchParked
    | ServeQueue
    | SetGlobalDnd
    | ActivateProfile
    | SetPresence
    | SetForwarding
    | Originate
    | HangUp
    | Park
    | Redirect
)


@dataclass(frozen=True, slots=True)
class PbxAnswer:
    """What became of an order.

    Args:
        outcome: never ``ACCEPTED``: an answer is final.
        detail: one sentence with the way out when it is not ``DONE``; may be empty.
    """

    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PbxAnswered:
    """Event of the core: what became of an order of its own (``AskPbx``).

    Args:
        at_s: monotonic seconds.
        request: whom to answer, or None.
        answer: of the PBX.
    """

    at_s: float
    request: RequestId | None
    answer: PbxAnswer


# -- what a gateway says -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParkFact:
    """State of a park slot: ``FREE`` or ``PARKED``, with the one who waits as ``peer``."""

    line: LineFact


@dataclass(frozen=True, slots=True)
class RegistrationFact:
    """Which telephones an extension has.

    Args:
        extension: whose.
        telephones: how many are registered, 0..99; 0 = it cannot be called.
        agent: what one of them calls itself, at most 64 printable characters; may be empty.
    """

    extension: Extension
    telephones: int
    agent: str = ""


PbxFact = (
    LineFact | ParkFact | PresenceFact | MailboxFact | QueueFact | ForwardingFact | RegistrationFact
)
"""What the PBX side publishes, each on a topic of its own. For a lamp a slot is a line."""
