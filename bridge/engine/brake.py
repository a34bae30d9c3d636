"""Not more calls in a moment than PJSIP has handles for.

Every INVITE gets two media sockets before our code is asked, a closed socket keeps its handle for
0.5 s, and there are 64: the 65th aborts the process (``pj_ioqueue_register_sock2``). So the SIP
thread itself stops for a moment when calls come too fast; what waits in the kernel's buffer is
retransmitted by honest callers and dropped for others.
"""

import time
from collections import deque

_WINDOW_S = 0.6
"""How long a call's handles are counted: PJ_IOQUEUE_KEY_FREE_DELAY is 0.5 s."""

_MOST = 18
"""Calls in that time: 36 handles. 4 calls under way have 8, transports and connections the rest."""


class Brake:
    """Counts calls and holds the SIP thread when there are too many."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()

    def begin(self) -> None:
        """Count a call; return when the next one may begin, after at most ``_WINDOW_S``."""
        now = time.monotonic()
        self._begun.append(now)
        while self._begun[0] < now - _WINDOW_S:
            self._begun.popleft()
        if len(self._begun) >= _MOST:
            time.sleep(max(0.0, self._begun[0] + _WINDOW_S - now))
