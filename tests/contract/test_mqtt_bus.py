"""What every bus promises: the link to a real broker, and its twin inside the process."""

import contextlib
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.ports import Incoming, StateBus
from bridge.drivers.virtual.mqtt import Published, VirtualBus
from bridge.model.bus import MqttSettings
from tests.mqtt.reader import Reader
from tests.mqtt.waiting import eventually
from tests.mqtt.words import BASE, EPOCH, NOW_MS
from tests.pbx.instance import Broker
from tests.pbx.ports import port_block

STATE, EVENT = f"{BASE}/line/office", f"{BASE}/event/call"


class World(Protocol):
    """A bus under test and the broker's side of it."""

    commands: list[Incoming]

    @property
    def bus(self) -> StateBus: ...
    def got(self, topic: str) -> list[Published]: ...
    def go_down(self) -> None: ...
    def come_up(self) -> None: ...
    async def say(self, name: str, payload: bytes, *, retained: bool) -> None: ...
    async def put(self, topic: str, payload: bytes) -> None: ...


@dataclass
class VirtualWorld:
    commands: list[Incoming] = field(default_factory=list)
    messages: list[Published] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = VirtualBus(
            MqttSettings(),
            self.commands.append,
            now=time.monotonic,
            wall_ms=lambda: NOW_MS,
            epoch=EPOCH,
        )
        self.bus.read(self.messages.append)

    def got(self, topic: str) -> list[Published]:
        return [message for message in self.messages if message.topic == topic]

    def go_down(self) -> None:
        self.bus.go_down()

    def come_up(self) -> None:
        self.bus.come_up()

    async def say(self, name: str, payload: bytes, *, retained: bool) -> None:
        self.bus.say(f"{BASE}/cmd/{name}", payload, retained=retained)

    async def put(self, topic: str, payload: bytes) -> None:
        self.bus.say(topic, payload, retained=True)


@dataclass
class RealWorld:
    broker: Broker
    bus: MqttLink
    reader: Reader
    commands: list[Incoming]

    def got(self, topic: str) -> list[Published]:
        return [
            Published(topic, bytes(m.payload), m.retain)
            for m in self.reader.messages
            if str(m.topic) == topic
        ]

    def go_down(self) -> None:
        self.broker.kill()

    def come_up(self) -> None:
        self.broker.start()

    async def say(self, name: str, payload: bytes, *, retained: bool) -> None:
        await self.reader.say(name, payload, retain=retained, reply=False)

    async def put(self, topic: str, payload: bytes) -> None:
        assert self.reader._client is not None
        await self.reader._client.publish(topic, payload, 1, retain=True)


@contextlib.asynccontextmanager
async def virtual_world() -> AsyncIterator[World]:
    yield VirtualWorld()


@contextlib.asynccontextmanager
async def real_world() -> AsyncIterator[World]:
    commands: list[Incoming] = []
    with (
        tempfile.TemporaryDirectory(prefix="offhook-") as directory,
        port_block() as port,
        Broker(Path(directory), port) as broker,
    ):
        where = {"hostname": "127.0.0.1", "port": port}
        settings = MqttSettings(host="127.0.0.1", port=port)
        async with (
            Reader(where, asks=False, checked=False) as reader,
            MqttLink(settings, commands.append, epoch=EPOCH) as link,
        ):
            await eventually(lambda: reader.state == "online")
            yield RealWorld(broker, link, reader, commands)


Open = Callable[[], contextlib.AbstractAsyncContextManager[World]]


@pytest.fixture(
    params=[
        pytest.param(virtual_world, id="virtual"),
        pytest.param(real_world, id="real", marks=pytest.mark.needs("mosquitto")),
    ]
)
def world(request: pytest.FixtureRequest) -> Open:
    opened: Open = request.param
    return opened


def availability(world: World) -> dict[str, object]:
    said = world.got(f"{BASE}/availability")
    body: dict[str, object] = json.loads(said[-1].payload) if said else {}
    return body


async def test_a_state_reaches_readers_and_its_newest_value_stays(world: Open) -> None:
    async with world() as w:
        w.bus.set_state(STATE, b'{"n":1}')
        w.bus.set_state(STATE, b'{"n":2}')
        await eventually(lambda: w.got(STATE) and w.got(STATE)[-1].payload == b'{"n":2}')


async def test_a_state_that_is_cleared_reaches_readers_empty(world: Open) -> None:
    async with world() as w:
        w.bus.set_state(STATE, b"{}")
        w.bus.set_state(STATE, None)
        await eventually(lambda: w.got(STATE) and w.got(STATE)[-1].payload == b"")


async def test_events_are_numbered_stamped_and_in_order(world: Open) -> None:
    async with world() as w:
        numbers = [w.bus.event(EVENT, {"x": n}, 30.0) for n in range(40)]
        await eventually(lambda: len(w.got(EVENT)) == 40)
        bodies = [json.loads(message.payload) for message in w.got(EVENT)]
        assert [body["seq"] for body in bodies] == numbers == list(range(1, 41))
        assert {body["epoch"] for body in bodies} == {EPOCH} == {w.bus.epoch}
        assert not any(message.retain for message in w.got(EVENT))


async def test_a_reply_goes_out_once_and_is_not_stored(world: Open) -> None:
    async with world() as w:
        w.bus.reply(f"{BASE}/reply/ui", b'{"id":"1"}', b"corr")
        w.bus.set_state(STATE, b"{}")
        await eventually(lambda: w.got(STATE))
        assert [m.retain for m in w.got(f"{BASE}/reply/ui")] == [False]


async def test_health_is_said_in_availability(world: Open) -> None:
    async with world() as w:
        w.bus.set_health(("no sound card",))
        await eventually(lambda: availability(w).get("reasons") == ["no sound card"])
        assert availability(w)["health"] == "degraded"
        w.bus.set_health(())
        await eventually(lambda: availability(w).get("health") == "ok")


async def test_what_was_said_while_the_broker_was_away_arrives(world: Open) -> None:
    async with world() as w:
        w.bus.set_state(STATE, b'{"n":1}')
        await eventually(lambda: w.got(STATE))
        w.go_down()
        w.bus.set_state(STATE, b'{"n":2}')
        w.bus.event(EVENT, {"x": 1}, 30.0)
        w.come_up()
        await eventually(lambda: w.got(STATE)[-1].payload == b'{"n":2}')
        await eventually(lambda: w.bus.history(0))
        assert [event["seq"] for event in w.bus.history(0)] == [1]


async def test_what_is_old_when_the_broker_comes_back_is_not_said_but_kept(world: Open) -> None:
    async with world() as w:
        w.go_down()
        w.bus.event(EVENT, {"x": "old"}, 0.0)
        w.come_up()
        await eventually(lambda: availability(w).get("seq") == 1)
        assert w.got(EVENT) == []
        assert [event["topic"] for event in w.bus.history(0)] == [EVENT]


async def test_a_command_arrives_with_its_retain_flag(world: Open) -> None:
    async with world() as w:
        await w.say("answer", b"1", retained=False)
        await w.say("hangup", b"2", retained=True)
        await eventually(lambda: len(w.commands) == 2)
        assert [(c.payload, c.retained) for c in w.commands] == [(b"1", False), (b"2", True)]


async def test_what_is_too_large_does_not_go_out_and_hurts_nothing(world: Open) -> None:
    async with world() as w:
        w.bus.set_state(STATE, b"x" * 64_001)
        w.bus.set_state(f"{BASE}/calls", b"{}")
        await eventually(lambda: w.got(f"{BASE}/calls"))
        assert w.got(STATE) == []


# -- topics of others ---------------------------------------------------------

FOREIGN = "offhook/1/office/ext/{}/state"


@dataclass
class Listener:
    """An ear that notes; a ``None`` stands for "in step", a text for being deaf."""

    notes: list[tuple[str, bytes] | str | None] = field(default_factory=list)

    def heard(self, message: Incoming) -> None:
        self.notes.append((message.topic, message.payload))

    def in_step(self) -> None:
        self.notes.append(None)

    def deaf(self, reason: str) -> None:
        self.notes.append(reason)

    @property
    def is_in_step(self) -> bool:
        return None in self.notes


async def test_what_is_stored_is_heard_before_the_ear_is_in_step(world: Open) -> None:
    async with world() as w:
        stored = {FOREIGN.format(n): b"%d" % n for n in range(250)}
        for topic, payload in stored.items():
            await w.put(topic, payload)
        ear = Listener()
        w.bus.listen(frozenset(stored), ear)
        await eventually(lambda: ear.is_in_step)
        heard = ear.notes[: ear.notes.index(None)]
        assert dict(note for note in heard if isinstance(note, tuple)) == stored


async def test_what_comes_later_is_heard_and_nothing_else(world: Open) -> None:
    async with world() as w:
        ear = Listener()
        w.bus.listen(frozenset({FOREIGN.format("+")}), ear)
        await eventually(lambda: ear.is_in_step)
        await w.put("offhook/1/office/mwi/200", b"0")
        await w.put(FOREIGN.format(200), b"1")
        await eventually(lambda: len(ear.notes) > 1)
        assert ear.notes == [None, (FOREIGN.format(200), b"1")]


async def test_an_ear_that_wants_other_topics_hears_no_more_of_the_first(world: Open) -> None:
    async with world() as w:
        ear = Listener()
        w.bus.listen(frozenset({FOREIGN.format(200)}), ear)
        await eventually(lambda: ear.is_in_step)
        w.bus.listen(frozenset({FOREIGN.format(201)}), ear)
        await eventually(lambda: ear.notes.count(None) == 2)
        await w.put(FOREIGN.format(200), b"1")
        await w.put(FOREIGN.format(201), b"2")
        await eventually(lambda: len(ear.notes) > 2)
        assert ear.notes[2:] == [(FOREIGN.format(201), b"2")]


async def test_an_ear_is_deaf_while_the_broker_is_away_and_in_step_after(world: Open) -> None:
    async with world() as w:
        ear = Listener()
        w.bus.listen(frozenset({FOREIGN.format(200)}), ear)
        await eventually(lambda: ear.is_in_step)
        w.go_down()
        await eventually(lambda: isinstance(ear.notes[-1], str))
        w.come_up()
        await eventually(lambda: ear.notes[-1] is None)


async def test_what_is_told_is_said_once_and_not_stored(world: Open) -> None:
    async with world() as w:
        await eventually(lambda: w.bus.tell(f"{BASE}/reply/x", b"1", 5.0))
        await eventually(lambda: w.got(f"{BASE}/reply/x"))
        assert [(m.payload, m.retain) for m in w.got(f"{BASE}/reply/x")] == [(b"1", False)]


async def test_what_cannot_be_told_now_is_never_told(world: Open) -> None:
    async with world() as w:
        await eventually(lambda: availability(w).get("state") == "online")
        w.go_down()
        await eventually(lambda: not w.bus.tell(f"{BASE}/reply/x", b"late", 5.0))
        w.come_up()
        await eventually(
            lambda: w.bus.tell(f"{BASE}/reply/x", b"now", 5.0) and w.got(f"{BASE}/reply/x")
        )
        assert {m.payload for m in w.got(f"{BASE}/reply/x")} == {b"now"}
