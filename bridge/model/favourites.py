"""The list of favourites: what may stand in it, what is asked about it, and about its keys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.model.blf import Favourite, KeyType, PresenceState

MOST_POSITION = 999
LONGEST_NAME = 64
LONGEST_TARGET = 128  # characters; longer than any number or SIP address people call

_EXTENSION = re.compile(r"[0-9A-Za-z_.-]{1,32}")
_CODE = re.compile(r"[0-9*#A-D]{1,32}")
_ACCOUNT = re.compile(r"[a-z0-9-]{1,32}")
_PROFILE = re.compile(r"[0-9]")

PRESENCES = tuple(state.value for state in PresenceState if state is not PresenceState.NONE)


# -- asked over the control socket and MQTT ------------------------------------


@dataclass(frozen=True, slots=True)
class ListFavourites:
    """Which favourites are there, and which were edited?"""


@dataclass(frozen=True, slots=True)
class PutFavourite:
    """Put a favourite on a position.

    Args:
        favourite: what; position 0 = the first free one.
        replace: whether it may take the place of another.
    """

    favourite: Favourite
    replace: bool = False


@dataclass(frozen=True, slots=True)
class RemoveFavourite:
    """Empty a position."""

    position: int


@dataclass(frozen=True, slots=True)
class MoveFavourite:
    """Move a favourite; if there is one where it goes, the two change places."""

    position: int
    to: int


@dataclass(frozen=True, slots=True)
class ResetFavourites:
    """Forget what was edited: the configuration counts again.

    Args:
        position: of which key; 0 = of all.
    """

    position: int = 0


@dataclass(frozen=True, slots=True)
class GetLamps:
    """What do the keys show?"""


@dataclass(frozen=True, slots=True)
class PressKey:
    """Press a key, as a finger would.

    Args:
        position: of its favourite.
        long: held, for its second function.
        expect: what it showed to whoever presses; it does nothing when it shows another state.
            Empty = whatever it shows.
    """

    position: int
    long: bool = False
    expect: str = ""


EditFavourites = PutFavourite | RemoveFavourite | MoveFavourite | ResetFavourites
KeyQuestion = ListFavourites | EditFavourites | GetLamps | PressKey


# -- what may stand in the list ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a favourite.

    Args:
        field: of ``Favourite``.
        expected: what may stand there.
    """

    field: str
    expected: str


def flaws(favourite: Favourite) -> Iterator[Flaw]:
    """Yield everything that is wrong with a favourite by itself."""
    if not 1 <= favourite.position <= MOST_POSITION:
        yield Flaw("position", f"1 to {MOST_POSITION}")
    name = favourite.name
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or not name.strip():
        yield Flaw("name", f"1 to {LONGEST_NAME} printable characters")
    expected = _target_flaw(favourite)
    if expected:
        yield Flaw("target", expected)
    if favourite.subject and not _EXTENSION.fullmatch(favourite.subject):
        yield Flaw("subject", _AN_EXTENSION)
    if favourite.long_press and not _is_dialable(favourite.long_press):
        yield Flaw("long_press", _DIALABLE)


_AN_EXTENSION = "an extension of 1 to 32 of 0-9 A-Z a-z _ . -"
_DIALABLE = f"a number, code or SIP address of 1 to {LONGEST_TARGET} printable characters"


def _target_flaw(favourite: Favourite) -> str:  # one for each type
    """Return what is expected as a target; empty when it is right."""
    target = favourite.target
    match favourite.type:
        case KeyType.SPEED_DIAL:
            return "" if _is_dialable(target) else _DIALABLE
        case KeyType.BLF | KeyType.QUEUE | KeyType.PARK:
            is_every = favourite.type is KeyType.QUEUE and not target
            return "" if is_every or _EXTENSION.fullmatch(target) else _AN_EXTENSION
        case KeyType.FEATURE_CODE:
            return "" if _CODE.fullmatch(target) else "a code of 1 to 32 of 0-9 * # A-D"
        case KeyType.LINE:
            is_account = not target or _ACCOUNT.fullmatch(target)
            return "" if is_account else "the id of an account, or nothing for the first"
        case KeyType.FORWARDING:
            return "" if _PROFILE.fullmatch(target) else "the number of a profile, 0 to 9"
        case KeyType.DND:
            is_known = target in {"", "global"}
            return "" if is_known else "nothing for this desk, or global for all our telephones"
        case KeyType.VOICEMAIL:
            return "" if not target or _is_dialable(target) else _DIALABLE
        case KeyType.PRESENCE:
            return "" if target in PRESENCES else ", ".join(PRESENCES)


def _is_dialable(text: str) -> bool:
    return 1 <= len(text.strip()) <= len(text) <= LONGEST_TARGET and text.isprintable()
