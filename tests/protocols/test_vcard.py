"""vCards as phones, mail programs and directories write them; broken ones cost nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.contacts import Contact, ContactNumber, NumberKind
from bridge.protocols.people import MOST_FAULTS
from bridge.protocols.vcard import read_vcards, write_vcards

GOOD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ida Innen\r\nTEL:201\r\nEND:VCARD\r\n"

SAMPLES = {
    "4.0": (
        (
            b"BEGIN:VCARD\nVERSION:4.0\nFN:Max Mustermann\nORG:M\xc3\xbcller\\; S\xc3\xb6hne;Abt.\n"
            b'TEL;VALUE=uri;TYPE="voice,work":tel:+49-30-1234567;ext=5\n'
            b"IMPP:xmpp:max@example.org\nIMPP;TYPE=home:sip:max@example.org\nEND:VCARD\n"
        ),
        Contact(
            "Max Mustermann",
            (
                ContactNumber("+49-30-1234567", NumberKind.WORK),
                ContactNumber("sip:max@example.org", NumberKind.HOME),
            ),
            "Müller; Söhne",
        ),
    ),
    "3.0 with groups and folding": (
        (
            b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Mustermann;Max;Andreas;Dr.;\r\nFN:Dr. Max Muster\r\n"
            b" mann\r\nitem1.TEL;type=CELL;type=pref:0171\\, 7654321\r\nitem1.X-ABLabel:privat\r\n"
            b"PHOTO;ENCODING=b:AAAA\r\n BBBB\r\nEND:VCARD\r\n"
        ),
        Contact("Dr. Max Mustermann", (ContactNumber("0171, 7654321", NumberKind.MOBILE),)),
    ),
    "2.1 quoted-printable": (
        (
            b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
            b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\r\nller;J=C3=BCrgen;;;\r\n"
            b"TEL;WORK;FAX:030 999\r\nTEL;HOME:030 1\r\nEND:VCARD\r\n"
        ),
        Contact(
            "Jürgen Müller",
            (ContactNumber("030 999", NumberKind.FAX), ContactNumber("030 1", NumberKind.HOME)),
        ),
    ),
    "2.1 in latin-1": (
        b"BEGIN:VCARD\r\nN;CHARSET=ISO-8859-1:M\xfcller;J\xfcrgen\r\nTEL:1\r\nEND:VCARD\r\n",
        Contact("Jürgen Müller", (ContactNumber("1"),)),
    ),
    "a company without a name, a byte order mark": (
        b"\xef\xbb\xbfbegin:vcard\r\nORG:Acme\r\nTEL:1\r\nend:vcard\r\n",
        Contact("Acme", (ContactNumber("1"),), "Acme"),
    ),
}


@pytest.mark.parametrize(("data", "contact"), SAMPLES.values(), ids=SAMPLES)
def test_what_programs_write(data: bytes, contact: Contact) -> None:
    people = read_vcards(data)
    assert people.contacts == (contact,)
    assert people.faults == ()


BROKEN = {
    "no colon": (b"BEGIN:VCARD\nFN:x\nTEL\nEND:VCARD\n", 1, "NAME:value in TEL"),
    "never ended": (b"BEGIN:VCARD\nFN:x\nTEL:1\n", 1, "END:VCARD before the next card"),
    "text outside": (b"\nhello\nTEL:1\nEND:VCARD\n", 2, "expected BEGIN:VCARD"),
    "no number in TEL": (b"BEGIN:VCARD\nTEL:---\nEND:VCARD\n", 1, "expected a number"),
    "not UTF-8": (b"BEGIN:VCARD\nFN:\xff\nTEL:1\nEND:VCARD\n", 1, "NAME:value in FN"),
    "unknown charset": (b"BEGIN:VCARD\nFN;CHARSET=x:a\nTEL:1\nEND:VCARD\n", 1, "value in FN"),
    "endless number": (b"BEGIN:VCARD\nTEL:" + b"1" * 200 + b"\nEND:VCARD\n", 1, "1 to 128"),
}


@pytest.mark.parametrize(("data", "line", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_card_is_told_with_its_line_and_the_others_are_used(
    data: bytes, line: int, reason: str
) -> None:
    people = read_vcards(data + GOOD)
    assert [contact.name for contact in people.contacts] == ["Ida Innen"]
    (fault,) = people.faults
    assert fault.line == line
    assert reason in fault.reason


def test_cards_without_a_number_are_no_fault() -> None:
    people = read_vcards(b"BEGIN:VCARD\nFN:Mail Only\nEND:VCARD\n" + GOOD)
    assert (len(people.contacts), people.silent, people.faults) == (1, 1, ())


def test_a_file_that_ends_in_a_card_is_told() -> None:
    people = read_vcards(GOOD + b"BEGIN:VCARD\nFN:x\n")
    assert len(people.contacts) == 1
    assert "the end of the file" in people.faults[0].reason


def test_the_complaint_counts_and_shows_no_names() -> None:
    people = read_vcards(b"BEGIN:VCARD\nFN:Secret\nTEL:?\nEND:VCARD\n" * 9 + GOOD)
    said = people.complaint("team.vcf")
    assert said.startswith("team.vcf: 9 of 10 entries cannot be used: line 1: ")
    assert said.count("line ") == MOST_FAULTS
    assert said.endswith("; …")
    assert "Secret" not in said
    assert read_vcards(GOOD).complaint("team.vcf") == ""


TEXT = st.text("aB9ä漢;,:\\\"'=+-@…🎧", min_size=1, max_size=40)
NUMBERS = st.builds(
    ContactNumber,
    st.sampled_from(["201", "+49 30 1234567", "0171/7654321", "sip:ada@example.org", "*80201"]),
    st.sampled_from(NumberKind),
)
CONTACTS = st.lists(
    st.builds(Contact, TEXT, st.lists(NUMBERS, min_size=1, max_size=3).map(tuple), TEXT),
    max_size=3,
)


@given(CONTACTS)
def test_what_is_written_is_read_back(contacts: list[Contact]) -> None:
    text = write_vcards(contacts)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    people = read_vcards(text.encode())
    assert people.contacts == tuple(contacts)
    assert people.faults == ()


@given(st.binary(max_size=400), st.binary(max_size=60))
def test_no_bytes_break_the_reader(noise: bytes, value: bytes) -> None:
    people = read_vcards(
        noise + b"\nEND:VCARD\nBEGIN:VCARD\nTEL;" + value + b"\nEND:VCARD\n" + GOOD
    )
    assert people.contacts[-1].name == "Ida Innen"
