"""What a bridge believes of its PBX: truth or nothing, in whatever order messages come."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import Incoming
from bridge.drivers.virtual.mqtt import VirtualBus
from bridge.model.blf import Extension, Fact, LineFact, LineState, PbxId, SourceFact
from bridge.model.bus import MqttSettings
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, SetGlobalDnd
from tests.mqtt.contract import check
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.waiting import eventually
from tests.mqtt.words import NOW_MS

OLD, NEW = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
EXT = Extension("200")
STATE = f"{PBX_BASE}/ext/200/state"
DND = SetGlobalDnd(EXT, on=True)


def state(word: str, rev: int = 1, epoch: str = NEW) -> bytes:
    return json.dumps({"v": 1, "epoch": epoch, "rev": rev, "state": word}).encode()


def availability(word: str, epoch: str = NEW, **more: Any) -> bytes:
    online = {"seq": 0, "health": "ok", "reasons": []} if word == "online" else {}
    return json.dumps({"v": 1, "state": word, "epoch": epoch} | online | more).encode()


def info(*commands: str) -> bytes:
    body = {"v": 1, "epoch": NEW, "rev": 1, "window": ["w2", "w1"], "commands": list(commands)}
    return json.dumps(body).encode()


@dataclass
class Desk:
    """A watch on a bus inside the process; ``facts`` is what it said."""

    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = VirtualBus(
            MqttSettings(), lambda _: None, now=lambda: 0.0, wall_ms=lambda: NOW_MS, epoch=OLD
        )
        self.watch = PbxWatch(
            self.bus, PbxId("office"), "offhook", "desk", lambda _, fact: self.facts.append(fact)
        )

    def says(self, topic: str, payload: bytes) -> None:
        """The gateway publishes a retained state."""
        self.bus.say(topic, payload, retained=True)

    def goes(self, word: str, epoch: str = NEW, **more: Any) -> None:
        self.says(f"{PBX_BASE}/availability", availability(word, epoch, **more))

    async def rests(self) -> None:
        """Wait until everything that was heard has been read."""
        await eventually(lambda: self.watch._turn is None)

    def lamp(self) -> LineState:
        """What a lamp of 200 may show, by the rules of ``FactSink``."""
        shown = LineState.UNKNOWN
        for fact in self.facts:
            match fact:
                case SourceFact(is_up=False):
                    shown = LineState.UNKNOWN
                case LineFact(state=line):
                    shown = line
        return shown if self.watch.source.is_up else LineState.UNKNOWN


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_what_is_stored_is_said_and_then_that_the_pbx_is_up(desk: Desk) -> None:
    desk.says(STATE, state("busy"))
    desk.goes("online")
    desk.watch.start([EXT])
    await desk.rests()
    assert [type(fact) for fact in desk.facts] == [SourceFact, LineFact, SourceFact]
    assert desk.lamp() is LineState.BUSY
    assert desk.watch.source == SourceFact(PbxId("office"), True)


@pytest.mark.parametrize("online_first", [True, False])
async def test_a_ghost_of_an_earlier_run_is_never_shown(desk: Desk, online_first: bool) -> None:
    desk.watch.start([EXT])
    if online_first:
        desk.goes("online")
        await desk.rests()
    desk.says(STATE, state("busy", epoch=OLD))
    await desk.rests()
    desk.goes("online")
    await desk.rests()
    assert desk.lamp() is LineState.UNKNOWN
    assert desk.watch.source.is_up


async def test_nothing_is_shown_before_the_gateway_says_online(desk: Desk) -> None:
    desk.watch.start([EXT])
    desk.says(STATE, state("busy"))
    await desk.rests()
    assert desk.lamp() is LineState.UNKNOWN
    assert "is it running" in desk.watch.source.reason


async def test_offline_makes_everything_unknown_at_once_and_says_why(desk: Desk) -> None:
    desk.watch.start([EXT])
    desk.says(STATE, state("busy"))
    desk.goes("online")
    await desk.rests()
    desk.goes("offline", reasons=["kamailio has ended"])
    assert desk.lamp() is LineState.UNKNOWN
    assert desk.watch.source.reason == "kamailio has ended"


async def test_a_gateway_that_was_started_again_says_everything_anew(desk: Desk) -> None:
    desk.watch.start([EXT])
    desk.says(STATE, state("busy", 7, OLD))
    desk.goes("online", OLD)
    await desk.rests()
    assert desk.lamp() is LineState.BUSY
    desk.says(STATE, state("free", 1))
    await desk.rests()
    assert desk.lamp() is LineState.BUSY, "the new run is not complete yet"
    desk.goes("online")
    await desk.rests()
    assert desk.lamp() is LineState.FREE
    ups = [fact.is_up for fact in desk.facts if isinstance(fact, SourceFact)]
    assert ups == [False, True, False, True]


async def test_a_state_that_is_overtaken_is_dropped_and_one_said_again_is_passed_on(
    desk: Desk,
) -> None:
    desk.watch.start([EXT])
    desk.goes("online")
    for word, rev in (("busy", 5), ("free", 4), ("busy", 5)):
        desk.says(STATE, state(word, rev))
        await desk.rests()
    lines = [fact.state for fact in desk.facts if isinstance(fact, LineFact)]
    assert lines == [LineState.BUSY, LineState.BUSY]
    assert desk.watch.counts["late"] == 1


async def test_of_a_burst_only_the_newest_state_is_read(desk: Desk) -> None:
    desk.watch.start([EXT])
    desk.goes("online")
    await desk.rests()
    for rev in range(1, 500):
        desk.says(STATE, state("busy" if rev % 2 else "ringing", rev))
    await desk.rests()
    lines = [fact.state for fact in desk.facts if isinstance(fact, LineFact)]
    assert lines == [LineState.BUSY]


async def test_a_cleared_topic_is_unknown(desk: Desk) -> None:
    desk.watch.start([EXT])
    desk.says(STATE, state("busy"))
    desk.goes("online")
    await desk.rests()
    desk.says(STATE, b"")
    await desk.rests()
    assert desk.lamp() is LineState.UNKNOWN


async def test_a_lost_broker_makes_everything_unknown_until_all_was_heard_again(
    desk: Desk,
) -> None:
    desk.watch.start([EXT])
    desk.says(STATE, state("busy"))
    desk.goes("online")
    await desk.rests()
    desk.bus.go_down()
    assert desk.lamp() is LineState.UNKNOWN
    assert "no broker" in desk.watch.source.reason
    desk.bus.come_up()  # it has forgotten what it had stored
    await desk.rests()
    assert desk.lamp() is LineState.UNKNOWN
    desk.says(STATE, state("free", 2))
    desk.goes("online")
    await desk.rests()
    assert desk.lamp() is LineState.FREE


async def test_what_is_refused_is_counted_and_changes_nothing(desk: Desk) -> None:
    desk.watch.start([EXT])
    desk.says(STATE, state("busy"))
    desk.goes("online")
    await desk.rests()
    for payload in (b"{", b"x" * 64_001, b'{"v":2}', state("on fire", 9), b"\xff"):
        desk.says(STATE, payload)
        await desk.rests()
    assert desk.lamp() is LineState.BUSY
    refused = {"json": 2, "size": 1, "version": 1, "content": 1}
    assert desk.watch.counts == refused | {"resyncs": 1}


async def test_another_subject_is_heard_when_it_is_wanted(desk: Desk) -> None:
    desk.says(STATE, state("busy"))
    desk.goes("online")
    desk.watch.start()
    await desk.rests()
    assert desk.lamp() is LineState.UNKNOWN
    desk.watch.watch([EXT])
    await desk.rests()
    assert desk.lamp() is LineState.BUSY


# -- orders -------------------------------------------------------------------


async def ready(desk: Desk) -> list[Incoming]:
    """A PBX that is up and obeys ``dnd``; return what it is told."""
    desk.watch.start()
    desk.says(f"{PBX_BASE}/info", info("dnd"))
    desk.goes("online")
    await desk.rests()
    told: list[Incoming] = []
    desk.bus.read(
        lambda m: (
            told.append(Incoming(m.topic, m.payload, m.retain, "", b""))
            if "/cmd/" in m.topic
            else None
        )
    )
    return told


async def test_an_order_is_told_once_and_answered(desk: Desk) -> None:
    told = await ready(desk)
    sending = asyncio.create_task(desk.watch.send(DND))
    await eventually(lambda: told)
    check(told[0].topic, told[0].payload)
    assert told[0].topic == f"{PBX_BASE}/cmd/dnd"
    assert not told[0].retained
    name = json.loads(told[0].payload)["id"]
    for status in ("accepted", "done"):
        reply = {"v": 1, "id": name, "status": status, "detail": "", "epoch": NEW}
        desk.bus.say(f"{PBX_BASE}/reply/desk", json.dumps(reply).encode())
    assert await sending == PbxAnswer(Outcome.DONE)
    assert len(told) == 1


async def test_an_order_that_the_pbx_cannot_do_is_not_sent(desk: Desk) -> None:
    told = await ready(desk)
    desk.says(f"{PBX_BASE}/info", info("pickup"))
    answer = await desk.watch.send(DND)
    assert (answer.outcome, told) == (Outcome.DENIED, [])


async def test_an_order_without_a_pbx_fails_with_the_reason(desk: Desk) -> None:
    told = await ready(desk)
    desk.goes("offline", reasons=["kamailio has ended"])
    assert await desk.watch.send(DND) == PbxAnswer(Outcome.FAILED, "kamailio has ended")
    assert told == []
