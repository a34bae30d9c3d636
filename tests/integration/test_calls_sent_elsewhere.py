"""Calls sent elsewhere through Kamailio, with baresip as one of the three: seen and heard."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.model.calls import RegistrationState
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    PlaceCall,
    RingCall,
    TransferCall,
)
from bridge.model.engine import AccountSettings
from bridge.model.events import (
    CallConnected,
    CallReferred,
    CallReplaced,
    RemoteChanged,
    TransferChanged,
)
from bridge.model.ids import CallId
from bridge.model.sound import SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, new_call, quiet_settings
from tests.engine.tones import hears, loud, silent
from tests.integration.phones import LOUD_DBFS, TONE_HZ, Baresip, baresip_at
from tests.integration.running import account_at
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("kamailio", "mosquitto", "mosquitto-clients", "openssl", "baresip"),
]

HERE_HZ, THERE_HZ = 500.0, 1900.0


def line_of(pbx: Pbx, extension: int) -> AccountSettings:
    return replace(account_at(pbx, extension), account=LINE)


def telephone(
    pbx: Pbx, extension: int, hz: float, codecs: tuple[str, ...] = ("G722", "PCMA", "PCMU")
) -> Phone:
    sound = SoundSettings(
        backend=SoundBackend.TEST,
        test_tone_hz=hz,
        test_listen_hz=(HERE_HZ, THERE_HZ, TONE_HZ),
    )
    settings = quiet_settings(sound=sound, codecs=codecs)
    return Phone(str(extension), settings, [line_of(pbx, extension)])


EXTENSIONS = iter((200, 202, 204, 205, 206, 207, 208))
"""Of baresip, one for each test: it is killed in the end, and the PBX goes on ringing it."""


@dataclass
class Three:
    """Ours are 201 and 203."""

    ours: Phone
    other: Phone
    baresip: Baresip
    number: str


@asynccontextmanager
async def three(
    pbx: Pbx, short_dir: Path, port_base: int, codecs: tuple[str, ...] = ("G722", "PCMA", "PCMU")
) -> AsyncIterator[Three]:
    """Two phones of ours and a baresip, all registered."""
    number = next(EXTENSIONS)
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(telephone(pbx, 201, HERE_HZ, codecs))
        other = await stack.enter_async_context(telephone(pbx, 203, THERE_HZ))
        peer = baresip_at(
            short_dir / "peer", port_base, pbx.uri(number), pbx.password(number), registers=True
        )
        baresip = await stack.enter_async_context(peer)
        for phone in (ours, other):
            await phone.registration(LINE, RegistrationState.REGISTERED)
        await baresip.is_registered()
        yield Three(ours, other, baresip, str(number))


async def call_baresip(now: Three) -> CallId:
    phone, baresip = now.ours, now.baresip
    call = phone.dials(now.number)
    await baresip.until("CALL_INCOMING")
    await baresip.orders("accept")
    await phone.log.until(CallConnected, call)
    return call


async def test_baresip_is_sent_to_a_colleague_and_they_hear_each_other(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    async with three(pbx, short_dir, free_port_base) as now:
        ours, other, baresip = now.ours, now.other, now.baresip
        call = await call_baresip(now)
        ours.engine.order(TransferCall(call, "203"))
        arrived = await other.arrival()
        assert arrived.remote.number == now.number
        other.engine.order(AnswerCall(arrived.call))
        done = await ours.log.until(TransferChanged, call, where=lambda e: e.final)
        assert done.sip == 200
        await hears(other, TONE_HZ, loud)
        await baresip.listens_for(1.5)
        await ours.hangs_up(call)
        await other.hangs_up(arrived.call)
        await eventually(lambda: len(baresip.said("CALL_CLOSED")) == 2, "both calls are over")
    assert baresip.heard().loudest_dbfs(THERE_HZ) > LOUD_DBFS


async def test_baresip_sends_us_to_a_colleague_and_we_hear_him(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    async with three(pbx, short_dir, free_port_base) as now:
        ours, other, baresip = now.ours, now.other, now.baresip
        call = await call_baresip(now)
        await baresip.orders("transfer", pbx.uri(203))
        referred = await ours.log.until(CallReferred, call)
        assert referred.target.number == "203"
        arrived = await other.arrival()
        other.engine.order(RingCall(arrived.call))
        other.engine.order(AnswerCall(arrived.call))
        await ours.log.until(CallConnected, referred.new_call)
        await hears(ours, THERE_HZ, loud)
        await hears(other, HERE_HZ, loud)


async def test_baresip_cannot_send_us_to_an_emergency_number(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    async with three(pbx, short_dir, free_port_base) as now:
        ours, baresip = now.ours, now.baresip
        call = await call_baresip(now)
        await baresip.orders("transfer", pbx.uri(112))
        await baresip.until("TRANSFER_FAILED")
        assert ours.log.of(CallReferred, call) == []


async def test_after_asking_two_parties_are_connected_through_the_pbx(pbx: Pbx) -> None:
    async with (
        telephone(pbx, 201, HERE_HZ) as ours,
        telephone(pbx, 203, THERE_HZ) as other,
        telephone(pbx, 209, TONE_HZ) as third,
    ):
        for phone in (ours, other, third):
            await phone.registration(LINE, RegistrationState.REGISTERED)
        calls = []
        for number, phone in (("209", third), ("203", other)):
            calls.append(ours.dials(number))
            arrived = await phone.arrival()
            phone.engine.order(AnswerCall(arrived.call))
            await ours.log.until(CallConnected, calls[-1])
        first, second = calls
        ours.engine.order(ConnectCalls(first, second))
        replaced = await other.log.until(CallReplaced)
        assert replaced.remote.number == "209"
        done = await ours.log.until(TransferChanged, first, where=lambda e: e.final)
        assert done.sip == 200
        await ours.hangs_up(first)
        await hears(other, TONE_HZ, loud)
        await hears(third, THERE_HZ, loud)
        await hears(other, HERE_HZ, silent)


async def test_baresip_who_is_diverted_reaches_the_colleague(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    async with three(pbx, short_dir, free_port_base) as now:
        ours, other, baresip = now.ours, now.other, now.baresip
        await baresip.calls(pbx.uri(201))
        arrived = await ours.arrival()
        ours.engine.order(DivertCall(arrived.call, "203"))
        second = await other.arrival()
        assert second.remote.number == now.number


async def test_our_call_is_diverted_and_we_follow_and_say_so(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    async with three(pbx, short_dir, free_port_base) as now:
        ours, other = now.ours, now.other
        call = new_call()
        other.engine.order(PlaceCall(call, LINE, "201"))
        arrived = await ours.arrival()
        assert arrived.remote.number == "203"
        ours.engine.order(DivertCall(arrived.call, now.number))
        changed = await other.log.until(RemoteChanged, call)
        assert changed.remote.number == now.number
