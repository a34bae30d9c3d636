"""Kinds of key panels under the contract: each can be plugged, pulled, pressed and looked at."""

import asyncio
import functools
import io
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from PIL import Image

from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.hid_panels.picture import RGB
from bridge.drivers.ports import (
    HidHandle,
    HidNode,
    NodeAdded,
    NodeRemoved,
    PanelBus,
    TtyAdded,
    TtyNode,
    TtyRemoved,
)
from bridge.drivers.serial.bus import SerialPanels
from bridge.drivers.virtual.deck import PIXELS, VirtualDeck
from bridge.drivers.virtual.panel import PtyPanel
from bridge.drivers.virtual.panel_firmware import Make
from bridge.drivers.virtual.panels import VirtualPanels
from bridge.drivers.virtual.xkeys_panel import VirtualXkeys
from bridge.model.blf import Color, PanelEvent, PanelId, PanelInfo
from bridge.model.errors import DeviceGone
from bridge.model.panels import PanelSettings

KEYS = 15


class Ports:
    """Serial ports as udev would tell of them."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[TtyAdded | TtyRemoved] = asyncio.Queue()
        self.others: set[str] = set()  # paths that are another device's now

    def add(self, path: str, name: str = "Offhook panel 15", serial: str = "A1") -> None:
        self.queue.put_nowait(TtyAdded(TtyNode(path, name, serial, "1-2")))

    def remove(self, path: str) -> None:
        self.queue.put_nowait(TtyRemoved(path))

    async def changes(self) -> AsyncIterator[TtyAdded | TtyRemoved]:
        while True:
            yield await self.queue.get()

    def is_there(self, node: TtyNode) -> bool:
        return node.node not in self.others


class Nodes:
    """HID devices as udev would tell of them, with something to open behind each."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[NodeAdded | NodeRemoved] = asyncio.Queue()
        self.handles: dict[str, HidHandle] = {}

    def add(self, node: HidNode, handle: HidHandle) -> None:
        self.handles[node.node] = handle
        self.queue.put_nowait(NodeAdded(node))

    def remove(self, path: str) -> None:
        del self.handles[path]
        self.queue.put_nowait(NodeRemoved(path))

    async def changes(self) -> AsyncIterator[NodeAdded | NodeRemoved]:
        while True:
            yield await self.queue.get()

    def open(self, node: HidNode) -> HidHandle:
        if node.node not in self.handles:
            raise DeviceGone(f"{node.node} is gone: plug the device in again")
        return self.handles[node.node]


class Rig(Protocol):
    """One kind of panel."""

    events: list[PanelEvent]

    @property
    def bus(self) -> PanelBus: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def plug(self) -> None: ...
    async def pull(self) -> None: ...
    def move(self, key: int, *, down: bool) -> None: ...
    def lit(self) -> dict[int, Color]:
        """The colours that are seen now; blinking ones at their bright moment."""


class SerialRig:
    """A serial panel: the reference firmware behind a pseudo terminal, the real driver before it.

    It is found by the path of a link, as one in ``/dev/serial/by-id`` would be.
    """

    def __init__(self, folder: Path) -> None:
        self.events: list[PanelEvent] = []
        self.ports = Ports()
        self.path = folder / "panel"
        settings = PanelSettings(serial=(str(self.path),))
        self.bus = SerialPanels(settings, self.ports, self.events.append)
        self.make = Make()
        self.make.keys = KEYS
        self.make.model = "Desk panel"
        self.make.serial = "A1"

    async def __aenter__(self) -> Self:
        await self.bus.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.bus.__aexit__()
        await self.pull()

    async def plug(self) -> None:
        self.panel = await PtyPanel(self.make).__aenter__()
        self.path.symlink_to(self.panel.path)
        self.ports.add(self.panel.path, "")

    async def pull(self) -> None:
        if self.path.is_symlink():
            self.path.unlink()
            self.panel.unplug()

    def move(self, key: int, *, down: bool) -> None:
        self.panel.firmware.key(key, down=down)

    def lit(self) -> dict[int, Color]:
        return self.panel.board.lit


class HidRig:
    """A panel on HID by the real driver, over one that takes its bytes."""

    def __init__(self, device: VirtualDeck | VirtualXkeys) -> None:
        self.events: list[PanelEvent] = []
        self.nodes = Nodes()
        self.device = device
        self.number = 0
        self.is_plugged = False
        settings = PanelSettings(streamdeck=True, xkeys=True)
        self.bus = HidPanels(settings, self.nodes, self.events.append)

    async def __aenter__(self) -> Self:
        await self.bus.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.bus.__aexit__()
        await self.pull()

    @property
    def path(self) -> str:
        return f"/virtual/hidraw{self.number}"

    async def plug(self) -> None:
        self.number += 1
        self.is_plugged = True
        self.device.plug()
        self.nodes.add(self.device.node(self.path), self.device.handle)

    async def pull(self) -> None:
        if self.is_plugged:
            self.is_plugged = False
            self.device.unplug()
            self.nodes.remove(self.path)

    def move(self, key: int, *, down: bool) -> None:
        self.device.move(key, down=down)

    def lit(self) -> dict[int, Color]:
        if isinstance(self.device, VirtualXkeys):
            return self.device.lit()
        seen = {key: color_of(jpeg) for key, jpeg in self.device.jpegs.copy().items()}
        return {key: color for key, color in seen.items() if color is not None}


class TwinRig:
    """The panels in memory that stand in for all others."""

    INFO = PanelInfo(PanelId("twin"), "Twin", "1", KEYS, frozenset(Color))

    def __init__(self) -> None:
        self.events: list[PanelEvent] = []
        self.bus = VirtualPanels(self.events.append)

    async def __aenter__(self) -> Self:
        await self.bus.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.bus.__aexit__()

    async def plug(self) -> None:
        self.bus.plug(self.INFO)

    async def pull(self) -> None:
        self.bus.pull(self.INFO.panel)

    def move(self, key: int, *, down: bool) -> None:
        self.bus.move(self.INFO.panel, key, down=down)

    def lit(self) -> dict[int, Color]:
        return self.bus.lit(self.INFO.panel)


def upright(jpeg: bytes) -> Image.Image:
    """Return a picture as a person sees it: the deck turns it by half a turn."""
    return Image.open(io.BytesIO(jpeg)).convert("RGB").rotate(180)


@functools.cache
def color_of(jpeg: bytes) -> Color | None:
    """Return the colour of a key's band; None for a black key."""
    seen = upright(jpeg).tobytes()  # R, G, B of each pixel, row by row
    if max(seen) < 16:
        return None
    corner = seen[-3 * PIXELS : -3 * PIXELS + 3]
    return min(
        RGB, key=lambda one: sum((a - b) ** 2 for a, b in zip(RGB[one], corner, strict=True))
    )
