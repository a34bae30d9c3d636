"""Meetings of a room over MQTT: what a calendar's program publishes for a bridge, checked.

A retained state of somebody else: it may be old, and whoever can write it can be anybody. So it is
taken whole or not at all, and nothing in it acts: somebody has to press *join*.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.model.meetings import (
    LONGEST_TITLE,
    MOST_DIAL_INS,
    MOST_MEETINGS,
    Booking,
    DialIn,
    is_meeting_id,
)
from bridge.protocols.meeting_text import dial_in
from bridge.protocols.mqtt_envelope import (
    MAX_TS_MS,
    RefusedError,
    check_version,
    read_bool,
    read_int,
    read_object,
    read_text,
)
from bridge.protocols.mqtt_topics import PAYLOAD_LIMIT

OLD_MS = 3_600_000  # a calendar's program that has said nothing for so long is gone
_LONGEST_NUMBER, _LONGEST_DIGITS = 40, 80  # characters, with what stands between digits


@dataclass(frozen=True, slots=True)
class PublishedCalendar:
    """What a calendar's program said.

    Args:
        bookings: all of them.
        ts_ms: when it looked at the calendar, Unix milliseconds.
    """

    bookings: tuple[Booking, ...]
    ts_ms: int


def read_published(payload: bytes) -> PublishedCalendar | str:
    """Return the meetings in a payload, or why it is refused: one sentence that shows nothing.

    Args:
        payload: foreign bytes; empty where the topic was cleared: no meetings.
    """
    if not payload:
        return PublishedCalendar((), 0)
    if len(payload) > PAYLOAD_LIMIT:
        return f"{len(payload)} bytes: expected at most {PAYLOAD_LIMIT}"
    try:
        body = read_object(payload)
        check_version(body)
        listed = body.get("meetings")
        if not isinstance(listed, list) or len(listed) > MOST_MEETINGS:
            return f"meetings is no list of at most {MOST_MEETINGS}"
        ts_ms = read_int(body.get("ts"), "ts", 0, MAX_TS_MS)
        return PublishedCalendar(tuple(_booking(one) for one in listed), ts_ms)
    except RefusedError as why:
        return str(why)


def _booking(body: object) -> Booking:
    if not isinstance(body, dict):
        raise RefusedError("a meeting is no object")
    name = read_text(body.get("id"), "id", 64)
    if not is_meeting_id(name):
        raise RefusedError("id of a meeting is no text of 1 to 64 of 0-9 A-Z a-z _ -")
    starts_ms = read_int(body.get("start"), "start", 0, MAX_TS_MS)
    return Booking(
        id=name,
        title=read_text(body.get("title", ""), "title", LONGEST_TITLE),
        starts_ms=starts_ms,
        ends_ms=read_int(body.get("end"), "end", starts_ms, MAX_TS_MS),
        dial_ins=tuple(_ways(body.get("dial", []))),
        is_busy=read_bool(body.get("busy", True), "busy"),
    )


def _ways(listed: object) -> Iterator[DialIn]:
    if not isinstance(listed, list) or len(listed) > MOST_DIAL_INS:
        raise RefusedError(f"dial is no list of at most {MOST_DIAL_INS}")
    for one in listed:
        if not isinstance(one, dict):
            raise RefusedError("an entry of dial is no object")
        number = read_text(one.get("number"), "number", _LONGEST_NUMBER)
        digits = read_text(one.get("digits", ""), "digits", _LONGEST_DIGITS)
        found = list(dial_in(number, digits))
        if not found:
            raise RefusedError("number or digits of dial cannot be dialled by a telephone")
        yield from found
