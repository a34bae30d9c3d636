"""A flood of INVITEs: PJSIP alone aborts at 100 a second; the brake keeps the engine alive."""

import asyncio
import time

import pytest

from bridge.model.effects import AnswerCall, RejectCall
from bridge.model.events import CallArrived, CallConnected, CallEnded, Event
from tests.engine.phones import Phone
from tests.engine.raw_sip import RawPeer

pytestmark = [pytest.mark.sip, pytest.mark.timeout(120)]

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


@pytest.mark.parametrize("cancels", [False, True])
@pytest.mark.parametrize("user", ["a", "nobody"])
@pytest.mark.parametrize("per_second", [100, 200, 1000])
async def test_a_flood_is_survived_and_the_phone_works(
    user: str, per_second: int, cancels: bool
) -> None:
    async with Busy("a") as a, Phone("b") as b:
        a.listen()
        pid = a.engine.pid
        raw = RawPeer(a.engine.address, user)
        await asyncio.to_thread(flood, raw, per_second, 5.0, cancels=cancels)
        raw.close()
        async with asyncio.timeout(40):
            await call_until_answered(b, a.uri)
        assert a.engine.pid == pid
