"""Descriptors written by hand, one trap each: what HID 1.11 allows and somebody will do."""

import pytest

from bridge.model.hid import Control, ControlChange, Indication, Lamp, Style
from bridge.profiles.library import Identity
from bridge.protocols.hid_descriptor import Descriptor, Kind, Unusable, parse
from bridge.protocols.hid_explain import explain_descriptor
from bridge.protocols.hid_layout import Layout, LeftAlone
from bridge.protocols.hid_roles import find_roles
from bridge.protocols.hid_telephony import Decoder, Encoder
from tests.library import LIBRARY

HEADSET = "050b 0905 a101 8501 "
CONSUMER = "050c 0901 a101 8501 "
BIT = "1500 2501 7501 9501 "
HOOK, FILL = "0920 8122 ", "9507 8101 "  # one bit of report 1, and the rest of its byte
KEYPAD = "0906 a102 19b0 29bb "
KEYS = "0123456789*#"


def layout(text: str) -> Layout:
    """What is found in a descriptor, given in hexadecimal."""
    parsed = parse(bytes.fromhex(text))
    assert isinstance(parsed, Descriptor), parsed
    found = find_roles(parsed)
    assert isinstance(found, Layout), found
    return found


def inputs(text: str) -> list[tuple[Control, int, int, int]]:
    found = layout(text).inputs
    return [(one.control, one.report, one.bit, one.size) for one in found]


def lamps(text: str) -> list[tuple[Lamp, int, int, int]]:
    found = layout(text).outputs
    return [(one.lamp, one.report, one.bit, one.size) for one in found]


HOOK_0 = (Control.HOOK, 1, 0, 1)


@pytest.mark.parametrize(
    ("items", "bit"),
    [("0920 092f 9508 8102", 1), ("0920 8102 092f 9507 8102", 1), ("092f 0920 9508 8102", 0)],
)
def test_the_last_usage_holds_for_all_values_that_remain(items: str, bit: int) -> None:
    found = layout(HEADSET + BIT + items + "c0")
    (mute,) = [one for one in found.inputs if one.control is Control.MUTE]
    assert (mute.bit, mute.size) == (bit, 1)
    assert Control.HOOK in found.controls
    assert "the first is read" in found.notes[0]
    assert Decoder(found).decode(bytes([1, 1 << bit])) == [ControlChange(Control.MUTE, on=True)]


def test_a_lamp_for_all_values_that_remain_is_written_at_the_first() -> None:
    found = layout(HEADSET + BIT + HOOK + FILL + "0508 9508 0917 0909 9102 c0")
    assert [(one.lamp, one.bit) for one in found.outputs] == [(Lamp.OFF_HOOK, 0), (Lamp.MUTE, 1)]
    muted = Encoder(found).encode(Indication(off_hook=True, mute=True))
    assert muted == {1: b"\x01\x03"}


def test_usages_beyond_the_count_are_not_there() -> None:
    assert inputs(HEADSET + BIT + "0920 092f 0921 8102" + FILL + "c0") == [HOOK_0]


def test_of_a_delimited_set_the_first_usage_counts() -> None:
    other_names = "9503 a901 0920 0931 a900 092f a901 0921 0923 a900 8102 9505 8101 c0"
    assert inputs(HEADSET + BIT + other_names) == [
        HOOK_0,
        (Control.MUTE, 1, 1, 1),
        (Control.FLASH, 1, 2, 1),
    ]


def test_pop_restores_the_report_id_too() -> None:
    found = inputs(HEADSET + BIT + HOOK + "a4 8502 092f 8106 9507 8101 b4 0921 8106 9506 8101 c0")
    assert found == [HOOK_0, (Control.FLASH, 1, 1, 1), (Control.MUTE, 2, 0, 1)]


def test_pop_back_to_where_reports_had_no_id_is_refused() -> None:
    parsed = parse(bytes.fromhex("050b 0905 a101" + BIT + "a4 8502 092f 8106 b4 0920 8122 c0"))
    assert parsed == Unusable("expected all reports numbered or none, found both")


@pytest.mark.parametrize("items", ["9500 8102", "9508 8101"])
def test_padding_before_the_first_report_id_is_no_report(items: str) -> None:
    text = "050b 0905 a101" + BIT + items + "8501 9501" + HOOK + FILL + "c0"
    assert inputs(text) == [HOOK_0]
    parsed = parse(bytes.fromhex(text))
    assert isinstance(parsed, Descriptor)
    assert parsed.report_bits == {(Kind.INPUT, 1): 8}


@pytest.mark.parametrize("kind", ["00", "01", "02"])
def test_a_top_level_collection_may_be_of_any_kind(kind: str) -> None:
    text = HEADSET.replace("a101", "a1" + kind) + BIT + HOOK + FILL + "c0"
    assert inputs(text) == [HOOK_0]
    facts = explain_descriptor("x", Identity(0, 0), bytes.fromhex(text), LIBRARY)
    assert facts.collections == ("0b/05",)


def test_empty_and_nested_collections_change_nothing() -> None:
    assert inputs(HEADSET + "a102 c0 0906 a102 a102 c0 c0" + BIT + "a102 a100 " + HOOK + "c0 c0"
                  + FILL + "c0") == [HOOK_0]  # fmt: skip


@pytest.mark.parametrize(("inner", "closed"), [("050b 0905 a102", "c0"), ("050b", "")])
def test_a_telephone_inside_a_consumer_collection_is_found(inner: str, closed: str) -> None:
    text = (
        CONSUMER + BIT + "09e9 8102" + inner + HOOK + "092f 8106 9505 8101"
        "0508 9502 0917 0909 9102 9506 9101" + closed + "c0"
    )
    assert inputs(text) == [
        (Control.VOLUME_UP, 1, 0, 1),
        (Control.HOOK, 1, 1, 1),
        (Control.MUTE, 1, 2, 1),
    ]
    assert lamps(text) == [(Lamp.OFF_HOOK, 1, 0, 1), (Lamp.MUTE, 1, 1, 1)]


def test_a_hook_on_a_vendors_own_collection_makes_no_telephone() -> None:
    parsed = parse(bytes.fromhex("0600ff 0901 a101 8501 050b" + BIT + HOOK + FILL + "c0"))
    assert isinstance(parsed, Descriptor)
    assert isinstance(find_roles(parsed), LeftAlone)


def test_lamps_may_have_a_collection_of_their_own() -> None:
    text = HEADSET + BIT + HOOK + FILL + "c0 0508 0901 a101 8502 9502 0917 0918 9102 9506 9101 c0"
    assert lamps(text) == [(Lamp.OFF_HOOK, 2, 0, 1), (Lamp.RING, 2, 1, 1)]


def test_the_mute_lamp_of_a_keyboard_is_none_of_the_telephone() -> None:
    text = HEADSET + BIT + HOOK + FILL + "c0 0501 0906 a101 8502 0508 9501 0909 9102" + FILL + "c0"
    assert lamps(text) == []


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("9502 0917 0918 b102 9506 b101", "a feature, not written"),
        ("1501 2502 7508 0917 0918 9100", "an index of an array, not written"),
    ],
)
def test_lamps_that_cannot_be_written_are_named(items: str, said: str) -> None:
    found = layout(HEADSET + BIT + HOOK + FILL + "0508 9501" + items + "c0")
    assert found.outputs == ()
    assert [note.endswith(said) for note in found.notes] == [True, True]


def test_on_and_off_lamps_are_written_with_their_sign() -> None:
    two = "0508 15ff 2501 7502 9502 0917 0909 9106 9502 9101 c0"
    found = layout(HEADSET + BIT + HOOK + FILL + two)
    assert [one.style for one in found.outputs] == [Style.ON_OFF, Style.ON_OFF]
    encoder = Encoder(found)
    written = [
        encoder.encode(one)[1]
        for one in (
            Indication(),
            Indication(off_hook=True),
            Indication(off_hook=True, mute=True),
        )
    ]
    assert written == [b"\x01\x0f", b"\x01\x0d", b"\x01\x05"]


def test_a_relative_lamp_of_one_bit_is_a_level_and_says_so() -> None:
    found = layout(HEADSET + BIT + HOOK + FILL + "0508 9501 0917 9106 9507 9101 c0")
    assert found.notes == ("off_hook: 08/17 in report 1 is declared relative, written as a level",)
    assert Encoder(found).encode(Indication(off_hook=True)) == {1: b"\x01\x01"}


@pytest.mark.parametrize(
    "text",
    [
        "0b05000b00 a101 8501" + BIT + "9503 0b20000b00 0b2f000b00 0b07000900 0501 8102 9505 8101",
        "060b00 0a0500 a101 8501" + BIT + "9503 0a2000 0a2f00 0a0700 8102 9505 8101",
    ],
    ids=["32 bits", "16 bits"],
)
def test_usages_of_every_size(text: str) -> None:
    assert inputs(text + "c0") == [HOOK_0, (Control.MUTE, 1, 1, 1), (Control.REJECT, 1, 2, 1)]


@pytest.mark.parametrize("items", ["19b0 29bb", "29bb 19b0", "1bb0000b00 2bbb000b00 0509"])
def test_keys_with_a_bit_each_stand_in_a_range(items: str) -> None:
    found = layout(HEADSET + BIT + HOOK + "950c" + items + "8102 9503 8101 c0")
    keys = [(one.key, one.bit) for one in found.inputs if one.control is Control.KEYPAD]
    assert keys == [(key, 1 + at) for at, key in enumerate(KEYS)]


# -- arrays -------------------------------------------------------------------


def pad(logical: str, flags: str) -> Layout:
    return layout(
        HEADSET + BIT + HOOK + "9503 8101" + KEYPAD + logical + "7504 9501 81" + flags + "c0 c0"
    )


def key(name: str, *, on: bool = True) -> ControlChange:
    return ControlChange(Control.KEYPAD, on, name)


@pytest.mark.parametrize(
    ("logical", "flags", "keys"),
    [
        ("1501 250c", "00", KEYS),
        ("1501 250c", "40", KEYS),
        ("1503 250e", "00", KEYS),
        ("1500 250b", "00", KEYS[1:]),
        ("1500 250b", "40", KEYS),
        ("1500 250f", "40", KEYS[1:]),  # no value is left for the null state
    ],
)
def test_which_keys_an_array_has(logical: str, flags: str, keys: str) -> None:
    assert "".join(one.key for one in pad(logical, flags).inputs) == keys


def test_a_key_pad_that_rests_out_of_range_has_a_key_0() -> None:
    decoder = Decoder(pad("1500 250b", "40"))
    assert decoder.decode(b"\x01\xf1") == [ControlChange(Control.HOOK, on=True)]
    assert decoder.decode(b"\x01\x01") == [key("0")]
    assert decoder.decode(b"\x01\xf1") == [key("0", on=False)]
    assert decoder.decode(b"\x01\x51") == [key("5")]
    assert decoder.decode(b"\x01\xf1") == [key("5", on=False)]


def test_a_key_pad_that_rests_at_0_against_its_null_state_sends_no_key_0() -> None:
    decoder = Decoder(pad("1500 250b", "40"))
    assert decoder.decode(b"\x01\x01") == [ControlChange(Control.HOOK, on=True)]
    assert decoder.decode(b"\x01\x51") == [key("5")]
    assert decoder.decode(b"\x01\x01") == [key("5", on=False)]


def test_the_first_report_of_a_key_pad_may_be_a_key() -> None:
    assert Decoder(pad("1500 250b", "40")).decode(b"\x01\x50") == [key("5")]
    assert Decoder(pad("1500 250b", "40")).decode(b"\x01\xf0") == []


def test_a_hook_that_shares_an_array_with_other_keys_cannot_be_a_level() -> None:
    found = layout(HEADSET + "1501 2503 7508 9501 0920 092f 0921 8100 c0")
    assert found.inputs[0].style is Style.PULSE
    alone = layout(HEADSET + "1501 2501 7508 9501 0920 8100 c0")
    assert alone.inputs[0].style is Style.LEVEL


def test_volume_keys_in_an_array_of_a_keyboard_are_found() -> None:
    keys = "050c 0901 a101 8502 1500 26ff03 1900 2aff03 7510 9506 8100 c0"
    decoder = Decoder(layout(HEADSET + BIT + HOOK + FILL + "c0" + keys))
    pressed = decoder.decode(b"\x02\x00\x00\xe9\x00" + bytes(8))
    assert pressed == [ControlChange(Control.VOLUME_UP, on=True)]


def test_a_control_in_two_places_is_told_with_both() -> None:
    text = HEADSET + BIT + HOOK + "0509 1901 2908 9508 8102 9507 8101 c0"
    found = explain_descriptor("x", Identity(0, 0), bytes.fromhex(text), LIBRARY)
    reject = {"report": 1, "bit": 1, "size": 1, "style": "level", "usage": "09/01"}
    more = {"report": 1, "bit": 7, "size": 1, "style": "level", "usage": "09/07"}
    assert found.roles["reject"] == {**reject, "also": [more]}
    assert "also 09/07 report 1, bit 7" in found.to_text()
