"""A Stream Deck without hardware, at its bytes: a second-generation deck of 15 keys.

The reports are those the ``streamdeck`` library (0.10.0, StreamDeckOriginalV2) exchanges with it:
pictures in pieces (output report 02 07), features 03 (reset, brightness), 05 (firmware) and 06
(serial number), key states (input report 01). It refuses what has another length or place. Turned
and mirrored as the deck has it, a picture comes out upright.
"""

import threading
from collections import deque

from bridge.drivers.ports import HidNode
from bridge.model.errors import DeviceGone, TransportError

VENDOR, PRODUCT = 0x0FD9, 0x006D
KEYS = 15
PIXELS = 72
_IMAGE_BYTES = 1024  # of an output report, 8 of them a head
_FEATURE_BYTES = (32, 33)  # the library sends one byte too many with the brightness
_GONE = "the virtual deck is gone: plug it in again"


class VirtualDeck:
    """The deck on the desk: what a hand and an eye have of it.

    Args:
        serial: what it calls itself.
    """

    def __init__(self, serial: str = "AL12K1A0001") -> None:
        self.serial = serial
        self.plug()

    def plug(self) -> None:
        """Plug it in: it remembers nothing, and what was opened before stays dead."""
        self.handle = DeckHandle(self.serial)

    def unplug(self) -> None:
        """Pull it out; every read ends."""
        self.handle.end()

    def move(self, key: int, *, down: bool) -> None:
        """Move a key."""
        self.handle.move(key, down=down)

    @property
    def jpegs(self) -> dict[int, bytes]:
        """Last whole picture of each key, as sent."""
        return self.handle.jpegs

    @property
    def drawn(self) -> int:
        """How many pictures were sent since it was plugged in."""
        return self.handle.drawn

    @property
    def brightness(self) -> int:
        """Per cent; -1 while nobody has set it."""
        return self.handle.brightness

    def node(self, path: str) -> HidNode:
        """Return it as udev would show it."""
        return HidNode(
            node=path,
            bus=3,
            vendor_id=VENDOR,
            product_id=PRODUCT,
            name="Stream Deck",
            serial=self.serial,
            port="1-4",
            descriptor=b"",
        )


class DeckHandle:
    """The deck from being plugged in until it is pulled: ``ports.HidHandle``."""

    def __init__(self, serial: str) -> None:
        self.brightness = -1
        self.jpegs: dict[int, bytes] = {}
        self.drawn = 0
        self._serial = serial
        self._changed = threading.Condition()
        self._partial: dict[int, bytes] = {}
        self._reports: deque[bytes] = deque()
        self._is_there = True
        self._keys = bytearray(KEYS)

    def move(self, key: int, *, down: bool) -> None:
        with self._changed:
            self._keys[key] = down
            self._reports.append(bytes([1, 0, KEYS, 0]) + bytes(self._keys))
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._is_there = False
            self._changed.notify_all()

    # -- the host's end --------------------------------------------------------------

    def read(self, timeout_s: float) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._reports or not self._is_there, timeout_s)
            self._check_there()
            return self._reports.popleft() if self._reports else b""

    def write(self, report: bytes) -> None:
        self._check_there()
        if len(report) != _IMAGE_BYTES or report[0] != 2:
            raise TransportError(f"the virtual deck refused output report {report[:1].hex()}")
        if report[1] == 7:
            self._take_picture(report)

    def _take_picture(self, report: bytes) -> None:
        key, is_last = report[2], report[3]
        size = int.from_bytes(report[4:6], "little")
        page = int.from_bytes(report[6:8], "little")
        if key >= KEYS or size > _IMAGE_BYTES - 8:
            raise TransportError(f"the virtual deck refused a picture for key {key}")
        known = self._partial.pop(key, b"") if page else b""
        self._partial[key] = known + report[8 : 8 + size]
        if is_last:
            self.jpegs[key] = self._partial.pop(key)
            self.drawn += 1

    def write_feature(self, report: bytes) -> None:
        self._check_there()
        if len(report) not in _FEATURE_BYTES or report[0] != 3:
            raise TransportError(f"the virtual deck refused feature report {report[:1].hex()}")
        if report[1] == 2:
            self.jpegs.clear()
        elif report[1] == 8:
            self.brightness = report[2]

    def read_feature(self, report_id: int, length: int) -> bytes:
        self._check_there()
        if report_id == 6:
            answer = bytes([6, len(self._serial)]) + self._serial.encode()
        elif report_id == 5:
            answer = bytes([5, 12, 0, 0, 0, 0]) + b"1.00.000"
        else:
            raise TransportError(f"the virtual deck refused to tell feature {report_id}")
        return answer.ljust(length, b"\0")[:length]

    def close(self) -> None:
        pass

    def _check_there(self) -> None:
        if not self._is_there:
            raise DeviceGone(_GONE)
