"""Meetings over MQTT: taken as they are, or refused whole."""

import json

import pytest

from bridge.model.meetings import Booking, DialIn
from bridge.protocols.mqtt_calendar import PublishedCalendar, read_published

MEETING = {
    "id": "a1",
    "title": "Budget",
    "start": 1_767_225_600_000,
    "end": 1_767_229_200_000,
    "dial": [{"number": "+49 69 5550100", "digits": ",,123#"}],
}
BODY = {"v": 1, "ts": 1_767_225_000_000, "meetings": [MEETING]}


def with_meeting(**members: object) -> dict[str, object]:
    return BODY | {"meetings": [MEETING | members]}


def test_meetings_are_taken_and_unknown_members_ignored() -> None:
    found = read_published(json.dumps(BODY | {"room": "Berlin"}).encode())
    way = DialIn("+49695550100", ",123#")
    booking = Booking("a1", "Budget", 1_767_225_600_000, 1_767_229_200_000, (way,))
    assert found == PublishedCalendar((booking,), 1_767_225_000_000)


def test_a_cleared_topic_means_no_meetings() -> None:
    assert read_published(b"") == PublishedCalendar((), 0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BODY | {"v": 2}, "v is not 1"),
        (BODY | {"meetings": {}}, "meetings is no list"),
        (BODY | {"meetings": [MEETING] * 65}, "meetings is no list of at most 64"),
        (BODY | {"meetings": ["x"]}, "a meeting is no object"),
        ({"v": 1, "meetings": []}, "ts is no whole number"),
        (with_meeting(id="a/b"), "id of a meeting"),
        (with_meeting(title="a\u001bb"), "title is no printable text"),
        (with_meeting(title="x" * 129), "title is no printable text"),
        (with_meeting(start=True), "start is no whole number"),
        (with_meeting(end=1), "end is no whole number"),
        (with_meeting(busy=1), "busy is neither"),
        (with_meeting(dial=[{"number": "*21*0301234567#"}]), "cannot be dialled"),
        (with_meeting(dial=[{"number": "8000", "digits": "1" * 33}]), "cannot be dialled"),
        (with_meeting(dial=[{"digits": "1"}]), "number is no printable text"),
        (with_meeting(dial=[{"number": "8000"}] * 17), "dial is no list of at most 16"),
    ],
)
def test_anything_odd_refuses_the_whole_message(body: dict[str, object], reason: str) -> None:
    found = read_published(json.dumps(body).encode())
    assert isinstance(found, str)
    assert found.startswith(reason) or reason in found
    assert "Budget" not in found


@pytest.mark.parametrize("payload", [b"[]", b"\xff", b'{"v":1,"v":1}', b"1" * 64_001, b"{" * 9999])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    assert isinstance(read_published(payload), str)
