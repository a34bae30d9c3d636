"""A browser's requests to the page, without a browser: bytes on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from bridge.model.page import LaunchPage
from tests.scenarios.broker import Json, unix_ms
from tests.scenarios.desk import Desk, until

ANSWER_S = 20.0  # real seconds, on a machine busy with other things


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: bytes

    @property
    def body(self) -> Json:
        return cast("Json", json.loads(self.text))


@dataclass
class Browser:
    """One browser with one cookie; what it sends by itself can be changed."""

    host: str
    port: int
    cookie: str = ""
    proof: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def asks(
        self, method: str, path: str, body: Json | bytes | None = None, **more: str
    ) -> Answer:
        """Ask once, on a connection of its own. Headers: ``X_Offhook="..."``; empty = none."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(self._request(method, path, body, more))
            return _answer(await asyncio.wait_for(reader.read(), ANSWER_S))
        finally:
            writer.close()

    def _request(
        self, method: str, path: str, body: Json | bytes | None, more: dict[str, str]
    ) -> bytes:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        headers = {
            "Host": f"{self.host}:{self.port}",
            "Connection": "close",
            "Content-Length": str(len(data)),
            "Content-Type": "application/json" if data else "",
            "Cookie": f"offhook={self.cookie}" if self.cookie else "",
            "Origin": self.origin if method != "GET" else "",
            "Sec-Fetch-Site": "same-origin",
            "X-Offhook": self.proof,
            **self.headers,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + data

    async def logs_in(self, **how: str) -> Answer:
        """Begin a session and keep what it gave."""
        answer = await self.asks("POST", "/api/1/session", dict(how))
        if answer.status == 200:
            self.cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
            self.proof = str(answer.body["csrf"])
        return answer

    async def wants(self, verb: str, **members: object) -> Answer:
        """Give an intent, as of now."""
        body: Json = {"verb": verb, "sent_ms": unix_ms(), **members}
        return await self.asks("POST", "/api/1/intents", body)

    @asynccontextmanager
    async def listens(self) -> AsyncIterator["Events"]:
        """Read events while the context is open."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(self._request("GET", "/api/1/events", None, {"Connection": "keep-alive"}))
            yield Events(reader)
        finally:
            writer.close()


class Events:
    """What a page hears."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def next(self, name: str) -> Json:
        """The next event of that name."""

        async def read() -> Json:
            said = ""
            while True:
                line = (await self._reader.readline()).decode()
                assert line, f"the stream ended before {name}"
                if line.startswith("event: "):
                    said = line.removeprefix("event: ").strip()
                elif line.startswith("data: ") and said == name:
                    return cast("Json", json.loads(line.removeprefix("data: ")))

        return await asyncio.wait_for(read(), ANSWER_S)


def _answer(said: bytes) -> Answer:
    head, _, text = said.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (i.partition(":") for i in lines)}
    if headers.get("transfer-encoding") == "chunked":
        text = b"".join(text.split(b"\r\n")[1::2])
    return Answer(int(first.split(" ")[1]), headers, text)


async def browser_at(desk: Desk) -> Browser:
    """A browser that has not logged in yet."""
    page = desk.daemon.page
    assert page is not None
    await until(lambda: "listening on" in page.text and "not" not in page.text, "it listens")
    host, _, port = page.text.removeprefix("listening on ").partition(",")[0].rpartition(":")
    return Browser(host, int(port))


async def opened(desk: Desk, *, kiosk: bool = False) -> Browser:
    """A browser of the desk's owner, or the screen of a room, logged in."""
    browser = await browser_at(desk)
    told = await desk.asks(LaunchPage(kiosk))
    answer = await browser.logs_in(launch=str(told["url"]).partition("#launch=")[2])
    assert answer.status == 200, answer.text
    return browser
