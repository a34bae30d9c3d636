"""A desk with lamps of every kind behind a real PBX, and the PBX's own word for what is true."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.app.daemon import Edges
from bridge.config.settings import Config
from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.serial.bus import SerialPanels
from bridge.model.blf import Extension, Favourite
from bridge.model.bus import MqttSettings
from bridge.model.engine import AccountSettings
from bridge.model.lamps import LampSettings
from bridge.model.panels import PanelSettings
from tests.contract.panel_rigs import Ports
from tests.engine.phones import LINE
from tests.integration.lamp_eyes import Eye, OnDeck, OnMqtt, OnPanel
from tests.integration.running import Desk as Bridge
from tests.integration.running import account_at, config_for, desk_with
from tests.integration.waiting import PATIENCE_S, eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import PbxError

US = 203  # the desk with the panels


@dataclass
class Stage:
    """Everything on the desk that shows lamps."""

    pbx: Pbx
    favourites: tuple[Favourite, ...]
    bridge: Bridge
    reader: Reader
    panel: OnPanel
    deck: OnDeck

    @property
    def eyes(self) -> tuple[Eye, ...]:
        return (self.panel, self.deck, OnMqtt(self.reader))

    def seen(self) -> dict[str, list[str]]:
        """What every key shows, everywhere."""
        positions = [one.position for one in self.favourites]
        return {eye.name: [eye.shows(position) for position in positions] for eye in self.eyes}

    def agree(self, position: int, state: str) -> bool:
        return all(state in eye.shows(position).split("|") for eye in self.eyes)

    def story(self) -> str:
        return f"{self.seen()}\n{self.bridge.story()}"

    async def shows(self, position: int, state: str, patience_s: float = PATIENCE_S) -> float:
        """Wait until every lamp of a key shows a state; return how long that took."""
        what = f"key {position} shows {state} everywhere"
        return await eventually(lambda: self.agree(position, state), what, self.story, patience_s)

    async def is_true(self, patience_s: float = PATIENCE_S) -> float:
        """Wait until every lamp shows what the PBX itself holds for true; return how long."""

        def is_so() -> bool:
            truth = true_states(self.pbx)
            keys = [(one.position, truth.get(one.target)) for one in self.favourites]
            return all(state and self.agree(position, state) for position, state in keys)

        def story() -> str:
            return f"true: {true_states(self.pbx)}\n{self.story()}"

        return await eventually(is_so, "every lamp shows the truth", story, patience_s)

    async def knows_nothing(self) -> None:
        for favourite in self.favourites:
            await self.shows(favourite.position, "unknown")


def true_states(pbx: Pbx) -> dict[str, str]:
    """What Kamailio's own tables say of each extension, past everything that tells others.

    Kamailio that does not answer knows nothing.
    """
    try:
        legs = _table(pbx, "calls")
        features = _table(pbx, "feat")
        told = pbx.rpc("ul.dump", "brief")
    except PbxError:
        return {}
    at_home = set(re.findall(r"'AoR': '(\d+)", str(told)))
    known = [str(number) for number in range(pbx.settings.first, pbx.settings.last + 1)]
    return {one: _state(one, legs, features, is_there=one in at_home) for one in known}


def _table(pbx: Pbx, name: str) -> dict[str, str]:
    """A table of Kamailio."""
    answer: Any = pbx.rpc("htable.dump", name)
    slots = [entry for bucket in answer for entry in bucket["slot"]]
    return {str(entry["name"]): str(entry["value"]) for entry in slots}


def _state(
    extension: str, legs: dict[str, str], features: dict[str, str], *, is_there: bool
) -> str:
    """In the words of keys; the snippet's order: ringing before busy before dialing."""
    own = [leg.split("|") for name, leg in legs.items() if name.startswith(f"{extension}|")]
    states = {(leg[0], leg[1]) for leg in own}
    if ("early", "recipient") in states:
        return "ringing"
    if any(state == "confirmed" for state, _ in states):
        return "busy"
    if any(state != "terminated" for state, _ in states):
        return "dialing"
    if features.get(f"{extension}::dnd") == "1":
        return "dnd"
    return "free" if is_there else "offline"


def account_of(pbx: Pbx, extension: int) -> AccountSettings:
    """A line of an engine that is no desk."""
    return replace(account_at(pbx, extension), account=LINE)


def config_at(pbx: Pbx, folder: Path, rtp_first: int, favourites: tuple[Favourite, ...]) -> Config:
    """The configuration of the desk with the panels."""
    config = config_for(folder, account_at(pbx, US), rtp_first)
    return replace(
        config,
        mqtt=MqttSettings(bridge="desk", host=pbx.host, port=pbx.mqtt_port, allow_dial=True),
        favourites=favourites,
        pbx="office",
        lamps=LampSettings(extension=Extension(str(US))),
    )


@asynccontextmanager
async def stage_at(pbx: Pbx, folder: Path, *favourites: Favourite) -> AsyncIterator[Stage]:
    """A desk with a serial panel and a Stream Deck, each key on both; a gateway runs elsewhere."""
    panel, deck = OnPanel(folder), OnDeck([one.name for one in favourites])
    serial, hid = PanelSettings(serial=(str(panel.path),)), PanelSettings(streamdeck=True)
    edges = Edges(
        panels=lambda _settings: (
            lambda sink: SerialPanels(serial, Ports(), sink),
            lambda sink: HidPanels(hid, deck.nodes, sink),
        )
    )
    async with AsyncExitStack() as stack:
        rtp_first = stack.enter_context(port_block())
        await panel.plug()
        stack.callback(panel.pull)
        deck.plug()
        reader = Reader({"hostname": pbx.host, "port": pbx.mqtt_port}, asks=False)
        await stack.enter_async_context(reader)
        config = config_at(pbx, folder, rtp_first, favourites)
        bridge = await stack.enter_async_context(desk_with(config, edges))
        yield Stage(pbx, favourites, bridge, reader, panel, deck)
    assert reader.invalid == []


def office_line(reader: Reader, extension: str) -> str:
    """What the PBX's branch says of an extension."""
    topic = f"{PBX_BASE}/ext/{extension}/state"
    found = re.search(rb'"state":"([a-z]+)"', reader.latest.get(topic) or b"")
    return found[1].decode() if found else "nothing"
