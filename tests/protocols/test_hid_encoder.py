"""Indications to bytes: whole reports, in the order of the vendor, only lamps we use."""

import pytest

from bridge.model.hid import Indication, Lamp
from bridge.profiles.model import LampPolicy
from bridge.protocols.hid_telephony import Encoder
from tests.hid_dumps import ALL, USED

EVOLVE = ALL["0b0e-0307_evolve-link"]


# -- encoder ------------------------------------------------------------------


@pytest.mark.parametrize("name", USED)
def test_every_write_has_the_declared_length_and_only_lamps_we_use(name: str) -> None:
    found = ALL[name].layout()
    everything = Indication(off_hook=True, ring=True, mute=True, hold=True)
    encoder = Encoder(found, LampPolicy(ringer=True, on_line=True))
    used = encoder.lamps(everything)
    encoded = encoder.encode(everything)
    lengths = {report: len(data) - 1 for report, data in encoded.items()}
    assert set(encoded) == {one.report for one in found.outputs if one.lamp in used}
    assert lengths == {report: found.output_bytes[report] for report in encoded}
    for one in found.outputs:
        if one.report in encoded:
            bits = int.from_bytes(encoded[one.report][1:], "little")
            assert bits >> one.bit & 1 == (one.lamp in used)


@pytest.mark.parametrize(
    ("name", "indication", "written"),
    [
        # the two of the PowerConf were measured on the device, see its recording
        ("291a-3301_powerconf", Indication(off_hook=True), {2: "02 01 00"}),
        ("291a-3301_powerconf", Indication(off_hook=True, hold=True), {2: "02 09 00"}),
        ("0b0e-0307_evolve-link", Indication(ring=True), {2: "02 04 00"}),
        ("0b0e-0307_evolve-link", Indication(off_hook=True, mute=True), {2: "02 13 00"}),
        ("0b0e-0307_evolve-link", Indication(off_hook=True, ring=True), {2: "02 05 00"}),
        ("0b0e-24c9_link-380c", Indication(off_hook=True, mute=True), {2: "02 25 00"}),
        ("1395-00a9_impact-d", Indication(off_hook=True, mute=True), {3: "03 16"}),
        ("1395-0082_sc660", Indication(ring=True), {9: "09 04"}),
        (
            "047f-c053_blackwire-5220",
            Indication(off_hook=True, mute=True),
            {24: "18 00", 23: "17 01", 9: "09 01", 32: "20 00"},
        ),
        (
            "047f-02ec_voyager-base-cd",
            Indication(hold=True),
            {1: "01 00", 5: "05 01", 4: "04 00", 3: "03 00"},
        ),
    ],
)
def test_whole_reports_are_written(
    name: str, indication: Indication, written: dict[int, str]
) -> None:
    encoded = Encoder(ALL[name].layout()).encode(indication)
    assert {report: data.hex(" ") for report, data in encoded.items()} == written


def test_mute_of_a_shared_report_keeps_the_call() -> None:
    encoder = Encoder(EVOLVE.layout())
    assert encoder.encode(Indication(off_hook=True, mute=True))[2][1] & 1


def test_one_report_per_lamp_is_written_in_jabras_order() -> None:
    encoder = Encoder(ALL["047f-c053_blackwire-5220"].layout())
    hold, off_hook = 32, 23
    held = list(encoder.encode(Indication(hold=True)))
    resumed = list(encoder.encode(Indication(off_hook=True)))
    assert held.index(hold) < held.index(off_hook)
    assert resumed.index(off_hook) < resumed.index(hold)


def test_the_policy_says_which_lamps_show_mute() -> None:
    encoder = Encoder(EVOLVE.layout(), LampPolicy(mute=frozenset({Lamp.MICROPHONE})))
    assert encoder.encode(Indication(mute=True)) == {2: b"\x02\x10\x00"}


def test_ringer_and_link_follow_only_when_the_profile_says_so() -> None:
    layout = ALL["0b0e-24c9_link-380c"].layout()
    policy = LampPolicy(ringer=True, on_line=True)
    assert Encoder(layout, policy).encode(Indication(ring=True)) == {2: b"\x02\x88\x00"}
    assert Encoder(layout, policy).encode(Indication(off_hook=True)) == {2: b"\x02\x41\x00"}
    assert Encoder(layout).encode(Indication(ring=True, off_hook=True)) == {2: b"\x02\x09\x00"}


def test_what_is_returned_may_be_changed_by_the_caller() -> None:
    encoder = Encoder(EVOLVE.layout())
    encoder.encode(Indication()).clear()
    assert encoder.encode(Indication()) == {2: b"\x02\x00\x00"}
