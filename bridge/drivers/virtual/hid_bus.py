"""A bus of virtual headsets: the twin of ``drivers.udev``."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator

from bridge.drivers.ports import HidHandle, HidNode, NodeAdded, NodeRemoved
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.model.errors import DeviceGone


class VirtualHidBus:
    """Where virtual headsets are plugged in. ``plug`` and ``unplug`` from any thread."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self._plugged: dict[str, VirtualHeadset] = {}
        self._watchers: list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[_Change]]] = []

    def plug(self, headset: VirtualHeadset) -> HidNode:
        """Plug a headset in and return its node; each time it gets another one, as in Linux."""
        with self._lock:
            headset.plug()
            node = headset.node(f"/virtual/hidraw{next(self._numbers)}")
            self._plugged[node.node] = headset
            self._tell(NodeAdded(node))
        return node

    def unplug(self, headset: VirtualHeadset) -> None:
        """Pull a headset out; harmless when it is not plugged in."""
        with self._lock:
            headset.unplug()
            for path in [path for path, one in self._plugged.items() if one is headset]:
                del self._plugged[path]
                self._tell(NodeRemoved(path))

    async def changes(self) -> AsyncIterator[NodeAdded | NodeRemoved]:
        """Yield first every headset that is there, then each change, for ever."""
        queue: asyncio.Queue[_Change] = asyncio.Queue()
        watcher = (asyncio.get_running_loop(), queue)
        with self._lock:
            for path, headset in self._plugged.items():
                queue.put_nowait(NodeAdded(headset.node(path)))
            self._watchers.append(watcher)
        try:
            while True:
                yield await queue.get()
        finally:
            with self._lock:
                self._watchers.remove(watcher)

    def open(self, node: HidNode) -> HidHandle:
        """Open a headset, or raise what it is told to raise."""
        headset = self._plugged.get(node.node)
        if headset is None:
            raise DeviceGone(f"{node.node} is gone: plug the device in again")
        return headset.open()

    def _tell(self, change: "_Change") -> None:
        for loop, queue in tuple(self._watchers):
            loop.call_soon_threadsafe(queue.put_nowait, change)


_Change = NodeAdded | NodeRemoved
