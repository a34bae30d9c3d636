"""sipp at the interop desk: one call by a scenario, and every message of it to look at."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.phones import SIPP, Sipp
from tests.integration.waiting import eventually
from tests.interop.places import Place
from tests.pbx.ports import is_free
from tests.pbx.settings import find

XML = '<?xml version="1.0" encoding="UTF-8" ?>'
INVITE = """  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{user}@[remote_ip]>;tag=c[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {cseq} INVITE
Contact: <sip:{user}@[local_ip]:[local_port]>
Max-Forwards: 70
{extra}Content-Type: application/sdp
Content-Length: [len]

v=0
o=call 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv response="100" optional="true"/>
"""
ACK = """  <send><![CDATA[
ACK {target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
{routes}From: <sip:{user}@[remote_ip]>;tag=c[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: {cseq} ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
"""
BYE = """  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
"""
SERVICE = "sip:[service]@[remote_ip]:[remote_port]"
# A refusal is acknowledged within the transaction of its INVITE, so many steps of the scenario ago:
# else it is repeated, to whoever uses the port next (RFC 3261 section 17.1.1.3).
OF_CHALLENGED, OF_REFUSED, OF_ANSWERED = "[branch-3]", "[branch-4]", "[branch]"


def caller(place: Place, final: int, extra: str = "") -> str:
    """A scenario: call, be answered with this status, and after a 200 wait for the BYE.

    Args:
        place: of sipp; with a PBX it is asked for its password first.
        final: the status it must get.
        extra: header lines of the INVITE.
    """
    user, cseq, parts = place.user, 1, []
    if place.pbx:
        parts = [
            INVITE.format(user=user, cseq=1, extra=extra),
            '  <recv response="407" auth="true"/>\n',
            ACK.format(user=user, cseq=1, target=SERVICE, routes="", branch=OF_CHALLENGED),
        ]
        cseq, extra = 2, f"[authentication]\n{extra}"
    parts += [
        INVITE.format(user=user, cseq=cseq, extra=extra),
        '  <recv response="180" optional="true"/>\n',
        f'  <recv response="{final}" rrs="true"/>\n',
    ]
    ended = final >= 300
    target, routes = (SERVICE, "") if ended else ("[next_url]", "[routes]\n")
    branch = OF_REFUSED if ended else OF_ANSWERED
    parts += [ACK.format(user=user, cseq=cseq, target=target, routes=routes, branch=branch)]
    parts += [] if ended else [BYE]
    return f'{XML}\n<scenario name="caller">\n{"".join(parts)}</scenario>\n'


class Sipping:
    """A sipp that runs one scenario."""

    def __init__(self, process: asyncio.subprocess.Process, messages: Path) -> None:
        self._sipp, self._messages = Sipp(process), messages

    async def succeeds(self) -> None:
        """Wait until its scenario has come to its end, as written."""
        await self._sipp.succeeds()

    def messages(self) -> list[str]:
        """What it sent and received so far."""
        if not self._messages.exists():
            return []
        found = self._messages.read_text(errors="replace").replace("\r", "")
        return found.split("-" * 47)

    async def message(self, start: str) -> str:
        """Wait for a message that begins like this; return it."""

        def fits() -> list[str]:
            return [one for one in self.messages() if f"\n{start}" in one]

        await eventually(fits, f"sipp: {start}", lambda: "\n".join(self.messages())[-3000:])
        return fits()[0]


@asynccontextmanager
async def sipp_at(place: Place, scenario: Path, *options: str) -> AsyncIterator[Sipping]:
    """A sipp at a place, that sends sound back."""
    messages = place.directory / f"{scenario.stem}.messages"
    process = await asyncio.create_subprocess_exec(
        *(find("sipp"), "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(place.port)),
        *("-mi", "127.0.0.1", "-mp", str(place.port + 10), "-rtp_echo", "-m", "1", "-nostdin"),
        *("-trace_msg", "-message_file", str(messages), *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=place.directory,
    )
    try:
        yield Sipping(process, messages)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


@asynccontextmanager
async def sipp_calls(
    place: Place, number: str, final: int, extra: str = ""
) -> AsyncIterator[Sipping]:
    """A sipp that calls a number, or a peer-to-peer address, and must get this status."""
    scenario = place.directory / "caller.xml"
    scenario.write_text(caller(place, final, extra))
    user, _, address = number.removeprefix("sip:").partition("@")
    async with sipp_at(place, scenario, address, "-s", user, *_secrets(place)) as sipp:
        yield sipp


@asynccontextmanager
async def sipp_answers(place: Place) -> AsyncIterator[Sipping]:
    """A sipp that rings for two seconds and answers; with a PBX it registers first."""
    if place.pbx:
        contact = ("-key", "contact_port", str(place.port), "-key", "expires", "300")
        server = f"{place.pbx.host}:{place.pbx.sip_port}"
        options = (server, "-s", place.user, *_secrets(place), *contact)
        async with sipp_at(place, SIPP / "register.xml", *options) as sipp:
            await sipp.succeeds()
    async with sipp_at(place, SIPP / "answer.xml") as sipp:
        await eventually(lambda: not is_free(place.port), "sipp listens")
        yield sipp


def _secrets(place: Place) -> tuple[str, ...]:
    return ("-au", place.user, "-ap", place.password) if place.pbx else ()
