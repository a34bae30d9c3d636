"""A private PipeWire with its session manager and pulse server, in the place of a PulseAudio."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine_audio.conftest import SINKS, PulseServer, wait_until


class PipeWireServer(PulseServer):
    """Answers to the same words as a ``PulseServer``; own directory, own bus, null sinks."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        (directory / "pulse").mkdir(exist_ok=True)
        self.address = f"unix:{directory}/pulse/native"
        bus = f"unix:path={directory}/bus"
        self.environment |= {
            "PULSE_SERVER": self.address,
            "PULSE_RUNTIME_PATH": f"{directory}/pulse",
            "PIPEWIRE_RUNTIME_DIR": str(directory),
            "XDG_CONFIG_HOME": str(directory),
            "XDG_STATE_HOME": str(directory),
            "DBUS_SESSION_BUS_ADDRESS": bus,
        }
        self.environment.pop("DISPLAY", None)
        self._bus = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"]
        self._daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all and wait until sounds can be played."""
        self.close()
        for file in ("bus", "pipewire-0", "pulse/native"):
            (self.directory / file).unlink(missing_ok=True)
        self._run(self._bus, "bus")
        self._run(["pipewire"], "pipewire-0")
        self._run(["wireplumber"], "")
        self._run(["pipewire-pulse"], "pulse/native")
        # "auto_null" is made by the session manager: it works.
        assert wait_until(lambda: "auto_null" in self.ctl("info").stdout), self.log()
        for sink in SINKS:
            self.ctl("load-module", "module-null-sink", f"sink_name={sink}")
        assert wait_until(lambda: "Default Sink: mouth" in self.ctl("info").stdout), self.log()

    def _run(self, command: list[str], creates: str) -> None:
        self._daemons.append(
            subprocess.Popen(
                command,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=(self.directory / "log").open("a"),
            )
        )
        path = self.directory / creates
        assert wait_until(path.exists), self.log()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        for daemon in reversed(self._daemons):
            daemon.send_signal(how)
            if how is signal.SIGKILL:
                daemon.wait()
        if how is signal.SIGKILL:
            self._daemons.clear()

    def close(self) -> None:
        self.kill(signal.SIGCONT)
        self.kill()


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    """A running PipeWire that we and our programs use, for tests written for a PulseAudio."""
    server = PipeWireServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    monkeypatch.setenv("HOME", str(tmp_path))
    try:
        server.start()
        yield server
    finally:
        server.close()
