"""A clock that stands still until it is told to move: the twin of ``drivers.clock``."""

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.model.errors import ProtocolViolation


@dataclass(order=True, slots=True)
class _Timer:
    """One timer; equal due times fire in the order of their start, as on the event loop."""

    due_s: float
    serial: int
    name: str = field(compare=False)
    fire: Callable[[str], None] = field(compare=False)


class VirtualTimers:
    """``ports.Timers`` whose time moves only in ``advance``.

    Args:
        now_s: the time it starts at; not zero, so that a forgotten start time shows.
    """

    def __init__(self, now_s: float = 1000.0) -> None:
        self._now_s = now_s
        self._heap: list[_Timer] = []
        self._live: dict[str, int] = {}
        self._serial = itertools.count()

    def now(self) -> float:
        return self._now_s

    def start(self, name: str, after_s: float, fire: Callable[[str], None]) -> None:
        due_s = self._now_s + _checked(name, after_s)
        timer = _Timer(due_s, next(self._serial), name, fire)
        self._live[name] = timer.serial
        heapq.heappush(self._heap, timer)

    def stop(self, name: str) -> None:
        self._live.pop(name, None)

    def stop_all(self) -> None:
        """Forget every timer."""
        self._live.clear()

    def running(self) -> frozenset[str]:
        """Return the names of the timers that will still fire."""
        return frozenset(self._live)

    @property
    def next_s(self) -> float | None:
        """When the next timer fires; None when none runs."""
        while self._heap and self._live.get(self._heap[0].name) != self._heap[0].serial:
            heapq.heappop(self._heap)
        return self._heap[0].due_s if self._heap else None

    def advance(self, seconds: float) -> None:
        """Let time pass, firing what falls due, each timer at its own time.

        Timers started meanwhile fire too if they fall due before the end.

        Args:
            seconds: how long, 0 or more.

        Raises:
            ProtocolViolation: ``seconds`` is not finite, or negative.
        """
        if seconds < 0:
            raise ProtocolViolation(f"advance: found {seconds} s, expected 0 or more")
        end_s = self._now_s + _checked("advance", seconds)
        while self._heap and self._heap[0].due_s <= end_s:
            timer = heapq.heappop(self._heap)
            if self._live.get(timer.name) != timer.serial:
                continue
            del self._live[timer.name]
            self._now_s = max(self._now_s, timer.due_s)
            timer.fire(timer.name)
        self._now_s = end_s


def _checked(name: str, wait_s: float) -> float:
    """Refuse what the event loop cannot wait for; what is already due is due now."""
    if not math.isfinite(wait_s):
        raise ProtocolViolation(f"timer {name}: found {wait_s} s, expected a finite time")
    return max(wait_s, 0.0)
