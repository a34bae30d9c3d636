"""Many calls: one after the other on one engine, and at once over several; nothing is left over."""

import os
import signal
import time
from pathlib import Path

import pytest

from bridge.model.calls import EndedBy
from bridge.model.effects import AnswerCall, EndCall, PlaceCall
from bridge.model.events import CallArrived, CallConnected, CallEnded, EngineReady
from tests.engine.phones import Phone, connect, new_call
from tests.engine.test_pool import Pool

pytestmark = [pytest.mark.sip, pytest.mark.timeout(1800)]

IN_A_ROW = 500
WARM_UP = (
    1000  # PJSIP keeps each transaction for 32 s: its pools grow until the first ones are over
)
ACCOUNTS, AT_ONCE = 50, 20
MOST_GROWTH_KIB = 1024  # 2 KiB a call; a call that is kept is 30


class Process:
    """What one engine process holds."""

    def __init__(self, pid: int) -> None:
        self._dir = Path("/proc") / str(pid)

    @property
    def handles(self) -> int:
        return len(list((self._dir / "fd").iterdir()))

    @property
    def threads(self) -> int:
        return len(list((self._dir / "task").iterdir()))

    @property
    def kib(self) -> int:
        """Its own memory, private and dirty, KiB."""
        rollup = (self._dir / "smaps_rollup").read_text()
        return int(rollup.split("Private_Dirty:")[1].split()[0])


async def test_five_hundred_calls_in_a_row_leave_nothing_behind() -> None:
    async with Phone("201") as one, Phone("202") as other:
        both = [Process(one.engine.pid), Process(other.engine.pid)]
        for _ in range(WARM_UP):
            await call_once(one, other)
        before = [(process.handles, process.threads, process.kib) for process in both]
        for _ in range(IN_A_ROW):
            await call_once(one, other)
        for process, (handles, threads, kib) in zip(both, before, strict=True):
            assert process.handles <= handles
            assert process.threads <= threads
            assert process.kib - kib < MOST_GROWTH_KIB


async def call_once(one: Phone, other: Phone) -> None:
    out, arrived = await connect(one, other)
    await one.hangs_up(out)
    await other.log.until(CallEnded, arrived)
    one.log.events.clear()
    other.log.events.clear()


async def test_twenty_calls_at_once_over_fifty_accounts_and_one_engine_dies() -> None:
    async with Pool(ACCOUNTS, each=8) as here, Pool(AT_ONCE, each=4) as there:
        targets = [
            f"sip:{account.user}@{member.address}"
            for number, member in enumerate(there.members)
            for account in there.accounts[number * 4 : number * 4 + 4]
        ]
        calls = []
        for number, target in enumerate(targets):
            seen = len(there.log.events)
            # spread over all engines: the accounts 0, 2, 5, 7, 10, …
            account = here.accounts[number * ACCOUNTS // AT_ONCE].account
            call = new_call()
            here.pool.order(PlaceCall(call, account, target))
            arrived = await there.log.until(CallArrived, after=seen)
            there.pool.order(AnswerCall(arrived.call))
            await here.log.until(CallConnected, call)
            calls.append(call)
        assert not here.log.of(CallEnded)
        victims = {call for call in calls if here.pool._calls[call] == 0}
        seen = len(here.log.events)
        os.kill(here.members[0].pid, signal.SIGKILL)
        for call in victims:
            ended = await here.log.until(CallEnded, call)
            assert ended.cause.by is EndedBy.ERROR
        await here.log.until(
            EngineReady, after=seen, where=lambda e: e.max_calls == 4 * len(here.members)
        )
        assert 0 < len(victims) <= 4
        assert {e.call for e in here.log.of(CallEnded)} == victims
        began = time.monotonic()
        for call in set(calls) - victims:
            here.pool.order(EndCall(call))
            await here.log.until(CallEnded, call)
        assert time.monotonic() - began < 60
