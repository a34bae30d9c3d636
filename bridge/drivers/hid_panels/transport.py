"""An open HID device as the ``streamdeck`` library wants it: bytes only, no second way to open.

The library's own transport is libhidapi's libusb flavour, found by ctypes: it takes the device away
from the kernel, needs other permissions than hidraw, and enumerates all of USB to see whether a
deck is still there. This one is over ``ports.HidHandle``.
"""

import threading
from collections.abc import Callable

from StreamDeck.DeviceManager import DeviceManager
from StreamDeck.Transport.Transport import Transport, TransportError

from bridge.drivers.ports import HidHandle, HidNode
from bridge.model import errors

READ_S = 0.2  # the reader's longest wait, and so about that of closing


class HidTransport(Transport.Device):  # type: ignore[misc]  # the library has no types
    """One deck. The library's reading thread reads and, in the end, closes.

    Args:
        node: of the deck.
        handle: open; owned by this object.
        gone: told once, on the reading thread, when the deck has left.
    """

    def __init__(self, node: HidNode, handle: HidHandle, gone: Callable[[], None]) -> None:
        self._node = node
        self._handle = handle
        self._gone = gone
        self._is_open = True
        self._is_closed = threading.Event()
        self._is_lost = False

    def open(self) -> None:
        """Do nothing: it is open from the beginning."""

    def close(self) -> None:
        """Let the reader close; closing under its read would be a use after free."""
        self._is_open = False

    def shut(self, reader: threading.Thread | None) -> None:
        """Close for good, after the reader has ended. Blocks for ``READ_S`` at most."""
        self._is_open = False
        if reader is not None:
            reader.join()
        if not self._is_closed.is_set():
            self._is_closed.set()
            self._handle.close()

    def is_open(self) -> bool:
        return self._is_open

    def connected(self) -> bool:
        return self._is_open and not self._is_lost

    def path(self) -> str:
        return self._node.node

    def vendor_id(self) -> int:
        return self._node.vendor_id

    def product_id(self) -> int:
        return self._node.product_id

    def read(self, length: int) -> bytes | None:
        if not self._is_open:
            raise TransportError("closed")
        try:
            report = self._handle.read(READ_S)
        except errors.TransportError as error:
            if not self._is_lost:
                self._is_lost = True
                self._gone()
            raise TransportError(str(error)) from error
        return report[:length].ljust(length, b"\0") if report else None

    def write(self, payload: bytes) -> int:
        return self._call(self._handle.write, payload)

    def write_feature(self, payload: bytes) -> int:
        return self._call(self._handle.write_feature, payload)

    def read_feature(self, report_id: int, length: int) -> bytes:
        try:
            return self._handle.read_feature(report_id, length)
        except errors.TransportError as error:
            raise TransportError(str(error)) from error

    def _call(self, send: Callable[[bytes], None], payload: bytes) -> int:
        try:
            send(bytes(payload))
        except errors.TransportError as error:
            raise TransportError(str(error)) from error
        return len(payload)


class _OneDevice:
    """A transport on which there is one device."""

    def __init__(self, device: HidTransport) -> None:
        self._device = device

    def enumerate(self, vid: int, pid: int) -> list[HidTransport]:
        device = self._device
        return [device] if (vid, pid) == (device.vendor_id(), device.product_id()) else []


def deck_on(device: HidTransport) -> object | None:
    """Return the library's deck for a device; None when it does not know the product.

    The library's table of products is inside its ``DeviceManager``, which is why one is made. It
    lists a product twice (0.10.0: 00B9), hence the first.
    """
    manager = DeviceManager("dummy")  # looks for no library and no device
    manager.transport = _OneDevice(device)
    return next(iter(manager.enumerate()), None)
