"""The words ``history`` and ``contacts`` of the command line. Handlers are named, see ``main``."""

import argparse
import re
import time
from datetime import datetime, timedelta

from bridge.cli.words import Parser, Words, word
from bridge.cli.words_calls import account_of, origin_of
from bridge.model.contacts import ContactNumber, NumberKind
from bridge.model.history import CallKind

PAGE = 50  # lines of a list unless more are asked for; a screen
MOST = 1_000_000

_AGO = re.compile(r"(\d{1,4})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def _listing(words: Words, name: str, text: str) -> Words:
    """Add a word that lists when no second one follows; options belong to the second one."""
    parser = word(words, name, f"{name}:show_list", text)
    parser.set_defaults(word="list", words=[], limit=PAGE)
    return parser.add_subparsers(title="words", metavar="WORD", parser_class=Parser)


# -- history ------------------------------------------------------------------


def _narrowing(parser: Parser, limit: int) -> None:
    parser.add_argument(
        "--kind",
        action="append",
        choices=[kind.value for kind in CallKind],
        help="only these calls; may be given several times",
    )
    parser.add_argument("--account", metavar="ID", help="only calls of this line")
    when = "a day, a day and a time, today, yesterday, or so long ago: 7d, 12h"
    parser.add_argument("--since", type=moment, metavar="WHEN", help=f"only from {when}")
    parser.add_argument("--until", type=moment, metavar="WHEN", help="only before")
    parser.add_argument(
        "--limit", type=_count, default=limit, metavar="N", help=f"at most so many ({limit})"
    )


def moment(text: str) -> int:
    """Return Unix milliseconds of what somebody typed, in local time.

    Raises:
        argparse.ArgumentTypeError: it is no point in time.
    """
    now = datetime.fromtimestamp(time.time()).astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if text == "today":
        return _ms(midnight)
    if text == "yesterday":
        return _ms(midnight - timedelta(days=1))
    if ago := _AGO.fullmatch(text):
        return _ms(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    try:
        return _ms(datetime.fromisoformat(text).astimezone())
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"found {text[:40]!r}, expected a day such as 2026-05-31, '2026-05-31 14:00', today, "
            "yesterday, 7d or 12h"
        ) from None


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"found {text[:20]!r}, expected a number from 1")
    return int(text)


_number = _count


def add_history(words: Words) -> None:
    """Add ``history``; alone it lists."""
    words = _listing(words, "history", "the calls there were: list, search, export, call back")
    shown = word(
        words,
        "list",
        "history:show_list",
        "list calls, newest first",
        ["offhook history", "offhook history list --kind missed --since today"],
    )
    shown.set_defaults(words=[])
    _narrowing(shown, PAGE)
    search = word(
        words,
        "search",
        "history:show_list",
        "find calls by parts of name, company or number",
        ["offhook history search and muster", "offhook history search 030 --kind outgoing"],
    )
    search.add_argument("words", nargs="+", metavar="WORD", help="any part of any word")
    _narrowing(search, PAGE)
    _entry(word(words, "show", "history:show", "show everything about one call"))
    gone = word(words, "delete", "history:delete", "delete calls from the list")
    gone.add_argument("entries", nargs="+", type=_number, metavar="NUMBER", help="as listed")
    clear = word(words, "clear", "history:clear", "delete all calls from the list")
    clear.add_argument("--yes", action="store_true", help="do not ask")
    export = word(
        words,
        "export",
        "history:export",
        "write calls to a file, or print them",
        ["offhook history export --output calls.csv", "offhook history export --format json"],
    )
    export.set_defaults(words=[])
    export.add_argument("--format", choices=("csv", "json"), help="csv, or by the file's name")
    export.add_argument("--output", metavar="FILE", help="a new file, readable by you alone")
    _narrowing(export, MOST)
    back = word(words, "call", "history:call_back", "call the other end of a call in the list")
    _entry(back)
    origin_of(back)


def _entry(parser: Parser) -> None:
    parser.add_argument("entry", type=_number, metavar="NUMBER", help="as listed")


# -- contacts -----------------------------------------------------------------


def contact_number(text: str) -> ContactNumber:
    """Return a number that somebody typed, ``+4930…`` or ``mobile:0171…``.

    Raises:
        argparse.ArgumentTypeError: it is empty.
    """
    kinds = {kind.value: kind for kind in NumberKind}
    head, colon, rest = text.partition(":")
    kind = kinds.get(head.strip().lower()) if colon else None
    number = (rest if kind is not None else text).strip()
    if not any(c.isalnum() for c in number):
        raise argparse.ArgumentTypeError(
            f"found {text[:40]!r}, expected a number, or {', '.join(kinds)} and a number after a :"
        )
    return ContactNumber(number, kind or NumberKind.OTHER)


def add_contacts(words: Words) -> None:
    """Add ``contacts``; alone it lists."""
    words = _listing(words, "contacts", "people: your own contacts, favourites and directories")
    shown = word(words, "list", "contacts:show_list", "list favourites, contacts and directories")
    shown.set_defaults(words=[])
    search = word(
        words,
        "search",
        "contacts:show_list",
        "find people by parts of name, company or number",
        ["offhook contacts search and muster", "offhook contacts search mueller"],
    )
    search.add_argument("words", nargs="+", metavar="WORD", help="any part of any word")
    for parser in (shown, search):
        parser.add_argument("--source", metavar="NAME", help="personal, or one directory")
        parser.add_argument("--favourites", action="store_true", help="only favourites")
        parser.add_argument("--limit", type=_count, default=PAGE, metavar="N", help="at most")
    add = word(
        words,
        "add",
        "contacts:add",
        "add a contact of your own",
        ["offhook contacts add 'Max Mustermann' work:+49301234567 mobile:01717654321"],
    )
    add.add_argument("name", metavar="NAME")
    _numbers(add, "+")
    add.add_argument("--company", default="", metavar="NAME")
    edit = word(words, "edit", "contacts:edit", "change a contact of your own")
    _contact(edit)
    _numbers(edit, "*")
    edit.add_argument("--name", metavar="NAME")
    edit.add_argument("--company", metavar="NAME")
    _contact(word(words, "delete", "contacts:delete", "delete a contact of your own"))
    favourite = word(words, "favourite", "contacts:favourite", "make somebody a favourite")
    _contact(favourite)
    favourite.add_argument("--position", type=_count, metavar="N", help="from 1; the last if left")
    favourite.add_argument("--remove", action="store_true", help="no longer a favourite")
    call = word(words, "call", "contacts:call", "call somebody")
    _contact(call)
    call.add_argument("--number", type=_count, default=1, metavar="N", help="the N-th number (1)")
    account_of(call)
    origin_of(call)
    _files(words)


def _files(words: Words) -> None:
    taken = word(
        words, "import", "contacts:take_in", "make contacts of your own out of a vCard or CSV file"
    )
    taken.add_argument("file", metavar="FILE")
    export = word(words, "export", "contacts:export", "write your contacts to a file or print them")
    export.add_argument(
        "--format", choices=("vcard", "csv", "json"), help="vcard, or by the file's name"
    )
    export.add_argument("--output", metavar="FILE", help="a new file, readable by you alone")
    export.add_argument("--source", default="personal", metavar="NAME", help="or a directory")
    word(words, "reload", "contacts:reload", "read the directory files again now")


def _contact(parser: Parser) -> None:
    parser.add_argument("contact", type=_number, metavar="CONTACT", help="its number, as listed")


def _numbers(parser: Parser, how_many: str) -> None:
    kinds = ", ".join(kind.value for kind in NumberKind)
    parser.add_argument(
        "numbers",
        nargs=how_many,
        type=contact_number,
        metavar="[KIND:]NUMBER",
        help=f"the one to call first; KIND is one of {kinds}",
    )
