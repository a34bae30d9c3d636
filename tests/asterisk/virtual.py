"""A virtual Asterisk: the bytes of recorded exchanges over TCP, to whoever logs in rightly."""

import asyncio
import hashlib
import ssl
from dataclasses import dataclass, field
from typing import Self

from tests.asterisk.recordings import ID, Exchange, recording

SECRET = "geheim-1"
_OWN = frozenset({"Challenge", "Login"})
_CHALLENGE = "178143766"


@dataclass
class VirtualAsterisk:
    """Answers as recorded; an action nobody recorded is refused as an unknown one is.

    Args:
        secret: what it lets in.
        challenges: False = it answers Challenge as an unknown action.
        tls: to speak TLS with; None = readable.
    """

    secret: str = SECRET
    challenges: bool = True
    tls: ssl.SSLContext | None = None
    port: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    logins: int = 0
    refused: int = 0
    silent: bool = False  # reads and does not answer
    _server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        lists, orders = recording("lists"), recording("orders")
        seen: set[object] = set()
        for exchange in [*self.exchanges, *lists.exchanges, *orders.exchanges]:
            if (
                exchange.asked not in seen
            ):  # the first that was recorded, until it is told otherwise
                seen.add(exchange.asked)
                self.exchanges.append(exchange)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Gone, with all connections."""
        assert self._server is not None
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    def drop(self) -> None:
        """Break all connections."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def say(self, data: bytes) -> None:
        """Send bytes to everybody who is logged in."""
        for writer in self._writers:
            writer.write(data)

    def happens(self, title: str) -> None:
        """Send the events that were recorded under a title."""
        self.say(recording("events").events[title])

    def now_answers(self, exchange: Exchange) -> None:
        """From now on this is the answer to that action."""
        self.exchanges = [exchange, *(e for e in self.exchanges if e.asked != exchange.asked)]

    # -- private --------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            writer.write(recording("login").greeting.encode() + b"\r\n")
            while True:
                data = await reader.readuntil(b"\r\n\r\n")
                if not self.silent and not await self._answer(data.decode(), writer):
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async def _answer(self, text: str, writer: asyncio.StreamWriter) -> bool:
        pairs = [tuple(line.split(": ", 1)) for line in text.strip().split("\r\n")]
        fields = {pair[0]: pair[1] for pair in pairs}
        self.asked.append(fields)
        answer = self._answer_of(fields)
        writer.write(answer.replace(ID.encode(), fields["ActionID"].encode()))
        await writer.drain()
        return b"Authentication failed" not in answer

    def _answer_of(self, fields: dict[str, str]) -> bytes:
        if fields["Action"] in _OWN:
            return self._log_in(fields)
        wanted = {key: value for key, value in fields.items() if key != "ActionID"}
        for exchange in self.exchanges:
            if dict(exchange.asked) == wanted:
                return exchange.answer
        return _unknown(fields["Action"])

    def _log_in(self, fields: dict[str, str]) -> bytes:
        challenge, login, refused, *_ = (e.answer for e in recording("login").exchanges)
        if fields["Action"] == "Challenge":
            return challenge if self.challenges else _unknown("Challenge")
        key = hashlib.md5((_CHALLENGE + self.secret).encode()).hexdigest()  # noqa: S324
        if fields.get("Key") != key and fields.get("Secret") != self.secret:
            self.refused += 1
            return refused
        self.logins += 1
        return login


def _unknown(name: str) -> bytes:
    """The answer to an action that is not there, as recorded for another name."""
    known = next(e for e in recording("orders").exchanges if e.asked[0][1] == "NoSuchAction")
    return known.answer.replace(b"NoSuchAction", name.encode())
