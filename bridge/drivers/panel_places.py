"""What every bus of key panels keeps: places where one may be, what is told of each, its end.

How a place is opened and served is the bus's own.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bridge.drivers.ports import PanelSink
from bridge.model.blf import (
    KeyFace,
    PanelAttached,
    PanelId,
    PanelInfo,
    PanelKey,
    PanelLost,
    PanelRefused,
)

LEAVE_S = 1.0  # the contract of ``PanelBus``


class Shows(Protocol):
    """A panel in use."""

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces; newest wins. Returns at once."""

    @property
    def odd(self) -> Mapping[str, int]:
        """How often what it said could not be used, by reason."""


@dataclass(slots=True)
class Place:
    """One place where a panel may be.

    Args:
        path: of its device node.
        task: serves it.
        session: the panel in use, while there is one.
        panel: its name, from when it was told.
        complaint: why it cannot be used, as told last; empty = it can.
    """

    path: str
    task: asyncio.Task[None] | None = None
    session: Shows | None = None
    panel: PanelId | None = None
    complaint: str = ""


P = TypeVar("P", bound=Place)


class Places(Generic[P]):
    """All places of one bus.

    Args:
        sink: takes the events; nothing more from ``leave`` on.
        log: of the bus.
    """

    def __init__(self, sink: PanelSink, log: logging.Logger) -> None:
        self._sink = sink
        self._log = log
        self._watching: asyncio.Task[None] | None = None
        self.by_path: dict[str, P] = {}
        self.are_left = False
        """Whether we go: then nothing is told."""

    def watch(self, watching: Coroutine[None, None, None], name: str) -> None:
        """Have somebody follow the devices as they come and go."""
        self._watching = asyncio.create_task(watching, name=name)

    def keep(self, place: P, serving: Coroutine[None, None, None]) -> None:
        """Have a place served from now on."""
        self.by_path[place.path] = place
        place.task = asyncio.create_task(serving, name=f"panel-{place.path}")

    async def leave(self) -> None:
        """End all serving; a device that hangs is left hanging."""
        self.are_left = True
        tasks = [place.task for place in self.by_path.values() if place.task is not None]
        if self._watching is not None:
            tasks.append(self._watching)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVE_S)

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces on a panel; harmless when it is not there."""
        for place in self.by_path.values():
            if place.panel == panel and place.session is not None:
                place.session.show(faces)

    def odd(self, panel: PanelId) -> Mapping[str, int]:
        """Return how often what a panel said could not be used, by reason."""
        sessions = (place.session for place in self.by_path.values() if place.panel == panel)
        return next((one.odd for one in sessions if one is not None), {})

    def attach(self, place: P, info: PanelInfo) -> None:
        """Tell that a panel is there."""
        self.refuse(place, "")
        place.panel = info.panel
        self._log.info("%s: %s, %d keys, on %s", info.panel, info.name, info.keys, place.path)
        self._sink(PanelAttached(info))

    def lose(self, place: P, reason: str = "") -> None:
        """Tell that a panel has gone; harmless when it has, and silent while we leave."""
        panel, place.panel = place.panel, None
        if panel is not None and not self.are_left:
            self._log.info("%s: gone from %s: %s", panel, place.path, reason or "unplugged")
            self._sink(PanelLost(panel, reason))

    def press(self, place: P, at_s: float, key: int, down: bool) -> None:
        """Tell of a key, while the panel is there."""
        if place.panel is not None:
            self._sink(PanelKey(at_s, place.panel, key, down))

    def refuse(self, place: P, reason: str) -> None:
        """Tell a complaint once, and take it back once."""
        if reason == place.complaint or self.are_left:
            return
        place.complaint = reason
        if reason:
            self._log.warning("%s: %s", place.path, reason)
        self._sink(PanelRefused(place.path, reason))
