"""An X-keys panel without hardware, at its bytes (``bridge/protocols/xkeys.md``).

It keeps its lights by their numbers, as the panel does, and refuses what has another length. Which
key a light is under is worked out from the model's rows and columns, apart from the driver's way.
"""

import threading
from collections import deque

from bridge.drivers.ports import HidNode
from bridge.model.blf import Color
from bridge.model.errors import DeviceGone, TransportError
from bridge.profiles.hid_panels import PI_ENGINEERING, Lights, XkeysModel

# A vendor page, reports without numbers, 32 bytes in and 35 out. Made up: nobody published theirs.
DESCRIPTOR = bytes.fromhex("06 00 ff 09 01 a1 01 15 00 26 ff 00 75 08 95 20 09 02 81 02")
DESCRIPTOR += bytes.fromhex("95 23 09 03 91 02 c0")
_GONE = "the virtual panel is gone: plug it in again"


class VirtualXkeys:
    """The panel on the desk: what a hand and an eye have of it.

    Args:
        model: which.
        unit: the number its user gave it.
    """

    def __init__(self, model: XkeysModel, unit: int = 0) -> None:
        self.model = model
        self.unit = unit
        self.plug()

    def plug(self) -> None:
        """Plug it in: it remembers nothing, and what was opened before stays dead."""
        self.handle = XkeysHandle(self.unit, self.model.columns)

    def unplug(self) -> None:
        """Pull it out; every read ends."""
        self.handle.end()

    @property
    def lights(self) -> dict[int, int]:
        """By number: 0 off, 1 on, 2 flashing."""
        return self.handle.lights

    @property
    def levels(self) -> tuple[int, int]:
        """Brightness of blue and red, 0..255; -1 while nobody has set it."""
        return self.handle.levels

    def node(self, path: str) -> HidNode:
        """Return it as udev would show it."""
        return HidNode(
            node=path,
            bus=3,
            vendor_id=PI_ENGINEERING,
            product_id=self.model.products[0],
            name=self.model.name,
            serial="",
            port="1-5",
            descriptor=DESCRIPTOR,
        )

    def move(self, key: int, *, down: bool) -> None:
        """Move a key, counted as one reads."""
        self.handle.move(*self._place(key), down=down)

    def lit(self) -> dict[int, Color]:
        """Return the colours of the keys that are lit."""
        found = {}
        for key in range(self.model.keys):
            blue = self._light(key)
            if self.lights.get(blue):
                found[key] = Color.BLUE
            if self.model.red and self.lights.get(blue + self.model.red):
                found[key] = Color.RED
        return found

    def _place(self, key: int) -> tuple[int, int]:
        """Return byte and bit of a key."""
        if self.model.lights is Lights.LINE:
            return key // 8, key % 8
        return key % self.model.columns, key // self.model.columns

    def _light(self, key: int) -> int:
        """Return the number of the blue light of a key."""
        match self.model.lights:
            case Lights.LINE:
                return key
            case Lights.STICK:
                numbers: tuple[int, ...] = (*range(6), *range(8, 14), *range(16, 20))
                return numbers[key]
            case Lights.BANKS:
                column, row = self._place(key)
                return 8 * column + row


class XkeysHandle:
    """The panel from being plugged in until it is pulled: ``ports.HidHandle``."""

    def __init__(self, unit: int, columns: int) -> None:
        self.lights: dict[int, int] = {}
        self.levels = (-1, -1)
        self._unit = unit
        self._changed = threading.Condition()
        self._keys = bytearray(columns)
        self._reports: deque[bytes] = deque()
        self._is_there = True

    def move(self, column: int, row: int, *, down: bool) -> None:
        with self._changed:
            bit = 1 << row
            self._keys[column] = self._keys[column] & ~bit | (bit if down else 0)
            self._tell(bytes([self._unit, 0]) + bytes(self._keys))

    def end(self) -> None:
        with self._changed:
            self._is_there = False
            self._changed.notify_all()

    def _tell(self, report: bytes) -> None:
        self._reports.append(report.ljust(32, b"\0"))
        self._changed.notify_all()

    # -- the host's end --------------------------------------------------------------

    def read(self, timeout_s: float) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._reports or not self._is_there, timeout_s)
            if not self._is_there:
                raise DeviceGone(_GONE)
            return self._reports.popleft() if self._reports else b""

    def write(self, report: bytes) -> None:
        if not self._is_there:
            raise DeviceGone(_GONE)
        if len(report) != 36 or report[0] != 0:
            raise TransportError(f"the virtual panel refused output report {report[:2].hex()}")
        with self._changed:
            match report[1]:
                case 0xB1:
                    self._tell(bytes([self._unit, 2]) + bytes(self._keys))
                case 0xB5:
                    self.lights[report[2]] = report[3]
                case 0xBB:
                    self.levels = (report[2], report[3])
                case 0xD6:
                    self._tell(bytes([self._unit, 0xD6, 0, 0, 0, 0, 0, 0, 0, 0, 13]))

    def write_feature(self, report: bytes) -> None:
        raise TransportError(f"the virtual panel refused feature report {report[:1].hex()}")

    def read_feature(self, report_id: int, length: int) -> bytes:
        raise TransportError(f"the virtual panel has no feature report {report_id} of {length}")

    def close(self) -> None:
        """Do nothing: there is one handle, as long as the panel is there."""
