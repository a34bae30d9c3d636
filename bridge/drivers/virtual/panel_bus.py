"""The twin of a key panel's driver: panels inside the process, with fingers and eyes for tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from bridge.drivers.ports import Now, PanelSink
from bridge.model.blf import (
    Color,
    KeyFace,
    PanelAttached,
    PanelId,
    PanelInfo,
    PanelKey,
    PanelLost,
)

ALL_COLORS = frozenset(Color)


@dataclass
class VirtualPanel:
    """One panel on the desk: what its keys show.

    Args:
        info: what it says of itself.
    """

    info: PanelInfo
    faces: dict[int, KeyFace] = field(default_factory=dict)
    is_unknown: bool = True  # its lamps all show unknown: nobody has said anything, or let go

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Take faces as the real ones do: None puts a key out, others stay."""
        self.is_unknown = False
        for key, face in faces.items():
            if not 0 <= key < self.info.keys:
                continue
            if face is None:
                self.faces.pop(key, None)
            else:
                self.faces[key] = face

    def state(self, key: int) -> str:
        """Return the word for what a key shows; empty for nothing."""
        face = self.faces.get(key)
        return "" if face is None else face.state


class VirtualPanelBus:
    """``ports.PanelBus`` inside the process.

    Args:
        sink: gets what happens to panels.
        now: monotonic seconds.
    """

    def __init__(self, sink: PanelSink, now: Now) -> None:
        self._sink = sink
        self._now = now
        self._panels: dict[PanelId, VirtualPanel] = {}
        self._is_open = False
        self._waiting: list[VirtualPanel] = []

    async def __aenter__(self) -> Self:
        self._is_open = True
        for panel in self._waiting:
            self.plug(panel)
        self._waiting.clear()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for panel in self._panels.values():
            panel.is_unknown = True
        self._is_open = False
        self._panels.clear()

    def show(self, panel: PanelId, faces: Mapping[int, KeyFace | None]) -> None:
        if (held := self._panels.get(panel)) is not None:
            held.show(faces)

    # -- a hand ---------------------------------------------------------------

    def plug(self, panel: VirtualPanel) -> None:
        """Attach a panel; before the driver is open it waits for that."""
        if not self._is_open:
            self._waiting.append(panel)
            return
        panel.faces.clear()
        self._panels[panel.info.panel] = panel
        self._sink(PanelAttached(panel.info))

    def pull(self, panel: VirtualPanel, reason: str = "") -> None:
        """Take a panel away; it shows unknown by itself."""
        del self._panels[panel.info.panel]
        panel.is_unknown = True
        self._sink(PanelLost(panel.info.panel, reason))

    def down(self, panel: VirtualPanel, key: int, late_s: float = 0.0) -> None:
        """Press a key; ``late_s`` ago where the message took its time."""
        self._sink(PanelKey(self._now() - late_s, panel.info.panel, key, down=True))

    def up(self, panel: VirtualPanel, key: int) -> None:
        """Release a key."""
        self._sink(PanelKey(self._now(), panel.info.panel, key, down=False))

    def tap(self, panel: VirtualPanel, key: int) -> None:
        """Press and release a key."""
        self.down(panel, key)
        self.up(panel, key)
