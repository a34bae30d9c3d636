"""Engines side by side: who gets which account, and what the death of one costs."""

import os
import signal
import time
from collections.abc import Sequence
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drivers.ports import Sink
from bridge.drivers.sip import EnginePool, SipEngine, pool
from bridge.drivers.sip.pool import part_of, shared_out
from bridge.model.calls import RegistrationState
from bridge.model.effects import AnswerCall, EndCall, JoinCalls, PlaceCall
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.engine_limits import RTP_PORTS
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    EngineLost,
    EngineReady,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId
from tests.engine.log import EventLog
from tests.engine.phones import Phone, new_call, quiet_settings


def lines(count: int) -> list[AccountSettings]:
    """Return accounts without a server."""
    return [AccountSettings(AccountId(f"line-{n}"), f"2{n:02}") for n in range(count)]


@given(count=st.integers(0, 100), each=st.integers(1, 9))
def test_every_account_has_one_place_and_neighbours_stay_together(count: int, each: int) -> None:
    accounts = lines(count)
    shares = shared_out(accounts, each)
    assert [account for share in shares for account in share] == accounts
    assert all(len(share) <= each for share in shares)
    assert len(shares) == max(1, -(-count // each))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@given(engines=st.integers(1, 8), count=st.integers(128, 1000))
def test_no_two_engines_share_a_port(engines: int, count: int) -> None:
    settings = EngineSettings(port=5060, rtp_first=20_000, rtp_count=count)
    parts = [part_of(settings, number, engines) for number in range(engines)]
    ports = [set(range(p.rtp_first, p.rtp_first + p.rtp_count)) for p in parts]
    assert sum(map(len, ports)) == len(set().union(*ports)) <= count
    assert [p.port for p in parts] == [5060, *[0] * (engines - 1)]


class Pool:
    """A pool of real engines, one account each, and its log."""

    def __init__(self, count: int, each: int = 1) -> None:
        self.log = EventLog()
        self.members: list[SipEngine] = []
        self.accounts = lines(count)
        settings = quiet_settings(rtp_count=RTP_PORTS * len(shared_out(self.accounts, each)))
        self.pool = EnginePool(settings, self.accounts, self.log, time.monotonic, self._make, each)

    def _make(
        self, settings: EngineSettings, accounts: Sequence[AccountSettings], sink: Sink
    ) -> SipEngine:
        self.members.append(SipEngine(settings, accounts, sink, time.monotonic))
        return self.members[-1]

    async def __aenter__(self) -> Self:
        await self.pool.__aenter__()
        await self.log.until(EngineReady, where=lambda e: e.max_calls == 4 * len(self.members))
        for account in self.accounts:
            await self.log.until(
                RegistrationChanged,
                where=lambda e, name=account.account: e.account == name,  # type: ignore[misc]
            )
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.pool.__aexit__(*exc)


async def test_the_death_of_one_engine_costs_its_own_calls_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "ANSWER_S", 10.0)  # figures are worth waiting for here
    async with Phone("300") as far, Pool(2) as near:
        calls = []
        for account in near.accounts:
            call = new_call()
            near.pool.order(PlaceCall(call, account.account, far.uri))
            arrived = await far.log.until(
                CallArrived,
                where=lambda e, n=account.user: e.remote.number == n,  # type: ignore[misc]
            )
            far.engine.order(AnswerCall(arrived.call))
            await near.log.until(CallConnected, call)
            calls.append(call)
        each = [await engine.sound_stats() for engine in near.members]
        assert (await near.pool.sound_stats()).played >= sum(stats.played for stats in each)
        assert all(stats.running for stats in each)
        seen = len(near.log.events)
        os.kill(near.members[1].pid, signal.SIGKILL)
        await near.log.until(CallEnded, calls[1])
        told = await near.log.until(EngineReady, after=seen)
        assert told.max_calls == 4
        assert told.note.startswith("1 of 2 SIP engines do not run")
        offline = await near.log.until(
            RegistrationChanged, after=seen, where=lambda e: e.state is RegistrationState.OFFLINE
        )
        assert offline.account == near.accounts[1].account
        assert not near.log.of(EngineLost)
        assert (await near.pool.sound_stats()).running, "the figures of the one that lives"
        again = await near.log.until(EngineReady, after=seen, where=lambda e: e.max_calls == 8)
        assert again.note == ""
        assert not near.log.of(CallEnded, calls[0])
        near.pool.order(EndCall(calls[0]))
        await near.log.until(CallEnded, calls[0])


async def test_two_calls_in_two_engines_are_not_mixed_and_the_sentence_says_what_to_do() -> None:
    async with Phone("300") as far, Pool(2) as near:
        first, second = new_call(), new_call()
        for call, account in zip((first, second), near.accounts, strict=True):
            near.pool.order(PlaceCall(call, account.account, far.uri))
        near.pool.order(JoinCalls(first, second, joined=True))
        failed = await near.log.until(OrderFailed)
        assert failed.order == "JoinCalls"
        assert "next to each other in the configuration" in failed.reason


async def test_when_none_runs_the_engine_is_lost() -> None:
    async with Pool(2) as near:
        seen = len(near.log.events)
        for member in near.members:
            os.kill(member.pid, signal.SIGKILL)
        await near.log.until(EngineLost, after=seen)
        await near.log.until(EngineReady, after=seen, where=lambda e: e.max_calls == 8)
