"""What the daemon sees when an engine dies, hangs, cannot start or will not end."""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bridge.drivers.sip.backoff import STABLE_S, Backoff
from bridge.drivers.sip.process import _Channel
from bridge.model.calls import Cause, EndedBy, RegistrationState
from bridge.model.effects import EndCall, PlaceCall
from bridge.model.engine_limits import STAND_IN_NOTE
from bridge.model.events import (
    CallArrived,
    CallEnded,
    EngineLost,
    EngineReady,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId
from bridge.protocols.engine_wire import FromEngine, encode
from tests.engine.phones import LINE, Phone, connect, new_call, quiet_settings

FAKE = Path(__file__).with_name("fake_engine.py")
ODD = Path(__file__).with_name("odd_engine.py")


def odd(mode: str) -> Phone:
    return Phone(mode, argv=(sys.executable, "-X", "faulthandler", str(ODD), mode))


def fake(mode: str, heartbeat_s: float = 5.0) -> Phone:
    return Phone("x", argv=(sys.executable, str(FAKE), mode), heartbeat_s=heartbeat_s)


async def leave(phone: Phone) -> None:
    await phone.engine.__aexit__()


def children() -> list[psutil.Process]:
    """Our child processes, zombies included."""
    return psutil.Process().children(recursive=True)


# -- a dead engine ------------------------------------------------------------


@pytest.mark.sip
async def test_an_engine_killed_in_a_call_loses_the_call_and_comes_back() -> None:
    async with Phone("a") as a, Phone("b") as b:
        ours, _theirs = await connect(a, b)
        seen, first = len(a.log.events), a.engine.pid
        os.kill(first, signal.SIGKILL)
        await a.log.until(EngineReady, after=seen)
        kinds = [type(e) for e in a.log.events[seen:]]
        assert kinds[:4] == [CallEnded, RegistrationChanged, EngineLost, EngineReady]
        ended = a.log.of(CallEnded, ours)[0]
        assert ended.cause.by is EndedBy.ERROR
        assert "SIGKILL" in ended.cause.reason
        assert a.engine.pid != first
        await a.registration(state=RegistrationState.NONE)
        await connect(a, b)  # and it works again


@pytest.mark.sip
async def test_an_engine_that_aborts_says_which_assertion_failed() -> None:
    async with odd("aborts") as a:
        lost = await a.log.until(EngineLost)
        assert "SIGABRT: " in lost.reason
        assert "Assertion" in lost.reason


async def test_a_stuck_engine_is_killed_and_replaced() -> None:
    phone = fake("stuck", heartbeat_s=0.05)
    await phone.engine.__aenter__()
    lost = await phone.log.until(EngineLost)
    assert lost.reason.startswith("the SIP engine did not answer any more")
    await phone.log.until(EngineReady, after=phone.log.events.index(lost))
    await leave(phone)


async def test_an_engine_that_cannot_start_is_tried_again_and_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    phone = fake("dies")
    with caplog.at_level(logging.WARNING):
        await phone.engine.__aenter__()
        await phone.log.until(EngineLost)
        await phone.log.until(EngineLost, after=len(phone.log.events))
        await leave(phone)
    reason = phone.log.of(EngineLost)[0].reason
    assert "status 7: something password=*** broke" in reason
    assert len(caplog.records) == 1  # the same reason is logged once


async def test_a_program_that_is_not_there() -> None:
    phone = Phone("x", argv=("/nonexistent/engine",))
    await phone.engine.__aenter__()
    lost = await phone.log.until(EngineLost)
    assert lost.reason == (
        "cannot start the SIP engine /nonexistent/engine: No such file or directory"
    )
    await leave(phone)


@pytest.mark.sip
async def test_a_port_in_use_is_named_and_taken_when_it_is_free() -> None:
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    port = other.getsockname()[1]
    phone = Phone("x", quiet_settings(port=port))
    await phone.engine.__aenter__()
    lost = await phone.log.until(EngineLost)
    assert f"cannot listen for SIP over UDP on 127.0.0.1, port {port}" in lost.reason
    other.close()
    await phone.log.until(EngineReady)
    await leave(phone)


async def test_a_missing_module_starts_the_stand_in_that_cannot_call() -> None:
    phone = fake("missing")
    await phone.engine.__aenter__()
    ready = await phone.log.until(EngineReady)
    assert ready.max_calls == 0
    assert ready.note == STAND_IN_NOTE
    line = await phone.log.until(RegistrationChanged, where=lambda e: e.reason == STAND_IN_NOTE)
    assert line.state is RegistrationState.OFFLINE
    call = phone.dials("sip:1@192.0.2.1")
    assert (await phone.log.until(OrderFailed, call)).reason == STAND_IN_NOTE
    await phone.log.until(CallEnded, call)
    stats = await phone.engine.sound_stats()
    assert not stats.running
    await leave(phone)


async def test_garbage_from_the_engine_is_survived(caplog: pytest.LogCaptureFixture) -> None:
    phone = fake("garbage")
    await phone.engine.__aenter__()
    await phone.log.until(EngineReady)
    assert len([r for r in caplog.records if "malformed line" in r.message]) == 3
    await leave(phone)


# -- orders without an engine -------------------------------------------------


async def test_orders_without_an_engine_fail_soon_and_never_inside_the_order() -> None:
    phone = fake("dies")
    call, gone = new_call(), new_call()
    phone.engine.order(PlaceCall(call, LINE, "sip:1@192.0.2.1"))
    phone.engine.order(EndCall(gone))
    assert phone.log.events == []
    await phone.log.until(CallEnded, call)
    assert [type(e) for e in phone.log.events] == [OrderFailed, CallEnded, OrderFailed]


# -- the end ------------------------------------------------------------------


async def test_an_engine_that_will_not_end_is_killed_within_three_seconds() -> None:
    phone = fake("stubborn")
    await phone.engine.__aenter__()
    await phone.log.until(EngineReady)
    started = time.monotonic()
    await leave(phone)
    assert time.monotonic() - started < 3.2
    assert children() == []


@pytest.mark.sip
async def test_ending_with_a_live_call_says_goodbye_quickly() -> None:
    async with Phone("b") as b:
        async with Phone("a") as a:
            ours, theirs = await connect(a, b)
            pid, started = a.engine.pid, time.monotonic()
        assert time.monotonic() - started < 1.5
        assert not psutil.pid_exists(pid)
        assert a.log.of(CallEnded, ours)[0].cause.by is EndedBy.LOCAL
        assert (await b.log.until(CallEnded, theirs)).cause.by is EndedBy.REMOTE
        assert a.log.of(EngineLost) == []


@pytest.mark.sip
async def test_a_caller_who_still_rings_hears_not_available_when_we_end() -> None:
    async with Phone("b") as b:
        async with Phone("a") as a:
            out = b.dials(a.uri)
            await a.arrival()
        ended = await b.log.until(CallEnded, out)
        assert ended.cause.sip == 480


async def test_ending_before_it_has_started() -> None:
    phone = fake("stuck")
    await phone.engine.__aenter__()
    await leave(phone)
    assert children() == []


async def test_ending_while_it_waits_to_try_again() -> None:
    phone = fake("dies")
    await phone.engine.__aenter__()
    await phone.log.until(EngineLost)
    async with asyncio.timeout(2):
        await leave(phone)
    assert children() == []


# -- parts --------------------------------------------------------------------


def test_what_a_buried_engine_still_says_does_not_count() -> None:
    heard: list[FromEngine] = []
    channel = _Channel(heard.append)
    event = CallEnded(1.0, new_call(), Cause(EndedBy.REMOTE))
    channel.data_received(encode(event))
    channel.receive = None
    channel.data_received(encode(event))
    assert heard == [event]


def test_waits_grow_to_a_limit_and_begin_anew_after_a_good_life() -> None:
    backoff = Backoff()
    waits = [backoff.next_s(0) for _ in range(12)]
    assert waits[0] < 0.2
    assert max(waits) <= 12.0
    assert min(waits[-3:]) >= 8.0
    assert backoff.next_s(STABLE_S) < 0.2


@pytest.mark.sip
async def test_accounts_come_and_go_while_the_engine_runs() -> None:
    async with Phone("a") as a, Phone("b") as b:
        line = a.lines[0]
        second = replace(line, account=AccountId("second"), user="second")
        a.engine.set_accounts([line, second])
        await a.registration(second.account)
        out = b.dials(f"sip:second@{a.engine.address}")
        assert (await a.log.until(CallArrived)).account == second.account
        b.engine.order(EndCall(out))
        await b.log.until(CallEnded, out)
        a.engine.set_accounts([second])
        await a.engine.sound_stats()  # orders are carried out in turn: it is gone now
        ended = await b.log.until(CallEnded, b.dials(a.uri))
        assert ended.cause.sip == 404


@pytest.mark.sip
async def test_the_ninth_account_is_refused_with_words_and_the_eight_live() -> None:
    async with Phone("a") as a:
        lines = [replace(a.lines[0], account=AccountId(f"line{i}"), user=f"u{i}") for i in range(9)]
        a.engine.set_accounts(lines)
        said = await a.registration(lines[8].account)
        assert said.state is RegistrationState.FAILED
        assert said.reason == "8 accounts are the most one engine can have"
        await a.registration(lines[7].account, RegistrationState.NONE)


async def test_without_the_wheel_the_stand_in_starts_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    async with Phone("a") as a:
        (ready,) = a.log.of(EngineReady)
        assert (ready.max_calls, ready.note) == (0, STAND_IN_NOTE)
        assert a.log.of(EngineLost) == []
