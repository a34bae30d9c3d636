"""A gateway at the test PBX, telephones, a reader and a bridge behind it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import GatewayBus
from bridge.gateway.adaptor import Picture
from bridge.gateway.gateway import Gateway
from bridge.gateway.kamailio.adaptor import KamailioAdaptor
from bridge.model.blf import (
    Extension,
    Fact,
    ForwardingFact,
    LineFact,
    LineState,
    PbxId,
    PresenceFact,
    PresenceState,
    QueueFact,
    SourceFact,
)
from bridge.model.bus import MqttSettings
from bridge.protocols.pbx_states import Shown
from tests.integration.phones import Baresip, baresip_at
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import PbxError

PREFIX = "pbx"


@dataclass
class Desk:
    """A gateway at the test PBX and a reader of what it says; every message is checked."""

    pbx: Pbx
    gateway: Gateway
    reader: Reader

    def said(self, rest: str) -> dict[str, Any]:
        """The state of a topic, empty when there is none."""
        payload = self.reader.latest.get(f"{PBX_BASE}/{rest}") or b"{}"
        body: dict[str, Any] = json.loads(payload)
        return body

    def expiry_s(self, rest: str) -> int:
        """How long the broker keeps a state from now on."""
        topic = f"{PBX_BASE}/{rest}"
        newest = [message for message in self.reader.messages if str(message.topic) == topic][-1]
        return int(getattr(newest.properties, "MessageExpiryInterval", 0))

    def line(self, extension: int) -> str:
        return str(self.said(f"ext/{extension}/state").get("state", ""))

    @property
    def availability(self) -> str:
        return str(self.said("availability").get("state", ""))

    @property
    def story(self) -> str:
        return "\n".join(
            f"{topic} {payload!r}" for topic, payload in sorted(self.reader.latest.items())
        )

    async def shows(self, extension: int, state: str) -> None:
        await eventually(
            lambda: self.line(extension) == state, f"{extension} is {state}", lambda: self.story
        )

    async def is_online(self) -> None:
        await eventually(
            lambda: self.availability == "online", "the PBX is online", lambda: self.story
        )


def adaptor(bus: GatewayBus, picture: Picture) -> KamailioAdaptor:
    return KamailioAdaptor(bus, picture, PREFIX)


@asynccontextmanager
async def desk_at(pbx: Pbx, shown: Shown | None = None) -> AsyncIterator[Desk]:
    settings = MqttSettings(host=pbx.host, port=pbx.mqtt_port, bridge="office")
    reader = Reader({"hostname": pbx.host, "port": pbx.mqtt_port}, asks=False)
    async with reader, Gateway(settings, shown or Shown(), adaptor, "0.1.0") as gateway:
        desk = Desk(pbx, gateway, reader)
        await desk.is_online()
        yield desk
    assert reader.invalid == []


@asynccontextmanager
async def telephones(pbx: Pbx, directory: Path, *extensions: int) -> AsyncIterator[list[Baresip]]:
    """Telephones that are registered."""
    async with AsyncExitStack() as stack:
        phones = []
        for extension in extensions:
            # One that was killed in another test would ring as well.
            with suppress(PbxError):
                pbx.rpc("ul.rm", "location", str(extension))
            port = stack.enter_context(port_block())
            phone = baresip_at(
                directory / str(extension),
                port,
                pbx.uri(extension),
                pbx.password(extension),
                registers=True,
            )
            phones.append(await stack.enter_async_context(phone))
            await phones[-1].is_registered()
        yield phones


@dataclass
class Board:
    """What a bridge knows of its PBX: the newest facts, and nothing while it is not heard."""

    facts: dict[tuple[type, str], Fact] = field(default_factory=dict)
    sources: list[SourceFact] = field(default_factory=list)

    def learn(self, _pbx: PbxId, fact: Fact) -> None:
        if isinstance(fact, SourceFact):
            self.sources.append(fact)
            if not fact.is_up:
                self.facts.clear()
            return
        subject = fact.queue if isinstance(fact, QueueFact) else fact.extension
        self.facts[type(fact), subject] = fact

    @property
    def is_up(self) -> bool:
        return bool(self.sources) and self.sources[-1].is_up

    def line(self, extension: str) -> LineState:
        fact = self.facts.get((LineFact, extension)) if self.is_up else None
        return fact.state if isinstance(fact, LineFact) else LineState.UNKNOWN

    async def forwards(self, fact: ForwardingFact) -> None:
        await self.until(lambda: fact in self.facts.values(), f"{fact}")

    def presence(self, extension: str) -> PresenceState:
        fact = self.facts.get((PresenceFact, extension))
        return fact.presence if isinstance(fact, PresenceFact) else PresenceState.NONE

    @property
    def story(self) -> str:
        return "\n".join(str(fact) for fact in (*self.sources, *self.facts.values()))

    async def until(self, condition: Callable[[], object], what: str) -> None:
        await eventually(condition, what, lambda: self.story)

    async def shows(self, extension: str, state: LineState) -> None:
        await self.until(lambda: self.line(extension) is state, f"{extension} is {state.value}")


@asynccontextmanager
async def bridge_at(pbx: Pbx, *subjects: str) -> AsyncIterator[tuple[Board, PbxWatch]]:
    """A bridge's link that watches some extensions, slots and queues."""
    board = Board()
    settings = MqttSettings(host=pbx.host, port=pbx.mqtt_port, bridge="desk")
    async with MqttLink(settings, lambda _: None) as link:
        watch = PbxWatch(link, PbxId("office"), "offhook", "desk", board.learn)
        watch.start(Extension(subject) for subject in subjects)
        await board.until(lambda: board.is_up, "the PBX is up")
        yield board, watch
        watch.stop()
