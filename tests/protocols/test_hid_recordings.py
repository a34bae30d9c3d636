"""Bytes that real devices were seen to send, quoted by others; sources in ``tests/dumps``."""

import json
from pathlib import Path

import pytest

from bridge.model.hid import Control, ControlChange, Indication, Lamp, Style
from bridge.profiles.model import LampPolicy
from bridge.protocols.hid_roles import Input, Layout, Output
from bridge.protocols.hid_telephony import Decoder, Encoder
from tests.hid_dumps import ALL, DUMPS

RECORDINGS = DUMPS / "recordings"
ONE_BIT = 1


def frames(name: str, direction: str) -> list[bytes]:
    facts = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
    return [
        bytes.fromhex(frame["bytes"])
        for frame in facts["frames"]
        if frame["direction"] == direction and frame["bytes"] and not frame.get("partial")
    ]


def key(control: Control, report: int, bit: int, style: Style = Style.PULSE) -> Input:
    return Input(control, report, bit, ONE_BIT, style, None)


def changes(decoder: Decoder, reports: list[bytes]) -> list[tuple[Control, bool]]:
    heard = [one for report in reports for one in decoder.decode(report)]
    assert all(isinstance(one, ControlChange) for one in heard)
    return [(one.control, one.on) for one in heard if isinstance(one, ControlChange)]


def lamp(one: Lamp, report: int, bit: int) -> Output:
    return Output(one, report, bit, ONE_BIT, None)


# The bits of report 3 as the source lists them; its descriptor was never published.
SPEAK_510 = Layout(
    numbered=True,
    inputs=(
        key(Control.HOOK, 3, 0, Style.LEVEL),
        key(Control.LINE_BUSY, 3, 1, Style.LEVEL),
        key(Control.MUTE, 3, 4),
        key(Control.FLASH, 3, 5),
        *(Input(Control.KEYPAD, 3, 8, 4, Style.LEVEL, None, str(i), 1, i) for i in range(1, 10)),
    ),
    outputs=(lamp(Lamp.OFF_HOOK, 3, 0), lamp(Lamp.MUTE, 3, 2), lamp(Lamp.RING, 3, 3)),
    input_bytes={3: 2},
    output_bytes={3: 2},
)


def test_speak_510_mute_in_a_call_is_one_pulse_and_no_key_pad() -> None:
    decoder = Decoder(SPEAK_510)
    decoder.decode(bytes.fromhex("03 03 00"))  # its answer to the Off-Hook lamp
    mute, busy_end = Control.MUTE, frames("0b0e-0422-jabra-speak-510", "input")
    assert changes(decoder, busy_end) == [(mute, True), (mute, False)]


def test_speak_510_is_written_as_measured() -> None:
    encoder = Encoder(SPEAK_510, LampPolicy())
    states = [Indication(off_hook=True), Indication(off_hook=True, mute=True)]
    states.append(Indication(off_hook=True))
    written = [encoder.encode(state)[3] for state in states]
    assert written == frames("0b0e-0422-jabra-speak-510", "output")


def test_engage_50_answer_key_is_heard_in_the_first_report() -> None:
    layout = Layout(True, (key(Control.HOOK, 2, 0, Style.LEVEL),), (), {2: 2}, {})
    heard = changes(Decoder(layout), frames("0b0e-4001-jabra-engage-50", "input"))
    assert heard == [(Control.HOOK, True)]


# F0: hook in bit 0, mute in bit 1; FF: volume. Its descriptor was never published.
CALISTO = Layout(
    numbered=True,
    inputs=(
        key(Control.HOOK, 0xF0, 0, Style.LEVEL),
        key(Control.MUTE, 0xF0, 1),
        key(Control.VOLUME_UP, 0xFF, 0),
        key(Control.VOLUME_DOWN, 0xFF, 1),
    ),
    outputs=(),
    input_bytes={0xF0: 1, 0xFF: 1},
    output_bytes={},
)


def test_calisto_double_frames_are_one_press() -> None:
    start, stop, mute, rest = (bytes([0xF0, bits]) for bits in (1, 0, 3, 1))
    twice = [start, start, mute, mute, rest, rest, stop, stop]
    assert changes(Decoder(CALISTO), twice) == [
        (Control.HOOK, True),
        (Control.MUTE, True),
        (Control.MUTE, False),
        (Control.HOOK, False),
    ]


def test_calisto_frames_are_all_understood() -> None:
    heard = changes(Decoder(CALISTO), frames("047f-014c-plantronics-calisto-3200", "input"))
    assert heard == [
        (Control.VOLUME_UP, True),
        (Control.VOLUME_UP, False),
        (Control.VOLUME_DOWN, True),
        (Control.HOOK, True),
        (Control.HOOK, False),
        (Control.HOOK, True),
        (Control.MUTE, True),
        (Control.HOOK, False),
    ]


def test_the_teams_key_of_a_yealink_is_no_hook() -> None:
    layout = ALL["6993-b02b_wh66"].layout()  # WH64 has no published descriptor, WH66 is its sibling
    teams = [one for one in frames("6993-b0ae-yealink-wh64", "input") if one[0] == 0x9B]
    assert changes(Decoder(layout), teams) == [(Control.TEAMS, True), (Control.TEAMS, False)]


def test_power_conf_is_written_as_measured() -> None:
    encoder = Encoder(ALL["291a-3301_powerconf"].layout(), LampPolicy(frozenset({Lamp.MICROPHONE})))
    off_hook, mute, hold = Indication(off_hook=True), True, True
    written = [
        encoder.encode(off_hook)[2],
        encoder.encode(Indication(off_hook=True, mute=mute))[2],
        encoder.encode(Indication(off_hook=True, hold=hold))[2],
    ]
    assert written == frames("291a-3301-anker-powerconf", "output")


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recording_names_its_source(path: Path) -> None:
    assert json.loads(path.read_text("utf-8"))["source"]
