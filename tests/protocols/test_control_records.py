"""Questions about call list and contacts, and answers that fit a line."""

import json

import pytest

from bridge.model.blf import Favourite, KeyType
from bridge.model.contacts import (
    Contact,
    ContactNumber,
    DeleteContact,
    FindContacts,
    FoundContacts,
    NumberKind,
    ReloadDirectories,
    SaveContacts,
    SetFavourite,
)
from bridge.model.favourites import (
    GetLamps,
    ListFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
)
from bridge.model.history import (
    CallKind,
    DeleteHistory,
    FindHistory,
    FoundHistory,
    HistoryEntry,
)
from bridge.model.ids import AccountId, CallId
from bridge.protocols.control_answers import Result, encode_answer
from bridge.protocols.control_lines import LINE_BYTES
from bridge.protocols.control_records import (
    RecordQuestion,
    batches,
    contacts_body,
    contacts_from,
    entries_from,
    history_body,
)
from bridge.protocols.control_wire import Asked, Unusable, decode_question, encode_question

IDA = Contact("Ida Innen", (ContactNumber("201", NumberKind.WORK),), "Acme")

QUESTIONS: list[RecordQuestion] = [
    FindHistory(),
    FindHistory("and muster", (CallKind.MISSED, CallKind.ELSEWHERE), "desk", 1, 2, 3, 4, 5),
    DeleteHistory((1, 2, 3)),
    DeleteHistory(everything=True),
    FindContacts("mueller", "team", favourites=True, contact=7, skip=3, limit=9),
    SaveContacts((IDA,)),
    DeleteContact(3),
    SetFavourite(3, 1),
    ReloadDirectories(),
    ListFavourites(),
    PutFavourite(Favourite(3, "Anna", KeyType.BLF, "202", "*80202", "203"), replace=True),
    RemoveFavourite(3),
    MoveFavourite(3, 1),
    ResetFavourites(3),
    GetLamps(),
    PressKey(3, long=True, expect="ringing"),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=repr)
def test_a_question_crosses_the_wire(question: RecordQuestion) -> None:
    assert decode_question(encode_question(7, question)) == Asked(7, question)


WRONG = {
    "unknown member": ("history.find", {"colour": "red"}, "history.find: 1 unknown fields"),
    "wrong type": ("history.find", {"words": 5}, "words: expected text"),
    "unknown kind": ("history.find", {"kinds": ["lost"]}, "expected one of missed, received"),
    "no limit": ("history.find", {"limit": 0}, "limit: found 0, expected 1 to 200"),
    "endless words": ("contacts.find", {"words": "x" * 300}, "at most 256 characters"),
    "delete nothing": ("history.delete", {}, "expected 1 to 200 numbers of entries, or everyth"),
    "delete some and all": ("history.delete", {"entries": [1], "everything": True}, "or everyth"),
    "no name": (
        "contacts.save",
        {"contacts": [{"name": " ", "numbers": [{"number": "1"}]}]},
        "name: found ' ', expected 1 to 128 printable characters",
    ),
    "a line break": (
        "contacts.save",
        {"contacts": [{"name": "a\nb", "numbers": [{"number": "1"}]}]},
        "printable characters",
    ),
    "no number": ("contacts.save", {"contacts": [{"name": "a", "numbers": []}]}, "found 0 numbers"),
    "no digits": (
        "contacts.save",
        {"contacts": [{"name": "a", "numbers": [{"number": "--"}]}]},
        "number: found '--', expected a telephone number",
    ),
    "missing": ("contacts.delete", {}, "contacts.delete: no contact"),
    "unknown word": ("history.burn", {}, "do: found 'history.burn', expected ping"),
}


@pytest.mark.parametrize(("word", "body", "reason"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_asked_is_told(word: str, body: dict[str, object], reason: str) -> None:
    line = json.dumps({"v": 1, "id": 3, "do": word, **body}).encode()
    found = decode_question(line)
    assert isinstance(found, Unusable)
    assert found.id == 3
    assert reason in found.reason


def entry(number: int) -> HistoryEntry:
    wide = "\N{TELEPHONE RECEIVER}" * 64  # twelve bytes each on the wire
    return HistoryEntry(
        CallId(f"c{number}"),
        CallKind.MISSED,
        AccountId("desk"),
        wide,
        wide,
        wide,
        reason=wide,
        entry=number,
    )


def test_a_full_line_ends_a_page_and_says_that_there_is_more() -> None:
    entries = tuple(entry(number) for number in range(200, 0, -1))
    body = history_body(FoundHistory(entries, waiting=2))
    assert len(encode_answer(Result(1, body))) < LINE_BYTES
    found = entries_from(body)
    assert 0 < len(found) < 200
    assert found == list(entries[: len(found)])
    assert (body["more"], body["waiting"]) == (True, 2)


def test_a_short_page_is_whole() -> None:
    body = history_body(FoundHistory((entry(1),)))
    assert (entries_from(body), body["more"]) == ([entry(1)], False)
    contacts = contacts_body(FoundContacts((IDA,), notes=("ldap is away",)))
    assert (contacts_from(contacts), contacts["notes"]) == ([IDA], ["ldap is away"])


def test_many_contacts_are_saved_in_lines_that_fit() -> None:
    people = [Contact("Ü" * 128, tuple(ContactNumber("9" * 128) for _ in range(16)))] * 100
    saved = list(batches(people))
    assert [one for batch in saved for one in batch.contacts] == people
    assert len(saved) > 1
    assert max(len(encode_question(1, batch)) for batch in saved) < LINE_BYTES


def test_an_answer_of_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="found an answer without entries"):
        entries_from({"entries": "none"})
    with pytest.raises(ValueError, match="unknown fields"):
        contacts_from({"contacts": [{"colour": "red"}]})
