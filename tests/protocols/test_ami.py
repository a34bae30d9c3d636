"""The manager interface of Asterisk: framing, login, facts and actions, on recorded bytes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.asterisk import DialPlan, Family
from bridge.model.blf import (
    Extension,
    ForwardingFact,
    LineFact,
    LineState,
    PresenceState,
    QueueFact,
)
from bridge.model.forwarding import Target, To, When, to_caller
from bridge.model.pbx import ParkFact, RegistrationFact, SetForwarding, SetPresence
from bridge.protocols import ami_commands
from bridge.protocols.ami import (
    LINE_LIMIT,
    Action,
    AmiFraming,
    Greeting,
    Heard,
    Malformed,
    Message,
    encode_action,
    login_action,
)
from bridge.protocols.ami_states import AsteriskReader, extension_of
from bridge.protocols.pbx_states import Refusal
from tests.asterisk.recordings import recording

GREETING = b"Asterisk Call Manager/13.0.0\r\n"
NAMES = ("login", "lists", "events", "orders", "legacy_queues", "telephones")
E200 = Extension("200")
PLAN = DialPlan(channel="Local/{}@phones", hints=frozenset({"from-internal"}))


def everything(name: str) -> bytes:
    """All a recorded server said, as one stream."""
    found = recording(name)
    return GREETING + b"".join(
        [*(exchange.answer for exchange in found.exchanges), *found.events.values()]
    )


def heard(data: bytes) -> list[Heard]:
    return AmiFraming().feed(data)


def messages(data: bytes) -> list[Message]:
    return [message for message in heard(GREETING + data) if isinstance(message, Message)]


# -- framing ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_nothing_a_real_server_said_is_malformed(name: str) -> None:
    found = heard(everything(name))
    assert found[0] == Greeting("13.0.0")
    assert len(found) > 1
    assert not [message for message in found if isinstance(message, Malformed)]


@pytest.mark.parametrize("name", ["login", "events"])
def test_bytes_may_be_cut_anywhere(name: str) -> None:
    data = everything(name)[:1200]
    whole = heard(data)
    for place in range(len(data)):
        framing = AmiFraming()
        assert [*framing.feed(data[:place]), *framing.feed(data[place:])] == whole


@pytest.mark.parametrize("name", NAMES)
def test_bytes_may_come_one_by_one(name: str) -> None:
    data, framing = everything(name), AmiFraming()
    assert [one for byte in data for one in framing.feed(bytes([byte]))] == heard(data)


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_no_bytes_raise(parts: list[bytes]) -> None:
    framing = AmiFraming()
    framing.feed(GREETING)
    for part in parts:
        framing.feed(part)


@given(st.data())
def test_a_recording_with_damage_is_read_again_after_it(data: st.DataObject) -> None:
    whole = everything("events")
    place = data.draw(st.integers(len(GREETING), len(whole) - 1))
    damage = data.draw(st.binary(min_size=1, max_size=40))
    tail = b"\r\n\r\nResponse: Success\r\nPing: Pong\r\n\r\n"
    found = heard(whole[:place] + damage + whole[place + len(damage) :] + tail)
    assert found[-1] == Message((("Response", "Success"), ("Ping", "Pong")))
    reader = AsteriskReader(PLAN)
    for message in found:
        if isinstance(message, Message):
            reader.take(message)


def test_another_program_on_the_port_is_told() -> None:
    assert heard(b"SSH-2.0-OpenSSH_9.2\r\n") == [
        Malformed("greeting", "no Asterisk manager: it began with 'SSH-2.0-OpenSSH_9.2'")
    ]


def test_an_endless_line_is_refused_once_and_costs_no_memory() -> None:
    framing = AmiFraming()
    framing.feed(GREETING)
    rules = [
        one.rule
        for _ in range(8)
        for one in framing.feed(b"x" * LINE_LIMIT)
        if isinstance(one, Malformed)
    ]
    assert rules == ["line"]
    tail = framing.feed(b"\r\n\r\nEvent: FullyBooted\r\n\r\n")
    assert tail == [Message((("Event", "FullyBooted"),))]


def test_a_message_of_endless_lines_is_refused() -> None:
    found = heard(GREETING + b"Event: A\r\n" + b"X: y\r\n" * 2000 + b"\r\n")
    assert [one.rule for one in found if isinstance(one, Malformed)] == ["fields"]


def test_a_name_may_come_more_than_once() -> None:
    (message,) = messages(b"Response: Success\r\nOutput: a\r\nOutput: b: c\r\n\r\n")
    assert message.all("output") == ("a", "b: c")
    assert message.get("OUTPUT") == "a"


def test_output_of_a_command_in_the_old_form_is_one_text() -> None:
    (exchange,) = recording("legacy_command").exchanges
    found, after = messages(exchange.answer + b"Response: Success\r\n\r\n")
    assert found.get("Privilege") == "Command"
    assert found.text.splitlines()[2] == "Server Enabled and Bound to 127.0.0.1:8080"
    assert "Prefix" in found.text
    assert after.get("Response") == "Success"


# -- writing ----------------------------------------------------------------------


def test_an_action_is_written_line_by_line() -> None:
    action = Action("DBPut", {"Family": "DND", "Key": "200", "Val": "YES", "Empty": ""})
    assert encode_action(action, "offhook-1") == (
        b"Action: DBPut\r\nActionID: offhook-1\r\nFamily: DND\r\nKey: 200\r\nVal: YES\r\n\r\n"
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_value_begins_another_line(name: str, value: str) -> None:
    try:
        data = encode_action(Action("DBPut", {name: value}), "1")
    except ValueError:
        return
    assert data.count(b"\r\n") == data.count(b"\n") == (4 if value else 3)
    assert b"\r" not in data.replace(b"\r\n", b"")


@pytest.mark.parametrize("value", ["200\r\nAction: Hangup", "200\n", "\0", "x" * 901])
def test_a_value_that_cannot_be_said_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"Val (holds a control character|is longer)"):
        encode_action(Action("DBPut", {"Val": value}), "1")


def test_the_key_of_a_login_is_the_one_a_real_server_took() -> None:
    challenge, login = recording("login").exchanges[:2]
    (said,) = messages(challenge.answer)
    action = login_action("offhook", "geheim-1", said.get("Challenge"))
    assert dict(action.fields) == dict(login.asked[1:])


# -- facts ------------------------------------------------------------------------


def facts(reader: AsteriskReader, data: bytes) -> list[object]:
    found: list[object] = []
    for message in messages(data):
        said = reader.take(message)
        assert not isinstance(said, Refusal)
        found += said
    return found


@pytest.mark.parametrize(
    ("device", "state"),
    [
        ("RINGING", LineState.RINGING),
        ("INUSE", LineState.BUSY),
        ("BUSY", LineState.BUSY),
        ("ONHOLD", LineState.HELD),
        ("RINGINUSE", LineState.RINGING),
        ("UNAVAILABLE", LineState.OFFLINE),
        ("NOT_INUSE", LineState.FREE),
    ],
)
def test_a_device_state_is_a_line_state(device: str, state: LineState) -> None:
    said = facts(AsteriskReader(PLAN), recording("events").events[f"line200-{device}"])
    assert said == [LineFact(Extension("200"), state)]


@pytest.mark.parametrize("status", ["-1", "-2"])
def test_a_hint_that_was_removed_is_unknown(status: str) -> None:
    event = "Event: ExtensionStatus\r\nExten: 200\r\nContext: from-internal\r\n"
    assert facts(AsteriskReader(PLAN), f"{event}Status: {status}\r\n\r\n".encode()) == [
        LineFact(Extension("200"), LineState.UNKNOWN)
    ]


def test_codes_patterns_slots_and_other_contexts_are_no_extensions() -> None:
    (listed, *_) = recording("lists").exchanges
    lines = facts(AsteriskReader(PLAN), listed.answer)
    assert [line.extension for line in lines if isinstance(line, LineFact)] == [
        "200", "201", "202", "203",
    ]  # fmt: skip


def test_of_two_contexts_with_one_extension_one_counts() -> None:
    reader = AsteriskReader(DialPlan())
    event = "Event: ExtensionStatus\r\nExten: 200\r\nContext: {}\r\nStatus: {}\r\n\r\n"
    assert facts(reader, event.format("a", 0).encode())
    assert not facts(reader, event.format("b", 1).encode())


def test_a_parked_call_fills_its_slot_until_it_is_fetched() -> None:
    reader = AsteriskReader(PLAN)
    (parked,) = [
        f for f in facts(reader, recording("events").events["park"]) if isinstance(f, ParkFact)
    ]
    assert (parked.line.extension, parked.line.state) == ("701", LineState.PARKED)
    assert reader.is_parked(Extension("701"))
    (free,) = [
        f for f in facts(reader, recording("events").events["fetch"]) if isinstance(f, ParkFact)
    ]
    assert free.line == LineFact(Extension("701"), LineState.FREE)


def test_agents_come_pause_and_go() -> None:
    reader, said = AsteriskReader(PLAN), []
    for title in ("queue-add", "queue-pause", "queue-remove"):
        said += facts(reader, recording("events").events[title])
    queues = [fact for fact in said if isinstance(fact, QueueFact)]
    members = [[(member.extension, member.paused) for member in queue.members] for queue in queues]
    assert members == [[("200", False)], [("200", True)], []]


def test_callers_of_a_queue_are_counted() -> None:
    said = facts(AsteriskReader(PLAN), recording("events").events["queue-caller"])
    assert [fact.waiting for fact in said if isinstance(fact, QueueFact)] == [1, 0]


def test_a_list_without_its_mark_is_a_list() -> None:
    (exchange,) = recording("legacy_queues").exchanges
    response, *events, end = messages(exchange.answer)
    assert response.begins_list
    assert end.ends_list
    assert not any(event.ends_list for event in events)
    said = facts(AsteriskReader(DialPlan()), exchange.answer)
    assert isinstance(said[-1], QueueFact)
    assert [(m.extension, m.paused) for m in said[-1].members] == [("id-12", True), ("id-9", False)]


def test_do_not_disturb_hides_a_presence_until_it_ends() -> None:
    reader = AsteriskReader(PLAN)
    (away,) = facts(
        reader,
        next(
            e.answer for e in recording("lists").exchanges if e.asked[0][1] == "PresenceStateList"
        ),
    )
    assert getattr(away, "presence", None) is PresenceState.AWAY
    shown = [
        fact for entries in ({"203": "YES"}, {}) for fact in reader.family(Family.DND, entries)
    ]
    assert [getattr(fact, "presence", None) for fact in shown] == [
        PresenceState.DND,
        PresenceState.AWAY,
    ]


@pytest.mark.parametrize("value", ["", "NO", "0", "off"])
def test_a_switch_in_astdb_may_say_no(value: str) -> None:
    assert AsteriskReader(PLAN).family(Family.DND, {"200": value}) == []


@pytest.mark.parametrize(
    ("interface", "extension"),
    [
        ("PJSIP/200", "200"),
        ("SIP/200", "200"),
        ("Local/200@from-queue/n", "200"),
        ("Agent:200", None),
        ("", None),
        ("Local/*45@x", None),
    ],
)
def test_an_interface_names_an_extension(interface: str, extension: str | None) -> None:
    assert extension_of(interface) == extension


def test_a_number_that_is_none_is_refused_with_a_reason() -> None:
    (event,) = messages(b"Event: QueueCallerJoin\r\nQueue: 700\r\nCount: many\r\n\r\n")
    said = AsteriskReader(PLAN).take(event)
    assert said == Refusal("content", "QueueCallerJoin: Count is no number")


# -- orders -----------------------------------------------------------------------


def test_the_two_ends_of_a_call_are_told_apart() -> None:
    rows = (
        b"Event: CoreShowChannel\r\nChannel: PJSIP/200-01\r\nBridgeId: b1\r\n\r\n"
        b"Event: CoreShowChannel\r\nChannel: PJSIP/201-02\r\nBridgeId: b1\r\n\r\n"
        b"Event: CoreShowChannel\r\nChannel: PJSIP/2001-03\r\nBridgeId: b2\r\n\r\n"
    )
    legs = ami_commands.legs_in(messages(rows))
    own = ami_commands.legs_of(DialPlan(), Extension("200"), legs)
    assert [leg.channel for leg in own] == ["PJSIP/200-01"]
    assert ami_commands.other_ends(own, legs) == {"PJSIP/201-02": "PJSIP/200-01"}


def test_a_presence_with_commas_stays_one_text() -> None:
    action = ami_commands.presence_action(SetPresence(Extension("200"), PresenceState.AWAY, "a,b"))
    assert action == Action(
        "Setvar",
        {"Variable": "PRESENCE_STATE(CustomPresence:200)", "Value": "away,,YSxi,e"},
    )


@pytest.mark.parametrize(
    "order",
    [
        SetPresence(Extension("200"), PresenceState.ASSISTANT),
        SetPresence(Extension("200"), PresenceState.AWAY, "", 1),
    ],
)
def test_a_presence_asterisk_cannot_say_is_denied(order: SetPresence) -> None:
    assert "asterisk" in str(ami_commands.presence_action(order))


@pytest.mark.parametrize(
    ("when", "to"), [(When.UNREACHABLE, To.NUMBER), (When.BUSY, To.VOICEMAIL), (When.BUSY, To.BUSY)]
)
def test_a_forwarding_asterisk_cannot_do_is_denied(when: When, to: To) -> None:
    with pytest.raises(ValueError, match="asterisk"):
        ami_commands.forward_target(SetForwarding(Extension("200"), when, Target(to, "1")))


@pytest.mark.parametrize("more", [{"profile": 3}, {"profile": 3, "caller": to_caller("internal")}])
def test_asterisk_is_never_asked_for_a_profile_it_would_take_for_another(more: Any) -> None:
    target = Target(To.NUMBER, "205")
    with pytest.raises(ValueError, match="no forwarding profiles"):
        ami_commands.forward_target(SetForwarding(E200, When.ALWAYS, target, **more))


def test_on_what_calls_are_forwarded_is_told() -> None:
    reader = AsteriskReader(DialPlan())
    reader.family(Family.ALWAYS, {"200": "205"})
    (fact,) = reader.family(Family.BUSY, {"200": "791"})
    assert fact == ForwardingFact(E200, 0, True, whens=(When.ALWAYS, When.BUSY))


# -- telephones -------------------------------------------------------------------


def test_telephones_are_counted_as_they_come_and_go() -> None:
    found = recording("telephones")
    reader = AsteriskReader(DialPlan())
    for extension in ("200", "204"):
        fields = (("Event", "ExtensionStatus"), ("Exten", extension), ("Status", "0"))
        reader.take(Message(fields))
    reader.begin_telephones()
    for message in messages(found.exchanges[0].answer):
        assert reader.take(message) == []
    one, none = RegistrationFact(E200, 1, "Offhook"), RegistrationFact(Extension("204"), 0)
    assert reader.telephones() == [one, none]
    (second,) = messages(found.events["second-200"])
    assert reader.take(second) == [RegistrationFact(E200, 2, "Offhook")]
    (gone,) = messages(found.events["gone-200"])
    assert reader.take(gone) == [one]
