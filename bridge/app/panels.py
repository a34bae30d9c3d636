"""Key panels composed: faces to keys, fingers to presses, pages where there are too few keys."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Protocol, Self, assert_never

from bridge.app.lamps import Lamps
from bridge.blf.board import Changes
from bridge.blf.fit import lamps_for
from bridge.blf.pages import PAGE_KEY, Layout, calls, page_face
from bridge.blf.press import LONG_S
from bridge.blf.seeing import table_of
from bridge.drivers.ports import PanelBus, PanelSink, Timers
from bridge.model.blf import (
    KeyFace,
    KeyState,
    KeyType,
    Lamp,
    PanelAttached,
    PanelEvent,
    PanelId,
    PanelInfo,
    PanelKey,
    PanelLost,
    PanelRefused,
)
from bridge.model.lamps import LookName

STALE_KEY_S = 2.0
"""A press older than this was meant for something else; a panel's press is here in 20 ms."""

_log = logging.getLogger(__name__)


MakePanels = Callable[[PanelSink], PanelBus]
"""Makes the driver of one kind of panel, with the sink it tells."""


class PanelReader(Protocol):
    """Whoever tells others about panels (MQTT)."""

    def panel_changed(self, info: PanelInfo, *, connected: bool) -> None:
        """See a panel that came or went."""

    def panel_key(self, panel: PanelId, key: int, position: int | None, what: str) -> None:
        """See a key: ``press``, ``release``, ``hold`` or ``page``."""


@dataclass
class _Panel:
    """One attached panel."""

    info: PanelInfo
    bus: PanelBus
    layout: Layout
    page: int = 0
    page_key: KeyFace | None = None  # as shown last
    down: dict[int, int | None] = field(default_factory=dict)
    """Keys that are held and not acted on yet, with the position they stood for."""


class Panels:
    """All panels on the desk.

    Args:
        lamps: the keys.
        timers: for how long a key is held.
        look: what lamps look like.
        matter: told what is wrong with a panel: topic and sentence, empty when it is well.
    """

    def __init__(
        self, lamps: Lamps, timers: Timers, look: LookName, matter: Callable[[str, str], None]
    ) -> None:
        self._lamps = lamps
        self._timers = timers
        self._look = look
        self._matter = matter
        self._stack = AsyncExitStack()
        self._panels: dict[PanelId, _Panel] = {}
        self._calling: dict[int, KeyFace] = {}
        """Keys that want to be seen on whatever page they are; few of many hundreds."""
        self.readers: list[PanelReader] = []

    async def open(self, make: Sequence[MakePanels]) -> None:
        """Start the drivers; panels come by themselves."""
        for one in make:
            holder: list[PanelBus] = []
            bus = one(partial(self._heard, holder))
            holder.append(bus)
            await self._stack.enter_async_context(bus)

    async def __aenter__(self) -> Self:
        self._lamps.on_changes.append(self._changed)
        self._lamps.on_arranged.append(self._arranged)
        self._lamps.panel_bodies = self.bodies
        self._note_calling(self._lamps.faces, ())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let every panel show unknown."""
        self._lamps.on_changes.remove(self._changed)
        self._lamps.on_arranged.remove(self._arranged)
        await self._stack.aclose()
        for panel in self._panels.values():
            self._let_go(panel)

    def bodies(self) -> list[dict[str, object]]:
        """Return what panels there are, for ``offhook lamps``."""
        return [
            {
                "panel": panel.info.panel,
                "name": panel.info.name,
                "firmware": panel.info.firmware,
                "keys": panel.info.keys,
                "page": panel.page + 1,
                "pages": panel.layout.pages,
                "note": panel.layout.complaint(panel.info.name),
                "odd": dict(panel.bus.odd(panel.info.panel)),
            }
            for panel in self._panels.values()
        ]

    # -- what panels say ------------------------------------------------------

    def _heard(self, holder: list[PanelBus], event: PanelEvent) -> None:
        match event:
            case PanelAttached(info):
                self._attached(info, holder[0])
            case PanelLost(panel, reason):
                self._lost(panel, reason)
            case PanelKey():
                self._key(event)
            case PanelRefused(port, reason):
                self._matter(f"panel {port}", reason)
            case _:
                assert_never(event)

    def _attached(self, info: PanelInfo, bus: PanelBus) -> None:
        panel = _Panel(info, bus, self._layout(info))
        self._panels[info.panel] = panel
        self._matter(f"panel {info.panel}", "")
        if note := panel.layout.complaint(info.name):
            _log.info("%s: %s", info.panel, note)
        self._show_all(panel)
        for reader in self.readers:
            reader.panel_changed(info, connected=True)

    def _lost(self, name: PanelId, reason: str) -> None:
        panel = self._panels.pop(name, None)
        if panel is None:
            return
        self._let_go(panel)
        self._matter(f"panel {name}", reason)
        for reader in self.readers:
            reader.panel_changed(panel.info, connected=False)

    def _let_go(self, panel: _Panel) -> None:
        for key in tuple(panel.down):
            self._timers.stop(_timer(panel.info.panel, key))
        panel.down.clear()

    # -- what keys show -------------------------------------------------------

    def _layout(self, info: PanelInfo) -> Layout:
        favourites = self._lamps.board.favourites
        return Layout(info.keys, favourites[-1].position if favourites else 0)

    def _note_calling(self, faces: Sequence[KeyFace], gone: Sequence[int]) -> None:
        for position in (*gone, *(face.position for face in faces)):
            self._calling.pop(position, None)
        self._calling |= {face.position: face for face in faces if calls(face)}

    def _arranged(self) -> None:
        for panel in self._panels.values():
            panel.layout = self._layout(panel.info)
            panel.page = min(panel.page, panel.layout.pages - 1)
            self._show_all(panel)

    def _changed(self, changes: Changes) -> None:
        self._note_calling(changes.faces, changes.gone)
        for panel in self._panels.values():
            shown: dict[int, KeyFace | None] = {}
            for face in changes.faces:
                place = panel.layout.place(face.position)
                if place is not None and place[0] == panel.page:
                    shown[place[1]] = self._fitted(panel, face)
            if panel.layout.has_pages:
                shown |= self._news_of_pages(panel)
            if shown:
                panel.bus.show(panel.info.panel, shown)

    def _show_all(self, panel: _Panel) -> None:
        faces: Mapping[int, KeyFace] = {face.position: face for face in self._lamps.faces}
        shown: dict[int, KeyFace | None] = {}
        for key in range(panel.info.keys):
            position = panel.layout.position(panel.page, key)
            face = None if position is None else faces.get(position)
            shown[key] = None if face is None else self._fitted(panel, face)
        panel.page_key = None
        if panel.layout.has_pages:
            shown |= self._news_of_pages(panel)
        panel.bus.show(panel.info.panel, shown)

    def _fitted(self, panel: _Panel, face: KeyFace) -> KeyFace:
        favourite = self._lamps.board.favourite(face.position)
        type_ = KeyType.SPEED_DIAL if favourite is None else table_of(favourite)
        return self._in_colors(panel, face, type_)

    def _news_of_pages(self, panel: _Panel) -> dict[int, KeyFace | None]:
        """Return the key that turns pages, if it shows something else than before."""
        before, panel.page_key = panel.page_key, self._page_key(panel)
        return {} if panel.page_key == before else {panel.info.keys - 1: panel.page_key}

    def _page_key(self, panel: _Panel) -> KeyFace:
        calling = [self._calling[position] for position in sorted(self._calling)]
        face = page_face(panel.layout, panel.page, calling)
        is_bare = face.state == KeyState.PLAIN.value
        return face if is_bare else self._in_colors(panel, face, KeyType.BLF)

    def _in_colors(self, panel: _Panel, face: KeyFace, type_: KeyType) -> KeyFace:
        lamps = lamps_for(self._look, type_, panel.info.colors)
        lamp = lamps.get(KeyState(face.state), face.lamp)
        return replace(face, lamp=lamp, unknown=lamps.get(KeyState.UNKNOWN, Lamp()))

    # -- what fingers do ------------------------------------------------------

    def _key(self, event: PanelKey) -> None:
        panel = self._panels.get(event.panel)
        if panel is None:
            return
        if event.down:
            self._pressed(panel, event)
        else:
            self._released(panel, event.key)

    def _pressed(self, panel: _Panel, event: PanelKey) -> None:
        late_s = self._timers.now() - event.at_s
        if late_s > STALE_KEY_S:
            _log.warning("%s: a press %.1f s old is ignored", panel.info.panel, late_s)
            return
        if event.key in panel.down:
            return  # its release was lost: one finger, one press
        position = panel.layout.position(panel.page, event.key)
        self._tell_key(panel, event.key, position, "press")
        if position == PAGE_KEY:
            self._turn(panel)
        elif position is not None and self._lamps.is_quick(position):
            self._lamps.finger(position, long=False)
        elif position is not None:
            panel.down[event.key] = position
            name = _timer(panel.info.panel, event.key)
            self._timers.start(name, LONG_S, lambda _name: self._held(panel, event.key))

    def _released(self, panel: _Panel, key: int) -> None:
        position = panel.down.pop(key, None)
        self._tell_key(panel, key, position, "release")
        if position is not None:
            self._timers.stop(_timer(panel.info.panel, key))
            self._lamps.finger(position, long=False)

    def _held(self, panel: _Panel, key: int) -> None:
        position = panel.down.pop(key, None)
        if position is not None:
            self._tell_key(panel, key, position, "hold")
            self._lamps.finger(position, long=True)

    def _turn(self, panel: _Panel) -> None:
        positions = (one.position for one in self._lamps.board.favourites)
        panel.page = panel.layout.after(panel.page, positions)
        self._show_all(panel)

    def _tell_key(self, panel: _Panel, key: int, position: int | None, what: str) -> None:
        for reader in self.readers:
            reader.panel_key(panel.info.panel, key, position, what)


def _timer(panel: PanelId, key: int) -> str:
    return f"panel:{panel} {key}"
