"""A small daemon behind a real control socket, on a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.drivers.control import ControlServer
from tests.cli.made_up_machine import MadeUp
from tests.control_daemon import SmallDaemon

LIMIT_S = 10.0


@dataclass
class Running:
    """A daemon that answers while the test blocks."""

    path: Path
    daemon: SmallDaemon
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread

    def call(self, function: Callable[[], object]) -> None:
        """Run something on the daemon's loop."""
        self.loop.call_soon_threadsafe(function)

    def has_ended(self) -> bool:
        """Wait for the daemon to end."""
        self.thread.join(LIMIT_S)
        return not self.thread.is_alive()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's home: no configuration, no sockets, no service."""
    for name in ("OFFHOOK_SOCKET", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "etc"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def running(environment: Path) -> Iterator[Running]:
    """A daemon at the usual place."""
    path = environment / "run" / "offhook" / "control.sock"
    ready = threading.Event()
    found: list[Running] = []

    async def serve() -> None:
        daemon = SmallDaemon()
        async with ControlServer(path, daemon):
            loop = asyncio.get_running_loop()
            found.append(Running(path, daemon, loop, threading.current_thread()))
            ready.set()
            await daemon.stopped.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(LIMIT_S)
    yield found[0]
    with contextlib.suppress(RuntimeError):  # it ended by itself, its loop is closed
        found[0].call(found[0].daemon.stopped.set)
    assert found[0].has_ended()


@pytest.fixture
def made(tmp_path: Path) -> MadeUp:
    """A machine in a directory, without headsets."""
    return MadeUp(tmp_path)
