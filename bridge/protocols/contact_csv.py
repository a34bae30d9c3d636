"""Contacts in CSV: the headings decide, in English or German, whatever their order.

Comma, semicolon or tab (the heading tells which); UTF-8, or what spreadsheets of Windows write
(CP1252). A column whose heading means nothing here is skipped.

Source: RFC 4180; headings of the exports of Outlook, Google Contacts and Thunderbird.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.model.contacts import Contact, ContactNumber, NumberKind
from bridge.model.finding import haystack
from bridge.protocols.people import MOST_ENTRIES, Fault, People, contact_of, number_of

HEADINGS = "name, first name, last name, company, phone, mobile, home, fax, sip"

_NAME = frozenset({"name", "display name", "full name", "anzeigename", "vollstandiger name"})
_FIRST = frozenset({"first name", "given name", "vorname"})
_LAST = frozenset({"last name", "family name", "surname", "nachname", "familienname"})
_COMPANY = frozenset(
    {"company", "organization", "organisation", "firma", "organization name", "unternehmen"}
)
_NUMBER = re.compile(
    r"\b(phone|number|numbers|telephone|tel|telefon|telefonnummer|rufnummer|nummer|mobile|mobil"
    r"|mobiltelefon|handy|cell|fax|telefax|home|privat|work|business|geschaftlich|sip|extension"
    r"|durchwahl|nebenstelle)\b"
)
_NOT_A_NUMBER = re.compile(
    r"\b(mail|address|adresse|street|city|type|label|typ|page|web|country|postal|state|stadt|ort"
    r"|strasse|land|plz)\b"
)
_KIND = (
    (re.compile(r"\b(fax|telefax)\b"), NumberKind.FAX),
    (re.compile(r"\b(mobile|mobil|mobiltelefon|handy|cell)\b"), NumberKind.MOBILE),
    (re.compile(r"\b(home|privat)\b"), NumberKind.HOME),
    (re.compile(r"\b(work|business|geschaftlich|extension|durchwahl|nebenstelle)\b"),
     NumberKind.WORK),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column holds what, counted from 0; -1 = none does."""

    name: int
    first: int
    last: int
    company: int
    numbers: tuple[tuple[int, NumberKind], ...]


def read_csv(data: bytes) -> People:
    """Return the people of a CSV file.

    Args:
        data: the file, at most ``people.MOST_BYTES``.
    """
    text = _text(data)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    try:
        columns = _columns(next(rows, []))
    except csv.Error:
        columns = _columns([])
    if not columns.numbers:
        expected = f"expected headings in the first line, such as {HEADINGS}"
        return People((), 0, (Fault(1, expected),))
    return _people(rows, columns)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _people(rows: Iterable[list[str]], columns: _Columns) -> People:
    contacts, faults, silent = list[Contact](), list[Fault](), 0
    reader = iter(rows)
    while True:
        line = getattr(reader, "line_num", 0) + 1
        try:
            row = next(reader)
        except StopIteration:
            return People(tuple(contacts), silent, tuple(faults))
        except csv.Error:
            faults.append(Fault(line, "expected a row of CSV, found an endless or broken field"))
            continue
        read = _contact(row, columns)
        if isinstance(read, Contact) and len(contacts) < MOST_ENTRIES:
            contacts.append(read)
        elif isinstance(read, str):
            faults.append(Fault(line, read))
        else:
            silent += bool(any(row))


def _contact(row: list[str], columns: _Columns) -> Contact | str | None:
    """Return a contact, what is wrong with it, or None for somebody without a number."""
    numbers = []
    for place, kind in columns.numbers:
        if cell := _cell(row, place):
            number = number_of(cell)
            if not number:
                return "expected a number of 1 to 128 printable characters"
            numbers.append(ContactNumber(number, kind))
    if not numbers:
        return None
    spoken = " ".join(filter(None, (_cell(row, columns.first), _cell(row, columns.last))))
    return contact_of(_cell(row, columns.name) or spoken, _cell(row, columns.company), numbers)


def _cell(row: list[str], place: int) -> str:
    """Return a cell; the apostrophe that keeps spreadsheets from calculating is taken off."""
    text = row[place].strip() if 0 <= place < len(row) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@") else text


def _columns(headings: list[str]) -> _Columns:
    words = [haystack(re.sub(r"([a-z])([A-Z])", r"\1 \2", heading)) for heading in headings]
    numbers = tuple(
        (place, _kind(word))
        for place, word in enumerate(words)
        if _NUMBER.search(word) and not _NOT_A_NUMBER.search(word)
    )
    return _Columns(
        _place(words, _NAME),
        _place(words, _FIRST),
        _place(words, _LAST),
        _place(words, _COMPANY),
        numbers,
    )


def _place(words: list[str], meant: frozenset[str]) -> int:
    return next((place for place, word in enumerate(words) if word in meant), -1)


def _kind(word: str) -> NumberKind:
    return next((kind for form, kind in _KIND if form.search(word)), NumberKind.OTHER)


# -- writing ------------------------------------------------------------------


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, CSV injection).

    Telephone numbers begin with ``+`` as well; where nothing but digits and separators follows,
    there is nothing to calculate, and they stay as they are.
    """
    if cell[:1] in set("=@\t\r") or (cell[:1] in {"+", "-"} and not _HARMLESS.fullmatch(cell)):
        return "'" + cell
    return cell


_HARMLESS = re.compile(r"\+[0-9][0-9 ]{2,30}")


def csv_text(headings: list[str], rows: Iterable[list[str]]) -> str:
    """Return a CSV file (RFC 4180) of guarded cells."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def write_csv(contacts: Iterable[Contact]) -> str:
    """Return contacts as CSV that ``read_csv`` reads back: a column per kind and place."""
    contacts = list(contacts)
    places = _number_places(contacts)
    headings = ["name", "company", *(f"{kind.value} phone {n}" for kind, n in places)]
    rows = ([c.name, c.company, *_number_cells(c, places)] for c in contacts)
    return csv_text(headings, rows)


def _number_places(contacts: list[Contact]) -> list[tuple[NumberKind, int]]:
    most = dict.fromkeys(NumberKind, 0)
    for contact in contacts:
        for kind in NumberKind:
            most[kind] = max(most[kind], sum(n.kind is kind for n in contact.numbers))
    return [(kind, n) for kind in NumberKind for n in range(1, most[kind] + 1)]


def _number_cells(contact: Contact, places: list[tuple[NumberKind, int]]) -> list[str]:
    by_kind = {kind: [n.number for n in contact.numbers if n.kind is kind] for kind in NumberKind}
    return [by_kind[kind][n - 1] if n <= len(by_kind[kind]) else "" for kind, n in places]
