"""The HTTP server against bytes on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.drivers.http import HttpServer, serving
from bridge.drivers.http.guard import LARGEST_BODY, is_for_us
from bridge.drivers.http.limits import BURST, MOST_ADDRESSES, PER_S, REFUSED_COSTS, Buckets
from bridge.drivers.ports import HttpAnswer, HttpAsked
from bridge.model.errors import TransportError
from bridge.model.http import HttpSettings

GOOD = b"GET /phone/a%2Fb?x=%20y HTTP/1.1\r\nHost: 127.0.0.1:8088\r\n\r\n"


class Seen:
    """A handler that answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[HttpAsked] = []
        self.status = 200

    def __call__(self, asked: HttpAsked) -> HttpAnswer:
        self.asked.append(asked)
        if self.status == 999:
            raise RuntimeError("a handler with a mistake")
        return HttpAnswer(self.status, b"done")


class Desk:
    """A server, its handler and its clock, which stands still."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.seen = Seen()
        self.now_s = 1000.0
        settings = HttpSettings(port=0, names=names)
        self.server = HttpServer(settings, {"phone": self.seen}, lambda: self.now_s)

    async def says(self, sent: bytes) -> bytes:
        """Return everything the server says to these bytes until it closes."""
        host, _, port = self.server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(sent)
            return await asyncio.wait_for(reader.read(), 20.0)
        finally:
            writer.close()


@asynccontextmanager
async def running(*names: str) -> AsyncIterator[Desk]:
    desk = Desk(names)
    async with desk.server:
        yield desk


async def test_a_request_reaches_its_handler_as_it_was_sent() -> None:
    async with running() as desk:
        answer = await desk.says(GOOD)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\ndone")
    assert desk.seen.asked == [HttpAsked("GET", "/phone/a%2Fb", "x=%20y", "127.0.0.1")]


async def test_the_server_does_not_say_what_it_is() -> None:
    async with running() as desk:
        answer = (await desk.says(GOOD)).lower()
    assert b"server:" not in answer
    assert b"uvicorn" not in answer
    assert b"connection: close" in answer


async def test_a_body_comes_whole() -> None:
    body = b"<a/>" * 1000
    head = b"POST /phone/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n"
    async with running() as desk:
        await desk.says(head + body)
    assert [asked.body for asked in desk.seen.asked] == [body]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /kiosk HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /phone/x HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"GET /phone/x HTTP/1.0\r\n\r\n", b"421"),
        (b"GET /phone/x HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (
            b"POST /phone/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
            + str(LARGEST_BODY + 1).encode()
            + b"\r\n\r\n"
            + b"x" * (LARGEST_BODY + 1),
            b"413",
        ),
    ],
)
async def test_what_is_not_for_us_never_reaches_a_handler(sent: bytes, status: bytes) -> None:
    async with running() as desk:
        answer = await desk.says(sent)
        assert answer.split(b" ")[1] == status
        assert desk.seen.asked == []
        assert (await desk.says(GOOD)).startswith(b"HTTP/1.1 200 ")


async def test_a_mistake_of_ours_is_one_answer_and_the_rest_goes_on() -> None:
    async with running() as desk:
        desk.seen.status = 999
        assert (await desk.says(GOOD)).startswith(b"HTTP/1.1 500 ")
        desk.seen.status = 200
        assert (await desk.says(GOOD)).startswith(b"HTTP/1.1 200 ")


async def test_who_only_connects_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_S", 0.05)
    async with running() as desk:
        assert await desk.says(b"GET /phone/x HTTP/1.1\r\nHo") == b""


async def test_who_asks_too_often_waits_and_is_counted() -> None:
    async with running() as desk:
        desk.server._guard._buckets.charge("127.0.0.1", BURST - 1)
        assert b" 200 " in await desk.says(GOOD)
        assert b" 429 " in await desk.says(GOOD)
        desk.now_s += 2 / PER_S
        assert b" 200 " in await desk.says(GOOD)
        assert desk.server.refused == {"too often": 1}


async def test_a_taken_port_is_one_sentence_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = HttpSettings(port=taken.getsockname()[1])
        with pytest.raises(TransportError, match=r"set http\.bind to an address"):
            await HttpServer(settings, {}, lambda: 0.0).__aenter__()


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("localhost", True),
        ("127.0.0.1:8088", True),
        ("[::1]:8088", True),
        ("Desk.Example:8088", True),
        ("desk.example.evil.net", False),
        ("", False),
        ("[", False),
    ],
)
def test_requests_are_for_addresses_and_known_names(host: str, is_ours: bool) -> None:
    assert is_for_us([host], frozenset({"localhost", "desk.example"})) is is_ours


def test_two_hosts_are_none() -> None:
    assert not is_for_us(["localhost", "localhost"], frozenset({"localhost"}))


def test_guessing_costs_more_than_asking() -> None:
    now_s = 0.0
    buckets = Buckets(lambda: now_s)
    guesses = 0
    while buckets.take("a"):
        buckets.charge("a", REFUSED_COSTS)
        guesses += 1
    assert guesses == 6
    assert buckets.take("b")


def test_addresses_nobody_uses_are_forgotten() -> None:
    buckets = Buckets(lambda: 0.0)
    for number in range(2 * MOST_ADDRESSES):
        assert buckets.take(str(number))
    assert len(buckets._left) == MOST_ADDRESSES
