"""A real Kamailio and a real Mosquitto behind the gateway, with telephones: what readers see."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.model.blf import (
    Extension,
    ForwardingFact,
    LineState,
    PresenceFact,
    PresenceState,
    QueueFact,
    QueueMember,
)
from bridge.model.forwarding import Target, To, When, to_caller
from bridge.model.intents import Outcome
from bridge.model.pbx import (
    ActivateProfile,
    HangUp,
    Originate,
    Park,
    PbxAnswer,
    PbxCommand,
    ServeQueue,
    SetForwarding,
    SetGlobalDnd,
    SetPresence,
)
from tests.integration.offhook import Home
from tests.integration.pbx_desk import PREFIX, Desk, bridge_at, desk_at, telephones
from tests.integration.phones import Baresip
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.pbx.instance import Pbx

pytestmark = pytest.mark.needs("kamailio", "mosquitto", "openssl")


@pytest.fixture
async def desk(pbx: Pbx) -> AsyncIterator[Desk]:
    async with desk_at(pbx) as desk:
        yield desk


@pytest.mark.needs("baresip")
async def test_a_call_lights_both_lamps_and_puts_them_out_again(desk: Desk, tmp_path: Path) -> None:
    assert desk.line(208) == "offline"
    assert 3500 < desk.expiry_s("ext/208/state") <= 3600
    async with telephones(desk.pbx, tmp_path, 200, 201) as (caller, callee):
        await desk.shows(200, "free")
        await desk.shows(201, "free")
        await caller.calls(desk.pbx.uri(201))
        await desk.shows(201, "ringing")
        ringing = desk.said("ext/201/state")
        assert (ringing["dir"], ringing["peer"]) == ("in", "200")
        assert desk.line(200) == "dialing"
        await callee.orders("accept")
        await desk.shows(200, "busy")
        await desk.shows(201, "busy")
        await caller.hangs_up()
        await desk.shows(200, "free")
        await desk.shows(201, "free")


# -- a bridge behind it --------------------------------------------------------


async def does(watch: PbxWatch, order: PbxCommand) -> None:
    assert await watch.send(order) == PbxAnswer(Outcome.DONE)


E200, E201, QUEUE, SLOT = (Extension(number) for number in ("200", "201", "710", "701"))


async def test_orders_of_a_bridge_become_facts(desk: Desk) -> None:
    async with bridge_at(desk.pbx, "200", "710") as (board, watch):
        await does(watch, SetGlobalDnd(E200, on=True))
        await board.until(lambda: board.presence("200") is PresenceState.DND, "do not disturb")
        await does(watch, SetGlobalDnd(E200, on=False))
        await does(watch, SetPresence(E200, PresenceState.AWAY, 'back "at" two: äß €', 0))
        away = PresenceFact(E200, PresenceState.AWAY, 'back "at" two: äß €')
        await board.until(lambda: board.facts.get((PresenceFact, "200")) == away, "away")
        await does(watch, SetPresence(E200, PresenceState.NONE))
        await does(watch, SetForwarding(E200, When.BUSY, Target(To.NUMBER, "201")))
        await board.forwards(ForwardingFact(E200, 0, True, whens=(When.BUSY,)))
        await does(watch, SetForwarding(E200, When.BUSY, None))
        await does(watch, ActivateProfile(E200, 3))
        await board.forwards(ForwardingFact(E200, 3, False))
        rule = SetForwarding(E200, When.ALWAYS, Target(To.BUSY), 20, 3, to_caller("+49*"))
        await does(watch, rule)
        await board.forwards(ForwardingFact(E200, 3, True, rules=1))
        await does(watch, rule)
        await does(watch, replace(rule, caller=None, target=Target(To.VOICEMAIL)))
        await board.forwards(ForwardingFact(E200, 3, True, whens=(When.ALWAYS,), rules=1))
        await does(watch, replace(rule, target=None))
        await does(watch, replace(rule, target=None, caller=None))
        await board.forwards(ForwardingFact(E200, 3, False))
        await does(watch, ActivateProfile(E200, 0))
        assert board.presence("200") is PresenceState.NONE


async def test_queues_are_left_all_at_once_and_joined_again(desk: Desk) -> None:
    async with bridge_at(desk.pbx, "710") as (board, watch):

        def is_in() -> bool:
            fact = board.facts.get((QueueFact, "710"))
            members = fact.members if isinstance(fact, QueueFact) else ()
            return QueueMember(E201, logged_in=True) in members

        await does(watch, ServeQueue(QUEUE, E201, logged_in=True))
        await board.until(is_in, "logged in")
        await does(watch, ServeQueue(Extension(""), E201, logged_in=False))
        await board.until(lambda: not is_in(), "logged out")
        await does(watch, ServeQueue(Extension(""), E201, logged_in=True))
        await board.until(is_in, "logged in again")
        await does(watch, ServeQueue(QUEUE, E201, logged_in=False))


async def test_what_cannot_be_done_is_answered_with_a_sentence(desk: Desk) -> None:
    async with bridge_at(desk.pbx) as (_, watch):
        answers = await asyncio.gather(
            watch.send(SetGlobalDnd(Extension("999"), on=True)),
            watch.send(ServeQueue(Extension("999"), E200, logged_in=True)),
            watch.send(HangUp(E200)),
            watch.send(Originate(Extension("208"), "201")),
        )
    assert list(answers) == [
        PbxAnswer(Outcome.FAILED, "no such extension"),
        PbxAnswer(Outcome.FAILED, "not an agent of this queue"),
        PbxAnswer(Outcome.FAILED, "it has no call"),
        PbxAnswer(Outcome.FAILED, "it has no telephone"),
    ]


@pytest.mark.soak
@pytest.mark.needs("baresip")
async def test_a_telephone_calls_somebody_by_order(desk: Desk, tmp_path: Path) -> None:
    """Pick-up and fetching a parked call are the same order with another number."""
    async with (
        bridge_at(desk.pbx, "201", "203") as (board, watch),
        telephones(desk.pbx, tmp_path, 201, 203) as (called, caller),
    ):
        await does(watch, Originate(Extension("203"), "201"))
        await board.shows("203", LineState.RINGING)
        await caller.orders("accept")
        await board.shows("201", LineState.RINGING)
        await called.orders("accept")
        await board.shows("203", LineState.BUSY)
        await board.shows("201", LineState.BUSY)
        await does(watch, HangUp(Extension("203")))
        await board.shows("203", LineState.FREE)
        await board.shows("201", LineState.FREE)


@pytest.mark.needs("baresip")
async def test_a_call_that_rings_is_ended_by_order(desk: Desk, tmp_path: Path) -> None:
    async with (
        bridge_at(desk.pbx, "200", "201") as (board, watch),
        telephones(desk.pbx, tmp_path, 200, 201) as (caller, _),
    ):

        async def is_ended_for(whose: Extension, times: int) -> None:
            await caller.calls(desk.pbx.uri(201))
            await board.shows("201", LineState.RINGING)
            await does(watch, HangUp(whose))
            await board.shows("201", LineState.FREE)
            await board.shows("200", LineState.FREE)
            await eventually(lambda: len(caller.said("CALL_CLOSED")) == times, "ended there")

        await is_ended_for(E200, 1)
        await is_ended_for(E201, 2)
        assert "487" in str(caller.said("CALL_CLOSED")[-1]["param"])


@pytest.mark.needs("baresip")
async def test_rules_for_single_callers_and_star_codes_decide_where_calls_go(
    desk: Desk, tmp_path: Path
) -> None:
    async with (
        bridge_at(desk.pbx, "201", "202") as (board, watch),
        telephones(desk.pbx, tmp_path, 200, 201, 202) as (caller, called, other),
    ):

        async def refused() -> None:
            before = len(caller.said("CALL_CLOSED"))
            await caller.calls(desk.pbx.uri(201))
            await eventually(lambda: len(caller.said("CALL_CLOSED")) > before, "refused")
            assert "486" in str(caller.said("CALL_CLOSED")[-1]["param"])

        async def rings(phone: Baresip, at: str) -> None:
            await phone.calls(desk.pbx.uri(201))
            await board.shows(at, LineState.RINGING)
            await phone.hangs_up()
            await board.shows(at, LineState.FREE)

        line = SetForwarding(E201, When.ALWAYS, Target(To.NUMBER, "202"), profile=4)
        await does(watch, line)
        await does(watch, replace(line, caller=to_caller("internal"), target=Target(To.BUSY)))
        await does(watch, replace(line, caller=to_caller("202"), target=Target(To.RING)))
        await called.calls(desk.pbx.uri("*104"))
        await board.forwards(ForwardingFact(E201, 4, True, whens=(When.ALWAYS,), rules=2))
        await refused()
        await rings(other, "201")
        await does(watch, replace(line, caller=to_caller("internal"), target=None))
        await rings(caller, "202")
        await called.calls(desk.pbx.uri("*13*791"))
        await board.forwards(ForwardingFact(E201, 0, True, whens=(When.BUSY,)))
        await called.calls(desk.pbx.uri("**13"))
        await board.forwards(ForwardingFact(E201, 0, False))


@pytest.mark.soak
@pytest.mark.needs("baresip")
async def test_a_call_is_parked_by_order_and_its_slot_is_lit(desk: Desk, tmp_path: Path) -> None:
    async with (
        bridge_at(desk.pbx, "200", "201", "701") as (board, watch),
        telephones(desk.pbx, tmp_path, 200, 201) as (caller, callee),
    ):
        await caller.calls(desk.pbx.uri(201))
        await board.shows("201", LineState.RINGING)
        await callee.orders("accept")
        await board.shows("200", LineState.BUSY)
        await does(watch, Park(E201, SLOT))
        await board.shows("701", LineState.PARKED)
        await board.shows("201", LineState.FREE)
        await does(watch, HangUp(E200))
        await board.shows("701", LineState.FREE)


# -- faults ---------------------------------------------------------------------


@pytest.mark.soak
async def test_kamailio_that_was_killed_is_unknown_and_then_true_again(desk: Desk) -> None:
    async with bridge_at(desk.pbx, "200") as (board, watch):
        await does(watch, SetGlobalDnd(E200, on=True))
        await board.until(lambda: board.presence("200") is PresenceState.DND, "do not disturb")
        desk.pbx.kill()
        await board.until(lambda: not board.is_up, "the PBX is down")
        assert "kamailio" in board.sources[-1].reason
        answer = await watch.send(SetGlobalDnd(E200, on=True))
        assert answer.outcome is Outcome.FAILED
        await asyncio.to_thread(desk.pbx.start_part)
        await board.until(lambda: board.is_up, "the PBX is up")
        await board.shows("200", LineState.OFFLINE)
        assert board.presence("200") is PresenceState.NONE, "Kamailio has forgotten it"


async def test_a_broker_that_was_killed_is_unknown_and_then_true_again(desk: Desk) -> None:
    async with bridge_at(desk.pbx, "200") as (board, watch):
        await does(watch, SetGlobalDnd(E200, on=True))
        desk.pbx.kill("mosquitto")
        await board.until(lambda: not board.is_up, "the PBX is down")
        await asyncio.to_thread(desk.pbx.start_part, "mosquitto")
        await board.until(lambda: board.is_up, "the PBX is up")
        await board.until(lambda: board.presence("200") is PresenceState.DND, "as it was")
        await does(watch, SetGlobalDnd(E200, on=False))


@pytest.mark.soak
async def test_a_gateway_that_was_killed_is_unknown_and_its_ghosts_are_never_shown(
    pbx: Pbx, tmp_path: Path
) -> None:
    home = Home(
        tmp_path,
        f"pbx: {{id: office}}\ngateway: {{topic: {PREFIX}}}\n"
        f"mqtt: {{broker: {pbx.host}, port: {pbx.mqtt_port}}}\n",
    )
    log = tmp_path / "log"
    words = ("pbx-gateway", "--config", str(home.config))
    process = home.start(*words, log=log)
    try:
        async with bridge_at(pbx, "208") as (board, _):
            await board.shows("208", LineState.OFFLINE)
            process.kill()
            await board.until(lambda: not board.is_up, "the PBX is down")
            process.wait()
            process = home.start(*words, log=log)
            await board.until(lambda: board.is_up, "the PBX is up")
            await board.shows("208", LineState.OFFLINE)
            process.terminate()
            await board.until(lambda: not board.is_up, "the PBX is down")
            assert await asyncio.to_thread(process.wait, 10) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


async def test_a_gateway_with_a_wrong_password_says_so_in_one_sentence(
    pbx: Pbx, tmp_path: Path
) -> None:
    home = Home(
        tmp_path,
        f"pbx: {{id: office}}\nmqtt: {{broker: {pbx.host}, port: {pbx.settings.mqtt_auth_port}, "
        "user: bridge, password: wrong-word}\n",
    )
    log = tmp_path / "log"
    process = home.start("pbx-gateway", "--config", str(home.config), log=log)
    try:
        await eventually(lambda: "refuses the login of 'bridge'" in log.read_text(), "the sentence")
        assert "mqtt.password" in log.read_text()
        assert log.read_text().count("refuses the login") == 1
        assert "wrong-word" not in log.read_text()
    finally:
        process.kill()
        process.wait()


# -- stale commands --------------------------------------------------------------


async def test_stale_repeated_and_stored_commands_do_nothing(desk: Desk) -> None:
    """The same guard as a bridge's, and Kamailio's own behind it."""
    reader = desk.reader
    info = desk.said("info")
    fresh = {
        "v": 1,
        "ttl_ms": 5000,
        "epoch": info["epoch"],
        "window": info["window"][0],
        "args": {"ext": "200", "on": True},
        "reply_to": "ui",
    }
    assert reader._client is not None

    async def say(name: str, *, retain: bool = False, **changes: Any) -> None:
        assert reader._client is not None
        now_ms = time.time_ns() // 1_000_000
        body = {**fresh, "id": f"stale-{name}", "ts": now_ms, **changes}
        topic = f"{PBX_BASE}/cmd/dnd"
        await reader._client.publish(topic, json.dumps(body).encode(), 1, retain)

    await say("retained", retain=True)
    await say("old-time", ts=1)
    await say("old-epoch", epoch="0123456789abcdef")
    await say("old-window", window="0123456789abcdef")
    await say("no-window", window="")
    await say("barred", args={"ext": "200"})
    await say("good-one")
    await say("good-one")

    def replies() -> dict[str, str]:
        return {
            body["id"]: body["status"]
            for message in reader.messages
            if str(message.topic) == f"{PBX_BASE}/reply/ui"
            for body in [json.loads(message.payload)]
        }

    await eventually(lambda: replies().get("stale-good-one") == "done", "the fresh one is done")
    assert replies() == {
        "stale-old-time": "stale",
        "stale-old-epoch": "stale",
        "stale-old-window": "stale",
        "stale-no-window": "stale",
        "stale-good-one": "done",
    }
    await eventually(lambda: desk.gateway.guard.counts["repeated"] == 1, "the repeated one")
    counts = desk.gateway.guard.counts
    assert (counts["run"], counts["retained"], counts["unreadable"]) == (1, 1, 1)
    await reader._client.publish(f"{PBX_BASE}/cmd/dnd", b"", 1, retain=True)
    await say("good-two", args={"ext": "200", "on": False})
    await eventually(lambda: "stale-good-two" in replies(), "put back")
