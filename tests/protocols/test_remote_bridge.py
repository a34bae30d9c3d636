"""What another bridge publishes is read as it is written, and nothing else is believed."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.bus import Numbers
from bridge.model.calls import Cause, EndedBy, Phase, RegistrationState
from bridge.model.effects import AnnounceCall
from bridge.protocols.mqtt_calendar import read_published
from bridge.protocols.mqtt_payloads import (
    encode,
    encode_event,
    encode_info,
    encode_states,
)
from bridge.protocols.mqtt_topics import Topics
from bridge.protocols.remote_bridge import (
    FarInfo,
    read_calls,
    read_end,
    read_info,
    read_line,
    read_reply,
)
from tests.mqtt.words import BASE, CALL, EPOCH, ringing

TOPICS = Topics(BASE)
STAMP = {"v": 1, "epoch": EPOCH, "rev": 7}

READERS: list[Callable[[bytes], object]] = [
    *(read_calls, read_info, read_line, read_end, read_reply, read_published)
]
ODD: list[object] = [
    *(None, True, -1, 1, 1e300, 1.5, "", "x" * 300, "\x1b[0m", "ended", "in", [], [1], {}),
    *([{}], [{"call": CALL, "state": "ended"}], {"by": "local"}, ["0"], [[[]]], 2**70),
]
MEMBERS = (
    *("v", "epoch", "rev", "calls", "muted", "window", "commands", "serves", "registration"),
    *("mailbox", "to", "cause", "call", "status", "result", "ts", "meetings", "state", "dir"),
)


def test_calls_and_lines_are_read_as_a_bridge_publishes_them() -> None:
    states = encode_states(ringing(), TOPICS, Numbers.FULL)
    calls = read_calls(encode(STAMP | states[TOPICS.calls]))
    assert calls is not None
    (call,) = calls.calls
    assert (call.call, call.phase, call.remote.name) == (CALL, Phase.RINGING, "Ann")
    assert (calls.epoch, calls.rev, calls.call_waiting) == (EPOCH, 7, True)
    line = read_line(encode(STAMP | states[f"{BASE}/line/office"]))
    assert line is not None
    assert line.registration is RegistrationState.REGISTERED


def test_info_and_ends_are_read_as_a_bridge_publishes_them() -> None:
    info = read_info(encode(STAMP | encode_info(("w2", "w1"), "1", ["answer"], ["0" * 16])))
    assert info is not None
    assert info == FarInfo(EPOCH, "w2", frozenset({"answer"}), frozenset({"0" * 16}))
    cause = Cause(EndedBy.REMOTE, 487, "Request Terminated")
    announced = AnnounceCall(CALL, Phase.RINGING, Phase.ENDED, cause)
    body = encode_event(announced, TOPICS, Numbers.MASKED)[1]
    assert read_end(encode(STAMP | body)) == (CALL, cause)


@pytest.mark.parametrize("reader", READERS)
@given(body=st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(ODD), max_size=8))
def test_no_payload_raises(reader: Callable[[bytes], object], body: dict[str, object]) -> None:
    reader(json.dumps({"v": 1} | body).encode())
