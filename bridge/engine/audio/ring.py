"""Frames between the microphone's clock and the bridge's clock. Pure.

Theory of operation. The recorder pushes whole frames when the sound server has them; the bridge
pops one every 20 ms by its own clock. What goes wrong between two clocks, each with its cure:

- *jitter*: start to play only when ``PREFILL`` frames lie ready, so that a late frame is no gap;
- *the microphone stops or is late for long*: an **underrun** gives the last frame once more,
  backwards (so that no sample jumps) and fading out, then silence until ``REFILL`` frames lie
  ready; the first of them fades in;
- *the microphone is faster* (drift, or a burst after a stall): sound would pile up for ever. If for
  a second the ring always held more than ``SPARE`` frames before a pop, so much delay is not
  needed: 10 to 20 ms are cut out of two frames (**merge**, ``splice.py``) without a click; what
  that leaves beyond one frame is the beginning of the next. Each
  underrun makes that second longer, each such merge a little shorter, so that a busy machine keeps
  the delay it needs. Above ``COMFORT``, where a stall has left a pile, merges follow one another
  until it is gone (``surplus.py``). Only beyond ``LIMIT`` the oldest is dropped (**overrun**);
- *nobody pops*, because all calls are muted: what was said meanwhile is nobody's business.
  ``flush`` says so, and the next pop throws it away and the ring fills anew.

A slower microphone ends in an underrun now and then: at 50 ppm, a bad card, every 7 minutes.

One thread pushes and one pops: ``deque`` with ``maxlen`` drops the oldest by itself, so only the
popping side ever takes frames out.
"""

from collections import deque

from bridge.engine.audio.pcm import fade_in, fade_out, mirrored
from bridge.engine.audio.splice import shortened
from bridge.engine.audio.surplus import LIMIT, Shorten, Surplus

PREFILL = 2  # frames; 40 ms covers the p99 of 23-31 ms between ticks of an idle machine (measured)
REFILL = 1  # frames; after a gap the ring is a frame deeper anyway, and one concealed is not heard
SPARE = 1  # frames; more that were never needed are delay: 85 instead of 104 ms mouth to ear
COMFORT = 5  # frames; 100 ms, above which delay disturbs a conversation
MOST_PATIENCE = 16  # windows; a machine with a stall every 10 s keeps its spare frames


class FrameRing:
    """A bounded queue of frames with counters.

    Args:
        frame_bytes: size of every frame, even.
    """

    def __init__(self, frame_bytes: int) -> None:
        self._queue: deque[bytes] = deque(maxlen=LIMIT)
        self._size = frame_bytes
        self._silence = bytes(frame_bytes)
        self._rest = b""  # comes before the queue
        self._last = self._silence
        self._primed = False
        self._surplus = Surplus(SPARE, COMFORT)
        self._enough = PREFILL
        self._patience = 1
        self._unread = 0
        self._is_stale = False
        self.pushed = 0
        self.underruns = 0
        self.overruns = 0
        self.merges = 0

    def __len__(self) -> int:
        return len(self._queue)

    def push(self, frame: bytes) -> None:
        """Add one frame of exactly ``frame_bytes``; drops the oldest if there is no room."""
        self.pushed += 1
        self._unread += 1
        if len(self._queue) == LIMIT and not self._is_stale:
            self.overruns += 1
            self._is_stale = self._unread > LIMIT  # nobody asked for so long: begin anew
        self._queue.append(frame)

    def flush(self) -> None:
        """Forget what nobody is to hear, because it was said while muted or in an earlier call.

        From any thread; done by the next ``pop``.
        """
        self._is_stale = True

    def pop(self, *, late: bool = False) -> bytes:
        """Return the next frame, always of the same size, whatever the microphone does.

        Args:
            late: the bridge has stood still and makes up for it: what piled up goes in a moment.
        """
        self._unread = 0
        if self._is_stale:
            self._clear()
        level = len(self._queue) + (len(self._rest) >= self._size)
        if not self._primed:
            return self._start(level)
        if not level:
            return self._run_dry()
        self._last = self._take() if late else self._next(level)
        return self._last

    def _clear(self) -> None:
        self._is_stale = False
        self._primed = False
        self._enough = PREFILL
        self._queue.clear()
        self._rest = b""

    def _start(self, level: int) -> bytes:
        if level < self._enough:
            return self._silence
        self._primed = True
        self._surplus.begin()
        self._last = self._take()
        return fade_in(self._last)

    def _run_dry(self) -> bytes:
        self.underruns += 1
        self._patience = min(MOST_PATIENCE, self._patience * 4)
        self._primed = False
        self._enough = REFILL
        return fade_out(mirrored(self._last))

    def _next(self, level: int) -> bytes:
        why = self._surplus.seen(level, self._patience)
        if why is Shorten.NO:
            return self._take()
        if why is Shorten.EASE:
            self._patience = max(1, self._patience - 1)
        self.merges += 1
        merged = shortened(self._take(), self._take())
        self._rest = merged[self._size :] + self._rest
        return merged[: self._size]

    def _take(self) -> bytes:
        if not self._rest:
            return self._queue.popleft()
        sound = self._rest
        if len(sound) < self._size:
            sound += self._queue.popleft()
        self._rest = sound[self._size :]
        return sound[: self._size]
