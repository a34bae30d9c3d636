"""Sets of sound ends that are no devices: silence, an echo, and what tests speak with."""

from dataclasses import replace
from typing import Protocol

from bridge.engine.audio.stand_ins import Echo, Probe, Silence, Stopwatch, Tone
from bridge.model.sound import Ring, SoundBackend, SoundSettings, SoundStats


class Source(Protocol):
    """A microphone that is no device."""

    def take(self) -> bytes:
        """Return the next frame."""


class BareRig:
    """What all rigs without devices have in common: nothing to open, nothing that fails.

    Args:
        backend: which of them it is.
        source: says its frames.
    """

    def __init__(self, backend: SoundBackend, source: Source) -> None:
        self._backend = backend
        self._source = source
        self._is_open = self._is_ringing = False

    def take(self, *, late: bool = False) -> bytes:  # noqa: ARG002  # nothing piles up here
        return self._source.take()

    def open(self) -> None:
        self._is_open = True

    def shut(self) -> None:
        self._is_open = False

    def has_sound(self) -> bool:
        return True

    def unheard(self) -> None:
        """Forget what was said: nothing here waits to be heard."""

    def follow(self, _port: str, _ring_port: str) -> bool:
        return False  # it has no devices

    def learn(self, speakerphones: tuple[str, ...]) -> None:
        """Know what stands in the room: nothing here is heard by a microphone."""

    def ring(self, ring: Ring) -> None:
        self._is_ringing = ring is not Ring.OFF

    def stats(self) -> SoundStats:
        return SoundStats(
            self._backend,
            running=self._is_open,
            microphone_ok=True,
            speaker_ok=True,
            ringing=self._is_ringing,
        )

    def retire(self) -> None:
        self.shut()
        self.ring(Ring.OFF)

    def close(self) -> None:
        self.retire()


class SilentRig(BareRig):
    """Calls without sound."""

    def __init__(self, settings: SoundSettings) -> None:
        self._silence = Silence(settings.rate_hz)
        super().__init__(SoundBackend.SILENT, self._silence)
        self.put = self._silence.put

    def stats(self) -> SoundStats:
        return replace(super().stats(), played=self._silence.played)


class EchoRig(BareRig):
    """Says what it hears."""

    def __init__(self, settings: SoundSettings) -> None:
        self._echo = Echo(settings.rate_hz)
        super().__init__(SoundBackend.ECHO, self._echo)
        self.put = self._echo.put

    def stats(self) -> SoundStats:
        probe = self._echo.probe
        return replace(super().stats(), played=probe.played, rms_dbfs=probe.rms_dbfs())


class TestRig(BareRig):
    """A tone for a microphone, a measuring probe for a speaker."""

    __test__ = False  # no test class for pytest

    def __init__(self, settings: SoundSettings) -> None:
        self._tone = Tone(settings.test_tone_hz, settings.rate_hz)
        super().__init__(SoundBackend.TEST, self._tone)
        self._probe = Probe(settings.test_listen_hz, settings.rate_hz)
        self.put = self._probe.put

    def open(self) -> None:
        super().open()
        self._probe.start()

    def stats(self) -> SoundStats:
        return replace(
            super().stats(),
            captured=self._tone.captured,
            played=self._probe.played,
            rms_dbfs=self._probe.rms_dbfs(),
            tones=self._probe.tones(),
        )


class TimingRig(BareRig):
    """Says bursts, and times when they come back."""

    def __init__(self, settings: SoundSettings) -> None:
        self._watch = Stopwatch(settings.test_tone_hz, settings.rate_hz)
        super().__init__(SoundBackend.TEST, self._watch)
        self.put = self._watch.put

    def open(self) -> None:
        super().open()
        self._watch.start()

    def stats(self) -> SoundStats:
        return replace(
            super().stats(),
            captured=self._watch.captured,
            played=self._watch.played,
            tones=(self._watch.level,),
            round_trips_ms=self._watch.round_trips_ms(),
        )
