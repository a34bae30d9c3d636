"""What Home Assistant is told: its templates, read by Jinja as it does, say the truth."""

import json
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bridge.model.blf import Color, KeyFace, Lamp, PanelId, PanelInfo, PresenceState
from bridge.model.bus import Command, Numbers
from bridge.model.calls import LineView, Mailbox, Phase, RegistrationState, Snapshot
from bridge.model.effects import AnnounceKey
from bridge.model.favourites import PressKey
from bridge.model.features import ShownPresence
from bridge.model.hid import Control
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Verb
from bridge.protocols.home_assistant import Household, discovery_topic, encode_discovery
from bridge.protocols.mqtt_around import encode_presence
from bridge.protocols.mqtt_home import HOME_NAMES, HomeOrder, parse_home
from bridge.protocols.mqtt_lamps import encode_finger, encode_panel
from bridge.protocols.mqtt_payloads import (
    encode_event,
    encode_offline,
    encode_online,
    encode_states,
    gone_device,
)
from bridge.protocols.mqtt_topics import Topics
from tests.mqtt.words import BASE, EPOCH, HEADSET, NOW_MS, call, headset

TOPICS = Topics(BASE)
# Documented options that we use, by platform ("Configuration variables" of their pages).
OPTIONS = {
    "binary_sensor": {"state_topic", "value_template"},
    "button": {"command_topic", "command_template"},
    "event": {"state_topic", "event_types", "device_class"},
    "sensor": {"state_topic", "value_template", "device_class", "options"},
    "switch": {"state_topic", "value_template", "command_topic", "command_template"},
}
SHARED = {"platform", "name", "unique_id", "icon", "availability", "entity_category"}
DEMANDED = {"button": {"command_topic"}, "switch": {"command_topic"}, "event": {"event_types"}}
LINE = LineView(AccountId("office"), RegistrationState.REGISTERED, 200, "", Mailbox(True, 2, 8))
FACE = KeyFace(7, "Anna", "ringing", Lamp(Color.RED))
PANEL = PanelInfo(PanelId("streamdeck-al1"), "Stream Deck", "1", 15, frozenset(Color))
HOME = Snapshot(devices=(headset(),), lines=(LINE,))
JINJA = ImmutableSandboxedEnvironment()


class Now:
    """Stands in for the function that Home Assistant adds to Jinja."""

    @staticmethod
    def timestamp() -> float:
        return NOW_MS / 1000


def message(*, commands: bool = True) -> dict[str, Any]:
    body = encode_discovery(
        Household(HOME, (FACE,), (PANEL,), "ada"),
        TOPICS,
        "desk",
        "1.2",
        keys=frozenset({7}) if commands else None,
    )
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]


def entity(name: str, *, commands: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = message(commands=commands)["components"][name]
    return found


def shown(name: str, payload: object, template: str = "value_template") -> str:
    source = JINJA.from_string(entity(name)[template])
    return source.render(value_json=json.loads(json.dumps(payload)))


def calls_of(snapshot: Snapshot) -> object:
    return encode_states(snapshot, TOPICS, Numbers.MASKED)[TOPICS.calls]


def in_phase(phase: Phase, *, muted: bool = False) -> object:
    return calls_of(Snapshot(calls=(call(phase=phase),), muted=muted))


def test_it_goes_to_the_one_topic_the_broker_allows() -> None:
    assert discovery_topic("homeassistant", "desk") == "homeassistant/device/offhook-desk/config"


@pytest.mark.parametrize("commands", [True, False])
def test_every_entity_has_what_home_assistant_demands(commands: bool) -> None:
    found = message(commands=commands)
    assert found["origin"]["name"] == "offhook"
    assert found["device"]["identifiers"] == ["offhook_desk"]
    entities = found["components"]
    ids = [one["unique_id"] for one in entities.values()]
    assert len(set(ids)) == len(ids)
    for one in entities.values():
        platform, options = one["platform"], set(one)
        assert options <= SHARED | OPTIONS[platform]
        assert options >= DEMANDED.get(platform, {"state_topic"})
        assert ("options" in one) == (one.get("device_class") == "enum")


def test_without_permission_there_is_nothing_to_press() -> None:
    entities = message(commands=False)["components"].values()
    assert not [one for one in entities if "command_topic" in one]


@pytest.mark.parametrize("name", ["ringing", "in_call", "call_state"])
@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.RINGING, {"ringing": "ON", "in_call": "OFF", "call_state": "ringing"}),
        (Phase.DIALING, {"ringing": "OFF", "in_call": "OFF", "call_state": "dialing"}),
        (Phase.EARLY, {"ringing": "OFF", "in_call": "OFF", "call_state": "early"}),
        (Phase.CONNECTED, {"ringing": "OFF", "in_call": "ON", "call_state": "connected"}),
        (Phase.HELD, {"ringing": "OFF", "in_call": "ON", "call_state": "held"}),
        (Phase.REMOTE_HELD, {"ringing": "OFF", "in_call": "ON", "call_state": "remote-held"}),
    ],
)
def test_the_state_of_the_call(name: str, phase: Phase, expected: dict[str, str]) -> None:
    assert shown(name, in_phase(phase)) == expected[name]
    assert expected["call_state"] in entity("call_state")["options"]


def test_without_a_call_the_desk_is_idle() -> None:
    assert shown("call_state", calls_of(HOME)) == "idle"
    assert shown("in_call", calls_of(HOME)) == "OFF"


def test_of_two_calls_the_one_that_matters_is_shown() -> None:
    two = Snapshot(calls=(call(phase=Phase.HELD), call()))
    assert shown("call_state", calls_of(two)) == "ringing"


@pytest.mark.parametrize("control", Control)
@pytest.mark.parametrize("on", [True, False])
def test_every_key_event_is_one_it_knows(control: Control, on: bool) -> None:
    key = next(n for n in message()["components"] if n.endswith("_key"))
    pressed = AnnounceKey(HEADSET, control, on, "", "answer")
    _, body, _ = encode_event(pressed, TOPICS, Numbers.MASKED)
    assert body["event_type"] in entity(key)["event_types"]


def test_muted_and_do_not_disturb() -> None:
    assert shown("muted", in_phase(Phase.CONNECTED, muted=True)) == "ON"
    assert shown("muted", in_phase(Phase.CONNECTED)) == "OFF"
    assert shown("do_not_disturb", calls_of(Snapshot(do_not_disturb=True))) == "ON"


def test_lines_and_messages() -> None:
    state = encode_states(HOME, TOPICS, Numbers.MASKED)[TOPICS.line(LINE.account)]
    assert shown("line_office", state) == "registered"
    assert shown("messages_office", state) == "2"
    assert shown("messages_office", state | {"mailbox": None}) == "0"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"state": "busy", "stale": False}, "busy"),
        ({"state": "busy", "stale": True}, "unknown"),
    ],
)
def test_a_lamp_that_is_stale_is_unknown(payload: dict[str, object], expected: str) -> None:
    assert shown("key_7", payload) == expected


@pytest.mark.parametrize("presence", [one for one in PresenceState if one.value != "none"])
def test_presence_is_one_of_the_words_it_was_told(presence: PresenceState) -> None:
    body = encode_presence(ShownPresence(presence), 0, Numbers.MASKED)
    assert shown("presence", body) in entity("presence")["options"]


@pytest.mark.parametrize("what", ["press", "hold", "release"])
def test_a_finger_on_a_panel_is_an_event_it_knows(what: str) -> None:
    one = entity("streamdeck_al1_key")
    assert one["state_topic"] == TOPICS.panel_event(PANEL.panel)
    assert encode_finger(2, 3, what)["event_type"] in one["event_types"]


@pytest.mark.parametrize(("connected", "expected"), [(True, "online"), (False, "offline")])
def test_a_panel_is_available_while_it_is_plugged_in(connected: bool, expected: str) -> None:
    template = JINJA.from_string(entity("streamdeck_al1_key")["availability"][1]["value_template"])
    assert template.render(value_json=encode_panel(PANEL, connected=connected)) == expected


def test_no_name_of_a_favourite_goes_out() -> None:
    assert "Anna" not in json.dumps(message())


@pytest.mark.parametrize(
    ("payload", "expected"),
    [(encode_online(EPOCH, 1, (), NOW_MS), "online"), (encode_offline(), "offline")],
)
def test_the_bridge_is_available_while_it_says_so(payload: bytes, expected: str) -> None:
    template = message()["availability"][0]["value_template"]
    assert JINJA.from_string(template).render(value_json=json.loads(payload)) == expected


def test_a_headset_is_available_while_it_is_plugged_in() -> None:
    name = next(n for n in message()["components"] if n.endswith("_key"))
    bridge_there, device_there = entity(name)["availability"]
    assert bridge_there["topic"] == TOPICS.availability
    template = JINJA.from_string(device_there["value_template"])
    state = encode_states(HOME, TOPICS, Numbers.MASKED)[TOPICS.device_state(HEADSET)]
    assert template.render(value_json=state) == "online"
    assert template.render(value_json=gone_device()) == "offline"


@pytest.mark.parametrize(
    ("name", "value", "order"),
    [
        ("muted", "ON", Intent(Verb.MUTE)),
        ("muted", "OFF", Intent(Verb.UNMUTE)),
        ("hang_up", "PRESS", Intent(Verb.HANGUP)),
        ("press_7", "PRESS", PressKey(7)),
    ],
)
def test_what_home_assistant_sends_is_a_command_of_the_small_set(
    name: str, value: str, order: Intent | PressKey
) -> None:
    one = entity(name)
    sent = JINJA.from_string(one["command_template"]).render(value=value, now=Now)
    command = TOPICS.command_name(one["command_topic"])
    assert command in HOME_NAMES
    said = parse_home(str(command), sent.encode())
    assert isinstance(said, Command), said
    assert said.ts_ms == NOW_MS
    assert said.order == HomeOrder(order)
