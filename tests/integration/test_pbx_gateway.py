"""A real Kamailio and a real Mosquitto behind the gateway, with telephones: what readers see."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.drivers.ports import GatewayBus
from bridge.gateway.adaptor import Picture
from bridge.gateway.gateway import Gateway
from bridge.gateway.kamailio.adaptor import KamailioAdaptor
from bridge.model.bus import MqttSettings
from bridge.protocols.pbx_states import Shown
from tests.integration.phones import Baresip, baresip_at
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block

pytestmark = pytest.mark.needs("kamailio", "mosquitto", "openssl")

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
async def desk_at(pbx: Pbx) -> AsyncIterator[Desk]:
    settings = MqttSettings(host=pbx.host, port=pbx.mqtt_port, bridge="office")
    reader = Reader({"hostname": pbx.host, "port": pbx.mqtt_port}, asks=False)
    async with reader, Gateway(settings, Shown(), adaptor, "0.1.0") as gateway:
        desk = Desk(pbx, gateway, reader)
        await desk.is_online()
        yield desk
    assert reader.invalid == []


@pytest.fixture
async def desk(pbx: Pbx) -> AsyncIterator[Desk]:
    async with desk_at(pbx) as desk:
        yield desk


@asynccontextmanager
async def telephones(pbx: Pbx, directory: Path, *extensions: int) -> AsyncIterator[list[Baresip]]:
    """Telephones that are registered."""
    async with AsyncExitStack() as stack:
        phones = []
        for extension in extensions:
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


@pytest.mark.needs("baresip")
async def test_a_call_lights_both_lamps_and_puts_them_out_again(desk: Desk, tmp_path: Path) -> None:
    assert desk.line(200) == "offline"
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
