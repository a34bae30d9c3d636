"""What a PBX publishes is what the contract says; what is not, is refused with a reason."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.blf import Extension, LineFact, LineState
from bridge.model.bus import Numbers
from bridge.model.calls import Direction, Party
from bridge.model.pbx import ParkFact, PbxFact, RegistrationFact
from bridge.protocols.mqtt_payloads import StateDiffer
from bridge.protocols.pbx_states import (
    Refusal,
    Shown,
    Stamped,
    encode_fact,
    place_of,
    read_state,
)
from bridge.protocols.pbx_topics import PbxTopics, Place
from tests.mqtt.contract import check
from tests.mqtt.pbx_words import PBX_BASE, facts
from tests.mqtt.words import EPOCH

TOPICS = PbxTopics(PBX_BASE)
ALL = Shown(Numbers.FULL, dialogs=True)
RINGING: dict[str, Any] = {"v": 1, "epoch": EPOCH, "rev": 3, "state": "ringing", "dir": "in"}
EXT = Extension("200")


def published(fact: PbxFact, shown: Shown = ALL) -> tuple[str, bytes]:
    body = encode_fact(fact, shown)
    return StateDiffer(EPOCH).update({TOPICS.of(*place_of(fact)): body})[0]


def read(body: dict[str, Any], place: Place = Place.STATE) -> Stamped | Refusal:
    return read_state(place, EXT, json.dumps(body).encode())


@given(facts)
def test_every_fact_is_published_as_the_contract_says(fact: PbxFact) -> None:
    check(*published(fact))


@given(facts)
def test_what_is_published_is_read_as_the_fact_it_was(fact: PbxFact) -> None:
    topic, payload = published(fact)
    place = TOPICS.place(topic)
    assert place is not None
    assert read_state(*place, payload) == Stamped(EPOCH, 1, fact)


@given(facts)
def test_unless_told_otherwise_no_name_no_long_number_and_no_dialog_is_shown(
    fact: PbxFact,
) -> None:
    body = encode_fact(fact, Shown())
    assert not {"name", "dialog"} & body.keys()
    if isinstance(fact, LineFact) and fact.peer is not None and len(fact.peer.number) > 4:
        assert body["peer"] == "…" + fact.peer.number[-2:]


def test_a_member_nobody_knows_is_ignored() -> None:
    told = read(RINGING | {"since_when": [1], "v2": {"a": 1}})
    assert told == Stamped(EPOCH, 3, LineFact(EXT, LineState.RINGING, Direction.INCOMING))


DEEP = b'{"a":' * 100_000


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        pytest.param(b'{"v":1,"epoch":"e","rev":1,"state":"free"}' + b" " * 64_001, "size"),
        pytest.param(b"\xff\xfe{}", "json", id="not UTF-8"),
        pytest.param(DEEP, "size", id="deep and large"),
        pytest.param(DEEP[:60_000], "json", id="deep"),
        (b"[]", "json"),
        (b"null", "json"),
        (b'{"v":1,"v":1}', "json"),
        (b'{"v":NaN}', "json"),
        pytest.param(b'{"v":' + b"9" * 5000 + b"}", "json", id="long number"),
        (b"{}", "version"),
        (b'{"v":2}', "version"),
        (b'{"v":true}', "version"),
        (b'{"v":"1"}', "version"),
        (b'{"v":1}', "content"),
    ],
)
def test_what_is_no_state_is_refused_by_a_rule(payload: bytes, rule: str) -> None:
    refusal = read_state(Place.STATE, EXT, payload)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == rule


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (Place.STATE, {"state": "on fire"}),
        (Place.STATE, {"state": None}),
        (Place.STATE, {"state": ["free"]}),
        (Place.STATE, {"rev": 0}),
        (Place.STATE, {"rev": 1.5}),
        (Place.STATE, {"epoch": 7}),
        (Place.STATE, {"dir": "up"}),
        (Place.STATE, {"peer": "x" * 65}),
        (Place.STATE, {"peer": "a\x1b[31m"}),
        (Place.STATE, {"name": "\ud800"}),
        (Place.STATE, {"since": -1}),
        (Place.STATE, {"since": 2**54}),
        (Place.STATE, {"dialog": "x"}),
        (Place.STATE, {"dialog": {"call_id": "1"}}),
        (Place.PRESENCE, {"presence": "bored"}),
        (Place.PRESENCE, {"presence": "away", "text": "x" * 141}),
        (Place.MAILBOX, {"waiting": 1}),
        (Place.MAILBOX, {"waiting": True, "new": -1}),
        (Place.QUEUE, {"members": {}}),
        (Place.QUEUE, {"members": [1]}),
        (Place.QUEUE, {"members": [{"ext": "a/b", "logged_in": True}]}),
        (Place.QUEUE, {"members": [{"ext": "200"}]}),
        (Place.QUEUE, {"members": [{"ext": "200", "logged_in": True}] * 501}),
        (Place.FORWARDING, {"profile": 10, "forwarding": True}),
        (Place.FORWARDING, {"profile": 1}),
        (Place.REGISTRATION, {"telephones": "1"}),
        (Place.PARK, {"state": "gone"}),
    ],
)
def test_a_member_of_another_type_or_range_refuses_the_state(
    place: Place, change: dict[str, Any]
) -> None:
    refusal = read(RINGING | change, place)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "content"


@given(st.sampled_from(Place), st.binary(max_size=300))
def test_foreign_bytes_never_raise(place: Place, payload: bytes) -> None:
    assert isinstance(read_state(place, EXT, payload), Refusal)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(facts, st.data())
def test_a_state_with_one_member_replaced_never_raises(fact: PbxFact, data: st.DataObject) -> None:
    topic, payload = published(fact)
    body = json.loads(payload)
    body[data.draw(st.sampled_from(sorted(body)))] = data.draw(_JSON)
    place = TOPICS.place(topic)
    assert place is not None
    told = read_state(*place, json.dumps(body).encode())
    assert isinstance(told, Stamped | Refusal)


@pytest.mark.parametrize(
    "topic",
    [
        "offhook/1/desk/ext/200/state",
        f"{PBX_BASE}/ext/200",
        f"{PBX_BASE}/ext/200/colour",
        f"{PBX_BASE}/ext/200/state/more",
        f"{PBX_BASE}/ext//state",
        f"{PBX_BASE}/mwi/200/state",
        f"{PBX_BASE}/mwi/2+0",
        f"{PBX_BASE}/calls",
        "",
    ],
)
def test_a_topic_that_is_no_state_of_this_pbx_is_not_read(topic: str) -> None:
    assert TOPICS.place(topic) is None


@pytest.mark.parametrize("subject", ["", "#", "+", "a/b", "x" * 33, "2 0", "ä"])
def test_a_subject_that_would_reach_into_other_topics_has_no_topic(subject: str) -> None:
    with pytest.raises(ValueError, match="no extension"):
        TOPICS.of(Place.STATE, Extension(subject))


def test_a_lamp_follows_from_all_that_its_number_may_be() -> None:
    assert TOPICS.about([EXT]) == {
        f"{PBX_BASE}/{rest}"
        for rest in (
            "ext/200/state",
            "ext/200/presence",
            "ext/200/forwarding",
            "mwi/200",
            "park/200",
            "queue/200",
        )
    }


def test_a_number_that_is_no_extension_has_nothing_to_be_heard() -> None:
    odd = [Extension(number) for number in ("+498912345", "*78", "sip:a@b", "#", "")]
    assert TOPICS.about([*odd, EXT]) == TOPICS.about([EXT])


def test_foreign_texts_of_a_pbx_are_made_fit_to_show() -> None:
    party = Party("201", "Eve\x1b[31m" + "x" * 200)
    slot = ParkFact(LineFact(EXT, LineState.PARKED, peer=party))
    check(*published(slot))
    check(*published(RegistrationFact(EXT, 200, "\r\n" * 200)))


def test_a_line_keeps_what_its_state_says_whatever_else_is_shown() -> None:
    line = LineFact(EXT, LineState.BUSY, Direction.OUTGOING, Party("201"), 5)
    assert encode_fact(line, Shown()) == {
        "state": "busy",
        "dir": "out",
        "peer": "201",
        "since": 5,
    }
    assert encode_fact(dataclasses.replace(line, peer=None, since_ms=0), Shown()) == {
        "state": "busy",
        "dir": "out",
    }
