"""Impulse in the microphone to impulse at the far loudspeaker, beside the sound server alone.

Two real engines in a call, microphones and speakers are null sinks of a private PulseAudio. At the
same time the same impulses go through the floor: the same recorder piped into the same player, with
no telephone between. What was said and what came out are recorded in the same way, so that the
recorder's own delay cancels out.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from bridge.engine.audio.devices import player_command, recorder_command
from bridge.model.sound import SoundBackend, SoundSettings
from tests.bench.figures import Row, Sample, single
from tests.engine.phones import Phone, connect, quiet_settings
from tests.engine_audio.conftest import PulseServer
from tests.engine_audio.measure import RATE_HZ, Tap, burst_second

SINKS = ("mouth_a", "mouth_b", "ear_a", "ear_b", "ear_floor")
FLOOR = "recorder into player"
BURST_EVERY_S = 0.7
LONGEST_S = 0.5  # later, it is the next one
SETTLE_S = 4.2  # devices open, and the buffers find their level

PULSE = SoundBackend.PULSE


def sound_rows(seconds: float) -> list[Row]:
    """Delay of the sound one way, and how many impulses did not arrive.

    Args:
        seconds: how long the call is; one impulse each 0.7 s.
    """
    with tempfile.TemporaryDirectory(prefix="offhook-sound-") as directory:
        server = PulseServer(Path(directory))
        with closing(server), patch.dict(os.environ, PULSE_SERVER=server.address):
            server.start()
            for sink in SINKS:
                server.ctl("load-module", "module-null-sink", f"sink_name={sink}", "norewinds=1")
            return asyncio.run(_call(server, seconds))


async def _call(server: PulseServer, seconds: float) -> list[Row]:
    async with _phone("a") as anna, _phone("b") as bert:
        await connect(anna, bert)
        heard = await asyncio.to_thread(_listen, server, seconds)
    said, *ears = heard
    ours, floor = (delays_ms(said, ear) for ear in ears)
    lost, lost_by_floor = (len(said) - len(one) for one in (ours, floor))
    text = "microphone → far speaker"
    return [
        Row("audio_delay", text, "ms", Sample(ours), FLOOR, Sample(floor), digits=1),
        Row(
            "audio_lost",
            f"impulses of {len(said)} not heard there",
            "",
            single(lost),
            FLOOR,
            single(lost_by_floor),
            digits=0,
        ),
    ]


def _phone(name: str) -> Phone:
    sound = SoundSettings(PULSE, f"mouth_{name}.monitor", f"ear_{name}", rate_hz=RATE_HZ)
    return Phone(name, quiet_settings(sound=sound, codecs=("G722", "PCMA")))


def _listen(server: PulseServer, seconds: float) -> list[list[float]]:
    """Say impulses; return when they were said, heard by the far end, and by the floor."""
    with ExitStack() as stack:
        stack.enter_context(_floor(server))
        player = stack.enter_context(_mouth(server))
        assert player.stdin is not None
        for _ in range(round(SETTLE_S / BURST_EVERY_S)):
            player.stdin.write(burst_second())
        taps = [
            stack.enter_context(closing(Tap(sink, server.environment)))
            for sink in ("mouth_a", "ear_b", "ear_floor")
        ]
        for _ in range(round(seconds / BURST_EVERY_S)):
            player.stdin.write(burst_second())
    return [tap.onsets() for tap in taps]


@contextmanager
def _mouth(server: PulseServer) -> Iterator[subprocess.Popen[bytes]]:
    """A player into the microphone; writing to it takes as long as the sound does."""
    command = ["pacat", "--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le"]
    player = subprocess.Popen(
        [*command, "--device=mouth_a", "--latency-msec=20"],
        stdin=subprocess.PIPE,
        bufsize=0,
        env=server.environment,
    )
    try:
        yield player
    finally:
        player.kill()
        player.wait()


@contextmanager
def _floor(server: PulseServer) -> Iterator[None]:
    """Our recorder piped into our player."""
    recorder = subprocess.Popen(
        recorder_command(PULSE, "mouth_a.monitor", RATE_HZ),
        stdout=subprocess.PIPE,
        env=server.environment,
    )
    player = subprocess.Popen(
        player_command(PULSE, "ear_floor", RATE_HZ), stdin=recorder.stdout, env=server.environment
    )
    try:
        yield
    finally:
        for one in (recorder, player):
            one.kill()
            one.wait()


def delays_ms(said: Sequence[float], heard: Sequence[float]) -> list[float]:
    """Return how long each impulse took; those that never came are left out."""
    found = (next((h for h in heard if s < h < s + LONGEST_S), None) for s in said)
    return [(h - s) * 1000 for s, h in zip(said, found, strict=True) if h is not None]
