"""Tones made here, files that are played, files that are written. No bridge, no device."""

import os
import struct
import threading
import time
import wave
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.audio.extras import Ear, Kit, Music
from bridge.engine.audio.feeder import AHEAD, Feeder
from bridge.engine.audio.pcm import (
    frame_bytes,
    level_dbfs,
    mixed,
    samples,
    sine,
    to_bytes,
    tone_dbfs,
)
from bridge.engine.audio.recorder import Recorder
from bridge.engine.audio.ringer import ringing
from bridge.engine.audio.tunes import (
    digit_tones,
    for_ever,
    frames,
    hold_melody,
    notice_tone,
    recording_tone,
    ring_once,
)
from bridge.engine.audio.wav import BadSoundFile, Converter, frames_of, trouble_with
from bridge.model.ids import CallId
from bridge.model.sound import TONE, Notice, Ring

RATE = 16000
SIZE = frame_bytes(RATE)


def write(path: Path, values: "array[int]", rate_hz: int = RATE, channels: int = 1) -> str:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        for value in values:
            file.writeframesraw(struct.pack("<h", value) * channels)
    return str(path)


# -- made here ----------------------------------------------------------------

KEYS = "123A456B789C*0#D"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)


@pytest.mark.parametrize("key", KEYS)
def test_a_digit_is_its_pair_of_frequencies_and_no_other(key: str) -> None:
    heard = samples(digit_tones(key, RATE)[: 2 * RATE // 10])
    levels = {hz: tone_dbfs(heard, hz, RATE) for hz in (*LOW, *HIGH)}
    at = KEYS.index(key)
    low, high = LOW[at // 4], HIGH[at % 4]
    assert sorted(levels, key=lambda hz: levels[hz])[-2:] == [low, high]
    assert 1 < levels[high] - levels[low] < 3, "Q.24: the high one is a little louder"
    assert max(level for hz, level in levels.items() if hz not in {low, high}) < -40


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("ring", [Ring.EXTERNAL, Ring.INTERNAL, Ring.WAITING])
def test_kinds_of_calls_sound_different_and_are_whole_frames(ring: Ring, rate_hz: int) -> None:
    data = ring_once(ring, rate_hz)
    assert len(data) % frame_bytes(rate_hz) == 0
    others = {ring_once(r, rate_hz) for r in Ring} - {data}
    assert len(others) == 3
    assert ring_once(Ring.OFF, rate_hz) == b""


def test_what_is_heard_in_the_ear_is_quieter_than_what_rings() -> None:
    ring = level_dbfs(samples(ring_once(Ring.EXTERNAL, RATE)[:RATE]))
    beeps = (ring_once(Ring.WAITING, RATE)[:6400], recording_tone(RATE))
    assert all(level_dbfs(samples(beep)) < ring - 6 for beep in beeps)
    assert level_dbfs(samples(hold_melody(RATE))) < ring - 10
    assert level_dbfs(samples(notice_tone(Notice.ANSWERED, RATE))) < ring


@pytest.mark.parametrize("data", [hold_melody(RATE), ring_once(Ring.EXTERNAL, RATE)])
def test_no_click_where_a_tone_begins_ends_or_begins_anew(data: bytes) -> None:
    values = samples(data)
    assert abs(values[0]) < 200
    assert abs(values[-1]) < 200


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8))
def test_two_frames_together_are_their_sum_within_full_scale(one: bytes, two: bytes) -> None:
    both = samples(mixed(one, two))
    sums = [a + b for a, b in zip(samples(one), samples(two), strict=True)]
    assert list(both) == [max(-32767, min(32767, s)) for s in sums]


# -- files --------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000])
def test_a_file_of_any_rate_keeps_its_pitch_and_level(
    tmp_path: Path, rate_hz: int, channels: int
) -> None:
    path = write(tmp_path / "x.wav", sine(700, rate_hz, 0, rate_hz, -12), rate_hz, channels)
    data = b"".join(frames_of(path, RATE))
    assert abs(len(data) / SIZE - 50) <= 1
    assert all(len(frame) == SIZE for frame in frames_of(path, RATE))
    assert abs(tone_dbfs(samples(data)[: RATE // 2], 700, RATE) + 12) < 1
    assert trouble_with(path) == ""


@given(st.lists(st.integers(1, 700), min_size=1, max_size=20), st.sampled_from([8000, 44100]))
def test_blocks_of_any_size_make_no_seam(cuts: list[int], rate_hz: int) -> None:
    source = sine(300, rate_hz, 0, sum(cuts), -12)
    whole = Converter(rate_hz, RATE).feed(source)
    converter, pieces, start = Converter(rate_hz, RATE), array("h"), 0
    for cut in cuts:
        pieces += converter.feed(source[start : start + cut])
        start += cut
    assert len(pieces) == len(whole)
    assert all(abs(a - b) <= 1 for a, b in zip(pieces, whole, strict=True))


def test_what_cannot_be_played_is_said_in_one_sentence(tmp_path: Path) -> None:
    eight_bit = tmp_path / "8bit.wav"
    with wave.open(str(eight_bit), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    (tmp_path / "text.wav").write_text("hello, this is no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    short = write(tmp_path / "short.wav", sine(1, RATE, 0, 10, 0))
    said = {
        str(eight_bit): "found 8 bit",
        str(tmp_path / "text.wav"): "found file does not start with RIFF id",
        str(tmp_path / "empty.wav"): "found no header",
        str(tmp_path / "none.wav"): "there is no such file",
        str(tmp_path): "there is no such file",
        short: "found only 10 samples",
    }
    assert {path: trouble_with(path)[-len(said[path]) :] for path in said} == said
    with pytest.raises(BadSoundFile):
        next(frames_of(str(tmp_path), RATE))


@given(st.binary(max_size=200))
def test_a_file_of_noise_is_refused_or_played_but_never_a_fault(data: bytes) -> None:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"noise-{os.getpid()}.wav"  # removed
    path.write_bytes(b"RIFF" + data)
    try:
        assert isinstance(trouble_with(str(path)), str)
    finally:
        path.unlink()


def test_a_ring_tone_goes_on_for_ever(tmp_path: Path) -> None:
    path = write(tmp_path / "ring.wav", sine(700, RATE, 0, RATE // 5, -12))
    for choice in (TONE, path):
        tune = ringing(choice, Ring.EXTERNAL, RATE)
        assert all(len(next(tune)) == SIZE for _ in range(1000))


# -- a thread that reads ahead ------------------------------------------------


def taken(feeder: Feeder, count: int) -> list[bytes]:
    got: list[bytes] = []
    end = time.monotonic() + 5
    while len(got) < count and time.monotonic() < end:
        frame = feeder.take()
        if frame is not None:
            got.append(frame)
        else:
            time.sleep(0.005)
    return got


def test_a_feeder_repeats_and_reads_no_more_than_it_must() -> None:
    read: list[int] = []

    def make() -> "list[bytes]":
        read.append(1)
        return [b"a", b"b"]

    feeder = Feeder(lambda: iter(make()), iter(()), pytest.fail)
    feeder.start()
    assert taken(feeder, 6) == [b"a", b"b"] * 3
    assert len(read) <= AHEAD
    feeder.stop()
    (thread,) = [t for t in threading.enumerate() if t.name == "snd-file"]
    thread.join(5)
    assert not thread.is_alive()


def test_a_file_that_goes_away_while_it_plays_is_said_and_replaced() -> None:
    def make() -> "list[bytes]":
        raise BadSoundFile("gone")

    said: list[str] = []
    feeder = Feeder(lambda: iter(make()), for_ever(bytes(SIZE), RATE), said.append)
    feeder.start()
    assert taken(feeder, 3) == [bytes(SIZE)] * 3
    feeder.stop()
    assert said == ["gone"]


# -- beside the call ----------------------------------------------------------


def test_the_ear_beeps_over_what_is_said_and_then_no_longer() -> None:
    ear = Ear(RATE)
    frame = to_bytes(sine(300, RATE, 0, SIZE // 2, -20))
    assert ear.heard(frame) is frame
    tone = notice_tone(Notice.ANSWERED, RATE)
    ear.say(tone)
    heard = [ear.heard(frame) for _ in frames(tone, RATE)]
    assert heard[0] != frame
    assert ear.heard(frame) is frame


def test_a_kit_forgets_what_was_for_another_call() -> None:
    kit = Kit(RATE)
    kit.say(recording_tone(RATE))
    kit.clear()
    assert kit.take() == bytes(SIZE)


def test_music_off_is_silence() -> None:
    music = Music("off", RATE, pytest.fail)
    music.play_to("a")
    assert music.take() == bytes(SIZE)
    music.part_from("a")


# -- recordings ---------------------------------------------------------------


class Full(Recorder):
    """Writes to a disk that is full."""

    def _open(self) -> int:
        self.file = "/dev/full"
        return os.open("/dev/full", os.O_WRONLY)


def no_failure(file: str, why: str) -> None:
    raise AssertionError(file + why)


def test_a_recording_is_complete_and_playable_while_it_goes_on(tmp_path: Path) -> None:
    began = threading.Event()
    recorder = Recorder(str(tmp_path), CallId("c"), RATE, lambda _f: began.set(), no_failure)
    assert began.wait(5)
    for frame in frames(hold_melody(RATE), RATE):
        recorder.put(frame)
    end = time.monotonic() + 5
    while Path(recorder.file).stat().st_size < SIZE * 100 and time.monotonic() < end:
        time.sleep(0.05)
    with wave.open(recorder.file) as file:  # as after a power cut
        assert file.getframerate() == RATE
    recorder.finish()
    recorder.join(5)
    with wave.open(recorder.file) as file:
        assert file.readframes(file.getnframes()) == hold_melody(RATE)


def test_a_full_disk_is_said_and_ends_it() -> None:
    said: list[tuple[str, str]] = []
    recorder = Full(
        "/", CallId("c"), RATE, lambda _f: None, lambda file, why: said.append((file, why))
    )
    recorder.put(bytes(SIZE))
    recorder.finish()
    recorder.join(5)
    ((file, why),) = said
    assert file == "/dev/full"
    assert why.startswith("cannot record into /dev/full: no space left on device; make room")


def test_nothing_is_written_over_and_nothing_through_a_link(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        recorder = Recorder(str(tmp_path), CallId("../c"), RATE, lambda _f: None, no_failure)
        recorder.finish()
        recorder.join(5)
        made.append(recorder.file)
    assert len(set(made)) == 2
    assert all(Path(file).parent == tmp_path for file in made)


def test_where_nothing_may_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    where = str(tmp_path / "file")
    recorder = Recorder(where, CallId("c"), RATE, pytest.fail, lambda _f, why: said.append(why))
    recorder.join(5)
    assert said == [
        f"cannot record into {where}: file exists; make room or set recording.directory"
    ]
