"""Every message round-trips, through every split of its bytes; everything else is ``Malformed``."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.calls import Cause, EndedBy, Party
from bridge.model.effects import AnswerCall, PlaceCall, RejectCall
from bridge.model.engine import AccountSettings, AddAccount, Configure, EngineSettings, Transport
from bridge.model.events import CallArrived, CallEnded
from bridge.model.ids import AccountId, CallId
from bridge.protocols.engine_wire import (
    MAX_LINE_BYTES,
    EngineInput,
    EngineOutput,
    FromEngine,
    Malformed,
    ToEngine,
    encode,
)

CALL = CallId("k3v9qm2zx7wd0a1b2c3d")
finite = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, finite)


@pytest.mark.parametrize("cls", get_args(ToEngine), ids=lambda c: c.__name__)
@given(data=st.data())
def test_every_order_and_control_message_round_trips(cls: type, data: st.DataObject) -> None:
    message = data.draw(st.from_type(cls))
    assert EngineInput().feed(encode(message)) == [message]


@pytest.mark.parametrize("cls", get_args(FromEngine), ids=lambda c: c.__name__)
@given(data=st.data())
def test_every_report_and_event_round_trips(cls: type, data: st.DataObject) -> None:
    message = data.draw(st.from_type(cls))
    assert EngineOutput().feed(encode(message)) == [message]


STREAM = (
    AddAccount(AccountSettings(AccountId("a"), "200", "pbx.test", transport=Transport.TLS)),
    PlaceCall(CALL, AccountId("a"), "sip:zoë@example.test"),
    RejectCall(CALL, 603),
)
STREAM_BYTES = b"".join(encode(m) for m in STREAM)


@pytest.mark.parametrize("cut", range(len(STREAM_BYTES) + 1))
def test_any_split_of_the_bytes_gives_the_same_messages(cut: int) -> None:
    reader = EngineInput()
    assert (*reader.feed(STREAM_BYTES[:cut]), *reader.feed(STREAM_BYTES[cut:])) == STREAM


def test_byte_by_byte_gives_the_same_messages() -> None:
    reader = EngineInput()
    single = [m for i in range(len(STREAM_BYTES)) for m in reader.feed(STREAM_BYTES[i : i + 1])]
    assert tuple(single) == STREAM


def test_fields_with_a_default_may_be_left_out() -> None:
    line = b'{"t":"CallArrived","at_s":1,"call":"x","account":"a","remote":{"number":"5"}}\n'
    assert EngineOutput().feed(line) == [
        CallArrived(1.0, CallId("x"), AccountId("a"), Party("5", ""))
    ]


BAD_LINES = {
    "not json": b"hello",
    "not utf-8": b'{"t":"\xff"}',
    "no object": b"[1]",
    "no type": b"{}",
    "type is no text": b'{"t":{}}',
    "unknown type": b'{"t":"Reboot"}',
    "a report sent the wrong way": b'{"t":"Pong","number":1}',
    "field missing": b'{"t":"AnswerCall"}',
    "field unknown": b'{"t":"AnswerCall","call":"x","status":1}',
    "number for text": b'{"t":"AnswerCall","call":5}',
    "text for number": b'{"t":"RejectCall","call":"x","status":"486"}',
    "true for number": b'{"t":"RejectCall","call":"x","status":true}',
    "number for true": b'{"t":"RecordCall","call":"c","on":1}',
    "record is no object": b'{"t":"AddAccount","settings":7}',
    "tuple is no list": b'{"t":"Configure","settings":{"codecs":"G722"}}',
    "enum value unknown": b'{"t":"Configure","settings":{},"transports":["smoke"]}',
    "deeply nested": b'{"t":' + b"[" * 30_000,
    "nul bytes": b"\0" * 40,
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_malformed_and_the_next_one_is_read(line: bytes) -> None:
    good = AnswerCall(CALL)
    bad, after = EngineInput().feed(line + b"\n" + encode(good))
    assert isinstance(bad, Malformed)
    assert after == good


def test_an_endless_line_is_dropped_in_bounded_memory() -> None:
    reader = EngineInput()
    for _ in range(64):
        assert reader.feed(b"x" * MAX_LINE_BYTES) == []
    assert len(reader._decoder._lines._rest) <= MAX_LINE_BYTES
    bad, after = reader.feed(b"\n" + encode(AnswerCall(CALL)))
    assert isinstance(bad, Malformed)
    assert after == AnswerCall(CALL)


def test_what_is_wrong_is_named_but_a_password_is_not_repeated() -> None:
    line = {"t": "AddAccount", "settings": {"account": "a", "user": 1, "password": "geheim"}}
    (bad,) = EngineInput().feed(json.dumps(line).encode() + b"\n")
    assert bad == Malformed("AddAccount: settings: user: expected text")


def test_the_sample_lines_of_the_page() -> None:
    assert encode(AnswerCall(CALL)) == b'{"t":"AnswerCall","call":"k3v9qm2zx7wd0a1b2c3d"}\n'
    ended = CallEnded(12.5, CALL, Cause(EndedBy.REMOTE, 200, "the other end hung up"))
    assert encode(ended) == (
        b'{"t":"CallEnded","at_s":12.5,"call":"k3v9qm2zx7wd0a1b2c3d",'
        b'"cause":{"by":"remote","sip":200,"reason":"the other end hung up","elsewhere":false}}\n'
    )


def test_a_password_does_not_show_in_the_representation_of_an_account() -> None:
    settings = AccountSettings(AccountId("a"), "200", password="geheim")
    assert "geheim" not in repr(AddAccount(settings))
    assert "geheim" not in repr(Configure(EngineSettings()))
