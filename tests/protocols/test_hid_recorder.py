"""The text format of hid-recorder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.errors import FileProblems
from bridge.protocols.hid_recorder import Recorded, Recording, read_recording, write_recording
from bridge.protocols.hid_redaction import NOTE
from tests.hid_dumps import DUMPS, NAMES

GOOD = "# note\nD: 0\nR: 2 05 0b\nN: A headset\nP:\nI: 3 0b0e 0307\nE: 000001.000200 3 02 01 00\n"


def test_a_recording_is_read() -> None:
    assert read_recording(GOOD, "f") == Recording(
        "A headset",
        3,
        0x0B0E,
        0x0307,
        b"\x05\x0b",
        (Recorded(1_000_200, b"\x02\x01\x00"),),
        ("note",),
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_dump_is_written_as_it_was_read(name: str) -> None:
    text = (DUMPS / f"{name}.hid").read_text("utf-8")
    assert write_recording(read_recording(text, name)) == text


@pytest.mark.parametrize("name", NAMES)
def test_no_dump_holds_a_serial_number_an_address_or_a_place(name: str) -> None:
    text = (DUMPS / f"{name}.hid").read_text("utf-8")
    recording = read_recording(text, name)
    assert recording.phys == ""
    told = text.replace(NOTE, "")  # what was removed
    assert not re.search(r"[\w.]+@[\w.]+|([0-9a-f]{2}:){5}[0-9a-f]{2}|serial", told, re.IGNORECASE)
    assert any(comment.startswith("source: ") for comment in recording.comments)


@given(
    st.builds(
        Recording,
        name=st.text("ab 1é", max_size=8).map(str.strip),
        bus=st.integers(0, 0xFFFF),
        vendor=st.integers(0, 0xFFFF),
        product=st.integers(0, 0xFFFF),
        descriptor=st.binary(max_size=40),
        reports=st.lists(
            st.builds(Recorded, st.integers(0, 10**12 - 1), st.binary(max_size=9)), max_size=5
        ).map(tuple),
    )
)
def test_whatever_is_written_is_read_back(recording: Recording) -> None:
    assert read_recording(write_recording(recording), "f") == recording


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["f:0: hid-recorder: found no report descriptor", "f:0: hid-recorder: found no ids"]),
        (GOOD.replace("2 05", "3 05"), ["f:3: hid-recorder: found 2 bytes, expected 3"]),
        (GOOD + "E: x\n", ["f:8: hid-recorder: found E: x"]),
        (GOOD + "E: 1.5 1 zz\n", ["f:8: hid-recorder: found E: 1.5"]),
        (GOOD + "E: 000001.000000 2 00\n", ["f:8: hid-recorder: found 1 bytes, expected 2"]),
        (GOOD + "D: 1\n", ["f:8: hid-recorder: found device 1"]),
        (GOOD + "hello\n", ["f:8: hid-recorder: found hello"]),
        (GOOD.replace("I: 3 ", "I: "), ["f:6: hid-recorder: found I: 0b0e"]),
    ],
)
def test_everything_wrong_with_a_recording_is_told(text: str, problems: list[str]) -> None:
    with pytest.raises(FileProblems) as caught:
        read_recording(text, "f")
    said = [str(one) for one in caught.value.problems]
    assert [line.startswith(part) for line, part in zip(said, problems, strict=True)] == [
        True for _ in problems
    ]


@given(st.text("DRNPIE:# 0123456789abcdef.\n", max_size=80))
def test_no_text_makes_anything_else_escape(text: str) -> None:
    try:
        recording = read_recording(text, "f")
    except FileProblems as error:
        assert str(error)  # noqa: PT017  # both ends are fine, nothing else is
    else:
        assert recording.bus >= 0
