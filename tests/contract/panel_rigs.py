"""Kinds of key panels under the contract: each can be plugged, pulled, pressed and looked at."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from bridge.drivers.ports import PanelBus, TtyAdded, TtyNode, TtyRemoved
from bridge.drivers.serial.bus import SerialPanels
from bridge.drivers.virtual.panel import PtyPanel
from bridge.drivers.virtual.panel_firmware import Make
from bridge.model.blf import Color, PanelEvent
from bridge.model.panels import PanelSettings

KEYS = 15


class Ports:
    """Serial ports as udev would tell of them."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[TtyAdded | TtyRemoved] = asyncio.Queue()

    def add(self, path: str, name: str = "Offhook panel 15", serial: str = "A1") -> None:
        self.queue.put_nowait(TtyAdded(TtyNode(path, name, serial, "1-2")))

    def remove(self, path: str) -> None:
        self.queue.put_nowait(TtyRemoved(path))

    async def changes(self) -> AsyncIterator[TtyAdded | TtyRemoved]:
        while True:
            yield await self.queue.get()


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
