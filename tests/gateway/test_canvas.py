"""The picture of a PBX as readers see it: whole or not there at all."""

import json

import pytest

from bridge.drivers.virtual.mqtt import VirtualBus
from bridge.gateway.canvas import Canvas
from bridge.model.blf import Extension, LineFact, LineState
from bridge.model.bus import MqttSettings
from bridge.model.pbx import RegistrationFact
from bridge.protocols.pbx_states import Shown
from tests.mqtt.contract import check
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.words import EPOCH, NOW_MS


class HeldBus(VirtualBus):
    """A bus inside the process that notes when it is held."""

    def __init__(self) -> None:
        super().__init__(
            MqttSettings(bridge="office"),
            lambda _: None,
            now=lambda: 0.0,
            wall_ms=lambda: NOW_MS,
            epoch=EPOCH,
        )
        self.holds: list[str] = []

    def hold(self, reason: str) -> None:
        self.holds.append(reason)

    def refresh(self, after_s: float, most: int) -> None:
        """Nothing expires here."""


@pytest.fixture
def bus() -> HeldBus:
    return HeldBus()


@pytest.fixture
def canvas(bus: HeldBus) -> Canvas:
    return Canvas(bus, PBX_BASE, Shown())


def line(number: str, state: LineState = LineState.FREE) -> LineFact:
    return LineFact(Extension(number), state)


def shown(bus: HeldBus) -> dict[str, str]:
    """State by extension."""
    lines = {topic: json.loads(p) for topic, p in bus.retained.items() if topic.endswith("/state")}
    return {topic.split("/")[-2]: body["state"] for topic, body in lines.items()}


def test_the_link_is_let_go_when_everything_was_said(bus: HeldBus, canvas: Canvas) -> None:
    canvas.lost("not yet")
    canvas.say(line("200"))
    canvas.complete()
    assert bus.holds == ["not yet", ""]
    assert shown(bus) == {"200": "free"}


def test_what_a_new_picture_does_not_show_is_cleared(bus: HeldBus, canvas: Canvas) -> None:
    canvas.say(line("200"))
    canvas.say(line("201", LineState.BUSY))
    canvas.complete()
    canvas.lost("gone")
    canvas.say(line("200"))
    assert shown(bus) == {"200": "free", "201": "busy"}, "readers see unknown: it is held"
    canvas.complete()
    assert shown(bus) == {"200": "free"}


def test_saying_the_same_again_publishes_nothing(bus: HeldBus, canvas: Canvas) -> None:
    canvas.say(line("200"))
    canvas.say(line("200"))
    states = [m for m in bus.published if m.topic.endswith("/state")]
    assert len(states) == 1


def test_revisions_go_on_counting_when_a_topic_comes_back(bus: HeldBus, canvas: Canvas) -> None:
    canvas.say(line("200"))
    canvas.complete()
    canvas.lost("gone")
    canvas.complete()
    canvas.say(line("200"))
    payload = bus.retained[f"{PBX_BASE}/ext/200/state"]
    check(f"{PBX_BASE}/ext/200/state", payload)
    assert json.loads(payload)["rev"] == 2


@pytest.mark.parametrize("number", ["", "2/0", "#", "x" * 33])
def test_an_extension_that_cannot_be_a_topic_is_counted_not_published(
    bus: HeldBus, canvas: Canvas, number: str
) -> None:
    before = dict(bus.retained)
    canvas.say(RegistrationFact(Extension(number), 1))
    assert bus.retained == before
    assert canvas.counts["unspeakable"] == 1


def test_a_loss_is_logged_once_for_each_reason_and_not_when_it_was_told(
    canvas: Canvas, caplog: pytest.LogCaptureFixture
) -> None:
    canvas.complete()
    canvas.lost("kamailio has ended")
    canvas.lost("kamailio has ended")
    canvas.lost("kamailio does not answer")
    canvas.lost("the broker is gone", is_told=True)
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == [
        "kamailio has ended; trying again by itself",
        "kamailio does not answer; trying again by itself",
    ]
