"""What has crashed PJSIP or hung it, each provoked through the engine. See the engine's README."""

import asyncio
import logging
import re
import sys
from pathlib import Path

import pytest

from bridge.model.calls import EndedBy
from bridge.model.effects import (
    AnswerCall,
    HoldCall,
    JoinCalls,
    RecordCall,
    ResumeCall,
    SetRinger,
    TransferCall,
)
from bridge.model.engine import AccountSettings, EngineSettings, RecordingSettings
from bridge.model.events import (
    CallEnded,
    CallReferred,
    EngineLost,
    EngineReady,
    HoldChanged,
    RecordingChanged,
    TransferChanged,
)
from bridge.model.sound import Ring, SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, connect, quiet_settings
from tests.engine.sounding import A, B, C, telephone
from tests.engine.tones import hears, loud
from tests.pbx.settings import ROOT

pytestmark = pytest.mark.sip

ODD = Path(__file__).with_name("odd_engine.py")
ENGINE = ROOT / "bridge" / "engine"


def odd(
    mode: str,
    user: str,
    *,
    transfers: bool | None = None,
    settings: EngineSettings | None = None,
) -> Phone:
    argv = (sys.executable, "-X", "faulthandler", str(ODD), mode)
    return Phone(user, settings, [AccountSettings(LINE, user, transfers=transfers)], argv=argv)


@pytest.fixture(autouse=True)
def _debug_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def fatal(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [r.getMessage() for r in caplog.records]
    return [x for x in said if "Assertion" in x or "Fatal" in x or x.startswith("engine: ")]


async def test_an_exception_while_a_call_arrives_is_answered_and_survived() -> None:
    async with odd("deaf", "a") as a, Phone("b") as b:
        pid = a.engine.pid
        for _ in range(5):
            ended = await b.log.until(CallEnded, b.dials(a.uri))
            assert ended.cause.sip >= 400
        await a.engine.sound_stats()
        assert a.engine.pid == pid


async def test_nothing_of_the_callbacks_of_a_transfer_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        odd("counts", "a", transfers=True) as a,
        odd("counts", "b", transfers=True) as b,
        Phone("c") as c,
    ):
        ours, theirs = await connect(b, a)
        b.engine.order(TransferCall(ours, c.uri))
        arrived = await c.arrival()
        c.engine.order(AnswerCall(arrived.call))
        await b.log.until(TransferChanged, ours, where=lambda e: e.final)
        await a.log.until(CallReferred, theirs)
        await b.hangs_up(ours)
        await c.hangs_up(arrived.call)
    assert sum("held: []" in r.getMessage() for r in caplog.records) == 2
    assert fatal(caplog) == []


async def test_the_end_comes_while_calls_are_joined_recorded_held_and_ringing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Objects that outlive the library abort it: calls, ports, and threads that still write."""
    async with telephone("b", B) as b, telephone("c", C) as c:
        async with telephone("a", A, recording=RecordingSettings(str(tmp_path))) as a:
            first, _ = await connect(a, b)
            second, _ = await connect(a, c)
            a.engine.order(JoinCalls(first, second, joined=True))
            a.engine.order(RecordCall(first, on=True))
            await a.log.until(RecordingChanged, first)
            a.engine.order(HoldCall(second))
            await a.log.until(HoldChanged, second)
            a.engine.order(SetRinger(Ring.WAITING))
            await hears(b, A, loud)
        assert a.log.of(EngineLost) == []
    assert fatal(caplog) == []
    (size,) = sizes(tmp_path)
    assert size > 44


async def test_no_thread_of_ours_but_the_first_calls_the_library(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that PJLIB does not know aborts it: what makes, plays and writes sound must not."""
    recording = RecordingSettings(str(tmp_path))
    sound = SoundSettings(backend=SoundBackend.TEST, test_tone_hz=A)
    settings = quiet_settings(sound=sound, recording=recording)
    async with odd("foreign", "a", settings=settings) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        a.engine.order(SetRinger(Ring.WAITING))
        a.engine.order(RecordCall(ours, on=True))
        await a.log.until(RecordingChanged, ours)
        a.engine.order(HoldCall(ours))
        await a.log.until(HoldChanged, ours)
        a.engine.order(ResumeCall(ours))
        await hears(b, A, loud)
        await a.hangs_up(ours)
    assert any("called on foreign threads: []" in r.getMessage() for r in caplog.records)
    assert fatal(caplog) == []


async def test_an_engine_that_falls_in_a_call_ends_at_once_and_comes_back() -> None:
    """To leave Python with a live call, the library still there, hangs: the process is ended."""
    async with odd("falls", "a") as a, Phone("b") as b:
        out = a.dials(b.uri)
        b.engine.order(AnswerCall((await b.arrival()).call))
        lost = await a.log.until(EngineLost)
        assert "ended with status 1: RuntimeError: boom" in lost.reason
        assert a.log.of(CallEnded, out)[0].cause.by is EndedBy.ERROR
        await a.log.until(EngineReady, after=a.log.events.index(lost))


ABORTING = {
    "LogWriter": "it is collected while the library still writes to it",
    "ExtraAudioDevice": "open() aborts",
    "AudioMediaPlayer": "its end comes on a thread of the media clock",
    "PJSUA_CALL_REDIRECT_PENDING": "undecided and then hung up, it aborts",
    "PJSIP_REDIRECT_PENDING": "undecided and then hung up, it aborts",
}


@pytest.mark.parametrize("name", ABORTING)
def test_what_aborts_is_not_used(name: str) -> None:
    used = [p.name for p in ENGINE.rglob("*.py") if f"pj.{name}" in p.read_text(encoding="utf-8")]
    assert not used, ABORTING[name]


def test_the_library_is_made_once_and_media_are_never_empty_or_made_larger() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(ENGINE.rglob("*.py")))
    assert len(re.findall(r"= (?:pj\.)?Endpoint\(", text)) == 1
    assert not re.findall(r"pj\.AudioMedia\(\)|frame\.size\s*=[^=]|ipv6Use\s*=", text)


def count(directory: Path | str) -> int:
    return sum(1 for _ in Path(directory).iterdir())


def threads(pid: int) -> int:
    return count(f"/proc/{pid}/task")


def files(pid: int) -> int:
    return count(f"/proc/{pid}/fd")


def sizes(directory: Path) -> list[int]:
    return [path.stat().st_size for path in directory.iterdir()]


async def test_ports_come_and_go_while_the_clock_runs_and_nothing_is_left(tmp_path: Path) -> None:
    """A port deleted while the clock ran crashed 4 times in 2,400: they are kept and used again."""
    recording = RecordingSettings(str(tmp_path), tone=False)
    async with telephone("a", A, recording=recording) as a, telephone("b", B) as b:
        pid = a.engine.pid
        before = (0, 0)
        for turn in range(15):
            ours, _ = await connect(a, b)
            a.engine.order(RecordCall(ours, on=True))
            await a.log.until(RecordingChanged, ours)
            a.engine.order(HoldCall(ours))
            await a.log.until(HoldChanged, ours, where=lambda e: e.local)
            a.engine.order(ResumeCall(ours))
            await a.log.until(HoldChanged, ours, where=lambda e: not e.local)
            await a.hangs_up(ours)
            if turn == 2:
                before = (threads(pid), files(pid))
        await asyncio.sleep(1.5)  # the clock and the last writer end
        assert threads(pid) <= before[0]
        assert files(pid) <= before[1] + 2
        assert a.engine.pid == pid
    assert count(tmp_path) == 15


async def test_sound_settings_change_in_the_middle_of_music(tmp_path: Path) -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        pid = a.engine.pid
        ours, _ = await connect(a, b)
        a.engine.order(HoldCall(ours))
        await a.log.until(HoldChanged, ours)
        for choice in ("off", "tone", str(tmp_path / "none.wav"), "tone"):
            sound = SoundSettings(backend=SoundBackend.TEST, test_tone_hz=A, hold_music=choice)
            a.engine.select_sound(sound)
        a.engine.order(ResumeCall(ours))
        await hears(b, A, loud)
        assert a.engine.pid == pid


async def test_sound_of_a_call_that_is_refused_at_once_costs_no_slot() -> None:
    """254 slots that were never freed, and every call was answered 488."""
    settings = quiet_settings(sound=SoundSettings(backend=SoundBackend.TEST))
    async with Phone("a", settings) as a, Phone("b") as b:
        for _ in range(4):
            ended = await b.log.until(CallEnded, b.dials(f"sip:nobody@{a.engine.address}"))
            assert ended.cause.sip == 404
        await connect(b, a)
