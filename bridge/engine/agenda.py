"""Things to do at a time, on the SIP thread."""

import heapq
import itertools
from collections.abc import Callable

Action = Callable[[], None]


class Agenda:
    """Actions with a due time. Not thread safe: the SIP thread owns it.

    An action must name a call by its id, never hold it: a call that outlives its end hangs up the
    next one in its slot.

    Args:
        now: monotonic seconds.
        failed: takes the exception of an action; the others go on.
    """

    def __init__(self, now: Callable[[], float], failed: Callable[[BaseException], None]) -> None:
        self._now = now
        self._failed = failed
        self._heap: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def after(self, delay_s: float, action: Action) -> None:
        """Do ``action`` once, ``delay_s`` seconds from now."""
        heapq.heappush(self._heap, (self._now() + delay_s, next(self._order), action))

    def run_due(self) -> None:
        """Do everything that is due; what it adds waits for the next time."""
        now = self._now()
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        for action in due:
            try:
                action()
            except Exception as e:  # noqa: BLE001  # one matter must not end the others
                self._failed(e)

    def next_in(self, at_most_s: float) -> float:
        """Return the seconds until something is due, 0..``at_most_s``."""
        if not self._heap:
            return at_most_s
        return min(at_most_s, max(0.0, self._heap[0][0] - self._now()))
