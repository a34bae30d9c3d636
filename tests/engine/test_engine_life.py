"""Lifetime, garbage collection, shutdown and strangers: the rules that keep the process alive."""

import asyncio
import logging
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bridge.engine.guard import Faulty, describe, guarded
from bridge.model.calls import EndedBy
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    EngineOrder,
    HoldCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SetRinger,
)
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    EngineLost,
)
from bridge.model.sound import Ring
from tests.engine.log import EventLog
from tests.engine.phones import Phone, connect
from tests.engine.raw_sip import SDP, RawPeer, status_of, to_tag_of

pytestmark = pytest.mark.sip

ODD = Path(__file__).with_name("odd_engine.py")


def odd(mode: str) -> Phone:
    return Phone(mode, argv=(sys.executable, "-X", "faulthandler", str(ODD), mode))


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    async with Phone("a") as phone:
        yield phone


@pytest.fixture(autouse=True)
def _debug_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What engines wrote on their standard error, and exceptions they caught."""
    lines = [r.getMessage() for r in caplog.records]
    return [x for x in lines if x.startswith("engine: ") or "Error:" in x]


# -- slots --------------------------------------------------------------------


async def test_the_end_of_a_call_does_not_hang_up_the_next_one_in_its_slot(phone: Phone) -> None:
    """BYE and INVITE wait together, so that one round of events handles both.

    PJSIP hands its four slots out in turn: three refused calls bring the first one round again.
    """
    raw, nobody = RawPeer(phone.engine.address, "a"), RawPeer(phone.engine.address, "nobody")
    raw.invite("first")
    first = await phone.log.until(CallArrived)
    phone.engine.order(AnswerCall(first.call))
    tag = to_tag_of(await asyncio.to_thread(raw.answer, "first", "INVITE"))
    raw.send(raw.request("ACK", "first", to_tag=tag))
    await phone.log.until(CallConnected, first.call)
    for turn in range(3):
        nobody.invite(f"turn{turn}")
        await asyncio.to_thread(nobody.answer, f"turn{turn}", "INVITE")
    os.kill(phone.engine.pid, signal.SIGSTOP)
    raw.send(raw.request("BYE", "first", to_tag=tag, sequence=2))
    raw.invite("second")
    os.kill(phone.engine.pid, signal.SIGCONT)
    await phone.log.until(CallEnded, first.call)
    second = await phone.log.until(CallArrived, where=lambda e: e.call != first.call)
    phone.engine.order(AnswerCall(second.call))
    assert status_of(await asyncio.to_thread(raw.answer, "second", "INVITE")) == 200
    tag = to_tag_of(await asyncio.to_thread(raw.answer, "second", "INVITE"))
    raw.send(raw.request("ACK", "second", to_tag=tag))
    await phone.log.until(CallConnected, second.call)
    phone.engine.order(RingCall(second.call))  # goes through: the call is there
    assert phone.log.of(CallEnded, second.call) == []
    raw.close()
    nobody.close()


# -- exceptions in callbacks --------------------------------------------------


@pytest.mark.parametrize("mode", ["raises", "exits"])
async def test_an_exception_in_a_callback_is_told_and_changes_nothing(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with Phone("b") as b, odd(mode) as a:
        pid = a.engine.pid
        for _ in range(3):
            ours, theirs = await connect(a, b)
            await b.hangs_up(theirs)
            assert (await a.log.until(CallEnded, ours)).cause.by is EndedBy.REMOTE
        await connect(a, b)
        assert a.engine.pid == pid
    assert a.log.of(EngineLost) == []
    assert sum("Call.onCallState" in x for x in complaints(caplog)) >= 4
    assert not any("Assertion" in x or "Fatal" in x for x in complaints(caplog))


def test_a_described_exception_holds_nothing() -> None:
    def fail() -> None:
        try:
            int("x")
        except ValueError:
            raise ValueError("late") from None

    with pytest.raises(ValueError, match="late") as caught:
        fail()
    error = caught.value
    assert describe(error).startswith("ValueError: late\n")
    assert error.__traceback__ is None
    assert error.__context__ is not None
    assert error.__context__.__traceback__ is None


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, MemoryError])
def test_nothing_leaves_a_guarded_callback(error: type[BaseException]) -> None:
    class Desk(Faulty):
        def __init__(self) -> None:
            self.said: list[tuple[str, str]] = []

        def fault(self, where: str, what: str) -> None:
            self.said.append((where, what))

    class Thing:
        desk: Faulty

        def __init__(self, desk: Desk) -> None:
            self.desk = desk

        @guarded
        def on_event(self, _prm: object) -> None:
            raise error("x")

    desk = Desk()
    Thing(desk).on_event(None)
    ((where, what),) = desk.said
    assert where.endswith("Thing.on_event")
    assert what.startswith(error.__name__)


# -- garbage ------------------------------------------------------------------


async def test_a_storm_of_garbage_on_other_threads_harms_no_call() -> None:
    async with Phone("b") as b, odd("storm") as a:
        pid = a.engine.pid
        for _ in range(25):
            ours, theirs = await connect(a, b)
            await b.hangs_up(theirs)
            await a.log.until(CallEnded, ours)
        assert a.engine.pid == pid
    assert a.log.of(EngineLost) == []


async def test_nothing_of_a_callback_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    async with Phone("b") as b, odd("counts") as a:
        ours, theirs = await connect(a, b)
        a.engine.order(HoldCall(ours))
        await b.hangs_up(theirs)
        await a.log.until(CallEnded, ours)
    assert any("held: []" in r.getMessage() for r in caplog.records)


# -- many calls, badly timed --------------------------------------------------


async def _one_race(a: Phone, b: Phone, dice: random.Random) -> None:
    """A call with random orders at random moments; it must end, once, at both ends."""
    out = a.dials(b.uri)
    arrived = await b.log.until(CallArrived, where=lambda e: not b.log.of(CallEnded, e.call))
    there = arrived.call
    for _ in range(dice.randrange(6)):
        who, call = dice.choice([(a, out), (b, there)])
        orders: list[EngineOrder]
        orders = [RingCall(call), AnswerCall(call), HoldCall(call), ResumeCall(call)]
        who.engine.order(dice.choice(orders))
        await asyncio.sleep(dice.random() * 0.01)
    who, call = dice.choice([(a, out), (b, there)])
    who.engine.order(RejectCall(there, 486) if dice.random() < 0.2 else EndCall(call))
    who.engine.order(EndCall(call))
    await a.log.until(CallEnded, out)
    await b.log.until(CallEnded, there)


@pytest.mark.timeout(120)
async def test_a_hundred_badly_timed_calls_end_once_and_without_complaints(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dice = random.Random(7)
    async with odd("watched") as a, odd("watched") as b:
        pids = {a.engine.pid, b.engine.pid}
        for _ in range(100):
            await _one_race(a, b, dice)
        assert {a.engine.pid, b.engine.pid} == pids
        assert len(b.log.of(CallArrived)) == len(b.log.of(CallEnded)) == 100
        assert len(a.log.of(CallEnded)) == 100
    assert complaints(caplog) == []


# -- strangers and nonsense ---------------------------------------------------


async def test_an_unknown_user_is_answered_404_and_nothing_rings(phone: Phone) -> None:
    raw = RawPeer(phone.engine.address, "nobody")
    raw.invite("stranger")
    assert status_of(await asyncio.to_thread(raw.answer, "stranger", "INVITE")) == 404
    raw.close()
    assert phone.log.of(CallArrived) == []


@pytest.mark.parametrize("line", ["a=ptime:1000", "a=ptime:4294967295"])
async def test_packets_that_are_too_long_are_answered_488(phone: Phone, line: str) -> None:
    raw = RawPeer(phone.engine.address, "a")
    raw.invite("long", SDP + line + "\r\n")
    assert status_of(await asyncio.to_thread(raw.answer, "long", "INVITE")) == 488
    raw.close()
    assert phone.log.of(CallArrived) == []


async def test_a_call_of_an_asterisk_which_takes_longer_packets_than_it_asks_for_rings(
    phone: Phone,
) -> None:
    raw = RawPeer(phone.engine.address, "a")
    raw.invite("asterisk", SDP + "a=ptime:20\r\na=maxptime:140\r\n")
    arrived = await phone.arrival()
    raw.close()
    await phone.hangs_up(arrived.call)


async def test_nobody_may_watch_us(phone: Phone) -> None:
    raw = RawPeer(phone.engine.address, "a")
    raw.send(raw.request("SUBSCRIBE", "w", extra="Event: presence\r\nExpires: 0\r\n"))
    assert status_of(await asyncio.to_thread(raw.answer, "w", "SUBSCRIBE", 300)) >= 400
    raw.close()


GARBAGE = {
    "empty": b"",
    "keep-alive": b"\r\n\r\n",
    "noise": bytes(range(256)) * 4,
    "half a line": b"INVITE sip:a@127.0.0.1 SI",
    "no headers": b"INVITE sip:a@127.0.0.1 SIP/2.0\r\n\r\n",
    "an answer to nothing": b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n",
    "huge": b"INVITE sip:a@127.0.0.1 SIP/2.0\r\nX: " + b"y" * 60_000,
    "negative length": b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    "nul": b"\0" * 500,
}


async def test_garbage_on_the_port_harms_nothing(phone: Phone) -> None:
    pid = phone.engine.pid
    raw = RawPeer(phone.engine.address, "a")
    for data in GARBAGE.values():
        raw.send(data)
    raw.invite("after")
    await phone.log.until(CallArrived)
    raw.close()
    assert phone.engine.pid == pid


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.soak), pytest.param(2, marks=pytest.mark.soak)]
)
async def test_broken_invites_harm_nothing(phone: Phone, seed: int) -> None:
    """Bytes changed, cut out and doubled, 200 at a time: a decoder's bad day."""
    dice, pid = random.Random(seed), phone.engine.pid
    raw = RawPeer(phone.engine.address, "a")
    for i in range(200):
        data = bytearray(raw.request("INVITE", f"m{seed}x{i}", body=SDP))
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(data))
            data[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        raw.send(bytes(data))
        if i % 4 == 3:  # its media sockets live half a second: 50 a second is what it survives
            await asyncio.sleep(0.08)
        for arrived in phone.log.of(CallArrived)[-4:]:
            phone.engine.order(RejectCall(arrived.call, 486))
    raw.close()
    stats = await phone.engine.sound_stats()
    assert stats is not None
    assert phone.engine.pid == pid


# -- quiet --------------------------------------------------------------------


def switches(pid: int) -> int:
    """Context switches of all threads of a process: each wake-up is one."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = status.read_text().splitlines()
        total += sum(int(x.split()[1]) for x in lines if "ctxt_switches" in x)
    return total


async def test_an_idle_engine_wakes_at_most_five_times_a_second(phone: Phone) -> None:
    phone.engine.order(SetRinger(Ring.OFF))
    async with Phone("b") as b:
        ours, _ = await connect(phone, b)
        await phone.hangs_up(ours)
    await asyncio.sleep(2.5)  # the clock of the bridge runs on for a moment
    before, cpu = switches(phone.engine.pid), sum(psutil.Process(phone.engine.pid).cpu_times()[:2])
    start = time.monotonic()
    await asyncio.sleep(4)
    lasted = time.monotonic() - start
    assert (switches(phone.engine.pid) - before) / lasted <= 5
    assert sum(psutil.Process(phone.engine.pid).cpu_times()[:2]) - cpu <= 0.02


def test_the_log_of_a_test_is_an_ordinary_sink() -> None:
    log = EventLog()
    log(EngineLost(1.0, "x"))
    assert log.of(EngineLost) == [EngineLost(1.0, "x")]
