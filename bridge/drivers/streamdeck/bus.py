"""All Elgato Stream Decks; see ``ports.PanelBus``."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from bridge.drivers.ports import HidBus, HidNode, NodeAdded, NodeRemoved, Now, PanelSink
from bridge.model.blf import (
    Color,
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

if TYPE_CHECKING:
    from bridge.drivers.streamdeck.deck import Deck, DeckSession

_log = logging.getLogger(__name__)

ELGATO = 0x0FD9  # USB vendor (streamdeck 0.10.0, ProductIDs.py)
AGAIN_S = 5.0  # before a deck that could not be used is tried again
INSTALL = (
    "the Python packages streamdeck and Pillow are missing: pip install 'offhook[streamdeck]', "
    "or set panels.streamdeck to false"
)
_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class _Slot:
    """One deck that is plugged in."""

    node: HidNode
    task: asyncio.Task[None] | None = None
    session: "DeckSession | None" = None
    panel: PanelId | None = None
    complaint: str = ""


class StreamDecks:
    """Stream Decks by the ``streamdeck`` library.

    Args:
        settings: brightness.
        hid: where devices appear.
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
        if is_installed():
            self._watching = asyncio.create_task(self._watch(), name="stream-decks")
        else:
            _log.warning("%s", INSTALL)
            self._sink(PanelRefused("streamdeck", INSTALL))
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._leaves = True
        tasks = [slot.task for slot in self._slots.values() if slot.task is not None]
        if self._watching is not None:
            tasks.append(self._watching)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        for slot in self._slots.values():
            if slot.panel == panel and slot.session is not None:
                slot.session.show(faces)

    async def _watch(self) -> None:
        """Follow the devices as they come and go."""
        try:
            async for change in self._hid.changes():
                match change:
                    case NodeAdded(node) if node.vendor_id == ELGATO:
                        self._removed(node.node)
                        slot = self._slots[node.node] = _Slot(node)
                        slot.task = asyncio.create_task(self._serve(slot), name="stream-deck")
                    case NodeRemoved(path):
                        self._removed(path)
                    case _:
                        pass
        except Exception:  # noqa: BLE001  # task border: decks that are there go on
            _log.exception("Stream Decks plugged in from now on are not noticed")

    def _removed(self, path: str) -> None:
        slot = self._slots.pop(path, None)
        if slot is not None and slot.task is not None:
            slot.task.cancel()

    # -- one deck --------------------------------------------------------------------

    async def _serve(self, slot: _Slot) -> None:
        """Open the deck and serve it, again and again until it is unplugged."""
        try:
            while True:
                try:
                    await self._serve_once(slot)
                except TransportError as error:
                    self._refuse(slot, str(error))
                await asyncio.sleep(AGAIN_S)
        except Exception as error:  # noqa: BLE001  # task border: this deck is given up
            _log.exception("%s: given up", slot.node.node)
            self._refuse(slot, f"it cannot be used any more: {error}")
        finally:
            self._refuse(slot, "")

    async def _serve_once(self, slot: _Slot) -> None:
        """Serve a deck until it has left or we are cancelled.

        Raises:
            TransportError: it cannot be used.
        """
        gone = asyncio.Event()
        opening = asyncio.ensure_future(asyncio.to_thread(self._opened, slot, gone))
        try:
            session, info = await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(TransportError):
                session, info = await opening
                await asyncio.to_thread(session.leave, is_gone=False)
            raise
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

    def _opened(self, slot: _Slot, gone: asyncio.Event) -> "tuple[DeckSession, PanelInfo]":
        """Open a deck and black its keys; on a thread.

        Raises:
            TransportError: it cannot be used, with the way out.
        """
        from StreamDeck.Transport.Transport import TransportError as DeckError  # noqa: PLC0415

        from bridge.drivers.streamdeck import deck as decks  # noqa: PLC0415  # an extra
        from bridge.drivers.streamdeck.transport import HidTransport, deck_on  # noqa: PLC0415

        handle = self._hid.open(slot.node)
        device = HidTransport(slot.node, handle, lambda: self._on_loop(gone.set))
        deck = cast("Deck | None", deck_on(device))
        if deck is None:
            device.shut(None)
            raise TransportError(
                f"the streamdeck library does not know product {slot.node.product_id:04x}: "
                "a newer release may"
            )
        session = decks.DeckSession(deck, device, self._now)
        try:
            deck.set_poll_frequency(decks.READ_HZ)
            deck.open()
            info = _info(deck, slot.node)
            session.start(
                self._settings.brightness,
                lambda key, down: self._on_loop(
                    self._sink, PanelKey(self._now(), info.panel, key, down)
                ),
            )
        except DeckError as error:
            session.leave(is_gone=True)
            reason = f"{slot.node.node} does not answer as a Stream Deck: {error}"
            raise TransportError(reason) from error
        return session, info

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


def is_installed() -> bool:
    """Say whether the extra ``streamdeck`` is there."""
    try:
        import PIL  # noqa: F401, PLC0415  # an extra
        import StreamDeck  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def _info(deck: "Deck", node: HidNode) -> PanelInfo:
    """Return what is known of a deck."""
    serial = deck.get_serial_number() or node.serial or node.port or node.node
    name = _OTHER.sub("-", serial.lower()).strip("-")[-32:]
    return PanelInfo(
        panel=PanelId(f"streamdeck-{name}"),
        name=deck.deck_type(),
        firmware=deck.get_firmware_version(),
        keys=deck.key_count(),
        colors=frozenset(Color) if deck.is_visual() else frozenset({Color.OFF}),
        has_pictures=deck.is_visual(),
    )
