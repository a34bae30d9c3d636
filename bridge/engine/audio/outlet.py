"""What to do with a frame for the speaker when frames still wait in the pipe. Pure.

The bridge makes a frame every 20 ms and must not wait; the player takes them by the sound card's
clock. If the card is slower, frames would pile up in the pipe and stay there as delay for the rest
of the call. So the same policy as for the microphone: beyond ``LIMIT`` the frame is dropped; if
within a second always more than ``SPARE`` frames waited, two become one.
"""

from bridge.engine.audio.pcm import crossfade

SPARE = (
    0  # frames; the player takes each within 20 ms unless it has enough (20 ms less delay than 1)
)
LIMIT = 6  # frames; 120 ms, as for the microphone
BEGIN_WITH = 2  # frames; what a player wants before it begins
WINDOW = 50  # frames, 1 s


class Outlet:
    """Drops or merges frames so that at most ``LIMIT`` wait."""

    def __init__(self) -> None:
        self._held: bytes | None = None
        self._least = LIMIT
        self._offers = 0
        self.written = 0
        self.overruns = 0
        self.merges = 0

    def offer(self, frame: bytes, waiting: int, *, has_begun: bool = True) -> bytes | None:
        """Return what to write now, or None: nothing.

        Args:
            frame: the newest frame.
            waiting: frames that the player has not taken yet.
            has_begun: the player has taken a frame. Before that, what is written would only be old
                when it begins.
        """
        if waiting >= (LIMIT if has_begun else BEGIN_WITH):
            self.overruns += 1
            return None
        if self._is_surplus(waiting):
            self._held = frame
            return None
        self.written += 1
        if self._held is None:
            return frame
        first, self._held = self._held, None
        self.merges += 1
        return crossfade(first, frame)

    def _is_surplus(self, waiting: int) -> bool:
        self._least = min(self._least, waiting)
        self._offers += 1
        if self._offers < WINDOW:
            return False
        surplus = self._least > SPARE
        self._least, self._offers = LIMIT, 0
        return surplus
