"""The real program: ``offhook run`` as a process of its own, and the other words talking to it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.integration.waiting import eventually
from tests.pbx.settings import ROOT

WORD_S = 30.0  # a word of the command line takes a tenth of a second on an idle machine

Json = dict[str, object]


@dataclass(frozen=True)
class Said:
    """What a word of the command line printed and ended with."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> Json:
        """Its answer in JSON."""
        return cast("Json", json.loads(self.out))


class Home:
    """A home directory of the test's own, with a configuration."""

    def __init__(self, directory: Path, config: str = "") -> None:
        self.directory = directory
        self.config = directory / "config.yaml"
        self.config.write_text(config)
        self.config.chmod(0o600)
        self.runtime = directory / "run" / "offhook"
        self.environment = {
            **os.environ,
            "HOME": str(directory),
            "XDG_RUNTIME_DIR": str(directory / "run"),
            "XDG_STATE_HOME": str(directory / "state"),
            "XDG_CONFIG_HOME": str(directory / "config"),
        }
        (directory / "run").mkdir(mode=0o700, exist_ok=True)

    def start(self, *words: str, log: Path) -> subprocess.Popen[bytes]:
        """Start the program and let it run."""
        with log.open("ab") as file:
            return subprocess.Popen(
                [*self._program, *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=ROOT,
            )

    def has_daemon(self) -> bool:
        """Whether somebody listens on the control socket; one that was killed leaves it behind."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(self.runtime / "control.sock")) == 0

    def says(self, *words: str) -> Said:
        """Run a word to its end."""
        done = subprocess.run(
            [*self._program, *words, "--config", str(self.config)],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            timeout=WORD_S,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @property
    def _program(self) -> list[str]:
        return [sys.executable, "-m", "bridge.cli.main"]


class Running:
    """A daemon in a process of its own."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._log = home.directory / "offhook.log"
        self.process = home.start("run", "--config", str(home.config), log=self._log)

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")[-4000:]

    async def says(self, *words: str) -> Said:
        """Run a word of the command line against it."""
        return await asyncio.to_thread(self.home.says, *words)

    async def status(self) -> Json:
        """Its status."""
        said = await self.says("status", "--json")
        assert said.code == 0, said.err + self.log()
        return said.body

    async def address(self) -> str:
        """Where its SIP engine listens; waits until it does."""
        text = ""
        while not text.startswith("listening on 1"):
            assert self.process.poll() is None, self.log()
            text = str(cast("Json", (await self.status())["engine"])["text"])
        return text.removeprefix("listening on ")

    async def is_ready(self) -> None:
        """Wait until it takes requests."""

        def ready() -> bool:
            assert self.process.poll() is None, self.log()
            return self.home.has_daemon()

        await eventually(ready, "the control socket answers", self.log)

    def children(self) -> set[int]:
        """The processes it has started."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in task.read_text().split()}

    async def ends(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Tell it to end; return how long that took, seconds."""
        self.process.send_signal(number)
        return await self.has_ended()

    async def has_ended(self) -> float:
        """Wait until it has ended by itself."""
        return await eventually(lambda: self.process.poll() is not None, "the end", self.log)


@asynccontextmanager
async def offhook_run(home: Home) -> AsyncIterator[Running]:
    """``offhook run`` until the test is over."""
    daemon = Running(home)
    try:
        await daemon.is_ready()
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.process.terminate()
        try:
            await asyncio.to_thread(daemon.process.wait, 10)
        except subprocess.TimeoutExpired:
            daemon.process.kill()
            daemon.process.wait()
