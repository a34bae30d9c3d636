"""Names that have to be looked up, and callers who are there first."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from bridge.model.calls import EndedBy, RegistrationState
from bridge.model.effects import (
    AnswerCall,
    HoldCall,
)
from bridge.model.engine import AccountSettings
from bridge.model.events import (
    CallArrived,
    CallEnded,
    EngineReady,
    OrderFailed,
)
from bridge.model.ids import AccountId
from tests.engine.phones import LINE, Phone, connect, quiet_settings
from tests.engine.raw_sip import RawPeer, status_of

pytestmark = pytest.mark.sip


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    async with Phone("a") as phone:
        yield phone


# -- names --------------------------------------------------------------------


async def test_a_server_whose_name_is_not_known_is_said_and_the_engine_goes_on() -> None:
    lines = [
        AccountSettings(LINE, "a"),
        AccountSettings(AccountId("far"), "200", "no-such-host.invalid"),
    ]
    async with Phone("a", accounts=lines) as a, Phone("b") as b:
        far = lines[1].account
        said = await a.registration(far, RegistrationState.FAILED)
        assert said.reason == (
            "the name no-such-host.invalid of the PBX is not known; "
            "check server and the name service"
        )
        await connect(b, a)
        failed = await a.log.until(OrderFailed, a.dials("201", far))
        assert failed.reason == "account far cannot be used yet; its status says why"


async def test_a_peer_is_dialled_by_name(phone: Phone) -> None:
    async with Phone("b") as b:
        port = b.engine.address.partition(":")[2]
        out = phone.dials(f"sip:b@localhost:{port}")
        await b.arrival()
        await phone.hangs_up(out)


async def test_a_peer_with_an_unknown_name_ends_with_words(phone: Phone) -> None:
    out = phone.dials("sip:b@no-such-host.invalid")
    ended = await phone.log.until(CallEnded, out)
    assert ended.cause.reason.startswith("the name no-such-host.invalid is not known")


async def test_hanging_up_while_the_name_is_looked_up(phone: Phone) -> None:
    out = phone.dials("sip:b@no-such-host.invalid")
    ended = await phone.hangs_up(out)
    assert ended.cause.by in {EndedBy.LOCAL, EndedBy.ERROR}  # whichever was first
    phone.engine.order(HoldCall(out))
    await phone.log.until(OrderFailed, out, where=lambda e: e.order == "HoldCall")
    assert len(phone.log.of(CallEnded, out)) == 1


# -- the first moment ---------------------------------------------------------


async def test_a_caller_who_is_there_first_is_heard_and_not_sent_away() -> None:
    """PJSIP without accounts answered 480 for 10 to 40 ms."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    raw = RawPeer(f"127.0.0.1:{port}", "a")
    stop = threading.Event()

    def insist() -> None:
        """Send the same INVITE again and again, as UDP retransmits do, only faster."""
        while not stop.wait(0.003):
            raw.invite("early")

    caller = threading.Thread(target=insist)
    caller.start()
    try:
        async with Phone("a", quiet_settings(port=port)) as a:
            arrived = await a.log.until(CallArrived)
            kinds = [type(e) for e in a.log.events]
            assert kinds.index(EngineReady) < kinds.index(CallArrived)
            a.engine.order(AnswerCall(arrived.call))
            answer = await asyncio.to_thread(raw.answer, "early", "INVITE", 200)
            assert status_of(answer) == 200
    finally:
        stop.set()
        caller.join()
        raw.close()
