"""A gateway at a virtual Asterisk, and a reader who checks every message it publishes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bridge.drivers.ports import GatewayBus
from bridge.gateway.adaptor import Picture
from bridge.gateway.asterisk.adaptor import AsteriskAdaptor
from bridge.gateway.gateway import Gateway
from bridge.model.asterisk import AsteriskSettings, DialPlan
from bridge.model.blf import Extension
from bridge.model.bus import MqttSettings
from bridge.protocols.pbx_states import Shown
from tests.asterisk.recordings import Exchange, recording
from tests.asterisk.virtual import SECRET, VirtualAsterisk
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Broker

PLAN = DialPlan(
    channel="Local/{}@phones", hints=frozenset({"from-internal"}), dnd_device="Custom:DND{}"
)
E200 = Extension("200")


@dataclass
class Desk:
    """A gateway at a virtual Asterisk, and a reader who checks every message."""

    asterisk: VirtualAsterisk
    gateway: Gateway
    reader: Reader

    def said(self, rest: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.reader.latest.get(f"{PBX_BASE}/{rest}") or b"{}")
        return body

    @property
    def story(self) -> str:
        return "\n".join(f"{topic} {text!r}" for topic, text in sorted(self.reader.latest.items()))

    async def shows(self, rest: str, member: str, value: object) -> None:
        what = f"{rest} says {member} {value}"
        await eventually(lambda: self.said(rest).get(member) == value, what, lambda: self.story)

    async def is_online(self) -> None:
        await self.shows("availability", "state", "online")

    async def is_offline(self, word: str) -> None:
        await eventually(
            lambda: (
                self.said("availability").get("state") == "offline"
                and word in str(self.said("availability"))
            ),
            f"offline: {word}",
            lambda: self.story,
        )


@asynccontextmanager
async def desk_at(
    asterisk: VirtualAsterisk,
    broker: Broker,
    settings: AsteriskSettings | None = None,
    again_s: float = 60.0,
) -> AsyncIterator[Desk]:
    wanted = settings or AsteriskSettings(secret=SECRET, plan=PLAN, poll_s=0.1)
    where = MqttSettings(host="127.0.0.1", port=broker.port, bridge="office")

    def adaptor(_bus: GatewayBus, picture: Picture) -> AsteriskAdaptor:
        made = AsteriskAdaptor(picture, replace(wanted, port=asterisk.port))
        made.pace = replace(made.pace, waits_s=(0.05,), answer_s=1.0, again_s=again_s)
        return made

    reader = Reader({"hostname": "127.0.0.1", "port": broker.port}, asks=False)
    async with reader, Gateway(where, Shown(), adaptor, "0.1.0") as gateway:
        yield Desk(asterisk, gateway, reader)
    assert reader.invalid == []


def family(name: str) -> Exchange:
    """What was recorded of a family of AstDB."""
    asked = (("Action", "DBGetTree"), ("Family", name))
    return next(e for e in recording("lists").exchanges if e.asked == asked)


def holding(name: str, extension: str, value: str) -> Exchange:
    """The recorded answer of another family, with one entry in its place."""
    known = family("DND")
    answer = known.answer.replace(b"/DND/202", f"/{name}/{extension}".encode())
    asked = (("Action", "DBGetTree"), ("Family", name))
    return Exchange(asked, answer.replace(b"Val: YES", f"Val: {value}".encode()))
