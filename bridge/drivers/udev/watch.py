"""Which device nodes of one kind appear and vanish: udev's events, integrated in the loop.

No polling and no opening. Events come from udev, after it has set owner and mode of the node;
where udev does not run (containers, small systems) from the kernel, before anybody set anything:
then opening may fail at first, and the caller tries again.
"""

import asyncio
import errno
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

_log = logging.getLogger(__name__)

UDEV_CONTROL = Path("/run/udev/control")  # the socket of a running udevd (systemd-udevd(8))
RECEIVE_BYTES = 16 * 1024 * 1024  # netlink buffer; storms of a docking station overflow the
# default of 208 KiB on small machines. An overflow is survived: everything is looked at again.

N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Kind(Generic[N]):
    """One kind of nodes.

    Args:
        subsystem: of the kernel, such as ``hidraw``.
        called: what people call the devices, plural.
        names: returns the kernel's names of all that are there.
        read: returns a node by its name, and what differs each time a device is plugged in;
            raises ``OSError`` when it has gone or is not complete yet.
    """

    subsystem: str
    called: str
    names: Callable[[], list[str]]
    read: Callable[[str], tuple[N, str]]


@dataclass(frozen=True, slots=True)
class Change(Generic[N]):
    """A node is there now, or is gone."""

    node: N
    is_there: bool


class _Event(Protocol):
    """What we use of ``pyudev.Device``."""

    action: str
    sys_name: str


class _Monitor(Protocol):
    """What we use of ``pyudev.Monitor``."""

    def poll(self, timeout: float | None = None) -> _Event | None: ...
    def fileno(self) -> int: ...


class NodeWatch(Generic[N]):
    """The nodes of one kind."""

    def __init__(self, kind: Kind[N]) -> None:
        self._kind = kind
        self._known: dict[str, tuple[N, str]] = {}
        self._unread: set[str] = set()  # there, but sysfs was not ready or not readable
        self._not_opened: set[str] = set()  # known, but could not be opened
        self._queue: asyncio.Queue[Change[N]] = asyncio.Queue()
        self.note = ""
        """One sentence when hot-plug is worse than it should be, else empty."""

    def tell_again(self, name: str) -> None:
        """Tell of a node again with its next event: by then udev may have given permissions."""
        self._not_opened.add(name)

    def is_opened(self, name: str) -> None:
        """Take ``tell_again`` back."""
        self._not_opened.discard(name)

    async def changes(self) -> AsyncGenerator[Change[N], None]:
        """Yield first every node that is there, then each change, for ever.

        One reader at a time. The monitor starts before the nodes are listed, so that nothing
        falls between; a node that is seen twice is told once.
        """
        monitor = self._start_monitor()
        loop = asyncio.get_running_loop()
        self._known.clear()
        self._not_opened.clear()
        self._queue = asyncio.Queue()
        if monitor is not None:
            loop.add_reader(monitor.fileno(), self._drain, monitor)
        try:
            self._look_again()
            while True:
                yield await self._queue.get()
        finally:
            if monitor is not None:
                loop.remove_reader(monitor.fileno())

    def _start_monitor(self) -> _Monitor | None:
        """Return a started monitor; None, with a note, when there can be none."""
        called = self._kind.called
        try:
            import pyudev  # noqa: PLC0415  # needs libudev, which a machine may lack
        except ImportError as error:
            self._say(f"{called} plugged in later are not noticed: {error}; install libudev1")
            return None
        source = "udev" if UDEV_CONTROL.exists() else "kernel"
        if source == "kernel":
            self._say(f"udev does not run here: who may open {called} has to be set by hand")
        try:
            monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source=source)
            monitor.filter_by(self._kind.subsystem)
            try:
                monitor.set_receive_buffer_size(RECEIVE_BYTES)
            except OSError:  # needs CAP_NET_ADMIN; the default does for all but storms
                _log.debug("the netlink buffer stays at its default size")
            monitor.start()
        except (OSError, ImportError) as error:
            self._say(f"{called} plugged in later are not noticed: {error}")
            return None
        started: _Monitor = monitor
        return started

    def _say(self, note: str) -> None:
        if note != self.note:
            _log.warning("%s", note)
        self.note = note

    def _drain(self, monitor: _Monitor) -> None:
        """Take every event that waits."""
        try:
            while (event := monitor.poll(timeout=0)) is not None:
                self._take(event.action, event.sys_name)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                _log.warning("udev events cannot be read: %s", error)
            self._look_again()

    def _take(self, action: str, name: str) -> None:
        """Take one event; whatever could not be read before is tried again."""
        if action == "remove":
            self._unread.discard(name)
            self._remove(name)
        else:
            self._add(name)
        for waiting in tuple(self._unread - {name}):
            self._add(waiting)

    def _look_again(self) -> None:
        """Compare what is there with what is known."""
        there = self._kind.names()
        for name in [name for name in self._known if name not in there]:
            self._remove(name)
        for name in there:
            self._add(name)

    def _add(self, name: str) -> None:
        """Tell of a node that is new, could not be opened, or is another device under an old name.

        The kernel numbers its HID devices as they come: the same headset pulled and plugged in
        again is another instance, even if the event of its removal was lost.
        """
        try:
            found = self._kind.read(name)
        except OSError as error:
            # Gone again before we looked, or not complete yet: the next event looks once more.
            _log.debug("%s cannot be read: %s", name, error)
            self._unread.add(name)
            return
        self._unread.discard(name)
        known = self._known.get(name)
        if known == found and name not in self._not_opened:
            return
        if known != found:
            self._remove(name)
        self._not_opened.discard(name)
        self._known[name] = found
        self._queue.put_nowait(Change(found[0], is_there=True))

    def _remove(self, name: str) -> None:
        self._not_opened.discard(name)
        known = self._known.pop(name, None)
        if known is not None:
            self._queue.put_nowait(Change(known[0], is_there=False))
