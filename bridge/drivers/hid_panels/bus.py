"""All key panels on HID: Elgato Stream Decks and X-keys; see ``ports.PanelBus``."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from bridge.drivers.hid_panels import streamdeck, xkeys
from bridge.drivers.ports import (
    HidBus,
    HidHandle,
    HidNode,
    NodeAdded,
    NodeRemoved,
    Now,
    PanelSink,
)
from bridge.model.blf import (
    KeyFace,
    PanelAttached,
    PanelId,
    PanelInfo,
    PanelKey,
    PanelLost,
    PanelRefused,
)
from bridge.model.errors import TransportError
from bridge.model.panels import PanelSettings

_log = logging.getLogger(__name__)

LEAVE_S = 1.0  # the contract of ``PanelBus``
AGAIN_S = 5.0  # before a panel that could not be used is tried again
MISSING = "streamdeck"  # stands for the port in a complaint about the library


class Session(Protocol):
    """A panel in use."""

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces; newest wins. Returns at once."""

    def leave(self, *, is_gone: bool) -> None:
        """Show unknown unless it is gone, and close; blocks up to a second."""


Opened = tuple[Session, PanelInfo]


@dataclass(slots=True)
class _Slot:
    """One panel that is plugged in."""

    node: HidNode
    open: Callable[[HidHandle, Callable[[int, bool], None], Callable[[], None]], Opened]
    task: asyncio.Task[None] | None = None
    session: Session | None = None
    panel: PanelId | None = None
    complaint: str = ""


class HidPanels:
    """Stream Decks and X-keys, as far as the settings want them.

    Args:
        settings: which, and how bright.
        hid: where devices appear; its own, nobody else reads its changes.
        sink: takes the events.
        now: monotonic seconds.
    """

    def __init__(
        self, settings: PanelSettings, hid: HidBus, sink: PanelSink, *, now: Now = time.monotonic
    ) -> None:
        self._settings = settings
        self._hid = hid
        self._sink = sink
        self._now = now
        self._slots: dict[str, _Slot] = {}
        self._watching: asyncio.Task[None] | None = None
        self._leaves = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._with_decks = self._settings.streamdeck and streamdeck.is_installed()
        if self._settings.streamdeck and not self._with_decks:
            _log.warning("%s", streamdeck.INSTALL)
            self._sink(PanelRefused(MISSING, streamdeck.INSTALL))
        if self._with_decks or self._settings.xkeys:
            self._watching = asyncio.create_task(self._watch(), name="hid-panels")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._leaves = True
        tasks = [slot.task for slot in self._slots.values() if slot.task is not None]
        if self._watching is not None:
            tasks.append(self._watching)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVE_S)  # a device that hangs is left hanging

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        for slot in self._slots.values():
            if slot.panel == panel and slot.session is not None:
                slot.session.show(faces)

    async def _watch(self) -> None:
        """Follow the devices as they come and go."""
        try:
            async for change in self._hid.changes():
                match change:
                    case NodeAdded(node):
                        self._added(node)
                    case NodeRemoved(path):
                        self._removed(path)
        except Exception:  # noqa: BLE001  # task border: panels that are there go on
            _log.exception("Stream Decks and X-keys plugged in from now on are not noticed")

    def _added(self, node: HidNode) -> None:
        brightness, now = self._settings.brightness, self._now
        slot = None
        if self._with_decks and streamdeck.fits(node):
            slot = _Slot(node, lambda h, p, g: streamdeck.opened(node, h, p, g, brightness, now))
        elif self._settings.xkeys and xkeys.fits(node):
            slot = _Slot(node, lambda h, p, g: xkeys.opened(node, h, p, g, brightness, now))
        if slot is not None:
            self._removed(node.node)
            self._slots[node.node] = slot
            slot.task = asyncio.create_task(self._serve(slot), name=f"panel-{node.node}")

    def _removed(self, path: str) -> None:
        slot = self._slots.pop(path, None)
        if slot is not None and slot.task is not None:
            slot.task.cancel()

    # -- one panel -------------------------------------------------------------------

    async def _serve(self, slot: _Slot) -> None:
        """Open the panel and serve it, again and again until it is unplugged."""
        try:
            while True:
                try:
                    await self._serve_once(slot)
                except TransportError as error:
                    self._refuse(slot, str(error))
                await asyncio.sleep(AGAIN_S)
        except Exception as error:  # noqa: BLE001  # task border: this panel is given up
            _log.exception("%s: given up", slot.node.node)
            self._refuse(slot, f"it cannot be used any more: {error}")
        finally:
            self._refuse(slot, "")

    async def _serve_once(self, slot: _Slot) -> None:
        """Serve a panel until it has left or we are cancelled.

        Raises:
            TransportError: it cannot be used.
        """
        gone = asyncio.Event()
        session, info = await self._opened(slot, gone)
        slot.session, slot.panel = session, info.panel
        self._refuse(slot, "")
        _log.info("%s: %s, %d keys, on %s", info.panel, info.name, info.keys, slot.node.node)
        self._sink(PanelAttached(info))
        try:
            await gone.wait()
        finally:
            slot.session = slot.panel = None
            if not self._leaves:
                _log.info("%s: gone from %s", info.panel, slot.node.node)
                self._sink(PanelLost(info.panel))
            await asyncio.shield(asyncio.to_thread(session.leave, is_gone=gone.is_set()))

    async def _opened(self, slot: _Slot, gone: asyncio.Event) -> Opened:
        """Open a panel on a thread; one that comes after we were cancelled is left again."""

        def pressed(key: int, down: bool) -> None:
            self._on_loop(self._key, slot, self._now(), key, down)

        def is_gone() -> None:
            self._on_loop(gone.set)

        def do() -> Opened:
            return slot.open(self._hid.open(slot.node), pressed, is_gone)

        opening = asyncio.ensure_future(asyncio.to_thread(do))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(TransportError):
                session, _ = await opening
                await asyncio.to_thread(session.leave, is_gone=False)
            raise

    def _key(self, slot: _Slot, at_s: float, key: int, down: bool) -> None:
        if slot.panel is not None:
            self._sink(PanelKey(at_s, slot.panel, key, down))

    def _on_loop(self, function: Callable[..., object], *values: object) -> None:
        """Call on the loop; a loop that was closed under us has nobody left to tell."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)

    def _refuse(self, slot: _Slot, reason: str) -> None:
        """Tell a complaint once, and take it back once."""
        if reason == slot.complaint or self._leaves:
            return
        slot.complaint = reason
        if reason:
            _log.warning("%s: %s", slot.node.node, reason)
        self._sink(PanelRefused(slot.node.node, reason))
