"""How often one address may ask: the one place where the HTTP server limits that."""

from collections import OrderedDict

from bridge.drivers.ports import Now

PER_S = 20.0
"""Requests a second that go on for ever: a phone tells about 5 for the busiest call."""

BURST = 60.0
"""At once, as after a restart of all phones behind one address."""

REFUSED_COSTS = 10.0
"""As many as one refused request counts: whoever guesses tokens has 2 a second."""

MOST_ADDRESSES = 1024


class Buckets:
    """One bucket for each address; the ones nobody used for longest are forgotten.

    Args:
        now: monotonic seconds.
        per_s, burst: requests that go on for ever, and at once.
    """

    def __init__(self, now: Now, per_s: float = PER_S, burst: float = BURST) -> None:
        self._now = now
        self._per_s, self._burst = per_s, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, when

    def take(self, who: str, cost: float = 1.0) -> bool:
        """Say whether it is allowed now, and count it. What is refused empties no further."""
        now = self._now()
        left, since = self._left.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_s)
        allowed = left >= 1.0
        self._left[who] = (left - cost if allowed else left, now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return allowed

    def charge(self, who: str, cost: float) -> None:
        """Count more for what is over."""
        left, since = self._left.get(who, (self._burst, self._now()))
        self._left[who] = (left - cost, since)
