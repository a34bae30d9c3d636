"""A group rings, somebody else picks up: the CANCEL says so, and the call is not missed."""

import asyncio

import pytest

from bridge.model.calls import EndedBy
from bridge.model.effects import RingCall
from bridge.model.events import CallArrived, CallEnded
from tests.engine.phones import Phone
from tests.engine.raw_sip import RawPeer, status_of

pytestmark = pytest.mark.sip


@pytest.mark.parametrize(
    ("header", "elsewhere"),
    [
        ('Reason: SIP;cause=200;text="Call completed elsewhere"\r\n', True),
        ("Reason: Q.850;cause=16\r\nReason: SIP\r\n ;cause=200\r\n", True),
        ("Reason: SIP;cause=487\r\n", False),
        ("", False),
    ],
)
async def test_the_reason_of_a_cancel_is_told(header: str, elsewhere: bool) -> None:
    async with Phone("a") as phone:
        raw = RawPeer(phone.engine.address, "a")
        raw.invite("group")
        arrived = await phone.log.until(CallArrived)
        phone.engine.order(RingCall(arrived.call))
        await asyncio.to_thread(raw.answer, "group", "INVITE", 180)
        cancel = raw.request("CANCEL", "group", extra=header)
        raw.send(cancel.replace(b"groupCANCEL1", b"groupINVITE1"))  # RFC 3261 9.1: same branch
        assert status_of(await asyncio.to_thread(raw.answer, "group", "CANCEL")) == 200
        ended = await phone.log.until(CallEnded, arrived.call)
        raw.close()
    assert (ended.cause.by, ended.cause.sip) == (EndedBy.REMOTE, 487)
    assert ended.cause.elsewhere is elsewhere
    assert ("another telephone" in ended.cause.reason) is elsewhere
