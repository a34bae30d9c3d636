"""What to do with a frame for the speaker when frames still wait in the pipe. Pure.

The bridge makes a frame every 20 ms and must not wait; the player takes them by the sound card's
clock. If the card is slower, or stood still while the machine stalled, frames would pile up in the
pipe and stay there as delay for the rest of the call. So the same policy as for the microphone
(``surplus.py``): what is not needed goes, two frames become one, quickly if it is much. Only beyond
``LIMIT`` a frame is dropped.
"""

from bridge.engine.audio.splice import shortened
from bridge.engine.audio.surplus import LIMIT, Shorten, Surplus

SPARE = (
    0  # frames; the player takes each within 20 ms unless it has enough (20 ms less delay than 1)
)
COMFORT = 2  # frames; what waits here does not help against the next stall: the server stalls, too


class Outlet:
    """Drops or merges frames so that at most ``LIMIT`` wait."""

    def __init__(self) -> None:
        self._held: bytes | None = None
        self._surplus = Surplus(SPARE, COMFORT)
        self.written = 0
        self.overruns = 0
        self.merges = 0

    def offer(self, frame: bytes, waiting: int) -> bytes | None:
        """Return what to write now, a frame to one and a half, or None: nothing.

        Args:
            frame: the newest frame.
            waiting: frames that the player has not taken yet.
        """
        if waiting >= LIMIT:
            self.overruns += 1
            return None
        if self._held is None and self._surplus.seen(waiting) is not Shorten.NO:
            self._held = frame
            return None
        self.written += 1
        if self._held is None:
            return frame
        first, self._held = self._held, None
        self.merges += 1
        return shortened(first, frame)
