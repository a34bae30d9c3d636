"""What sounds beside microphone and speaker: music, tones, recordings, beeps in the ear.

Each is the inside of a port, or of a place on the way; all ``take`` and ``put``
run on the clock's thread and never block.
"""

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from bridge.engine.audio.feeder import Failed, Feeder
from bridge.engine.audio.pcm import frame_bytes, mixed
from bridge.engine.audio.recorder import Recorder
from bridge.engine.audio.tunes import for_ever, frames, hold_melody, ring_once
from bridge.engine.audio.wav import frames_of, trouble_with
from bridge.model.sound import NO_TONE, TONE, Ring


class Tune(Protocol):
    """Frames for ever; None while there is none."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def take(self) -> bytes | None: ...


class Melody:
    """A tune that was made here."""

    def __init__(self, data: bytes, rate_hz: int) -> None:
        self._data, self._rate_hz = data, rate_hz
        self._frames: Iterator[bytes] = iter(())

    def start(self) -> None:
        """Play from the beginning."""
        self._frames = for_ever(self._data, self._rate_hz)

    def stop(self) -> None:
        """Nothing runs."""

    def take(self) -> bytes | None:
        """Return the next frame."""
        return next(self._frames, None)


def tune_of(choice: str, made_here: bytes, rate_hz: int, failed: Failed) -> Tune:
    """Return what a setting asks for.

    Args:
        choice: ``tone``, ``off``, or a file.
        made_here: for ``tone``, and instead of a file that cannot be played.
        rate_hz: of the frames.
        failed: told once why a file cannot be played.
    """
    if choice == NO_TONE:
        return Melody(b"", rate_hz)
    if choice == TONE:
        return Melody(made_here, rate_hz)
    trouble = trouble_with(choice)
    if trouble:
        failed(trouble)
        return Melody(made_here, rate_hz)
    return Feeder(lambda: frames_of(choice, rate_hz), for_ever(made_here, rate_hz), failed)


class Music:
    """Music on hold: one source for everybody who is held.

    Args:
        choice: setting ``hold_music``.
        rate_hz: of the frames.
        failed: told why a file cannot be played.
    """

    def __init__(self, choice: str, rate_hz: int, failed: Failed) -> None:
        self._silence = bytes(frame_bytes(rate_hz))
        self._listeners: set[str] = set()
        self._rate_hz, self._failed = rate_hz, failed
        self._tune = self._chosen(choice)

    def choose(self, choice: str) -> None:
        """Play something else from now on."""
        self._tune.stop()
        self._tune = self._chosen(choice)
        if self._listeners:
            self._tune.start()

    def _chosen(self, choice: str) -> Tune:
        return tune_of(choice, hold_melody(self._rate_hz), self._rate_hz, self._failed)

    def play_to(self, call: str) -> None:
        """Somebody more listens."""
        if not self._listeners:
            self._tune.start()
        self._listeners.add(call)

    def part_from(self, call: str) -> None:
        """Somebody listens no longer."""
        self._listeners.discard(call)
        if not self._listeners:
            self._tune.stop()

    def take(self) -> bytes:
        """Return the next frame."""
        return self._tune.take() or self._silence

    def put(self, frame: bytes) -> None:
        """Nobody speaks to music."""


class Kit:
    """Tones to one call, and its recording.

    Args:
        rate_hz: of the frames.
    """

    def __init__(self, rate_hz: int) -> None:
        self._silence = bytes(frame_bytes(rate_hz))
        self._rate_hz = rate_hz
        self._tones: deque[bytes] = deque()
        self.recorder: Recorder | None = None

    def say(self, data: bytes) -> None:
        """Sound a tone behind those that still wait."""
        self._tones.extend(frames(data, self._rate_hz))

    def clear(self) -> None:
        """Forget what was for another call."""
        self._tones.clear()
        self.recorder = None

    def take(self) -> bytes:
        """Return the next frame."""
        try:
            return self._tones.popleft()
        except IndexError:
            return self._silence

    def put(self, frame: bytes) -> None:
        """Take what both ends say."""
        recorder = self.recorder
        if recorder is not None:
            recorder.put(frame)


class Ear:
    """Beeps over what the speaker gets.

    Args:
        rate_hz: of the frames.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._notices: deque[bytes] = deque()
        self._waiting: Tune | None = None

    def say(self, data: bytes) -> None:
        """Sound a tone once."""
        self._notices.extend(frames(data, self._rate_hz))

    def wait(self, tune: Tune | None) -> None:
        """Sound a tune again and again, or no longer (None)."""
        before, self._waiting = self._waiting, None
        if before is not None:
            before.stop()
        if tune is not None:
            tune.start()
            self._waiting = tune

    def heard(self, frame: bytes) -> bytes:
        """Return a frame with what beeps now."""
        waiting = self._waiting
        beep = waiting.take() if waiting is not None else None
        if self._notices:
            beep = self._notices.popleft()
        return mixed(frame, beep) if beep is not None and any(beep) else frame


def waiting_tune(choice: str, rate_hz: int, failed: Failed) -> Tune:
    """Return the beep of a second call."""
    return tune_of(choice, ring_once(Ring.WAITING, rate_hz), rate_hz, failed)
