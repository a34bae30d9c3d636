"""Asks the process that reads calendars, and does not wait for ever."""

import asyncio
import logging
import sys

from bridge.model.meetings import CalendarRead, CalendarRequest
from bridge.model.redaction import printable
from bridge.protocols.control_lines import json_line, json_object
from bridge.protocols.records import record_from, record_to

CALENDAR_ARGV = (sys.executable, "-m", "bridge.drivers.calendar")
WITHIN_S = 90.0  # for the whole: start, network, and 8 MiB on a Raspberry Pi
_MOST_SAID = 200  # characters of what the process complained of

_log = logging.getLogger(__name__)


async def read_in_process(
    request: CalendarRequest, argv: tuple[str, ...] = CALENDAR_ARGV, within_s: float = WITHIN_S
) -> CalendarRead:
    """Return what a calendar says; what goes wrong is in ``failed``. Never raises but cancelled.

    Args:
        request: which calendar; secrets in it go by a pipe, not by the list of processes.
        argv: the program.
        within_s: seconds.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return CalendarRead(failed=f"the calendar cannot be read: {error.strerror}")
    try:
        async with asyncio.timeout(within_s):
            said, complaint = await process.communicate(json_line(record_to(request)))
    except TimeoutError:
        return CalendarRead(failed=f"it was not read within {within_s:.0f} s: is it very large?")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _answer(said, complaint, process.returncode)


def _answer(said: bytes, complaint: bytes, code: int | None) -> CalendarRead:
    try:
        return record_from(CalendarRead, json_object(said))
    except ValueError:
        _log.debug("reading a calendar ended with %s: %s", code, _last_line(complaint))
        return CalendarRead(failed=f"reading it went wrong (exit {code}): is it a calendar?")


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines() or [""]
    return printable(lines[-1].partition(":")[0], _MOST_SAID)  # the kind of error, not the data
