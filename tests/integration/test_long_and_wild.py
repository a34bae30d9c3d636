"""Fifty calls in a row leave nothing behind, and mutated SIP kills nothing. In ``--all``."""

import os
import random
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bridge.config.settings import Config
from bridge.model.calls import Phase
from bridge.model.engine import AccountSettings
from tests.integration.phones import Baresip, baresip_at
from tests.integration.running import LINE, Desk, config_for, desk_with
from tests.integration.stranger import Stranger
from tests.integration.waiting import eventually

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("baresip", "mosquitto"),
    pytest.mark.timeout(600),
]

NUMBER = "200"
WARM_UP, CALLS = 5, 50
GROWTH_BYTES = 6_000_000  # of the engine over fifty calls; PJSIP keeps pools, Python its arenas
MUTATIONS = 5000

TEMPLATE = (
    b"INVITE sip:200@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport\r\n"
    b"Max-Forwards: 70\r\nFrom: <sip:mallory@127.0.0.1>;tag=1\r\nTo: <sip:200@127.0.0.1>\r\n"
    b"Call-ID: wild\r\nCSeq: 1 INVITE\r\nContact: <sip:mallory@127.0.0.1:9>\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: 129\r\n\r\n"
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
)


@dataclass(frozen=True)
class Footprint:
    """What a process holds."""

    threads: int
    files: int
    resident_bytes: int

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        process = psutil.Process(pid)
        return cls(process.num_threads(), process.num_fds(), process.memory_info().rss)


@pytest.fixture
def config(short_dir: Path, free_port_base: int) -> Config:
    return config_for(short_dir, AccountSettings(LINE, NUMBER), free_port_base + 100)


async def one_call(desk: Desk, caller: Baresip) -> None:
    """Ring, answer, mute, hang up."""
    caller.events.clear()
    await caller.calls(f"sip:{NUMBER}@{desk.engine.address}")
    await desk.shows("ring")
    desk.press("hook")
    await desk.shows("off_hook")
    await desk.call_is(Phase.CONNECTED)
    desk.press("mute")
    await desk.shows("off_hook", "mute")
    await desk.presses_later("hook")
    await desk.no_call()
    await desk.shows()
    await caller.until("CALL_CLOSED")


@pytest.mark.soak
async def test_fifty_calls_in_a_row_leave_nothing_behind(
    config: Config, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base}"
    phone = baresip_at(short_dir / "caller", free_port_base, uri)
    async with desk_with(config) as desk, phone as caller:
        await desk.takes_calls()
        for _ in range(WARM_UP):
            await one_call(desk, caller)
        engine, ourselves = Footprint.of(desk.engine.pid), Footprint.of(os.getpid())
        for _ in range(CALLS):
            await one_call(desk, caller)

        def engine_is_as_before() -> bool:
            now = Footprint.of(desk.engine.pid)
            return (now.threads, now.files) <= (engine.threads, engine.files)

        await eventually(engine_is_as_before, "threads and files of the engine as before")
        grown = Footprint.of(desk.engine.pid).resident_bytes - engine.resident_bytes
        assert grown < GROWTH_BYTES
        after = Footprint.of(os.getpid())
        assert (after.threads, after.files) <= (ourselves.threads, ourselves.files)
        assert after.resident_bytes - ourselves.resident_bytes < GROWTH_BYTES


def mutated(chance: random.Random) -> bytes:
    """A call from a stranger with some bytes replaced, taken out, or repeated."""
    message = bytearray(TEMPLATE)
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(len(message))
        match chance.randrange(3):
            case 0:
                message[at] = chance.randrange(256)
            case 1:
                del message[at : at + chance.randrange(1, 20)]
            case _:
                message[at:at] = bytes(message[at : at + chance.randrange(1, 40)])
    return bytes(message)


@pytest.mark.fuzz
async def test_mutated_calls_do_not_kill_the_engine_and_the_next_call_works(
    config: Config, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base}"
    phone = baresip_at(short_dir / "caller", free_port_base, uri)
    async with desk_with(config) as desk, phone as caller:
        await desk.takes_calls()
        engine = desk.engine.pid
        chance = random.Random(3261)
        with Stranger(desk.engine.address) as stranger:
            await stranger.sends_all(mutated(chance) for _ in range(MUTATIONS))
        await desk.is_left_alone()
        await one_call(desk, caller)
        assert desk.engine.pid == engine
