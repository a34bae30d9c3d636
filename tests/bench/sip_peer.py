"""A SIP telephone and registrar of one UDP socket: nothing between the wire and the clock."""

import secrets
import socket
import time
from dataclasses import dataclass, field

from tests.bench.sip_called import Called, ok, sdp
from tests.bench.wire import Wire
from tests.pbx.sip_text import Address, Message, address_of, uri_of

HOST = "127.0.0.1"
SETTLE_S = 0.05
PCMU, G722 = "0 PCMU/8000", "9 G722/8000"  # RFC 3551: G.722 says 8000 though it is 16000


@dataclass
class PeerCall:
    """One call to a phone under test. Times are nanoseconds of the monotonic clock, 0 = not yet.

    Args:
        call_id: of its dialog.
        user: who is called.
        target: where requests go; the other side's contact once it answered.
        address: the same as a socket address.
        codec: payload type and RTP map of the one codec that is offered.
        rtp_port: where our end of the sound is.
    """

    call_id: str
    user: str
    target: str
    address: Address
    codec: str
    rtp_port: int
    remote_tag: str = ""
    remote_rtp: Address | None = None
    invited_ns: int = 0
    ringing_ns: int = 0
    answered_ns: int = 0
    bye_ns: int = 0  # from them
    closed_ns: int = 0  # our BYE was answered, or theirs arrived
    refused: int = 0  # SIP status


@dataclass
class SipPeer:
    """Calls phones, answers their calls, and takes every registration.

    Args:
        wire: serves the socket.
    """

    wire: Wire
    calls: dict[str, PeerCall] = field(default_factory=dict)
    registered_ns: dict[str, int] = field(default_factory=dict)  # user -> first REGISTER
    contacts: dict[str, str] = field(default_factory=dict)  # user -> its contact URI

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self.port = int(self._socket.getsockname()[1])
        self.wire.watch(self._socket, self._ready)
        # Sound of calls that are only answered ends here, unread; a closed port would say so.
        self._sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sink.bind((HOST, 0))
        contact = f"sip:bench@{HOST}:{self.port}"
        self.called = Called(contact, int(self._sink.getsockname()[1]))

    def close(self) -> None:
        self.wire.forget(self._socket)
        self._socket.close()
        self._sink.close()

    def forget(self, user: str) -> None:
        """Wait for this user's registration anew; what is still under way is over."""
        self.wire.rest(SETTLE_S)
        self.registered_ns.pop(user, None)
        self.contacts.pop(user, None)

    # -- what a caller does ---------------------------------------------------

    def invite(self, user: str, codec: str = PCMU, rtp_port: int = 0) -> PeerCall:
        """Call a registered user; the answer is acknowledged at once.

        Args:
            user: who.
            codec: see ``PeerCall``.
            rtp_port: where their sound goes; 0 = to a port where nobody reads.
        """
        target = self.contacts[user]
        address = address_of(target)
        assert address is not None
        rtp_port = rtp_port or int(self._sink.getsockname()[1])
        call = PeerCall(secrets.token_hex(8), user, target, address, codec, rtp_port)
        self.calls[call.call_id] = call
        request = self._request(call, "INVITE", 1, sdp(HOST, codec, rtp_port))
        call.invited_ns = time.monotonic_ns()
        self._socket.sendto(request, address)
        return call

    def hang_up(self, call: PeerCall) -> int:
        """Send BYE; return when, in nanoseconds."""
        request = self._request(call, "BYE", 2)
        now_ns = time.monotonic_ns()
        self._socket.sendto(request, call.address)
        return now_ns

    # -- what arrives ---------------------------------------------------------

    def _ready(self) -> None:
        data, sender = self._socket.recvfrom(65_536)
        now_ns = time.monotonic_ns()
        if len(data) < 16:
            return  # a keep-alive (RFC 5626)
        message = Message(data)
        if message.is_request:
            self._requested(message, sender, now_ns)
        elif call := self.calls.get(message.get("call-id")):
            self._answered(call, message, now_ns)

    def _requested(self, message: Message, sender: Address, now_ns: int) -> None:
        answer = self.called.take(message, now_ns)
        if message.method == "ACK":
            return
        if message.method == "REGISTER" and message.get("expires") != "0":
            user = uri_of(message.get("to")).partition(":")[2].partition("@")[0]
            self.registered_ns.setdefault(user, now_ns)
            self.contacts[user] = uri_of(message.get("contact"))
        call = self.calls.get(message.get("call-id"))
        if message.method == "BYE" and call is not None:
            call.bye_ns = call.bye_ns or now_ns
            call.closed_ns = call.closed_ns or now_ns
        self._socket.sendto(answer or ok(message), sender)

    def _answered(self, call: PeerCall, message: Message, now_ns: int) -> None:
        status, method = message.code, message.get("cseq").split()[-1]
        if method == "BYE":
            call.closed_ns = call.closed_ns or now_ns
        elif status in {180, 183}:
            call.ringing_ns = call.ringing_ns or now_ns
        elif status >= 200:
            call.remote_tag = message.get("to").partition("tag=")[2].partition(";")[0]
            if status < 300:
                self._established(call, message, now_ns)
            else:
                call.refused = status
            self._socket.sendto(self._request(call, "ACK", 1), call.address)

    def _established(self, call: PeerCall, message: Message, now_ns: int) -> None:
        call.answered_ns = call.answered_ns or now_ns
        call.target = uri_of(message.get("contact"))
        call.address = address_of(call.target) or call.address
        port = message.body.partition(b"m=audio ")[2].split()
        call.remote_rtp = (HOST, int(port[0])) if port else None

    def _request(self, call: PeerCall, method: str, number: int, body: str = "") -> bytes:
        tag = f";tag={call.remote_tag}" if call.remote_tag else ""
        lines = [
            f"{method} {call.target} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self.port};rport;branch=z9hG4bK{method}{call.call_id}",
            "Max-Forwards: 70",
            f"From: <sip:bench@{HOST}:{self.port}>;tag={call.call_id}",
            f"To: <sip:{call.user}@{HOST}>{tag}",
            f"Call-ID: {call.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:bench@{HOST}:{self.port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join([*lines, "", body])).encode()
