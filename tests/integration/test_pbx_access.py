"""The access list of the page is enough for a PBX branch, and no more than that."""

import asyncio
import contextlib
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiomqtt
import pytest

from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import GatewayBus, Incoming
from bridge.gateway.adaptor import Picture
from bridge.gateway.gateway import Gateway
from bridge.model.blf import Extension, Fact, LineFact, LineState, PbxId
from bridge.model.bus import MqttSettings
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand, SetGlobalDnd
from bridge.protocols.pbx_states import Shown
from tests.mqtt.contract import PAGE
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.waiting import eventually
from tests.pbx.instance import Broker

pytestmark = pytest.mark.needs("mosquitto")

HOST = "127.0.0.1"
USERS = ("desk", "office", "kamailio", "ui")
FOUND = re.search(r"```acl\n(.+?)```", PAGE.read_text(), flags=re.DOTALL)
FREE = LineFact(Extension("200"), LineState.FREE)


@pytest.fixture
def guarded(tmp_path: Path, free_port_base: int) -> Iterator[Broker]:
    """A broker with the accounts and the access list of the page."""
    assert FOUND is not None
    passwords, rules = tmp_path / "passwords", tmp_path / "acl"
    passwords.write_text("".join(f"{user}:{user}-word\n" for user in USERS))
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
    rules.write_text(FOUND[1])
    passwords.chmod(0o644)
    rules.chmod(0o644)
    extra = (
        f"allow_anonymous false\npassword_file {passwords}\nacl_file {rules}\n"
        "use_username_as_clientid true\n"
    )
    with Broker(tmp_path, free_port_base, extra) as broker:
        yield broker


@dataclass
class SmallPbx:
    """The least an adaptor can be: one extension, one command; hears what Kamailio would say."""

    bus: GatewayBus
    picture: Picture
    heard_there: list[bytes] = field(default_factory=list)
    commands: frozenset[str] = frozenset({"dnd"})

    async def __aenter__(self) -> Self:
        self.bus.listen(frozenset({"kamailio/status"}), self)
        self.picture.say(FREE)
        self.picture.complete()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.picture.lost("it was stopped")

    async def send(self, command: PbxCommand) -> PbxAnswer:
        said = self.bus.tell("kamailio/do/-/1/ping", b"", 5.0)
        return PbxAnswer(Outcome.DONE if said else Outcome.FAILED)

    def heard(self, message: Incoming) -> None:
        self.heard_there.append(message.payload)

    def in_step(self) -> None:
        """It needs nothing."""

    def deaf(self, reason: str) -> None:
        """It lives here."""


def settings(broker: Broker, user: str) -> MqttSettings:
    return MqttSettings(
        host=HOST, port=broker.port, bridge=user, username=user, password=f"{user}-word"
    )


@contextlib.asynccontextmanager
async def client(broker: Broker, user: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(
        HOST, broker.port, username=user, password=f"{user}-word", identifier=user
    ) as connected:
        yield connected


async def test_the_access_list_of_the_page_is_enough(guarded: Broker) -> None:
    facts: list[Fact] = []
    pbx: list[SmallPbx] = []

    def adaptor(bus: GatewayBus, picture: Picture) -> SmallPbx:
        pbx.append(SmallPbx(bus, picture))
        return pbx[0]

    async with (
        client(guarded, "kamailio") as kamailio,
        Gateway(settings(guarded, "office"), Shown(), adaptor, "0.1.0") as gateway,
        MqttLink(settings(guarded, "desk"), lambda _: None) as link,
    ):
        await kamailio.subscribe("kamailio/do/#", 1)
        watch = PbxWatch(link, PbxId("office"), "offhook", "desk", lambda _, f: facts.append(f))
        watch.start([Extension("200")])
        await eventually(lambda: watch.source.is_up and FREE in facts)
        answer = await watch.send(SetGlobalDnd(Extension("200"), on=True))
        assert answer == PbxAnswer(Outcome.DONE)
        told = await asyncio.wait_for(anext(aiter(kamailio.messages)), 20)
        assert str(told.topic) == "kamailio/do/-/1/ping"
        await kamailio.publish("kamailio/status", b"online", 1)
        await eventually(lambda: pbx[0].heard_there == [b"online"])
        assert link.status.reasons == gateway.link.status.reasons == ()
        assert link.counts["refused"] == gateway.link.counts["refused"] == 0


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("desk", f"{PBX_BASE}/ext/200/state"),
        ("desk", f"{PBX_BASE}/availability"),
        ("desk", f"{PBX_BASE}/reply/ui"),
        ("desk", "kamailio/do/r1/1/dnd/200"),
        ("ui", f"{PBX_BASE}/cmd/dnd"),
        ("ui", "offhook/1/desk/availability"),
        ("office", "offhook/1/desk/cmd/dial"),
        ("kamailio", f"{PBX_BASE}/ext/200/state"),
    ],
)
async def test_what_is_not_somebodys_own_cannot_be_forged(
    guarded: Broker, user: str, topic: str
) -> None:
    """An account that may read it would see it: the broker refuses without a word to others."""
    async with client(guarded, user) as forger:
        await forger.publish(topic, json.dumps({"v": 1}).encode(), 1, retain=True)
    refused = f"Denied PUBLISH from {user} (d0, q1, r1, m1, '{topic}'"
    await eventually(lambda: refused in guarded.log.read_text(), refused)
