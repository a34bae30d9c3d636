"""All serial panels: ports that are ours, each kept by a task of its own.

Ours is a USB port whose product string says so, or a path of the configuration; no other port is
ever opened, since bytes sent to a strange device may do harm.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bridge.drivers.panel_places import Place, Places
from bridge.drivers.ports import Now, PanelSink, TtyAdded, TtyBus, TtyNode, TtyRemoved
from bridge.drivers.serial.names import panel_info
from bridge.drivers.serial.port import SerialPort
from bridge.drivers.serial.session import PanelSession
from bridge.model.blf import KeyFace, PanelId
from bridge.model.errors import DeviceGone, TransportError
from bridge.model.panels import PanelSettings
from bridge.protocols.panel_frames import MAX_STUFFED
from bridge.protocols.panel_link import (
    HostLink,
    KeyMoved,
    LinkEvent,
    LinkLost,
    LinkReady,
    LinkRefused,
    Pace,
)

_log = logging.getLogger(__name__)

PRODUCT = "offhook panel"  # how the USB product string of a panel begins, capitals or not
AGAIN_S = (0.2, 1.0, 5.0)  # pauses before a port is opened again; an event of udev ends them
BITS = 10  # a byte on a serial line: start, eight, stop


@dataclass(slots=True)
class _Keeper(Place):
    """One port, and what is on it."""

    node: TtyNode | None = None  # as udev found it; None for a configured path
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    was_open: bool = False
    is_removed: bool = False  # says udev; an open port is served until it hangs up itself


class SerialPanels:
    """Serial panels; see ``ports.PanelBus``.

    Args:
        settings: which ports are used.
        ttys: where ports appear.
        sink: takes the events.
        pace: times of a link; None = by the baud rate.
        now: monotonic seconds.
        open_port: opens a port, blocking; on a thread.
    """

    def __init__(
        self,
        settings: PanelSettings,
        ttys: TtyBus,
        sink: PanelSink,
        *,
        pace: Pace | None = None,
        now: Now = time.monotonic,
        open_port: Callable[[str, int], SerialPort] = SerialPort,
    ) -> None:
        self._settings = settings
        self._ttys = ttys
        self._pace = pace or _pace(settings.baud)
        self._now = now
        self._open_port = open_port
        self._places: Places[_Keeper] = Places(sink, _log)

    async def __aenter__(self) -> Self:
        for path in self._settings.serial:
            self._keep(_Keeper(path))
        self._places.watch(self._watch(), "serial-panels")
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._places.leave()

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        self._places.show(panel, faces)

    def odd(self, panel: PanelId) -> Mapping[str, int]:
        return self._places.odd(panel)

    # -- which ports ---------------------------------------------------------------

    async def _watch(self) -> None:
        """Follow the ports as they come and go."""
        try:
            async for change in self._ttys.changes():
                match change:
                    case TtyAdded(node):
                        self._added(node)
                    case TtyRemoved(path):
                        self._removed(path)
        except Exception:  # noqa: BLE001  # task border: configured ports go on
            _log.exception("serial panels plugged in from now on are not noticed")

    def _added(self, node: TtyNode) -> None:
        for keeper in self._places.by_path.values():
            keeper.wake.set()
        is_wanted = self._settings.finds_serial and is_panel(node)
        if is_wanted and not self._is_configured(node.node):
            known = self._places.by_path.get(node.node)
            if known is None:
                self._keep(_Keeper(node.node, node=node))
            else:
                known.node, known.is_removed = node, False

    def _is_configured(self, node: str) -> bool:
        """Say whether a configured path leads to a port."""
        return any(Path(path).resolve() == Path(node) for path in self._settings.serial)

    def _removed(self, path: str) -> None:
        """Give a port up once it is closed.

        Not before: on a busy machine udev tells late, and the port that is open now is already
        that of the device that was plugged in again. A port that is gone hangs up by itself.
        """
        keeper = self._places.by_path.get(path)
        if keeper is not None and keeper.node is not None:
            keeper.is_removed = True
            keeper.wake.set()
            if keeper.task is None or keeper.task.done():  # it was given up
                del self._places.by_path[path]

    # -- one port --------------------------------------------------------------------

    def _keep(self, keeper: _Keeper) -> None:
        self._places.keep(keeper, self._serve(keeper))

    async def _serve(self, keeper: _Keeper) -> None:
        """Open the port and serve it, again and again, until it is removed."""
        failed = 0
        try:
            while not keeper.is_removed:
                keeper.wake.clear()
                try:
                    await self._serve_once(keeper)
                    failed = 0
                except TransportError as error:
                    failed += 1
                    if not (isinstance(error, DeviceGone) and keeper.was_open):
                        self._places.refuse(keeper, str(error))  # pulled is no complaint
                pause_s = AGAIN_S[min(failed, len(AGAIN_S) - 1)]
                if not keeper.is_removed:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(keeper.wake.wait(), pause_s)
        except Exception as error:  # noqa: BLE001  # task border: this port is given up, no other
            _log.exception("%s: given up", keeper.path)
            self._places.refuse(keeper, f"it cannot be used any more: {error}")
        finally:
            self._places.refuse(keeper, "")
            if keeper.is_removed:
                self._places.by_path.pop(keeper.path, None)

    async def _serve_once(self, keeper: _Keeper) -> None:
        """Serve the port until it is gone.

        Raises:
            TransportError: it cannot be opened.
        """
        if keeper.node is not None and not self._ttys.is_there(keeper.node):
            raise DeviceGone(f"{keeper.path} is another device now")  # udev will tell
        port = await self._opened(keeper.path)
        keeper.was_open = True
        try:
            link = HostLink(self._now(), random.randrange(1 << 16), self._pace)  # noqa: S311
            session = PanelSession(port, link, lambda event: self._told(keeper, event), self._now)
            keeper.session = session
            await session.run()
        finally:
            keeper.session = None
            self._places.lose(keeper)
            await asyncio.shield(asyncio.to_thread(port.close))

    async def _opened(self, path: str) -> SerialPort:
        """Open a port on a thread; one that comes after we were cancelled is closed again."""
        opening = asyncio.ensure_future(
            asyncio.to_thread(self._open_port, path, self._settings.baud)
        )
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise

    # -- what it tells ---------------------------------------------------------------

    def _told(self, keeper: _Keeper, event: LinkEvent) -> None:
        match event:
            case LinkReady(hello):
                others = {one.panel for one in self._places.by_path.values() if one is not keeper}
                self._places.attach(keeper, panel_info(hello, keeper.node, keeper.path, others))
            case LinkLost(reason):
                self._places.lose(keeper, reason)
            case LinkRefused(reason):
                self._places.refuse(keeper, reason)
            case KeyMoved(at_s, key, down):
                self._places.press(keeper, at_s, key, down)


def is_panel(node: TtyNode) -> bool:
    """Say whether a port calls itself a panel of ours."""
    return node.name.strip().lower().startswith(PRODUCT)


def _pace(baud: int) -> Pace:
    """Return the times of a link: on a slow line a full frame and its answer take their time."""
    frame_s = MAX_STUFFED * BITS / baud
    return Pace(ack_s=Pace().ack_s + 2 * frame_s, silence_s=Pace().silence_s + 4 * frame_s)


def _close_unwanted(opening: "asyncio.Future[SerialPort]") -> None:
    """Close a port that was opened for nobody."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
