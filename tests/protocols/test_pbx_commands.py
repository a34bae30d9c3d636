"""Orders to a PBX and back; what is no order is refused before any guard sees it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.bus import Command, Reply, Unreadable
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxCommand
from bridge.protocols.mqtt_payloads import StateDiffer, encode_info, encode_reply
from bridge.protocols.pbx_commands import (
    PBX_NAMES,
    GatewayInfo,
    PbxReply,
    encode_command,
    name_and_args,
    parse_pbx_command,
    read_info,
    read_reply,
)
from tests.mqtt.contract import check, document
from tests.mqtt.pbx_words import PBX_BASE, orders
from tests.mqtt.words import EPOCH, NOW_MS, WINDOW

ENVELOPE: dict[str, Any] = {
    "v": 1,
    "id": "desk-000001",
    "ts": NOW_MS,
    "ttl_ms": 5000,
    "epoch": EPOCH,
    "window": WINDOW,
}


def sent(order: PbxCommand) -> bytes:
    return encode_command(
        order, name="desk-000001", ts_ms=NOW_MS, epoch=EPOCH, window=WINDOW, reply_to="desk"
    )


@given(orders)
def test_an_order_arrives_as_it_was_given(order: PbxCommand) -> None:
    name, _ = name_and_args(order)
    command = parse_pbx_command(name, sent(order))
    assert isinstance(command, Command)
    assert (command.order, command.epoch, command.window) == (order, EPOCH, WINDOW)


@given(orders)
def test_every_order_is_sent_as_the_contract_says(order: PbxCommand) -> None:
    check(f"{PBX_BASE}/cmd/{name_and_args(order)[0]}", sent(order))


def test_the_contract_knows_every_command() -> None:
    assert set(document()["components"]["parameters"]["order"]["enum"]) == PBX_NAMES


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("pickup", {}),
        ("pickup", {"ext": "200"}),
        ("pickup", {"ext": "200", "by": "201", "now": True}),
        ("pickup", {"ext": "#", "by": "201"}),
        ("dnd", {"ext": "200", "on": "yes"}),
        ("dnd", {"ext": "200", "on": 1}),
        ("profile", {"ext": "200", "profile": 10}),
        ("profile", {"ext": "200", "profile": True}),
        ("presence", {"ext": "200", "presence": "bored"}),
        ("forward", {"ext": "200", "when": "always", "to": "number"}),
        ("forward", {"ext": "200", "when": "always", "to": "voicemail", "number": "1"}),
        ("forward", {"ext": "200", "when": "sometimes"}),
        ("forward", {"ext": "200", "when": "no-answer", "after_s": 91}),
        ("forward", {"ext": "200", "when": "always", "to": "ring"}),
        ("forward", {"ext": "200", "when": "always", "to": "busy", "caller": "201"}),
        ("forward", {"ext": "200", "when": "always", "profile": 1, "caller": "+49**"}),
        ("forward", {"ext": "200", "when": "always", "profile": 10}),
        ("originate", {"ext": "200", "number": ""}),
        ("originate", {"ext": "200", "number": "sip:a@b"}),
        ("originate", {"ext": "200", "number": "1" * 33}),
        ("queue_login", {"queue": "700"}),
        ("end_calls", []),
        ("answer", {"ext": "200"}),
    ],
)
def test_what_is_no_order_is_refused(name: str, args: Any) -> None:
    payload = json.dumps(ENVELOPE | {"args": args}).encode()
    assert isinstance(parse_pbx_command(name, payload), Unreadable)


def test_an_order_that_names_a_call_is_refused() -> None:
    payload = json.dumps(ENVELOPE | {"call": "abc", "args": {"ext": "200"}}).encode()
    said = parse_pbx_command("end_calls", payload)
    assert said == Unreadable("end_calls names no call", "desk-000001")


@given(st.sampled_from(sorted(PBX_NAMES)), st.binary(max_size=200))
def test_foreign_bytes_are_no_order_and_never_raise(name: str, payload: bytes) -> None:
    assert isinstance(parse_pbx_command(name, payload), Unreadable)


def test_a_reply_is_read() -> None:
    reply = Reply("desk-000001", Outcome.DENIED, "this PBX has no queues")
    payload = encode_reply(reply, EPOCH)
    assert read_reply(payload) == PbxReply("desk-000001", Outcome.DENIED, "this PBX has no queues")


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"{}", b'{"id":null,"status":"done"}', b'{"id":"a","status":"great"}', b"\xff"],
)
def test_what_is_no_reply_is_none(payload: bytes) -> None:
    assert read_reply(payload) is None


def test_what_a_sender_needs_is_read_from_info() -> None:
    topic = f"{PBX_BASE}/info"
    body = encode_info(("w2", "w1"), "0.1.0", {"dnd", "pickup"})
    payload = dict(StateDiffer(EPOCH).update({topic: body}))[topic]
    check(topic, payload)
    assert read_info(payload) == GatewayInfo(EPOCH, "w2", frozenset({"dnd", "pickup"}))


@pytest.mark.parametrize(
    "payload",
    [b"{}", b'{"window":[]}', b'{"window":[1],"commands":[],"epoch":"e"}', b'{"window":"w"}', b"["],
)
def test_what_is_no_info_is_none(payload: bytes) -> None:
    assert read_info(payload) is None
