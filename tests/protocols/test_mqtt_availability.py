"""What somebody says of himself, as others read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.protocols.mqtt_availability import Availability, read_availability
from bridge.protocols.mqtt_payloads import encode_offline, encode_online
from tests.mqtt.contract import check
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.words import EPOCH, NOW_MS


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (encode_online(EPOCH, 3, (), NOW_MS), Availability("online", EPOCH)),
        (encode_online(EPOCH, 3, ("a", "b"), NOW_MS), Availability("online", EPOCH, "a; b")),
        (encode_offline(), Availability("offline")),
        (encode_offline(EPOCH), Availability("offline", EPOCH)),
        (encode_offline(EPOCH, "gone\n"), Availability("offline", EPOCH, "gone?")),
    ],
)
def test_what_is_said_is_read(payload: bytes, said: Availability) -> None:
    check(f"{PBX_BASE}/availability", payload)
    assert read_availability(payload) == said


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", ""),
        (b"online", "its availability cannot be read: the payload is not JSON in UTF-8"),
        (b"[]", "its availability cannot be read: the payload is no JSON object"),
        (b'{"v":2,"state":"online"}', "its availability cannot be read: v is not 1"),
        (b'{"v":1,"state":"here"}', ""),
        (b'{"v":1,"state":["online"]}', ""),
        (b"\xff", "its availability cannot be read: the payload is not JSON in UTF-8"),
        (b"[" * 60_000, "its availability cannot be read: the payload is not JSON in UTF-8"),
    ],
)
def test_what_says_nothing_is_nothing(payload: bytes, why: str) -> None:
    assert read_availability(payload) == Availability(reason=why)


@given(st.binary(max_size=200))
def test_foreign_bytes_never_raise(payload: bytes) -> None:
    read_availability(payload)


def test_reasons_that_are_none_are_left_out() -> None:
    assert read_availability(b'{"v":1,"state":"offline","reasons":[1,"why",null]}').reason == "why"
    assert read_availability(b'{"v":1,"state":"offline","reasons":"why"}').reason == ""
