"""Time for virtual devices: a device acts by itself, on whatever clock it is given.

Unlike ``ports.Timers`` these may be called from any thread, as a device's own processor would.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Protocol

Action = Callable[[], None]


class DeviceClock(Protocol):
    """What a virtual device knows of time. All methods from any thread."""

    def now(self) -> float:
        """Monotonic seconds."""

    def after(self, delay_s: float, action: Action) -> None:
        """Do something once, later, on a thread of the clock's choice."""


class ManualClock:
    """Time that passes when a test says so; actions run in ``advance``, in order."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        self._order = itertools.count()
        self._due: list[tuple[float, int, Action]] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now_s

    @property
    def next_s(self) -> float | None:
        """When the next action is due; None when there is none."""
        with self._lock:
            return self._due[0][0] if self._due else None

    def after(self, delay_s: float, action: Action) -> None:
        with self._lock:
            heapq.heappush(self._due, (self._now_s + delay_s, next(self._order), action))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        until_s = self._now_s + seconds
        while (due := self._next(until_s)) is not None:
            self._now_s = max(self._now_s, due[0])
            due[2]()
        self._now_s = until_s

    def _next(self, until_s: float) -> tuple[float, int, Action] | None:
        with self._lock:
            if self._due and self._due[0][0] <= until_s:
                return heapq.heappop(self._due)
            return None


class RealClock:
    """Time as it passes, for devices that live in a running daemon.

    One thread, started with the first action and gone a while after the last one.
    """

    def __init__(self) -> None:
        self._order = itertools.count()
        self._due: list[tuple[float, int, Action]] = []
        self._changed = threading.Condition()
        self._runs = False

    def now(self) -> float:
        return time.monotonic()

    def after(self, delay_s: float, action: Action) -> None:
        with self._changed:
            heapq.heappush(self._due, (self.now() + delay_s, next(self._order), action))
            self._changed.notify()
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="virtual-hid-clock", daemon=True).start()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            action()

    def _next(self) -> Action | None:
        """Wait for the next action; None when there is nothing left to wait for."""
        with self._changed:
            while self._due:
                wait_s = self._due[0][0] - self.now()
                if wait_s <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait_s)
            self._runs = False
            return None
