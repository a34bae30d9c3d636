"""Commands of strangers: what is accepted is in the contract, the rest is refused with a reason."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.blf import Extension, Favourite, KeyType, PresenceState
from bridge.model.bus import Command, Replay, Unreadable
from bridge.model.favourites import MoveFavourite, PressKey, PutFavourite, RemoveFavourite
from bridge.model.features import (
    EnterQueue,
    LeaveQueue,
    LeaveQueues,
    Meeting,
    ReturnToQueues,
    ShowMe,
    SwitchGlobalDnd,
)
from bridge.model.intents import Intent, Verb
from bridge.model.meetings import JoinMeeting
from bridge.model.remote import ControlledFrom, NotControlledFrom, TurnVolume
from bridge.model.sound import SoundPart
from bridge.protocols.mqtt_commands import NAMES, BridgeOrder, parse_command
from tests.mqtt.contract import document, validator
from tests.mqtt.words import CALL, WINDOW, command, dial, said

GOOD: list[tuple[str, dict[str, Any], BridgeOrder | Replay]] = [
    ("answer", command(), Intent(Verb.ANSWER, CALL)),
    ("answer", command(expect=None), Intent(Verb.ANSWER, CALL)),
    ("hangup", command(), Intent(Verb.HANGUP, CALL)),
    ("hold", command(), Intent(Verb.HOLD, CALL)),
    ("resume", command(expect="held"), Intent(Verb.RESUME, CALL)),
    ("reject", command(), Intent(Verb.REJECT, CALL, status=486)),
    ("reject", command(args={"status": 603}), Intent(Verb.REJECT, CALL, status=603)),
    ("dtmf", command(args={"digits": "12#*A"}), Intent(Verb.DTMF, CALL, target="12#*A")),
    ("mute", command(), Intent(Verb.MUTE, CALL)),
    ("unmute", command(call=None, expect=None, window=WINDOW), Intent(Verb.UNMUTE)),
    ("dial", dial(), Intent(Verb.DIAL, target="201")),
    (
        "dial",
        dial(args={"target": "201", "from": "lab 5"}),
        Intent(Verb.DIAL, target="201", origin="lab 5"),
    ),
    (
        "dial",
        dial(args={"target": "sip:bob@example.com", "account": "office"}),
        Intent(Verb.DIAL, target="sip:bob@example.com", account="office"),  # type: ignore[arg-type]
    ),
    ("redial", dial(args=None), Intent(Verb.REDIAL)),
    ("swap", dial(args=None), Intent(Verb.SWAP)),
    ("dnd_on", dial(args=None), Intent(Verb.DND_ON)),
    ("dnd_off", dial(args=None), Intent(Verb.DND_OFF)),
    ("waiting_on", dial(args=None), Intent(Verb.WAITING_ON)),
    ("waiting_off", dial(args=None), Intent(Verb.WAITING_OFF)),
    ("lock", dial(args=None), Intent(Verb.LOCK)),
    ("unlock", dial(args=None), Intent(Verb.UNLOCK)),
    ("silence", command(), Intent(Verb.SILENCE, CALL)),
    ("divert", command(), Intent(Verb.DIVERT, CALL)),
    ("divert", command(args={"target": "790"}), Intent(Verb.DIVERT, CALL, target="790")),
    ("transfer", command(), Intent(Verb.TRANSFER, CALL)),
    ("transfer", command(args={"target": "203"}), Intent(Verb.TRANSFER, CALL, target="203")),
    ("move", command(args={"target": "desk"}), Intent(Verb.MOVE, CALL, target="desk")),
    ("pull", dial(args=None), Intent(Verb.PULL)),
    (
        "pull",
        dial(args={"target": "201", "dialog": "k@h;to-tag=a;from-tag=b"}),
        Intent(Verb.PULL, target="201", dialog="k@h;to-tag=a;from-tag=b"),
    ),
    ("record", command(), Intent(Verb.RECORD, CALL)),
    ("stop_recording", command(), Intent(Verb.STOP_RECORDING, CALL)),
    ("back", dial(args=None), Intent(Verb.BACK)),
    ("conference", dial(args=None), Intent(Verb.CONFERENCE)),
    (
        "dial",
        dial(args={"target": "201", "caller_id": "anonymous"}),
        Intent(Verb.DIAL, target="201", identity="anonymous"),
    ),
    ("blf_press", dial(args={"position": 3}), PressKey(3)),
    (
        "blf_press",
        dial(args={"position": 3, "long": True, "state": "ringing"}),
        PressKey(3, long=True, expect="ringing"),
    ),
    (
        "favourites_add",
        dial(args={"name": "Anna", "target": "202"}),
        PutFavourite(Favourite(0, "Anna", KeyType.BLF, "202")),
    ),
    (
        "favourites_add",
        dial(
            args={
                "position": 3,
                "name": "Door",
                "type": "feature-code",
                "target": "*80",
                "long_press": "*81",
                "subject": "300",
                "replace": True,
            }
        ),
        PutFavourite(Favourite(3, "Door", KeyType.FEATURE_CODE, "*80", "*81", "300"), True),
    ),
    ("favourites_remove", dial(args={"position": 3}), RemoveFavourite(3)),
    ("favourites_move", dial(args={"position": 3, "to": 1}), MoveFavourite(3, 1)),
    ("replay", dial(args={"since": 41}), Replay(41)),
    ("presence_set", dial(args={"presence": "none"}), ShowMe(PresenceState.NONE)),
    (
        "presence_set",
        dial(args={"presence": "away", "text": "lunch", "until": 7}),
        ShowMe(PresenceState.AWAY, "lunch", 7),
    ),
    ("meeting_on", dial(args=None), Meeting(on=True)),
    ("meeting_on", dial(args={"until": 7}), Meeting(on=True, until_ms=7)),
    ("meeting_off", dial(args=None), Meeting(on=False)),
    ("meeting_join", dial(args={"meeting": "a1"}), JoinMeeting("a1")),
    ("remote_on", dial(args={"by": "ts-1"}), ControlledFrom("ts-1")),
    ("remote_off", dial(args={"by": "ts-1"}), NotControlledFrom("ts-1")),
    (
        "volume",
        dial(args={"part": "speaker", "volume": "80"}),
        TurnVolume(SoundPart.SPEAKER, "80"),
    ),
    (
        "meeting_join",
        dial(args={"meeting": "a1", "participant": "42"}),
        JoinMeeting("a1", "42"),
    ),
    ("dnd_global_on", dial(args=None), SwitchGlobalDnd(on=True)),
    ("dnd_global_off", dial(args=None), SwitchGlobalDnd(on=False)),
    ("queue_in", dial(args={"queue": "801"}), EnterQueue(Extension("801"))),
    ("queue_out", dial(args={"queue": "801"}), LeaveQueue(Extension("801"))),
    ("queue_out_all", dial(args=None), LeaveQueues()),
    ("queue_back", dial(args=None), ReturnToQueues()),
]


@pytest.mark.parametrize(("name", "body", "order"), GOOD)
def test_a_command_of_the_contract_is_understood(
    name: str, body: dict[str, Any], order: BridgeOrder | Replay
) -> None:
    validator("command").validate(body)
    parsed = parse_command(name, said(body))
    assert isinstance(parsed, Command)
    assert parsed.order == order


def test_every_command_has_a_case_above_and_stands_in_the_contract() -> None:
    assert {name for name, _, _ in GOOD} == NAMES
    assert set(document()["components"]["parameters"]["name"]["enum"]) == NAMES


@pytest.mark.parametrize(
    ("name", "body", "word"),
    [
        ("shutdown", command(), "no command"),
        ("", command(), "no command"),
        ("ANSWER", command(), "no command"),
        ("answer", command(v=2), "v is not 1"),
        ("answer", command(v=True), "v is not 1"),
        ("answer", command(id="short"), "id is"),
        ("answer", command(id="x" * 65), "id is"),
        ("answer", command(id="tab\there-123"), "id is"),
        ("answer", command(id=12345678), "id is"),
        ("answer", command(ts=None), "ts is missing"),
        ("answer", command(ts="now"), "ts is no number"),
        ("answer", command(ts=True), "ts is no number"),
        ("answer", command(ts=-1), "ts is no number"),
        ("answer", command(ts=2**70), "ts is no number"),
        ("answer", command(ttl_ms=0), "ttl_ms is"),
        ("answer", command(ttl_ms=5001), "ttl_ms is"),
        ("answer", command(ttl_ms=3000.0), "ttl_ms is"),
        ("answer", command(ttl_ms=True), "ttl_ms is"),
        ("answer", command(epoch=5), "epoch is"),
        ("answer", command(call=5), "call is"),
        ("answer", command(call="+/#"), "call is"),
        ("answer", command(call=None, expect=None, window=WINDOW), "has to name its call"),
        ("answer", command(expect="sleeping"), "expect is"),
        ("answer", command(expect=["ringing"]), "expect is"),
        ("answer", command(args={"x": 1}), "no argument"),
        ("answer", command(args=[]), "args is"),
        ("answer", command(toggle=True), "not known"),
        ("answer", command(reply_to="a\nb"), "reply_to is"),
        ("mute", command(call=None, window=WINDOW), "expect without call"),
        ("remote_on", dial(args={"by": "a/b"}), "by is no id of a bridge"),
        ("volume", dial(args={"part": "speaker", "volume": "loud"}), "volume is neither"),
        ("volume", dial(args={"part": "door", "volume": "1"}), "part is none of"),
        ("meeting_join", dial(args=None), "meeting is no"),
        ("meeting_join", dial(args={"meeting": "a/b"}), "expected the id of a meeting"),
        ("meeting_join", dial(args={"meeting": "a", "participant": "x"}), "up to 16 digits"),
        ("dial", dial(args=None), "target"),
        ("dial", dial(args={"target": "  "}), "target"),
        ("dial", dial(args={"target": "1" * 129}), "target"),
        ("dial", dial(args={"target": "1\r\n2"}), "target"),
        ("dial", dial(args={"target": "201", "account": "Ö"}), "account"),
        ("dial", dial(args={"target": "201", "from": "2\n5"}), "from"),
        ("dial", dial(args={"target": "201", "from": 205}), "from"),
        ("dial", dial(call=CALL), "names no call"),
        ("dtmf", command(args={"digits": ""}), "digits"),
        ("dtmf", command(args={"digits": "1w2"}), "digits"),
        ("dtmf", command(args={"digits": "1" * 33}), "digits"),
        ("reject", command(args={"status": 200}), "status"),
        ("reject", command(args={"status": 480}), "status"),
        ("replay", dial(args={"since": -1}), "since"),
        ("replay", dial(args=None), "since"),
    ],
)
def test_anything_else_is_refused_with_the_reason(
    name: str, body: dict[str, Any], word: str
) -> None:
    parsed = parse_command(name, said(body))
    assert isinstance(parsed, Unreadable)
    assert word in parsed.reason


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"answer"',
        b"{",
        b"\xff\xfe{}",
        "{}".encode("utf-16"),
        b'{"v":1}garbage',
        b"[" * 4000,
        b'{"a":' * 800,
        b"9" * 4096,
        said(command()).replace(b"3000", b"NaN"),
        said(command()).replace(b"3000", b"Infinity"),
        said(command()).replace(b'"v": 1', b'"v": 1, "v": 1'),
        said(command()) + b" " * 4096,
    ],
)
def test_bytes_that_are_no_command_are_refused(payload: bytes) -> None:
    assert isinstance(parse_command("answer", payload), Unreadable)


def test_the_id_of_a_refused_command_is_kept_for_the_reply() -> None:
    parsed = parse_command("answer", said(command(v=9)))
    assert isinstance(parsed, Unreadable)
    assert parsed.id == "ui7-000000000123"


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=80),
    st.sampled_from([CALL, WINDOW, "ringing", 1, 3000, "x" * 70]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["target", "digits", "since", "x"]), st.text(max_size=40)),
)
members = st.sampled_from([*command(), "window", "args", "reply_to", "x"])


@given(st.sampled_from(sorted(NAMES)), st.dictionaries(members, odd, max_size=4))
def test_whatever_is_accepted_is_in_the_contract(name: str, changes: dict[str, Any]) -> None:
    body = dial() if name in {"dial", "redial", "replay"} else command()
    body |= changes
    parsed = parse_command(name, said(body))
    if isinstance(parsed, Command):
        validator("command").validate(json.loads(said(body)))


@given(st.text(max_size=20), st.binary(max_size=200))
def test_no_bytes_raise(name: str, payload: bytes) -> None:
    assert isinstance(parse_command(name, payload), Unreadable)


def test_the_schema_itself_is_sound() -> None:
    for message in document()["components"]["messages"]:
        jsonschema.Draft202012Validator.check_schema(validator(message).schema)
