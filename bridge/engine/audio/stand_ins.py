"""Microphones and speakers that are no devices: silence, and the pair that tests speak with."""

import math
from array import array
from collections import deque

from bridge.engine.audio.pcm import (
    FRAME_S,
    frame_bytes,
    level_dbfs,
    samples,
    sine,
    to_bytes,
    tone_dbfs,
)
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


ECHO_FRAMES = (
    2  # the bridge asks and gives once a tick: one would do, were the order always the same
)


class Echo:
    """A speaker whose frames the microphone says again, and which measures them.

    Args:
        rate_hz: samples per second.
    """

    def __init__(self, rate_hz: int) -> None:
        self._silence = bytes(frame_bytes(rate_hz))
        self._waiting: deque[bytes] = deque(maxlen=ECHO_FRAMES)
        self.probe = Probe((), rate_hz)

    def take(self) -> bytes:
        """Return the oldest frame that was heard and not said yet."""
        return self._waiting.popleft() if self._waiting else self._silence

    def put(self, frame: bytes) -> None:
        """Hear a frame."""
        self._waiting.append(frame)
        self.probe.put(frame)


BURST_EVERY = 25  # frames, 0.5 s: longer than any round trip that is still a telephone's
BURST_FRAMES = 4  # 80 ms: survives the packet that a jitter buffer drops
ONSET = 1500  # of a sample, -27 dBFS: the burst is at -12, what concealment makes up is far below
KEPT_TRIPS = 60


class Stopwatch:
    """A microphone that says bursts of a tone, and a speaker that times when they come back.

    The clock of the bridge asks for a frame and gives one in each tick, so time is counted in
    frames that were given, to the sample. A burst that is not back before the next one is lost.

    Args:
        hz: of the tone.
        rate_hz: samples per second.
    """

    def __init__(self, hz: float, rate_hz: int) -> None:
        self._tone = Tone(hz, rate_hz)
        self._hz, self._rate_hz = hz, rate_hz
        self._silence = bytes(frame_bytes(rate_hz))
        self._said_at: int | None = None  # frames heard when the burst began
        self._back_ms: float | None = None  # the frame before held the onset: this is all tone
        self._trips_ms: deque[float] = deque(maxlen=KEPT_TRIPS)
        self.played = 0
        self.level = ToneLevel(hz, -120.0)  # of the tone that came back

    @property
    def captured(self) -> int:
        """Return how many frames were said."""
        return self._tone.captured

    def start(self) -> None:
        """Forget what an earlier call said."""
        self._said_at = self._back_ms = None
        self._trips_ms.clear()

    def take(self) -> bytes:
        """Return the next frame: tone for a moment, then silence."""
        frame = self._tone.take()
        place = (self._tone.captured - 1) % BURST_EVERY
        if place == 0:
            self._said_at = self.played
        return frame if place < BURST_FRAMES else self._silence

    def put(self, frame: bytes) -> None:
        """Hear a frame, and note the time if the burst begins in it."""
        heard = samples(frame)
        if self._back_ms is not None:
            self.level = ToneLevel(self._hz, tone_dbfs(heard, self._hz, self._rate_hz))
            self._trips_ms.append(self._back_ms)
            self._back_ms = None
        onset = next((i for i, v in enumerate(heard) if abs(v) > ONSET), None)
        if self._said_at is not None and onset is not None:
            late_s = (self.played - self._said_at) * FRAME_S + onset / self._rate_hz
            self._said_at, self._back_ms = None, late_s * 1000
        self.played += 1

    def round_trips_ms(self) -> tuple[float, ...]:
        """Return the last times there and back."""
        return tuple(self._trips_ms)
