"""Usages that a profile names: old Plantronics pages, features at opening, lamps' words."""

import pytest

from bridge.model.hid import Control, ControlChange, Indication, Lamp, Style
from bridge.profiles.library import Identity
from bridge.profiles.model import FeatureRule, InputRule, LampPolicy, OutputRule, Page, Profile
from bridge.protocols.hid_layout import Layout, LeftAlone
from bridge.protocols.hid_roles import find_roles
from bridge.protocols.hid_telephony import Decoder, Encoder
from tests.hid_dumps import ALL
from tests.library import LIBRARY

C510, BT300C, C420 = (
    LIBRARY.choose(Identity(0x047F, product)).profile for product in (0xC015, 0x0417, 0xAA14)
)
# Real descriptors that have page FFA0 beside page 0B; of a later generation than the profiles.
VEHICLES = ["047f-c056_blackwire-3220", "047f-c053_blackwire-5220", "047f-02ec_voyager-base-cd"]


def layout(name: str, profile: Profile, page: Page) -> Layout:
    found = find_roles(
        ALL[name].descriptor(), profile.inputs, profile.outputs, page, profile.at_open
    )
    assert isinstance(found, Layout)
    return found


def on(control: Control) -> ControlChange:
    return ControlChange(control, on=True)


def off(control: Control) -> ControlChange:
    return ControlChange(control, on=False)


# -- page FFA0 ----------------------------------------------------------------


@pytest.mark.parametrize("name", VEHICLES)
def test_keys_and_lamps_of_the_vendor_page_are_found_by_their_usages(name: str) -> None:
    found = layout(name, BT300C, Page.VENDOR)
    keys = {Control.HOOK, Control.MUTE, Control.FLASH, Control.VOLUME_UP, Control.VOLUME_DOWN}
    assert keys <= found.controls
    assert {Lamp.OFF_HOOK, Lamp.RING, Lamp.HOST} <= found.lamps
    named = [one for one in found.inputs if one.control in keys]
    assert {one.usage.page for one in named if one.usage is not None} == {0xFFA0}
    styles = {one.control: one.style for one in named}
    assert styles[Control.HOOK] is styles[Control.MUTE] is styles[Control.FLASH] is Style.PULSE


@pytest.mark.parametrize("name", VEHICLES)
def test_a_device_with_a_hook_on_page_0b_keeps_to_page_0b(name: str) -> None:
    plain = find_roles(ALL[name].descriptor())
    assert isinstance(plain, Layout)
    found = layout(name, C510, C510.page)
    assert C510.page is Page.FALLBACK
    assert (found.inputs, found.outputs) == (plain.inputs, plain.outputs)
    assert "page 0b has a hook: the vendor page that the profile names is not read" in found.notes


def test_one_press_of_a_blackwire_is_one_press() -> None:
    decoder = Decoder(layout("047f-c056_blackwire-3220", BT300C, Page.VENDOR))
    assert decoder.decode(b"\x14\x08") == [on(Control.HOOK)]
    assert decoder.decode(b"\x14\x00") == [off(Control.HOOK)]
    assert decoder.decode(b"\x14\x04") == [on(Control.MUTE)]
    assert decoder.decode(b"\x14\x10") == [off(Control.MUTE), on(Control.FLASH)]
    assert decoder.decode(b"\x14\x01") == [on(Control.VOLUME_UP), off(Control.FLASH)]
    assert decoder.decode(b"\x08\x02") == []  # the same press on page 0B


def test_a_pulse_hook_never_says_that_it_is_down() -> None:
    decoder = Decoder(layout("047f-c056_blackwire-3220", BT300C, Page.VENDOR))
    decoder.tells_on_hook = True
    assert decoder.decode(b"\x14\x00") == []


@pytest.mark.parametrize(
    ("indication", "written"),
    [
        (Indication(), ["19 00", "1a 00"]),
        (Indication(ring=True), ["19 05", "1a 00"]),
        (Indication(off_hook=True), ["19 03", "1a 00"]),
        (Indication(off_hook=True, mute=True), ["19 03", "1a 01"]),
        (Indication(off_hook=True, ring=True), ["19 07", "1a 00"]),
        (Indication(off_hook=True, hold=True), ["19 03", "1a 00"]),
    ],
)
def test_what_is_written_on_the_vendor_page(indication: Indication, written: list[str]) -> None:
    encoder = Encoder(layout("047f-c056_blackwire-3220", BT300C, Page.VENDOR), BT300C.lamps)
    assert [one.hex(" ") for one in encoder.encode(indication).values()] == written


def test_the_wake_flag_follows_the_call_where_there_is_one() -> None:
    encoder = Encoder(layout("047f-c053_blackwire-5220", BT300C, Page.VENDOR), BT300C.lamps)
    assert encoder.encode(Indication(ring=True)) == {0x19: b"\x19\x09"}
    assert encoder.encode(Indication(off_hook=True)) == {0x19: b"\x19\x07"}


def test_a_host_flag_of_its_own_report_is_first_up_and_last_down() -> None:
    encoder = Encoder(layout("047f-02ec_voyager-base-cd", BT300C, Page.VENDOR), BT300C.lamps)
    assert next(iter(encoder.encode(Indication(ring=True)))) == 0x1A
    assert list(encoder.encode(Indication()))[-1] == 0x1A


def test_a_model_without_ring_and_mute_lamps_gets_neither() -> None:
    found = layout("047f-c056_blackwire-3220", C420, Page.VENDOR)
    assert found.lamps == {Lamp.OFF_HOOK, Lamp.HOST}
    assert "on_line: this device has no ffa0/a1" in found.notes


def test_a_device_without_any_of_the_usages_is_left_alone() -> None:
    found = find_roles(
        ALL["046d-0a37_h540"].descriptor(), BT300C.inputs, BT300C.outputs, Page.FALLBACK
    )
    assert isinstance(found, LeftAlone)


def test_the_profile_of_an_unknown_plantronics_has_the_vendor_page_to_fall_back_to() -> None:
    family = LIBRARY.choose(Identity(0x047F, 0xFFFF)).profile
    assert family.page is Page.FALLBACK
    assert {rule.control for rule in family.inputs} >= {Control.HOOK, Control.MUTE}


# -- a usage that means something else ----------------------------------------


def test_a_usage_may_be_given_another_meaning_and_loses_its_own() -> None:
    descriptor = ALL["0b0e-0307_evolve-link"].descriptor()
    found = find_roles(descriptor, [InputRule(Control.HOLD, usages=((0x0B, 0x50),))])
    assert isinstance(found, Layout)
    assert Control.HOLD in found.controls
    assert Control.SPEED_DIAL not in found.controls
    places = [(one.report, one.bit, one.value) for one in found.inputs]
    assert len(places) == len(set(places))


def test_a_lamp_may_be_used_as_another_and_is_not_written_twice() -> None:
    descriptor = ALL["0b0e-0307_evolve-link"].descriptor()
    found = find_roles(descriptor, outputs=[OutputRule(Lamp.RING, usages=((0x0B, 0x9E),))])
    assert isinstance(found, Layout)
    assert Lamp.RINGER not in found.lamps
    assert Encoder(found).encode(Indication(ring=True)) == {2: b"\x02\x20\x00"}


# -- features at opening ------------------------------------------------------

SELECT = FeatureRule((0xFF30, 0xFFFF), 0)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("0b0e-2456_speak-810", (b"\x04\x00",)),
        ("0b0e-24c9_link-380c", (b"\x04\x00",)),
        ("0b0e-0307_evolve-link", ()),
    ],
)
def test_the_standard_page_is_selected_where_the_device_can(
    name: str, written: tuple[bytes, ...]
) -> None:
    found = find_roles(ALL[name].descriptor(), at_open=[SELECT])
    assert isinstance(found, Layout)
    assert found.at_open == written
    assert any("feature ff30/ffff" in note for note in found.notes)


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        (FeatureRule((0xFFA0, 0xCF), 1), "feature ffa0/cf: other features are in its report"),
        (FeatureRule((0xFFA0, 0x01), 1), "feature ffa0/01: not in this device, not written"),
    ],
)
def test_a_feature_that_could_change_others_is_not_written(rule: FeatureRule, note: str) -> None:
    found = find_roles(ALL["047f-c056_blackwire-3220"].descriptor(), at_open=[rule])
    assert isinstance(found, Layout)
    assert found.at_open == ()
    assert [one for one in found.notes if one.startswith(note)]


def test_a_value_that_does_not_fit_is_not_written() -> None:
    found = find_roles(
        ALL["0b0e-2456_speak-810"].descriptor(), at_open=[FeatureRule(SELECT.usage, 2)]
    )
    assert isinstance(found, Layout)
    assert found.at_open == ()
    assert "feature ff30/ffff: 2 is too large for 1 bits, not written" in found.notes


@pytest.mark.parametrize("product", [0x0410, 0x0420, 0x090A, 0x2400, 0x1041])
def test_models_whose_maps_select_the_standard_page_do_so(product: int) -> None:
    assert LIBRARY.choose(Identity(0x0B0E, product)).profile.at_open == (SELECT,)


def test_nothing_is_written_at_opening_unless_a_profile_says_so() -> None:
    assert LIBRARY.choose(Identity(0x0B0E, 0xFFFF)).profile.at_open == ()


# -- words about lamps --------------------------------------------------------

EVOLVE = ALL["0b0e-0307_evolve-link"]


def test_a_device_whose_hold_lamp_means_nothing_gets_no_hold() -> None:
    encoder = Encoder(EVOLVE.layout(), LampPolicy(hold=False))
    assert encoder.encode(Indication(off_hook=True, hold=True)) == {2: b"\x02\x01\x00"}


def test_a_device_may_be_spared_the_ring_of_a_second_call() -> None:
    encoder = Encoder(EVOLVE.layout(), LampPolicy(ring_in_call=False, ringer=True))
    assert encoder.encode(Indication(off_hook=True, ring=True)) == {2: b"\x02\x01\x00"}
    assert encoder.encode(Indication(ring=True)) == {2: b"\x02\x24\x00"}


def test_off_is_written_before_on_only_where_the_profile_says_so() -> None:
    data = b"\x02\x13\x00"
    assert Encoder(EVOLVE.layout()).before(data) is None
    encoder = Encoder(EVOLVE.layout(), LampPolicy(off_before_on=True))
    assert encoder.before(data) == b"\x02\x12\x00"
    assert encoder.before(b"\x02\x04\x00") is None


def test_off_is_written_in_the_report_of_off_hook_only() -> None:
    encoder = Encoder(ALL["047f-c053_blackwire-5220"].layout(), LampPolicy(off_before_on=True))
    assert encoder.before(b"\x17\x01") == b"\x17\x00"
    assert encoder.before(b"\x09\x01") is None
