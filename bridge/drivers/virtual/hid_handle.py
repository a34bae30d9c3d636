"""An open virtual headset: the twin of an open hidraw node."""

import threading
from collections import deque
from collections.abc import Callable

from bridge.model.errors import DeviceGone, TransportError

QUEUED_REPORTS = 63  # per opener (64 slots in linux/hidraw.h, one always free); more are lost

_GONE = "the virtual headset is gone: plug it in again"


class VirtualHandle:
    """See ``ports.HidHandle`` for the contract.

    Args:
        write: takes output reports.
        write_feature: takes feature reports.
        forget: told when the handle is closed.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        write_feature: Callable[[bytes], None],
        forget: Callable[["VirtualHandle"], None],
    ) -> None:
        self._write = write
        self._write_feature = write_feature
        self._forget = forget
        self._queue: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._usable = True
        self._waits = False
        self.attended = True  # somebody reads; a stranger that only writes is not waited for

    def read(self, timeout_s: float) -> bytes:
        with self._changed:
            self._waits = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._queue or not self._usable, timeout_s)
            self._waits = False
            if not self._usable:
                raise DeviceGone(_GONE)
            return self._queue.popleft() if self._queue else b""

    def write(self, report: bytes) -> None:
        if not self._usable:
            raise DeviceGone(_GONE)
        self._write(report)

    def write_feature(self, report: bytes) -> None:
        if not self._usable:
            raise DeviceGone(_GONE)
        self._write_feature(report)

    def read_feature(self, report_id: int, length: int) -> bytes:  # noqa: ARG002  # the port's
        if not self._usable:
            raise DeviceGone(_GONE)
        raise TransportError(f"the virtual headset refused to tell feature report {report_id}")

    def close(self) -> None:
        self.end()
        self._forget(self)

    def put(self, report: bytes) -> None:
        """Queue a report; with a full queue it is lost, as in the kernel."""
        with self._changed:
            if len(self._queue) < QUEUED_REPORTS:
                self._queue.append(report)
                self._changed.notify_all()

    def rests(self, timeout_s: float) -> bool:
        """Wait until the reader took all there is and waits for more; say whether it does."""

        def is_at_rest() -> bool:
            reads = self._usable and self.attended
            return not reads or (self._waits and not self._queue)

        with self._changed:
            return self._changed.wait_for(is_at_rest, timeout_s)

    def end(self) -> None:
        """End every read: the device has left, unread reports are lost with it."""
        with self._changed:
            self._usable = False
            self._changed.notify_all()
