"""Where real headsets and serial ports appear and vanish."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from bridge.drivers.ports import (
    HidHandle,
    HidNode,
    NodeAdded,
    NodeRemoved,
    TtyAdded,
    TtyNode,
    TtyRemoved,
)
from bridge.drivers.udev.sysfs import (
    DEV,
    SYS,
    instance,
    node_names,
    read_node,
    read_tty,
    tty_instance,
    tty_names,
)
from bridge.drivers.udev.watch import Kind, NodeWatch
from bridge.model.errors import TransportError


class UdevBus:
    """Real HID devices.

    Args:
        open_node: opens a node; ``drivers.hidraw.open_hidraw``.
        sys: where sysfs is, for tests.
        dev: where device nodes are, for tests.
    """

    def __init__(
        self, open_node: Callable[[HidNode], HidHandle], *, sys: Path = SYS, dev: Path = DEV
    ) -> None:
        self._open_node = open_node
        self.watch: NodeWatch[HidNode] = NodeWatch(
            Kind(
                "hidraw",
                "headsets",
                lambda: node_names(sys),
                lambda name: (read_node(name, sys, dev), instance(name, sys)),
            )
        )

    @property
    def note(self) -> str:
        """One sentence when hot-plug is worse than it should be, else empty."""
        return self.watch.note

    def open(self, node: HidNode) -> HidHandle:
        """Open a node; see ``ports.HidBus``.

        A node that could not be opened is told of again with its next event: by then udev may
        have given it other permissions (``udevadm trigger`` after a rule was installed).
        """
        name = Path(node.node).name
        self.watch.tell_again(name)  # before: the event may come while it is tried
        handle = self._open_node(node)
        self.watch.is_opened(name)
        return handle

    async def changes(self) -> AsyncGenerator[NodeAdded | NodeRemoved, None]:
        """Yield first every node that is there, then each change, for ever; one reader a time."""
        async with contextlib.aclosing(self.watch.changes()) as changes:
            async for change in changes:
                node = change.node
                yield NodeAdded(node) if change.is_there else NodeRemoved(node.node)


class UdevTtys:
    """Real serial ports with hardware behind them. Nothing is opened.

    Args:
        sys: where sysfs is, for tests.
        dev: where device nodes are, for tests.
    """

    def __init__(self, *, sys: Path = SYS, dev: Path = DEV) -> None:
        self.watch: NodeWatch[TtyNode] = NodeWatch(
            Kind(
                "tty",
                "serial panels",
                lambda: tty_names(sys),
                lambda name: (read_tty(name, sys, dev), tty_instance(name, sys)),
            )
        )
        self._sys, self._dev = sys, dev

    async def changes(self) -> AsyncGenerator[TtyAdded | TtyRemoved, None]:
        """Yield first every port that is there, then each change, for ever; one reader a time.

        A port is told of again with each event of udev: its permissions may be others then.
        """
        async with contextlib.aclosing(self.watch.changes()) as changes:
            async for change in changes:
                if change.is_there:
                    self.watch.tell_again(Path(change.node.node).name)
                yield TtyAdded(change.node) if change.is_there else TtyRemoved(change.node.node)

    def is_there(self, node: TtyNode) -> bool:
        try:
            return read_tty(Path(node.node).name, self._sys, self._dev) == node
        except OSError:
            return False


def describe_node(path: str, *, sys: Path = SYS) -> HidNode:
    """Return the node behind a path such as ``/dev/hidraw3``, for ``devices explain``.

    Raises:
        TransportError: there is no such node.
    """
    try:
        return read_node(Path(path).name, sys, Path(path).parent)
    except OSError as error:
        raise TransportError(f"{path} is no hidraw node: {error.strerror or error}") from error
