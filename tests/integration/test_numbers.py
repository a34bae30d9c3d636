"""What somebody wants to call, and the request line of the INVITE that the PBX gets for it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bridge.config.load import load_config
from bridge.model.intents import Verb
from tests.engine.scripted_pbx import ScriptedPbx
from tests.integration.running import Desk, desk_with

pytestmark = pytest.mark.sip

CONFIG = """\
account: {{server: "{server}", user: "201", id: desk}}
sip: {{rtp_ports: {first}-{last}, bind: 127.0.0.1}}
audio: {{backend: silent}}
mqtt: off
numbers: {{country: DE, area: 089, outside: 0, send: national, extensions: [2xx]}}
barring: {{outgoing: {{deny: [all], allow: [internal, +49, +43]}}}}
limits: {{calls_in_10_s: 7}}
"""

DIALLED = {  # typed: user part of the request
    "201": "201",
    "+49 (89) 123/456": "0089123456",
    "tel:+43-1-5862170": "0004315862170",
    "sip:089123456@{pbx}": "0089123456",
    "*80 201": "*80201",
    "0049 112": "112",
    "(0) 1-1-2": "0112",
}


@pytest.fixture
def busy_pbx() -> Iterator[ScriptedPbx]:
    """A PBX at which every number is busy."""
    with ScriptedPbx(("486 Busy Here", "")) as pbx:
        yield pbx


@pytest.fixture
async def desk(busy_pbx: ScriptedPbx, short_dir: Path, free_port_base: int) -> AsyncIterator[Desk]:
    """A desk with a dial plan, registered."""
    file = short_dir / "config.yaml"
    ports = {"first": free_port_base, "last": free_port_base + 59}
    file.write_text(CONFIG.format(server=busy_pbx.address, **ports))
    env = {"HOME": str(short_dir), "XDG_RUNTIME_DIR": str(short_dir / "run")}
    async with desk_with(load_config(file, env)) as one:
        await one.is_registered()
        yield one


async def test_the_invite_names_the_number_as_the_pbx_wants_it(
    desk: Desk, busy_pbx: ScriptedPbx
) -> None:
    for typed in DIALLED:
        answer = await desk.types(Verb.DIAL, typed.format(pbx=busy_pbx.address))
        assert answer["detail"] == "the other end is busy (SIP 486)"
    lines = [busy_pbx.request("INVITE", n).splitlines()[0] for n in range(len(DIALLED))]
    assert lines == [f"INVITE sip:{user}@127.0.0.1 SIP/2.0" for user in DIALLED.values()]


async def test_a_barred_number_never_reaches_the_pbx_and_the_key_is_named(
    desk: Desk, busy_pbx: ScriptedPbx
) -> None:
    answer = await desk.types(Verb.DIAL, "+1 212 555 2368")
    barred = "calling all numbers is barred (barring.outgoing.deny)"
    assert (answer["outcome"], answer["detail"]) == ("denied", barred)
    answer = await desk.types(Verb.DIAL, "0900 1234567")
    assert "dial it there, or set limits.premium: true" in str(answer["detail"])
    await desk.types(Verb.DIAL, "112")
    assert busy_pbx.request("INVITE").startswith("INVITE sip:112@")
