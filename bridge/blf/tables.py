"""What a key shows, in one word: one function by tables, for every type of key."""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from bridge.model.blf import KeyState, KeyType, LineState, PresenceState


class Meaning(Enum):
    """What all states come down to; a look may show states of one meaning alike, no others."""

    IDLE = "idle"  # nothing goes on: a call would ring
    ACTIVE = "active"  # in use, or switched on
    RINGING = "ringing"  # somebody ought to answer
    WAITING = "waiting"  # a call or a message waits for somebody
    APART = "apart"  # not simply idle: away, not to be disturbed, offline, paused
    UNKNOWN = "unknown"


MEANING: dict[KeyState, Meaning] = {
    KeyState.UNKNOWN: Meaning.UNKNOWN,
    KeyState.PLAIN: Meaning.IDLE,
    KeyState.OFFLINE: Meaning.APART,
    KeyState.FREE: Meaning.IDLE,
    KeyState.DIALING: Meaning.ACTIVE,
    KeyState.RINGING: Meaning.RINGING,
    KeyState.BUSY: Meaning.ACTIVE,
    KeyState.HELD: Meaning.WAITING,
    KeyState.PARKED: Meaning.WAITING,
    KeyState.AWAY: Meaning.APART,
    KeyState.DND: Meaning.APART,
    KeyState.PHONE_ONLY: Meaning.IDLE,
    KeyState.ASSISTANT: Meaning.APART,
    KeyState.CALLS_ME: Meaning.RINGING,
    KeyState.CALLED: Meaning.ACTIVE,
    KeyState.TALKING: Meaning.ACTIVE,
    KeyState.ON_HOLD: Meaning.WAITING,
    KeyState.IDLE: Meaning.IDLE,
    KeyState.ACTIVE: Meaning.ACTIVE,
    KeyState.OUT_OF_USE: Meaning.APART,
    KeyState.AWAITED: Meaning.ACTIVE,
    KeyState.FREE_AGAIN: Meaning.WAITING,
    KeyState.ON: Meaning.ACTIVE,
    KeyState.OFF: Meaning.IDLE,
    KeyState.LOGGED_IN: Meaning.ACTIVE,
    KeyState.LOGGED_OUT: Meaning.IDLE,
    KeyState.PAUSED: Meaning.APART,
    KeyState.CALLERS_WAIT: Meaning.WAITING,
    KeyState.MESSAGES: Meaning.WAITING,
    KeyState.NO_MESSAGES: Meaning.IDLE,
}


class Relation(Enum):
    """Our own call with somebody; in the order in which one beats another."""

    CALLS_ME = "calls me"
    TALKING = "talking"
    CALLED = "called"
    ON_HOLD = "on hold"


class Vigil(Enum):
    """Whether we asked to be told when somebody is free."""

    WAITING = "waiting"
    OVER = "over"  # it was free since: the key offers the call


class Seat(Enum):
    """Our place in a queue."""

    OUT = "out"
    IN = "in"
    PAUSED = "paused"
    CALLED = "called"  # in, and callers wait


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything a key's state follows from; None = not known, or not ours.

    Args:
        line: of an extension or park slot; for a line of our own: ``FREE`` or ``OFFLINE``.
        presence: of its owner.
        relation: our call with it.
        vigil: whether we wait for it.
        seat: our place in the queue.
        is_on: do not disturb, a presence or a profile is switched on; messages wait.
    """

    line: LineState | None = None
    presence: PresenceState = PresenceState.NONE
    relation: Relation | None = None
    vigil: Vigil | None = None
    seat: Seat | None = None
    is_on: bool | None = None


OF_RELATION: dict[Relation, KeyState] = {
    Relation.CALLS_ME: KeyState.CALLS_ME,
    Relation.TALKING: KeyState.TALKING,
    Relation.CALLED: KeyState.CALLED,
    Relation.ON_HOLD: KeyState.ON_HOLD,
}

OF_LINE: dict[LineState, KeyState] = {
    LineState.UNKNOWN: KeyState.UNKNOWN,
    LineState.OFFLINE: KeyState.OFFLINE,
    LineState.FREE: KeyState.FREE,
    LineState.DIALING: KeyState.DIALING,
    LineState.RINGING: KeyState.RINGING,
    LineState.BUSY: KeyState.BUSY,
    LineState.HELD: KeyState.HELD,
    LineState.PARKED: KeyState.PARKED,
}

OVER_FREE: dict[PresenceState, KeyState] = {
    PresenceState.AWAY: KeyState.AWAY,
    PresenceState.BUSY: KeyState.BUSY,  # a meeting, a call in another program
    PresenceState.DND: KeyState.DND,
    PresenceState.PHONE_ONLY: KeyState.PHONE_ONLY,
    PresenceState.ASSISTANT: KeyState.ASSISTANT,
    PresenceState.INVISIBLE: KeyState.OFFLINE,
}
"""Presence on top of a free line."""

OVER_OFFLINE: dict[PresenceState, KeyState] = {
    PresenceState.AWAY: KeyState.AWAY,
    PresenceState.BUSY: KeyState.BUSY,
    PresenceState.DND: KeyState.DND,
}
"""Presence on top of a line without a telephone; who cannot be rung is not reachable by phone."""

IN_USE = frozenset({KeyState.DIALING, KeyState.BUSY, KeyState.HELD})
"""What "tell me when free" waits for the end of."""

OF_SEAT: dict[Seat, KeyState] = {
    Seat.OUT: KeyState.LOGGED_OUT,
    Seat.IN: KeyState.LOGGED_IN,
    Seat.PAUSED: KeyState.PAUSED,
    Seat.CALLED: KeyState.CALLERS_WAIT,
}

_RELATIONS = frozenset(OF_RELATION.values())
_PERSON = frozenset(
    {
        *(KeyState.UNKNOWN, KeyState.AWAITED, KeyState.FREE_AGAIN),
        *OF_LINE.values(),
        *OVER_FREE.values(),
        *_RELATIONS,
    }
)
_SWITCH = frozenset({KeyState.UNKNOWN, KeyState.ON, KeyState.OFF})

SHOWN_BY: dict[KeyType, frozenset[KeyState]] = {
    KeyType.SPEED_DIAL: _RELATIONS | {KeyState.PLAIN},
    KeyType.BLF: _PERSON,
    KeyType.LINE: frozenset(
        {
            *(KeyState.UNKNOWN, KeyState.IDLE, KeyState.ACTIVE, KeyState.OUT_OF_USE),
            *(KeyState.CALLS_ME, KeyState.CALLED, KeyState.ON_HOLD),
        }
    ),
    KeyType.FEATURE_CODE: _PERSON - _RELATIONS,
    KeyType.QUEUE: frozenset({KeyState.UNKNOWN, *OF_SEAT.values()}),
    KeyType.FORWARDING: _SWITCH,
    KeyType.DND: _SWITCH,
    KeyType.PARK: frozenset(OF_LINE.values()) | _RELATIONS,
    KeyType.VOICEMAIL: frozenset({KeyState.UNKNOWN, KeyState.MESSAGES, KeyState.NO_MESSAGES}),
    KeyType.PRESENCE: _SWITCH,
}
"""Which states a key of a type can ever show."""


def key_state(type_: KeyType, seen: Seen) -> KeyState:
    """Return what a key shows.

    Args:
        type_: of the key. A feature code without a subject is a ``SPEED_DIAL`` here.
        seen: what is known now.
    """
    match type_:
        case KeyType.SPEED_DIAL:
            return KeyState.PLAIN if seen.relation is None else OF_RELATION[seen.relation]
        case KeyType.BLF | KeyType.FEATURE_CODE:
            return _person(seen)
        case KeyType.LINE:
            return _own_line(seen)
        case KeyType.PARK:
            return _place(seen)
        case KeyType.QUEUE:
            return KeyState.UNKNOWN if seen.seat is None else OF_SEAT[seen.seat]
        case KeyType.VOICEMAIL:
            return _switched(seen.is_on, KeyState.MESSAGES, KeyState.NO_MESSAGES)
        case KeyType.FORWARDING | KeyType.DND | KeyType.PRESENCE:
            return _switched(seen.is_on, KeyState.ON, KeyState.OFF)
        case _:
            assert_never(type_)


def _person(seen: Seen) -> KeyState:
    """Our own call beats everything; then a line in use, then presence, then the bare line."""
    if seen.relation is not None:
        return OF_RELATION[seen.relation]
    if seen.line in (None, LineState.UNKNOWN):
        return KeyState.UNKNOWN
    if seen.presence is PresenceState.INVISIBLE:
        return KeyState.OFFLINE  # whatever the line does: that is what it is for
    state = _with_presence(OF_LINE[seen.line], seen.presence)
    if state in IN_USE and seen.vigil is Vigil.WAITING:
        return KeyState.AWAITED
    if state is KeyState.FREE and seen.vigil is Vigil.OVER:
        return KeyState.FREE_AGAIN
    return state


def _with_presence(line: KeyState, presence: PresenceState) -> KeyState:
    if line is KeyState.FREE:
        return OVER_FREE.get(presence, line)
    if line is KeyState.OFFLINE:
        return OVER_OFFLINE.get(presence, line)
    if line in IN_USE and presence is PresenceState.ASSISTANT:
        return KeyState.ASSISTANT
    return line


def _place(seen: Seen) -> KeyState:
    if seen.relation is not None:
        return OF_RELATION[seen.relation]
    return KeyState.UNKNOWN if seen.line is None else OF_LINE[seen.line]


def _own_line(seen: Seen) -> KeyState:
    if seen.relation is not None:
        is_talk = seen.relation is Relation.TALKING
        return KeyState.ACTIVE if is_talk else OF_RELATION[seen.relation]
    if seen.line is None:
        return KeyState.UNKNOWN
    return KeyState.IDLE if seen.line is LineState.FREE else KeyState.OUT_OF_USE


def _switched(is_on: bool | None, yes: KeyState, no: KeyState) -> KeyState:
    if is_on is None:
        return KeyState.UNKNOWN
    return yes if is_on else no
