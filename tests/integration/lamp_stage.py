"""A desk with lamps of every kind behind a real PBX, and the PBX's own word for what is true."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.app.edges import Edges
from bridge.config.settings import Config
from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.serial.bus import SerialPanels
from bridge.model.blf import Extension, Favourite, KeyType
from bridge.model.bus import MqttSettings
from bridge.model.engine import AccountSettings
from bridge.model.lamps import LampSettings, PickUpBy
from bridge.model.panels import PanelSettings
from tests.engine.phones import LINE
from tests.integration.lamp_eyes import Eye, OnDeck, OnMqtt, OnPanel
from tests.integration.running import Desk as Bridge
from tests.integration.running import account_at, config_for, desk_with
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import PbxError

HELD = 9  # field of a leg in Kamailio's table ``calls``
US = 203  # the desk with the panels
ANNA, BEN, CLEO, BEEPS, SLOT, QUEUE = 1, 2, 3, 4, 5, 6  # keys
KEYS = (
    Favourite(ANNA, "Anna", KeyType.BLF, "201"),
    Favourite(BEN, "Ben", KeyType.BLF, "200"),
    Favourite(CLEO, "Cleo", KeyType.BLF, "202"),
    Favourite(BEEPS, "Beeps", KeyType.SPEED_DIAL, "799"),  # answers, and hangs up by itself
    Favourite(SLOT, "Parked", KeyType.PARK, "701"),
    Favourite(QUEUE, "Hotline", KeyType.QUEUE, "710"),
)
PEOPLE = tuple(key for key in KEYS if key.type is KeyType.BLF)


@dataclass
class Keys:
    """The lamps of our people in several places, and the PBX they are about.

    Args:
        pbx: what they are about.
        eyes: where they are seen.
        told: what else to say when they are wrong.
    """

    pbx: Pbx
    eyes: tuple[Eye, ...]
    told: Callable[[], str]

    def seen(self) -> dict[str, list[str]]:
        """What every key shows, everywhere."""
        positions = [one.position for one in PEOPLE]
        return {eye.name: [eye.shows(position) for position in positions] for eye in self.eyes}

    def agree(self, position: int, state: str) -> bool:
        return all(state in eye.shows(position).split("|") for eye in self.eyes)

    def story(self) -> str:
        return f"{self.seen()}\n{self.told()}"

    async def shows(self, position: int, state: str) -> None:
        """Wait until every lamp of a key shows a state."""
        what = f"key {position} shows {state} everywhere"
        await eventually(lambda: self.agree(position, state), what, self.story)

    async def are_true(self) -> float:
        """Wait until every lamp shows what the PBX itself holds for true; return how long."""

        def is_so() -> bool:
            truth = true_states(self.pbx)
            keys = [(one.position, truth.get(one.target)) for one in PEOPLE]
            return all(state and self.agree(position, state) for position, state in keys)

        def story() -> str:
            return f"true: {true_states(self.pbx)}\n{self.story()}"

        return await eventually(is_so, "every lamp shows the truth", story)

    async def are_unknown(self) -> None:
        """Wait until no lamp claims anything; a reader of MQTT may be without a broker."""
        eyes = [eye for eye in self.eyes if not isinstance(eye, OnMqtt)]

        def are_so() -> bool:
            positions = [one.position for one in PEOPLE]
            return all(eye.shows(one) == "unknown" for eye in eyes for one in positions)

        await eventually(are_so, "no lamp claims anything", self.story)


@dataclass
class Stage:
    """Everything on the desk that shows lamps."""

    keys: Keys
    bridge: Bridge
    reader: Reader
    panel: OnPanel
    deck: OnDeck


def true_states(pbx: Pbx) -> dict[str, str]:
    """What Kamailio's own tables say of each extension, past everything that tells others.

    Kamailio that does not answer knows nothing.
    """
    try:
        tables = Tables(*(table(pbx, name) for name in ("calls", "feat", "pres")))
        told = str(pbx.rpc("ul.dump", "brief"))
    except PbxError:
        return {}
    at_home = set(re.findall(r"'AoR': '(\d+)", told))
    numbers = range(pbx.settings.first, pbx.settings.last + 1)
    return {one: tables.state(one, is_there=one in at_home) for one in map(str, numbers)}


@dataclass(frozen=True, slots=True)
class Tables:
    """What Kamailio holds of calls, features and presences (``offhook.cfg``)."""

    calls: dict[str, str]
    features: dict[str, str]
    presences: dict[str, str]

    def state(self, extension: str, *, is_there: bool) -> str:
        """In the words of keys: ringing before busy before dialing before what somebody said."""
        own = [v.split("|") for name, v in self.calls.items() if name.startswith(f"{extension}|")]
        legs = {(leg[0], leg[1]) for leg in own if leg[0] != "terminated"}
        if ("early", "recipient") in legs:
            return "ringing"
        if legs:
            up = [leg for leg in own if leg[0] == "confirmed"]
            if not up:
                return "dialing"
            return "held" if all(leg[HELD:] == ["1"] for leg in up) else "busy"
        if self.features.get(f"{extension}::dnd") == "1":
            return "dnd"
        if said := self.presences.get(extension):
            return said.split()[0]
        return "free" if is_there else "offline"


def table(pbx: Pbx, name: str) -> dict[str, str]:
    """Return one of Kamailio's hash tables."""
    answer: Any = pbx.rpc("htable.dump", name)
    slots = [entry for bucket in answer for entry in bucket["slot"]]
    return {str(entry["name"]): str(entry["value"]) for entry in slots}


def account_of(pbx: Pbx, extension: int) -> AccountSettings:
    """A line of an engine that is no desk."""
    return replace(account_at(pbx, extension), account=LINE)


def config_at(pbx: Pbx, folder: Path, rtp_first: int) -> Config:
    """The configuration of the desk with the panels."""
    config = config_for(folder, account_at(pbx, US), rtp_first)
    return replace(
        config,
        mqtt=MqttSettings(bridge="desk", host=pbx.host, port=pbx.mqtt_port, allow_dial=True),
        favourites=KEYS,
        pbx="office",
        lamps=LampSettings(extension=Extension(str(US))),
    )


@asynccontextmanager
async def stage_at(
    pbx: Pbx, folder: Path, pick_up: PickUpBy = PickUpBy.CODE
) -> AsyncIterator[Stage]:
    """A desk with a serial panel and a Stream Deck, each key on both; a gateway runs elsewhere."""
    panel, deck = OnPanel(folder, KEYS), OnDeck(KEYS)
    serial, hid = PanelSettings(serial=(str(panel.path),)), PanelSettings(streamdeck=True)
    edges = Edges(
        panels=lambda _settings: (
            lambda sink: SerialPanels(serial, panel.ports, sink),
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
        config = config_at(pbx, folder, rtp_first)
        config = replace(config, lamps=replace(config.lamps, pick_up=pick_up))
        bridge = await stack.enter_async_context(desk_with(config, edges))
        eyes = (panel, deck, OnMqtt(reader))
        keys = Keys(pbx, eyes, bridge.story)
        yield Stage(keys, bridge, reader, panel, deck)
    assert reader.invalid == []


def office_line(reader: Reader, extension: str) -> str:
    """What the PBX's branch says of an extension."""
    topic = f"{PBX_BASE}/ext/{extension}/state"
    found = re.search(rb'"state":"([a-z]+)"', reader.latest.get(topic) or b"")
    return found[1].decode() if found else "nothing"
