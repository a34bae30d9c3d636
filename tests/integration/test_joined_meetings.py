"""One touch joins a meeting: calendar over HTTP, real SIP, the digits as the other end hears them.

Ten seconds of pauses between the digits: for ``--all`` only.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from bridge.cli.client import Client
from bridge.model.calls import Phase
from bridge.model.meetings import JoinMeeting, ListMeetings, MeetingQuestion, MeetingSettings
from tests.integration.phones import baresip_at
from tests.integration.running import Desk, Json, account_at, config_for, desk_with
from tests.pbx.instance import Pbx

pytestmark = [
    pytest.mark.soak,
    pytest.mark.sip,
    pytest.mark.needs("kamailio", "mosquitto", "openssl", "baresip"),
]


def calendar() -> bytes:
    """A meeting that began five minutes ago, joined at extension 202."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:a"),
        *("DTSTAMP:20260101T000000Z", "SUMMARY:Budget", f"DTSTART:{start:%Y%m%dT%H%M%SZ}"),
        *("DURATION:PT1H", "CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:202;postd=11#"),
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    return "\r\n".join(lines).encode()


class Site(BaseHTTPRequestHandler):
    """A server of that calendar."""

    def do_GET(self) -> None:
        body = calendar()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as in the library
        """Nothing."""


@pytest.fixture
def feed() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/room.ics"
        server.shutdown()


async def asked(desk: Desk, question: MeetingQuestion) -> Json:
    def ask() -> Json:
        with Client(desk.config.control_socket) as client:
            return client.ask(question)

    return await asyncio.to_thread(ask)


async def test_a_conference_hears_the_id_and_the_participant(
    pbx: Pbx, feed: str, short_dir: Path, free_port_base: int
) -> None:
    config = replace(
        config_for(short_dir, account_at(pbx, 201), free_port_base + 100),
        meetings=MeetingSettings(url=feed),
    )
    phone = baresip_at(
        short_dir / "conference",
        free_port_base,
        pbx.uri(202),
        pbx.password(202),
        registers=True,
    )
    async with phone as conference, desk_with(config) as desk:
        await desk.is_registered()
        await conference.is_registered()
        await desk.until(lambda: desk.daemon.meetings.body["meetings"], "the calendar is read")
        (meeting,) = cast("list[Json]", (await asked(desk, ListMeetings()))["meetings"])
        assert (meeting["joinable"], meeting["running"]) == (True, True), meeting
        began_s = time.monotonic()
        answer = await asked(desk, JoinMeeting(str(meeting["id"]), "42"))
        assert answer["outcome"] == "accepted", answer
        await conference.until("CALL_INCOMING")
        await conference.orders("accept")
        await desk.call_is(Phase.CONNECTED)
        await conference.hears_digits("11#42#")
        assert time.monotonic() - began_s > 6.0  # the pauses
