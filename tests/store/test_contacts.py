"""The tables of people: own contacts, favourites, directories, and whose number it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.drivers.store import Kept, Store, StoreError
from bridge.model.contacts import (
    Contact,
    ContactNumber,
    DeleteContact,
    FindContacts,
    Named,
    NumberKind,
    SaveContacts,
    SetFavourite,
    best,
)

MAX = Contact(
    "Max-Andreas Mustermann",
    (
        ContactNumber("+49 30 1234567", NumberKind.WORK),
        ContactNumber("0171 7654321", NumberKind.MOBILE),
    ),
    "Müller & Söhne",
)
IDA = Contact("Ida Innen", (ContactNumber("201"),))
SIP = Contact("Sina Sip", (ContactNumber("sip:sina@example.org"),))


def person(name: str, number: str = "1") -> Contact:
    return Contact(name, (ContactNumber(number),))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path, 30, lambda text: None, lambda: 0.0) as running:
        yield running


async def found(store: Store, **wanted: object) -> list[str]:
    answer = await store.find_contacts(FindContacts(**wanted))  # type: ignore[arg-type]
    return [contact.name for contact in answer.contacts]


async def who_has(store: Store, number: str) -> Named | None:
    return best(await store.candidates(number), number, lambda spelling: spelling)


async def test_a_contact_is_read_back_as_it_was_saved(store: Store) -> None:
    (number,) = await store.save_contacts(SaveContacts((MAX,)))
    (contact,) = (await store.find_contacts(FindContacts())).contacts
    assert contact == replace(MAX, contact=number)


async def test_a_contact_is_changed_and_deleted(store: Store) -> None:
    first, second = await store.save_contacts(SaveContacts((MAX, IDA)))
    changed = replace(IDA, name="Ida Neu", numbers=(ContactNumber("202"),), contact=second)
    assert await store.save_contacts(SaveContacts((changed,))) == (second,)
    assert await found(store, words="neu 202") == ["Ida Neu"]
    assert await who_has(store, "201") is None
    gone = await store.delete_contact(DeleteContact(first))
    assert gone.name == MAX.name
    assert await found(store) == ["Ida Neu"]
    assert await who_has(store, "+49301234567") is None


async def test_what_is_not_there_is_told_with_the_way_out(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no contact 7: see `offhook contacts list`"):
        await store.delete_contact(DeleteContact(7))
    with pytest.raises(StoreError, match="there is no contact 7"):
        await store.set_favourite(SetFavourite(7, 1))
    with pytest.raises(StoreError, match="there is no contact 7"):
        await store.save_contacts(SaveContacts((person("New"), replace(IDA, contact=7))))
    assert await found(store) == []  # all or nothing


@pytest.mark.parametrize(
    "number",
    ["+49301234567", "0049301234567", "0301234567", "(030) 123 45-67", "+49 (0)30 1234567",
     "49301234567", "sip:+49301234567@pbx.example", "tel:+49-30-1234567"],
)  # fmt: skip
async def test_every_spelling_of_a_number_names_its_owner(store: Store, number: str) -> None:
    await store.save_contacts(SaveContacts((MAX, IDA)))
    assert await who_has(store, number) == Named(MAX.name, MAX.company, is_private=True)


@pytest.mark.parametrize(
    "number", ["+4940 1234567", "+49302234567", "234567", "2011", "+49201", "anonymous", "", "0"]
)
async def test_another_number_names_nobody(store: Store, number: str) -> None:
    await store.save_contacts(SaveContacts((MAX, IDA)))
    assert await who_has(store, number) is None


async def test_sip_names_are_compared_as_they_are(store: Store) -> None:
    await store.save_contacts(SaveContacts((SIP,)))
    assert await who_has(store, "Sina") == Named("Sina Sip", is_private=True)
    assert await who_has(store, "sina2") is None


async def test_with_a_dial_plan_a_local_number_belongs_to_its_own_town(store: Store) -> None:
    await store.save_contacts(SaveContacts((person("Nachbar", "1234567"),)))
    candidates = await store.candidates("+49401234567")

    def in_berlin(number: str) -> str:
        return number if number.startswith("+") else f"+4930{number}"

    assert best(candidates, "+49401234567", in_berlin) is None
    assert best(candidates, "+49301234567", in_berlin) == Named("Nachbar", is_private=True)


async def test_favourites_have_places_without_gaps(store: Store) -> None:
    a, b, c, _ = await store.save_contacts(SaveContacts(tuple(map(person, "abcd"))))
    for number in (a, b, c):
        await store.set_favourite(SetFavourite(number, 99))
    assert await found(store, favourites=True) == ["a", "b", "c"]
    moved = await store.set_favourite(SetFavourite(c, 1))
    assert moved.favourite == 1
    assert await found(store, favourites=True) == ["c", "a", "b"]
    await store.set_favourite(SetFavourite(a, 0))
    await store.delete_contact(DeleteContact(c))
    answer = await store.find_contacts(FindContacts())
    assert [(x.name, x.favourite) for x in answer.contacts] == [("b", 1), ("a", 0), ("d", 0)]


async def test_favourites_come_first_then_own_ones_then_directories_by_name(store: Store) -> None:
    await store.replace_directory(Kept("team", "1"), 1, (person("Änne"), person("Zoë")))
    own = await store.save_contacts(SaveContacts((person("ute"), person("Anton"), person("öz"))))
    await store.set_favourite(SetFavourite(own[0], 1))
    assert await found(store) == ["ute", "Anton", "öz", "Änne", "Zoë"]
    assert await found(store, source="team") == ["Änne", "Zoë"]
    assert await found(store, skip=1, limit=2) == ["Anton", "öz"]


async def test_a_directory_is_only_read(store: Store) -> None:
    await store.replace_directory(Kept("team", "1"), 1, (IDA,))
    (ida,) = (await store.find_contacts(FindContacts())).contacts
    with pytest.raises(StoreError, match="in the directory team, which is only read"):
        await store.delete_contact(DeleteContact(ida.contact))
    with pytest.raises(StoreError, match="in the directory team, which is only read"):
        await store.save_contacts(SaveContacts((ida,)))


async def test_a_favourite_out_of_a_directory_becomes_an_own_contact(store: Store) -> None:
    await store.replace_directory(Kept("team", "1"), 1, (IDA,))
    (ida,) = (await store.find_contacts(FindContacts())).contacts
    mine = await store.set_favourite(SetFavourite(ida.contact, 1))
    assert (mine.source, mine.favourite, mine.numbers) == ("personal", 1, IDA.numbers)
    await store.arrange_directories(())
    assert await found(store) == ["Ida Innen"]


async def test_own_contacts_name_a_number_before_directories_do(store: Store) -> None:
    await store.replace_directory(Kept("second", "1"), 2, (person("Zwei", "201"),))
    await store.replace_directory(Kept("first", "1"), 1, (person("Eins", "201"),))
    assert await who_has(store, "201") == Named("Eins")
    await store.arrange_directories(("second", "first"))
    assert await who_has(store, "201") == Named("Zwei")
    await store.save_contacts(SaveContacts((person("Meine", "201"),)))
    assert await who_has(store, "201") == Named("Meine", is_private=True)


async def test_a_directory_that_is_read_again_replaces_itself(store: Store) -> None:
    await store.replace_directory(Kept("team", "1"), 1, (MAX, IDA))
    await store.replace_directory(Kept("team", "2", "1 broken"), 1, (IDA,))
    assert await found(store) == ["Ida Innen"]
    assert await store.directories() == {"team": Kept("team", "2", "1 broken")}
    await store.arrange_directories(("other",))
    assert await store.directories() == {}
    assert await found(store) == []
