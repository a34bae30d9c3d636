"""The figures of the sound on the bus: every now and then in a call, and once after it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from bridge.drivers.ports import Timers
from bridge.model.calls import Phase, Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.events import Event
from bridge.model.sound import SoundStats

EVERY_S = 30.0  # of a call: a graph of an hour has 120 points, and the line stays quiet
TIMER = "app:figures"
UP = frozenset({Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD})


class Figures:
    """Asks and tells; a ``switchboard.Reader``. Nothing waits for it.

    Args:
        timers: the clock.
        ask: returns the figures, None if nobody tells them.
        tell: takes them.
    """

    def __init__(
        self,
        timers: Timers,
        ask: Callable[[], Awaitable[SoundStats | None]],
        tell: Callable[[SoundStats], None],
    ) -> None:
        self._timers, self._ask, self._tell = timers, ask, tell
        self._in_call = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin with the next call."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Ask no more."""
        self._timers.stop(TIMER)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """See a step; figures change without any."""

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        """See what happened; figures change without it."""

    def changed(self, now: Snapshot) -> None:
        """Begin with the first call, and tell once more after the last."""
        in_call = any(call.phase in UP for call in now.calls)
        if in_call is self._in_call:
            return
        self._in_call = in_call
        if in_call:
            self._timers.start(TIMER, EVERY_S, self._again)
        else:
            self._timers.stop(TIMER)
            self._look()

    def _again(self, name: str) -> None:
        self._timers.start(name, EVERY_S, self._again)
        self._look()

    def _look(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._told(), name="figures")

    async def _told(self) -> None:
        stats = await self._ask()
        if stats is not None:
            self._tell(stats)
