"""Frames of a serial key panel: a stream of bytes ↔ checked frames (``panel_frames.md``).

COBS stuffing is written out here because the package ``cobs`` has no binary wheels: a machine that
installs the daemon would need a compiler for these twenty lines.
"""

import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from enum import Enum

DELIMITER = b"\0"
MAX_PAYLOAD = 512  # bytes: the lamps of 256 keys in one frame, and little enough for a small chip
MAX_FRAME = 4 + MAX_PAYLOAD + 4
MAX_STUFFED = MAX_FRAME + MAX_FRAME // 254 + 1  # COBS adds one byte, and one for each 254

FROM_PANEL = 0x80  # bit of the kind: who speaks
RELIABLE = 0x40  # bit of the kind: wants an acknowledgement

_HEAD = struct.Struct("<BBH")
_CHECK = struct.Struct("<I")


class Damage(Enum):
    """Why bytes were no frame."""

    TOO_LONG = "too long"
    TOO_SHORT = "too short"
    STUFFING = "bad stuffing"
    CHECKSUM = "bad checksum"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Args:
        kind: 0..255; see ``FROM_PANEL``, ``RELIABLE`` and ``panel_messages``.
        session: 1..255; 0 = outside of any.
        sequence: 0..65535; 0 = not numbered.
        payload: at most ``MAX_PAYLOAD`` bytes.
    """

    kind: int
    session: int = 0
    sequence: int = 0
    payload: bytes = b""


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a frame, a delimiter at both ends: noise before it harms nothing.

    Raises:
        ValueError: the payload is too long (our mistake).
    """
    if len(frame.payload) > MAX_PAYLOAD:
        raise ValueError(f"{len(frame.payload)} bytes of payload, at most {MAX_PAYLOAD}")
    body = _HEAD.pack(frame.kind, frame.session, frame.sequence) + frame.payload
    return DELIMITER + stuff(body + _CHECK.pack(zlib.crc32(body))) + DELIMITER


def decode_frame(stuffed: bytes) -> Frame | Damage:
    """Return what stands between two delimiters, or why it is no frame."""
    if len(stuffed) > MAX_STUFFED:
        return Damage.TOO_LONG
    data = unstuff(stuffed)
    if data is None:
        return Damage.STUFFING
    if len(data) < _HEAD.size + _CHECK.size:
        return Damage.TOO_SHORT
    body, check = data[: -_CHECK.size], data[-_CHECK.size :]
    if _CHECK.unpack(check)[0] != zlib.crc32(body):
        return Damage.CHECKSUM
    kind, session, sequence = _HEAD.unpack_from(body)
    payload = body[_HEAD.size :]
    return (
        Damage.TOO_LONG if len(payload) > MAX_PAYLOAD else Frame(kind, session, sequence, payload)
    )


class Deframer:
    """Finds frames in a stream. Whatever comes, the next delimiter begins anew.

    ``damaged`` counts what was no frame, by reason; ``taken`` counts bytes.
    """

    def __init__(self) -> None:
        self.damaged: Counter[Damage] = Counter()
        self.taken = 0
        self._partial = bytearray()
        self._skips = False  # until the next delimiter

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes in pieces of any size; return the frames that are complete now."""
        self.taken += len(data)
        *complete, rest = data.split(DELIMITER)
        frames = []
        for piece in complete:
            self._add(piece)
            if self._partial:
                frames += self._end(bytes(self._partial))
            self._partial.clear()
            self._skips = False
        self._add(rest)
        return frames

    def _add(self, piece: bytes) -> None:
        if self._skips:
            return
        self._partial += piece
        if len(self._partial) > MAX_STUFFED:
            self.damaged[Damage.TOO_LONG] += 1
            self._partial.clear()
            self._skips = True

    def _end(self, stuffed: bytes) -> list[Frame]:
        match decode_frame(stuffed):
            case Frame() as frame:
                return [frame]
            case Damage() as damage:
                self.damaged[damage] += 1
        return []


# -- Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999) --------------------


def stuff(data: bytes) -> bytes:
    """Return data without zeros: before each run its length + 1, in place of the zero after it."""
    stuffed = bytearray()
    for run in data.split(DELIMITER):
        rest = run
        while len(rest) >= 254:
            stuffed += b"\xff" + rest[:254]
            rest = rest[254:]
        stuffed.append(len(rest) + 1)
        stuffed += rest
    return bytes(stuffed)


def unstuff(stuffed: bytes) -> bytes | None:
    """Return the data again; None when no sender can have made these bytes."""
    data = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        end = at + code
        if code == 0 or end > len(stuffed):
            return None
        data += stuffed[at + 1 : end]
        at = end
        if code < 0xFF and at < len(stuffed):
            data.append(0)
    return bytes(data)
