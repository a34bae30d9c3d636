"""A telephone of one UDP socket that rings, answers and hangs up when it is told, at a real PBX."""

import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.sip_called import sdp
from tests.bench.wire import Wire
from tests.pbx.lamp_watch import digest, header
from tests.pbx.sip_text import Message, uri_of

HOST = "127.0.0.1"
NOWHERE_PORT = 9  # discard: nobody listens to the sound


@dataclass
class LampPhone:
    """Be called, and say so bit by bit.

    Args:
        wire: serves the socket.
        port: of the PBX.
        user, password: its account.
    """

    wire: Wire
    port: int
    user: str
    password: str
    _invite: Message | None = None
    _tag: str = field(default_factory=lambda: secrets.token_hex(6))
    _is_registered: bool = False

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._me = f"{HOST}:{self._socket.getsockname()[1]}"
        self._socket.connect((HOST, self.port))
        self.wire.watch(self._socket, self._ready)

    def close(self) -> None:
        self.wire.forget(self._socket)
        self._socket.close()

    def register(self) -> None:
        """Tell the PBX where we are; waits."""
        self._send_register(1, "")
        self.wire.until(lambda: self._is_registered, "the PBX takes the telephone")

    def is_called(self) -> None:
        """Wait for the next call."""
        self.wire.until(lambda: self._invite, "somebody calls")

    # -- what is measured: each returns when, nanoseconds, just before it is sent ---

    def rings(self) -> int:
        return self._answer("180 Ringing")

    def answers(self) -> int:
        return self._answer("200 OK", sdp(HOST, "0 PCMU/8000", NOWHERE_PORT))

    def hangs_up(self) -> int:
        """Send BYE along the route the call came (RFC 3261 section 12.1.1)."""
        invite, self._invite = self._invite, None
        assert invite is not None
        routes = [f"Route: {value}" for value in invite.all("record-route")]
        ends = [f"From: {invite.get('to')};tag={self._tag}", f"To: {invite.get('from')}"]
        call = [f"Call-ID: {invite.get('call-id')}", "CSeq: 1 BYE"]
        return self._send(f"BYE {uri_of(invite.get('contact'))} SIP/2.0", [*routes, *ends, *call])

    # -- private --------------------------------------------------------------

    def _answer(self, status: str, body: str = "") -> int:
        assert self._invite is not None
        kept = {"via", "record-route", "from", "call-id", "cseq"}
        lines = [f"{name}: {value}" for name, value in self._invite.headers if name in kept]
        lines += [f"To: {self._invite.get('to')};tag={self._tag}"]
        lines += [f"Contact: <sip:{self.user}@{self._me}>"]
        lines += ["Content-Type: application/sdp"] if body else []
        return self._write(f"SIP/2.0 {status}", lines, body)

    def _send(self, first: str, lines: Sequence[str]) -> int:
        via = f"Via: SIP/2.0/UDP {self._me};rport;branch=z9hG4bK{secrets.token_hex(8)}"
        return self._write(first, [via, "Max-Forwards: 70", *lines])

    def _write(self, first: str, lines: Sequence[str], body: str = "") -> int:
        whole = [first, *lines, f"Content-Length: {len(body)}", "", body]
        data = "\r\n".join(whole).encode()
        now_ns = time.monotonic_ns()
        self._socket.send(data)
        return now_ns

    def _send_register(self, number: int, credentials: str) -> None:
        who = f"<sip:{self.user}@{HOST}>"
        lines = [f"From: {who};tag={self._tag}", f"To: {who}", f"Call-ID: r{self._tag}"]
        lines += [f"CSeq: {number} REGISTER", f"Contact: <sip:{self.user}@{self._me}>"]
        lines += ["Expires: 600", *([f"Authorization: {credentials}"] if credentials else [])]
        self._send(f"REGISTER sip:{HOST} SIP/2.0", lines)

    def _ready(self) -> None:
        data = self._socket.recv(65_536)
        message = Message(data)
        if message.is_request:
            self._asked(message)
        elif message.get("cseq").endswith("REGISTER"):
            self._told(message, data.decode())

    def _asked(self, request: Message) -> None:
        match request.method:
            case "INVITE" if self._invite is None:
                self._invite = request
            case "INVITE" | "ACK":
                pass
            case _:
                kept = {"via", "from", "to", "call-id", "cseq"}
                lines = [f"{name}: {value}" for name, value in request.headers if name in kept]
                self._write("SIP/2.0 200 OK", lines)

    def _told(self, response: Message, text: str) -> None:
        if response.code == 401:
            challenge = header(text, "WWW-Authenticate")
            answer = digest(self.user, self.password, "REGISTER", f"sip:{HOST}", challenge)
            self._send_register(2, answer)
        self._is_registered = response.code == 200
