"""Calendars to bookings: recurrence, exceptions, zones, days, cancelled and odd entries."""

from datetime import UTC, datetime

import pytest

from bridge.model.errors import TransportError
from bridge.model.meetings import MOST_MEETINGS, Booking, CalendarRequest
from bridge.protocols.ical import read_calendar


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


WEEK = CalendarRequest(ms("2026-03-23T00:00"), ms("2026-04-06T00:00"), zone="Europe/Berlin")


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\nDTSTAMP:20260101T000000Z\n{one}\nEND:VEVENT\n" for one in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def read(*events: str) -> tuple[Booking, ...]:
    return read_calendar(calendar(*events), WEEK)[0]


def starts(*events: str) -> list[str]:
    return [
        datetime.fromtimestamp(one.starts_ms / 1000, UTC).strftime("%d %H:%M")
        for one in read(*events)
    ]


WEEKLY = (
    "UID:a\nSUMMARY:Jour fixe\nDTSTART;TZID=Europe/Berlin:20260309T100000\n"
    "DTEND;TZID=Europe/Berlin:20260309T110000\nRRULE:FREQ=WEEKLY"
)


def test_a_weekly_meeting_stays_at_its_hour_when_clocks_change() -> None:
    assert starts(WEEKLY) == ["23 09:00", "30 08:00"]


def test_exceptions_move_cancel_and_drop_single_occurrences() -> None:
    moved = (
        "UID:a\nSUMMARY:Moved\nRECURRENCE-ID;TZID=Europe/Berlin:20260323T100000\n"
        "DTSTART;TZID=Europe/Berlin:20260324T120000\nDTEND;TZID=Europe/Berlin:20260324T130000"
    )
    dropped = WEEKLY + "\nEXDATE;TZID=Europe/Berlin:20260330T100000"
    assert starts(dropped, moved) == ["24 11:00"]
    assert starts(WEEKLY, moved + "\nSTATUS:CANCELLED") == ["30 08:00"]


@pytest.mark.parametrize(
    ("lines", "start", "minutes"),
    [
        ("DTSTART:20260325T100000Z\nDURATION:PT45M", "25 10:00", 45),
        ("DTSTART:20260325T100000\nDTEND:20260325T101500", "25 09:00", 15),
        ("DTSTART;VALUE=DATE:20260325\nDTEND;VALUE=DATE:20260327", "24 23:00", 2880),
        ("DTSTART;VALUE=DATE:20260329", "28 23:00", 1380),
        (
            "DTSTART;TZID=W. Europe Standard Time:20260325T100000\nDURATION:PT1H",
            "25 09:00",
            60,
        ),
    ],
    ids=["utc-duration", "no-zone", "two-days", "the-short-day", "windows-zone"],
)
def test_times_are_those_of_the_room(lines: str, start: str, minutes: int) -> None:
    event = f"UID:b\nSUMMARY:x\n{lines}"
    (one,) = read(event)
    assert starts(event) == [start]
    assert (one.ends_ms - one.starts_ms) / 60_000 == minutes


AT_TEN = "UID:c\nSUMMARY:x\nDTSTART:20260325T100000Z\nDTEND:20260325T110000Z"


@pytest.mark.parametrize(
    ("line", "is_busy"),
    [
        ("", True),
        ("TRANSP:OPAQUE", True),
        ("TRANSP:TRANSPARENT", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False),
    ],
)
def test_an_entry_that_takes_no_time_leaves_the_room_free(line: str, is_busy: bool) -> None:
    assert [one.is_busy for one in read(f"{AT_TEN}\n{line}".strip())] == [is_busy]


def test_dial_in_data_is_found_in_description_and_properties() -> None:
    text = "DESCRIPTION:Join by phone: +49 69 5550100\\,\\,123456#"
    link = "CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:8000;postd=77%23"
    assert read(f"{AT_TEN}\n{text}")[0].dial_ins[0].digits == ",123456#"
    assert read(f"{AT_TEN}\n{text}\n{link}")[0].dial_ins[0].number == "8000"


def test_ids_last_and_tell_nothing() -> None:
    (one,), (again,), (later,) = read(AT_TEN), read(AT_TEN), read(AT_TEN.replace("T10", "T09"))
    assert one.id == again.id != later.id
    assert len(one.id) == 16


def test_titles_are_one_printable_line() -> None:
    (one,) = read(AT_TEN.replace("SUMMARY:x", "SUMMARY:a\\nb \x1b[31m" + "c" * 500))
    assert one.title.isprintable()
    assert len(one.title) == 128
    assert "title" not in repr(one)


def test_one_odd_entry_does_not_hide_the_others() -> None:
    odd = "UID:d\nSUMMARY:odd\nDTSTART:yesterday"
    assert starts(odd, AT_TEN) == ["25 10:00"]


@pytest.mark.parametrize("data", [b"", b"<!doctype html><html>", b"\xff\xfe\x00", b"BEGIN:VEVENT"])
def test_what_is_no_calendar_is_told(data: bytes) -> None:
    with pytest.raises(TransportError, match="iCalendar"):
        read_calendar(data, WEEK)


def test_a_calendar_that_repeats_every_minute_is_cut_off() -> None:
    many = "UID:e\nSUMMARY:x\nDTSTART:20260323T000000Z\nDURATION:PT1M\nRRULE:FREQ=HOURLY;COUNT=300"
    bookings, note = read_calendar(calendar(many), WEEK)
    assert len(bookings) == MOST_MEETINGS
    assert "64 of 300" in note
