"""Measure the sound path: mouth to ear, CPU, buffers. Run by hand or by the bench.

Usage: ``python -m tests.engine_audio.measure [SECONDS] [--json]``; needs pulseaudio and pjsua2.
Two phones on a private PulseAudio with null sinks; short bursts go into the microphone of one, and
both that sink and the far speaker are recorded in the same way, so that the recorder's own delay
cancels out.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.engine_audio.conftest import PulseServer, children_of
from tests.engine_audio.test_calls import Caller

RATE_HZ = 16000
BURST_S = 0.02
THRESHOLD = 1500
SINK_OPTIONS = os.environ.get("SINK_OPTIONS", "norewinds=1").split()
SINKS = ("mouth_a", "ear_a", "mouth_b", "ear_b")


class Tap:
    """Records a sink with the time at which each piece arrived."""

    def __init__(self, sink: str, environment: dict[str, str]) -> None:
        self._pieces: list[tuple[float, bytes]] = []
        command = ["parec", "--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le"]
        self._recorder = subprocess.Popen(
            [*command, "--latency-msec=10", f"--device={sink}.monitor"],
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment,
        )
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self) -> None:
        assert self._recorder.stdout is not None
        while data := os.read(self._recorder.stdout.fileno(), 4096):
            self._pieces.append((time.monotonic(), data))

    def close(self) -> None:
        self._recorder.kill()
        self._recorder.wait()
        self._thread.join(5)

    def arrivals(self) -> list[float]:
        """Monotonic seconds at which each piece arrived."""
        return [at for at, _ in self._pieces]

    def onsets(self) -> list[float]:
        """Monotonic seconds of each burst; sample clock pinned to the earliest arrivals."""
        sound: NDArray[np.int16] = np.frombuffer(b"".join(d for _, d in self._pieces), "<i2")
        ends = np.cumsum([len(d) // 2 for _, d in self._pieces]) / RATE_HZ
        arrivals = np.array([t for t, _ in self._pieces])
        base = float(np.percentile(arrivals - ends, 5))
        found: list[float] = []
        for position in np.flatnonzero(np.abs(sound.astype(int)) > THRESHOLD) / RATE_HZ:
            if not found or position + base - found[-1] > BURST_S * 10:
                found.append(float(position) + base)
        return found


def cpu_of(pid: int) -> float:
    """CPU seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wakeups_of(pid: int) -> int:
    """Times the threads of a process were woken."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            for line in status.read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total


def burst_second() -> bytes:
    """One burst at the beginning of 0.7 s of silence."""
    t = np.arange(int(BURST_S * RATE_HZ)) / RATE_HZ
    burst = (12000 * np.sin(2 * np.pi * 1000 * t)).astype("<i2")
    return burst.tobytes() + bytes(round(0.7 * RATE_HZ) * 2 - burst.nbytes)


def measure(server: PulseServer, seconds: float) -> dict[str, object]:
    """One call, sound one way, figures of the whole chain."""
    server.start()
    for sink in SINKS:
        server.ctl("load-module", "module-null-sink", f"sink_name={sink}", *SINK_OPTIONS)
    os.environ["PULSE_SERVER"] = server.address
    anna = Caller({"backend": "pulse", "microphone": "mouth_a.monitor", "speaker": "ear_a"})
    bert = Caller({"backend": "pulse", "microphone": "mouth_b.monitor", "speaker": "ear_b"})
    started = time.monotonic()
    anna.do("call", bert.port)
    while not (anna.state["captured"] and anna.state["played"] > 10):
        time.sleep(0.005)
    opening_s = time.monotonic() - started
    player = subprocess.Popen(
        [
            *("pacat", "--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le"),
            *("--device=mouth_a", "--latency-msec=20"),
        ],
        stdin=subprocess.PIPE,
        env=server.environment,
    )
    assert player.stdin is not None
    taps = [Tap(sink, server.environment) for sink in ("mouth_a", "ear_b")]
    pids = {"engine": anna.process.pid}
    pids |= {c.split()[0]: pid for pid, c in children_of(anna.process.pid).items()}
    before = {name: (cpu_of(pid), wakeups_of(pid)) for name, pid in pids.items()}
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        player.stdin.write(burst_second())
        player.stdin.flush()
    took = time.monotonic() - begun
    used = {
        name: {
            "cpu_percent": round((cpu_of(pid) - before[name][0]) / took * 100, 2),
            "wakeups_per_s": round((wakeups_of(pid) - before[name][1]) / took),
        }
        for name, pid in pids.items()
    }
    states = {"anna": anna.state, "bert": bert.state}
    for tap in taps:
        tap.close()
    player.kill()
    said, heard = (tap.onsets() for tap in taps)
    delays = [
        (after[0] - onset) * 1000
        for onset in said
        if (after := [h for h in heard if onset < h < onset + 0.5])
    ]
    for phone in (anna, bert):
        phone.quit()
    keys = ("underruns", "overruns", "drift_drops", "speaker_drops", "delay_ms", "captured")
    return {
        "seconds": round(took, 1),
        "opening_ms": round(opening_s * 1000),
        "bursts_said": len(said),
        "bursts_heard": len(heard),
        "mouth_to_ear_ms": {
            "p50": round(statistics.median(delays), 1),
            "p90": round(float(np.percentile(delays, 90)), 1),
            "min": round(min(delays), 1),
            "max": round(max(delays), 1),
        },
        "used": used,
        "buffers": {name: {k: s[k] for k in keys} for name, s in states.items()},
    }


def main() -> None:
    """Measure and print."""
    numbers = [a for a in sys.argv[1:] if not a.startswith("-")]
    with tempfile.TemporaryDirectory() as directory:
        server = PulseServer(Path(directory))
        try:
            figures = measure(server, float(numbers[0]) if numbers else 30.0)
        finally:
            server.close()
    print(json.dumps(figures, indent=None if "--json" in sys.argv else 2))


if __name__ == "__main__":
    main()
