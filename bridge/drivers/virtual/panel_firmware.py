"""Reference firmware of a serial key panel, and the heart of the virtual one.

It is written as a microcontroller does it, from ``bridge/protocols/panel_frames.md`` alone, and
shares no line with the host: each checks the other. It needs ``binascii`` and ``struct`` only and
keeps to what MicroPython and CircuitPython understand (no dataclasses, enums or ``match``), so that
the file can be copied onto a board. It has been run by CPython; no board was at hand.

A main program gives it bytes, key movements and milliseconds, and takes its bytes::

    panel.receive(port.read(), now_ms)
    panel.key(number, is_down, now_ms)
    panel.tick(now_ms)
    port.write(panel.output())
"""

import binascii
import struct

VERSION = 1

# Kinds of frames; 0x80 = from the panel, 0x40 = wants an acknowledgement.
ASK = 0x01
BEAT = 0x02
BYE = 0x03
ACK = 0x04
START = 0x41
LAMPS = 0x42
TEXTS = 0x43
HELLO = 0x81
PANEL_BEAT = 0x82
PANEL_ACK = 0x84
KEY = 0xC1

DONE = 0
UNKNOWN_KIND = 1
BAD_LENGTH = 2
BAD_KEY = 3
BAD_VALUE = 4

DARK_BLUE = 5
OFF = 0

MOST_PAYLOAD = 512
MOST_STUFFED = 4 + MOST_PAYLOAD + 4 + 3

HELLO_MS = 1000  # without a session it says hello so often
BEAT_MS = 1000
RESEND_MS = 250
MOST_TRIES = 8  # of one frame; then the session is given up
MOST_WAITING = 32  # key movements; more of them unheard than that: the session is given up


class Board:
    """What the firmware needs of the hardware. This one does nothing."""

    def lamp(self, key: int, color: int, pattern: int) -> None:
        """Light a lamp; the board does the blinking."""

    def text(self, key: int, text: bytes) -> None:
        """Show a text, UTF-8, lines parted by a line feed."""


class Make:
    """What a panel is; set what differs.

    ``keys`` 1..256; ``colors`` and ``patterns`` are bit masks, bit n = number n of the page;
    ``text_bytes`` of each key, 0 = keys without text; ``oldest`` and ``newest`` version of the
    protocol (tests pretend to others).
    """

    keys = 8
    colors = 0b1111111
    patterns = 0b11111
    text_bytes = 0
    model = "Reference panel"
    firmware = "1.0"
    serial = ""
    oldest = VERSION
    newest = VERSION


class PanelFirmware:
    """A panel, from its bytes to its lamps.

    Args:
        board: lamps and texts.
        make: what it is.
        nonce: 0..65535, another one after each start, at random where possible.
    """

    def __init__(self, board: Board, make: Make, nonce: int) -> None:
        self.board = board
        self.make = make
        self.nonce = nonce
        self.session = 0
        self.unknown = DARK_BLUE if make.colors >> DARK_BLUE & 1 else OFF
        self._in = bytearray()
        self._skips = False
        self._out = bytearray()
        self._silence_ms = 3000
        self._heard_ms = 0
        self._said_ms = 0
        self._host_number = 0
        self._host_check = b""  # of the frame with that number
        self._host_status = DONE
        self._number = 0
        self._waiting: list[tuple[int, int, int]] = []  # key, down, when
        self._sent_ms = 0
        self._tries = 0
        self._is_sent = False  # and not acknowledged
        self._has_number = False  # the oldest movement, that of its frame
        self._greet_ms = 0
        self._all_lamps(self.unknown)

    # -- what the main program calls -----------------------------------------------

    def receive(self, data: bytes, now_ms: int) -> None:
        """Take bytes from the line."""
        for byte in data:
            if byte:
                if len(self._in) < MOST_STUFFED:
                    self._in.append(byte)
                else:
                    self._skips = True
                continue
            if self._in and not self._skips:
                self._frame(bytes(self._in), now_ms)
            self._in = bytearray()
            self._skips = False

    def key(self, number: int, down: bool, now_ms: int) -> None:
        """Tell that a key moved. What happens outside of a session is nobody's business."""
        if not self.session:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._end(now_ms)
            return
        self._waiting.append((number, 1 if down else 0, now_ms))
        self._send_key(now_ms)

    def tick(self, now_ms: int) -> None:
        """Do what is due; call it ten times a second or more."""
        if not self.session:
            if now_ms >= self._greet_ms:
                self._hello(now_ms)
            return
        if now_ms - self._heard_ms >= self._silence_ms:
            self._end(now_ms)
            return
        if self._is_sent and now_ms - self._sent_ms >= RESEND_MS:
            if self._tries >= MOST_TRIES:
                self._end(now_ms)
                return
            self._is_sent = False
            self._send_key(now_ms)
        if now_ms - self._said_ms >= BEAT_MS:
            self._send(PANEL_BEAT, 0, b"", now_ms)

    def output(self) -> bytes:
        """Take what is to be written to the line."""
        data = bytes(self._out)
        self._out = bytearray()
        return data

    # -- frames --------------------------------------------------------------------

    def _frame(self, stuffed: bytes, now_ms: int) -> None:
        data = unstuff(stuffed)
        if data is None or len(data) < 8:
            return
        body = data[:-4]
        if binascii.crc32(body) != struct.unpack("<I", data[-4:])[0]:
            return
        kind, session, number = struct.unpack("<BBH", body[:4])
        if kind & 0x80:  # our own words, sent back
            return
        payload = body[4:]
        if kind == ASK:
            self._hello(now_ms)
        elif kind == START:
            self._start(session, number, payload, now_ms)
        elif session and session == self.session:
            self._heard_ms = now_ms
            self._in_session(kind, number, payload, data[-4:], now_ms)

    def _start(self, session: int, number: int, payload: bytes, now_ms: int) -> None:
        if len(payload) < 6:
            return
        version, silence_ms, unknown, nonce = struct.unpack("<BHBH", payload[:6])
        if session == self.session and number == self._host_number:
            self._send(PANEL_ACK, number, bytes([DONE]), now_ms)  # our acknowledgement was lost
            return
        if nonce != self.nonce or not session:
            if not self.session:
                self._hello(now_ms)  # the host answers one that is old, out of some buffer
            return
        if not self.make.oldest <= version <= self.make.newest or not self._has(unknown):
            self.session = session
            self._send(PANEL_ACK, number, bytes([BAD_VALUE]), now_ms)
            self.session = 0
            return
        self.nonce = (self.nonce + 1) & 0xFFFF
        self.session = session
        self.unknown = unknown
        self._silence_ms = silence_ms
        self._heard_ms = now_ms
        self._host_number = number
        self._host_status = DONE
        self._number = 0
        self._waiting = []
        self._is_sent = False
        self._has_number = False
        self._all_lamps(OFF)
        self._send(PANEL_ACK, number, bytes([DONE]), now_ms)

    def _in_session(
        self, kind: int, number: int, payload: bytes, check: bytes, now_ms: int
    ) -> None:
        if kind & 0x40:
            if number == _after(self._host_number):
                self._host_number = number
                self._host_check = check
                self._host_status = self._do(kind, payload)
            elif number != self._host_number or check != self._host_check:
                return  # out of step: the host gives up, and begins anew
            self._send(PANEL_ACK, number, bytes([self._host_status]), now_ms)
        elif kind == BYE:
            self._end(now_ms)
        elif kind == ACK and self._is_sent and number == self._number:
            self._waiting.pop(0)
            self._is_sent = False
            self._has_number = False
            self._send_key(now_ms)

    def _do(self, kind: int, payload: bytes) -> int:
        if kind == LAMPS:
            return self._set_lamps(payload)
        if kind == TEXTS:
            return self._set_texts(payload)
        return UNKNOWN_KIND

    def _set_lamps(self, payload: bytes) -> int:
        """Set all lamps of a frame, or none."""
        if len(payload) % 2:
            return BAD_LENGTH
        for at in range(0, len(payload), 2):
            if payload[at] >= self.make.keys:
                return BAD_KEY
            if not self._has(payload[at + 1]):
                return BAD_VALUE
        for at in range(0, len(payload), 2):
            self.board.lamp(payload[at], payload[at + 1] & 0x0F, payload[at + 1] >> 4)
        return DONE

    def _set_texts(self, payload: bytes) -> int:
        texts = []
        at = 0
        while at < len(payload):
            if at + 2 > len(payload) or at + 2 + payload[at + 1] > len(payload):
                return BAD_LENGTH
            end = at + 2 + payload[at + 1]
            texts.append((payload[at], payload[at + 2 : end]))
            if payload[at] >= self.make.keys:
                return BAD_KEY
            if payload[at + 1] > self.make.text_bytes:
                return BAD_VALUE
            at = end
        for key, text in texts:
            self.board.text(key, text)
        return DONE

    def _has(self, lamp: int) -> bool:
        """Say whether there is such a lamp."""
        color = lamp & 0x0F
        return bool(
            (color == OFF or self.make.colors >> color & 1)
            and self.make.patterns >> (lamp >> 4) & 1
        )

    # -- saying something ----------------------------------------------------------

    def _hello(self, now_ms: int) -> None:
        self._greet_ms = now_ms + HELLO_MS
        payload = struct.pack(
            "<BBHHHBBHB",
            self.make.oldest,
            self.make.newest,
            self.nonce,
            self.make.keys,
            self.make.colors,
            self.make.patterns,
            0,
            MOST_PAYLOAD,
            self.make.text_bytes,
        )
        for name in (self.make.model, self.make.firmware, self.make.serial):
            text = name.encode()[:48]
            payload += bytes([len(text)]) + text
        self._send(HELLO, 0, payload, now_ms)

    def _send_key(self, now_ms: int) -> None:
        """Send the oldest movement, if none is on its way."""
        if self._is_sent or not self._waiting:
            return
        key, down, moved_ms = self._waiting[0]
        if not self._has_number:
            self._number = _after(self._number)
            self._has_number = True
            self._tries = 0
        self._tries += 1
        age_ms = min(now_ms - moved_ms, 0xFFFF)
        self._is_sent = True
        self._sent_ms = now_ms
        self._send(KEY, self._number, struct.pack("<BBH", key, down, age_ms), now_ms)

    def _send(self, kind: int, number: int, payload: bytes, now_ms: int) -> None:
        body = struct.pack("<BBH", kind, self.session, number) + payload
        self._out += b"\0" + stuff(body + struct.pack("<I", binascii.crc32(body))) + b"\0"
        self._said_ms = now_ms

    def _end(self, now_ms: int) -> None:
        """Leave the session: nobody tells what the lamps should show."""
        self.session = 0
        self.nonce = (self.nonce + 1) & 0xFFFF
        self._waiting = []
        self._is_sent = False
        self._has_number = False
        self._all_lamps(self.unknown)
        self._hello(now_ms)

    def _all_lamps(self, lamp: int) -> None:
        for key in range(self.make.keys):
            self.board.lamp(key, lamp & 0x0F, lamp >> 4)
            if self.make.text_bytes:
                self.board.text(key, b"")


def _after(number: int) -> int:
    """Return the next number of a frame; 0 is none."""
    return number + 1 if number < 0xFFFF else 1


def stuff(data: bytes) -> bytes:
    """Return data in which no byte is 0 (COBS)."""
    out = bytearray(b"\1")
    place = 0  # of the count that is open
    for byte in data:
        if byte:
            out.append(byte)
            out[place] += 1
        if not byte or out[place] == 0xFF:
            place = len(out)
            out.append(1)
    return bytes(out)


def unstuff(data: bytes) -> "bytes | None":
    """Return the data again, None for nonsense."""
    out = bytearray()
    at = 0
    while at < len(data):
        count = data[at]
        if count == 0 or at + count > len(data):
            return None
        out += data[at + 1 : at + count]
        at += count
        if count != 0xFF and at < len(data):
            out.append(0)
    return bytes(out)
