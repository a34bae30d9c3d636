"""What host and panel say to each other: frames ↔ messages. ``panel_frames.md`` has the tables."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from bridge.model.blf import Color, Lamp, Pattern
from bridge.model.redaction import printable
from bridge.protocols.panel_frames import FROM_PANEL, RELIABLE, Frame

OLDEST = NEWEST = 1  # versions of the protocol that are spoken here

MOST_KEYS = 256
LEAST_PAYLOAD = 64  # bytes a panel has to take
MOST_TEXT = 64  # bytes of text on a key

COLORS = (  # number in a lamp byte = place
    Color.OFF,
    Color.GREEN,
    Color.RED,
    Color.AMBER,
    Color.BLUE,
    Color.DARK_BLUE,
    Color.WHITE,
)
PATTERNS = (Pattern.STEADY, Pattern.SLOW, Pattern.FAST, Pattern.DOUBLE, Pattern.WINK)

_HELLO = struct.Struct("<BBHHHBBHB")
_START = struct.Struct("<BHBH")
_KEY = struct.Struct("<BBH")


class Kind(IntEnum):
    """Kinds of frames."""

    ASK = 0x01
    BEAT = 0x02
    BYE = 0x03
    ACK = 0x04
    START = 0x01 | RELIABLE
    LAMPS = 0x02 | RELIABLE
    TEXTS = 0x03 | RELIABLE
    HELLO = 0x01 | FROM_PANEL
    PANEL_BEAT = 0x02 | FROM_PANEL
    PANEL_ACK = 0x04 | FROM_PANEL
    KEY = 0x01 | FROM_PANEL | RELIABLE


class Status(IntEnum):
    """How a panel took a reliable frame."""

    DONE = 0
    UNKNOWN_KIND = 1
    BAD_LENGTH = 2
    BAD_KEY = 3
    BAD_VALUE = 4


# -- from the panel ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """A panel says what it is.

    Args:
        oldest, newest: versions of the protocol it speaks.
        nonce: 0..65535; the session that begins now has to repeat it.
        session: that it is in; 0 = none.
        keys: 1..256.
        colors: its lamps can show; never without ``OFF``.
        patterns: it can blink; never without ``STEADY``.
        most_payload: bytes it takes in a frame.
        text_bytes: it can show on each key; 0 = no text.
        model, firmware, serial: printable, may be empty.
    """

    oldest: int
    newest: int
    nonce: int
    session: int
    keys: int
    colors: frozenset[Color]
    patterns: frozenset[Pattern]
    most_payload: int
    text_bytes: int
    model: str
    firmware: str
    serial: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key moved, some time ago.

    Args:
        key: 0..255.
        down: False = released.
        age_ms: since it moved, until this frame was sent; 65535 = that or more.
    """

    key: int
    down: bool
    age_ms: int


@dataclass(frozen=True, slots=True)
class Ack:
    """A reliable frame arrived; its number is that of the acknowledging frame."""

    status: int


@dataclass(frozen=True, slots=True)
class Beat:
    """The other side lives."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A whole frame that means nothing.

    Args:
        reason: a few words, to be counted by.
    """

    reason: str


Said = Hello | Key | Ack | Beat | Odd


def read_panel(frame: Frame) -> Said:
    """Return what a frame says when a panel sent it."""
    payload = frame.payload
    match frame.kind:
        case Kind.HELLO:
            return _hello(frame)
        case Kind.PANEL_BEAT:
            return Beat()
        case Kind.PANEL_ACK:
            return Ack(payload[0]) if payload else Odd("acknowledgement without a status")
        case Kind.KEY:
            if len(payload) < _KEY.size or payload[1] > 1:
                return Odd("key of no sense")
            key, down, age_ms = _KEY.unpack_from(payload)
            return Key(key, down == 1, age_ms)
        case _ if not frame.kind & FROM_PANEL:
            return Odd("echo")
        case _:
            return Odd("unknown kind")


def _hello(frame: Frame) -> Hello | Odd:
    """Longer than it should be is no fault: later versions may add to it."""
    payload = frame.payload
    if len(payload) < _HELLO.size:
        return Odd("hello cut short")
    oldest, newest, nonce, keys, colors, patterns, _, most, text = _HELLO.unpack_from(payload)
    words = _words(payload[_HELLO.size :], 3)
    if words is None:
        return Odd("hello cut short")
    text = min(text, MOST_TEXT)
    if not 1 <= keys <= MOST_KEYS or most < max(LEAST_PAYLOAD, text + 2) or oldest > newest:
        return Odd("hello of no sense")
    return Hello(
        oldest=oldest,
        newest=newest,
        nonce=nonce,
        session=frame.session,
        keys=keys,
        colors=frozenset(one for bit, one in enumerate(COLORS) if colors >> bit & 1) | {Color.OFF},
        patterns=frozenset(one for bit, one in enumerate(PATTERNS) if patterns >> bit & 1)
        | {Pattern.STEADY},
        most_payload=most,
        text_bytes=text,
        model=words[0],
        firmware=words[1],
        serial=words[2],
    )


def _words(data: bytes, count: int) -> list[str] | None:
    """Return so many texts, each after its length; None when they are not all there."""
    words = []
    for _ in range(count):
        if not data or len(data) <= data[0]:
            return None
        words.append(printable(data[1 : 1 + data[0]].decode(errors="replace")).strip())
        data = data[1 + data[0] :]
    return words


# -- to the panel ------------------------------------------------------------------


def ask() -> Frame:
    """Return the question who is there."""
    return Frame(Kind.ASK, payload=bytes((OLDEST, NEWEST)))


def start(session: int, hello: Hello, version: int, silence_s: float, unknown: Lamp) -> Frame:
    """Return the begin of a session, number 1 of its frames.

    Args:
        session: 1..255.
        hello: what is answered.
        version: to be spoken.
        silence_s: 0.1..60; a panel that hears nothing for so long shows unknown by itself.
        unknown: what it shows then.
    """
    payload = _START.pack(version, round(silence_s * 1000), lamp_byte(unknown), hello.nonce)
    return Frame(Kind.START, session, 1, payload)


def lamps_payload(lamps: Mapping[int, Lamp]) -> bytes:
    """Return the payload that sets lamps, by key."""
    return b"".join(bytes((key, lamp_byte(lamp))) for key, lamp in lamps.items())


def texts_payload(texts: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the payload that sets texts, by key; UTF-8."""
    return b"".join(bytes((key, len(text))) + text for key, text in texts)


def lamp_byte(lamp: Lamp) -> int:
    """Return colour (low half) and pattern (high half) of a lamp."""
    return COLORS.index(lamp.color) | PATTERNS.index(lamp.pattern) << 4


def cut(text: str, most_bytes: int) -> bytes:
    """Return the begin of a text in UTF-8, no character torn."""
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore").encode()
