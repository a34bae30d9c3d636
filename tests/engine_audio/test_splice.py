"""Sound told faster: what is cut out is not missed."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.audio.pcm import frame_bytes, level_dbfs, samples, to_bytes
from bridge.engine.audio.splice import shortened

frames = st.binary(min_size=640, max_size=640)


def voice(hz: float, rate_hz: int, count: int) -> "array[int]":
    """A vowel: harmonics whose levels and phases differ."""
    peaks = [(k * hz, 3000 / k, k * k * 0.3) for k in range(1, int(1500 / hz))]
    turn = 2 * math.pi / rate_hz
    return array(
        "h",
        [
            round(sum(peak * math.cos(turn * f * i + phase) for f, peak, phase in peaks))
            for i in range(count)
        ],
    )


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("hz", [85.0, 123.0, 220.0, 305.0])
def test_a_voice_loses_whole_periods_and_no_level(hz: float, rate_hz: int) -> None:
    size = frame_bytes(rate_hz)
    said = voice(hz, rate_hz, size)  # two frames
    data = to_bytes(said)
    heard = samples(shortened(data[:size], data[size:]))
    periods = (len(said) - len(heard)) * hz / rate_hz
    assert abs(periods - round(periods)) < 0.06
    assert level_dbfs(heard) == pytest.approx(level_dbfs(said), abs=0.5)


@given(frames, frames)
def test_it_begins_as_the_first_and_ends_as_the_second(first: bytes, second: bytes) -> None:
    heard = shortened(first, second)
    assert 640 <= len(heard) <= 960
    assert heard[:2] == first[:2]
    assert heard[-320:] == second[-320:]


def test_of_silence_a_whole_frame_goes() -> None:
    assert shortened(bytes(640), bytes(640)) == bytes(640)
