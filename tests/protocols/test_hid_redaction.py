"""Recordings hold no serial number, no number that was dialled, no payload nobody understands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.hid import Control, ControlChange
from bridge.protocols.hid_recorder import Recorded, Recording, read_recording, write_recording
from bridge.protocols.hid_redaction import NOTE, redact_recording
from bridge.protocols.hid_telephony import Decoder
from tests.hid_dumps import ALL, NAMES

EVOLVE = ALL["0b0e-0307_evolve-link"]
SERIAL = "0A1B2C3D4E5F"


def recorded(*reports: str) -> tuple[Recorded, ...]:
    return tuple(Recorded(i * 1000, bytes.fromhex(one)) for i, one in enumerate(reports))


def evolve(*reports: str, name: str = "Jabra EVOLVE LINK MS") -> Recording:
    return replace(EVOLVE.recording, name=name, phys="usb-1/input3", reports=recorded(*reports))


def pressed(digits: str) -> Recording:
    """Digits on the Evolve Link's key pad: bits 7 to 10, index of the key."""
    reports = []
    for digit in digits:
        value = "0123456789*#".index(digit)
        reports += [f"02 {((value << 7) & 0xFF):02x} {value >> 1:02x}", "02 00 00"]
    return evolve(*reports)


def dialled(recording: Recording) -> str:
    decoder = Decoder(EVOLVE.layout())
    changes = [c for one in recording.reports for c in decoder.decode(one.report)]
    keys = (c for c in changes if isinstance(c, ControlChange) and c.on)
    return "".join(c.key for c in keys if c.control is Control.KEYPAD)


def test_names_comments_and_port_are_cleaned() -> None:
    found = redact_recording(
        replace(evolve(name=f"Jabra {SERIAL}"), comments=(f"serial {SERIAL}", "+49 30 1234567")),
        (SERIAL,),
    )
    assert found.name == "Jabra ***"
    assert found.phys == ""
    assert found.comments == ("serial ***", "…67", NOTE)


def test_a_serial_number_in_another_case_is_found_and_a_placeholder_is_not_looked_for() -> None:
    assert redact_recording(evolve(name="x 0a1b2c3d4e5f"), (SERIAL,)).name == "x ***"
    assert redact_recording(evolve(name="Jabra 1"), ("1", "")).name == "Jabra 1"


def test_keys_stay_and_vendor_payloads_go() -> None:
    serial = SERIAL.encode().hex(" ")
    payload = f"05 {serial} " + "00 " * (62 - len(SERIAL))
    found = redact_recording(evolve("02 01 00", payload, "02 05 00", "01 01"), (SERIAL,))
    kept = [one.report.hex(" ") for one in found.reports]
    assert kept[0] == "02 01 00"
    assert kept[1] == "05" + " 00" * 62
    assert kept[2] == "02 05 00"
    assert [one.at_us for one in found.reports] == [0, 1000, 2000, 3000]
    assert len(found.reports[3].report) == 2
    assert SERIAL.encode() not in b"".join(one.report for one in found.reports)


def test_reports_of_an_unknown_id_or_length_keep_neither_their_bits() -> None:
    found = redact_recording(evolve("63 31 32 33", "02 ff ff ff ff"))
    assert [one.report.hex(" ") for one in found.reports] == ["63 00 00 00", "02 ff 07 00 00"]


@pytest.mark.parametrize("digits", ["1234", "123456789*#", "12345", "56789"])
def test_extensions_and_trying_the_keys_stay(digits: str) -> None:
    assert dialled(redact_recording(pressed(digits))) == digits


@pytest.mark.parametrize("digits", ["31234", "4915112345678", "112233", "98765"])
def test_a_number_that_was_dialled_goes_but_the_presses_stay(digits: str) -> None:
    assert dialled(redact_recording(pressed(digits))) == "1" * len(digits)


LINK = ALL["0b0e-24c9_link-380c"].recording  # its key pad has a null state
REST_OUT_OF_RANGE = 15


def pad(*values: int) -> Recording:
    """Values of the key pad of the Link 380, bits 7 to 10 of report 2."""
    reports = (b"\x02" + (value << 7).to_bytes(2, "little") for value in values)
    return replace(LINK, reports=tuple(Recorded(i * 1000, one) for i, one in enumerate(reports)))


def values_of(recording: Recording) -> list[int]:
    return [int.from_bytes(one.report[1:3], "little") >> 7 & 15 for one in recording.reports]


@pytest.mark.parametrize(
    ("rest", "dialled_values", "left"),
    [(0, (4, 9, 1, 7, 6), (1, 1, 1, 1, 1)), (REST_OUT_OF_RANGE, (4, 0, 1, 7, 6), (1, 1, 1, 1, 1))],
)
def test_a_key_pad_with_a_null_state_tells_no_number_and_keeps_its_rest(
    rest: int, dialled_values: tuple[int, ...], left: tuple[int, ...]
) -> None:
    pressed_and_released = [rest, *(one for value in dialled_values for one in (value, rest))]
    found = redact_recording(pad(*pressed_and_released))
    assert values_of(found) == [rest, *(one for value in left for one in (value, rest))]


def test_a_device_that_cannot_be_understood_keeps_no_report() -> None:
    broken = replace(evolve("02 01 00"), descriptor=b"\xfe")
    assert redact_recording(broken).reports == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_dumps_of_the_tests_are_clean(name: str) -> None:
    recording = ALL[name].recording
    cleaned = redact_recording(recording)
    assert (recording.phys, cleaned.phys) == ("", "")
    assert cleaned.reports == recording.reports


@given(st.sampled_from(NAMES), st.lists(st.binary(max_size=70), max_size=20), st.text(max_size=20))
def test_redacting_twice_changes_nothing_more(name: str, reports: list[bytes], serial: str) -> None:
    recording = replace(
        ALL[name].recording,
        reports=tuple(Recorded(0, one) for one in reports),
        comments=(serial,),
    )
    once = redact_recording(recording, (serial,))
    assert redact_recording(once, (serial,)) == once
    text = write_recording(once)
    assert write_recording(read_recording(text, "x")) == text
