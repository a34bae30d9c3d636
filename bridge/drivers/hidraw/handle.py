"""One open hidraw node, by the ``hidraw`` module of the ``hidapi`` package.

Not its ``hid`` module: in the binary packages that one is libusb, which takes the interface away
from the kernel, and with it the volume keys and every other program.

Facts about the binding (0.15.0, tried): a failed open is an ``OSError`` without a number, so the
reason is looked up afterwards; ``read`` raises ``OSError`` once the device has left; ``write``
returns -1 and does not raise; ``read`` and ``write`` release the interpreter lock, but closing
while another thread reads is a use after free: only the reading thread closes.
"""

import errno
import os
from collections.abc import Callable
from types import ModuleType
from typing import Protocol, cast

from bridge.drivers.ports import HidHandle, HidNode
from bridge.model.errors import DeviceBusy, DeviceGone, PermissionMissing, TransportError

READ_BYTES = 4096 + 1  # no report is longer than what a descriptor of 4096 bytes can declare;
# reading takes as long as the report, not as long as the buffer

WAY_OUT = (
    "install the group and the udev rule of systemd/README.md, then unplug and plug in the device; "
    "for a service, add its user to the group offhook; `offhook doctor` says what is missing"
)


class _Device(Protocol):
    """What we use of ``hidraw.device``."""

    def open_path(self, path: bytes) -> None: ...
    def read(self, max_length: int, timeout_ms: int) -> list[int]: ...
    def write(self, report: bytes) -> int: ...
    def send_feature_report(self, report: bytes) -> int: ...
    def get_feature_report(self, report_id: int, max_length: int) -> list[int]: ...
    def error(self) -> str: ...
    def close(self) -> None: ...


def open_hidraw(node: HidNode) -> HidHandle:
    """Open a hidraw node for reading and writing.

    Args:
        node: where; only ``node.node`` is used.

    Raises:
        PermissionMissing: the node is there, but this user may not open it.
        DeviceBusy: the device answers that somebody else has it.
        DeviceGone: there is no such node (any more).
        TransportError: anything else, such as no hidapi in this installation.
    """
    device = cast("_Device", _module().device())
    try:
        device.open_path(os.fsencode(node.node))
    except OSError as error:
        raise why_not(node.node) from error
    return HidrawHandle(node.node, device)


def _module() -> ModuleType:
    try:
        import hidraw  # noqa: PLC0415  # not loaded on machines without headsets
    except ImportError as error:
        raise TransportError(
            f"no way to open headsets, the Python package hidapi has no hidraw module: {error}"
        ) from error
    module: ModuleType = hidraw
    return module


def why_not(path: str) -> TransportError:
    """Return why a node cannot be opened, with the way out."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except PermissionError:
        return PermissionMissing(f"no access to {path}: {WAY_OUT}")
    except OSError as error:
        if error.errno == errno.EBUSY:
            return DeviceBusy(f"{path} is used by another program: close it, then plug in again")
        if error.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESHUTDOWN}:
            return DeviceGone(f"{path} is gone: plug the device in again")
        return TransportError(f"{path} cannot be opened: {error.strerror}")
    return TransportError(f"{path} could not be opened just now, but could be a moment later")


class HidrawHandle:
    """An open node. See ``ports.HidHandle`` for the contract.

    Args:
        path: for messages.
        device: opened; owned by this handle from now on.
    """

    def __init__(self, path: str, device: _Device) -> None:
        self._path = path
        self._device = device
        self._closed = False

    def read(self, timeout_s: float) -> bytes:
        # A time limit of 0 means "for ever" to the binding.
        timeout_ms = max(1, round(timeout_s * 1000))
        try:
            return bytes(self._device.read(READ_BYTES, timeout_ms))
        except (OSError, ValueError) as error:  # ValueError: not open
            raise DeviceGone(f"{self._path} is gone: plug the device in again") from error

    def write(self, report: bytes) -> None:
        self._send(self._device.write, "output", report)

    def write_feature(self, report: bytes) -> None:
        self._send(self._device.send_feature_report, "feature", report)

    def read_feature(self, report_id: int, length: int) -> bytes:
        try:
            return bytes(self._device.get_feature_report(report_id, length))
        except ValueError as error:  # not open
            raise DeviceGone(f"{self._path} is gone: plug the device in again") from error
        except OSError as error:
            if not os.path.exists(self._path):  # noqa: PTH110  # one call, after a failure only
                raise DeviceGone(f"{self._path} is gone: plug the device in again") from error
            reason = f"{self._path} refused to tell feature report {report_id}: {error}"
            raise TransportError(reason) from error

    def _send(self, send: Callable[[bytes], int], kind: str, report: bytes) -> None:
        try:
            written = send(report)
            reason = "" if written == len(report) else self._device.error()
        except (OSError, ValueError) as error:
            raise DeviceGone(f"{self._path} is gone: plug the device in again") from error
        if written == len(report):
            return
        if not os.path.exists(self._path):  # noqa: PTH110  # one call, after a failed write only
            raise DeviceGone(f"{self._path} is gone: plug the device in again")
        what = reason or f"{written} of {len(report)} bytes written"
        raise TransportError(f"{self._path} refused {kind} report {report[0]}: {what}")

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._device.close()
