"""A PBX of bare datagrams: registers whoever asks, answers INVITEs as told, calls, remembers."""

import itertools
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.engine.raw_sip import SDP


class ScriptedPbx:
    """Serves on a thread of its own.

    Args:
        answers: status line and extra headers for each INVITE in turn; the last one for all others.
            One that accepts comes with a description of sound.
        host: address to listen on.
    """

    def __init__(self, *answers: tuple[str, str], host: str = "127.0.0.1") -> None:
        self.answers = list(answers) or [("486 Busy Here", "")]
        self.requests: list[str] = []
        self.replies: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.1)
        host, port = self._socket.getsockname()
        self.address = f"{host}:{port}"
        self._phone: tuple[str, int] = ("", 0)
        self._contact = ""
        self._news = threading.Condition()
        self._over = False
        self._numbers = itertools.count(1)  # of requests of ours in a call
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()

    def request(self, method: str, nth: int = 0, patience_s: float = 10) -> str:
        """Return the nth different request of a method, waiting for it."""
        return self._wait(lambda: self._of(method), nth, patience_s)

    def until(self, method: str, fits: Callable[[str], bool], patience_s: float = 20) -> str:
        """Return the first request of a method that fits, waiting for it."""
        return self._wait(lambda: [r for r in self._of(method) if fits(r)], 0, patience_s)

    def reply(self, call: str, patience_s: float = 10) -> str:
        """Return the first final answer to an INVITE of ours."""

        def final() -> list[str]:
            ours = [r for r in self.replies if f"Call-ID: {call}\r\n" in r]
            return [r for r in ours if int(r[8:11]) >= 200]

        return self._wait(final, 0, patience_s)

    def invites(self, user: str, call: str, extra: str = "") -> None:
        """Call the phone that has registered."""
        with self._news:
            assert self._news.wait_for(lambda: bool(self._contact), 10)
        self._socket.sendto(
            (
                f"INVITE {self._contact} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bK{call}\r\n"
                f"From: <sip:201@{self.address}>;tag={call}\r\n"
                f"To: <sip:{user}@{self.address}>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n"
                f"Max-Forwards: 70\r\nContact: <sip:201@{self.address}>\r\n{extra}"
                f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
            ).encode(errors="surrogateescape"),
            self._phone,
        )

    def updates(self, extra: str) -> None:
        """Change the first call that was accepted (RFC 3311)."""
        invite = self._of("INVITE")[0]
        to, number = field(invite, "To"), next(self._numbers)
        contact = field(invite, "Contact").partition("<")[2].partition(">")[0]
        self._socket.sendto(
            (
                f"UPDATE {contact} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.address};branch=z9hG4bKu{number}\r\n"
                f"From: {to};tag=pbx\r\nTo: {field(invite, 'From')}\r\n"
                f"Call-ID: {field(invite, 'Call-ID')}\r\nCSeq: {number} UPDATE\r\n"
                f"Max-Forwards: 70\r\nContact: <sip:pbx@{self.address}>\r\n{extra}"
                "Content-Length: 0\r\n\r\n"
            ).encode(),
            self._phone,
        )

    def registrations(self) -> list[str]:
        """Return every different REGISTER so far."""
        with self._news:
            return self._of("REGISTER")

    def acknowledge(self, reply: str) -> None:
        """Send the ACK that belongs to a 200 to an INVITE of ours."""
        names = ("From", "To", "Call-ID")
        lines = "".join(f"{name}: {field(reply, name)}\r\n" for name in names)
        contact = field(reply, "Contact").partition("<")[2].partition(">")[0]
        text = (
            f"ACK {contact} SIP/2.0\r\nVia: SIP/2.0/UDP {self.address};branch=z9hG4bKack\r\n"
            f"{lines}CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self._socket.sendto(text.encode(), self._phone)

    def _wait(self, found: Callable[[], list[str]], nth: int, patience_s: float) -> str:
        with self._news:
            assert self._news.wait_for(lambda: len(found()) > nth, patience_s), self.requests
            return found()[nth]

    def _of(self, method: str) -> list[str]:
        return list(dict.fromkeys(r for r in self.requests if r.startswith(f"{method} ")))

    def _serve(self) -> None:
        while not self._over:
            try:
                data, source = self._socket.recvfrom(65_536)
            except TimeoutError:
                continue
            text = data.decode(errors="replace")
            with self._news:
                (self.replies if text.startswith("SIP/2.0") else self.requests).append(text)
                self._answer(text, source)
                self._news.notify_all()

    def _answer(self, text: str, source: tuple[str, int]) -> None:
        method = text.partition(" ")[0]
        if method == "REGISTER":
            self._phone, contact = source, field(text, "Contact")
            self._contact = contact.partition("<")[2].partition(">")[0]
            self._send(text, "200 OK", f"Contact: {contact}\r\nExpires: 3600\r\n", source)
        elif method == "INVITE":
            known = self._of("INVITE").index(text)
            status, extra = self.answers[min(known, len(self.answers) - 1)]
            self._send(text, status, extra, source)
        elif method in {"OPTIONS", "BYE", "CANCEL", "INFO"}:
            self._send(text, "200 OK", "", source)
        elif method == "SUBSCRIBE":
            self._send(text, "489 Bad Event", "", source)

    def _send(self, request: str, status: str, extra: str, to: tuple[str, int]) -> None:
        source = f";received={to[0]};rport={to[1]}"  # RFC 3581 section 4
        via = field(request, "Via").replace(";rport", source, 1)
        names = ("From", "Call-ID", "CSeq")
        lines = f"Via: {via}\r\n" + "".join(f"{name}: {field(request, name)}\r\n" for name in names)
        body = SDP if status.startswith("200") and request.startswith("INVITE ") else ""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        tag = "" if ";tag=" in field(request, "To") else ";tag=pbx"
        text = (
            f"SIP/2.0 {status}\r\n{lines}To: {field(request, 'To')}{tag}\r\n{extra}"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._socket.sendto(text.encode(), to)


def field(message: str, name: str) -> str:
    """Return the first header of that name, or an empty string."""
    found = re.search(rf"(?mi)^{name}: *([^\r]*)", message)
    return found[1] if found else ""
