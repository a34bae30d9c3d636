"""No profile claims more than it has, and every model of the required list is there."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bridge.model.hid import Conduct
from bridge.profiles.ids import published
from bridge.profiles.library import default_directory, load_library
from bridge.profiles.model import Evidence, Kind, LampPolicy, Profile, UsbId
from tests.hid_dumps import ALL, DUMPS

LIBRARY = load_library(dumps=DUMPS)
IDS, ID_PROBLEMS = published(default_directory() / "ids.csv")
BRIDGE = default_directory().parent / "bridge"

# The devices the bridge must know, series and model as their vendors print them.
REQUIRED: dict[str, dict[str, tuple[str, ...]]] = {
    "Jabra": {
        "Biz": ("1500", "2300", "2400"),
        "Engage": ("50", "65", "75"),
        "Evolve": ("20", "30", "40", "65", "65e", "65t", "75", "75e", "80"),
        "Evolve2": ("40", "65", "80"),
        "Link": ("360", "370", "380"),
        "Pro": ("930", "935", "9450", "9470"),
        "Speak": ("410", "510", "710", "750", "810"),
    },
    "Poly": {
        "Blackwire": ("C420", "C510", "C520", "C725", "3315", "5210"),
        "": ("BT300C", "BT600", "BT700", "D100"),
        "Calisto": ("3200", "5300"),
        "Savi": ("8200 UC",),
    },
    "Yealink": {"": ("CP700", "UH36", "UH38", "WDD60", "WH62", "WH64", "WH66")},
    "Gigaset": {"": ("ION",)},
}
MODELS = [
    (vendor, f"{series} {model}".strip())
    for vendor, all_series in REQUIRED.items()
    for series, models in all_series.items()
    for model in models
]
# Nobody has published a USB id of these: known by the product string and the descriptor.
WITHOUT_ID = {"CP700", "UH36", "UH38", "WDD60", "WH62", "ION"}


def profiles_of(vendor: str, model: str) -> list[Profile]:
    return [
        one
        for one in LIBRARY.profiles
        if one.vendor == vendor and (one.model == model or model in one.headsets)
    ]


@pytest.mark.parametrize(("vendor", "model"), MODELS)
def test_every_model_of_the_list_has_a_profile(vendor: str, model: str) -> None:
    found = profiles_of(vendor, model)
    assert [one.id for one in found if one.kind is not Kind.FAMILY]
    assert bool([one for one in found if one.match.usb]) is (model not in WITHOUT_ID)


@pytest.mark.parametrize("model", sorted(WITHOUT_ID))
def test_a_model_without_a_published_id_says_so(model: str) -> None:
    (found,) = [one for one in LIBRARY.profiles if one.model == model]
    assert found.match.names
    assert found.match.declares
    text = Path(found.file).read_text("utf-8")
    assert re.search(r"[Nn]obody has published", text)


@pytest.mark.parametrize("usb", sorted({str(u) for p in LIBRARY.profiles for u in p.match.usb}))
def test_every_id_of_a_profile_was_published_by_somebody(usb: str) -> None:
    sources = [one.source for one in IDS if str(one.usb) == usb]
    dumps = [name for name in ALL if name.startswith(usb.replace(":", "-"))]
    assert sources or dumps
    assert all(sources)


def test_the_file_of_ids_is_in_order_and_names_no_id_that_no_profile_has() -> None:
    assert ID_PROBLEMS == []
    ids = [str(one.usb) for one in IDS]
    assert ids == sorted(ids)
    assert set(ids) <= {str(usb) for one in LIBRARY.profiles for usb in one.match.usb}


@pytest.mark.parametrize("profile", LIBRARY.profiles, ids=lambda one: one.id)
def test_the_dumps_of_a_profile_are_of_its_vendor(profile: Profile) -> None:
    vendors = {ALL[name.removesuffix(".hid")].recording.vendor for name in profile.proof.dumps}
    own = {usb.vendor for usb in profile.match.usb} | set(profile.match.vendors)
    assert vendors <= own


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_dump_is_named_after_the_id_in_it(name: str) -> None:
    recording = ALL[name].recording
    assert name.startswith(f"{recording.vendor:04x}-{recording.product:04x}_")


@pytest.mark.parametrize(
    ("usb", "level"),
    [
        ("0b0e:0307", Evidence.DUMP),
        ("0b0e:0305", Evidence.FAMILY),
        ("0b0e:2456", Evidence.DUMP),
        ("0b0e:2454", Evidence.FAMILY),
        ("0b0e:24c9", Evidence.DUMP),
        ("0b0e:24c7", Evidence.FAMILY),
        ("0b0e:24c8", Evidence.FAMILY),
        ("0b0e:24ca", Evidence.FAMILY),
        ("047f:c054", Evidence.FAMILY),
        ("047f:aa14", Evidence.DOCUMENT),
        ("0b0e:4001", Evidence.DOCUMENT),
    ],
)
def test_an_id_is_known_by_its_own_dump_only(usb: str, level: Evidence) -> None:
    one = UsbId(int(usb[:4], 16), int(usb[5:], 16))
    (profile,) = [profile for profile in LIBRARY.profiles if one in profile.match.usb]
    assert profile.level_of(one) is level


# -- no word without effect ---------------------------------------------------


def python_of(*rooms: str) -> str:
    files = (path for room in rooms for path in sorted((BRIDGE / room).rglob("*.py")))
    return "\n".join(path.read_text("utf-8") for path in files)


ACTING = python_of("core", "app", "drivers/hidraw")
ENCODING = python_of("protocols")


@pytest.mark.parametrize("word", [one.name for one in fields(Conduct)])
def test_every_word_about_conduct_has_an_effect(word: str) -> None:
    assert re.search(rf"\b(conduct|c)\.{word}\b", ACTING)


@pytest.mark.parametrize("word", [one.name for one in fields(LampPolicy)])
def test_every_word_about_lamps_has_an_effect(word: str) -> None:
    assert f"policy.{word}" in ENCODING
