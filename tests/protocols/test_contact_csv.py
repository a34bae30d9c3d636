"""CSV: headings in two languages, spreadsheets' habits, and cells that would calculate."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.contacts import Contact, ContactNumber, NumberKind
from bridge.protocols.contact_csv import csv_text, guarded, read_csv, write_csv
from tests.protocols.test_vcard import CONTACTS

MAX = Contact(
    "Max Müller",
    (
        ContactNumber("030 1", NumberKind.WORK),
        ContactNumber("0171 2", NumberKind.MOBILE),
    ),
    "Acme",
)

SAMPLES = {
    "english": "Name,Company,Business Phone,Mobile Phone,E-mail\nMax Müller,Acme,030 1,0171 2,a@b",
    "german, semicolons": "Vorname;Nachname;Firma;Telefon geschäftlich;Mobiltelefon;E-Mail-Adresse"
    "\nMax;Müller;Acme;030 1;0171 2;a@b",
    "tabs, other order": "mobile\tCOMPANY\twork\tDisplay Name\n0171 2\tAcme\t030 1\tMax Müller",
    "quoted": '"name","company","work phone","mobile"\n"Max Müller","Acme","030 1","0171 2"',
    "google": "First Name,Last Name,Phone 1 - Label,Work Phone,Mobile Phone,Organization Name\n"
    "Max,Müller,Work,030 1,0171 2,Acme",
}


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_what_programs_write(text: str, encoding: str) -> None:
    people = read_csv(text.encode(encoding))
    assert people.faults == ()
    (contact,) = people.contacts
    assert (contact.name, contact.company) == (MAX.name, MAX.company)
    assert set(contact.numbers) == set(MAX.numbers)


def test_without_headings_the_way_out_is_told() -> None:
    people = read_csv(b"Max,030 1\nIda,201\n")
    assert people.contacts == ()
    assert "expected headings in the first line, such as name" in people.complaint("team.csv")


def test_rows_without_a_number_are_no_fault_and_broken_ones_are_told() -> None:
    text = "name,phone\nAda,\nBob,---\nCem,3\n,\nDot," + "9" * 200 + "\n,5\n"
    people = read_csv(text.encode())
    assert [c.name for c in people.contacts] == ["Cem", "5"]
    assert people.silent == 1
    assert [fault.line for fault in people.faults] == [3, 6]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(noise: bytes) -> None:
    read_csv(noise)
    people = read_csv(b"name,phone\n" + noise.replace(b'"', b"") + b"\nIda,201\n")
    assert people.contacts[-1].numbers == (ContactNumber("201"),)


@pytest.mark.parametrize(
    "cell", ["=1+2", "@SUM(A1)", "+1+2", "-2+3", "\tx", "\rx", "+49=1", "=HYPERLINK(1)"]
)
def test_no_cell_calculates(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    (row,) = list(csv.reader(io.StringIO(csv_text(["a"], [[cell]]), newline="")))[1:]
    assert row == ["'" + cell]


@pytest.mark.parametrize("cell", ["+49 30 1234567", "Ada", "", "201", "1=2"])
def test_what_does_not_calculate_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell


@given(CONTACTS)
def test_what_is_written_is_read_back(contacts: list[Contact]) -> None:
    read = read_csv(write_csv(contacts).encode()).contacts
    assert [(c.name, c.company, set(c.numbers)) for c in read] == [
        (c.name.removeprefix("'") if c.name[1:2] in set("=+-@") else c.name,
         c.company.removeprefix("'") if c.company[1:2] in set("=+-@") else c.company,
         set(c.numbers)) for c in contacts
    ]  # fmt: skip
