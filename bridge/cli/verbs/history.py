"""Words about the calls there were."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bridge.cli.client import Client, RefusedError
from bridge.cli.exits import Exit
from bridge.cli.files import form_of, write_new
from bridge.cli.show import columns, duration, emit
from bridge.cli.verbs.calls import give
from bridge.cli.where import connect
from bridge.model.history import (
    MOST_ENTRIES,
    CallKind,
    DeleteHistory,
    FindHistory,
    HistoryEntry,
)
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Verb
from bridge.protocols.contact_csv import csv_text
from bridge.protocols.control_records import RecordQuestion, check, entries_from
from bridge.protocols.records import record_to

FORMS = {".csv": "csv", ".json": "json"}
HEADINGS = (
    "number", "kind", "name", "company", "phone", "account", "device", "start", "answer", "end",
    "talked_s", "sip", "reason", "via",
)  # fmt: skip


def show_list(args: argparse.Namespace) -> Exit:
    """List calls, newest first."""
    said: list[int] = []
    with connect(args) as client:
        found = list(_found(client, _wanted(args), args.limit, said))
    waiting = said[-1] if said else 0
    body: dict[str, object] = {"entries": [_body(one) for one in found], "waiting": waiting}
    rows = [_row(entry) for entry in found]
    lines = columns(rows) or ["no calls"]
    if waiting:
        lines.append(f"! {waiting} more are in memory: the disk cannot be written")
    emit(body, lines, as_json=args.json)
    return Exit.OK


def show(args: argparse.Namespace) -> Exit:
    """Show one call.

    Raises:
        RefusedError: there is none of that number.
    """
    with connect(args) as client:
        entry = _one(client, args.entry)
    body = _body(entry)
    named = [[key, str(value)] for key, value in _named(entry) if value]
    emit(body, columns(named), as_json=args.json)
    return Exit.OK


def delete(args: argparse.Namespace) -> Exit:
    """Delete some calls."""
    return _delete(args, DeleteHistory(tuple(args.entries)))


def clear(args: argparse.Namespace) -> Exit:
    """Delete all calls, after asking.

    Raises:
        RefusedError: nobody said yes.
    """
    if not args.yes and not _says_yes("delete all calls from the list? [y/N] "):
        raise RefusedError("nothing was deleted: say yes, or add --yes")
    return _delete(args, DeleteHistory(everything=True))


def _says_yes(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "j", "ja"}


def _delete(args: argparse.Namespace, which: DeleteHistory) -> Exit:
    with connect(args) as client:
        count = _ask(client, which).get("deleted")
    if count == 0 and not which.everything:
        raise RefusedError("there is no such call in the list: see `offhook history`")
    noun = "call" if count == 1 else "calls"
    emit({"ok": True, "deleted": count}, [f"{count} {noun} deleted"], as_json=args.json)
    return Exit.OK


def export(args: argparse.Namespace) -> Exit:
    """Write calls to a file, or print them."""
    form = form_of(args.format, args.output, FORMS)
    with connect(args) as client:
        found = list(_found(client, _wanted(args), args.limit, []))
    if form == "json":
        text = json.dumps([_body(one) for one in found], ensure_ascii=False, indent=1) + "\n"
    else:
        text = csv_text(list(HEADINGS), ([str(v) for _, v in _named(one)] for one in found))
    write_new(text, args.output, len(found), "calls", as_json=args.json)
    return Exit.OK


def call_back(args: argparse.Namespace) -> Exit:
    """Call the other end of a call in the list, on the line it came or went on.

    Raises:
        RefusedError: there is no such call, or the caller hid the number.
    """
    with connect(args) as client:
        entry = _one(client, args.entry)
    verb = Verb.DIAL if entry.kind is CallKind.OUTGOING else Verb.CALL_BACK
    # An empty number cannot be asked for; the core says that it was hidden.
    target = entry.number.strip() or "anonymous"
    intent = Intent(verb, target=target, account=AccountId(entry.account), origin=args.origin)
    return give(args, intent)


# -- asking -------------------------------------------------------------------


def _wanted(args: argparse.Namespace) -> FindHistory:
    return FindHistory(
        words=" ".join(args.words),
        kinds=tuple(CallKind(kind) for kind in getattr(args, "kind", None) or ()),
        account=getattr(args, "account", None) or "",
        from_ms=getattr(args, "since", None) or 0,
        to_ms=getattr(args, "until", None) or 0,
    )


def _found(
    client: Client, wanted: FindHistory, limit: int, waiting: list[int]
) -> Iterator[HistoryEntry]:
    """Yield entries, page after page; how many wait for the disk is added to ``waiting``."""
    before, more = 0, True
    while limit > 0 and more:
        page = min(limit, MOST_ENTRIES)
        body = _ask(client, replace(wanted, before=before, limit=page))
        entries = _entries(body)
        yield from entries
        count = body.get("waiting")
        waiting += [count] if isinstance(count, int) else []
        more = bool(body.get("more")) and bool(entries)
        limit -= len(entries)
        before = entries[-1].entry if entries else 0


def _one(client: Client, number: int) -> HistoryEntry:
    entries = _entries(_ask(client, FindHistory(entry=number)))
    if not entries:
        raise RefusedError(f"there is no call {number} in the list: see `offhook history`")
    return entries[0]


def _ask(client: Client, question: RecordQuestion) -> dict[str, object]:
    try:
        check(question)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return client.ask(question)


def _entries(body: dict[str, object]) -> list[HistoryEntry]:
    try:
        return entries_from(body)
    except ValueError as error:
        raise RefusedError(
            f"the daemon answers in words this command does not know: {error}"
        ) from error


# -- showing ------------------------------------------------------------------


def _body(entry: HistoryEntry) -> dict[str, object]:
    return {**record_to(entry), "talked_s": entry.talked_s}


def _row(entry: HistoryEntry) -> list[str]:
    when = datetime.fromtimestamp(entry.start_ms / 1000, UTC).astimezone()
    who = " ".join(part for part in (entry.number, entry.name) if part)
    company = f"({entry.company})" if entry.company else ""
    talked = duration(entry.talked_s) if entry.answer_ms is not None else entry.reason
    shown = [f"{when:%Y-%m-%d %H:%M}", entry.kind.value, who, company, entry.account, talked]
    return [str(entry.entry), *shown]


def _named(entry: HistoryEntry) -> Iterator[tuple[str, object]]:
    """Yield what there is to know, for people and for spreadsheets."""
    values = (
        entry.entry, entry.kind.value, entry.name, entry.company, entry.number, entry.account,
        entry.device or "", _time(entry.start_ms), _time(entry.answer_ms), _time(entry.end_ms),
        entry.talked_s if entry.answer_ms is not None else "", entry.sip or "", entry.reason,
        entry.via,
    )  # fmt: skip
    yield from zip(HEADINGS, values, strict=True)


def _time(unix_ms: int | None) -> str:
    """Return local time with its offset, ISO 8601."""
    if unix_ms is None:
        return ""
    when = datetime.fromtimestamp(unix_ms / 1000, UTC).astimezone()
    return when.isoformat(sep=" ", timespec="seconds")
