"""A private sound server with null sinks, and what tests do with it."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.engine.audio import pcm
from bridge.engine.audio.health import Health
from bridge.engine.audio.rig import Rig, make_rig
from bridge.model.events import SoundChanged
from bridge.model.sound import SoundBackend, SoundSettings

RATE_HZ = 16000
KEPT_S = 10
SINKS = ("mouth", "ear", "bell")  # microphone = mouth.monitor, speaker = ear, ringer = bell


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Look every 20 ms until the condition holds; False when it did not in time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> dict[int, str]:
    """Living child processes with their command lines."""
    found: dict[int, str] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[0] != "Z" and int(fields[1]) == pid:
                command = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(stat.parent.name)] = command.decode()
    return found


def sound_children() -> list[str]:
    """Our recorders and players."""
    return [c for c in children_of(os.getpid()).values() if "client-name=offhook" in c]


class PulseServer:
    """A PulseAudio of our own: own directory, own socket, null sinks, no hardware."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = f"unix:{directory}/native"
        self.environment = {
            **os.environ,
            "HOME": str(directory),
            "XDG_RUNTIME_DIR": str(directory),
            "PULSE_RUNTIME_PATH": str(directory),
            "PULSE_SERVER": self.address,
        }
        # norewinds: else an idle null sink renders 2 s ahead, and a recorder starts that late.
        sinks = [f"load-module module-null-sink sink_name={s} norewinds=1" for s in SINKS]
        socket = (
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={directory}/native"
        )
        (directory / "server.pa").write_text("\n".join([socket, *sinks, ""]))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        (self.directory / "native").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *("pulseaudio", "-n", "-F", str(self.directory / "server.pa"), "--daemonize=no"),
                *("--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit=yes"),
            ],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.directory / "log").open("w"),
        )
        assert wait_until(lambda: self.ctl("info").returncode == 0), self.log()

    def log(self) -> str:
        return (self.directory / "log").read_text()

    def ctl(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run pactl."""
        return subprocess.run(
            ["pactl", *command], env=self.environment, capture_output=True, text=True, check=False
        )

    def plug(self, name: str, port: str) -> list[str]:
        """Plug in a headset: NAME hears what NAME.monitor tells, and NAME-mic says it; its modules.

        Both have the place in sysfs that PulseAudio notes for a card (module-alsa-card of 16.1).
        """
        bus = port.partition("-")[0]
        path = f"/devices/pci0000:00/0000:00:14.0/usb{bus}/{port}/{port}:1.0/sound/card1"
        sink = ("module-null-sink", f"sink_name={name}", "norewinds=1", "sink_properties=")
        source = (
            *("module-remap-source", f"source_name={name}-mic", f"master={name}.monitor"),
            "source_properties=",
        )
        loaded = [
            self.ctl("load-module", *words[:-1], f"{words[-1]}sysfs.path={path}")
            for words in (sink, source)
        ]
        assert all(one.returncode == 0 for one in loaded), loaded
        return [one.stdout.strip() for one in loaded]

    def unplug(self, modules: list[str]) -> None:
        """Pull what ``plug`` returned."""
        for module in reversed(modules):
            self.ctl("unload-module", module)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL ends it, SIGSTOP lets it hang, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(how)
        if how is signal.SIGKILL:
            self._process.wait()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @contextlib.contextmanager
    def playing(self, hz: float, sink: str = "mouth") -> Iterator[None]:
        """Say a sine into a sink."""
        second = pcm.to_bytes(pcm.sine(hz, RATE_HZ, 0, RATE_HZ, -12))
        command = ["pacat", "--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le"]
        player = subprocess.Popen(
            [*command, f"--device={sink}", "--latency-msec=50"],
            stdin=subprocess.PIPE,
            env=self.environment,
        )
        assert player.stdin is not None
        write = player.stdin.write

        def feed() -> None:
            with contextlib.suppress(OSError, ValueError):
                while True:
                    write(second)

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        try:
            yield
        finally:
            player.kill()
            player.wait()
            feeder.join(5)

    @contextlib.contextmanager
    def listening(self, sink: str) -> Iterator["Ear"]:
        """Hear what a sink plays."""
        ear = Ear(sink, self.environment)
        try:
            yield ear
        finally:
            ear.close()


class Ear:
    """Keeps the last ``KEPT_S`` of what a sink plays."""

    def __init__(self, sink: str, environment: dict[str, str]) -> None:
        command = ["parec", "--raw", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le"]
        self._recorder = subprocess.Popen(
            [*command, f"--device={sink}.monitor", "--latency-msec=20"],
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._heard = b""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._recorder.stdout is not None
        while data := self._recorder.stdout.read(640):
            self._heard = (self._heard + data)[-RATE_HZ * 2 * KEPT_S :]

    def tone_dbfs(self, hz: float) -> float:
        """Level of a frequency in the last 200 ms."""
        return pcm.tone_dbfs(pcm.samples(self._heard[-6400:]), hz, RATE_HZ)

    def loudest_dbfs(self, hz: float) -> float:
        """Level of a frequency where it was loudest, over 100 ms."""
        heard = self._heard
        parts = (heard[start : start + 3200] for start in range(0, len(heard) - 3199, 1600))
        return max((pcm.tone_dbfs(pcm.samples(p), hz, RATE_HZ) for p in parts), default=-120.0)

    def level_dbfs(self) -> float:
        """Level of everything in the last 200 ms."""
        return pcm.level_dbfs(pcm.samples(self._heard[-6400:]))

    @property
    def has_heard(self) -> bool:
        """Tell whether it is running (monitors give silence, too)."""
        return len(self._heard) >= 6400

    def close(self) -> None:
        self._recorder.kill()
        self._recorder.wait()
        self._thread.join(5)


class Bridge:
    """Stands in for the bridge: takes and puts a frame every 20 ms, on a thread of its own."""

    def __init__(self, settings: SoundSettings) -> None:
        self.notices: list[SoundChanged] = []
        self.rig: Rig = make_rig(settings, Health(self.notices.append))
        self.say_hz = 0.0
        self.says: Callable[[int], bytes] = self._tone
        self._heard = b""
        self.longest_s = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def _tick(self) -> None:
        count = 0
        while not self._stopped.wait(0.02):
            begun = time.monotonic()
            self._heard = (self._heard + self.rig.take())[-RATE_HZ * 2 :]
            self.rig.put(self.says(count))
            count += 320
            self.longest_s = max(self.longest_s, time.monotonic() - begun)

    def _tone(self, count: int) -> bytes:
        return pcm.to_bytes(pcm.sine(self.say_hz, RATE_HZ, count, 320, -12))

    @property
    def heard(self) -> bytes:
        """The last second of what the microphone gave."""
        return self._heard

    def hears(self, hz: float) -> bool:
        """Tell whether the microphone gives this tone now."""
        return pcm.tone_dbfs(pcm.samples(self._heard[-6400:]), hz, RATE_HZ) > -30

    def hears_nothing(self) -> bool:
        """Tell whether the microphone gives digital silence now."""
        return self._heard[-3200:] == bytes(3200)

    @property
    def is_ok(self) -> bool:
        """What was last told; all is well before anything is told."""
        return not self.notices or self.notices[-1].ok

    @property
    def note(self) -> str:
        """The last sentence."""
        return self.notices[-1].note if self.notices else ""

    def close(self) -> None:
        self.rig.close()
        self._stopped.set()
        self._thread.join(5)


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    """A running server that we and our programs use."""
    server = PulseServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    monkeypatch.setenv("HOME", str(tmp_path))
    server.start()
    yield server
    server.close()


@pytest.fixture
def bridge() -> Iterator[Callable[..., Bridge]]:
    """Make rigs that are closed in the end, and check that they leave nothing behind."""
    made: list[Bridge] = []

    def make(
        backend: SoundBackend = SoundBackend.AUTO,
        microphone: str = "mouth.monitor",
        speaker: str = "ear",
        ringer: str = "bell",
        **more: Any,
    ) -> Bridge:
        settings = SoundSettings(backend, microphone, speaker, ringer, rate_hz=RATE_HZ, **more)
        made.append(Bridge(settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert wait_until(lambda: not sound_children(), 3), sound_children()
    names = [t.name for t in threading.enumerate() if t.name.startswith("snd-")]
    assert wait_until(
        lambda: not [t for t in threading.enumerate() if t.name.startswith("snd-")], 5
    ), names
