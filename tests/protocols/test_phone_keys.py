"""Favourites as key settings of desk phones: right where the format can say it, plain where not."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.blf import Favourite, KeyType
from bridge.protocols.phone_keys import KeyFormat, PhoneKeys, phone_keys

KEYS = PhoneKeys("pbx.example")
ANNA = Favourite(2, "Anna", KeyType.BLF, "202")
PARK = Favourite(3, "Park", KeyType.PARK, "701")
DOOR = Favourite(1, "Door", KeyType.SPEED_DIAL, "300")
DND = Favourite(4, "Quiet", KeyType.DND, "global")
ALL = [ANNA, PARK, DOOR, DND]
HOSTILE = st.text(min_size=1, max_size=40)


def yealink(*favourites: Favourite, keys: PhoneKeys = KEYS) -> dict[str, str]:
    text = phone_keys(favourites, KeyFormat.YEALINK, keys)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(line.split(" = ", 1) for line in lines)


def xml(vendor: KeyFormat, *favourites: Favourite) -> ET.Element:
    return ET.fromstring(phone_keys(favourites, vendor, KEYS))  # noqa: S314  # our own


def test_a_yealink_watches_dials_and_picks_up() -> None:
    said = yealink(*ALL)
    assert said["linekey.2.type"] == "16"
    assert said["linekey.2.value"] == "202"
    assert said["linekey.2.pickup_value"] == "**202"
    assert said["linekey.2.label"] == "Anna"
    assert (said["linekey.1.type"], said["linekey.1.value"]) == ("13", "300")
    assert not [key for key in said if key.startswith("linekey.4.")]


def test_what_a_phone_cannot_do_is_a_comment_that_says_so() -> None:
    assert "# key 4, Quiet: only a panel of Offhook can do it" in phone_keys(
        ALL, KeyFormat.YEALINK, KEYS
    )


def test_a_parked_call_is_fetched_by_dialling_and_a_presence_is_nobodys_extension() -> None:
    away = Favourite(5, "Away", KeyType.PRESENCE, "away")
    said = yealink(*ALL, away)
    assert (said["linekey.3.type"], said["linekey.3.value"]) == ("16", "701")
    assert "linekey.3.pickup_value" not in said
    assert "linekey.5.type" not in said
    texts = {one.get("label"): one.text for one in xml(KeyFormat.SNOM, *ALL, away).iter("fkey")}
    assert texts["Park"] == "blf sip:701@pbx.example"
    assert "Away" not in texts


def test_do_not_disturb_of_this_device_is_that_of_the_telephone() -> None:
    own = Favourite(6, "Quiet here", KeyType.DND)
    said = yealink(own)
    assert (said["linekey.6.type"], said["linekey.6.label"]) == ("5", "Quiet here")
    assert "linekey.6.value" not in said
    assert [one.text for one in xml(KeyFormat.SNOM, own).iter("fkey")] == ["keyevent F_DND"]


@pytest.mark.parametrize("vendor", [KeyFormat.YEALINK, KeyFormat.SNOM])
def test_a_mailbox_without_a_number_says_what_it_needs(vendor: KeyFormat) -> None:
    text = phone_keys([Favourite(1, "Mail", KeyType.VOICEMAIL)], vendor, KEYS)
    assert "the number of the mailbox" in text


def test_keys_begin_where_the_phone_has_free_ones() -> None:
    said = yealink(ANNA, keys=PhoneKeys("h", pick_up="", line=2, first=5))
    assert said == {
        "linekey.6.type": "16",
        "linekey.6.line": "2",
        "linekey.6.value": "202",
        "linekey.6.label": "Anna",
    }


def test_a_snom_counts_from_zero() -> None:
    keys = {one.get("idx"): one for one in xml(KeyFormat.SNOM, *ALL).iter("fkey")}
    assert keys["1"].text == "blf sip:202@pbx.example|**"
    assert keys["1"].get("label") == "Anna"
    assert keys["0"].text == "speed sip:300@pbx.example"
    assert "3" not in keys


def test_a_poly_has_entries_without_gaps_and_parks_at_once() -> None:
    (attendant,) = xml(KeyFormat.POLY, *ALL).iter("attendant")
    base = "attendant.resourceList"
    assert attendant.get(f"{base}.1.address") == "sip:202@pbx.example"
    assert attendant.get(f"{base}.2.type") == "automata"
    assert attendant.get(f"{base}.3.address") is None
    assert attendant.get("call.directedCallPickupString") == "**"


@given(HOSTILE, HOSTILE, st.sampled_from([KeyFormat.SNOM, KeyFormat.POLY]))
def test_no_name_breaks_out_of_the_xml(name: str, target: str, vendor: KeyFormat) -> None:
    favourites = (Favourite(1, name, KeyType.BLF, target), Favourite(2, name, KeyType.DND))
    tags = {one.tag for one in xml(vendor, *favourites).iter()}
    assert tags <= {"settings", "functionKeys", "fkey", "attendantKeys", "attendant"}


@pytest.mark.parametrize("kind", KeyType)
@given(name=HOSTILE, target=HOSTILE)
def test_no_name_adds_a_line(kind: KeyType, name: str, target: str) -> None:
    text = phone_keys([Favourite(1, name, kind, target)], KeyFormat.YEALINK, KEYS)
    assert all(line.startswith(("linekey.1.", "# key 1, ")) for line in text.split("\n")[:-1])
