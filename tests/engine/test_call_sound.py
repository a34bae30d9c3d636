"""What the parties of a call hear, by tones: conference, hold, recording, digits, beeps."""

import asyncio
import math
import os
import struct
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridge.engine.audio.pcm import tone_dbfs
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    JoinCalls,
    RecordCall,
    ResumeCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
    SoundNotice,
)
from bridge.model.engine import AccountSettings, Dtmf, RecordingSettings
from bridge.model.events import (
    CallConnected,
    CallEnded,
    DtmfReceived,
    HoldChanged,
    MediaChanged,
    OrderFailed,
    RecordingChanged,
    SoundChanged,
)
from bridge.model.ids import CallId
from bridge.model.sound import Notice, Ring, Ringtones, SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, connect, quiet_settings
from tests.engine.tones import hears, loud, silent

pytestmark = pytest.mark.sip

A, B, C = 500.0, 1100.0, 1900.0
MUSIC = 700.0
BEEP, WAITING, NOTICE = 1400.0, 425.0, 880.0
MELODY = 523.0
LISTEN = (A, B, C, MUSIC, BEEP, WAITING, NOTICE, MELODY, 697.0, 1209.0, 941.0, 1477.0)


def faint(dbfs: float) -> bool:
    """As loud as beeps and music made here are."""
    return dbfs > -40.0


def telephone(user: str, hz: float, **more: object) -> Phone:
    recording = more.pop("recording", RecordingSettings())
    dtmf = more.pop("dtmf", Dtmf.RFC4733)
    sound = SoundSettings(
        backend=SoundBackend.TEST,
        test_tone_hz=hz,
        test_listen_hz=LISTEN,
        **more,  # type: ignore[arg-type]  # by name
    )
    settings = quiet_settings(sound=sound, recording=recording, codecs=("G722", "PCMA"))
    return Phone(user, settings, [AccountSettings(LINE, user, dtmf=dtmf)])  # type: ignore[arg-type]


def write_tone(path: Path, hz: float, rate_hz: int, channels: int, seconds: float = 2.0) -> str:
    count = int(rate_hz * seconds)
    values = [round(8000 * math.sin(2 * math.pi * hz * i / rate_hz)) for i in range(count)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        for value in values:
            file.writeframesraw(struct.pack("<h", value) * channels)
    return str(path)


# -- conference ---------------------------------------------------------------


@pytest.fixture
async def joined() -> AsyncIterator[tuple[list[Phone], CallId, CallId]]:
    """A is in a call with B and in one with C."""
    async with AsyncExitStack() as stack:
        tones = {"a": A, "b": B, "c": C}
        phones = [
            await stack.enter_async_context(telephone(user, hz, hold_music="off"))
            for user, hz in tones.items()
        ]
        a, b, c = phones
        with_b, _ = await connect(a, b)
        with_c, _ = await connect(a, c)
        a.engine.order(JoinCalls(with_b, with_c, joined=True))
        yield phones, with_b, with_c


async def hear(phone: Phone, loud_at: tuple[float, ...], silent_at: tuple[float, ...]) -> None:
    for hz in loud_at:
        await hears(phone, hz, loud)
    for hz in silent_at:
        await hears(phone, hz, silent)


async def test_in_a_conference_each_hears_both_others_and_not_himself(
    joined: tuple[list[Phone], CallId, CallId],
) -> None:
    (a, b, c), with_b, with_c = joined
    await hear(a, (B, C), (A,))
    await hear(b, (A, C), (B,))
    await hear(c, (A, B), (C,))
    a.engine.order(JoinCalls(with_b, with_c, joined=False))
    await hear(b, (A,), (B, C))
    await hear(c, (A,), (B, C))


async def test_a_muted_host_leaves_the_others_together(
    joined: tuple[list[Phone], CallId, CallId],
) -> None:
    (a, b, c), with_b, with_c = joined
    for call in (with_b, with_c):
        a.engine.order(SetMicrophone(call, muted=True))
    await hear(b, (C,), (A,))
    await hear(c, (B,), (A,))
    await hear(a, (B, C), (A,))


async def test_a_held_party_is_out_of_the_conference_and_comes_back(
    joined: tuple[list[Phone], CallId, CallId],
) -> None:
    (a, b, c), with_b, _ = joined
    a.engine.order(HoldCall(with_b))
    await hear(b, (), (A, C))
    await hear(c, (A,), (B,))
    await hear(a, (C,), (B,))
    a.engine.order(ResumeCall(with_b))
    await hear(b, (A, C), ())
    await hear(c, (A, B), ())


async def test_one_party_hangs_up_and_the_others_go_on(
    joined: tuple[list[Phone], CallId, CallId],
) -> None:
    (a, b, c), with_b, with_c = joined
    await a.hangs_up(with_b)
    await hear(c, (A,), (B,))
    await hear(a, (C,), (B,))
    again, _ = await connect(a, b)  # in the slot that is free now: not in the conference
    await hear(b, (A,), (C,))
    await hear(c, (A,), (B,))
    a.engine.order(JoinCalls(again, with_c, joined=True))
    await hear(b, (A, C), ())


async def test_joining_with_a_call_that_is_not_there_fails(
    joined: tuple[list[Phone], CallId, CallId],
) -> None:
    (a, _, _), with_b, _ = joined
    a.engine.order(JoinCalls(with_b, CallId("nobody"), joined=True))
    failed = await a.log.until(OrderFailed, with_b)
    assert failed.reason == "there is no such other call (any more)"


# -- music on hold ------------------------------------------------------------


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 2), (44100, 2)])
async def test_whoever_is_held_hears_the_file(tmp_path: Path, rate_hz: int, channels: int) -> None:
    music = write_tone(tmp_path / "music.wav", MUSIC, rate_hz, channels)
    async with telephone("a", A, hold_music=music) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        await hears(b, A, loud)
        a.engine.order(HoldCall(ours))
        await hear(b, (MUSIC,), (A,))
        await hear(a, (), (B,))
        await asyncio.sleep(2.2)  # longer than the file: it begins anew, and nothing closes it
        await hear(b, (MUSIC,), (A,))
        a.engine.order(ResumeCall(ours))
        await hear(b, (A,), (MUSIC,))


async def test_without_a_file_he_hears_a_quiet_melody() -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        a.engine.order(HoldCall(ours))
        await hears(b, MELODY, faint)
        await hears(b, A, silent)


async def test_or_nothing_by_setting() -> None:
    async with telephone("a", A, hold_music="off") as a, telephone("b", B) as b:
        ours, theirs = await connect(a, b)
        a.engine.order(HoldCall(ours))
        await b.log.until(HoldChanged, theirs)
        await asyncio.sleep(1)
        assert (await b.engine.sound_stats()).rms_dbfs < -60


@pytest.mark.parametrize("content", [None, b"", b"RIFF\x00\x00\x00\x00WAVE", b"x" * 5000])
async def test_a_bad_file_is_said_once_and_the_melody_plays(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "bad.wav"
    if content is not None:
        path.write_bytes(content)
    async with telephone("a", A, hold_music=str(path)) as a, telephone("b", B) as b:
        said = await a.log.until(SoundChanged)
        assert said.note.startswith(f"cannot play {path}: ")
        ours, _ = await connect(a, b)
        a.engine.order(HoldCall(ours))
        await hears(b, MELODY, faint)
        assert len(a.log.of(SoundChanged)) == 1


async def until_closed(phone: Phone) -> None:
    async with asyncio.timeout(10):
        while (await phone.engine.sound_stats()).running:  # noqa: ASYNC110  # in another process
            await asyncio.sleep(0.1)


async def test_while_only_music_plays_the_microphone_is_closed() -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        a.engine.order(HoldCall(ours))
        await until_closed(a)
        await hears(b, MELODY, faint)


async def test_two_held_parties_hear_music_and_one_of_them_comes_back() -> None:
    async with (
        telephone("a", A) as a,
        telephone("b", B) as b,
        telephone("c", C) as c,
    ):
        first, _ = await connect(a, b)
        second, _ = await connect(a, c)
        for call in (first, second):
            a.engine.order(HoldCall(call))
        await hears(b, MELODY, faint)
        await hears(c, MELODY, faint)
        await a.hangs_up(first)
        await hears(c, MELODY, faint)
        a.engine.order(ResumeCall(second))
        await hear(c, (A,), ())


# -- recording ----------------------------------------------------------------


def heard_in(path: str, hz: float) -> float:
    """Level of a tone in the last second of a recording."""
    with wave.open(path) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        rate = file.getframerate()
        file.setpos(max(0, file.getnframes() - rate))
        return tone_dbfs(array("h", file.readframes(rate)), hz, rate)


def mode_of(path: str) -> int:
    return Path(path).stat().st_mode & 0o777


async def stopped(phone: Phone, call: CallId) -> RecordingChanged:
    return await phone.log.until(RecordingChanged, call, where=lambda e: not e.on)


async def complete(path: str) -> None:
    """Wait until the writing thread has closed the file."""
    async with asyncio.timeout(5):
        while True:
            with wave.open(path) as file:
                size = file.getnframes() * 2 + 44
            if size == os.path.getsize(path) and size > 44:  # noqa: ASYNC240, PTH202  # a moment
                return
            await asyncio.sleep(0.1)


async def test_both_ends_are_recorded_into_a_private_file(tmp_path: Path) -> None:
    where = tmp_path / "state" / "recordings"
    async with (
        telephone("a", A, recording=RecordingSettings(str(where), tone=False)) as a,
        telephone("b", B) as b,
    ):
        ours, _ = await connect(a, b)
        a.engine.order(RecordCall(ours, on=True))
        began = await a.log.until(RecordingChanged, ours)
        assert began.on
        await asyncio.sleep(1.5)
        a.engine.order(RecordCall(ours, on=False))
        ended = await stopped(a, ours)
        assert (ended.file, ended.reason) == (began.file, "")
        await complete(ended.file)
    assert (mode_of(ended.file), mode_of(str(where))) == (0o600, 0o700)
    assert ended.file.endswith(f"Z-{ours}.wav")
    assert heard_in(ended.file, A) > -30
    assert heard_in(ended.file, B) > -30


async def test_a_muted_microphone_is_not_recorded(tmp_path: Path) -> None:
    async with (
        telephone("a", A, recording=RecordingSettings(str(tmp_path), tone=False)) as a,
        telephone("b", B) as b,
    ):
        ours, _ = await connect(a, b)
        a.engine.order(SetMicrophone(ours, muted=True))
        a.engine.order(RecordCall(ours, on=True))
        await a.log.until(RecordingChanged, ours)
        await asyncio.sleep(1.5)
        await a.hangs_up(ours)
        ended = await stopped(a, ours)
        assert ended.reason == "the call ended"
        await complete(ended.file)
    assert heard_in(ended.file, A) < -60
    assert heard_in(ended.file, B) > -30


async def test_both_ends_hear_that_they_are_recorded(tmp_path: Path) -> None:
    async with (
        telephone("a", A, recording=RecordingSettings(str(tmp_path))) as a,
        telephone("b", B) as b,
    ):
        ours, _ = await connect(a, b)
        both = asyncio.gather(hears(a, BEEP, faint), hears(b, BEEP, faint))
        a.engine.order(RecordCall(ours, on=True))
        await both
        a.engine.order(RecordCall(ours, on=False))
        await stopped(a, ours)


async def test_a_full_disk_ends_the_recording_and_not_the_call() -> None:
    async with (
        telephone("a", A, recording=RecordingSettings("/dev/full/x")) as a,
        telephone("b", B) as b,
    ):
        ours, _ = await connect(a, b)
        a.engine.order(RecordCall(ours, on=True))
        ended = await stopped(a, ours)
        assert ended.reason.startswith("cannot record into /dev/full/x: not a directory; make room")
        await hears(b, A, loud)
        assert a.log.of(CallEnded) == []


async def test_without_a_directory_recording_fails_with_words() -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        a.engine.order(RecordCall(ours, on=True))
        failed = await a.log.until(OrderFailed, ours)
        assert "recording.directory" in failed.reason


async def test_a_recorded_conference_has_all_three(tmp_path: Path) -> None:
    async with (
        telephone("a", A, recording=RecordingSettings(str(tmp_path), tone=False)) as a,
        telephone("b", B) as b,
        telephone("c", C) as c,
    ):
        with_b, _ = await connect(a, b)
        with_c, _ = await connect(a, c)
        a.engine.order(RecordCall(with_b, on=True))
        await a.log.until(RecordingChanged, with_b)
        a.engine.order(JoinCalls(with_b, with_c, joined=True))
        await hear(b, (A, C), ())
        await asyncio.sleep(1.5)
        a.engine.order(RecordCall(with_b, on=False))
        ended = await stopped(a, with_b)
        await complete(ended.file)
    assert all(heard_in(ended.file, hz) > -30 for hz in (A, B, C))


# -- digits -------------------------------------------------------------------


async def test_digits_by_info_reach_the_other_end() -> None:
    async with telephone("a", A, dtmf=Dtmf.INFO) as a, telephone("b", B) as b:
        ours, theirs = await connect(a, b)
        a.engine.order(SendDtmf(ours, "1#"))
        await b.log.until(DtmfReceived, theirs, where=lambda e: e.digit == "#")
        assert [e.digit for e in b.log.of(DtmfReceived)] == ["1", "#"]


async def test_digits_in_band_are_pairs_of_tones_without_the_microphone() -> None:
    async with telephone("a", A, dtmf=Dtmf.INBAND) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        await hears(b, A, loud)
        one = asyncio.gather(hears(b, 697.0, loud), hears(b, 1209.0, loud), hears(b, A, silent))
        a.engine.order(SendDtmf(ours, "1" * 12))
        await one
        await hears(b, A, loud)
        await hears(b, 697.0, silent)


# -- in the ear ---------------------------------------------------------------


async def test_a_second_call_beeps_in_the_ear_and_not_at_the_other_end() -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        await connect(a, b)
        a.engine.order(SetRinger(Ring.WAITING))
        await hears(a, WAITING, faint)
        assert not (await a.engine.sound_stats()).ringing
        await hears(b, WAITING, silent)
        a.engine.order(SetRinger(Ring.OFF))
        await hears(a, WAITING, silent)


async def test_the_beep_can_be_a_file_or_off(tmp_path: Path) -> None:
    beep = write_tone(tmp_path / "beep.wav", MUSIC, 22050, 1)
    async with (
        telephone("a", A, ringtones=Ringtones(waiting=beep)) as a,
        telephone("b", B, ringtones=Ringtones(waiting="off")) as b,
    ):
        await connect(a, b)
        for phone in (a, b):
            phone.engine.order(SetRinger(Ring.WAITING))
        await hears(a, MUSIC, loud)
        await hears(b, WAITING, silent)


async def test_a_call_answered_by_itself_is_told_in_the_ear() -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        ours = a.dials(b.uri)
        arrived = await b.arrival()
        noticed = asyncio.create_task(hears(b, NOTICE, faint))
        b.engine.order(AnswerCall(arrived.call))
        b.engine.order(SoundNotice(arrived.call, Notice.ANSWERED))
        await noticed
        await b.log.until(CallConnected, arrived.call)
        a.engine.order(EndCall(ours))
        await a.log.until(CallEnded, ours)


# -- the codec in use ---------------------------------------------------------


async def test_hold_and_resume_keep_the_codec() -> None:
    async with telephone("a", A) as a:
        settings = quiet_settings(
            sound=SoundSettings(backend=SoundBackend.TEST, test_tone_hz=B, test_listen_hz=LISTEN),
            codecs=("PCMA", "G722"),
        )
        async with Phone("b", settings, [AccountSettings(LINE, "b")]) as b:
            ours, theirs = await connect(b, a)  # b offers PCMA first
            for _ in range(2):
                a.engine.order(HoldCall(theirs))
                await b.log.until(HoldChanged, ours, where=lambda e: e.remote)
                a.engine.order(ResumeCall(theirs))
                await hears(b, A, loud)
            assert {e.codec for e in a.log.of(MediaChanged) if e.active} == {"PCMA"}
