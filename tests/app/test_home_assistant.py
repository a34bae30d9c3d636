"""Home Assistant: told once, told again when it starts, and what it may do is little."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.app.home_assistant import LATER_S, PAUSE_S, HomeAssistant, HomePermit
from bridge.core.guard import Guard, Moment
from bridge.drivers.ports import Incoming
from bridge.model.blf import Color, KeyFace, Lamp, PanelId, PanelInfo
from bridge.model.bus import Command, HomeSettings, MqttSettings
from bridge.model.calls import Snapshot
from bridge.model.intents import Outcome
from bridge.protocols.mqtt_home import parse_home
from tests.mqtt.words import EPOCH, NOW_MS, call, headset

TOPIC = "homeassistant/device/offhook-desk/config"
ON = HomeSettings(discovery=True, commands=True, keys=(7,))
PANEL = PanelInfo(PanelId("deck"), "Deck", "1", 15, frozenset(Color))
FACE = KeyFace(7, "Anna", "free", Lamp(Color.GREEN))


class Clock:
    """Timers that fire when told."""

    def __init__(self) -> None:
        self.waiting: dict[str, tuple[float, Callable[[str], None]]] = {}

    def now(self) -> float:
        return 0.0

    def start(self, name: str, after_s: float, fire: Callable[[str], None]) -> None:
        self.waiting[name] = (after_s, fire)

    def stop(self, name: str) -> None:
        self.waiting.pop(name, None)


class Paper:
    """A bus that keeps what was said."""

    epoch = EPOCH

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes | None]] = []
        self.filters: frozenset[str] = frozenset()

    def set_state(self, topic: str, payload: bytes | None) -> None:
        self.said.append((topic, payload))

    def listen(self, filters: frozenset[str], ear: object) -> None:
        self.filters = filters


class Desk:
    """One bridge with Home Assistant beside it."""

    def __init__(self, home: HomeSettings = ON) -> None:
        self.paper, self.clock = Paper(), Clock()
        self.again = 0
        settings = MqttSettings(home=home)
        self.home = HomeAssistant(self.paper, settings, "1.2", self.clock, self._again)  # type: ignore[arg-type]
        self.home.start()

    def _again(self) -> None:
        self.again += 1

    def hears(self, payload: bytes, *, retained: bool = False) -> None:
        self.home.heard(Incoming("homeassistant/status", payload, retained, "", b""))


def test_discovery_is_said_when_entities_come_and_go_and_not_with_each_call() -> None:
    desk = Desk()
    here = Snapshot(devices=(headset(),))
    desk.home.show(here)
    desk.home.show(replace(here, calls=(call(),), muted=True))
    assert [topic for topic, _ in desk.paper.said] == [TOPIC]
    desk.home.carry([FACE])
    desk.home.carry([replace(FACE, state="busy")])
    assert len(desk.paper.said) == 2
    desk.home.know("ada")
    desk.home.meet(PANEL)
    desk.home.meet(PANEL)
    assert len(desk.paper.said) == 4
    entities = json.loads(desk.paper.said[-1][1] or b"")["components"]
    assert {"key_7", "press_7", "hang_up", "presence", "deck_key"} <= entities.keys()


def test_without_discovery_nothing_is_said_and_nothing_heard() -> None:
    desk = Desk(HomeSettings())
    desk.home.show(Snapshot(devices=(headset(),)))
    assert desk.paper.said == []
    assert desk.paper.filters == frozenset()


def test_its_start_makes_us_say_everything_again_a_little_later() -> None:
    desk = Desk()
    assert desk.paper.filters == {"homeassistant/status"}
    desk.hears(b"online")
    ((after_s, fire),) = desk.clock.waiting.values()
    assert 0 <= after_s <= LATER_S
    fire("")
    assert desk.again == 1


@pytest.mark.parametrize(
    ("payload", "retained"), [(b"offline", False), (b"online", True), (b"\xff", False)]
)
def test_nothing_else_does(payload: bytes, retained: bool) -> None:
    desk = Desk()
    desk.hears(payload, retained=retained)
    assert not desk.clock.waiting


# -- commands ----------------------------------------------------------------------


def ordered(name: str, number: int = 0, **members: object) -> object:
    body = {"v": 1, "id": f"ha-test-{number}", "ts": NOW_MS, "ttl_ms": 5000} | members
    return parse_home(name, json.dumps(body).encode())


def judged(settings: HomeSettings, *commands: object, retained: bool = False) -> list[str]:
    guard = Guard(EPOCH, HomePermit(settings))
    moment = Moment(100.0, NOW_MS, clock_set=True)
    verdicts = [
        guard.check(one, retained=retained, calls={}, at=moment)  # type: ignore[arg-type]
        for one in commands
    ]
    return [
        "acts" if one.act else f"{one.reply.outcome.value}: {one.reply.detail}" for one in verdicts
    ]


@pytest.mark.parametrize(
    ("name", "args"),
    [("ha_hangup", {}), ("ha_mute", {"on": False}), ("ha_press", {"position": 7})],
)
def test_what_was_allowed_acts(name: str, args: dict[str, object]) -> None:
    assert judged(ON, ordered(name, args=args)) == ["acts"]


def test_without_permission_nothing_acts() -> None:
    (said,) = judged(HomeSettings(discovery=True), ordered("ha_hangup"))
    assert said == "denied: Home Assistant may only look: set home_assistant.commands"


def test_a_key_that_is_not_listed_is_not_pressed() -> None:
    (said,) = judged(ON, ordered("ha_press", args={"position": 8}))
    assert said == "denied: key 8 is not in home_assistant.keys"


def test_there_is_one_command_in_a_second() -> None:
    first, second = judged(ON, ordered("ha_hangup", 1), ordered("ha_hangup", 2))
    assert first == "acts"
    assert second == f"denied: one command in {PAUSE_S:.0f} s"


def test_what_was_stored_is_old_or_came_twice_does_not_act() -> None:
    assert judged(ON, ordered("ha_hangup"), retained=True)[0].startswith("stale")
    assert judged(ON, ordered("ha_hangup", ts=NOW_MS - 60_000))[0].startswith("stale")
    first, again = judged(ON, ordered("ha_hangup"), ordered("ha_hangup"))
    assert (first, again) == ("acts", f"{Outcome.ACCEPTED.value}: ")  # the first reply again


@pytest.mark.parametrize("name", ["ha_answer", "ha_dial", "answer", "dial"])
def test_it_can_neither_answer_nor_dial(name: str) -> None:
    assert not isinstance(ordered(name), Command)
