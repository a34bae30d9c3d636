"""What the daemon is made of, as far as it looks at it."""

from collections.abc import Mapping
from typing import Protocol

from bridge.app.loudness import SoundEngine
from bridge.drivers.ports import CallEngine, Timers
from bridge.model.page import LaunchPage


class Clock(Timers, Protocol):
    """Timers that can all be forgotten."""

    def stop_all(self) -> None:
        """Forget every timer."""


class Page(Protocol):
    """The telephone in a browser."""

    def launch(self, wish: LaunchPage) -> Mapping[str, object]:
        """Return an address that opens it; raises ``BridgeError`` where there is none."""

    @property
    def text(self) -> str:
        """One sentence."""


class Engine(CallEngine, SoundEngine, Protocol):
    """An engine that says where it listens."""

    @property
    def address(self) -> str:
        """``host:port``, or words; empty while it does not run."""

    @property
    def silent_s(self) -> float:
        """Seconds since it, or who starts it again, last showed life; infinite once that ended."""
