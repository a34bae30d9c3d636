"""iCalendar (RFC 5545, RFC 7986) to bookings. Only the process that reads calendars imports this.

The libraries know the format, time zones and recurrence; here is which of it a room needs.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar, Component

from bridge.model.errors import TransportError
from bridge.model.meetings import LONGEST_TITLE, MOST_MEETINGS, Booking, CalendarRequest
from bridge.model.redaction import printable
from bridge.protocols.meeting_text import find_dial_ins

MOST_BYTES = 8 * 1024 * 1024  # a room with ten years of meetings has 2 MiB
MOST_LOOKED_AT = 2000  # occurrences in the span; more than that is no calendar of a room
_LONGEST_HTML = 32_768

Properties = Mapping[str, object]


def read_calendar(data: bytes, request: CalendarRequest) -> tuple[tuple[Booking, ...], str]:
    """Return the meetings in the span of a request, by start, and one sentence on what is broken.

    Args:
        data: of the calendar, at most ``MOST_BYTES``.
        request: with the span and the zone of times without one.

    Raises:
        TransportError: it is no calendar.
    """
    zone = zone_of(request.zone)
    since, until = (_moment(ms, zone) for ms in (request.from_ms, request.until_ms))
    try:
        calendar = Calendar.from_ical(data)
        query = recurring_ical_events.of(calendar, skip_bad_series=True)
        events = list(_few(query.between(since, until)))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise TransportError(
            f"it is no iCalendar that can be read ({type(error).__name__}): is the address that "
            "of the calendar itself, not of its page?"
        ) from error
    bookings: list[Booking] = []
    odd = 0
    for event in events:
        try:
            bookings += _booking(event, zone)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            odd += 1
    bookings.sort(key=lambda one: (one.starts_ms, one.ends_ms, one.id))
    return tuple(bookings[:MOST_MEETINGS]), _note(odd, len(bookings))


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name, UTC where it is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _moment(ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def _few(events: list[Component]) -> list[Component]:
    if len(events) > MOST_LOOKED_AT:
        raise OverflowError("more occurrences than a room has")
    return events


def _note(odd: int, fitting: int) -> str:
    if odd:
        return f"{odd} meetings of the calendar cannot be read"
    if fitting > MOST_MEETINGS:
        return f"only the next {MOST_MEETINGS} of {fitting} meetings are shown"
    return ""


def _booking(event: Component, zone: tzinfo) -> Iterator[Booking]:
    if _text(event, "STATUS").upper() == "CANCELLED":
        return
    starts, ends = _span(event, zone)
    yield Booking(
        id=_id(_text(event, "UID"), starts),
        title=printable(" ".join(_text(event, "SUMMARY").split()), LONGEST_TITLE),
        starts_ms=round(starts.timestamp() * 1000),
        ends_ms=round(ends.timestamp() * 1000),
        dial_ins=find_dial_ins(_texts(event), _links(event)),
        is_busy=_is_busy(event),
    )


def _span(event: Component, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return start and end with a time zone; a day is the room's day (RFC 5545 3.6.1)."""
    starts = _aware(event.decoded("DTSTART"), zone)
    if "DTEND" in event:
        return starts, max(_aware(event.decoded("DTEND"), zone), starts)
    if "DURATION" in event:
        return starts, starts + max(event.decoded("DURATION"), timedelta())
    is_day = not isinstance(event.decoded("DTSTART"), datetime)
    return starts, starts + timedelta(days=1 if is_day else 0)


def _aware(moment: date, zone: tzinfo) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _id(uid: str, starts: datetime) -> str:
    """Return an id that tells nothing of the entry: a UID may hold an address."""
    moment = starts.astimezone(UTC).isoformat()
    return hashlib.sha256(f"{uid}\0{moment}".encode()).hexdigest()[:16]


def _is_busy(event: Component) -> bool:
    busy = _text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper()  # MS-OXCICAL 2.1.3.1.1.20.31
    return _text(event, "TRANSP").upper() != "TRANSPARENT" and busy != "FREE"


def _texts(event: Component) -> Iterator[str]:
    for name in ("LOCATION", "DESCRIPTION", "X-ALT-DESC", "COMMENT"):
        yield from _all(event, name)


def _links(event: Component) -> Iterator[str]:
    """Yield the values that are links, those of telephones first (RFC 7986 5.11)."""
    names = [name for name in event if name == "URL" or name.startswith("X-")]
    for name in ("CONFERENCE", *names):
        yield from (value for value in _all(event, name) if value[:4].lower() == "tel:")


def _text(event: Component, name: str) -> str:
    return next(_all(event, name), "")


def _all(event: Component, name: str) -> Iterator[str]:
    value = cast("Properties", event).get(name)
    for one in value if isinstance(value, list) else [value]:
        if one is not None:
            yield str(one)[:_LONGEST_HTML]
