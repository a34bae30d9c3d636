"""What the bridge publishes is what the contract says, and tells no more than it should."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.bus import Numbers, Reply
from bridge.model.calls import (
    CallView,
    Cause,
    DeviceView,
    EndedBy,
    LineView,
    Party,
    Phase,
    RegistrationState,
    Snapshot,
)
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey
from bridge.model.hid import Control
from bridge.model.ids import CallId, DeviceId
from bridge.model.intents import Outcome
from bridge.model.sound import SoundBackend, SoundStats
from bridge.protocols.mqtt_payloads import (
    StateDiffer,
    encode,
    encode_alert,
    encode_event,
    encode_history,
    encode_info,
    encode_offline,
    encode_online,
    encode_reasons,
    encode_reply,
    encode_sound,
    encode_states,
    gone_device,
    obeyed,
)
from bridge.protocols.mqtt_topics import Topics, level
from tests.mqtt.contract import check
from tests.mqtt.words import BASE, CALL, EPOCH, HEADSET, NOW_MS, call, headset, ringing

TOPICS = Topics(BASE)
HEAD = {"v": 1, "epoch": EPOCH, "seq": 1, "ts": NOW_MS}
HOSTILE = st.text(max_size=300)  # any code point, lone surrogates included


def states(snapshot: Snapshot, numbers: Numbers = Numbers.MASKED) -> dict[str, dict[str, Any]]:
    return encode_states(snapshot, TOPICS, numbers)


def published(snapshot: Snapshot, numbers: Numbers = Numbers.MASKED) -> dict[str, bytes]:
    return dict(StateDiffer(EPOCH).update(states(snapshot, numbers)))


# -- states -------------------------------------------------------------------


def test_a_ringing_call_is_in_the_snapshot_with_its_number_masked() -> None:
    (shown,) = json.loads(published(ringing())[f"{BASE}/calls"])["calls"]
    assert shown["state"] == "ringing"
    assert shown["peer"] == "…42"
    assert "name" not in shown


@pytest.mark.parametrize("numbers", list(Numbers))
def test_keys_of_the_other_end_are_events_and_never_kept_by_the_broker(numbers: Numbers) -> None:
    told = replace(call(), pressed="4711#")
    payload = published(Snapshot(calls=(told,)), numbers)[f"{BASE}/calls"]
    assert b"4711" not in payload
    assert event(AnnounceDigit(CALL, "4"), numbers)["digit"] == "4"


def test_numbers_full_shows_number_and_name() -> None:
    (shown,) = json.loads(published(ringing(), Numbers.FULL)[f"{BASE}/calls"])["calls"]
    assert (shown["peer"], shown["name"]) == ("+493012345642", "Ann")


def test_an_extension_is_no_secret() -> None:
    snapshot = Snapshot(calls=(call(number="2015"),))
    assert states(snapshot)[f"{BASE}/calls"]["calls"][0]["peer"] == "2015"


@pytest.mark.parametrize(("hook", "word"), [(None, "unknown"), (True, "off"), (False, "on")])
def test_hook_off_means_lifted(hook: bool | None, word: str) -> None:
    snapshot = Snapshot(devices=(headset(hook=hook),))
    assert states(snapshot)[TOPICS.device_state(HEADSET)]["hook"] == word


def test_a_headset_that_was_unplugged_is_not_connected_and_dark() -> None:
    payload = StateDiffer(EPOCH).update({TOPICS.device_state(HEADSET): gone_device()})[0][1]
    check(TOPICS.device_state(HEADSET), payload)
    shown = json.loads(payload)
    assert not shown["connected"]
    assert not any(shown["lamps"].values())


views = st.builds(
    CallView,
    call=st.from_regex("[0-9a-z]{20}", fullmatch=True).map(CallId),
    account=st.just("office"),
    direction=st.sampled_from([call().direction]),
    phase=st.sampled_from(Phase),
    remote=st.builds(Party, HOSTILE, HOSTILE),
    since_ms=st.integers(0, 2**53),
    device=st.none() | st.just(HEADSET),
    codec=HOSTILE,
    pressed=st.just("4711"),
)
devices = st.builds(
    DeviceView,
    device=HOSTILE.map(DeviceId),
    name=HOSTILE,
    vendor_id=st.integers(0, 0xFFFF),
    product_id=st.integers(0, 0xFFFF),
    errors=st.integers(0, 10**9),
)
lines = st.builds(
    LineView,
    account=HOSTILE,
    registration=st.sampled_from(RegistrationState),
    sip=st.integers(0, 699),
    reason=HOSTILE,
)
snapshots = st.builds(
    Snapshot,
    calls=st.lists(views, max_size=20).map(tuple),
    devices=st.lists(devices, max_size=40).map(tuple),
    lines=st.lists(lines, max_size=4).map(tuple),
    problems=st.lists(HOSTILE, max_size=20).map(tuple),
)


@given(snapshots, st.sampled_from(Numbers))
def test_whatever_strangers_write_the_contract_holds(snapshot: Snapshot, numbers: Numbers) -> None:
    for topic, payload in published(snapshot, numbers).items():
        check(topic, payload)
    check(TOPICS.availability, encode_online(EPOCH, 0, encode_reasons(snapshot), NOW_MS))


@given(st.from_regex(r"\+?[0-9]{6,20}", fullmatch=True))
def test_no_number_leaves_unmasked_by_default(number: str) -> None:
    snapshot = Snapshot(calls=(call(number=number),), problems=(f"cannot reach {number}",))
    (shown,) = json.loads(published(snapshot)[TOPICS.calls])["calls"]
    assert shown["peer"] == f"…{number[-2:]}"
    assert number not in str(encode_reasons(snapshot))


@given(HOSTILE)
def test_no_text_breaks_out_of_its_topic_level(text: str) -> None:
    assert not set(level(text)) & set("/+#\0")
    assert 1 <= len(level(text)) <= 48


# -- revisions ----------------------------------------------------------------


def test_only_what_changed_is_published_and_its_revision_counts() -> None:
    differ = StateDiffer(EPOCH)
    assert len(differ.update(states(ringing()))) == 4
    assert differ.update(states(ringing())) == []
    changed = Snapshot(**{**_fields(ringing()), "devices": (headset(ring=False),)})
    ((topic, payload),) = differ.update(states(changed))
    assert topic == TOPICS.device_state(HEADSET)
    assert json.loads(payload)["rev"] == 2


@pytest.mark.parametrize("backend", list(SoundBackend))
def test_the_figures_of_the_sound_are_told_once_until_they_differ(backend: SoundBackend) -> None:
    differ = StateDiffer(EPOCH)
    stats = SoundStats(backend, True, True, True, False, underruns=2, delay_ms=40.4)
    ((topic, payload),) = differ.update({TOPICS.sound: encode_sound(stats)})
    check(topic, payload)
    assert json.loads(payload)["delay_ms"] == 40
    assert differ.update({TOPICS.sound: encode_sound(stats)}) == []


def test_a_topic_that_was_cleared_goes_on_counting() -> None:
    differ = StateDiffer(EPOCH)
    topic = TOPICS.alert("sound")
    differ.update({topic: encode_alert("no sound card")})
    differ.forget(topic)
    ((_, payload),) = differ.update({topic: encode_alert("no sound card")})
    check(topic, payload)
    assert json.loads(payload)["rev"] == 2


def _fields(snapshot: Snapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in snapshot.__dataclass_fields__}


# -- health -------------------------------------------------------------------


def test_what_does_not_work_makes_the_health_degraded() -> None:
    body = json.loads(encode_online(EPOCH, 7, ("no sound card: calls are silent",), NOW_MS))
    assert (body["health"], body["seq"]) == ("degraded", 7)
    assert json.loads(encode_online(EPOCH, 7, (), NOW_MS))["health"] == "ok"


def test_a_missing_engine_is_a_reason() -> None:
    (reason,) = encode_reasons(Snapshot(engine_up=False))
    assert "no calls" in reason
    assert encode_reasons(Snapshot(engine_up=True)) == ()


@pytest.mark.parametrize("payload", [encode_offline(), encode_offline(EPOCH)])
def test_offline_is_in_the_contract(payload: bytes) -> None:
    check(TOPICS.availability, payload)


@pytest.mark.parametrize("may_dial", [True, False])
def test_info_offers_dialling_only_where_it_is_obeyed(may_dial: bool) -> None:
    body = encode_info(("a", "b"), "0.1.0", obeyed(may_dial=may_dial))
    ((topic, payload),) = StateDiffer(EPOCH).update({TOPICS.info: body})
    check(topic, payload)
    assert ("dial" in json.loads(payload)["commands"]) is may_dial


# -- events -------------------------------------------------------------------


def event(
    announced: AnnounceCall | AnnounceKey | AnnounceDigit, numbers: Numbers
) -> dict[str, Any]:
    """The event as it is published, checked against the contract."""
    topic, body, _ = encode_event(announced, TOPICS, numbers)
    check(topic, encode(HEAD | body))
    return body


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("control", list(Control))
def test_every_key_of_every_device_has_an_event_type(control: Control, on: bool) -> None:
    announced = AnnounceKey(HEADSET, control, on, "5", "hangup")
    assert event(announced, Numbers.MASKED)["event_type"]


def test_a_lifted_hook_is_hook_off() -> None:
    body = event(AnnounceKey(HEADSET, Control.HOOK, True, "", "answer"), Numbers.MASKED)
    assert body == {"event_type": "hook_off", "meaning": "answer"}


def test_the_key_pad_does_not_spell_the_dialled_number() -> None:
    pressed = AnnounceKey(HEADSET, Control.KEYPAD, True, "7", "dial")
    assert "key" not in event(pressed, Numbers.MASKED)
    assert event(pressed, Numbers.FULL)["key"] == "7"


def test_a_call_that_ended_says_whose_doing_it_was() -> None:
    cause = Cause(EndedBy.REMOTE, 487, "Request Terminated")
    body = event(AnnounceCall(CALL, Phase.RINGING, Phase.ENDED, cause), Numbers.MASKED)
    assert body["cause"] == {"by": "remote", "sip": 487, "reason": "Request Terminated"}


def test_a_new_call_comes_from_nowhere() -> None:
    assert event(AnnounceCall(CALL, None, Phase.RINGING), Numbers.MASKED)["from"] is None


# -- replies ------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_a_reply_of_the_contract(outcome: Outcome) -> None:
    reply = Reply("ui7-000000000123", outcome, "a\nsentence\0" * 50, {"call": CALL})
    check(TOPICS.reply("ui7"), encode_reply(reply, EPOCH))


@given(st.integers(0, 600))
def test_a_history_says_whether_there_is_more_and_always_fits(count: int) -> None:
    events = tuple(
        HEAD | {"seq": n + 1, "topic": f"{BASE}/event/call", "pad": "x" * 120} for n in range(count)
    )
    result = encode_history(events)
    sent = result["events"]
    assert isinstance(sent, list)
    assert result["more"] is (len(sent) < count)
    assert [entry["seq"] for entry in sent] == list(range(1, len(sent) + 1))
    check(TOPICS.reply("ui7"), encode_reply(Reply("12345678", Outcome.DONE, result=result), EPOCH))


# -- topics -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "topic"),
    [
        ("ui7", f"{BASE}/reply/ui7"),
        (f"{BASE}/reply/ui7", f"{BASE}/reply/ui7"),
        (f"{BASE}/calls", ""),
        (f"{BASE}/reply/ui7/x", ""),
        (f"{BASE}/reply/+", ""),
        ("offhook/1/other/cmd/answer", ""),
        ("../calls", ""),
        ("", ""),
        ("x" * 65, ""),
    ],
)
def test_nobody_makes_the_bridge_write_outside_reply(wanted: str, topic: str) -> None:
    assert TOPICS.reply_topic(wanted) == topic


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        (f"{BASE}/cmd/answer", "answer"),
        (f"{BASE}/cmd/a/b", None),
        (f"{BASE}/calls", None),
        ("offhook/1/desk2/cmd/answer", None),
    ],
)
def test_command_topics_are_ours_alone(topic: str, name: str | None) -> None:
    assert TOPICS.command_name(topic) == name
