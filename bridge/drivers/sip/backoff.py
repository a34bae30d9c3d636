"""How long to wait before the engine is started again."""

import random

_STEPS_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Waits, seconds. The first is short: a phone that is down misses calls. The last is long enough
for an address or a port to come back without filling the log."""

_JITTER = 0.2
"""Share by which a wait varies, so that several phones do not come back in step."""

STABLE_S = 30.0
"""A life of at least so long counts as good: the next wait is the first again."""


class Backoff:
    """Growing waits with jitter."""

    def __init__(self) -> None:
        self._step = 0

    def next_s(self, lived_s: float) -> float:
        """Return the seconds to wait.

        Args:
            lived_s: how long the last life was.
        """
        if lived_s >= STABLE_S:
            self._step = 0
        wait = _STEPS_S[min(self._step, len(_STEPS_S) - 1)]
        self._step += 1
        return wait * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # not a secret
