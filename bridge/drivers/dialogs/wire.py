"""Bytes of SIP to one server and back: datagrams sent again, or a stream cut into messages."""

import asyncio
import contextlib
import re
import ssl
from typing import Protocol, Self

T1_S, T2_S = 0.5, 4.0
"""RFC 3261 section 17.1.2: first and longest pause before a datagram is sent again."""

_MOST_BYTES = 65_535
_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,5})", re.IGNORECASE)


class Wire(Protocol):
    """The way to a server."""

    @property
    def via(self) -> str:
        """Protocol and address of our end, for ``Via``."""

    def send(self, request: bytes) -> None:
        """Send a request; over UDP again and again until anything is received."""

    async def received(self, wake: asyncio.Event) -> list[bytes]:
        """Return what came in, or nothing once ``wake`` is set.

        Raises:
            OSError: the connection is gone.
        """

    def close(self) -> None:
        """Let go."""


class _Inbox:
    """What came in and was not taken yet."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.lost: OSError | None = None
        self.news = asyncio.Event()

    async def take(self, wake: asyncio.Event) -> list[bytes]:
        waiting = [asyncio.ensure_future(event.wait()) for event in (self.news, wake)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        self.news.clear()
        if self.lost is not None:
            raise self.lost
        found, self.messages = self.messages, []
        return found


class Udp(asyncio.DatagramProtocol):
    """Datagrams."""

    def __init__(self) -> None:
        self._inbox = _Inbox()
        self._transport: asyncio.DatagramTransport | None = None
        self._again: asyncio.TimerHandle | None = None
        self.via = ""

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Open a socket towards a server.

        Raises:
            OSError: there is no way to it.
        """
        loop = asyncio.get_running_loop()
        _, one = await loop.create_datagram_endpoint(cls, remote_addr=(host, port))
        return one

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        address = transport.get_extra_info("sockname")
        self.via = f"UDP {_host(address[0])}:{address[1]}"

    def send(self, request: bytes) -> None:
        self._stop()
        self._send_and_again(request, T1_S)

    def _send_and_again(self, request: bytes, pause_s: float) -> None:
        if self._transport is not None:
            self._transport.sendto(request)
        loop = asyncio.get_running_loop()
        longer_s = min(T2_S, 2 * pause_s)
        self._again = loop.call_later(pause_s, self._send_and_again, request, longer_s)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        self._stop()
        self._inbox.messages.append(data)
        self._inbox.news.set()

    def error_received(self, exc: Exception) -> None:
        """Wait on: a port that is closed now is open once the PBX is back."""

    async def received(self, wake: asyncio.Event) -> list[bytes]:
        return await self._inbox.take(wake)

    def close(self) -> None:
        self._stop()
        if self._transport is not None:
            self._transport.close()

    def _stop(self) -> None:
        if self._again is not None:
            self._again.cancel()


class Stream:
    """TCP or TLS."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: str
    ) -> None:
        self._reader, self._writer = reader, writer
        self._inbox = _Inbox()
        address = writer.get_extra_info("sockname")
        self.via = f"{protocol} {_host(address[0])}:{address[1]}"
        self._task = asyncio.create_task(self._read(), name="dialogs: reader")

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None, name: str) -> Self:
        """Connect.

        Raises:
            OSError, ssl.SSLError: there is no way to the server, or it is not who it should be.
        """
        reader, writer = await asyncio.open_connection(
            host, port, ssl=tls, server_hostname=None if tls is None else name, limit=_MOST_BYTES
        )
        return cls(reader, writer, "TCP" if tls is None else "TLS")

    def send(self, request: bytes) -> None:
        self._writer.write(request)

    async def received(self, wake: asyncio.Event) -> list[bytes]:
        return await self._inbox.take(wake)

    def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def _read(self) -> None:
        """Cut the stream into messages by their ``Content-Length`` (RFC 3261 section 18.3)."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = (await self._reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
                if not head:
                    continue  # a keep-alive
                length = _LENGTH.search(head)
                body = await self._reader.readexactly(int(length[1])) if length else b""
                self._inbox.messages.append(head + body)
                self._inbox.news.set()
        self._inbox.lost = ConnectionResetError("the PBX has ended the connection")
        self._inbox.news.set()


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
