"""``offhook contacts``: own contacts, favourites, import and export."""

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.drivers.store import StoreError
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
from bridge.model.intents import Intent, Verb
from bridge.protocols.control_records import contacts_body
from bridge.protocols.records import record_to
from bridge.protocols.vcard import read_vcards
from tests.cli.conftest import Running
from tests.cli.words import run

Capture = pytest.CaptureFixture[str]

MAX = Contact(
    "Max Mustermann",
    (ContactNumber("+49301234567", NumberKind.WORK), ContactNumber("0171 2", NumberKind.MOBILE)),
    "Acme",
    contact=3,
)
TEAM = Contact("Ida Innen", (ContactNumber("201"),), source="team", contact=9)


def answer(*people: Contact, more: bool = False, notes: tuple[str, ...] = ()) -> dict[str, object]:
    return contacts_body(FoundContacts(people, more, notes))


def answers(running: Running, *bodies: Mapping[str, object] | StoreError) -> None:
    running.daemon.answers += bodies


def test_the_list_is_grouped(running: Running, capsys: Capture) -> None:
    first = replace(MAX, favourite=1, contact=4)
    answers(running, answer(first, MAX, TEAM, notes=("ldap is away",)))
    assert run("contacts") == Exit.OK
    assert capsys.readouterr().out.splitlines() == [
        "favourites:",
        "  4  Max Mustermann  (Acme)  work:+49301234567, mobile:0171 2",
        "contacts:",
        "  3  Max Mustermann  (Acme)  work:+49301234567, mobile:0171 2",
        "directory team:",
        "  9  Ida Innen               201",
        "! ldap is away",
    ]


def test_a_search_follows_the_pages(running: Running, capsys: Capture) -> None:
    answers(running, answer(MAX, more=True), answer(TEAM))
    words = ("search", "mue", "ida", "--source", "team", "--favourites", "--limit", "300")
    assert run("contacts", *words, "--json") == Exit.OK
    body = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in body["contacts"]] == ["Max Mustermann", "Ida Innen"]
    first = FindContacts("mue ida", "team", favourites=True, limit=200)
    assert running.daemon.questions == [first, replace(first, skip=1)]


def test_nobody_is_said(running: Running, capsys: Capture) -> None:
    answers(running, answer())
    assert run("contacts", "list") == Exit.OK
    assert capsys.readouterr().out == "nobody\n"


def test_somebody_is_added_with_several_numbers(running: Running, capsys: Capture) -> None:
    answers(running, {"contacts": [3]})
    numbers = ("work:+49301234567", "mobile:0171 2")
    assert run("contacts", "add", "Max Mustermann", *numbers, "--company", "Acme") == Exit.OK
    assert capsys.readouterr().out == "contact 3 Max Mustermann: added\n"
    assert running.daemon.questions == [SaveContacts((replace(MAX, contact=0),))]


def test_a_sip_address_is_a_number(running: Running) -> None:
    answers(running, {"contacts": [3]})
    assert run("contacts", "add", "Ada", "sip:ada@example.org") == Exit.OK
    (asked,) = running.daemon.questions
    assert asked == SaveContacts((Contact("Ada", (ContactNumber("sip:ada@example.org"),)),))


def test_only_what_is_given_changes(running: Running) -> None:
    answers(running, answer(MAX), {"contacts": [3]}, answer(MAX), {"contacts": [3]})
    assert run("contacts", "edit", "3", "--name", "Max Neu") == Exit.OK
    assert run("contacts", "edit", "3", "home:030 5", "--company", "") == Exit.OK
    asked = running.daemon.questions[1::2]
    home = (ContactNumber("030 5", NumberKind.HOME),)
    assert asked == [
        SaveContacts((replace(MAX, name="Max Neu"),)),
        SaveContacts((replace(MAX, numbers=home, company=""),)),
    ]


def test_somebody_is_deleted(running: Running, capsys: Capture) -> None:
    answers(running, record_to(MAX))
    assert run("contacts", "delete", "3") == Exit.OK
    assert capsys.readouterr().out == "contact 3 Max Mustermann: deleted\n"
    assert running.daemon.questions == [DeleteContact(3)]


def test_favourites_are_made_moved_and_removed(running: Running, capsys: Capture) -> None:
    answers(running, record_to(replace(MAX, favourite=2)), record_to(replace(MAX, favourite=1)))
    answers(running, record_to(MAX))
    assert run("contacts", "favourite", "3") == Exit.OK
    assert run("contacts", "favourite", "3", "--position", "1") == Exit.OK
    assert run("contacts", "favourite", "3", "--remove") == Exit.OK
    said = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["favourite 2 now", "favourite 1 now", "no favourite now"]
    asked = [q.position for q in running.daemon.questions if isinstance(q, SetFavourite)]
    assert asked[0] > 1000
    assert asked[1:] == [1, 0]


def test_somebody_is_called_by_the_second_number(running: Running, capsys: Capture) -> None:
    answers(running, answer(MAX), answer(MAX))
    assert run("contacts", "call", "3", "--number", "2") == Exit.OK
    assert running.daemon.intents == [Intent(Verb.DIAL, target="0171 2")]
    assert run("contacts", "call", "3", "--number", "3") == Exit.FAILED
    assert "Max Mustermann has 2 numbers" in capsys.readouterr().err


# -- files --------------------------------------------------------------------


def test_a_file_is_taken_in_and_what_is_broken_told(
    running: Running, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "old.csv"
    file.write_text("name,phone\nAda,1\nBob,--\nCem,\n")
    answers(running, {"contacts": [1]})
    assert run("contacts", "import", str(file)) == Exit.OK
    out, err = capsys.readouterr()
    assert out == "1 contacts imported, 1 without a number left out\n"
    assert "old.csv: 1 of 3 entries cannot be used: line 3" in err
    (asked,) = running.daemon.questions
    assert asked == SaveContacts((Contact("Ada", (ContactNumber("1"),)),))


def test_a_file_that_is_none_is_told(running: Running, capsys: Capture, tmp_path: Path) -> None:
    assert run("contacts", "import", str(tmp_path / "none.vcf")) == Exit.FAILED
    assert "cannot be read (No such file or directory)" in capsys.readouterr().err
    (tmp_path / "people.doc").write_text("x")
    assert run("contacts", "import", str(tmp_path / "people.doc")) == Exit.FAILED
    assert "expected a file that ends in .vcf" in capsys.readouterr().err
    assert running.daemon.questions == []


def test_own_contacts_are_written_as_vcards(
    running: Running, capsys: Capture, tmp_path: Path
) -> None:
    file = tmp_path / "mine.vcf"
    answers(running, answer(MAX))
    assert run("contacts", "export", "--output", str(file), "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == {"ok": True, "file": str(file), "count": 1}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_vcards(file.read_bytes()).contacts == (replace(MAX, contact=0),)
    assert running.daemon.questions == [FindContacts(source="personal", limit=200)]


@pytest.mark.parametrize(
    ("form", "begin"), [("csv", "name,company,"), ("json", "[\n {"), ("vcard", "BEGIN")]
)
def test_the_form_can_be_chosen(running: Running, capsys: Capture, form: str, begin: str) -> None:
    answers(running, answer(MAX))
    assert run("contacts", "export", "--format", form) == Exit.OK
    assert capsys.readouterr().out.startswith(begin)


def test_directories_are_read_again(running: Running, capsys: Capture) -> None:
    answers(running, {"notes": []}, {"notes": ["team.vcf cannot be read"]})
    assert run("contacts", "reload") == Exit.OK
    assert capsys.readouterr().out == "directories are read\n"
    assert run("contacts", "reload") == Exit.FAILED
    assert "team.vcf cannot be read" in capsys.readouterr().err
    assert running.daemon.questions == [ReloadDirectories()] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Ada"), "--help"),
        (("add", "Ada", "--"), "--help"),
        (("add", "Ada", "mobile:"), "expected a number"),
        (("favourite", "0"), "expected a number from 1"),
    ],
)
def test_what_makes_no_sense_is_told(
    running: Running, capsys: Capture, words: tuple[str, ...], said: str
) -> None:
    assert run("contacts", *words) == Exit.USAGE
    assert said in capsys.readouterr().err


def test_a_name_that_cannot_be_is_refused_before_anybody_is_asked(
    running: Running, capsys: Capture
) -> None:
    assert run("contacts", "add", "x" * 200, "201") == Exit.FAILED
    assert "expected 1 to 128 printable characters" in capsys.readouterr().err
    assert running.daemon.questions == []


def test_the_daemons_reason_reaches_the_user(running: Running, capsys: Capture) -> None:
    answers(running, StoreError("there is no contact 5: see `offhook contacts list`"))
    assert run("contacts", "delete", "5") == Exit.FAILED
    assert "there is no contact 5" in capsys.readouterr().err
