"""Roles, decoder and encoder on every real descriptor, and each trap by itself."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.hid import Control, ControlChange, Indication, Lamp, Malformed, Style
from bridge.profiles.library import Identity
from bridge.profiles.model import InputRule, OutputRule
from bridge.protocols.hid_descriptor import Descriptor, parse
from bridge.protocols.hid_explain import explain_descriptor
from bridge.protocols.hid_roles import Input, Layout, LeftAlone, find_roles
from bridge.protocols.hid_telephony import Decoder, Encoder
from tests.hid_dumps import ALL, LEFT_ALONE, USED
from tests.library import LIBRARY

HOOK, MUTE = Control.HOOK, Control.MUTE


def change(control: Control, *, on: bool = True, key: str = "") -> ControlChange:
    return ControlChange(control, on, key)


def explained(name: str) -> dict[str, object]:
    recording = ALL[name].recording
    identity = Identity(recording.vendor, recording.product, recording.name)
    return explain_descriptor(name, identity, recording.descriptor, LIBRARY).to_json()


# -- roles --------------------------------------------------------------------


def as_far_as_expected(
    found: object, expected: Mapping[str, Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    """Every place that was found; of each only the facts that its expectation has."""
    assert isinstance(found, dict)
    assert all({"report", "bit", "usage"} <= set(place) for place in expected.values())
    return {
        name: {key: place[key] for key in expected.get(name, place) if key in place}
        for name, place in found.items()
    }


@pytest.mark.parametrize("name", USED)
def test_every_real_device_has_the_expected_roles(name: str) -> None:
    facts, expected = explained(name), ALL[name].expected
    assert as_far_as_expected(facts["roles"], expected["roles"]) == expected["roles"]
    assert as_far_as_expected(facts["outputs"], expected["outputs"]) == expected["outputs"]
    assert facts["profile"] == expected["profile"]
    assert facts["left_alone"] == ""


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_devices_without_telephony_are_left_alone_and_say_why(name: str) -> None:
    facts = explained(name)
    assert facts["left_alone"] == ALL[name].expected["left_alone"]
    assert facts["roles"] == {}
    assert facts["writes"] == {}


def descriptor(*items: int) -> Descriptor:
    """A headset collection around items, one bit each, one report."""
    head = (0x05, 0x0B, 0x09, 0x05, 0xA1, 0x01, 0x85, 0x02, 0x15, 0, 0x25, 1, 0x75, 1, 0x95, 1)
    parsed = parse(bytes([*head, *items, 0xC0]))
    assert isinstance(parsed, Descriptor)
    return parsed


def roles(*items: int) -> Layout:
    found = find_roles(descriptor(*items))
    assert isinstance(found, Layout)
    return found


def hook_and(*items: int) -> Layout:
    return roles(0x09, 0x20, 0x81, 0x22, *items)


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((0x09, 0x07, 0x05, 0x09, 0x81, 0x02), id="page switched before the main item"),
        pytest.param((0x09, 0x07, 0x81, 0x02), id="programmable button of the telephony page"),
        pytest.param((0x05, 0x09, 0x09, 0x07, 0x81, 0x02), id="button 7"),
        pytest.param((0x05, 0x09, 0x09, 0x01, 0x81, 0x02), id="button 1"),
        pytest.param((0x09, 0x07, 0x05, 0x09, 0x09, 0x01, 0x81, 0x40), id="array of one bit"),
    ],
)
def test_reject_is_found_behind_each_of_its_names(items: tuple[int, ...]) -> None:
    decoder = Decoder(hook_and(*items))
    assert decoder.decode(b"\x02\x02") == [change(Control.REJECT)]
    assert decoder.decode(b"\x02\x00") == [change(Control.REJECT, on=False)]


def test_a_button_outside_the_telephony_collection_is_no_reject() -> None:
    mouse = bytes([0x05, 1, 0x09, 2, 0xA1, 1, 0x05, 9, 0x09, 7, 0x81, 2, 0xC0])
    parsed = parse(bytes([*ALL["0b0e-2456_speak-810"].recording.descriptor]))
    assert isinstance(parsed, Descriptor)
    both = parse(
        bytes([0x05, 0x0B, 0x09, 0x05, 0xA1, 1, 0x85, 2, 0x15, 0, 0x25, 1, 0x75, 1, 0x95, 1])
        + bytes([0x09, 0x20, 0x81, 0x22, 0xC0])
        + mouse
    )
    assert isinstance(both, Descriptor)
    found = find_roles(both)
    assert isinstance(found, Layout)
    assert found.controls == {HOOK}


def test_keys_in_a_consumer_collection_do_not_make_a_laptop_a_telephone() -> None:
    keyboard = bytes([0x05, 0x0C, 0x09, 1, 0xA1, 1, 0x15, 0, 0x25, 1, 0x75, 1, 0x95, 1])
    parsed = parse(keyboard + bytes([0x05, 0x0B, 0x09, 0x2F, 0x81, 0x06, 0xC0]))
    assert isinstance(parsed, Descriptor)
    assert isinstance(find_roles(parsed), LeftAlone)


def test_an_empty_telephony_collection_is_left_alone() -> None:
    parsed = parse(bytes([0x05, 0x0B, 0x09, 0x05, 0xA1, 1, 0xC0]))
    assert isinstance(parsed, Descriptor)
    found = find_roles(parsed)
    assert isinstance(found, LeftAlone)
    assert "found none" in found.reason


def test_a_control_declared_twice_counts_once() -> None:
    layout = roles(0x09, 0x20, 0x81, 0x22, 0x85, 3, 0x09, 0x20, 0x81, 0x22)
    assert [(one.control, one.report) for one in layout.inputs] == [(HOOK, 2)]
    assert layout.notes == ("hook: 0b/20 again in report 3, ignored",)


@pytest.mark.parametrize(
    ("flags", "style"), [(0x22, Style.LEVEL), (0x23, Style.LEVEL), (0x06, Style.PULSE)]
)
def test_the_style_of_the_hook_follows_the_flags(flags: int, style: Style) -> None:
    assert roles(0x09, 0x20, 0x81, flags).inputs[0].style is style


@pytest.mark.parametrize("flags", [0x02, 0x22, 0x06, 0x07])
def test_phone_mute_is_a_pulse_whatever_the_flags_say(flags: int) -> None:
    layout = roles(0x09, 0x2F, 0x81, flags)
    assert layout.inputs[0].style is Style.PULSE


def test_a_profile_makes_mute_a_level_and_places_what_the_descriptor_lacks() -> None:
    found = find_roles(
        descriptor(0x09, 0x2F, 0x81, 0x06, 0x75, 7, 0x81, 0x01, 0x75, 8, 0x91, 0x01),
        [InputRule(MUTE, style=Style.LEVEL), InputRule(HOOK, 2, 3), InputRule(HOOK, 2, 99)],
        [OutputRule(Lamp.RING, 2, 4), OutputRule(Lamp.HOLD, 9, 0)],
    )
    assert isinstance(found, Layout)
    places = [(one.control, one.bit, one.style) for one in found.inputs]
    assert places == [(MUTE, 0, Style.LEVEL), (HOOK, 3, Style.LEVEL)]
    assert [(one.lamp, one.bit) for one in found.outputs] == [(Lamp.RING, 4)]
    assert found.notes == (
        "hook: the profile's place is not in this device",
        "hold: the profile's place is not in this device",
    )


# -- decoder ------------------------------------------------------------------

EVOLVE = ALL["0b0e-0307_evolve-link"]


def test_the_very_first_report_may_be_the_answer_key() -> None:
    assert Decoder(EVOLVE.layout()).decode(b"\x02\x01\x00") == [change(HOOK)]


def test_a_hook_that_was_up_before_is_not_pressed_by_a_mute_key() -> None:
    decoder = Decoder(EVOLVE.layout())
    assert decoder.decode(b"\x02\x07\x00") == [change(MUTE)]  # hook, line busy and mute
    assert decoder.decode(b"\x02\x03\x00") == [change(MUTE, on=False)]
    assert change(HOOK, on=False) in decoder.decode(b"\x02\x00\x00")


def test_after_replug_in_a_call_the_first_report_tells_no_states() -> None:
    decoder = Decoder(EVOLVE.layout(), at_rest=False)
    assert decoder.decode(b"\x02\x03\x00") == []
    hung_up = [change(HOOK, on=False), change(Control.LINE_BUSY, on=False)]
    assert decoder.decode(b"\x02\x00\x00") == hung_up


def test_after_replug_in_a_call_a_device_that_is_muted_says_so_with_its_first_report() -> None:
    layout = EVOLVE.layout()
    told = tuple(
        replace(one, style=Style.LEVEL) if one.control is MUTE else one for one in layout.inputs
    )
    decoder = Decoder(replace(layout, inputs=told), at_rest=False)
    assert decoder.decode(b"\x02\x07\x00") == [change(MUTE)]  # hook and line busy were up before


def test_a_repeated_report_changes_nothing() -> None:
    decoder = Decoder(EVOLVE.layout())
    decoder.decode(b"\x02\x01\x00")
    assert decoder.decode(b"\x02\x01\x00") == []


def test_a_mute_key_held_down_counts_once_while_other_bits_change() -> None:
    decoder = Decoder(EVOLVE.layout())
    assert decoder.decode(b"\x02\x05\x00") == [change(MUTE)]
    assert decoder.decode(b"\x02\x0d\x00") == [change(Control.FLASH)]


def test_reports_of_other_collections_are_ignored() -> None:
    decoder = Decoder(EVOLVE.layout())
    assert decoder.decode(b"\x04\x01\x00") == []  # vendor twin of report 2
    assert decoder.decode(b"\x05" + bytes(32)) == []
    assert decoder.decode(b"\xff") == []


@pytest.mark.parametrize("report", [b"", b"\x02", b"\x02\x01", b"\x02\x01\x00\x00"])
def test_a_report_of_the_wrong_length_is_malformed_and_changes_nothing(report: bytes) -> None:
    decoder = Decoder(EVOLVE.layout())
    (malformed,) = decoder.decode(report)
    assert isinstance(malformed, Malformed)
    assert malformed.reason.startswith("expected ")
    assert malformed.data == report
    assert decoder.decode(b"\x02\x01\x00") == [change(HOOK)]


def test_a_malformed_report_is_kept_short() -> None:
    (malformed,) = Decoder(EVOLVE.layout()).decode(b"\x02" + bytes(500))
    assert isinstance(malformed, Malformed)
    assert len(malformed.data) == 64


def test_keys_of_the_key_pad_come_and_go() -> None:
    decoder = Decoder(EVOLVE.layout())  # four bits from bit 7: the field crosses a byte
    assert decoder.decode(b"\x02\x80\x02") == [change(Control.KEYPAD, key="5")]
    released, pressed = decoder.decode(b"\x02\x80\x05")
    assert released == change(Control.KEYPAD, on=False, key="5")
    assert pressed == change(Control.KEYPAD, key="#")
    assert decoder.decode(b"\x02\x00\x00") == [change(Control.KEYPAD, on=False, key="#")]


KEYPADS = [name for name in USED if "keypad" in ALL[name].expected["roles"]]
WITH_NULL_STATE = {"0b0e-24c9_link-380c", "291a-3301_powerconf"}


@pytest.mark.parametrize("name", KEYPADS)
def test_a_key_pad_at_rest_is_not_key_0(name: str) -> None:
    layout = ALL[name].layout()
    length = layout.input_bytes[ALL[name].expected["roles"]["keypad"]["report"]]
    decoder = Decoder(layout)
    assert decoder.decode(b"\x02" + bytes(length)) == []
    keys = "0123456789*#" if name in WITH_NULL_STATE else "123456789*#"
    assert "".join(one.key for one in layout.inputs) == keys


def test_a_key_pad_that_starts_at_1_has_all_its_keys() -> None:
    keypad = (0x19, 0xB0, 0x29, 0xBB, 0x15, 1, 0x25, 12, 0x75, 8, 0x95, 1, 0x81, 0)
    layout = roles(*keypad)
    decoder = Decoder(layout)
    assert decoder.decode(b"\x02\x01") == [change(Control.KEYPAD, key="0")]
    assert decoder.decode(b"\x02\x0c")[1] == change(Control.KEYPAD, key="#")


def test_a_device_without_report_ids_has_no_id_byte() -> None:
    parsed = parse(
        bytes([0x05, 0x0B, 0x09, 0x05, 0xA1, 1, 0x15, 0, 0x25, 1, 0x75, 1, 0x95, 1])
        + bytes([0x09, 0x20, 0x81, 0x22, 0x75, 7, 0x81, 1])
        + bytes([0x05, 8, 0x09, 0x17, 0x75, 1, 0x91, 0x22, 0x75, 7, 0x91, 1, 0xC0])
    )
    assert isinstance(parsed, Descriptor)
    layout = find_roles(parsed)
    assert isinstance(layout, Layout)
    assert Decoder(layout).decode(b"\x01") == [change(HOOK)]
    assert Encoder(layout).encode(Indication(off_hook=True)) == {0: b"\x00\x01"}


def test_on_and_off_pulses_tell_their_sign() -> None:
    signed = (0x15, 0xFF, 0x25, 1, 0x75, 2, 0x95, 1, 0x09, 0x20, 0x81, 0x06)
    decoder = Decoder(roles(*signed))
    assert decoder.decode(b"\x02\x01") == [change(HOOK)]
    assert decoder.decode(b"\x02\x00") == []
    assert decoder.decode(b"\x02\x03") == [change(HOOK, on=False)]


def test_an_unchanged_hook_down_is_told_only_when_asked_for() -> None:
    decoder = Decoder(ALL["047f-c056_blackwire-3220"].layout())
    assert decoder.decode(b"\x08\x00") == []
    decoder.tells_on_hook = True
    assert decoder.decode(b"\x08\x00") == [change(HOOK, on=False)]
    assert decoder.decode(b"\x08\x01") == [change(MUTE)]
    assert decoder.decode(b"\x08\x02") == [change(MUTE, on=False), change(HOOK)]


def test_a_link_that_opens_with_the_hook_still_down_says_no_on_hook() -> None:
    decoder = Decoder(ALL["0b0e-24c9_link-380c"].layout())
    decoder.tells_on_hook = True
    assert decoder.decode(b"\x02\x04\x00") == [change(Control.LINE)]
    assert decoder.decode(b"\x02\x05\x00") == [change(HOOK)]


@pytest.mark.parametrize("name", USED)
def test_every_bit_of_every_role_is_read_alone(name: str) -> None:
    layout = ALL[name].layout()
    heard = {
        one.control
        for one in layout.inputs
        for heard in Decoder(layout).decode(_report(layout, one))
        if isinstance(heard, ControlChange) and heard.control is one.control and heard.on
    }
    assert heard == layout.controls


def _report(layout: Layout, one: Input) -> bytes:
    value = 1 if one.value is None else one.value
    return bytes([one.report]) + (value << one.bit).to_bytes(
        layout.input_bytes[one.report], "little"
    )


@given(name=st.sampled_from(USED), reports=st.lists(st.binary(max_size=70), max_size=12))
def test_random_reports_never_raise(name: str, reports: list[bytes]) -> None:
    decoder = Decoder(ALL[name].layout())
    for report in reports:
        for heard in decoder.decode(report):
            assert isinstance(heard, ControlChange | Malformed)


@given(name=st.sampled_from(USED), bits=st.lists(st.integers(0, 2**56 - 1), max_size=8))
def test_no_key_goes_down_twice_without_going_up(name: str, bits: list[int]) -> None:
    layout = ALL[name].layout()
    decoder = Decoder(layout, at_rest=False)
    down: dict[tuple[int, Control, str], bool] = {}
    for one in bits:
        for report, length in layout.input_bytes.items():
            data = bytes([report]) + (one % (1 << 8 * length)).to_bytes(length, "little")
            for heard in decoder.decode(data):
                assert isinstance(heard, ControlChange)
                key = (report, heard.control, heard.key)
                assert down.get(key) is not heard.on
                down[key] = heard.on
