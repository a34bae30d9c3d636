"""Frames for the bridge out of something slow: a sound file, read on a thread of its own.

The bridge's clock asks every 20 ms and must not wait for a disk.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator

from bridge.engine.audio.wav import BadSoundFile

AHEAD = 50  # frames kept ready, 1 s: a sleeping disk takes longer to spin up, a busy one does not
LOOK_S = 0.2  # how often the thread looks whether frames are wanted

Failed = Callable[[str], None]
"""Takes one sentence, on the feeder's thread."""


class Feeder:
    """Plays frames again and again from ``start`` to ``stop``; both return at once.

    Args:
        make: begins to read, anew for each turn.
        instead: frames for ever, when reading fails.
        failed: is told why.
    """

    def __init__(
        self, make: Callable[[], Iterator[bytes]], instead: Iterator[bytes], failed: Failed
    ) -> None:
        self._make = make
        self._instead = instead
        self._failed = failed
        self._over: threading.Event | None = None
        self._ready: deque[bytes] = deque()

    def start(self) -> None:
        """Begin; harmless while it plays."""
        if self._over is None:
            self._over, self._ready = threading.Event(), deque()
            threading.Thread(
                target=self._run, args=(self._over, self._ready), name="snd-file", daemon=True
            ).start()

    def stop(self) -> None:
        """End; harmless when it does not play."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def take(self) -> bytes | None:
        """Return the next frame, None while there is none; on the clock's thread."""
        try:
            return self._ready.popleft()
        except IndexError:
            return None

    def _run(self, over: threading.Event, ready: deque[bytes]) -> None:
        try:
            while not over.is_set():
                for frame in self._make():
                    _hand_over(frame, over, ready)
        except BadSoundFile as e:
            self._failed(str(e))
        while not over.is_set():
            _hand_over(next(self._instead), over, ready)


def _hand_over(frame: bytes, over: threading.Event, ready: deque[bytes]) -> None:
    while len(ready) >= AHEAD and not over.is_set():
        over.wait(LOOK_S)
    ready.append(frame)
