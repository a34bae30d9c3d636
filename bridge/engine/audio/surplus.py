"""When a buffer between two clocks holds more than it needs, so that two frames become one. Pure.

Two measures side by side, both of the *least* that lay there for a while, since what comes and goes
in lumps is no surplus:

- **ease**: what was never needed for a second or longer is delay. One frame goes, and the next
  second begins: clocks that drift apart, and the last frames after a stall;
- **haste**: more than is comfortable for 100 ms is what a stall left behind: all stood still, then
  everything came at once, and what was said meanwhile comes late. It is played faster, every sixth
  frame goes into its neighbour, until the delay is an ordinary one. No word is lost. The more there
  is, the faster: on a machine so busy that the player loses a third of its time for good, the delay
  ends at some frames more instead of at ``LIMIT``.
"""

from enum import Enum

LIMIT = 25  # frames, 500 ms: a longer stall PJSIP does not catch up with (MAX_JUMP_MSEC)
WINDOW = 50  # frames, 1 s: stalls of a busy machine are shorter, drift is longer
HASTES = ((3, 5), (6, 2), (LIMIT, 1))
"""Frames above the comfort, up to which so many pass unmerged in between: a sixth faster is a
lively speaker; twice as fast is for what would be dropped otherwise."""


class Shorten(Enum):
    """Why two frames shall become one."""

    NO = "no"
    EASE = "ease"
    HASTE = "haste"


class Surplus:
    """Watches the level of one buffer.

    Args:
        spare: frames that may always lie there.
        comfort: frames above which the delay disturbs a conversation, at least ``spare``.
    """

    def __init__(self, spare: int, comfort: int) -> None:
        self._spare = spare
        self._comfort = comfort
        self._long = self._short = LIMIT
        self._long_seen = self._short_seen = 0

    def begin(self) -> None:
        """Forget what was seen: the buffer has just changed."""
        self._long = self._short = LIMIT
        self._long_seen = self._short_seen = 0

    def seen(self, level: int, patience: int = 1) -> Shorten:
        """Take note of one level; tell what to do now.

        Args:
            level: frames that lie there, once for each frame that goes through.
            patience: seconds of ``WINDOW`` that must pass before anything is no longer needed.
        """
        self._long_seen += 1
        self._short_seen += 1
        self._long = min(self._long, level)
        self._short = min(self._short, level)
        if self._short > self._comfort:
            if self._short_seen >= self._haste_window():
                self.begin()
                return Shorten.HASTE
        elif self._short_seen >= HASTES[0][1]:
            self._short, self._short_seen = LIMIT, 0
        if self._long_seen < WINDOW * patience:
            return Shorten.NO
        is_too_much = self._long > self._spare
        self.begin()
        return Shorten.EASE if is_too_much else Shorten.NO

    def _haste_window(self) -> int:
        above = self._short - self._comfort
        return next(frames for up_to, frames in HASTES if above <= up_to)
