"""Many states at once: nothing is lost that counts, and lamps end with the truth."""

from dataclasses import dataclass
from typing import Self

import pytest

from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import GatewayBus
from bridge.gateway.adaptor import Picture
from bridge.gateway.gateway import Gateway
from bridge.model.blf import Extension, LineFact, LineState, PbxId
from bridge.model.bus import MqttSettings
from bridge.model.pbx import PbxAnswer, PbxCommand
from bridge.protocols.pbx_states import Shown
from tests.integration.pbx_desk import Board
from tests.mqtt.waiting import eventually
from tests.pbx.instance import Broker

pytestmark = pytest.mark.needs("mosquitto")

EXTENSIONS = [Extension(str(number)) for number in range(300, 600)]
ROUNDS = [LineState.FREE, LineState.RINGING, LineState.BUSY] * 4


@dataclass
class BusyPbx:
    """A PBX in which every extension does the same at once."""

    bus: GatewayBus
    picture: Picture
    commands: frozenset[str] = frozenset()

    async def __aenter__(self) -> Self:
        self.paint(LineState.FREE)
        self.picture.complete()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """There is nothing to let go of."""

    async def send(self, command: PbxCommand) -> PbxAnswer:
        raise NotImplementedError

    def paint(self, state: LineState) -> None:
        for extension in EXTENSIONS:
            self.picture.say(LineFact(extension, state))


@pytest.mark.parametrize(
    "fault", [pytest.param("none", marks=pytest.mark.soak), "frozen", "killed"]
)
async def test_after_a_storm_every_lamp_shows_the_last_state(mosquitto: Broker, fault: str) -> None:
    pbx: list[BusyPbx] = []

    def adaptor(bus: GatewayBus, picture: Picture) -> BusyPbx:
        pbx.append(BusyPbx(bus, picture))
        return pbx[0]

    board = Board()
    office = MqttSettings(host=mosquitto.host, port=mosquitto.port, bridge="office")
    desk = MqttSettings(host=mosquitto.host, port=mosquitto.port)
    async with (
        Gateway(office, Shown(), adaptor, "0.1.0"),
        MqttLink(desk, lambda _: None) as link,
    ):
        watch = PbxWatch(link, PbxId("office"), "offhook", "desk", board.learn)
        watch.start(EXTENSIONS)
        await eventually(lambda: board.is_up)
        for state in ROUNDS:
            pbx[0].paint(state)
            if state is LineState.RINGING:
                await eventually(lambda: board.line("599") is not LineState.FREE)
        match fault:
            case "frozen":
                mosquitto.freeze()
                pbx[0].paint(LineState.HELD)
                mosquitto.thaw()
            case "killed":
                mosquitto.kill()
                pbx[0].paint(LineState.HELD)
                mosquitto.start()
            case _:
                pbx[0].paint(LineState.HELD)
        await eventually(lambda: {board.line(e) for e in EXTENSIONS} == {LineState.HELD})
        assert set(watch.counts) <= {"resyncs", "lost"}  # nothing was refused or dropped
