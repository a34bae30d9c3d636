"""Which meeting runs, which may be joined and how; when the room is busy. Time is passed in."""

from collections.abc import Callable, Sequence

from bridge.model.meetings import Booking, DialIn, MeetingSettings

MOST_TRIES = 3  # numbers dialled in a row for one press of the button

UNNAMED = "Meeting"
"""What a meeting is called where titles are not shown; the page translates it by ``titled``."""


def coming(bookings: Sequence[Booking], now_ms: int) -> tuple[Booking, ...]:
    """Return what is not over yet, by start."""
    rest = [one for one in bookings if one.ends_ms > now_ms]
    return tuple(sorted(rest, key=lambda one: (one.starts_ms, one.ends_ms, one.id)))


def is_running(booking: Booking, now_ms: int) -> bool:
    """Say whether a meeting has begun and is not over."""
    return booking.starts_ms <= now_ms < booking.ends_ms


def why_not_join(booking: Booking, now_ms: int, early_s: float) -> str:
    """Return why a meeting cannot be joined now, or an empty text."""
    if not booking.dial_ins:
        return "its entry in the calendar names no number to dial"
    if booking.ends_ms <= now_ms:
        return "it is over"
    if booking.starts_ms - now_ms > early_s * 1000:
        return f"it has not begun: it can be joined {early_s / 60:.0f} min before its start"
    return ""


def busy_until_ms(bookings: Sequence[Booking], now_ms: int) -> int:
    """Return when the room is free again, Unix milliseconds; 0 = it is free.

    Meetings without a gap between them are one.
    """
    until_ms = 0
    for one in coming(bookings, now_ms):
        if one.is_busy and one.starts_ms <= max(now_ms, until_ms):
            until_ms = max(until_ms, one.ends_ms)
    return until_ms


def next_look_ms(bookings: Sequence[Booking], now_ms: int, early_s: float) -> int:
    """Return when something changes by itself, Unix milliseconds; 0 = never."""
    moments = [
        moment
        for one in bookings
        for moment in (one.starts_ms - round(early_s * 1000), one.starts_ms, one.ends_ms)
        if moment > now_ms
    ]
    return min(moments, default=0)


def ways_in(booking: Booking, home: str, may_dial: Callable[[str], bool]) -> tuple[DialIn, ...]:
    """Return the numbers to try, best first, at most ``MOST_TRIES``.

    Args:
        booking: of a calendar that strangers can write to.
        home: country code of the line, such as ``49``, or empty: its numbers come first.
        may_dial: says whether a number may be dialled for a calendar: no emergency, no code.
    """
    ways = [way for way in booking.dial_ins if may_dial(way.number)]
    ways.sort(key=lambda way: not (home and way.number.startswith(f"+{home}")))
    return tuple(ways[:MOST_TRIES])


def digits_for(way: DialIn, participant: str) -> str:
    """Return what to press: the meeting's id, then who is coupled, then whatever else it wants.

    Args:
        way: with the digits of the meeting.
        participant: of somebody who is in it already, or empty.
    """
    if not participant:
        return way.digits
    lead = way.digits[: len(way.digits) - len(way.digits.lstrip(","))]
    first, _, rest = way.digits.lstrip(",").partition(",")
    parts = [first, "", f"{participant}#", *([rest] if rest else [])]
    return lead + ",".join(parts) if first else f"{participant}#"


def shown_title(booking: Booking, settings: MeetingSettings) -> str:
    """Return the title as it may be shown."""
    return (booking.title if settings.shows_titles else "") or UNNAMED
