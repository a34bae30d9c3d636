"""A headset to press on the page, where none is plugged in: for whoever looks for the first time.

It is a virtual one with a real descriptor beside whatever the real bus shows; everything behind the
bytes is as with any other headset. It leaves when a real one comes, and comes back when that goes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from bridge.app.switchboard import Announcement, Switchboard
from bridge.drivers.ports import HidBus, HidHandle, HidNode, NodeAdded, NodeRemoved
from bridge.drivers.virtual.headset import KEYS, VirtualHeadset
from bridge.drivers.virtual.hid_bus import VirtualHidBus
from bridge.drivers.virtual.models import evolve_link
from bridge.model.calls import Snapshot
from bridge.model.effects import Effect
from bridge.model.events import Event
from bridge.model.ids import DeviceId

PLUG_TIMER = "app:page headset"
PLUG_AFTER_S = 2.0  # without another one; those that are there at the start are known in 0.5 s

LET_GO_S = 5.0  # a browser that went away has no finger on a key

_PREFIX = "/page"
_TAPPED = frozenset({"hook", "mute", "reject"})
"""Keys with a life of their own: the device decides what a press means, and when it falls back."""


class Pressable:
    """``ports.HidBus`` of a real bus and one virtual headset; a ``switchboard.Reader``.

    Args:
        real: the bus beside it.
        switchboard: knows which devices there are.
    """

    def __init__(self, real: HidBus, switchboard: Switchboard) -> None:
        self._real = real
        self._switchboard = switchboard
        self._side = VirtualHidBus()
        self._headset: VirtualHeadset | None = None
        self._is_plugged = False
        self._is_waiting = False
        self._ours: DeviceId | None = None
        self._others: frozenset[DeviceId] = frozenset()

    @property
    def device(self) -> DeviceId | None:
        """Its id, None while it is not there."""
        return self._ours

    # -- ports.HidBus ---------------------------------------------------------

    async def changes(self) -> AsyncIterator[NodeAdded | NodeRemoved]:
        """Yield first every node that is there, then each change, for ever."""
        queue: asyncio.Queue[NodeAdded | NodeRemoved | BaseException] = asyncio.Queue()
        tasks = [
            asyncio.create_task(_pour(self._real, "", queue), name="real headsets"),
            asyncio.create_task(_pour(self._side, _PREFIX, queue), name="headset of the page"),
        ]
        self._switchboard.readers.append(self)
        self.changed(self._switchboard.view())
        try:
            while True:
                change = await queue.get()
                if isinstance(change, BaseException):
                    raise change
                yield change
        finally:
            self._switchboard.readers.remove(self)
            self._switchboard.timers.stop(PLUG_TIMER)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._pull()

    def open(self, node: HidNode) -> HidHandle:
        """Open for reading and writing; raises as the bus does whose node it is."""
        if node.node.startswith(_PREFIX):
            return self._side.open(replace(node, node=node.node.removeprefix(_PREFIX)))
        return self._real.open(node)

    # -- fingers --------------------------------------------------------------

    def press(self, device: DeviceId, control: str, down: bool) -> str:
        """Press a key, or let it go; return an objection, or an empty text."""
        headset = self._headset
        if headset is None or device != self._ours:
            return f"{device} is not pressed on the page: only the virtual headset is"
        if control not in KEYS or not headset.has(control):
            known = ", ".join(sorted(key for key in KEYS if headset.has(key)))
            return f"it has no key {control}; it has {known}"
        if control in _TAPPED:
            if down:
                headset.press(control)
        elif down:
            headset.hold_down(control)
            asyncio.get_running_loop().call_later(LET_GO_S, headset.let_go, control)
        else:
            headset.let_go(control)
        return ""

    # -- coming and going -----------------------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Only which devices there are is of interest."""

    def announced(self, what: Announcement) -> None:
        """Nor is what is told."""

    def changed(self, now: Snapshot) -> None:  # noqa: ARG002  # nodes are not in a snapshot
        headsets = [headset.info for headset in self._switchboard.state.headsets]
        ours = [one.device for one in headsets if one.node.startswith(_PREFIX)]
        self._ours = ours[0] if ours else None
        self._others = frozenset(one.device for one in headsets if one.device not in ours)
        if self._others:
            self._pull()
        elif not self._is_plugged and not self._is_waiting:
            self._is_waiting = True
            self._switchboard.timers.start(PLUG_TIMER, PLUG_AFTER_S, self._plug)

    def _plug(self, _timer: str) -> None:
        self._is_waiting = False
        if not self._others and not self._is_plugged:
            self._headset = self._headset or evolve_link()
            self._side.plug(self._headset)
            self._is_plugged = True

    def _pull(self) -> None:
        if self._headset is not None and self._is_plugged:
            self._side.unplug(self._headset)
        self._is_plugged = False


async def _pour(
    bus: HidBus, prefix: str, queue: "asyncio.Queue[NodeAdded | NodeRemoved | BaseException]"
) -> None:
    """Task border: whatever goes wrong goes on to whoever reads the queue."""
    try:
        changes = bus.changes()
        async with aclosing(changes):  # type: ignore[type-var]  # buses are generators
            async for change in changes:
                match change:
                    case NodeAdded(node):
                        moved = replace(node, node=prefix + node.node)
                        queue.put_nowait(NodeAdded(moved))
                    case NodeRemoved(node=path):
                        queue.put_nowait(NodeRemoved(prefix + path))
    except Exception as error:  # noqa: BLE001  # task border, see above
        queue.put_nowait(error)
