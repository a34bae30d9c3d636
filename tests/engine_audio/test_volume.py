"""Volumes: how they are written, and what they do to samples."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.audio.pcm import level_dbfs, peak_dbfs, samples, sine, to_bytes, tone_dbfs
from bridge.engine.audio.volume import CEILING, Volume
from bridge.model.sound import MAX_FACTOR, factor_of, percent_of

RATE_HZ = 16000
FRAME = 320


def spoken(dbfs: float, frames: int = 25, hz: float = 440) -> list[bytes]:
    """A sine in frames."""
    data = to_bytes(sine(hz, RATE_HZ, 0, frames * FRAME, dbfs))
    return [data[i : i + 2 * FRAME] for i in range(0, len(data), 2 * FRAME)]


def heard(volume: Volume, frames: list[bytes]) -> bytes:
    """All of it at a volume."""
    return b"".join(volume.of(frame) for frame in frames)


@pytest.mark.parametrize(
    ("written", "factor"),
    [
        ("100", 1.0),
        ("100 %", 1.0),
        ("0%", 0.0),
        ("50", 0.125),
        ("150", 3.375),
        ("0 dB", 1.0),
        ("-6 dB", 0.501),
        ("+6dB", 1.995),
        ("-99.9 dB", 0.0),
    ],
)
def test_per_cent_and_decibels(written: str, factor: float) -> None:
    assert factor_of(written) == pytest.approx(factor, abs=0.001)


@pytest.mark.parametrize("written", ["", "151", "-1", "loud", "+12 dB", "1.5", "100 dB", "70 % "])
def test_what_is_no_volume_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected 0 to 150 %"):
        factor_of(written)


@given(st.integers(0, 150))
def test_per_cent_survive_the_way_there_and_back(percent: int) -> None:
    assert percent_of(factor_of(str(percent))) == percent


def test_full_volume_passes_frames_as_they_are() -> None:
    frame = spoken(-12)[0]
    assert Volume().of(frame) is frame


@pytest.mark.parametrize("db", [-20.0, -6.0, 6.0])
def test_the_level_changes_by_what_was_asked(db: float) -> None:
    said = heard(Volume(10 ** (db / 20)), spoken(-12))
    assert level_dbfs(samples(said)) == pytest.approx(-12 + db, abs=0.1)


def test_nothing_is_heard_at_zero() -> None:
    volume = Volume(0.0)
    assert heard(volume, spoken(-12)) == bytes(25 * 2 * FRAME)


def test_a_loud_word_is_held_back_and_not_distorted() -> None:
    volume = Volume(MAX_FACTOR)
    said = samples(heard(volume, spoken(-3))[4 * FRAME :])
    assert max(said) <= math.ceil(CEILING)
    fundamental = tone_dbfs(said, 440, RATE_HZ)
    assert fundamental == pytest.approx(-0.3, abs=0.2)
    assert tone_dbfs(said, 1320, RATE_HZ) < fundamental - 50, "clipping makes a third harmonic"


def test_after_a_loud_word_a_quiet_one_is_loud_again() -> None:
    volume = Volume(MAX_FACTOR)
    heard(volume, spoken(-1))
    said = heard(volume, spoken(-40, frames=60))
    assert level_dbfs(samples(said[-20 * FRAME :])) == pytest.approx(-28, abs=0.2)


def test_turning_makes_no_click() -> None:
    volume = Volume(1.0)
    frames = spoken(-12, frames=10)
    before = heard(volume, frames[:5])
    volume.factor = 0.2
    said = samples(before + heard(volume, frames[5:]))
    steepest = max(abs(b - a) for a, b in pairwise(said))
    unturned = samples(b"".join(frames))
    assert steepest <= max(abs(b - a) for a, b in pairwise(unturned))


@given(
    st.lists(st.binary(min_size=2 * FRAME, max_size=2 * FRAME), min_size=1, max_size=4),
    st.lists(st.floats(0, MAX_FACTOR), min_size=4, max_size=4),
)
def test_no_sound_and_no_turning_breaks_it(frames: list[bytes], factors: list[float]) -> None:
    volume = Volume()
    for frame, factor in zip(frames, factors, strict=False):
        volume.factor = factor
        said = volume.of(frame)
        assert len(said) == len(frame)
        assert peak_dbfs(samples(said)) <= 0
