"""Key panels in memory: the twin of every ``ports.PanelBus``, for demo and whole-daemon tests."""

import time
from collections.abc import Mapping
from typing import Self

from bridge.drivers.ports import Now, PanelSink
from bridge.model.blf import (
    Color,
    KeyFace,
    PanelAttached,
    PanelEvent,
    PanelId,
    PanelInfo,
    PanelKey,
    PanelLost,
    PanelRefused,
)


class VirtualPanels:
    """Panels that are plugged in and looked at by the program that has them.

    Args:
        sink: takes the events, at once.
        now: monotonic seconds of key movements.
    """

    def __init__(self, sink: PanelSink, *, now: Now = time.monotonic) -> None:
        self._sink = sink
        self._now = now
        self._is_open = False
        self._plugged: dict[PanelId, PanelInfo] = {}
        self.faces: dict[PanelId, dict[int, KeyFace]] = {}
        """What each panel shows, by key."""

    async def __aenter__(self) -> Self:
        self._is_open = True
        for info in self._plugged.values():
            self._attach(info)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._is_open = False

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        info = self._plugged.get(panel)
        if info is None or not self._is_open:
            return
        for key, face in faces.items():
            if face is None:
                self.faces[panel].pop(key, None)
            elif 0 <= key < info.keys:
                self.faces[panel][key] = face

    def odd(self, panel: PanelId) -> Mapping[str, int]:  # noqa: ARG002  # the port's
        return {}

    # -- the panels' side ------------------------------------------------------------

    def plug(self, info: PanelInfo) -> None:
        """Plug a panel in; harmless when it is."""
        if info.panel not in self._plugged:
            self._plugged[info.panel] = info
            self._attach(info)

    def pull(self, panel: PanelId, reason: str = "") -> None:
        """Pull a panel; harmless when it is not plugged in.

        Args:
            panel: which.
            reason: what is told: empty for a cable, or such as that it does not answer.
        """
        if self._plugged.pop(panel, None) is not None:
            self.faces.pop(panel, None)
            self._tell(PanelLost(panel, reason))

    def move(self, panel: PanelId, key: int, *, down: bool) -> None:
        """Move a key."""
        if panel in self._plugged:
            self._tell(PanelKey(self._now(), panel, key, down))

    def refuse(self, port: str, reason: str) -> None:
        """Complain about something like a panel; an empty reason takes it back."""
        self._tell(PanelRefused(port, reason))

    def lit(self, panel: PanelId) -> dict[int, Color]:
        """Return the colours of the lamps that are on; unknown ones once the host has left."""
        faces = self.faces.get(panel, {})
        lamps = {key: face.lamp if self._is_open else face.unknown for key, face in faces.items()}
        return {key: lamp.color for key, lamp in lamps.items() if lamp.color is not Color.OFF}

    def _attach(self, info: PanelInfo) -> None:
        self.faces[info.panel] = {}
        self._tell(PanelAttached(info))

    def _tell(self, event: PanelEvent) -> None:
        if self._is_open:
            self._sink(event)
