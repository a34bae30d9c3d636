"""Requests of desk phones: path and query to what happened. Page: ``phone_events.md``.

Pure: who may ask is decided by the driver. Nothing raises; what cannot be understood is a
``Refused`` to count.
"""

from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from bridge.model.calls import Party
from bridge.model.phones import NOBODY, Happening, PhoneEvent, Refused
from bridge.model.redaction import printable

ROOT = "phone"
XML_WORD = "xml"
"""Last word of the URL that takes the XML of Poly phones; the others are those of ``Happening``."""

LONGEST_PATH = 256  # characters; id, token and word have 128 at most
LONGEST_QUERY = 2048  # characters; Yealink phones keep 511 of a URL, what is filled in comes on top
MOST_MEMBERS = 16
LONGEST_CALL = 128  # characters of a Call-ID; longer ones are cut, which is still a name
LONGEST_KEY = 32

_WORDS = {happening.value: happening for happening in Happening}
_KEYS = frozenset({Happening.KEY, Happening.LONG_KEY})


@dataclass(frozen=True, slots=True)
class Addressed:
    """What the path of a request says.

    Args:
        phone: id, not checked.
        token: not checked; never to be shown.
        word: the last part.
    """

    phone: str
    token: str
    word: str


def read_path(path: str) -> Addressed | Refused:
    """Return whom a request speaks for.

    Args:
        path: as it came, percent-encoded, without the query.
    """
    if len(path) > LONGEST_PATH:
        return Refused.TOO_LARGE
    parts = path.split("/")
    if len(parts) != 5 or parts[0] or parts[1] != ROOT:
        return Refused.NO_SUCH_PATH
    phone, token, word = (unquote(part, errors="replace") for part in parts[2:])
    return Addressed(phone, token, word)


def read_event(word: str, query: str) -> PhoneEvent | Refused:
    """Return what a GET request tells.

    Args:
        word: last part of the path.
        query: as it came, percent-encoded. ``call``, ``remote``, ``name`` and ``key`` are read, the
            rest is the phone's business. A variable the phone did not fill in (``$remote``) is as
            good as missing.
    """
    happening = _WORDS.get(word)
    if happening is None:
        return Refused.UNKNOWN_EVENT
    if len(query) > LONGEST_QUERY:
        return Refused.TOO_LARGE
    said = _members(query)
    key = printable(said.get("key", ""), LONGEST_KEY)
    if said.get("", "") or (happening in _KEYS and not key):
        return Refused.BAD_QUERY
    call = printable(said.get("call", ""), LONGEST_CALL)
    return PhoneEvent(happening, call, party(said.get("remote", ""), said.get("name", "")), key)


def _members(query: str) -> dict[str, str]:
    """Return the members; one named "" says that there are too many."""
    found: dict[str, str] = {}
    parts = [part for part in query.split("&") if part]
    if len(parts) > MOST_MEMBERS:
        return {"": "too many"}
    for part in parts:
        name, _, value = part.partition("=")
        value = unquote_plus(_plus_of_a_number(value), errors="replace").strip()
        if name and not value.startswith("$"):
            found.setdefault(unquote(name, errors="replace"), value)
    return found


def _plus_of_a_number(value: str) -> str:
    """Keep the plus of ``sip:+49…``, which phones send as it is, from being read as a space."""
    for before in ("", "sip:", "sips:", "tel:"):
        if value.startswith(before + "+"):
            return before + "%2B" + value[len(before) + 1 :]
    return value


def party(remote: str, name: str = "") -> Party:
    """Return the other end.

    Args:
        remote: a SIP or tel URI, an address ``user@host``, or a number.
        name: display name.
    """
    text = remote.strip().partition("<")[2].partition(">")[0] or remote.strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"sip", "sips", "tel"}:
        text = rest
    number = printable(unquote(text.partition("@")[0].partition(";")[0], errors="replace"))
    shown = printable(name.strip().strip('"'))
    return Party(number, shown) if number or shown else NOBODY
