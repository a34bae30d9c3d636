"""The called end of calls that phones place: it answers at once and takes the time."""

import time
from dataclasses import dataclass, field

from tests.pbx.sip_text import Message

_ANSWERED_WITH = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
"""RFC 3264 section 6.1; everything else is sent both ways."""


@dataclass
class PlacedCall:
    """A call that a phone under test placed. Nanoseconds of the monotonic clock, 0 = not yet.

    Args:
        call_id: of its dialog.
    """

    call_id: str
    invited_ns: int = 0  # the first INVITE was read
    confirmed_ns: int = 0  # the ACK of the first 200 was read: the call is set up
    way: str = ""  # of the sound in the last offer, such as ``sendonly``
    offered_ns: int = 0  # its INVITE was read
    is_settled: bool = False  # and the answer to it acknowledged
    bye_ns: int = 0


@dataclass
class Called:
    """Takes INVITE, ACK and BYE of calls to us.

    Args:
        contact: URI where the phones send what follows the answer.
        rtp_port: where their sound goes.
    """

    contact: str
    rtp_port: int
    calls: list[PlacedCall] = field(default_factory=list)

    def take(self, request: Message, now_ns: int) -> bytes:
        """Return the answer to a request; empty where it gets none or is not ours to give."""
        call_id = request.get("call-id")
        call = next((c for c in self.calls if c.call_id == call_id), None)
        if call is None:
            if request.method != "INVITE":
                return b""
            call = PlacedCall(call_id, invited_ns=now_ns)
            self.calls.append(call)
        match request.method:
            case "INVITE":
                if (way := _way(request.body)) != call.way:  # else it was sent again
                    call.way, call.offered_ns, call.is_settled = way, now_ns, False
                return ok(request, self._body(way), self.contact)
            case "ACK":
                call.confirmed_ns = call.confirmed_ns or now_ns
                call.is_settled = True
            case "BYE":
                call.bye_ns = call.bye_ns or now_ns
            case _:
                pass
        return b""

    def _body(self, way: str) -> str:
        host = self.contact.partition("@")[2].partition(":")[0]
        return sdp(host, "0 PCMU/8000", self.rtp_port, _ANSWERED_WITH.get(way, "sendrecv"))


def _way(body: bytes) -> str:
    """Which way an offer wants the sound to go."""
    lines = body.decode("ascii", "replace").split("\r\n")
    ways = ("sendonly", "recvonly", "inactive")
    return next((way for way in ways if f"a={way}" in lines), "sendrecv")


def sdp(host: str, codec: str, port: int, way: str = "sendrecv") -> str:
    """A description with one codec, by payload type and RTP map such as ``0 PCMU/8000``."""
    number, name = codec.split()
    lines = [
        "v=0",
        f"o=bench 1 {time.monotonic_ns()} IN IP4 {host}",
        "s=bench",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {number}",
        f"a=rtpmap:{number} {name}",
        "a=ptime:20",
        f"a={way}",
    ]
    return "\r\n".join([*lines, ""])


def ok(request: Message, body: str = "", contact: str = "") -> bytes:
    """Answer 200 to anything; a registration gets its contact back."""
    kept = [f"{n}: {v}" for n, v in request.headers if n in {"via", "from", "call-id", "cseq"}]
    to = request.get("to")
    contacts = [f"<{contact}>"] if contact else request.all("contact")
    lines = [
        "SIP/2.0 200 OK",
        *kept,
        f"To: {to}" if "tag=" in to else f"To: {to};tag=bench",
        *(f"Contact: {value}" for value in contacts),
        f"Expires: {request.get('expires', '120')}",
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join([*lines, "", body])).encode()
