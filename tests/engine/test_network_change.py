"""The machine changes networks while it is registered and in a call: a namespace with one cable."""

import asyncio
import itertools
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory

import pytest

from bridge.drivers.sip.supervisor import ENGINE_ARGV
from bridge.model.calls import EndedBy, RegistrationState
from bridge.model.effects import AnswerCall, HoldCall
from bridge.model.engine import AccountSettings, TlsSettings, Transport
from bridge.model.events import CallConnected, CallEnded, HoldChanged
from bridge.model.ids import AccountId, CallId
from tests.engine.phones import LINE, Phone, quiet_settings
from tests.engine.scripted_pbx import ScriptedPbx, field
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import Settings

pytestmark = pytest.mark.sip

NET = f"10.{200 + os.getpid() // 256 % 50}.{os.getpid() % 256}"  # of this process alone
THERE, HERE, NEW = f"{NET}.1", f"{NET}.2", f"{NET}.3"
ANY = "0.0.0.0"  # inside a namespace with one cable

_serials = itertools.count(1)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network of its own, one cable away; skipped where the kernel does not let us."""
    name = f"oh{os.getpid()}n{next(_serials)}"
    outer, inner = f"{name}o", f"{name}i"
    if shutil.which("ip") is None:
        pytest.skip("needs the program ip (Debian package iproute2)")
    try:
        ip("netns", "add", name)
        ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
    except subprocess.CalledProcessError as error:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        pytest.skip(f"needs the right to make network namespaces: {error.stderr.decode().strip()}")
    try:
        ip("addr", "add", f"{THERE}/24", "dev", outer)
        ip("link", "set", outer, "up")
        for words in (("link", "set", "lo"), ("link", "set", inner)):
            ip("-n", name, *words, "up")
        ip("-n", name, "addr", "add", f"{HERE}/24", "dev", inner)
        yield name
    finally:
        # The namespace takes it along only when its last socket is gone.
        subprocess.run(["ip", "link", "del", outer], check=False, capture_output=True)
        ip("netns", "del", name)


def moves(namespace: str) -> None:
    """Another network: the old address goes, a new one comes."""
    cable = f"{namespace}i"
    ip("-n", namespace, "addr", "del", f"{HERE}/24", "dev", cable)
    ip("-n", namespace, "addr", "add", f"{NEW}/24", "dev", cable)


@asynccontextmanager
async def phone_in(namespace: str, pbx: ScriptedPbx) -> AsyncIterator[Phone]:
    line = AccountSettings(LINE, "200", pbx.address, "pbx.example")
    argv = ("ip", "netns", "exec", namespace, *ENGINE_ARGV)
    async with Phone("200", quiet_settings(bind_address=ANY), [line], argv=argv) as phone:
        await phone.registration(LINE, RegistrationState.REGISTERED)
        yield phone


async def test_registered_from_the_new_address_and_the_call_goes_on(namespace: str) -> None:
    with ScriptedPbx(host=THERE) as pbx:
        pbx.answers = [("200 OK", f"Contact: <sip:201@{pbx.address}>\r\n")]
        async with phone_in(namespace, pbx) as phone:
            call = phone.dials("201")
            await phone.log.until(CallConnected, call)
            assert f"@{HERE}" in field(pbx.request("REGISTER"), "Contact")
            moves(namespace)
            again = await asyncio.to_thread(pbx.until, "INVITE", lambda r: f"@{NEW}" in r)
            assert f"c=IN IP4 {NEW}" in again
            assert f"@{NEW}" in field(again, "Contact")
            await asyncio.to_thread(
                pbx.until, "REGISTER", lambda r: f"@{NEW}" in field(r, "Contact")
            )
            assert phone.log.of(CallEnded) == []
            await phone.hangs_up(call)


# -- on a connection ---------------------------------------------------------------


@pytest.fixture
def pbx(namespace: str) -> Iterator[Pbx]:
    """A PBX at the other end of the cable."""
    del namespace  # its cable is there first
    with port_block() as base, TemporaryDirectory(prefix="offhook-") as state:
        settings = Settings(
            port_base=base,
            state=state,
            bind=THERE,
            domain=THERE,
            with_tls=True,
            with_media=False,
            with_retain=False,
        )
        with Pbx(settings) as running:
            yield running


def line_at(pbx: Pbx, user: str, transport: Transport) -> AccountSettings:
    port = pbx.settings.tls_port if transport is Transport.TLS else pbx.sip_port
    return AccountSettings(
        AccountId(transport.value),
        user,
        f"{pbx.host}:{port}",
        password=pbx.password(user),
        transport=transport,
    )


async def connects(phone: Phone, line: AccountSettings, other: Phone) -> tuple[CallId, CallId]:
    """Call the other one on a line; return both names of the call that is up."""
    seen = len(other.log.events)
    call = phone.dials("201", line.account)
    arrived = await other.arrival(seen)
    other.engine.order(AnswerCall(arrived.call))
    await phone.log.until(CallConnected, call)
    return call, arrived.call


@pytest.mark.soak
@pytest.mark.needs("kamailio", "mosquitto", "openssl")
async def test_lines_on_connections_are_reached_at_the_new_address_in_their_calls_and_after(
    namespace: str, pbx: Pbx
) -> None:
    lines = [line_at(pbx, "200", Transport.TCP), line_at(pbx, "202", Transport.TLS)]
    moving = quiet_settings(bind_address=ANY, tls=TlsSettings(verify=False))
    argv = ("ip", "netns", "exec", namespace, *ENGINE_ARGV)
    staying = quiet_settings(bind_address=THERE)
    async with (
        Phone("200", moving, lines, argv=argv) as phone,
        Phone("201", staying, [line_at(pbx, "201", Transport.UDP)]) as other,
    ):
        for line in (*lines, *other.lines):
            of = phone if line in lines else other
            await of.registration(line.account, RegistrationState.REGISTERED)
        calls = [await connects(phone, line, other) for line in lines]
        moves(namespace)
        await eventually(lambda: str(pbx.rpc("ul.dump")).count(f"@{NEW}") == 2, "both are new")
        for ours, theirs in calls:  # while the other ends are being told where we are
            phone.engine.order(HoldCall(ours))
            await other.log.until(HoldChanged, theirs, where=lambda e: e.remote)
        await eventually(lambda: str(pbx.rpc("dlg.list")).count(f"@{NEW}") >= 2, "both are told")
        for ours, theirs in calls:
            await other.hangs_up(theirs)
            assert (await phone.log.until(CallEnded, ours)).cause.by is EndedBy.REMOTE
        for line in lines:
            seen = len(phone.log.events)
            again = other.dials(line.user, other.lines[0].account)
            assert (await phone.arrival(seen)).account == line.account
            await other.hangs_up(again)
