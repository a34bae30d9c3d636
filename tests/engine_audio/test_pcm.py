"""Arithmetic on frames: levels, fades, tones."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.audio import pcm

RATE_HZ = 16000
FRAME = pcm.frame_bytes(RATE_HZ)
frames = st.lists(st.integers(-32768, 32767), min_size=320, max_size=320).map(
    lambda values: pcm.to_bytes(array("h", values))
)


@pytest.mark.parametrize(
    ("rate_hz", "size"), [(8000, 320), (16000, 640), (32000, 1280), (44100, 1764), (48000, 1920)]
)
def test_a_frame_is_20_ms(rate_hz: int, size: int) -> None:
    assert pcm.frame_bytes(rate_hz) == size


@given(frames)
def test_fading_out_begins_as_the_frame_and_ends_in_silence(frame: bytes) -> None:
    faded = pcm.samples(pcm.fade_out(frame))
    assert len(faded) == 320
    assert faded[0] == pcm.samples(frame)[0]
    assert abs(faded[-1]) <= 32768 // 320 + 1


@given(frames)
def test_fading_in_begins_in_silence(frame: bytes) -> None:
    faded = pcm.samples(pcm.fade_in(frame))
    assert len(faded) == 320
    assert faded[0] == 0


@pytest.mark.parametrize("dbfs", [0.0, -12.0, -40.0])
@pytest.mark.parametrize("hz", [300.0, 440.0, 1000.0, 3400.0])
def test_a_tone_is_measured_at_its_level(hz: float, dbfs: float) -> None:
    heard = pcm.sine(hz, RATE_HZ, 0, 3200, dbfs)
    assert pcm.tone_dbfs(heard, hz, RATE_HZ) == pytest.approx(dbfs, abs=0.2)
    assert pcm.level_dbfs(heard) == pytest.approx(dbfs, abs=0.2)


@pytest.mark.parametrize("other_hz", [400.0, 460.0, 880.0, 1000.0])
def test_another_tone_is_not_taken_for_it(other_hz: float) -> None:
    heard = pcm.sine(440, RATE_HZ, 0, 3200, -6)
    assert pcm.tone_dbfs(heard, other_hz, RATE_HZ) < -50


@pytest.mark.parametrize("heard", [array("h"), array("h", bytes(6400))])
def test_silence_has_the_floor_level(heard: "array[int]") -> None:
    assert pcm.level_dbfs(heard) == pcm.FLOOR_DBFS
    assert pcm.tone_dbfs(heard, 440, RATE_HZ) == pcm.FLOOR_DBFS


def test_a_sine_goes_on_without_a_jump() -> None:
    whole = pcm.sine(440, RATE_HZ, 0, 640, -6)
    assert pcm.sine(440, RATE_HZ, 0, 320, -6) + pcm.sine(440, RATE_HZ, 320, 320, -6) == whole
