"""The real engine and the Kamailio test PBX: registering, calling, its death and return."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.model.calls import EndedBy, RegistrationState
from bridge.model.effects import AnswerCall
from bridge.model.engine import AccountSettings, EngineSettings, TlsSettings, Transport
from bridge.model.events import CallConnected, CallEnded, MediaChanged, RegistrationChanged
from tests.engine.phones import LINE, Phone, quiet_settings
from tests.pbx.instance import Pbx

pytestmark = [pytest.mark.sip, pytest.mark.needs("kamailio", "mosquitto", "openssl")]

UDP, TCP, TLS = Transport.UDP, Transport.TCP, Transport.TLS


def ca_of(pbx: Pbx) -> str:
    return str(Path(pbx.settings.state) / "tls" / "ca.pem")


def engine_for(pbx: Pbx, **tls: object) -> EngineSettings:
    trust = {"ca_file": ca_of(pbx), **tls}
    return quiet_settings(tls=TlsSettings(**trust))  # type: ignore[arg-type]  # by name


def account(pbx: Pbx, extension: int, transport: Transport = UDP, **more: str) -> AccountSettings:
    port = pbx.settings.tls_port if transport is TLS else pbx.sip_port
    fields = {"password": pbx.password(extension), "server": f"{pbx.host}:{port}", **more}
    return AccountSettings(LINE, str(extension), transport=transport, **fields)  # type: ignore[arg-type]


def phone(pbx: Pbx, extension: int, transport: Transport = UDP, **more: str) -> Phone:
    line = account(pbx, extension, transport, **more)
    return Phone(str(extension), engine_for(pbx), [line])


def is_state(state: RegistrationState) -> Callable[[RegistrationChanged], bool]:
    return lambda e: e.state is state


REGISTERED = is_state(RegistrationState.REGISTERED)
FAILED = is_state(RegistrationState.FAILED)


@pytest.mark.parametrize("transport", [UDP, TCP, TLS], ids=lambda t: t.value)
async def test_registers_with_digest(pbx: Pbx, transport: Transport) -> None:
    async with phone(pbx, 200, transport) as a:
        said = await a.log.until(RegistrationChanged, where=REGISTERED)
        assert said.sip == 200


@pytest.mark.parametrize("transport", [UDP, TCP, TLS], ids=lambda t: t.value)
async def test_a_call_through_the_pbx(pbx: Pbx, transport: Transport) -> None:
    async with phone(pbx, 201, transport) as a, phone(pbx, 202, transport) as b:
        await a.log.until(RegistrationChanged, where=REGISTERED)
        await b.log.until(RegistrationChanged, where=REGISTERED)
        out = a.dials("202")
        arrived = await b.arrival()
        assert arrived.remote.number == "201"
        b.engine.order(AnswerCall(arrived.call))
        await a.log.until(CallConnected, out)
        await b.log.until(MediaChanged, arrived.call)
        await a.hangs_up(out)
        ended = await b.log.until(CallEnded, arrived.call)
        assert ended.cause.by is EndedBy.REMOTE


@pytest.mark.parametrize("transport", [UDP, TLS], ids=lambda t: t.value)
async def test_registers_with_a_server_given_by_name(pbx: Pbx, transport: Transport) -> None:
    port = pbx.settings.tls_port if transport is TLS else pbx.sip_port
    server, domain = f"localhost:{port}", pbx.host
    async with phone(pbx, 200, transport, server=server, domain=domain) as a:
        await a.log.until(RegistrationChanged, where=REGISTERED)


async def test_a_wrong_password_is_named_and_the_account_with_it(pbx: Pbx) -> None:
    async with phone(pbx, 203, password="wrong") as a:
        said = await a.log.until(RegistrationChanged, where=FAILED)
    assert said.sip in {401, 403}
    assert said.reason.startswith("the PBX refused")
    assert "line" in said.reason


async def test_a_certificate_that_nobody_vouches_for_is_refused(pbx: Pbx) -> None:
    line = account(pbx, 204, TLS)
    async with Phone("204", engine_for(pbx, ca_file=""), [line]) as a:
        said = await a.log.until(RegistrationChanged, where=FAILED)
    assert said.sip == 503
    assert "its TLS certificate is not trusted; set ca_file" in said.reason


async def test_a_server_that_is_not_there_is_named_within_six_seconds(pbx: Pbx) -> None:
    started = time.monotonic()
    async with phone(pbx, 205, server="127.0.0.1:9") as a:
        said = await a.log.until(RegistrationChanged, where=FAILED)
    assert time.monotonic() - started < 7
    assert said.reason.startswith("no answer from the PBX of account line")


async def test_an_unknown_number_ends_with_404(pbx: Pbx) -> None:
    async with phone(pbx, 206) as a:
        await a.log.until(RegistrationChanged, where=REGISTERED)
        ended = await a.log.until(CallEnded, a.dials("999"))
    assert ended.cause.sip == 404
    assert ended.cause.reason == "the PBX does not know this number"


@pytest.mark.parametrize(("number", "status"), [("794", 486), ("797", 603)])
async def test_busy_and_decline_come_through(pbx: Pbx, number: str, status: int) -> None:
    async with phone(pbx, 207) as a:
        await a.log.until(RegistrationChanged, where=REGISTERED)
        ended = await a.log.until(CallEnded, a.dials(number))
    assert (ended.cause.by, ended.cause.sip) == (EndedBy.REMOTE, status)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("transport", [UDP, TCP, TLS], ids=lambda t: t.value)
async def test_a_pbx_that_dies_is_noticed_and_found_again(pbx: Pbx, transport: Transport) -> None:
    async with phone(pbx, 208, transport) as a:
        await a.log.until(RegistrationChanged, where=REGISTERED)
        pbx.kill("kamailio")
        try:
            await a.log.until(RegistrationChanged, where=FAILED, patience_s=25)
        finally:
            pbx.start_part("kamailio")
        back, seen = time.monotonic(), len(a.log.events)
        await a.log.until(RegistrationChanged, where=REGISTERED, after=seen, patience_s=20)
        assert time.monotonic() - back <= 4  # 3 s promised, 1 for a busy machine


async def test_a_stranger_may_not_call_a_registered_line(pbx: Pbx) -> None:
    line = AccountSettings(LINE, "x")
    stranger = Phone("x", quiet_settings(bind_address="127.0.0.2"), [line])
    async with phone(pbx, 209) as a, stranger:
        await a.log.until(RegistrationChanged, where=REGISTERED)
        ended = await stranger.log.until(CallEnded, stranger.dials(a.uri))
    assert ended.cause.sip == 403
