"""Named timers on the running event loop: the real clock."""

import asyncio
import functools
import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bridge.model.errors import ProtocolViolation


class LoopTimers:
    """``ports.Timers`` on asyncio. Used on the event loop only; never fires inside ``start``.

    Leaving the context forgets every timer, so that nothing fires into a stopped daemon.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def now(self) -> float:
        """Return CLOCK_MONOTONIC in seconds, the clock that reader threads stamp events with."""
        return time.monotonic()

    def start(self, name: str, after_s: float, fire: Callable[[str], None]) -> None:
        if not math.isfinite(after_s):
            # A NaN would disorder the loop's heap and delay every other timer.
            raise ProtocolViolation(f"timer {name}: found {after_s} s, expected a finite time")
        self.stop(name)
        run = functools.partial(self._fire, name, fire)
        self._handles[name] = self._loop.call_later(max(after_s, 0.0), run)

    def stop(self, name: str) -> None:
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        """Forget every timer."""
        for name in tuple(self._handles):
            self.stop(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop_all()

    def _fire(self, name: str, fire: Callable[[str], None]) -> None:
        """Forget the timer first: ``fire`` may start it anew."""
        del self._handles[name]
        fire(name)
