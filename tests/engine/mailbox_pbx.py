"""A PBX of bare datagrams that registers whoever asks and tells about voice messages."""

import re
import socket
import threading
from types import TracebackType
from typing import Self

BODY = "Messages-Waiting: {waiting}\r\nMessage-Account: sip:790@pbx\r\nVoice-Message: {count}\r\n"


class MailboxPbx:
    """Answers REGISTER and SUBSCRIBE with 200 on a thread of its own; sends NOTIFY."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.address = _at(self._socket)
        self._subscribed: str | None = None
        self._contact = ""
        self._source: tuple[str, int] = ("", 0)
        self._sequence = 0
        self.knocks = 0  # OPTIONS answered
        self.calls: list[str] = []  # INVITEs, whole
        self._news = threading.Condition()
        self._over = False
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

    @property
    def was_asked(self) -> bool:
        """Whether anybody has subscribed so far."""
        return self._subscribed is not None

    def wait_for_subscription(self, patience_s: float = 10) -> None:
        """Return when somebody has subscribed."""
        with self._news:
            assert self._news.wait_for(lambda: self._subscribed is not None, patience_s)

    def notify(self, waiting: str, count: str, by: socket.socket | None = None) -> None:
        """Tell the subscriber, in its dialog; ``by`` is a stranger who tells without one."""
        assert self._subscribed is not None
        self._sequence += 1
        sender = by or self._socket
        body = BODY.format(waiting=waiting, count=count)
        ours, theirs = _field(self._subscribed, "To"), _field(self._subscribed, "From")
        call = _field(self._subscribed, "Call-ID")
        if by is None:
            dialog = f"From: {ours};tag=pbx\r\nTo: {theirs}\r\nCall-ID: {call}\r\n"
        else:
            to = theirs.partition(";tag=")[0]
            dialog = f"From: {ours};tag=x{self._sequence}\r\nTo: {to}\r\nCall-ID: stranger\r\n"
        text = (
            f"NOTIFY {self._contact} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {_at(sender)};branch=z9hG4bKn{self._sequence}\r\n"
            f"{dialog}CSeq: {self._sequence} NOTIFY\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:{self.address}>\r\nEvent: message-summary\r\n"
            "Subscription-State: active;expires=3600\r\n"
            "Content-Type: application/simple-message-summary\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        sender.sendto(text.encode(), self._source)

    def notify_unasked(self, waiting: str, count: str) -> None:
        """Tell without a subscription, as Asterisk does after a registration."""
        self.notify(waiting, count, by=self._socket)

    def _serve(self) -> None:
        while not self._over:
            try:
                data, source = self._socket.recvfrom(65_536)
            except TimeoutError:
                continue
            text = data.decode(errors="replace")
            self._answer(text, source)

    def _answer(self, text: str, source: tuple[str, int]) -> None:
        method = text.partition(" ")[0]
        if method in {"REGISTER", "SUBSCRIBE", "OPTIONS", "CANCEL"}:
            self._socket.sendto(_accepted(text), source)
        if method == "SUBSCRIBE":
            self._take(text, source)
        with self._news:
            self.knocks += method == "OPTIONS"
            if method == "INVITE":
                self.calls.append(text)
            self._news.notify_all()
        if method == "INVITE":
            self._socket.sendto(_accepted(text).replace(b"200 OK", b"180 Ringing", 1), source)
        if method == "CANCEL":
            gone = _accepted(self.calls[-1]).replace(b"200 OK", b"487 Request Terminated", 1)
            self._socket.sendto(gone, source)

    def wait_for_call(self, patience_s: float = 10) -> None:
        """Return when somebody is called."""
        with self._news:
            assert self._news.wait_for(lambda: bool(self.calls), patience_s)

    def wait_for_knock(self, patience_s: float = 10) -> None:
        """Return when somebody has asked twice whether we are there."""
        with self._news:
            assert self._news.wait_for(lambda: self.knocks >= 2, patience_s)

    def _take(self, text: str, source: tuple[str, int]) -> None:
        with self._news:
            self._subscribed, self._source = text, source
            self._contact = _field(text, "Contact").strip("<>").partition(">")[0]
            self._news.notify_all()


def _accepted(request: str) -> bytes:
    """Return 200 OK for an hour."""
    lines = [f"{name}: {_field(request, name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
    to, contact = _field(request, "To"), _field(request, "Contact")
    tail = f"To: {to};tag=pbx\r\nContact: {contact}\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n"
    return ("SIP/2.0 200 OK\r\n" + "\r\n".join(lines) + "\r\n" + tail).encode()


def _field(message: str, name: str) -> str:
    found = re.search(rf"(?mi)^{name}: *([^\r]*)", message)
    return found[1] if found else ""


def _at(one: socket.socket) -> str:
    host, port = one.getsockname()
    return f"{host}:{port}"
