"""The real program, a real SIP call and kill -9: what the next run finds."""

import asyncio
import signal
from pathlib import Path
from typing import cast

import pytest

from tests.engine.raw_sip import RawPeer, to_tag_of
from tests.integration.offhook import Home, Json, Running, offhook_run

pytestmark = pytest.mark.sip

CARDS = "BEGIN:VCARD\nFN:Rita Raw\nORG:Acme\nTEL:raw\nEND:VCARD\n"


@pytest.fixture
def home(short_dir: Path, free_port_base: int) -> Home:
    """Peer to peer, without a broker; one person is known."""
    first = free_port_base + 100
    (short_dir / "team.vcf").write_text(CARDS)
    return Home(
        short_dir,
        "account: {id: desk, user: '200', register: false}\n"
        f"sip: {{bind: 127.0.0.1, port: 0, rtp_ports: {first}-{first + 60}}}\n"
        "audio: {backend: silent}\nmqtt: off\ncontacts: {files: [team.vcf]}\n",
    )


async def entries(daemon: Running) -> list[Json]:
    said = await daemon.says("history", "--json")
    assert said.code == 0, said.err
    return cast("list[Json]", said.body["entries"])


async def rings(daemon: Running, raw: RawPeer, call: str) -> None:
    raw.invite(call)
    await asyncio.to_thread(raw.answer, call, "INVITE", 180)
    assert cast("list[Json]", (await daemon.status())["calls"])


async def test_what_was_going_on_when_it_was_killed_is_in_the_list_once(home: Home) -> None:
    async with offhook_run(home) as daemon:
        raw = RawPeer(await daemon.address(), "200")
        await rings(daemon, raw, "taken")
        answer = asyncio.create_task(daemon.says("answer"))
        tag = to_tag_of(await asyncio.to_thread(raw.answer, "taken", "INVITE"))
        raw.send(raw.request("ACK", "taken", to_tag=tag))
        assert (await answer).code == 0
        raw.send(raw.request("BYE", "taken", to_tag=tag, sequence=2))
        await asyncio.to_thread(raw.answer, "taken", "BYE")
        await rings(daemon, raw, "killed")
        await entries(daemon)  # answered behind what was written
        await daemon.ends(signal.SIGKILL)
        raw.close()
    async with offhook_run(home) as daemon:
        killed, taken = await entries(daemon)
    assert (killed["kind"], killed["reason"]) == ("missed", "Offhook ended during the call")
    assert (taken["kind"], taken["reason"]) == ("received", "the other end hung up")
    assert [(e["number"], e["name"], e["company"]) for e in (killed, taken)] == [
        ("raw", "Rita Raw", "Acme")
    ] * 2
