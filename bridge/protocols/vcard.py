"""vCards in, contacts out, and back: versions 2.1, 3.0 and 4.0 as programs really write them.

Read are FN, N, ORG, TEL and IMPP with a SIP address; everything else is skipped. One broken card
does not cost the others: that is why this is a reader of our own, the general one (vobject) gives
up a whole file at its first broken line.

Source: RFC 6350 (4.0), RFC 2426 (3.0), vCard 2.1 (Internet Mail Consortium, 1996: unfolding,
QUOTED-PRINTABLE with soft line breaks, CHARSET).
"""

import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bridge.model.contacts import Contact, ContactNumber, NumberKind
from bridge.protocols.people import MOST_ENTRIES, Fault, People, contact_of, number_of

_UNESCAPED = re.compile(r"\\(.)")
_FIELD = re.compile(r"(?<!\\);")
_SEMICOLON = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')  # outside quotes

_KINDS = {
    "cell": NumberKind.MOBILE,
    "mobile": NumberKind.MOBILE,
    "fax": NumberKind.FAX,
    "work": NumberKind.WORK,
    "home": NumberKind.HOME,
}
"""TYPE of a TEL property; the first of these that is there decides."""

_READ = frozenset({b"FN", b"N", b"ORG", b"TEL", b"IMPP", b"X-SIP"})


@dataclass(slots=True)
class _Card:
    line: int
    formatted: str = ""
    structured: str = ""
    company: str = ""
    numbers: list[ContactNumber] = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    types: frozenset[str]
    value: str


def read_vcards(data: bytes) -> People:
    """Return the people of a vCard file.

    Args:
        data: the file, UTF-8 or (2.1) with CHARSET; at most ``people.MOST_BYTES``.
    """
    contacts: list[Contact] = []
    faults: list[Fault] = []
    silent = 0
    for card in _cards(data):
        if card.fault:
            faults.append(Fault(card.line, card.fault))
        elif not card.numbers:
            silent += 1
        elif len(contacts) < MOST_ENTRIES:
            name = card.formatted or card.structured
            contacts.append(contact_of(name, card.company, card.numbers))
    return People(tuple(contacts), silent, tuple(faults))


def _cards(data: bytes) -> Iterator[_Card]:
    card: _Card | None = None
    for number, line in _unfolded(data):
        if line[:6].upper() == b"BEGIN:" and line[6:].strip().upper() == b"VCARD":
            if card is not None:
                card.fault = "expected END:VCARD before the next card"
                yield card
            card = _Card(number)
        elif card is None:
            if line.strip():
                yield _Card(number, fault="expected BEGIN:VCARD")
                card = _Card(number, fault="-")  # whatever follows belongs to it
        elif line.strip().upper() == b"END:VCARD":
            if card.fault != "-":
                yield card
            card = None
        elif not card.fault:
            _take(card, line)
    if card is not None and card.fault != "-":
        card.fault = "expected END:VCARD, found the end of the file"
        yield card


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield logical lines with the number of their first physical one (RFC 6350 section 3.2)."""
    first, parts = 0, list[bytes]()
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if parts and raw[:1] in {b" ", b"\t"}:
            parts.append(raw[1:])
        elif parts and _is_soft_broken(parts):
            parts[-1] = parts[-1][:-1]  # the = of a soft line break (RFC 2045 section 6.7)
            parts.append(raw)
        else:
            if parts:
                yield first, b"".join(parts)
            first, parts = number, [raw]
    if parts:
        yield first, b"".join(parts)


def _is_soft_broken(parts: list[bytes]) -> bool:
    return parts[-1].endswith(b"=") and b"QUOTED-PRINTABLE" in parts[0][:200].upper()


def _take(card: _Card, line: bytes) -> None:
    """Put what a line says on the card."""
    name = line.partition(b":")[0].partition(b";")[0].rpartition(b".")[2].upper()  # item1.TEL
    if name not in _READ:
        return
    try:
        said = _property(line)
    except (ValueError, LookupError, binascii.Error):
        card.fault = f"expected NAME:value in {name.decode()}"
        return
    match said.name:
        case "FN":
            card.formatted = card.formatted or _plain(said.value)
        case "N":
            card.structured = _name(said.value)
        case "ORG":
            card.company = _plain(_FIELD.split(said.value)[0])
        case "TEL" | "IMPP" | "X-SIP":
            _add_number(card, said)
        case _:
            pass


def _property(line: bytes) -> _Property:
    text = line.decode("utf-8", "surrogateescape")
    head, value = text.split(":", maxsplit=1)
    while head.count('"') % 2:  # the colon stood in quotes
        more, value = value.split(":", maxsplit=1)
        head = f"{head}:{more}"
    first, *parameters = _SEMICOLON.split(head) if '"' in head else head.split(";")
    types, encoding, charset = set[str](), "", "utf-8"
    for parameter in parameters:
        key, _, said = parameter.partition("=")
        words = (said or key).strip('"').lower()  # 2.1 writes TEL;WORK;VOICE
        if key.upper() == "CHARSET":
            charset = words
        elif key.upper() == "ENCODING" or words == "quoted-printable":
            encoding = words
        elif key.upper() == "TYPE" or not said:
            types.update(words.split(","))
    raw = value.encode("utf-8", "surrogateescape")
    if encoding == "quoted-printable":
        raw = quopri.decodestring(raw)
    name = first.rpartition(".")[2].upper()
    return _Property(name, frozenset(types), raw.decode(charset))


def _add_number(card: _Card, said: _Property) -> None:
    value = _plain(said.value)
    is_sip = value.lower().startswith(("sip:", "sips:"))
    if said.name == "IMPP" and not is_sip:
        return  # a chat address
    number = number_of(value)
    if not number:
        card.fault = f"expected a number of 1 to 128 printable characters in {said.name}"
        return
    kind = next((_KINDS[word] for word in _KINDS if word in said.types), NumberKind.OTHER)
    card.numbers.append(ContactNumber(number, kind))


def _plain(value: str) -> str:
    if "\\" in value:
        value = _UNESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], value)
    return " ".join(value.split())


def _name(value: str) -> str:
    """Return a structured name as spoken: ``Mustermann;Max;;Dr.;`` is Dr. Max Mustermann."""
    parts = [_plain(part.replace(",", " ")) for part in _FIELD.split(value)]
    family, given, more, title, after = (*parts, "", "", "", "", "")[:5]
    return " ".join(part for part in (title, given, more, family, after) if part)


# -- writing ------------------------------------------------------------------


def write_vcards(contacts: Iterable[Contact]) -> str:
    """Return contacts as vCards 4.0, which every address book reads."""
    return "".join(_card_text(contact) for contact in contacts)


def _card_text(contact: Contact) -> str:
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{_escaped(contact.name)}"]
    if contact.company:
        lines.append(f"ORG:{_escaped(contact.company)}")
    lines += [_number_line(number) for number in contact.numbers]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCARD"])


_TYPES = {
    NumberKind.WORK: ";TYPE=work",
    NumberKind.MOBILE: ";TYPE=cell",
    NumberKind.HOME: ";TYPE=home",
    NumberKind.FAX: ";TYPE=fax",
    NumberKind.OTHER: "",
}


def _number_line(number: ContactNumber) -> str:
    name = "IMPP" if number.number.lower().startswith(("sip:", "sips:")) else "TEL"
    return f"{name}{_TYPES[number.kind]}:{_escaped(number.number)}"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Return a line of at most 75 octets per physical one, no character cut in two."""
    parts, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > 74:
            parts.append("")
            size = 1
        parts[-1] += character
        size += width
    return "\r\n ".join(parts)
