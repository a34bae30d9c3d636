"""Meetings of a room: what its calendar says, and what is asked about them."""

import re
from dataclasses import dataclass, field

MOST_MEETINGS = 64  # that are kept of one calendar: a week of a busy room
MOST_DIAL_INS = 16  # numbers of one meeting; Zoom lists some 20 for one country
LONGEST_DIGITS = 64  # digits and pauses behind a number; the longest seen, Zoom's, has 31
LONGEST_TITLE = 128  # characters; personal data

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PARTICIPANT = re.compile(r"[0-9]{0,16}")  # the longest known, Webex's attendee id, has 6


@dataclass(frozen=True, slots=True)
class DialIn:
    """One number by which a meeting is joined.

    Args:
        number: ``+`` and digits, or digits alone, 2..20; what the core makes a number of.
        digits: pressed once the call is up: ``0-9*#``, a ``,`` for each pause; a secret.
    """

    number: str
    digits: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry of a room's calendar; one occurrence where it recurs.

    Args:
        id: 16 hex digits, the same as long as neither the entry nor its start changes.
        title: printable, at most ``LONGEST_TITLE`` characters; personal data.
        starts_ms, ends_ms: Unix milliseconds.
        dial_ins: how to join, best first; empty = there is nothing to dial.
        is_busy: it takes the room's time (RFC 5545 3.8.2.7 ``TRANSP:OPAQUE``).
    """

    id: str
    title: str = field(repr=False)
    starts_ms: int
    ends_ms: int
    dial_ins: tuple[DialIn, ...] = ()
    is_busy: bool = True


@dataclass(frozen=True, slots=True)
class CalendarRequest:
    """What the process that reads a calendar is asked.

    Args:
        url: ``https://`` or ``http://``; empty = ``file`` is read. A private address is a secret.
        file: path of an iCalendar file.
        user, password: for HTTP, empty = none.
        ca_file: PEM file with certificates to trust, empty = those of the system.
        from_ms, until_ms: occurrences that touch this span are wanted, Unix milliseconds.
        etag, modified: what the server said last time; empty = read in any case.
        zone: IANA time zone of times without one, empty = UTC.
    """

    from_ms: int
    until_ms: int
    url: str = field(default="", repr=False)
    file: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    etag: str = ""
    modified: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class CalendarRead:
    """What came of reading a calendar.

    Args:
        same: it has not changed since last time; ``bookings`` is empty.
        bookings: by start, at most ``MOST_MEETINGS``.
        etag, modified: for the next request.
        server_ms: the server's clock, Unix milliseconds; 0 = it did not say.
        note: what is broken or was left out, one sentence, or empty.
        failed: nothing could be read: one sentence with the way out, or empty.
    """

    same: bool = False
    bookings: tuple[Booking, ...] = ()
    etag: str = ""
    modified: str = ""
    server_ms: int = 0
    note: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True)
class MeetingSettings:
    """Where meetings come from, and what becomes of them.

    Args:
        url, file, user, password, ca_file: as in ``CalendarRequest``; both empty = neither.
        mqtt: they are taken from the bridge's topic ``calendar``.
        refresh_s: seconds between two looks at the calendar.
        shows_titles: titles are shown; else every meeting is called "Meeting".
        sets_busy: a running meeting makes the presence that of a meeting.
        early_s: so long before its start a meeting may be joined.
        trusts_clock: the clock is believed although the system does not say that it is set.
    """

    url: str = field(default="", repr=False)
    file: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    mqtt: bool = False
    refresh_s: float = 300.0
    shows_titles: bool = False
    sets_busy: bool = True
    early_s: float = 900.0
    trusts_clock: bool = False

    @property
    def has_calendar(self) -> bool:
        """Whether there is a calendar to be read."""
        return bool(self.url or self.file)

    @property
    def enabled(self) -> bool:
        """Whether there are meetings at all."""
        return self.has_calendar or self.mqtt


# -- asked over the control socket, HTTP and MQTT ----------------------------------


@dataclass(frozen=True, slots=True)
class ListMeetings:
    """Which meetings are there, now and in the next days?"""


@dataclass(frozen=True, slots=True)
class JoinMeeting:
    """Dial into a meeting; where its call is up already, press its id again.

    Args:
        meeting: its id.
        participant: digits that couple the room's sound to somebody who is in the meeting already;
            pressed behind the id, closed with ``#``. Empty = none.
    """

    meeting: str
    participant: str = ""


@dataclass(frozen=True, slots=True)
class ReloadMeetings:
    """Read the calendar now."""


MeetingOrder = JoinMeeting | ReloadMeetings
MeetingQuestion = ListMeetings | MeetingOrder


# -- what may stand in them --------------------------------------------------------


def is_meeting_id(text: object) -> bool:
    """Say whether a text can be the id of a meeting."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def join_flaw(wish: JoinMeeting) -> str:
    """Return what is wrong with a wish by itself, or an empty text."""
    if not is_meeting_id(wish.meeting):
        return "meeting: expected the id of a meeting, as the list of meetings shows it"
    if not _PARTICIPANT.fullmatch(wish.participant):
        return "participant: expected up to 16 digits"
    return ""
