"""A flood of INVITEs: PJSIP alone aborts at 100 a second; the brake keeps the engine alive."""

import asyncio
import time

import pytest

from bridge.model.effects import AnswerCall, RejectCall
from bridge.model.events import CallArrived, CallConnected, CallEnded, Event
from tests.engine.phones import Phone
from tests.engine.raw_sip import RawPeer
from tests.soak.test_many_calls import Process

pytestmark = [pytest.mark.sip, pytest.mark.timeout(300)]

OVER_S = 90.0  # PJSIP keeps a transaction for 32 s; then what a flood took has been given back
MOST_GROWTH_KIB = 4096  # by a second flood like the first: pools grow once, a leak each time

TRANSACTION_S = 34.0  # RFC 3261 timer B and H: 32 s
IN_CALL = 8  # RTP and RTCP sockets, the threads of the sound

FLOODER = "raw"  # user part of what RawPeer says it is


class Busy(Phone):
    """A phone that refuses the flood as a person in a call would, and answers others."""

    def react(self, event: Event) -> None:
        self.log(event)
        if isinstance(event, CallArrived):
            flood = event.remote.number == FLOODER
            order = RejectCall(event.call, 486) if flood else AnswerCall(event.call)
            self.engine.order(order)

    def listen(self) -> None:
        self.engine._sink = self.react


def flood(raw: RawPeer, per_second: int, seconds: float, *, cancels: bool) -> None:
    """Send INVITEs of ever new calls at a rate, each taken back at once or not."""
    start, sent = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        if sent < (time.monotonic() - start) * per_second:
            call = f"flood{per_second}x{sent}"
            raw.invite(call)
            if cancels:
                # the branch of the INVITE says which one: RFC 3261 section 9.1
                cancel = raw.request("CANCEL", call).replace(b"CANCEL1\r\n", b"INVITE1\r\n", 1)
                raw.send(cancel)
            sent += 1


async def call_until_answered(caller: Phone, target: str) -> None:
    """Call again and again, as a person would."""
    answered = False
    while not answered:
        out = caller.dials(target)
        try:
            await caller.log.until(CallConnected, out, patience_s=5)
            answered = True
        except AssertionError:
            if not caller.log.of(CallEnded, out):
                await caller.hangs_up(out)


async def flooded(a: Phone, user: str, per_second: int, *, cancels: bool) -> None:
    """Let a flood come and go."""
    raw = RawPeer(a.engine.address, user)
    await asyncio.to_thread(flood, raw, per_second, 5.0, cancels=cancels)
    raw.close()


async def given_back(process: Process, handles: int, threads: int) -> None:
    """Wait until every handle and thread of the flood is gone, and its transactions are over.

    Args:
        process: of the engine.
        handles: before the flood; a call that is up has at most ``IN_CALL`` more.
        threads: the same.
    """
    end = time.monotonic() + OVER_S
    while process.handles > handles + IN_CALL or process.threads > threads + IN_CALL:
        found = f"{process.handles} handles, {process.threads} threads"
        assert time.monotonic() < end, f"{found}; before the flood {handles} and {threads}"
        await asyncio.sleep(0.5)
    await asyncio.sleep(TRANSACTION_S)


@pytest.mark.parametrize("cancels", [False, True])
@pytest.mark.parametrize("user", ["a", "nobody"])
@pytest.mark.parametrize("per_second", [100, 200, 1000])
async def test_a_flood_is_survived_and_the_phone_works(
    user: str, per_second: int, cancels: bool
) -> None:
    async with Busy("a") as a, Phone("b") as b:
        a.listen()
        pid = a.engine.pid
        process = Process(pid)
        handles, threads = process.handles, process.threads
        await flooded(a, user, per_second, cancels=cancels)
        async with asyncio.timeout(40):
            await call_until_answered(b, a.uri)
        await given_back(process, handles, threads)
        kib = process.kib
        await flooded(a, user, per_second, cancels=cancels)
        await given_back(process, handles, threads)
        assert process.kib - kib < MOST_GROWTH_KIB
        assert a.engine.pid == pid
