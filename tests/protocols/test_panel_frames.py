"""Frames of the serial key panel: whatever the line does to them, a frame is whole or not there."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drivers.virtual import panel_firmware
from bridge.protocols.panel_frames import (
    MAX_PAYLOAD,
    MAX_STUFFED,
    Damage,
    Deframer,
    Frame,
    encode_frame,
    stuff,
    unstuff,
)

payloads = st.one_of(st.binary(max_size=40), st.binary(max_size=MAX_PAYLOAD))
frames = st.builds(
    Frame,
    kind=st.integers(0, 255),
    session=st.integers(0, 255),
    sequence=st.integers(0, 0xFFFF),
    payload=payloads,
)
SMALL = Frame(0x42, 9, 0x0102, b"\x00\x12\x01\x00")

pytestmark = pytest.mark.timeout(900)  # with --all Hypothesis tries 1500 examples


# The examples of the paper (Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999) and
# the edges of a full run.
@pytest.mark.parametrize(
    ("data", "stuffed"),
    [
        (b"", "01"),
        (b"\x00", "01 01"),
        (b"\x00\x00", "01 01 01"),
        (b"\x11\x22\x00\x33", "03 11 22 02 33"),
        (b"\x11\x22\x33\x44", "05 11 22 33 44"),
        (b"\x11\x00\x00\x00", "02 11 01 01 01"),
        (bytes(range(1, 255)), "ff " + bytes(range(1, 255)).hex(" ") + " 01"),
        (bytes(range(255)), "01 ff " + bytes(range(1, 255)).hex(" ") + " 01"),
        (bytes(range(1, 256)), "ff " + bytes(range(1, 255)).hex(" ") + " 02 ff"),
    ],
)
def test_stuffing_is_that_of_the_paper(data: bytes, stuffed: str) -> None:
    assert stuff(data).hex(" ") == stuffed
    assert unstuff(stuff(data)) == data


@given(st.binary(max_size=1100))
def test_both_ends_stuff_alike_and_no_zero_remains(data: bytes) -> None:
    assert stuff(data) == panel_firmware.stuff(data)
    assert 0 not in stuff(data)
    assert unstuff(stuff(data)) == panel_firmware.unstuff(stuff(data)) == data


@given(st.binary(max_size=600))
def test_both_ends_refuse_the_same_nonsense(data: bytes) -> None:
    assert unstuff(data) == panel_firmware.unstuff(data)


def test_the_sample_of_the_page_is_what_is_sent() -> None:
    assert encode_frame(SMALL).hex(" ") == "00 05 42 09 02 01 03 12 01 05 ce 91 13 ed 00"


@given(frames)
def test_a_frame_arrives_as_it_was_sent(frame: Frame) -> None:
    data = encode_frame(frame)
    assert len(data) <= MAX_STUFFED + 2
    assert Deframer().feed(data) == [frame]


@given(st.lists(frames, min_size=1, max_size=3), st.data())
def test_where_the_stream_is_cut_does_not_matter(some: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(encode_frame(frame) for frame in some)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    deframer = Deframer()
    found = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += deframer.feed(stream[begin:end])
    assert found == some
    assert not deframer.damaged


def test_every_byte_may_come_alone() -> None:
    deframer = Deframer()
    found = [frame for byte in encode_frame(SMALL) * 2 for frame in deframer.feed(bytes([byte]))]
    assert found == [SMALL, SMALL]


@given(st.binary(max_size=700), frames)
def test_after_noise_the_very_next_frame_is_heard(noise: bytes, frame: Frame) -> None:
    assert Deframer().feed(noise + encode_frame(frame))[-1] == frame


@given(frames, st.data())
def test_a_frame_cut_short_is_nothing_and_harms_no_other(frame: Frame, data: st.DataObject) -> None:
    whole = encode_frame(frame)
    begin = whole[: data.draw(st.integers(0, len(whole) - 2))]
    assert Deframer().feed(begin + encode_frame(SMALL)) == [SMALL]


@given(frames, st.data())
def test_a_changed_byte_is_noticed(frame: Frame, data: st.DataObject) -> None:
    whole = bytearray(encode_frame(frame))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    heard = Deframer().feed(bytes(whole))
    is_delimiter = place in {0, len(whole) - 1}
    assert heard in ([], [frame]) if is_delimiter else heard == []


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"\x05\x01\x00", Damage.STUFFING),
        (b"\x03\x01\x02\x00", Damage.TOO_SHORT),
        (bytes([10]) + b"\x01" * 9 + b"\0", Damage.CHECKSUM),
        (b"\x01" * (MAX_STUFFED + 1) + b"\0", Damage.TOO_LONG),
        (b"\x01" * 100_000, Damage.TOO_LONG),
    ],
    ids=lambda one: one.value if isinstance(one, Damage) else "",
)
def test_what_is_no_frame_is_counted_by_reason_once(stream: bytes, reason: Damage) -> None:
    deframer = Deframer()
    assert deframer.feed(stream) == []
    assert deframer.damaged == {reason: 1}
    assert deframer.feed(encode_frame(SMALL)) == [SMALL]


def test_a_frame_longer_than_agreed_is_not_made() -> None:
    with pytest.raises(ValueError, match="513 bytes of payload, at most 512"):
        encode_frame(Frame(0x42, payload=bytes(MAX_PAYLOAD + 1)))


def test_the_check_is_the_crc_32_of_the_page() -> None:
    assert binascii.crc32(b"123456789") == 0xCBF43926
