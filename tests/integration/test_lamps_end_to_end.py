"""From a call between two telephones to every kind of lamp, and from a key back to the call."""

import json
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.model.calls import Phase, RegistrationState
from bridge.model.events import CallConnected
from bridge.model.lamps import PickUpBy
from bridge.protocols.pbx_states import Shown
from tests.engine.phones import LINE, Phone
from tests.integration.lamp_eyes import Watcher
from tests.integration.lamp_kills import killed_again_and_again
from tests.integration.lamp_stage import (
    ANNA,
    BEN,
    CLEO,
    QUEUE,
    SLOT,
    US,
    Stage,
    account_of,
    office_line,
    stage_at,
)
from tests.integration.lamp_traffic import Orders
from tests.integration.pbx_desk import desk_at, telephones
from tests.integration.phones import Baresip
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.pbx.instance import Pbx

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("kamailio", "mosquitto", "openssl", "baresip"),
]


@dataclass
class Office:
    """The desk with its lamps at 203, and a telephone at 209 that watches 201 by itself."""

    stage: Stage
    watcher: Watcher

    async def shows(self, state: str) -> None:
        """Wait until every lamp of Anna, of whatever kind, shows a state."""
        await self.stage.keys.shows(ANNA, state)
        await self.branch_says("201", state)
        await self.telephone_shows("201", state)

    async def branch_says(self, extension: str, state: str) -> None:
        """What any reader sees in the branch of the PBX."""
        await eventually(
            lambda: office_line(self.stage.reader, extension) == state,
            f"the branch of the PBX says that {extension} is {state}",
            self.stage.keys.story,
        )

    async def telephone_shows(self, name: str, state: str) -> None:
        await eventually(
            lambda: self.watcher.shows(name) == state,
            f"the watching telephone shows {name} {state}",
            self.watcher.story,
        )


@pytest.fixture
async def office(pbx: Pbx, short_dir: Path) -> AsyncIterator[Office]:
    async with desk_at(pbx), stage_at(pbx, short_dir) as stage:
        with closing(Watcher(pbx, "201", "dnd201")) as watcher:
            await stage.bridge.is_registered()
            yield Office(stage, watcher)


async def is_refused(caller: Baresip, pbx: Pbx, extension: int, status: str) -> None:
    before = len(caller.said("CALL_CLOSED"))
    await caller.calls(pbx.uri(extension))
    await eventually(lambda: len(caller.said("CALL_CLOSED")) > before, "refused", caller.log)
    assert status in str(caller.said("CALL_CLOSED")[-1]["param"])


async def test_calls_and_star_codes_of_others_are_seen_on_every_kind_of_lamp(
    office: Office, pbx: Pbx, short_dir: Path
) -> None:
    stage = office.stage
    async with telephones(pbx, short_dir, 200, 201) as (ben, anna):
        await office.shows("free")
        await ben.calls(pbx.uri(201))
        await office.shows("ringing")
        await stage.keys.shows(BEN, "dialing")
        stage.panel.pull()
        stage.deck.pull()
        await anna.orders("accept")
        await office.branch_says("201", "busy")
        await stage.panel.plug()
        stage.deck.plug()
        await office.shows("busy")
        await stage.keys.shows(BEN, "busy")
        await ben.hangs_up()
        await office.shows("free")

        await anna.calls(pbx.uri("*78"))
        await stage.keys.shows(ANNA, "dnd")
        await office.telephone_shows("dnd201", "busy")
        await is_refused(ben, pbx, 201, "486")
        await anna.calls(pbx.uri("*79"))
        await office.shows("free")
        await office.telephone_shows("dnd201", "free")

        await anna.calls(pbx.uri(f"*11{US}"))
        await eventually(lambda: is_forwarding(stage), "the PBX forwards", stage.keys.story)
        await ben.calls(pbx.uri(201))
        await stage.bridge.call_is(Phase.RINGING)
        await stage.keys.shows(BEN, "calls-me")
        await office.shows("free")
        await ben.hangs_up()
        await stage.bridge.no_call()
        await anna.calls(pbx.uri("**11"))
        await eventually(lambda: not is_forwarding(stage), "and no more", stage.keys.story)
        await stage.keys.are_true()


async def test_hold_a_parked_call_and_a_queue_are_seen_on_every_kind_of_lamp(
    office: Office, pbx: Pbx, short_dir: Path
) -> None:
    """The caller is an engine of ours: baresip cannot be taken over (RFC 3891)."""
    stage, line = office.stage, account_of(pbx, 202)
    await stage.keys.shows(QUEUE, "logged-out")
    await stage.panel.presses(QUEUE)
    await stage.keys.shows(QUEUE, "logged-in")
    async with telephones(pbx, short_dir, 201) as (anna,), Phone("202", accounts=[line]) as cleo:
        await cleo.registration(LINE, RegistrationState.REGISTERED)
        await stage.keys.shows(CLEO, "free")
        cleo.dials("201")
        await office.shows("ringing")
        await anna.orders("accept")
        await office.shows("busy")
        await anna.orders("hold")
        await office.shows("held")
        await stage.keys.are_true()
        await anna.orders("resume")
        await office.shows("busy")

        await stage.keys.shows(SLOT, "free")
        await Orders(stage.reader, PBX_BASE).says("park", ext="201", slot="701")
        await stage.keys.shows(SLOT, "parked")
        await office.shows("free")
        await stage.panel.presses(SLOT)
        await stage.bridge.call_is(Phase.CONNECTED)
        await stage.keys.shows(SLOT, "free")
        await stage.keys.shows(CLEO, "talking")
        await stage.bridge.presses_later("hook")
        await stage.bridge.no_call()
        await stage.keys.shows(CLEO, "free")
    await stage.panel.presses(QUEUE)
    await stage.keys.shows(QUEUE, "logged-out")


def is_forwarding(stage: Stage) -> bool:
    payload = stage.reader.latest.get(f"{PBX_BASE}/ext/201/forwarding") or b"{}"
    return bool(json.loads(payload).get("forwarding"))


async def test_a_call_that_rings_elsewhere_is_picked_up_by_its_key(
    office: Office, pbx: Pbx, short_dir: Path
) -> None:
    """The caller is an engine of ours: baresip cannot be taken over (RFC 3891)."""
    stage, line = office.stage, account_of(pbx, 202)
    async with telephones(pbx, short_dir, 201), Phone("202", accounts=[line]) as cleo:
        await cleo.registration(LINE, RegistrationState.REGISTERED)
        await stage.keys.shows(CLEO, "free")
        cleo.dials("201")
        await office.shows("ringing")
        await stage.panel.presses(ANNA)
        await stage.bridge.call_is(Phase.CONNECTED)
        await cleo.log.until(CallConnected)
        await eventually(lambda: stage.bridge.others() == ["202"], "whom we speak with")
        await office.shows("free")
        await stage.keys.shows(CLEO, "talking")
        await office.branch_says(str(US), "busy")
        await stage.bridge.presses_later("hook")
        await stage.bridge.no_call()
        await stage.keys.shows(CLEO, "free")
        await stage.keys.are_true()


async def test_a_broker_that_dies_under_traffic_leaves_no_lie_and_no_command_is_done_twice(
    office: Office, pbx: Pbx, short_dir: Path
) -> None:
    """The short form of ``test_lamp_faults.py``."""
    await killed_again_and_again(office.stage, pbx, short_dir, 1)


# -- picked up by Replaces: the PBX tells the dialog, and has no part in it -----------


@pytest.fixture
async def replacing(pbx: Pbx, short_dir: Path) -> AsyncIterator[Stage]:
    gateway, stage_there = (
        desk_at(pbx, Shown(dialogs=True)),
        stage_at(pbx, short_dir, PickUpBy.REPLACES),
    )
    async with gateway, stage_there as stage:
        await stage.bridge.is_registered()
        yield stage


@pytest.mark.soak
async def test_a_ringing_call_is_taken_over_at_its_caller(
    replacing: Stage, pbx: Pbx, short_dir: Path
) -> None:
    async with (
        telephones(pbx, short_dir, 201),
        Phone("202", accounts=[account_of(pbx, 202)]) as cleo,
    ):
        await cleo.registration(LINE, RegistrationState.REGISTERED)
        cleo.dials("201")
        await replacing.keys.shows(ANNA, "ringing")
        await replacing.panel.presses(ANNA)
        await replacing.bridge.call_is(Phase.CONNECTED)
        await cleo.log.until(CallConnected)
        assert replacing.bridge.others() == ["202"]
        await replacing.keys.shows(ANNA, "free")
        await replacing.keys.shows(CLEO, "talking")
        await replacing.bridge.presses_later("hook")
        await replacing.bridge.no_call()
        await replacing.keys.are_true()


@pytest.mark.soak
async def test_a_caller_that_knows_no_replaces_is_left_alone_and_that_is_told(
    replacing: Stage, pbx: Pbx, short_dir: Path
) -> None:
    async with telephones(pbx, short_dir, 200, 201) as (ben, anna):
        await ben.calls(pbx.uri(201))
        await replacing.keys.shows(ANNA, "ringing")
        await replacing.panel.presses(ANNA)
        told = "cannot be taken over: it knows no Replaces"
        await eventually(lambda: told in replacing.bridge.story(), told, replacing.bridge.story)
        await replacing.keys.shows(ANNA, "ringing")
        await anna.orders("accept")
        await replacing.keys.shows(BEN, "busy")
        assert len(anna.said("CALL_INCOMING")) == 1
        assert ben.said("CALL_INCOMING") == [], "nobody rings the caller"
        await ben.hangs_up()
        await replacing.keys.shows(ANNA, "free")
