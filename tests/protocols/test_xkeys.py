"""Reports of X-keys, against recordings of real panels and of the maker's library.

The recorded bytes are facts of SuperFlyTV/xkeys at 3016c1bf; see ``bridge/protocols/xkeys.md``.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.blf import Color
from bridge.profiles.hid_panels import XKEYS, XKEYS_BY_PRODUCT, XkeysModel
from bridge.protocols.xkeys import (
    KeyStates,
    Version,
    ask_keys,
    ask_version,
    colors_of,
    intensity,
    key_at,
    light,
    place_of,
    read_report,
)

XK_4, XK_24, XK_80 = (XKEYS_BY_PRODUCT[product] for product in (1127, 1029, 1089))
XKE_128, XKE_40 = XKEYS_BY_PRODUCT[1230], XKEYS_BY_PRODUCT[1355]


@pytest.mark.parametrize(
    ("model", "report", "down", "unit"),
    [
        (XK_80, "0d00010000000000000000000003afb0", {0}, 13),
        (XK_80, "0d00020000000000000000000003b20c", {10}, 13),  # row 2, column 1
        (XK_80, "0d00000000000000000000000003b030", set(), 13),
        (XK_24, "0a00010000000001c5eb000000000000", {0}, 10),
        (XK_24, "0a00020000000001dcc7000000000000", {4}, 10),
        (XKE_128, "00000200000000000000000000000000000001000000", {16}, 0),
        (XKE_40, "00000200000000010000000000000000", {1}, 0),  # row 1, column 2
        (XK_4, "0001010000000000cd1c000000000000", {0}, 0),
        (XK_4, "0001000100000000d3b2000000000000", {1}, 0),
    ],
)
def test_recorded_keys_are_read(model: XkeysModel, report: str, down: set[int], unit: int) -> None:
    found = read_report(model, bytes.fromhex(report))
    assert found == KeyStates(unit, generated=False, down=frozenset(down))


@pytest.mark.parametrize(
    ("model", "color", "sent"),
    [
        (XK_80, Color.BLUE, ["00b5000101", "00b5500001"]),
        (XK_80, Color.OFF, ["00b5000001", "00b5500001"]),
        (XK_24, Color.BLUE, ["00b5000101", "00b5200001"]),
        (XKE_128, Color.BLUE, ["00b5000101", "00b5800001"]),
        (XKE_40, Color.BLUE, ["00b5000100", "00b5280000"]),
        (XKE_40, Color.RED, ["00b5000000", "00b5280100"]),
        (XK_4, Color.BLUE, ["00b5000101"]),
        (XK_4, Color.OFF, ["00b5000001"]),
    ],
)
def test_the_first_key_is_lit_as_recorded(model: XkeysModel, color: Color, sent: list[str]) -> None:
    assert [one.hex() for one in light(model, 0, color)] == [one.ljust(72, "0") for one in sent]


def test_a_version_is_read() -> None:
    report = bytes([13, 0xD6, *[0] * 8, 38, *[0] * 21])
    assert read_report(XK_24, report) == Version(13, 38)


def test_the_answer_to_a_question_is_known_as_such() -> None:
    found = read_report(XK_24, bytes([0, 2, 0, 0, 0, 1]).ljust(32, b"\0"))
    assert found == KeyStates(0, generated=True, down=frozenset({3}))


@pytest.mark.parametrize("model", XKEYS, ids=lambda one: one.name)
def test_each_key_has_a_place_and_lights_of_its_own(model: XkeysModel) -> None:
    keys = range(model.keys)
    assert sorted(key_at(model, *place_of(model, key)) for key in keys) == list(keys)
    blue = [light(model, key, Color.BLUE) for key in keys]
    numbers = [report[2] for reports in blue for report in reports]
    assert len(set(numbers)) == len(numbers)


def test_no_product_is_two_models() -> None:
    assert sum(len(model.products) for model in XKEYS) == len(XKEYS_BY_PRODUCT)


def test_a_stick_has_no_red() -> None:
    assert colors_of(XK_4) == {Color.OFF, Color.BLUE}
    assert colors_of(XK_80) == {Color.OFF, Color.BLUE, Color.RED}


@pytest.mark.parametrize(
    ("order", "begins"),
    [
        (ask_keys(), "00b100"),
        (ask_version(), "00d600"),
        (intensity(100), "00bbffff00"),
        (intensity(0), "00bb000000"),
    ],
)
def test_orders_have_36_bytes(order: bytes, begins: str) -> None:
    assert len(order) == 36
    assert order.hex().startswith(begins)


@given(st.sampled_from(XKEYS), st.binary(max_size=40))
def test_whatever_comes_raises_nothing(model: XkeysModel, report: bytes) -> None:
    found = read_report(model, report)
    assert not isinstance(found, KeyStates) or found.down <= set(range(model.keys))
