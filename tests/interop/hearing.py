"""Telling tones apart in what a telephone plays, as it plays it."""

import asyncio
import contextlib
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.engine_audio.conftest import PulseServer
from tests.integration.phones import Samples

RATE_HZ = 16000
WINDOW_S = 0.4  # resolves 5 Hz with a Hann window; tones here are 100 Hz apart or more
LOUD_DBFS = -36.0  # beeps and music are sent at -24, tones at -12 to -3; a codec costs up to 6
QUIET_DBFS = -50.0  # a tone that leaks, by echo or a mixer, is louder; G.711 noise is not
NO_REWINDS = "norewinds=1"  # else an idle null sink renders 2 s ahead
SILENCE = 1e-6  # -120 dBFS
NEAR_HZ = 15.0  # a tone through G.722 and a resampler stays within
PATIENCE_S = 25.0  # two cores, four desks
POLL_S = 0.1

# What each seat says into its microphone, and what the music on hold of each seat is.
TONES_HZ = (520.0, 1100.0, 1700.0, 2300.0)
MUSIC_HZ = (780.0, 1380.0, 1980.0, 2580.0)

Source = Callable[[float], tuple[Samples, int]]


def tone_dbfs(samples: Samples, rate_hz: int, hz: float) -> float:
    """The level of one frequency by FFT; 0 is a sine of full scale."""
    if len(samples) < rate_hz * WINDOW_S / 2:
        return -120.0
    scale = len(samples) / 4  # a Hann window halves the amplitude
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / scale
    bins = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    near = spectrum[np.abs(bins - hz) < NEAR_HZ]
    return float(20 * np.log10(max(near.max(), SILENCE)))


@dataclass(frozen=True)
class Ear:
    """Hears what a telephone plays.

    Args:
        who: for messages.
        source: the newest samples of so many seconds, and their rate.
    """

    who: str
    source: Source

    def levels(self, tones: Iterable[float]) -> Mapping[float, float]:
        """The level of each tone in the newest ``WINDOW_S``, dBFS."""
        samples, rate_hz = self.source(WINDOW_S)
        return {hz: tone_dbfs(samples, rate_hz, hz) for hz in tones}

    async def hears(self, *loud: float, silent: Iterable[float] = ()) -> None:
        """Wait until in one window each of these tones is clear and the silent ones are not."""
        silent = tuple(silent)
        levels: Mapping[float, float] = {}
        end_s = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < end_s:
            levels = self.levels((*loud, *silent))
            clear = all(levels[hz] > LOUD_DBFS for hz in loud)
            if clear and all(levels[hz] < QUIET_DBFS for hz in silent):
                return
            await asyncio.sleep(POLL_S)
        found = ", ".join(f"{hz:.0f} Hz {level:.0f} dBFS" for hz, level in levels.items())
        raise AssertionError(f"{self.who}: expected {loud} and no {silent}, found {found}")


def newest(path: Path, skip: int, rate_hz: int, seconds: float) -> tuple[Samples, int]:
    """The end of a growing file of 16-bit samples, after a header of so many bytes."""
    size = path.stat().st_size - skip if path.exists() else 0
    wanted = min(round(seconds * rate_hz) * 2, size // 2 * 2)
    if wanted <= 0:
        return np.zeros(0), rate_hz
    with path.open("rb") as file:
        file.seek(skip + size // 2 * 2 - wanted)
        return np.frombuffer(file.read(wanted), dtype="<i2") / 32768, rate_hz


@dataclass(frozen=True)
class Seat:
    """One place at the sound server: a microphone that says a tone, and a speaker."""

    number: int
    server: PulseServer

    @property
    def tone_hz(self) -> float:
        return TONES_HZ[self.number]

    @property
    def music_hz(self) -> float:
        return MUSIC_HZ[self.number]

    @property
    def microphone(self) -> str:
        return f"mic_{self.number}.monitor"

    @property
    def speaker(self) -> str:
        return f"ear_{self.number}"

    @property
    def environment(self) -> dict[str, str]:
        """For programs that use the server."""
        return {"PULSE_SERVER": self.server.address}

    @contextmanager
    def ear(self, directory: Path) -> Iterator[Ear]:
        """Listen at the speaker."""
        path = directory / f"{self.speaker}.pcm"
        with path.open("wb") as file:
            recorder = subprocess.Popen(
                [
                    *("parec", "--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le"),
                    *("--latency-msec=50", f"--device={self.speaker}.monitor"),
                ],
                stdout=file,
                stderr=subprocess.DEVNULL,
                env=self.server.environment,
            )
        try:
            yield Ear(self.speaker, lambda seconds: newest(path, 0, RATE_HZ, seconds))
        finally:
            recorder.kill()
            recorder.wait()


def load(server: PulseServer, module: str, *options: str) -> None:
    """Load a module of PulseAudio."""
    done = server.ctl("load-module", f"module-{module}", *options)
    assert done.returncode == 0, done.stderr


@contextmanager
def sound_server(directory: Path) -> Iterator[PulseServer]:
    """A private PulseAudio with a seat for each tone."""
    server = PulseServer(directory)
    server.start()
    try:
        for number, hz in enumerate(TONES_HZ):
            for name in (f"mic_{number}", f"ear_{number}"):
                label = f"sink_properties=device.description={name}"
                load(server, "null-sink", f"sink_name={name}", f"rate={RATE_HZ}", NO_REWINDS, label)
            # The same microphone again, for programs that leave monitors out of their lists.
            plain = (f"source_name=src_{number}", f"master=mic_{number}.monitor")
            label = f"source_properties=device.description=src_{number}"
            load(server, "remap-source", *plain, label)
            load(server, "sine", f"sink=mic_{number}", f"frequency={hz:.0f}")
        yield server
    finally:
        with contextlib.suppress(OSError):
            server.close()
