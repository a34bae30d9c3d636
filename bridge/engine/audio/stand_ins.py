"""Microphones and speakers that are no devices: silence, and the pair that tests speak with."""

import math
from array import array
from collections import deque

from bridge.engine.audio.pcm import frame_bytes, level_dbfs, samples, sine, to_bytes, tone_dbfs
from bridge.model.sound import ToneLevel

TONE_DBFS = -12.0
PROBE_FRAMES = 10  # 200 ms: resolves tones 20 Hz apart, and forgets before anybody waits for it
TABLE_FRAMES = 50  # 1 s: every whole number of hertz fits without a jump of phase


class Silence:
    """A microphone that says nothing, and a speaker that nobody hears."""

    def __init__(self, rate_hz: int) -> None:
        self._frame = bytes(frame_bytes(rate_hz))
        self.played = 0

    def start(self) -> None:
        """Nothing to open."""

    def stop(self) -> None:
        """Nothing to close."""

    def take(self) -> bytes:
        """Return a frame of silence."""
        return self._frame

    def put(self, frame: bytes) -> None:  # noqa: ARG002  # nobody listens
        """Forget a frame."""
        self.played += 1


class Tone:
    """A microphone that says a sine.

    Args:
        hz: frequency, 0 for silence; rounded to whole hertz.
        rate_hz: samples per second.
    """

    def __init__(self, hz: float, rate_hz: int) -> None:
        size = frame_bytes(rate_hz)
        table = to_bytes(sine(round(hz), rate_hz, 0, TABLE_FRAMES * size // 2, TONE_DBFS))
        self._frames = [table[i : i + size] for i in range(0, len(table), size)]
        self.captured = 0

    def start(self) -> None:
        """Nothing to open."""

    def stop(self) -> None:
        """Nothing to close."""

    def take(self) -> bytes:
        """Return the next frame of the sine."""
        frame = self._frames[self.captured % TABLE_FRAMES]
        self.captured += 1
        return frame


class Probe:
    """A speaker that measures on demand what it got in the last 200 ms.

    Args:
        listen_hz: frequencies of interest.
        rate_hz: samples per second.
    """

    def __init__(self, listen_hz: tuple[float, ...], rate_hz: int) -> None:
        self._listen_hz = listen_hz
        self._rate_hz = rate_hz
        self._frames: deque[bytes] = deque(maxlen=PROBE_FRAMES)
        self.played = 0

    def start(self) -> None:
        """Forget what an earlier call said."""
        self._frames.clear()

    def stop(self) -> None:
        """Nothing to close."""

    def put(self, frame: bytes) -> None:
        """Keep a frame."""
        self._frames.append(frame)
        self.played += 1

    def _heard(self) -> "array[int]":
        # The clock's thread goes on appending meanwhile: copy first.
        return samples(b"".join(tuple(self._frames)))

    def rms_dbfs(self) -> float:
        """Return the level of everything."""
        return level_dbfs(self._heard())

    def tones(self) -> tuple[ToneLevel, ...]:
        """Return the level at each frequency of interest; some 1.5 ms for each."""
        heard = self._heard()
        return tuple(
            ToneLevel(hz, tone_dbfs(heard, hz, self._rate_hz) if math.isfinite(hz) else -120.0)
            for hz in self._listen_hz
        )
