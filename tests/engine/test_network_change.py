"""The machine changes networks while it is registered and in a call: a namespace with one cable."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from bridge.drivers.sip.supervisor import ENGINE_ARGV
from bridge.model.calls import RegistrationState
from bridge.model.engine import AccountSettings
from bridge.model.events import CallConnected, CallEnded
from tests.engine.phones import LINE, Phone, quiet_settings
from tests.engine.scripted_pbx import ScriptedPbx, field

pytestmark = pytest.mark.sip

THERE, HERE, NEW = "10.213.7.1", "10.213.7.2", "10.213.7.3"
ANY = "0.0.0.0"  # inside a namespace with one cable


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network of its own, one cable away; skipped where the kernel does not let us."""
    name = f"offhook{os.getpid()}"
    outer, inner = f"oho{os.getpid()}", f"ohi{os.getpid()}"
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
        ip("netns", "del", name)  # takes the cable with it


def moves(namespace: str) -> None:
    """Another network: the old address goes, a new one comes."""
    cable = f"ohi{os.getpid()}"
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
