"""``offhook history``: what people read, what scripts and spreadsheets get."""

import csv
import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.cli.words_records import moment
from bridge.drivers.store import StoreError
from bridge.model.history import (
    CallKind,
    DeleteHistory,
    FindHistory,
    FoundHistory,
    HistoryEntry,
)
from bridge.model.ids import AccountId, CallId, DeviceId
from bridge.model.intents import Intent, Verb
from bridge.protocols.control_records import history_body
from tests.cli.conftest import Running
from tests.cli.words import run

Capture = pytest.CaptureFixture[str]

MISSED = HistoryEntry(
    CallId("c1"),
    CallKind.MISSED,
    AccountId("desk"),
    "+49301234567",
    "=Ada Example",
    "Acme",
    None,
    start_ms=1_800_000_000_000,
    end_ms=1_800_000_005_000,
    sip=487,
    reason="the call was cancelled",
    entry=7,
)
TALKED = replace(
    MISSED,
    kind=CallKind.RECEIVED,
    entry=8,
    device=DeviceId("h1"),
    answer_ms=1_800_000_001_000,
    end_ms=1_800_000_186_000,
    sip=200,
    reason="the other end hung up",
)


def answer(*entries: HistoryEntry, more: bool = False, waiting: int = 0) -> Mapping[str, object]:
    return history_body(FoundHistory(entries, more, waiting))


def answers(running: Running, *bodies: Mapping[str, object] | StoreError) -> None:
    running.daemon.answers += bodies


def test_the_list_is_for_eyes(running: Running, capsys: Capture) -> None:
    answers(running, answer(TALKED, MISSED, waiting=2))
    assert run("history") == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("8  20")
    assert "received  +49301234567 =Ada Example  (Acme)  desk  3:05 min" in lines[0]
    assert "missed    +49301234567 =Ada Example  (Acme)  desk  the call was cancelled" in lines[1]
    assert lines[2] == "! 2 more are in memory: the disk cannot be written"
    assert running.daemon.questions == [FindHistory()]


def test_nothing_to_list_is_said(running: Running, capsys: Capture) -> None:
    answers(running, answer())
    assert run("history", "list") == Exit.OK
    assert capsys.readouterr().out == "no calls\n"


def test_every_way_to_narrow_reaches_the_daemon(running: Running, capsys: Capture) -> None:
    answers(running, answer())
    words = ("search", "and", "muster", "--kind", "missed", "--kind", "elsewhere", "--limit", "5")
    when = ("--since", "2026-05-31", "--until", "2026-06-01 12:30", "--account", "desk")
    assert run("history", *words, *when) == Exit.OK
    (asked,) = running.daemon.questions
    local = [datetime(2026, 5, 31).astimezone(), datetime(2026, 6, 1, 12, 30).astimezone()]
    from_ms, to_ms = (round(when.timestamp() * 1000) for when in local)
    kinds = (CallKind.MISSED, CallKind.ELSEWHERE)
    assert asked == FindHistory("and muster", kinds, "desk", from_ms, to_ms, limit=5)


def test_pages_are_followed(running: Running, capsys: Capture) -> None:
    answers(running, answer(TALKED, more=True), answer(MISSED))
    assert run("history", "list", "--limit", "300", "--json") == Exit.OK
    body = json.loads(capsys.readouterr().out)
    assert [(e["entry"], e["talked_s"]) for e in body["entries"]] == [(8, 185), (7, 0)]
    assert running.daemon.questions == [
        FindHistory(limit=200),
        FindHistory(before=8, limit=200),
    ]


def test_one_call_is_shown_whole(running: Running, capsys: Capture) -> None:
    answers(running, answer(TALKED))
    assert run("history", "show", "8") == Exit.OK
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (shown["phone"], shown["device"], shown["talked_s"]) == ("+49301234567", "h1", "185")
    assert running.daemon.questions == [FindHistory(entry=8)]


@pytest.mark.parametrize("word", ["show", "call"])
def test_a_call_that_is_not_there_is_told(running: Running, capsys: Capture, word: str) -> None:
    answers(running, answer())
    assert run("history", word, "9") == Exit.FAILED
    assert "there is no call 9 in the list: see `offhook history`" in capsys.readouterr().err


def test_calls_are_deleted_by_their_numbers(running: Running, capsys: Capture) -> None:
    answers(running, {"deleted": 2}, {"deleted": 0})
    assert run("history", "delete", "7", "8") == Exit.OK
    assert capsys.readouterr().out == "2 calls deleted\n"
    assert run("history", "delete", "9") == Exit.FAILED
    assert running.daemon.questions == [DeleteHistory((7, 8)), DeleteHistory((9,))]


def test_all_are_deleted_only_by_who_says_yes(running: Running, capsys: Capture) -> None:
    assert run("history", "clear") == Exit.FAILED
    assert "nothing was deleted: say yes, or add --yes" in capsys.readouterr().err
    answers(running, {"deleted": 1})
    assert run("history", "clear", "--yes", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == {"ok": True, "deleted": 1}
    assert running.daemon.questions == [DeleteHistory(everything=True)]


@pytest.mark.parametrize(
    ("kind", "number", "verb", "target"),
    [
        (CallKind.MISSED, "+49301234567", Verb.CALL_BACK, "+49301234567"),
        (CallKind.OUTGOING, "030123", Verb.DIAL, "030123"),
        (CallKind.RECEIVED, "", Verb.CALL_BACK, "anonymous"),
    ],
)
def test_a_call_is_returned_on_its_line(
    running: Running, kind: CallKind, number: str, verb: Verb, target: str
) -> None:
    answers(running, answer(replace(MISSED, kind=kind, number=number)))
    assert run("history", "call", "7") == Exit.OK
    assert running.daemon.intents == [Intent(verb, target=target, account=AccountId("desk"))]


# -- export -------------------------------------------------------------------


def test_a_spreadsheet_calculates_nothing_and_others_cannot_read_it(
    running: Running, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    answers(running, answer(TALKED, MISSED))
    assert run("history", "export", "--output", str(file)) == Exit.OK
    assert capsys.readouterr().out == f"2 calls written to {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="") as stream:
        first, second = list(csv.DictReader(stream))
    assert (first["name"], first["phone"], first["talked_s"]) == (
        "'=Ada Example",
        "+49301234567",
        "185",
    )
    assert (second["kind"], second["answer"], second["sip"]) == ("missed", "", "487")
    start = datetime.fromisoformat(first["start"])
    assert start.timestamp() == 1_800_000_000


def test_the_suffix_of_the_file_chooses_the_form(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "calls.json"
    answers(running, answer(MISSED))
    assert run("history", "export", "--output", str(file)) == Exit.OK
    (entry,) = json.loads(file.read_text())
    assert (entry["call"], entry["start_ms"], entry["name"]) == (
        "c1",
        1_800_000_000_000,
        "=Ada Example",
    )


def test_a_file_that_is_there_stays(running: Running, capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("mine")
    answers(running, answer(MISSED))
    assert run("history", "export", "--output", str(file)) == Exit.FAILED
    assert "is there already; expected a new file" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_without_a_file_it_is_printed(running: Running, capsys: Capture) -> None:
    answers(running, answer(MISSED))
    assert run("history", "export") == Exit.OK
    assert capsys.readouterr().out.startswith("number,kind,name,company,phone,")


# -- bad input ----------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--kind", "lost"),
        ("list", "--since", "some day"),
        ("list", "--limit", "0"),
        ("show", "seven"),
        ("delete",),
        ("search",),
    ],
)
def test_what_makes_no_sense_is_told(running: Running, capsys: Capture, words: tuple[str]) -> None:
    assert run("history", *words) == Exit.USAGE
    assert "--help" in capsys.readouterr().err


def test_the_stores_reason_reaches_the_user(running: Running, capsys: Capture) -> None:
    answers(running, StoreError("/x/offhook.db cannot be used (disk I/O error): look after it"))
    assert run("history", "--json") == Exit.FAILED
    out, err = capsys.readouterr()
    assert "cannot be used (disk I/O error)" in err
    assert json.loads(out)["ok"] is False


@pytest.mark.parametrize("text", ["today", "yesterday", "7d", "12h", "30m", "2026-05-31T14:00"])
def test_moments_people_type(text: str) -> None:
    assert moment(text) > 1_600_000_000_000
