"""A room's calendar is got from a file or over HTTP, and what goes wrong is one sentence."""

import platform
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bridge.drivers.calendar import read_in_process
from bridge.drivers.calendar.fetch import fetch
from bridge.model.errors import TransportError
from bridge.model.meetings import CalendarRequest
from bridge.protocols.ical import MOST_BYTES

CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:a\r\n"
    b"DTSTAMP:20260101T000000Z\r\nSUMMARY:x\r\nDTSTART:20260325T100000Z\r\nDURATION:PT1H\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
MARCH = (1_774_310_400_000, 1_774_915_200_000)  # 24 to 31 March 2026


class Site(BaseHTTPRequestHandler):
    """A server of calendars that does what the path says."""

    asked: list[dict[str, str]]
    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        self.asked.append(dict(self.headers))
        match self.path:
            case "/room.ics" if self.headers.get("If-None-Match") == '"one"':
                self._says(304)
            case "/room.ics":
                self._says(200, CALENDAR, ETag='"one"')
            case "/locked.ics" if "Authorization" not in self.headers:
                self._says(401)
            case "/moved.ics":
                self._says(302, Location=f"http://localhost:{self.server.server_port}/room.ics")
            case "/away.ics":
                self._says(302, Location="file:///etc/passwd")
            case "/endless.ics":
                self._says(200, b"x" * (MOST_BYTES + 2))
            case _:
                self._says(404)

    def _says(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as in the library
        """Nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_unchanged_calendar_is_not_sent_again(site: str) -> None:
    first = fetch(CalendarRequest(*MARCH, url=f"{site}/room.ics"))
    assert (first.data, first.etag) == (CALENDAR, '"one"')
    again = fetch(CalendarRequest(*MARCH, url=f"{site}/room.ics", etag=first.etag))
    assert (again.data, again.etag) == (None, '"one"')
    assert abs(again.server_ms / 1000 - time.time()) < 60


def test_the_password_is_shown_to_the_server_it_is_for_and_to_no_other(site: str) -> None:
    request = CalendarRequest(*MARCH, url=f"{site}/moved.ics", user="room", password="secret")
    assert fetch(request).data == CALENDAR
    assert ["Authorization" in headers for headers in Site.asked] == [True, False]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/none.ics?private=4711", "127.0.0.1 answers 404: there is no calendar at that address"),
        ("/locked.ics", "127.0.0.1 answers 401: it wants another user or password"),
        ("/away.ics", "127.0.0.1 answers 302: it sends us on to where we do not follow"),
        ("/endless.ics", "it has more than 8 MiB"),
    ],
)
def test_what_a_server_refuses_is_told_without_the_address(
    site: str, path: str, sentence: str
) -> None:
    with pytest.raises(TransportError) as told:
        fetch(CalendarRequest(*MARCH, url=site + path))
    assert str(told.value).startswith(sentence)
    assert "4711" not in str(told.value)


def test_a_server_that_is_not_there_is_told(site: str) -> None:
    with pytest.raises(TransportError, match=r"^127\.0\.0\.1 cannot be reached: Connection ref"):
        fetch(CalendarRequest(*MARCH, url="http://127.0.0.1:1/room.ics"))


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    file = tmp_path / "room.ics"
    file.write_bytes(CALENDAR)
    first = fetch(CalendarRequest(*MARCH, file=str(file)))
    assert fetch(CalendarRequest(*MARCH, file=str(file), etag=first.etag)).data is None
    file.write_bytes(CALENDAR + b"\r\n")
    assert fetch(CalendarRequest(*MARCH, file=str(file), etag=first.etag)).data is not None


async def test_the_process_reads_a_calendar(tmp_path: Path) -> None:
    file = tmp_path / "room.ics"
    file.write_bytes(CALENDAR)
    found = await read_in_process(CalendarRequest(*MARCH, file=str(file)))
    assert [one.title for one in found.bookings] == ["x"]
    assert found.failed == ""


@pytest.mark.parametrize(
    ("program", "within_s", "sentence"),
    [
        ("import time; time.sleep(60)", 0.2, "it was not read within"),
        ("import sys; sys.exit(3)", 20.0, "reading it went wrong (exit 3)"),
        ("print('{}x')", 20.0, "reading it went wrong (exit 0)"),
    ],
)
async def test_a_process_that_hangs_or_dies_is_told(
    program: str, within_s: float, sentence: str
) -> None:
    argv = (sys.executable, "-S", "-c", program)
    found = await read_in_process(CalendarRequest(*MARCH, file="x"), argv, within_s)
    assert found.failed.startswith(sentence)


# What ``SystemCallFilter=~@resources`` of the shipped unit does: setpriority, setrlimit, prlimit64
# answer EPERM (seccomp(2), classic BPF, numbers of x86-64).
LOCKED_UP = """
import ctypes, os, struct, sys
denied = (141, 160, 302)
code = [(0x20, 0, 0, 0), *((0x15, len(denied) - at, 0, n) for at, n in enumerate(denied))]
code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001)]
data = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
program = Program(len(code), ctypes.addressof(data))
prctl = ctypes.CDLL(None).prctl
assert prctl(38, 1, 0, 0, 0) == prctl(22, 2, ctypes.byref(program), 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-m", "bridge.drivers.calendar"])
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of system calls differ")
async def test_the_process_reads_in_the_sandbox_of_the_service(tmp_path: Path) -> None:
    file = tmp_path / "room.ics"
    file.write_bytes(CALENDAR)
    argv = (sys.executable, "-S", "-c", LOCKED_UP)
    found = await read_in_process(CalendarRequest(*MARCH, file=str(file)), argv)
    assert (found.failed, len(found.bookings)) == ("", 1)
