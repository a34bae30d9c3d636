"""Busy lamps: what is known about others, what a key stands for, what it shows.

Four words, never mixed: a *fact* is what the PBX said about a subject; a *favourite* is one place
of the user's list; a *face* is what its key shows now; a *press* is what a finger did to it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NewType

from bridge.model.calls import Direction, Mailbox, Party
from bridge.model.forwarding import When

Extension = NewType("Extension", str)
"""Number of an extension, park slot or queue, as dialled: 1..32 of ``0-9A-Za-z_.-``."""

PbxId = NewType("PbxId", str)
"""The PBX side in MQTT topics: ``[a-z0-9-]{1,32}``."""

PanelId = NewType("PanelId", str)
"""One key panel, stable over replug: ``[a-z0-9-]{1,48}``."""


# -- facts: what the PBX said ------------------------------------------------------


class LineState(Enum):
    """State of an extension's line or of a park slot. The values are those of the MQTT contract."""

    UNKNOWN = "unknown"  # nobody who would know can be asked
    OFFLINE = "offline"  # no telephone is registered
    FREE = "free"
    DIALING = "dialing"  # it calls somebody who has not answered
    RINGING = "ringing"  # it is being called: may be picked up
    BUSY = "busy"
    HELD = "held"  # its only call is on hold
    PARKED = "parked"  # a call waits in this slot


class PresenceState(Enum):
    """What a person says of himself. The values are those of the MQTT contract."""

    NONE = "none"  # nothing said: the line speaks
    AVAILABLE = "available"
    AWAY = "away"
    BUSY = "busy"
    DND = "dnd"
    PHONE_ONLY = "phone-only"  # reachable by telephone only
    ASSISTANT = "assistant"  # busy through an assistant's call: in fact reachable
    INVISIBLE = "invisible"  # shown to others as offline


@dataclass(frozen=True, slots=True)
class Dialog:
    """One SIP dialog as RFC 3891 ``Replaces`` names it, to pick up a ringing call.

    Args:
        call_id, from_tag, to_tag: of the dialog, seen from the caller.
        caller: SIP URI of the caller, where the INVITE goes.
    """

    call_id: str
    from_tag: str
    to_tag: str
    caller: str


@dataclass(frozen=True, slots=True)
class LineFact:
    """State of the line of an extension or park slot.

    Args:
        extension: whose.
        state: of all its calls: ringing beats busy beats held beats dialing.
        direction: of the call that decided; None when there is none.
        peer: its other end, where readers may know; personal data.
        since_ms: last change, Unix milliseconds, 0 = unknown.
        dialog: to pick it up by ``Replaces``, where the PBX tells.
    """

    extension: Extension
    state: LineState
    direction: Direction | None = None
    peer: Party | None = None
    since_ms: int = 0
    dialog: Dialog | None = None


@dataclass(frozen=True, slots=True)
class PresenceFact:
    """What somebody said of himself.

    Args:
        extension: whose.
        presence: what is in force now.
        text: free text, at most 140 characters; personal data.
        until_ms: when it ends by itself, Unix milliseconds; 0 = not.
    """

    extension: Extension
    presence: PresenceState
    text: str = ""
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class MailboxFact:
    """Messages that wait for an extension."""

    extension: Extension
    mailbox: Mailbox


@dataclass(frozen=True, slots=True)
class QueueMember:
    """One agent of a queue."""

    extension: Extension
    logged_in: bool
    paused: bool = False


@dataclass(frozen=True, slots=True)
class QueueFact:
    """A queue: who serves it, how many callers wait (0..)."""

    queue: Extension
    members: tuple[QueueMember, ...]
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ForwardingFact:
    """Which forwarding profile of an extension is active.

    Args:
        extension: whose.
        profile: 0..9; 0 is the default profile.
        is_forwarding: whether the active profile sends any call elsewhere.
        title: of the profile, at most 64 characters.
        whens: on what it does, as far as the PBX tells.
        rules: how many rules for single callers it has, 0..999.
    """

    extension: Extension
    profile: int
    is_forwarding: bool
    title: str = ""
    whens: tuple[When, ...] = ()
    rules: int = 0


@dataclass(frozen=True, slots=True)
class SourceFact:
    """Whether the PBX can be heard at all. While it cannot, every lamp of it is unknown.

    Args:
        pbx: which.
        is_up: its gateway is online, the broker can be heard and all states have arrived.
        reason: why not, one sentence.
    """

    pbx: PbxId
    is_up: bool
    reason: str = ""


Fact = LineFact | PresenceFact | MailboxFact | QueueFact | ForwardingFact | SourceFact


# -- favourites: what a key stands for ---------------------------------------------


class KeyType(Enum):
    """What a favourite is. The values are those of the configuration."""

    SPEED_DIAL = "speed-dial"
    BLF = "blf"
    LINE = "line"  # one of our own accounts
    FEATURE_CODE = "feature-code"
    QUEUE = "queue"  # log in and out; of all at once, and back to those of last time
    FORWARDING = "forwarding"  # a profile, 0..9
    DND = "dnd"
    PARK = "park"
    VOICEMAIL = "voicemail"
    PRESENCE = "presence"  # a state of our own, set by hand


@dataclass(frozen=True, slots=True)
class Favourite:
    """One place of the list that every panel and desk phone shows.

    Args:
        position: 1..999, unique in the list.
        name: label, 1..64 characters; personal data.
        type: what it is.
        target: number, extension, slot, queue, profile or state, by type; empty for ``DND``, and
            for the types that then mean our own extension, first line or all our queues.
        long_press: number or feature code that is dialled when the key is held; empty = none.
        subject: extension whose lamp the key shows where that is not ``target`` (a feature code
            with a lamp); empty = by type.
    """

    position: int
    name: str
    type: KeyType
    target: str = ""
    long_press: str = ""
    subject: str = ""


# -- faces: what a key shows -------------------------------------------------------


class KeyState(Enum):
    """What a key can show, in one word. Values are those of the MQTT contract, and are stable.

    ``bridge/blf/TABLES.md`` has which types of keys show which, when, and with which lamp.
    """

    UNKNOWN = "unknown"  # nobody who would know can be asked, or has been heard lately
    PLAIN = "plain"  # a key without anything to show
    # the line of an extension, a park slot, or one of our own
    OFFLINE = "offline"
    FREE = "free"
    DIALING = "dialing"
    RINGING = "ringing"
    BUSY = "busy"
    HELD = "held"
    PARKED = "parked"
    # what a person says of himself, on top of a line that does nothing
    AWAY = "away"
    DND = "dnd"
    PHONE_ONLY = "phone-only"
    ASSISTANT = "assistant"
    # our own call with it: known without the PBX
    CALLS_ME = "calls-me"
    CALLED = "called"  # we call it
    TALKING = "talking"
    ON_HOLD = "on-hold"  # we hold it
    # a line of our own
    IDLE = "idle"
    ACTIVE = "active"
    OUT_OF_USE = "out-of-use"  # the PBX does not have us, or no engine runs
    # we asked to be told when it is free
    AWAITED = "awaited"  # it is not yet
    FREE_AGAIN = "free-again"  # it is: the key calls it
    # what is switched: do not disturb, a presence, a forwarding profile
    ON = "on"
    OFF = "off"
    # queues
    LOGGED_IN = "logged-in"
    LOGGED_OUT = "logged-out"
    PAUSED = "paused"
    CALLERS_WAIT = "callers-wait"  # logged in, and somebody waits
    # a mailbox
    MESSAGES = "messages"
    NO_MESSAGES = "no-messages"


class Color(Enum):
    """Lamp colours a table may use; panels show the nearest they have."""

    OFF = "off"
    GREEN = "green"
    RED = "red"
    AMBER = "amber"
    BLUE = "blue"
    DARK_BLUE = "dark-blue"  # means unknown
    WHITE = "white"


class Pattern(Enum):
    """How a lamp blinks; told apart without colours."""

    STEADY = "steady"
    SLOW = "slow"  # 1 s on, 1 s off
    FAST = "fast"  # 200 ms on, 200 ms off
    DOUBLE = "double"  # two short flashes a second
    WINK = "wink"  # on, with one short break (200 ms) a second


@dataclass(frozen=True, slots=True)
class Lamp:
    """Colour and pattern of one lamp; a lamp that is off has no pattern."""

    color: Color = Color.OFF
    pattern: Pattern = Pattern.STEADY


UNKNOWN = Lamp(Color.DARK_BLUE)
"""By which a lamp that has all colours says that nothing is known."""


@dataclass(frozen=True, slots=True)
class KeyFace:
    """What one key shows.

    Args:
        position: of its favourite.
        label: name of the favourite; personal data.
        state: value of a ``KeyState``; for pictures, MQTT and screen readers.
        lamp: computed from the state by a table; never switched.
        stale: the state is not known now; the lamp then shows unknown.
        unknown: the lamp for that, also for when nobody vouches for the key any more.
    """

    position: int
    label: str
    state: str
    lamp: Lamp
    stale: bool = False
    unknown: Lamp = UNKNOWN


# -- panels: what keys sit on ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PanelInfo:
    """A key panel that is attached.

    Args:
        panel: identity.
        name: model as it says itself or its profile says, printable.
        firmware: as it says itself, may be empty.
        keys: 1..256, numbered from 0.
        colors: what its lamps can show, never without ``OFF``; ``{OFF}`` alone = no lamps.
        has_pictures: keys show pictures with text.
    """

    panel: PanelId
    name: str
    firmware: str
    keys: int
    colors: frozenset[Color]
    has_pictures: bool = False


@dataclass(frozen=True, slots=True)
class PanelAttached:
    """A panel is ready: it gets its lamps now."""

    info: PanelInfo


@dataclass(frozen=True, slots=True)
class PanelLost:
    """A panel is gone, or does not answer any more.

    Args:
        panel: which.
        reason: one sentence; empty when it was simply pulled.
    """

    panel: PanelId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PanelKey:
    """A key of a panel went down or up.

    Args:
        at_s: monotonic seconds.
        panel: which.
        key: 0..255, below ``PanelInfo.keys``.
        down: False = released.
    """

    at_s: float
    panel: PanelId
    key: int
    down: bool


@dataclass(frozen=True, slots=True)
class PanelRefused:
    """Something like a panel cannot be used; told once, with the way out.

    Args:
        port: where it is, such as ``/dev/ttyACM0``.
        reason: expected and found, one sentence; empty takes the complaint back.
    """

    port: str
    reason: str


PanelEvent = PanelAttached | PanelLost | PanelKey | PanelRefused
