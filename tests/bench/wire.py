"""One thread that waits for all sockets of a bench, so that its own clock is the only one."""

import os
import selectors
import time
from collections.abc import Callable
from typing import Protocol

IN_VM = bool(os.environ.get("HARDWARE_LAB"))
PATIENCE_S = 60.0 if IN_VM else 10.0  # for two cores shared with other work; nothing honest takes
# a tenth of it. The VM is some twenty times slower.


class BenchError(Exception):
    """Something did not happen; the sentence says what was waited for."""


class HasFileno(Protocol):
    """A socket or pipe."""

    def fileno(self) -> int: ...


class Wire:
    """Watches sockets and hands each readiness to its owner, which takes the time at once."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, source: HasFileno, ready: Callable[[], None]) -> None:
        """Call ``ready`` whenever there is something to read."""
        self._selector.register(source, selectors.EVENT_READ, ready)

    def forget(self, source: HasFileno) -> None:
        """Watch it no more."""
        self._selector.unregister(source)

    def until(
        self,
        condition: Callable[[], object],
        what: str,
        patience_s: float = PATIENCE_S,
        poll_s: float | None = None,
    ) -> None:
        """Serve until a condition holds.

        Args:
            condition: asked after each round.
            what: for the message.
            patience_s: the deadline.
            poll_s: ask this often even if nothing arrives; None = only something arriving counts.

        Raises:
            BenchError: it did not hold in time.
        """
        deadline_s = time.monotonic() + patience_s
        while not condition():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise BenchError(f"not within {patience_s:.0f} s: {what}")
            self._serve(left_s if poll_s is None else min(left_s, poll_s))

    def rest(self, seconds: float) -> None:
        """Serve for a while."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            self._serve(left_s)

    def _serve(self, wait_s: float) -> None:
        for key, _ in self._selector.select(wait_s):
            key.data()
