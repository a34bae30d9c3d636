"""Phones of other makers call the daemon through the PBX; its headset answers, mutes, rejects."""

from pathlib import Path

import pytest

from bridge.model.calls import Phase
from bridge.model.engine import Transport
from tests.integration.phones import LOUD_DBFS, QUIET_DBFS, TONE_HZ, baresip_at, sipp_calls
from tests.integration.running import (
    OUR_TONE_HZ,
    Reader,
    account_at,
    config_for,
    desk_with,
    trusting,
)
from tests.pbx.instance import Pbx

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("kamailio", "mosquitto", "mosquitto-clients", "openssl"),
]


@pytest.mark.needs("baresip")
async def test_a_baresip_caller_is_answered_heard_muted_and_seen_to_hang_up(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    config = config_for(short_dir, account_at(pbx, 201), free_port_base + 100)
    phone = baresip_at(short_dir / "caller", free_port_base, pbx.uri(202), pbx.password(202))
    async with desk_with(config) as desk, phone as caller:
        await desk.is_registered()
        with Reader("--unix", desk.daemon.bus.settings.socket) as reader:
            await caller.calls(pbx.uri(201))
            await desk.shows("ring")
            await reader.until(lambda: reader.call_state == "ringing", "ringing")
            await caller.until("CALL_RINGING")
            desk.press("hook")
            await desk.shows("off_hook")
            await caller.until("CALL_ESTABLISHED")
            await desk.hears(TONE_HZ)
            await caller.listens_for(1.0)
            await reader.until(lambda: reader.call_state == "connected", "connected")
            await reader.until(lambda: reader.lamps == {"off_hook"}, "the lamp")
            desk.press("mute")
            await desk.shows("off_hook", "mute")
            await reader.until(lambda: reader.lamps == {"off_hook", "mute"}, "the mute lamp")
            await caller.listens_for(1.0)
            await caller.hangs_up()
            await desk.shows()
            await reader.until(lambda: reader.call_state == "", "no call")
            await reader.until(lambda: reader.lamps == set(), "no lamp")
            await caller.until("CALL_CLOSED")
    assert caller.heard().loudest_dbfs(OUR_TONE_HZ) > LOUD_DBFS
    assert caller.heard().last_dbfs(OUR_TONE_HZ) < QUIET_DBFS


@pytest.mark.needs("baresip")
async def test_a_baresip_caller_who_is_rejected_on_the_headset_hears_busy(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    config = config_for(short_dir, account_at(pbx, 203), free_port_base + 100)
    phone = baresip_at(short_dir / "caller", free_port_base, pbx.uri(202), pbx.password(202))
    async with desk_with(config) as desk, phone as caller:
        await desk.is_registered()
        await caller.calls(pbx.uri(203))
        await desk.shows("ring")
        desk.press("reject")
        await desk.shows()
        closed = await caller.until("CALL_CLOSED")
        assert "486" in str(closed["param"])
        await desk.no_call()


@pytest.mark.needs("sipp")
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TLS], ids=lambda one: one.value)
async def test_a_sipp_caller_is_answered_and_sends_our_tone_back_until_he_hangs_up(
    transport: Transport, pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    config = trusting(
        config_for(short_dir, account_at(pbx, 204, transport), free_port_base + 100), pbx
    )
    async with desk_with(config) as desk:
        await desk.is_registered()
        with Reader("--unix", desk.daemon.bus.settings.socket) as reader:
            caller = ("205", "204", pbx.password(205))
            server = f"{pbx.host}:{pbx.sip_port}"
            async with sipp_calls(short_dir, free_port_base, server, *caller) as sipp:
                await desk.shows("ring")
                desk.press("hook")
                await desk.shows("off_hook")
                await desk.call_is(Phase.CONNECTED)
                await desk.hears(OUR_TONE_HZ)
                await sipp.succeeds()
            await desk.shows()
            await reader.until(lambda: reader.call_state == "", "no call")
            way = ["ringing", "connected", "ended"]
            await reader.until(lambda: reader.moves == way, "the way of the call")
            assert reader.state("line/desk")["registration"] == "registered"
