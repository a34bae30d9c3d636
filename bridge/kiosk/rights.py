"""Who may do what: one table, from which the page in ``README.md`` is made.

A screen in a room is anybody's: it calls, as far as its barring goes, and shows what is about the
room. What belongs to one person (call list, own contacts, presence) is not there, whatever is
asked and whoever has typed the PIN.
"""

from enum import Enum

from bridge.model.blf import KeyType
from bridge.model.intents import Verb
from bridge.model.page import KioskSettings, Role, Screen


class Right(Enum):
    """What somebody may do. The values are words of the page's contract."""

    SEE = "see"  # lines, calls, lamps, health
    CALL = "call"  # whatever calls take: dial, answer, hold, transfer, confer; keys
    HISTORY = "history"
    CONTACTS = "contacts"  # the directories
    OWN_CONTACTS = "own_contacts"  # and the user's own
    MEETINGS = "meetings"
    VOLUME = "volume"
    DEVICES = "devices"  # see headsets
    PRESENCE = "presence"
    DND = "dnd"
    PERSONAL = "personal"  # redial, record, move and pull calls, lock, call waiting
    FAVOURITES = "favourites"  # change what keys stand for
    SETTINGS = "settings"  # and treat headsets otherwise


WORDS = {
    Right.SEE: "see lines, calls, lamps and health",
    Right.CALL: "dial, answer, hold, transfer, confer, press keys and a virtual headset",
    Right.HISTORY: "see the call list, and delete from it",
    Right.CONTACTS: "find people of the directories",
    Right.OWN_CONTACTS: "find, add and delete your own contacts",
    Right.MEETINGS: "see and join meetings",
    Right.VOLUME: "microphone, speaker and ringer",
    Right.DEVICES: "see headsets",
    Right.PRESENCE: "own presence",
    Right.DND: "do not disturb",
    Right.PERSONAL: "redial, record, move and pull calls, lock, call waiting",
    Right.FAVOURITES: "change keys",
    Right.SETTINGS: "settings",
}

_VIEWER = frozenset({Right.SEE, Right.MEETINGS, Right.DEVICES})
_ROOM = _VIEWER | {Right.CALL, Right.VOLUME}
_USER = frozenset(Right) - {Right.FAVOURITES, Right.SETTINGS}
_OF_ROLE = {Role.VIEWER: _VIEWER, Role.USER: _USER, Role.ADMINISTRATOR: frozenset(Right)}
_RAISED = frozenset({Right.DND, Right.FAVOURITES, Right.SETTINGS})
"""What the PIN adds on a room's screen: nothing personal, the next one to look is a stranger."""

_PERSONAL_VERBS = frozenset(
    {
        *(Verb.REDIAL, Verb.RECORD, Verb.STOP_RECORDING, Verb.MOVE, Verb.PULL),
        *(Verb.LOCK, Verb.UNLOCK, Verb.WAITING_ON, Verb.WAITING_OFF),
    }
)
_DND_VERBS = frozenset({Verb.DND_ON, Verb.DND_OFF})


def rights_of(
    role: Role, screen: Screen, kiosk: KioskSettings, *, raised: bool = False
) -> frozenset[Right]:
    """Return what somebody may do.

    Args:
        role: of the session.
        screen: where it is.
        kiosk: what was configured for a room's screen.
        raised: the PIN was typed a moment ago.
    """
    if screen is not Screen.KIOSK:
        return _OF_ROLE[Role.ADMINISTRATOR if raised and role is not Role.VIEWER else role]
    room = _ROOM | (_RAISED if raised else frozenset())
    room |= {Right.CONTACTS} if kiosk.directory else frozenset()
    return room | ({Right.HISTORY} if kiosk.history else frozenset())


_KEYS = {
    KeyType.DND: Right.DND,
    KeyType.PRESENCE: Right.PRESENCE,
    KeyType.QUEUE: Right.PERSONAL,
    KeyType.FORWARDING: Right.PERSONAL,
    KeyType.VOICEMAIL: Right.PERSONAL,  # what was left for one is not for the room
}


def right_for_key(key: KeyType) -> Right:
    """Return what a press on a key of that type takes."""
    return _KEYS.get(key, Right.CALL)


def right_for(verb: Verb) -> Right:
    """Return what a wish takes. An emergency call takes ``CALL`` alone."""
    if verb in _DND_VERBS:
        return Right.DND
    return Right.PERSONAL if verb in _PERSONAL_VERBS else Right.CALL
