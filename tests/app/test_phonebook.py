"""The phone book when one of its sources cannot be used: the others answer, and it is told."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.app.phonebook import PhoneBook, normal_by
from bridge.drivers.store import Store
from bridge.model.contacts import Contact, ContactNumber, FindContacts, Named, SaveContacts
from bridge.model.directories import DirectoryFile, DirectorySettings, LdapSettings
from bridge.model.ids import AccountId
from bridge.model.numbers import DialPlan, NumberRules

DESK = AccountId("desk")
AWAY = LdapSettings("ldap://127.0.0.1:1", "dc=example,dc=org", timeout_s=0.5)  # nobody listens
BERLIN = NumberRules(plans=((DESK, DialPlan(country="DE", calling_code="49", area="30")),))


@dataclass
class Rig:
    """A phone book over a real store, and what it tells."""

    store: Store
    told: list[str] = field(default_factory=list)

    def book(self, settings: DirectorySettings, rules: NumberRules = BERLIN) -> PhoneBook:
        return PhoneBook(self.store, settings, self.told.append, normal_by(rules))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Store(tmp_path, 30, lambda text: None, time.time) as store:
        yield Rig(store)


def person(name: str, number: str) -> Contact:
    return Contact(name, (ContactNumber(number),))


async def test_an_ldap_server_that_is_away_is_told_once_and_own_contacts_are_found(
    rig: Rig,
) -> None:
    await rig.store.save_contacts(SaveContacts((person("Ada", "201"),)))
    async with rig.book(DirectorySettings(ldap=AWAY)) as book:
        assert await book.name_of(DESK, "201") == Named("Ada", is_private=True)
        assert rig.told == []  # nobody had to ask
        assert await book.name_of(DESK, "202") is None
        assert await book.name_of(DESK, "203") is None
        assert len(rig.told) == 1
        assert "bonsai" in rig.told[0] or "cannot be asked" in rig.told[0]
        found = await book.find(FindContacts("ada"))
    assert [contact.name for contact in found.contacts] == ["Ada"]
    assert found.notes == (rig.told[0],)


async def test_favourites_and_single_contacts_are_not_looked_for_in_ldap(rig: Rig) -> None:
    async with rig.book(DirectorySettings(ldap=AWAY)) as book:
        assert (await book.find(FindContacts("x", favourites=True))).notes == ()
        assert (await book.find(FindContacts(contact=5))).notes == ()
        assert (await book.find(FindContacts("x", source="team"))).notes == ()
        assert (await book.find(FindContacts("x", source="ldap"))).notes != ()


async def test_the_first_file_that_knows_a_number_names_it(rig: Rig, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("name,phone\nEins,201\n")
    second.write_text("name,phone\nZwei,201\nDrei,202\n")
    files = (DirectoryFile("first", str(first)), DirectoryFile("second", str(second)))
    async with rig.book(DirectorySettings(files)) as book:
        assert await book.name_of(DESK, "201") == Named("Eins")
        assert await book.name_of(DESK, "202") == Named("Drei")
    async with rig.book(DirectorySettings(files[1:])) as book:
        assert await book.name_of(DESK, "201") == Named("Zwei")
    assert rig.told == []


async def test_what_is_wrong_with_files_is_one_matter_that_is_settled(
    rig: Rig, tmp_path: Path
) -> None:
    good, gone = tmp_path / "good.csv", tmp_path / "gone.csv"
    good.write_text("name,phone\nAda,---\nBob,2\n")
    files = (DirectoryFile("good", str(good)), DirectoryFile("gone", str(gone)))
    async with rig.book(DirectorySettings(files)) as book:
        notes = await book.reload()
        assert ["1 of 2 entries" in notes[0], "cannot be read" in notes[1]] == [True, True]
        assert rig.told[-1] == "; ".join(notes)
        good.write_text("name,phone\nBob,2\n")
        gone.write_text("name,phone\nCem,3\n")
        assert await book.name_of(DESK, "3") == Named("Cem")
    assert rig.told[-1] == ""


async def test_a_broken_entry_is_told_again_after_a_restart(rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "team.csv"
    file.write_text("name,phone\nAda,---\nBob,2\n")
    settings = DirectorySettings((DirectoryFile("team", str(file)),))
    async with rig.book(settings) as book:
        await book.name_of(DESK, "2")
    async with rig.book(settings) as book:  # the file has not changed and is not read again
        await book.name_of(DESK, "2")
    assert len(rig.told) == 2
    assert rig.told[0] == rig.told[1]


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        ("+49301234567", "Nachbarin"),
        ("0301234567", "Nachbarin"),
        ("1234567", "Nachbarin"),
        ("+49401234567", None),  # the same digits in another town
        ("0401234567", None),
    ],
)
async def test_numbers_are_compared_by_the_dial_plan(
    rig: Rig, caller: str, name: str | None
) -> None:
    await rig.store.save_contacts(SaveContacts((person("Nachbarin", "030 1234567"),)))
    async with rig.book(DirectorySettings()) as book:
        found = await book.name_of(DESK, caller)
    assert (found.name if found else None) == name
