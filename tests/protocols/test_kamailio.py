"""What Kamailio's script says, read as facts; what it is told, in its words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.blf import (
    Dialog,
    Extension,
    ForwardingFact,
    LineFact,
    LineState,
    MailboxFact,
    PresenceFact,
    PresenceState,
    QueueFact,
    QueueMember,
)
from bridge.model.calls import Direction, Mailbox, Party
from bridge.model.forwarding import Target, To, When, to_caller
from bridge.model.pbx import (
    ParkFact,
    PbxCommand,
    RegistrationFact,
    ServeQueue,
    SetForwarding,
    SetPresence,
)
from bridge.protocols.kamailio import Errand, KamailioReader, Run, errand_of, read_run
from bridge.protocols.pbx_states import Refusal
from tests.mqtt.pbx_words import orders

E = Extension("200")
CALL = {
    "call_id": "abc@host",
    "state": "early",
    "direction": "recipient",
    "peer": "201",
    "local_tag": "lt",
    "remote_tag": "rt",
    "remote_target": "sip:201@192.0.2.7:5060",
    "since": 1_767_225_600,
}
RINGING = {"ext": "200", "lamp": "ringing", "calls": [CALL], "ts": 1_767_225_601}
FREE = {"lamp": "idle", "calls": []}
FORWARD = {"always": "", "busy": "", "noanswer": "", "offline": ""}


def feed(reader: KamailioReader, topic: str, body: Any) -> Any:
    return reader.feed(topic, json.dumps(body).encode())


def read(topic: str, body: Any) -> Any:
    return feed(KamailioReader(), topic, body)


def test_a_ringing_call_tells_who_calls_and_the_dialog_as_its_caller_sees_it() -> None:
    dialog = Dialog("abc@host", "rt", "lt", "sip:201@192.0.2.7:5060")
    line = LineFact(
        E, LineState.RINGING, Direction.INCOMING, Party("201"), 1_767_225_600_000, dialog
    )
    assert read("ext/200/state", RINGING) == [line]


def test_the_call_that_decides_is_told_not_the_first_one() -> None:
    waiting = CALL | {"state": "confirmed", "direction": "initiator", "peer": "205"}
    facts = read("ext/200/state", RINGING | {"calls": [waiting, CALL]})
    assert facts[0].peer == Party("201")


@pytest.mark.parametrize(
    ("lamp", "state"),
    [("dialing", LineState.DIALING), ("busy", LineState.BUSY), ("held", LineState.HELD)],
)
def test_a_lamp_set_by_hand_has_no_call(lamp: str, state: LineState) -> None:
    assert read("ext/200/state", {"lamp": lamp, "calls": []}) == [LineFact(E, state)]


def test_an_extension_without_a_telephone_is_offline_unless_it_has_a_call() -> None:
    reader = KamailioReader()
    assert feed(reader, "ext/200/registration", {"contacts": 0}) == [RegistrationFact(E, 0)]
    assert feed(reader, "ext/200/state", FREE) == [LineFact(E, LineState.OFFLINE)]
    assert feed(reader, "ext/200/state", RINGING)[0].state is LineState.RINGING
    feed(reader, "ext/200/state", FREE)
    body = {"contacts": 1, "user_agent": "baresip"}
    assert feed(reader, "ext/200/registration", body) == [
        RegistrationFact(E, 1, "baresip"),
        LineFact(E, LineState.FREE),
    ]


def test_do_not_disturb_hides_the_presence_and_gives_it_back() -> None:
    reader = KamailioReader()
    away = PresenceFact(E, PresenceState.AWAY, "bis später", 5000)
    body = {"presence": "away", "until": 5, "text64": "YmlzIHNww6R0ZXI="}
    assert feed(reader, "ext/200/presence", body) == [away]
    on = feed(reader, "ext/200/features", {"dnd": True, "forward": FORWARD})
    assert on == [ForwardingFact(E, 0, False), PresenceFact(E, PresenceState.DND)]
    body = {"dnd": False, "profile": 3, "rules": 2, "forward": FORWARD | {"busy": "205"}}
    off = feed(reader, "ext/200/features", body)
    assert off == [ForwardingFact(E, 3, True, "", (When.BUSY,), 2), away]


def test_a_call_in_a_park_slot_waits() -> None:
    slot = Extension("701")
    facts = read("park/701", RINGING | {"lamp": "busy", "calls": [CALL | {"state": "confirmed"}]})
    assert facts == [
        ParkFact(LineFact(slot, LineState.PARKED, None, Party("201"), 1_767_225_600_000))
    ]
    assert read("park/701", FREE) == [ParkFact(LineFact(slot, LineState.FREE))]


def test_mailboxes_and_queues_are_read() -> None:
    assert read("ext/200/mwi", {"new": 2, "old": 1}) == [MailboxFact(E, Mailbox(True, 2, 1))]
    members = [{"ext": "201", "state": "paused"}, {"ext": "200", "state": "out"}]
    assert read("queue/710", {"members": members}) == [
        QueueFact(
            Extension("710"),
            (QueueMember(E, False), QueueMember(Extension("201"), True, True)),
        )
    ]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("ext/200/state", {"lamp": "on"}),
        ("ext/200/state", {"lamp": ["idle"]}),
        ("ext/200/state", {"lamp": "busy", "calls": {}}),
        ("ext/200/state", {"lamp": "busy", "calls": ["x"]}),
        ("ext/200/state", {"lamp": "busy", "calls": [CALL | {"since": "x", "state": "confirmed"}]}),
        ("ext/200/state", {"lamp": "busy", "calls": [CALL | {"peer": 1, "state": "confirmed"}]}),
        ("ext/200/features", {"dnd": 1, "forward": FORWARD}),
        ("ext/200/features", {"dnd": True}),
        ("ext/200/presence", {"presence": "bored"}),
        ("ext/200/presence", {"presence": "away", "text64": "ä"}),
        ("ext/200/presence", {"presence": "away", "text64": "_w=="}),
        ("ext/200/mwi", {"new": -1, "old": 0}),
        ("queue/710", {"members": [{"ext": "200", "state": "asleep"}]}),
        ("queue/710", {"members": 3}),
        ("ext/2 0/state", FREE),
        ("ext/200/colour", FREE),
        ("status/200", FREE),
    ],
)
def test_what_does_not_fit_is_refused(topic: str, body: Any) -> None:
    assert isinstance(read(topic, body), Refusal)


_TOPICS = st.sampled_from(
    [
        *("ext/200/state", "ext/200/registration", "ext/200/features", "ext/200/presence"),
        *("ext/200/mwi", "park/701", "queue/710", "", "ext", "ext/200"),
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    _TOPICS,
    st.binary(max_size=100)
    | st.dictionaries(
        st.sampled_from(["lamp", "calls", "contacts", "dnd", "forward", "members", "new", "old"]),
        _JSON | st.sampled_from(["busy", [CALL], FORWARD, 1, True]),
    ).map(lambda body: json.dumps(body).encode()),
)
def test_whatever_comes_nothing_is_raised(topic: str, payload: bytes) -> None:
    assert isinstance(KamailioReader().feed(topic, payload), list | Refusal)


# -- what it is told ------------------------------------------------------------


@given(orders)
def test_every_order_has_words_that_its_script_accepts_or_a_reason(order: PbxCommand) -> None:
    errand = errand_of(order)
    if isinstance(errand, Errand):
        assert all(level for level in errand.topic.split("/"))
        assert errand.payload.isascii()
        assert errand.payload.isprintable()
        assert len(errand.payload) <= 900
    else:
        assert errand.startswith("this PBX cannot")


@pytest.mark.parametrize(
    ("order", "errand"),
    [
        (
            SetForwarding(E, When.NO_ANSWER, Target(To.NUMBER, "205"), 15),
            Errand("forward/200/0/noanswer", "* 205 15000"),
        ),
        (
            SetForwarding(E, When.UNREACHABLE, Target(To.VOICEMAIL)),
            Errand("forward/200/0/offline", "* voicemail"),
        ),
        (SetForwarding(E, When.ALWAYS, None), Errand("forward/200/0/always", "*")),
        (
            SetForwarding(E, When.BUSY, Target(To.RING), 20, 3, to_caller("+4989*")),
            Errand("forward/200/3/busy", "+4989* ring"),
        ),
        (
            SetForwarding(E, When.BUSY, None, 20, 3, to_caller("anonymous")),
            Errand("forward/200/3/busy", "anonymous"),
        ),
        (ServeQueue(Extension(""), E, False), Errand("queue/200/all", "out")),
        (
            SetPresence(E, PresenceState.AWAY, "äß", 1_767_225_600_001),
            Errand("presence/200", "away 1767225601 w6TDnw=="),
        ),
        (SetPresence(E, PresenceState.NONE), Errand("presence/200", "none 0")),
    ],
)
def test_orders_in_the_words_of_the_script(order: PbxCommand, errand: Errand) -> None:
    assert errand_of(order) == errand


def test_a_text_comes_back_as_it_was_sent() -> None:
    errand = errand_of(SetPresence(E, PresenceState.AWAY, 'a "quoted" \\ text ✓'))
    assert isinstance(errand, Errand)
    state, until, text64 = errand.payload.split(" ")
    body = {"presence": state, "until": int(until), "text64": text64}
    assert read("ext/200/presence", body)[0].text == 'a "quoted" \\ text ✓'


@pytest.mark.parametrize(
    ("payload", "run"),
    [
        (b"r17 4", Run("r17", 4)),
        (b"", None),
        (b"r17", None),
        (b"r17 x", None),
        (b"r/17 4", None),
        (b"\xff 4", None),
        ("r17 ٣".encode(), None),
    ],
)
def test_a_run_is_read_or_not(payload: bytes, run: Run | None) -> None:
    assert read_run(payload) == run
