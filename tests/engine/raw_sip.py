"""A SIP peer of bare datagrams, for what no decent phone would send."""

import re
import socket
import time

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\n"
)


class RawPeer:
    """Sends requests to an engine and reads what comes back.

    Args:
        address: ``host:port`` of the engine.
        user: whom to call.
    """

    def __init__(self, address: str, user: str) -> None:
        host, _, port = address.partition(":")
        self._target = (host, int(port))
        self._user = user
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._port = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendto(data, self._target)

    def request(
        self,
        method: str,
        call: str,
        *,
        to_tag: str = "",
        sequence: int = 1,
        body: str = "",
        extra: str = "",
        content: str = "application/sdp",
    ) -> bytes:
        """Return a request of the dialog ``call``."""
        kind = f"Content-Type: {content}\r\n" if body else ""
        at = f"{self._target[0]}:{self._target[1]}"
        return (
            f"{method} sip:{self._user}@{at} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{call}{method}{sequence}\r\n"
            f"From: <sip:raw@127.0.0.1:{self._port}>;tag=f{call}\r\n"
            f"To: <sip:{self._user}@{at}>{to_tag}\r\n"
            f"Call-ID: {call}\r\nCSeq: {sequence} {method}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:raw@127.0.0.1:{self._port}>\r\n{extra}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def invite(self, call: str, sdp: str = SDP) -> None:
        self.send(self.request("INVITE", call, body=sdp))

    def answer(self, call: str, method: str, at_least: int = 200, patience_s: float = 20) -> str:
        """Return the first answer of that dialog and method with at least that status."""
        end = time.monotonic() + patience_s
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            text = self._socket.recv(65_536).decode(errors="replace")
            fits = f"Call-ID: {call}\r\n" in text and re.search(rf"CSeq: \d+ {method}\r\n", text)
            if fits and text.startswith("SIP/2.0 ") and int(text[8:11]) >= at_least:
                return text
        raise AssertionError(f"no answer to {method} of {call}")

    def asked(self, method: str, patience_s: float = 20) -> str:
        """Return the first request of that method that comes in."""
        end = time.monotonic() + patience_s
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            text = self._socket.recv(65_536).decode(errors="replace")
            if text.startswith(f"{method} "):
                return text
        raise AssertionError(f"no {method}")

    def accepts(self, request: str) -> None:
        """Answer a request with 202."""
        names = ("Via", "From", "To", "Call-ID", "CSeq")
        kept = [line for line in request.split("\r\n") if line.partition(":")[0] in names]
        self.send(
            "\r\n".join(["SIP/2.0 202 Accepted", *kept, "Content-Length: 0", "", ""]).encode()
        )


def to_tag_of(answer: str) -> str:
    """Return ``;tag=…`` of the To header."""
    found = re.search(r"^To:[^\r]*(;tag=[^;\r]+)", answer, re.MULTILINE)
    assert found is not None
    return found[1]


def status_of(answer: str) -> int:
    """Return the SIP status."""
    return int(answer[8:11])
