"""Questions about what the daemon keeps: call list, contacts, keys, presence and queues.

The page is ``control_wire.md``.

``{"v":1,"id":1,"do":"history.find","words":"and muster"}``: ``do`` names a record of the model, the
other members are its fields. Numbers and names are whole: the socket belongs to the person whose
calls these are.
"""

from collections.abc import Iterable, Mapping, Sequence

from bridge.model import contacts, favourites, features, history, meetings, page
from bridge.model.contacts import MOST_CHARACTERS, MOST_NUMBERS, Contact
from bridge.model.history import HistoryEntry
from bridge.protocols.control_lines import LINE_BYTES, json_line
from bridge.protocols.pbx_topics import is_subject
from bridge.protocols.people import number_of
from bridge.protocols.records import Mismatch, Plain, record_from, record_to

HistoryQuestion = history.FindHistory | history.DeleteHistory
ContactQuestion = (
    contacts.FindContacts
    | contacts.SaveContacts
    | contacts.DeleteContact
    | contacts.SetFavourite
    | contacts.ReloadDirectories
)
RecordQuestion = (
    HistoryQuestion
    | ContactQuestion
    | favourites.KeyQuestion
    | features.AroundQuestion
    | meetings.MeetingQuestion
    | page.LaunchPage
)

WORDS: Mapping[str, type[RecordQuestion]] = {
    "history.find": history.FindHistory,
    "history.delete": history.DeleteHistory,
    "contacts.find": contacts.FindContacts,
    "contacts.save": contacts.SaveContacts,
    "contacts.delete": contacts.DeleteContact,
    "contacts.favourite": contacts.SetFavourite,
    "contacts.reload": contacts.ReloadDirectories,
    "favourites.list": favourites.ListFavourites,
    "favourites.put": favourites.PutFavourite,
    "favourites.remove": favourites.RemoveFavourite,
    "favourites.move": favourites.MoveFavourite,
    "favourites.reset": favourites.ResetFavourites,
    "lamps": favourites.GetLamps,
    "press": favourites.PressKey,
    "page": page.LaunchPage,
    "presence": features.GetPresence,
    "presence.show": features.ShowMe,
    "presence.dnd": features.SwitchGlobalDnd,
    "presence.meeting": features.Meeting,
    "queues": features.ListQueues,
    "queues.in": features.EnterQueue,
    "queues.out": features.LeaveQueue,
    "queues.out_all": features.LeaveQueues,
    "queues.back": features.ReturnToQueues,
    "meetings": meetings.ListMeetings,
    "meetings.join": meetings.JoinMeeting,
    "meetings.reload": meetings.ReloadMeetings,
}
_WORD_OF = {cls: word for word, cls in WORDS.items()}

PAGE_BYTES = LINE_BYTES - 4096
"""So much of a line the entries of one answer may fill; what does not fit is on the next page."""

LONGEST_WORDS = 256  # characters of a search; longer than any name


# -- questions ----------------------------------------------------------------


def word_of(question: RecordQuestion) -> str:
    """Return what stands under ``do``."""
    return _WORD_OF[type(question)]


def arguments_of(question: RecordQuestion) -> dict[str, Plain]:
    """Return the other members."""
    return record_to(question)


def record_question(word: str, body: dict[str, object]) -> RecordQuestion:
    """Take the members of a question out of its body.

    Raises:
        ValueError: something is missing, unknown, of another type or out of range.
    """
    cls = WORDS[word]
    try:
        question = record_from(cls, body)
    except Mismatch as error:
        raise ValueError(f"{word}: {error}") from None
    body.clear()
    check(question)
    return question


def check(question: RecordQuestion) -> None:
    """Check what types do not say; the command checks with it, too.

    Raises:
        ValueError: one sentence.
    """
    match question:
        case history.FindHistory():
            _check_find(question.words, question.limit, history.MOST_ENTRIES)
        case contacts.FindContacts():
            _check_find(question.words, question.limit, contacts.MOST_CONTACTS)
        case history.DeleteHistory(entries, everything):
            if everything == bool(entries) or len(entries) > history.MOST_ENTRIES:
                raise ValueError(
                    f"expected 1 to {history.MOST_ENTRIES} numbers of entries, or everything"
                )
        case contacts.SaveContacts(people):
            for person in people:
                check_contact(person)
        case features.ShowMe(_, text, until_ms) if not text.isprintable() or until_ms < 0:
            raise ValueError("expected a printable text, and until_ms 0 or a time to come")
        case features.EnterQueue(queue) | features.LeaveQueue(queue) if not is_subject(queue):
            raise ValueError("queue: expected 1 to 32 of 0-9 A-Z a-z _ . -")
        case meetings.JoinMeeting() if meetings.join_flaw(question):
            raise ValueError(meetings.join_flaw(question))
        case _:
            pass


def _check_find(words: str, limit: int, most: int) -> None:
    if len(words) > LONGEST_WORDS:
        raise ValueError(f"words: expected at most {LONGEST_WORDS} characters, found {len(words)}")
    if not 1 <= limit <= most:
        raise ValueError(f"limit: found {limit}, expected 1 to {most}")


def check_contact(contact: Contact) -> None:
    """Check a contact that somebody typed.

    Raises:
        ValueError: one sentence.
    """
    _check_text("name", contact.name, least=1)
    _check_text("company", contact.company, least=0)
    if not 1 <= len(contact.numbers) <= MOST_NUMBERS:
        raise ValueError(f"found {len(contact.numbers)} numbers, expected 1 to {MOST_NUMBERS}")
    for number in contact.numbers:
        if number_of(number.number) != number.number:
            raise ValueError(
                f"number: found {number.number[:40]!r}, expected a telephone number or SIP "
                f"address of 1 to {MOST_CHARACTERS} printable characters"
            )


def _check_text(what: str, text: str, *, least: int) -> None:
    if not least <= len(text.strip()) <= len(text) <= MOST_CHARACTERS or not text.isprintable():
        raise ValueError(
            f"{what}: found {text[:40]!r}, expected {least} to {MOST_CHARACTERS} printable "
            "characters"
        )


# -- answers ------------------------------------------------------------------


def history_body(found: history.FoundHistory) -> dict[str, object]:
    """Return the answer to ``history.find``; ``more`` is true also where the line was full."""
    bodies = [_entry_body(entry) for entry in found.entries]
    fitting = _fitting(bodies)
    more = found.more or len(fitting) < len(bodies)
    return {"entries": fitting, "more": more, "waiting": found.waiting}


def _entry_body(entry: HistoryEntry) -> dict[str, object]:
    return {**record_to(entry), "talked_s": entry.talked_s}


def contacts_body(found: contacts.FoundContacts) -> dict[str, object]:
    """Return the answer to ``contacts.find``; ``more`` as above."""
    bodies: list[dict[str, object]] = [dict(record_to(one)) for one in found.contacts]
    fitting = _fitting(bodies)
    more = found.more or len(fitting) < len(bodies)
    return {"contacts": fitting, "more": more, "notes": list(found.notes)}


def _fitting(bodies: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return the first ones, as many as one line holds."""
    room, fitting = PAGE_BYTES, list[dict[str, object]]()
    for body in bodies:
        room -= len(json_line(body))
        if room < 0:
            break
        fitting.append(body)
    return fitting


def entries_from(body: Mapping[str, object]) -> list[HistoryEntry]:
    """Return the entries of an answer.

    Raises:
        ValueError: the daemon and this command do not speak the same language.
    """
    return [
        record_from(HistoryEntry, {key: value for key, value in one.items() if key != "talked_s"})
        for one in _objects(body, "entries")
    ]


def contacts_from(body: Mapping[str, object]) -> list[Contact]:
    """Return the contacts of an answer; raises as above."""
    return [record_from(Contact, one) for one in _objects(body, "contacts")]


def _objects(body: Mapping[str, object], key: str) -> Iterable[dict[str, object]]:
    value = body.get(key)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"found an answer without {key}")
    return value


def batches(people: Sequence[Contact]) -> Iterable[contacts.SaveContacts]:
    """Yield questions that save these, each short enough for a line."""
    batch, room = list[Contact](), PAGE_BYTES
    for person in people:
        size = len(json_line(dict(record_to(person))))
        if batch and size > room:
            yield contacts.SaveContacts(tuple(batch))
            batch, room = [], PAGE_BYTES
        batch.append(person)
        room -= size
    if batch:
        yield contacts.SaveContacts(tuple(batch))
