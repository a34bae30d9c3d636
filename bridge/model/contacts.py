"""People and their numbers: those of the user, and those of read-only directories."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

PERSONAL = "personal"
"""Source of the contacts that belong to the user; every other source is a directory."""

MOST_CONTACTS = 200  # of one answer; longer lists are paged
MOST_NUMBERS = 16  # of one contact
MOST_CHARACTERS = 128  # of a name or a company

COMPARED_DIGITS = 7
"""So many digits from the end have to be equal before two numbers may be the same: the shortest
subscriber numbers that are dialled without anything in front have about as many."""


class NumberKind(Enum):
    """What a number of a contact is."""

    WORK = "work"
    MOBILE = "mobile"
    HOME = "home"
    FAX = "fax"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ContactNumber:
    """One number: telephone number or SIP address, 1..128 printable characters."""

    number: str
    kind: NumberKind = NumberKind.OTHER


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call.

    Args:
        name: as shown, 1..128 characters.
        numbers: the first one is called unless another is chosen.
        company: may be empty.
        source: ``PERSONAL`` or the name of a directory.
        favourite: place among the favourites, from 1; 0 = none.
        contact: its number, 0 before it is kept. Those of a directory change when it is read anew.
    """

    name: str
    numbers: tuple[ContactNumber, ...]
    company: str = ""
    source: str = PERSONAL
    favourite: int = 0
    contact: int = 0


@dataclass(frozen=True, slots=True)
class FindContacts:
    """Which contacts somebody wants: favourites first, then own ones, then directories, by name.

    Args:
        words: parts of name, company or number, see ``finding``.
        source: only this one; empty = all.
        favourites: only those.
        contact: only this one; 0 = any.
        public: only those of directories: somebody else looks.
        skip: leave out so many, to page on.
        limit: at most so many, 1..``MOST_CONTACTS``.
    """

    words: str = ""
    source: str = ""
    favourites: bool = False
    contact: int = 0
    public: bool = False
    skip: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class SaveContacts:
    """Keep personal contacts: new ones (number 0), or others in the place of existing ones."""

    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class DeleteContact:
    """Forget a personal contact."""

    contact: int


@dataclass(frozen=True, slots=True)
class SetFavourite:
    """Make a contact a favourite, move it among them, or no longer have it there.

    Somebody of a directory becomes a personal contact by that: directories are only read.

    Args:
        contact: which.
        position: from 1, those behind move on; 0 = no favourite; beyond the last = at the end.
    """

    contact: int
    position: int


@dataclass(frozen=True, slots=True)
class ReloadDirectories:
    """Read the directory files again, changed or not."""


@dataclass(frozen=True, slots=True)
class FoundContacts:
    """An answer.

    Args:
        contacts: in order.
        more: there are more; ask again with ``skip``.
        notes: sentences about sources that could not be asked.
    """

    contacts: tuple[Contact, ...]
    more: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Who a number belongs to.

    Args:
        name, company: as kept.
        is_private: one of the user's own contacts says so.
    """

    name: str
    company: str = ""
    is_private: bool = False


def comparable(number: str) -> str:
    """Return the digits of a number without what countries and exchanges put in front of it.

    ``+49 (0)30 1234567``, ``0049301234567`` and ``(030) 1234567`` become ``49301234567`` twice and
    ``301234567``; a name in a SIP address becomes small letters; ``sip:`` and the host go.
    """
    user = number.strip().removeprefix("sips:").removeprefix("sip:").removeprefix("tel:")
    user = user.partition("@")[0].partition(";")[0]
    if any(c.isalpha() for c in user):
        return user.casefold()
    user = user.replace("(0)", "") if user.startswith(("+", "00")) else user
    digits = "".join(c for c in user if c.isdecimal() or c in "*#")
    return digits.lstrip("0") or digits


def tail(number: str) -> str:
    """Return what two equal numbers have in common at least; indexed by the store."""
    return comparable(number)[-COMPARED_DIGITS:]


def is_same_number(one: str, other: str) -> bool:
    """Say whether two spellings mean the same telephone.

    Two international ones (``+``) have to be equal. Else one has to end with the whole of the other
    (country or area code left out), and with ``COMPARED_DIGITS`` digits at least; shorter numbers,
    such as extensions, have to be equal.
    """
    short, long = sorted((comparable(one), comparable(other)), key=len)
    if not short or short == long:
        return bool(short)
    both = one.lstrip().startswith("+") and other.lstrip().startswith("+")
    return not both and len(short) >= COMPARED_DIGITS and long.endswith(short)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose number ends like the one that is looked for."""

    named: Named
    number: str


def best(
    candidates: Iterable[Candidate], number: str, normal: Callable[[str], str]
) -> Named | None:
    """Return the first candidate whose number is really the same, or None.

    Args:
        candidates: the best source first.
        number: of the other end.
        normal: turns a number into ``+`` and E.164 where it can (``bridge.numbers``).
    """
    wanted = normal(number)
    return next((c.named for c in candidates if is_same_number(normal(c.number), wanted)), None)
