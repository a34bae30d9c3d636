"""Waiting for conditions: whatever happens pokes, and whoever waits looks again."""

import asyncio
import contextlib
from collections.abc import Callable


class Happenings:
    """One bell for everything that happens. Used on the event loop, except ``poke_from_thread``."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def poke(self) -> None:
        """Something happened."""
        self._news.set()

    def poke_from_thread(self) -> None:
        """Something happened on another thread; while the loop lives."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def next(self, within_s: float) -> None:
        """Wait for the next poke; a poke since the last wait counts."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within_s)
        self._news.clear()

    async def until(self, is_so: Callable[[], bool], within_s: float) -> bool:
        """Wait for a condition and return whether it came.

        Args:
            is_so: looked at after each poke; cheap and without effects.
            within_s: the longest wait.
        """
        try:
            async with asyncio.timeout(within_s):
                while not is_so():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return is_so()
        return True
