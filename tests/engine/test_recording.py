"""Recorded calls: what is in the file, who hears of it, and what becomes of a full disk."""

import asyncio
import os
import wave
from array import array
from pathlib import Path

import pytest

from bridge.engine.audio.pcm import tone_dbfs
from bridge.model.effects import (
    JoinCalls,
    RecordCall,
    SetMicrophone,
)
from bridge.model.engine import RecordingSettings
from bridge.model.events import (
    CallEnded,
    OrderFailed,
    RecordingChanged,
)
from bridge.model.ids import CallId
from tests.engine.phones import Phone, connect
from tests.engine.sounding import (
    BEEP,
    A,
    B,
    C,
    faint,
    hear,
    telephone,
)
from tests.engine.tones import hears, loud

pytestmark = pytest.mark.sip

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
