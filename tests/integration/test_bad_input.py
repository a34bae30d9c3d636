"""What strangers send: garbage over SIP, hostile MQTT. One call later everything still works."""

import random
from pathlib import Path

import pytest

from bridge.config.settings import Config
from bridge.model.calls import Phase
from bridge.model.engine import AccountSettings
from tests.integration.phones import TONE_HZ, Baresip, baresip_at
from tests.integration.running import LINE, Desk, Reader, at_broker, config_for, desk_with
from tests.integration.stranger import Stranger
from tests.pbx.instance import Broker

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("baresip", "mosquitto", "mosquitto-clients"),
]

NUMBER = "200"
RANDOM_DATAGRAMS = 300

# In the spirit of RFC 4475 ("torture tests"), written for this test; each a message of its own.
TORTURE = {
    "no headers": b"INVITE sip:200@127.0.0.1 SIP/2.0\r\n\r\n",
    "no end": b"INVITE sip:200@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1",
    "unknown version": b"INVITE sip:200@127.0.0.1 SIP/7.0\r\nVia: SIP/7.0/UDP x\r\n\r\n",
    "negative length": b"OPTIONS sip:200@h SIP/2.0\r\nContent-Length: -999\r\n\r\n",
    "huge length": b"OPTIONS sip:200@h SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "huge sequence": b"OPTIONS sip:200@h SIP/2.0\r\nCSeq: 36893488147419103232 OPTIONS\r\n\r\n",
    "answer to nothing": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n\r\n",
    "status out of range": b"SIP/2.0 4294967301 better not\r\nCSeq: 8 INVITE\r\n\r\n",
    "open quotes": b'INVITE sip:200@h SIP/2.0\r\nFrom: "Bell <sip:a@h>\r\nTo: <sip:b@h>\r\n\r\n',
    "long line": b"INVITE sip:" + b"a" * 3900 + b"@h SIP/2.0\r\n\r\n",
    "many headers": b"OPTIONS sip:200@h SIP/2.0\r\n" + b"X: y\r\n" * 600 + b"\r\n",
    "nul bytes": b"INVITE sip:200@h SIP/2.0\r\nSubject: \x00\x00\x00\r\n\r\n",
    "bad address": b"INVITE sip:[::::1]:99999@@ SIP/2.0\r\nContact: <\r\n\r\n",
    "keep-alives": b"\r\n\r\n" * 50,
    "empty": b"",
}

INVITE = (
    "INVITE sip:200@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK{n};rport\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:mallory@{me}>;tag={n}\r\nTo: <sip:200@{to}>\r\n"
    "Call-ID: flood-{n}@{me}\r\nCSeq: 1 INVITE\r\nContact: <sip:mallory@{me}>\r\n"
    "Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
)
SDP_TRAPS = {
    "no media": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n",
    "not sdp": "this is no session description\r\n",
    "huge ptime": (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\na=ptime:60000\r\n"
    ),
    "port out of range": (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 99999 RTP/AVP 0\r\n"
    ),
}


@pytest.fixture
def config(short_dir: Path, free_port_base: int) -> Config:
    """A line without a PBX: everybody reaches it, strangers too."""
    return config_for(short_dir, AccountSettings(LINE, NUMBER), free_port_base + 100)


async def a_call_works(desk: Desk, caller: Baresip) -> None:
    """One call from a proper phone, answered on the headset."""
    await caller.calls(f"sip:{NUMBER}@{desk.engine.address}")
    await desk.shows("ring")
    desk.press("hook")
    await desk.shows("off_hook")
    await desk.call_is(Phase.CONNECTED)
    await desk.hears(TONE_HZ)
    await caller.hangs_up()
    await desk.no_call()
    await desk.shows()


def invitation(to: str, me: str, number: int, sdp: str) -> bytes:
    """A call from a stranger."""
    return INVITE.format(to=to, me=me, n=number, length=len(sdp), sdp=sdp).encode()


async def test_garbage_over_sip_is_survived_by_the_same_engine(
    config: Config, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base}"
    phone = baresip_at(short_dir / "caller", free_port_base, uri)
    async with desk_with(config) as desk, phone as caller:
        await desk.takes_calls()
        engine = desk.engine.pid
        chance = random.Random(4475)
        noise = [chance.randbytes(chance.randrange(1, 1400)) for _ in range(RANDOM_DATAGRAMS)]
        with Stranger(desk.engine.address) as stranger:
            sent = await stranger.sends_all([*TORTURE.values(), *noise])
        assert sent == len(TORTURE) + RANDOM_DATAGRAMS
        await a_call_works(desk, caller)
        assert desk.engine.pid == engine
        assert list(desk.view.problems) == []


@pytest.mark.parametrize("sdp", SDP_TRAPS.values(), ids=SDP_TRAPS)
async def test_a_call_with_broken_sound_does_not_stay_and_the_next_one_works(
    sdp: str, config: Config, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base}"
    phone = baresip_at(short_dir / "caller", free_port_base, uri)
    async with desk_with(config) as desk, phone as caller:
        await desk.takes_calls()
        engine = desk.engine.pid
        with Stranger(desk.engine.address) as stranger:
            stranger.sends(invitation(desk.engine.address, stranger.me, 1, sdp))
            await stranger.is_refused()
        await desk.no_call()
        await a_call_works(desk, caller)
        assert desk.engine.pid == engine


async def test_hostile_mqtt_presses_nothing_and_the_right_command_works(
    config: Config, mosquitto: Broker, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base + 50}"
    phone = baresip_at(short_dir / "caller", free_port_base + 50, uri)
    async with desk_with(at_broker(config, mosquitto)) as desk, phone as caller:
        await desk.takes_calls()
        with Reader("-h", mosquitto.host, "-p", str(mosquitto.port)) as reader:
            await reader.until(lambda: reader.state("info"), "what the bridge says of itself")
            await caller.calls(f"sip:{NUMBER}@{desk.engine.address}")
            await desk.shows("ring")
            await reader.until(lambda: reader.call_state == "ringing", "ringing")
            for payload in (b"", b"answer", b"\xff" * 500, b"[" * 60_000, b"x" * 1_000_000):
                reader.publishes("cmd/answer", payload)
            reader.publishes("cmd/answer", b'{"v":1}', "-r")
            reader.publishes("cmd/" + "z" * 2000, b"{}")
            call = str(desk.view.calls[0].call)
            reader.says("hangup", call=call, epoch="0" * 16)
            await reader.until(lambda: reader.replies("stale"), "the refusal of the old command")
            assert desk.view.calls[0].phase is Phase.RINGING
            reader.says("answer", call=call, expect="ringing")
            await desk.call_is(Phase.CONNECTED)
            await desk.shows("off_hook")
            await reader.until(lambda: reader.replies("done"), "the answer of the right command")
            assert reader.state("availability")["state"] == "online"
