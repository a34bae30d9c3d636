"""Words about people: own contacts, favourites, directories."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bridge.cli.client import Client, RefusedError
from bridge.cli.exits import Exit
from bridge.cli.files import form_of, write_new
from bridge.cli.show import columns, emit
from bridge.cli.verbs.calls import give
from bridge.cli.where import connect
from bridge.drivers.directories.files import read_file
from bridge.model.contacts import (
    MOST_CONTACTS,
    PERSONAL,
    Contact,
    DeleteContact,
    FindContacts,
    ReloadDirectories,
    SaveContacts,
    SetFavourite,
)
from bridge.model.directories import DirectoryFile
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Verb
from bridge.protocols.contact_csv import write_csv
from bridge.protocols.control_records import (
    RecordQuestion,
    batches,
    check,
    contacts_from,
)
from bridge.protocols.records import record_from, record_to
from bridge.protocols.vcard import write_vcards

FORMS = {".vcf": "vcard", ".vcard": "vcard", ".csv": "csv", ".json": "json"}
MOST_EXPORTED = 1_000_000


def show_list(args: argparse.Namespace) -> Exit:
    """List favourites, contacts and directories, or what was searched for."""
    wanted = FindContacts(
        words=" ".join(args.words),
        source=getattr(args, "source", None) or "",
        favourites=getattr(args, "favourites", False),
    )
    notes: list[str] = []
    with connect(args) as client:
        found = list(_found(client, wanted, args.limit, notes))
    body: dict[str, object] = {"contacts": [record_to(one) for one in found], "notes": notes}
    lines = [*_grouped(found), *(f"! {note}" for note in notes)] or ["nobody"]
    emit(body, lines, as_json=args.json)
    return Exit.OK


def add(args: argparse.Namespace) -> Exit:
    """Add a contact of one's own."""
    contact = Contact(args.name.strip(), tuple(args.numbers), args.company.strip())
    with connect(args) as client:
        number = _save(client, contact)
    return _say(args, replace(contact, contact=number), "added")


def edit(args: argparse.Namespace) -> Exit:
    """Change a contact; what is not given stays as it is."""
    with connect(args) as client:
        before = _one(client, args.contact)
        after = replace(
            before,
            name=before.name if args.name is None else args.name.strip(),
            company=before.company if args.company is None else args.company.strip(),
            numbers=tuple(args.numbers) or before.numbers,
        )
        _save(client, after)
    return _say(args, after, "changed")


def delete(args: argparse.Namespace) -> Exit:
    """Delete a contact of one's own."""
    with connect(args) as client:
        gone = _contact(_ask(client, DeleteContact(args.contact)))
    return _say(args, gone, "deleted")


def favourite(args: argparse.Namespace) -> Exit:
    """Make somebody a favourite, move or remove one."""
    position = 0 if args.remove else args.position or MOST_EXPORTED
    with connect(args) as client:
        now = _contact(_ask(client, SetFavourite(args.contact, position)))
    place = f"favourite {now.favourite}" if now.favourite else "no favourite"
    return _say(args, now, f"{place} now")


def call(args: argparse.Namespace) -> Exit:
    """Call somebody.

    Raises:
        RefusedError: there is no such contact or number.
    """
    with connect(args) as client:
        contact = _one(client, args.contact)
    if args.number > len(contact.numbers):
        raise RefusedError(
            f"{contact.name} has {len(contact.numbers)} numbers, expected one of them"
        )
    target = contact.numbers[args.number - 1].number
    account = AccountId(args.account) if args.account else None
    return give(args, Intent(Verb.DIAL, target=target, account=account, origin=args.origin))


def take_in(args: argparse.Namespace) -> Exit:
    """Make personal contacts out of a file; broken entries are counted and told."""
    read = read_file(DirectoryFile("import", str(Path(args.file))))
    count = 0
    with connect(args) as client:
        for batch in batches(read.people.contacts):
            _ask(client, batch)
            count += len(batch.contacts)
    if read.note:
        print(f"offhook: {read.note}", file=sys.stderr)
    body = {
        "ok": True,
        "imported": count,
        "without_number": read.people.silent,
        "faults": [{"line": f.line, "reason": f.reason} for f in read.people.faults],
    }
    without = f", {read.people.silent} without a number left out" if read.people.silent else ""
    emit(body, [f"{count} contacts imported{without}"], as_json=args.json)
    return Exit.OK


def export(args: argparse.Namespace) -> Exit:
    """Write contacts to a file, or print them."""
    form = form_of(args.format, args.output, FORMS)
    with connect(args) as client:
        found = list(_found(client, FindContacts(source=args.source), MOST_EXPORTED, []))
    if form == "json":
        bodies = [record_to(one) for one in found]
        text = json.dumps(bodies, ensure_ascii=False, indent=1) + "\n"
    else:
        text = write_csv(found) if form == "csv" else write_vcards(found)
    write_new(text, args.output, len(found), "contacts", as_json=args.json)
    return Exit.OK


def reload(args: argparse.Namespace) -> Exit:
    """Read the directory files again.

    Raises:
        RefusedError: some cannot be used; the others are read.
    """
    with connect(args) as client:
        notes = _ask(client, ReloadDirectories()).get("notes")
    if isinstance(notes, list) and notes:
        raise RefusedError("; ".join(map(str, notes)))
    emit({"ok": True}, ["directories are read"], as_json=args.json)
    return Exit.OK


# -- asking -------------------------------------------------------------------


def _found(client: Client, wanted: FindContacts, limit: int, notes: list[str]) -> Iterator[Contact]:
    """Yield contacts, page after page; notes about sources are added to ``notes``."""
    skip, more = 0, True
    while limit > 0 and more:
        page = min(limit, MOST_CONTACTS)
        body = _ask(client, replace(wanted, skip=skip, limit=page))
        contacts = _contacts(body)
        yield from contacts
        said = body.get("notes")
        notes += [str(note) for note in said] if isinstance(said, list) else []
        more = bool(body.get("more")) and bool(contacts)
        limit -= len(contacts)
        skip += len(contacts)


def _one(client: Client, number: int) -> Contact:
    contacts = _contacts(_ask(client, FindContacts(contact=number)))
    if not contacts:
        raise RefusedError(f"there is no contact {number}: see `offhook contacts list`")
    return contacts[0]


def _save(client: Client, contact: Contact) -> int:
    saved = _ask(client, SaveContacts((contact,))).get("contacts")
    return saved[0] if isinstance(saved, list) and saved else contact.contact


def _ask(client: Client, question: RecordQuestion) -> dict[str, object]:
    try:
        check(question)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return client.ask(question)


def _contacts(body: dict[str, object]) -> list[Contact]:
    try:
        return contacts_from(body)
    except ValueError as error:
        raise _strange(error) from error


def _contact(body: dict[str, object]) -> Contact:
    try:
        return record_from(Contact, body)
    except ValueError as error:
        raise _strange(error) from error


def _strange(error: ValueError) -> RefusedError:
    return RefusedError(f"the daemon answers in words this command does not know: {error}")


# -- showing ------------------------------------------------------------------


def _say(args: argparse.Namespace, contact: Contact, what: str) -> Exit:
    number = f"contact {contact.contact} " if contact.contact else ""
    body = {"ok": True, **record_to(contact)}
    emit(body, [f"{number}{contact.name}: {what}"], as_json=args.json)
    return Exit.OK


def _grouped(found: list[Contact]) -> Iterator[str]:
    """Yield lines under a heading for each group: favourites, own contacts, each directory."""
    group = ""
    rows = dict(zip(map(id, found), columns([_row(one) for one in found]), strict=True))
    for contact in found:
        heading = "favourites" if contact.favourite else _heading(contact.source)
        if heading != group:
            group = heading
            yield f"{heading}:"
        yield f"  {rows[id(contact)]}"


def _heading(source: str) -> str:
    return "contacts" if source == PERSONAL else f"directory {source}"


def _row(contact: Contact) -> list[str]:
    place = str(contact.contact) if contact.contact else "-"
    numbers = ", ".join(
        number.number if number.kind.value == "other" else f"{number.kind.value}:{number.number}"
        for number in contact.numbers
    )
    return [place, contact.name, f"({contact.company})" if contact.company else "", numbers]
