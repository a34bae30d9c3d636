"""The process that reads one calendar: a request on standard input, what it says on the output.

A process of its own, because calendars come from outside: one that takes for ever or eats memory
ends with it, and the libraries' 20 MiB are there only while one is read.
"""

import contextlib
import os
import resource
import sys
from pathlib import Path

from bridge.drivers.calendar.fetch import fetch
from bridge.model.errors import TransportError
from bridge.model.meetings import Booking, CalendarRead, CalendarRequest
from bridge.protocols.control_lines import json_line, json_object
from bridge.protocols.ical import read_calendar
from bridge.protocols.records import record_from, record_to

MOST_MEMORY = 768 * 1024 * 1024  # bytes of address space; a calendar of 8 MiB takes 160 MiB
MOST_CPU_S = 40
NICE = 10  # the telephone goes first


def read(request: CalendarRequest) -> CalendarRead:
    """Return what a calendar says."""
    bookings: tuple[Booking, ...] = ()
    note = ""
    try:
        fetched = fetch(request)
        if fetched.data is not None:
            bookings, note = read_calendar(fetched.data, _at_home(request))
    except TransportError as error:
        return CalendarRead(failed=str(error))
    except (MemoryError, RecursionError):
        return CalendarRead(failed="it is too large or too deep for a calendar of a room")
    return CalendarRead(
        same=fetched.data is None,
        bookings=bookings,
        etag=fetched.etag,
        modified=fetched.modified,
        server_ms=fetched.server_ms,
        note=note,
    )


def _at_home(request: CalendarRequest) -> CalendarRequest:
    """Return the request with this machine's time zone, where it names none."""
    if request.zone:
        return request
    _, found, name = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")
    zone = os.environ.get("TZ", "").lstrip(":") or (name if found else "")
    return record_from(CalendarRequest, {**record_to(request), "zone": zone})


def limit() -> None:
    """Take no more than a calendar needs; where a sandbox forbids to say so, it has its own."""
    limits = {
        resource.RLIMIT_AS: MOST_MEMORY,
        resource.RLIMIT_CPU: MOST_CPU_S,
        resource.RLIMIT_CORE: 0,  # it would hold the room's meetings
    }
    for kind, most in limits.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))
    with contextlib.suppress(OSError):
        os.nice(NICE)


def main() -> int:
    """Read one request, write one answer."""
    limit()
    request = record_from(CalendarRequest, json_object(sys.stdin.buffer.readline()))
    sys.stdout.buffer.write(json_line(record_to(read(request))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
