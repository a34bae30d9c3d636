"""Listening to a hidraw node without being able to write to it: for recordings.

Not by hidapi, which opens for writing as well. Whoever else has the node open hears the same.
"""

import os
import select
from types import TracebackType
from typing import Self

from bridge.drivers.hidraw.handle import why_not
from bridge.model.errors import DeviceGone

REPORT_BYTES = 4097  # longest report with its id


class HidListener:
    """One hidraw node, open for reading only.

    Args:
        path: such as ``/dev/hidraw3``.

    Raises:
        PermissionMissing, DeviceBusy, DeviceGone, TransportError: it cannot be opened, with the
            way out.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise why_not(path) from error
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def __enter__(self) -> Self:
        """Return itself; open already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def read(self, timeout_s: float) -> bytes:
        """Return one report, empty after the time limit.

        Raises:
            DeviceGone: the device has left.
        """
        if not self._poll.poll(timeout_s * 1000):
            return b""
        try:
            report = os.read(self._file, REPORT_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise DeviceGone(f"{self._path} is gone: plug the device in again") from error
        if not report:
            raise DeviceGone(f"{self._path} is gone: plug the device in again")
        return report
