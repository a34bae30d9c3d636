"""Somebody who sends the SIP port whatever he likes, and sees whether it was read."""

import itertools
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.integration.waiting import eventually

BATCH = 50  # datagrams between two questions; more would not fit the kernel's receive buffer


class Stranger:
    """A UDP socket on loopback.

    Args:
        address: ``host:port`` of the engine.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._address = address
        self._where = (host, int(port))
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.me = f"127.0.0.1:{self._socket.getsockname()[1]}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    async def sends_all(self, datagrams: Iterable[bytes]) -> int:
        """Send datagrams and wait until the engine has read every one; return how many."""
        sent = 0
        for sent, datagram in enumerate(datagrams, 1):
            self.sends(datagram)
            if sent % BATCH == 0:
                await self._is_answered()
        await self._is_answered()
        return sent

    def sends(self, datagram: bytes) -> None:
        """Send one datagram."""
        self._socket.sendto(datagram, self._where)

    async def is_refused(self) -> None:
        """Wait for a final answer that is no success."""
        await eventually(lambda: self._answer().startswith((b"4", b"5", b"6")), "a refusal")

    async def _is_answered(self) -> None:
        """Ask something proper: what came before has been read when the answer is there."""
        name = f"question-{next(self._numbers)}"
        self.sends(
            (
                f"OPTIONS sip:200@{self._address} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.me};branch=z9hG4bK{name}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:stranger@{self.me}>;tag={name}\r\nTo: <sip:200@{self._address}>\r\n"
                f"Call-ID: {name}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            ).encode()
        )
        await eventually(lambda: f"Call-ID: {name}\r".encode() in self._receive(), f"{name}")

    def _answer(self) -> bytes:
        """The status of the next message that is there, empty without one."""
        return self._receive().partition(b" ")[2][:3]

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except BlockingIOError:
            return b""
