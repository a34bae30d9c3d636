"""What cannot be is told in a sentence with the way out: in the log, on MQTT, at the command line.

A wrong password, a refused call and a state directory that nobody can write: test_the_program.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.engine.scripted_pbx import ScriptedPbx
from tests.integration.offhook import Home, Json, Running, offhook_run
from tests.integration.running import Reader
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx

pytestmark = [pytest.mark.sip, pytest.mark.needs("mosquitto", "mosquitto-clients")]

TRUST = "its TLS certificate is not trusted; set ca_file, or correct the name in server"
CODECS = "no common codec or encryption; compare codecs and srtp with"
NUMBER = "expected a number, an extension, a star code or a SIP address"
NO_SOUND = "the sound server does not answer: calls are silent until it is back; look at it with"


@pytest.fixture
def scripted() -> Iterator[ScriptedPbx]:
    """A PBX whose telephones all want another codec."""
    with ScriptedPbx(("488 Not Acceptable Here", "")) as running:
        yield running


def config(server: str, rtp_first: int, line: str = "", audio: str = "silent") -> str:
    return (
        f'bridge: {{id: desk}}\naccount: {{id: desk, user: "201", server: "{server}",'
        f" password: secret{line}}}\n"
        f"sip: {{rtp_ports: {rtp_first}-{rtp_first + 60}, codecs: [G722]}}\n"
        f"audio: {{backend: {audio}}}\n"
    )


def reader_of(home: Home) -> Reader:
    return Reader("--unix", str(home.runtime / "mqtt" / "mqtt.sock"))


async def registers(daemon: Running, state: str) -> None:
    """Wait for that state of the line."""
    found = ""
    while found != state:
        assert daemon.process.poll() is None, daemon.log()
        lines = cast("list[Json]", (await daemon.status())["lines"])
        found = str(lines[0]["registration"]) if lines else ""


@pytest.mark.needs("kamailio", "openssl")
async def test_a_certificate_that_nobody_vouches_for(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    server = f"{pbx.host}:{pbx.settings.tls_port}"
    home = Home(short_dir, config(server, free_port_base + 100, ", transport: tls"))
    async with offhook_run(home) as daemon:
        await registers(daemon, "failed")
        assert TRUST in str((await daemon.status())["problems"])
        assert TRUST in (await daemon.says("call", "202")).err
        assert f"line-desk: cannot reach the PBX of account desk ({TRUST})" in daemon.log()
        with reader_of(home) as reader:
            await reader.until(lambda: reader.state("alert/line-desk"), "the alert")
            assert TRUST in str(reader.state("alert/line-desk")["text"])


async def test_ends_without_a_common_codec_and_numbers_that_are_none(
    scripted: ScriptedPbx, short_dir: Path, free_port_base: int
) -> None:
    home = Home(short_dir, config(scripted.address, free_port_base + 100))
    async with offhook_run(home) as daemon:
        await registers(daemon, "registered")
        with reader_of(home) as reader:
            await reader.until(lambda: reader.state("info"), "the broker lets us in")
            assert f"{CODECS} the PBX (SIP 488)" in (await daemon.says("call", "202")).err
            await reader.until(lambda: "ended" in reader.moves, "the end of the call")
            assert CODECS in str(reader.events("event/call")[-1]["cause"])
            assert f"call: {CODECS} the PBX (SIP 488)" in daemon.log()
            scripted.invites("201", "incoming")  # it offers PCMU only
            assert scripted.reply("incoming").startswith("SIP/2.0 488")
            refusal = f"refused a call from 127.0.0.1: {CODECS} the caller's (SIP 488)"
            await eventually(lambda: refusal in daemon.log(), refusal, daemon.log)

            assert NUMBER in (await daemon.says("call", "+49 ???")).err
            assert f"dial asked by control: found '+49 ???', {NUMBER}" in daemon.log()
            reader.says("dial", args={"target": "ab!!"}, window=reader.window)
            await reader.until(lambda: reader.replies("invalid"), "the reply")
            assert NUMBER in str(reader.replies("invalid")[0]["detail"])


async def test_a_sound_server_that_is_not_there(
    scripted: ScriptedPbx, short_dir: Path, free_port_base: int
) -> None:
    home = Home(short_dir, config(scripted.address, free_port_base + 100, audio="pulse"))
    async with offhook_run(home) as daemon:
        await registers(daemon, "registered")
        await eventually(lambda: f"sound: {NO_SOUND}" in daemon.log(), NO_SOUND, daemon.log)
        assert NO_SOUND in str((await daemon.status())["problems"])
        with reader_of(home) as reader:
            await reader.until(lambda: reader.state("alert/sound"), "the alert")
            assert NO_SOUND in str(reader.state("alert/sound")["text"])
