"""Two one-way streets: work for the SIP thread, and lines for the daemon."""

import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from bridge.protocols.engine_wire import FromEngine, encode

T = TypeVar("T")

MAX_BACKLOG_BYTES = 4 * 1024 * 1024
"""Lines kept for a daemon that does not read; a busy hour makes less. Beyond it has hung."""


class Mailbox(Generic[T]):
    """Takes items on any thread; the SIP thread empties it.

    The SIP thread sleeps in ``select()`` inside PJSIP; ``wake_by`` says how to break that sleep.
    Until then it waits here.
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._event = threading.Event()
        self._wake: Callable[[], object] = self._event.set

    def put(self, item: T) -> None:
        """Add an item and wake the SIP thread. Never blocks."""
        self._items.append(item)
        self._wake()

    def wake_by(self, wake: Callable[[], object]) -> None:
        """Call ``wake`` for each item from now on."""
        self._wake = wake

    def wait(self) -> T:
        """Return the next item, waiting for it; only before ``wake_by``."""
        while not self._items:
            self._event.wait()
            self._event.clear()
        return self._items.popleft()

    def take(self) -> T | None:
        """Return the next item, or None."""
        try:
            return self._items.popleft()
        except IndexError:
            return None


class DaemonHung(Exception):  # noqa: N818  # what is the case
    """The daemon does not read what we write."""


class Link:
    """Writes to the daemon; only the SIP thread does. Never blocks: what does not fit is kept."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._backlog = bytearray()

    @property
    def waiting(self) -> bool:
        """Something could not be written yet."""
        return bool(self._backlog)

    def send(self, message: FromEngine) -> None:
        """Send a message, or keep it for ``flush``.

        Raises:
            DaemonHung: more than ``MAX_BACKLOG_BYTES`` wait.
        """
        self._backlog += encode(message)
        self.flush()
        if len(self._backlog) > MAX_BACKLOG_BYTES:
            raise DaemonHung(f"the daemon has not read {len(self._backlog)} bytes")

    def flush(self) -> None:
        """Write what can be written now. A daemon that is gone is noticed by the reader."""
        while self._backlog:
            try:
                written = self._channel.send(self._backlog, socket.MSG_DONTWAIT)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                return
            del self._backlog[:written]
