"""Publishing our user's dialog state (RFC 3903, event package ``dialog`` of RFC 4235).

Theory: the server keeps a document for a while under a tag; each later request quotes the tag. Only
one request is ever under way: a second one without the tag would make a second document that nobody
ends, and a lamp that stays lit. The last call's end is published as ``terminated`` for a short time
and the tag forgotten, because servers show the old state again when a document is removed, and
ignore what follows one in which everything has ended. So a lamp never outlives us by more than the
asked-for time.

Pure: the driver moves bytes and tells the time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.protocols.dialog_info import CONTENT_TYPE, ShownDialog, write_dialog_info
from bridge.protocols.sip_digest import credentials, read_challenges

EXPIRES_S = 120
"""Life of a document without a refresh: what a lamp may lie when we are killed."""

ENDED_S = 10
"""Life of a document in which everything has ended."""

ANSWER_S = 32.0
"""RFC 3261 timer F: a request that has no answer by then has failed."""

AGAIN_S, LATER_S = 30.0, 3600.0
"""When to try again: after no answer or a server's trouble; after "I do not do this"."""

REFRESH_AT = 0.6
"""Part of its life at which a document is renewed."""

_NOT_DONE_HERE = frozenset({403, 404, 405, 489, 501})
_STATUS = re.compile(rb"SIP/2\.0 ([1-6]\d\d) ?([^\r\n]*)\r\n")
_LIMIT_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose state it is, and how it is proved.

    Args:
        uri: address of the user, ``sip:200@pbx.example``.
        auth_user, password: for the digest.
        via: protocol and address of our end, ``UDP 192.0.2.1:5062``.
    """

    uri: str
    auth_user: str
    password: str = field(repr=False)
    via: str


class Publication:
    """One user's published state.

    Args:
        identity: whose.
        fresh: makes 16 or more random characters ``[0-9a-z]`` each time.
    """

    def __init__(self, identity: Identity, fresh: Callable[[], str]) -> None:
        self.trouble = ""
        self._identity = identity
        self._fresh = fresh
        self._call_id, self._tag = fresh(), fresh()
        self._cseq = self._version = 0
        self._wanted: tuple[ShownDialog, ...] = ()
        self._said: tuple[ShownDialog, ...] = ()  # under the tag
        self._etag = ""
        self._expires_s = EXPIRES_S
        self._refresh_at_s = 0.0
        self._quiet_until_s = 0.0
        self._flight: _Flight | None = None
        self._proof = ""  # header that answers a challenge

    def want(self, dialogs: tuple[ShownDialog, ...]) -> None:
        """Say what watchers shall see; no dialogs = free."""
        self._wanted = dialogs

    @property
    def is_told(self) -> bool:
        """Whether the server knows the present state and nothing is under way."""
        return self._flight is None and self._said == self._wanted

    @property
    def is_lit(self) -> bool:
        """Whether the server shows a call, or may be about to."""
        return bool(self._said) or self._flight is not None

    def take(self, now_s: float) -> bytes | None:
        """Return the request to send now; None while there is none, or one is under way."""
        if self._flight is not None:
            if now_s - self._flight.sent_s < ANSWER_S:
                return None
            self._gave_up("no answer", now_s, AGAIN_S)
        if self._proof:
            return self._send(now_s)
        if now_s < self._quiet_until_s:
            return None
        if self._said == self._wanted and (not self._etag or now_s < self._refresh_at_s):
            return None
        return self._send(now_s)

    def next_s(self, now_s: float) -> float | None:
        """Return when to call ``take`` again without any event, monotonic seconds; None = never."""
        if self._flight is not None:
            return self._flight.sent_s + ANSWER_S
        if self._proof or self._said != self._wanted:
            return max(now_s, self._quiet_until_s)
        return max(self._refresh_at_s, self._quiet_until_s) if self._etag else None

    def receive(self, data: bytes, now_s: float) -> None:
        """Take one datagram or message from the server; anything else is ignored."""
        flight = self._flight
        answer = read_answer(data)
        if flight is None or answer is None or answer.branch != flight.branch:
            return
        if answer.status < 200:
            return
        self._flight = None
        if answer.status in {401, 407} and not flight.is_proved:
            self._prove(answer, now_s)
        elif answer.status < 300:
            self._accepted(answer, flight, now_s)
        else:
            self._refused(answer, now_s)

    # -- private --------------------------------------------------------------

    def _send(self, now_s: float) -> bytes:
        proof, self._proof = self._proof, ""
        ended = tuple(
            ShownDialog(one.name, "terminated", one.is_initiator)
            for one in self._said
            if one.name not in {now.name for now in self._wanted}
        )
        self._flight = flight = _Flight(f"z9hG4bK{self._fresh()}", now_s, self._wanted, bool(proof))
        self._cseq += 1
        self._version += 1
        body = write_dialog_info(self._identity.uri, self._version, (*self._wanted, *ended))
        lines = [
            f"PUBLISH {self._identity.uri} SIP/2.0",
            f"Via: SIP/2.0/{self._identity.via};branch={flight.branch};rport",
            "Max-Forwards: 70",
            f"From: <{self._identity.uri}>;tag={self._tag}",
            f"To: <{self._identity.uri}>",
            f"Call-ID: {self._call_id}",
            f"CSeq: {self._cseq} PUBLISH",
            "Event: dialog",
            f"Expires: {self._expires_s if self._wanted else ENDED_S}",
            *([f"SIP-If-Match: {self._etag}"] if self._etag else []),
            *([proof] if proof else []),
            f"Content-Type: {CONTENT_TYPE}",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _prove(self, answer: "Answer", now_s: float) -> None:
        challenge = read_challenges(answer.all("www-authenticate", "proxy-authenticate"))
        if challenge is None:
            self._gave_up("it asks for a proof that we cannot give", now_s, LATER_S)
            return
        me = self._identity
        proof = credentials(challenge, me.auth_user, me.password, "PUBLISH", me.uri, self._fresh())
        name = "Authorization" if answer.status == 401 else "Proxy-Authorization"
        self._proof = f"{name}: {proof}"

    def _accepted(self, answer: "Answer", flight: "_Flight", now_s: float) -> None:
        self.trouble = ""
        self._said = flight.dialogs
        self._etag = answer.one("sip-etag") if flight.dialogs else ""
        life_s = _number(answer.one("expires"), self._expires_s)
        self._refresh_at_s = now_s + REFRESH_AT * life_s

    def _refused(self, answer: "Answer", now_s: float) -> None:
        longer_s = _number(answer.one("min-expires"), 0)
        if answer.status == 412 and self._etag:  # it has forgotten the document: begin a new one
            self._etag = ""
            self._said = ()
        elif answer.status == 423 and self._expires_s < longer_s:
            self._expires_s = longer_s
        else:
            pause_s = LATER_S if answer.status in _NOT_DONE_HERE else AGAIN_S
            self._gave_up(f"{answer.reason} (SIP {answer.status})", now_s, pause_s)

    def _gave_up(self, why: str, now_s: float, pause_s: float) -> None:
        self.trouble = f"the PBX does not take our lamp state: {why}"
        self._flight = None
        self._etag = ""
        self._said = ()
        self._quiet_until_s = now_s + pause_s


@dataclass(frozen=True, slots=True)
class _Flight:
    """The request that is under way."""

    branch: str
    sent_s: float
    dialogs: tuple[ShownDialog, ...]
    is_proved: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A SIP response.

    Args:
        status: 100..699.
        reason: phrase, printable.
        headers: names in lower case, in order.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]

    def all(self, *names: str) -> list[str]:
        """Return the values of headers."""
        return [value for name, value in self.headers if name in names]

    def one(self, name: str) -> str:
        """Return the first value of a header, empty without one."""
        return next(iter(self.all(name)), "")

    @property
    def branch(self) -> str:
        """The branch of the topmost ``Via``: which request it answers."""
        found = re.search(r";\s*branch=([^;,\s]+)", self.one("via") or self.one("v"))
        return found[1] if found else ""


def read_answer(data: bytes) -> Answer | None:
    """Return the response in a message, None when it is none."""
    status = _STATUS.match(data[:_LIMIT_BYTES])
    if status is None:
        return None
    head = data[status.end() :].partition(b"\r\n\r\n")[0].decode(errors="replace")
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
    return Answer(int(status[1]), status[2].decode(errors="replace")[:64], headers)


def _number(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,6}", text) else otherwise
