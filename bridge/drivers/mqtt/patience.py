"""How long the link waits before it connects again.

A broker that is started again loses all its bridges in one moment. If each came back at once, 500
of them would knock within 25 ms, at a door with room for 100; so those that are not on the broker's
own machine draw their moment from a whole second. Later attempts wait half of their time at least:
a broker that is missing is not asked all the time.
"""

import random
from collections.abc import Callable

FIRST_DELAY_S = 0.05  # on the broker's machine: mosquitto restarts in 10 ms
LAST_DELAY_S = 2.0
SPREAD_S = 1.0  # of the first attempt from afar; goal R1: back within 1 s (p95), 2 s at most
LAST_LOCAL_DELAY_S = 0.5  # on this machine nobody else storms, and a refused attempt costs 1 ms
STEADY_S = 1.0  # a connection that lived this long was a good one: start over with short delays

Draw = Callable[[float, float], float]
"""A random number between two."""


class Patience:
    """The pauses of one link.

    Args:
        is_local: whether the broker is on this machine.
        draw: chance.
    """

    def __init__(self, *, is_local: bool, draw: Draw = random.uniform) -> None:
        self._is_local = is_local
        self._draw = draw
        self._delay_s = 0.0  # of the next attempt; 0 = the first after a connection that was good

    def after(self, lived_s: float, *, is_taken_over: bool) -> float:
        """Return how long to wait before the next attempt, seconds.

        Args:
            lived_s: how long the connection was up, 0 = never.
            is_taken_over: whether another client took our name: it tries again, too, so there
                is no fight.
        """
        if is_taken_over:
            self._delay_s = LAST_DELAY_S
        elif lived_s > STEADY_S:
            self._delay_s = 0.0
        if not self._delay_s:
            return self._first()
        pause_s = self._draw(self._delay_s / 2, self._delay_s)
        longest_s = LAST_LOCAL_DELAY_S if self._is_local else LAST_DELAY_S
        self._delay_s = min(longest_s, self._delay_s * 2)
        return pause_s

    def _first(self) -> float:
        """Return the pause after a connection that was good, or after the very first attempt."""
        if self._is_local:
            self._delay_s = 2 * FIRST_DELAY_S
            return self._draw(FIRST_DELAY_S / 2, FIRST_DELAY_S)
        self._delay_s = SPREAD_S
        return self._draw(0.0, SPREAD_S)
