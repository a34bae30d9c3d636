"""What the parties of a call hear, by tones: conference, hold, recording, digits, beeps."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    JoinCalls,
    ResumeCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
    SoundNotice,
)
from bridge.model.engine import AccountSettings, Dtmf
from bridge.model.events import (
    CallConnected,
    CallEnded,
    DtmfReceived,
    EngineReady,
    HoldChanged,
    MediaChanged,
    OrderFailed,
    SoundChanged,
)
from bridge.model.ids import CallId
from bridge.model.sound import Notice, Ring, Ringtones, SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, connect, quiet_settings
from tests.engine.raw_sip import SDP, RawPeer, to_tag_of
from tests.engine.sounding import (
    LISTEN,
    MELODY,
    MUSIC,
    NOTICE,
    WAITING,
    A,
    B,
    C,
    faint,
    hear,
    telephone,
    write_tone,
)
from tests.engine.tones import hears, loud, silent
from tests.integration.waiting import eventually

pytestmark = pytest.mark.sip

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


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44100, 2)])
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


@pytest.mark.parametrize("content", [None, b"RIFF\x00\x00\x00\x00WAVE"])
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


async def test_on_hold_the_codec_in_use_is_offered_first() -> None:
    """A phone that switches codec and says it did not plays everything in the wrong key."""
    async with telephone("a", A) as a:  # prefers G.722
        raw = RawPeer(a.engine.address, "a")
        raw.invite("x", SDP.replace("RTP/AVP 0", "RTP/AVP 8"))
        arrived = await a.arrival()
        a.engine.order(AnswerCall(arrived.call))
        tag = to_tag_of(await asyncio.to_thread(raw.answer, "x", "INVITE"))
        raw.send(raw.request("ACK", "x", to_tag=tag))
        await a.log.until(CallConnected, arrived.call)
        a.engine.order(HoldCall(arrived.call))
        offer = await asyncio.to_thread(raw.asked, "INVITE")
        raw.close()
        assert re.search(r"m=audio \d+ RTP/AVP (\d+ \d+)", offer)[1] == "8 9"  # type: ignore[index]
        assert "a=sendonly" in offer


async def test_sound_chosen_while_the_engine_starts_is_not_forgotten() -> None:
    a = Phone("a")
    await a.engine.__aenter__()
    try:
        await eventually(lambda: a.engine.pid, "the engine has what it was started with")
        a.engine.select_sound(SoundSettings(backend=SoundBackend.TEST))
        await a.log.until(EngineReady)
        assert (await a.engine.sound_stats()).backend is SoundBackend.TEST
    finally:
        await a.engine.__aexit__()
