"""All key panels on HID: Elgato Stream Decks and X-keys; see ``ports.PanelBus``."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, Self

from bridge.drivers.hid_panels import streamdeck, xkeys
from bridge.drivers.panel_places import Place, Places, Shows
from bridge.drivers.ports import (
    HidBus,
    HidHandle,
    HidNode,
    NodeAdded,
    NodeRemoved,
    Now,
    PanelSink,
)
from bridge.model.blf import KeyFace, PanelId, PanelInfo, PanelRefused
from bridge.model.errors import TransportError
from bridge.model.panels import PanelSettings

_log = logging.getLogger(__name__)

AGAIN_S = 5.0  # before a panel that could not be used is tried again
MISSING = "streamdeck"  # stands for the port in a complaint about the library


class Session(Shows, Protocol):
    """A panel in use."""

    def leave(self, *, is_gone: bool) -> None:
        """Show unknown unless it is gone, and close; blocks up to a second."""


Opened = tuple[Session, PanelInfo]
_Open = Callable[[HidHandle, Callable[[int, bool], None], Callable[[], None]], Opened]


@dataclass(slots=True, kw_only=True)
class _Slot(Place):
    """One panel that is plugged in."""

    node: HidNode
    open: _Open


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
        self._places: Places[_Slot] = Places(sink, _log)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._with_decks = self._settings.streamdeck and streamdeck.is_installed()
        if self._settings.streamdeck and not self._with_decks:
            _log.warning("%s", streamdeck.INSTALL)
            self._sink(PanelRefused(MISSING, streamdeck.INSTALL))
        if self._with_decks or self._settings.xkeys:
            self._places.watch(self._watch(), "hid-panels")
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._places.leave()

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        self._places.show(panel, faces)

    def odd(self, panel: PanelId) -> Mapping[str, int]:
        return self._places.odd(panel)

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
        opened: _Open
        if self._with_decks and streamdeck.fits(node):
            opened = partial(streamdeck.opened, node, brightness=brightness, now=now)
        elif self._settings.xkeys and xkeys.fits(node):
            opened = partial(xkeys.opened, node, brightness=brightness, now=now)
        else:
            return
        self._removed(node.node)
        slot = _Slot(path=node.node, node=node, open=opened)
        self._places.keep(slot, self._serve(slot))

    def _removed(self, path: str) -> None:
        slot = self._places.by_path.pop(path, None)
        if slot is not None and slot.task is not None:
            slot.task.cancel()

    # -- one panel -------------------------------------------------------------------

    async def _serve(self, slot: _Slot) -> None:
        """Open the panel, again and again, and serve it until it leaves.

        It is not opened after that: its node is dead for good, and what has the path next may be
        another device, of which udev tells.
        """
        try:
            while not await self._is_served(slot):  # noqa: ASYNC110  # nothing tells when it can
                await asyncio.sleep(AGAIN_S)
        except Exception as error:  # noqa: BLE001  # task border: this panel is given up
            _log.exception("%s: given up", slot.path)
            self._places.refuse(slot, f"it cannot be used any more: {error}")
        finally:
            self._places.refuse(slot, "")

    async def _is_served(self, slot: _Slot) -> bool:
        """Serve a panel until it has left; return False where it cannot be used."""
        try:
            await self._serve_once(slot)
        except TransportError as error:
            self._places.refuse(slot, str(error))
            return False
        return True

    async def _serve_once(self, slot: _Slot) -> None:
        """Serve a panel until it has left or we are cancelled.

        Raises:
            TransportError: it cannot be used.
        """
        gone = asyncio.Event()
        session, info = await self._opened(slot, gone)
        slot.session = session
        self._places.attach(slot, info)
        try:
            await gone.wait()
        finally:
            slot.session = None
            self._places.lose(slot)
            await asyncio.shield(asyncio.to_thread(session.leave, is_gone=gone.is_set()))

    async def _opened(self, slot: _Slot, gone: asyncio.Event) -> Opened:
        """Open a panel on a thread; one that comes after we were cancelled is left again."""

        def pressed(key: int, down: bool) -> None:
            self._on_loop(self._places.press, slot, self._now(), key, down)

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

    def _on_loop(self, function: Callable[..., object], *values: object) -> None:
        """Call on the loop; a loop that was closed under us has nobody left to tell."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)
