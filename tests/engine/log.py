"""Events as they come in, and waiting for one."""

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

from bridge.model.events import Event
from bridge.model.ids import CallId

E = TypeVar("E", bound=Event)

PATIENCE_S = 60.0 if os.environ.get("HARDWARE_LAB") else 10.0
"""Far above anything measured: a busy machine is no failure. The lab's VM is emulated."""


class EventLog:
    """A sink that remembers, and lets a test wait for what it expects."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    def of(self, kind: type[E], call: CallId | None = None) -> list[E]:
        """All events of a kind, of one call or of any."""
        found = [e for e in self.events if isinstance(e, kind)]
        return [e for e in found if call is None or getattr(e, "call", None) == call]

    async def until(
        self,
        kind: type[E],
        call: CallId | None = None,
        *,
        where: Callable[[E], bool] = lambda _e: True,
        after: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> E:
        """Wait for the first event of a kind that fits, among those from index ``after`` on."""

        def first() -> E | None:
            later = self.events[after:]
            fits = (e for e in later if isinstance(e, kind) and where(e))
            return next((e for e in fits if call is None or getattr(e, "call", None) == call), None)

        try:
            async with asyncio.timeout(patience_s):
                while (found := first()) is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            message = f"no {kind.__name__} within {patience_s} s, but {self.events[after:]}"
            raise AssertionError(message) from None
        return found

    async def settled(self) -> None:
        """Let what is under way on the event loop arrive."""
        for _ in range(3):
            await asyncio.sleep(0)
