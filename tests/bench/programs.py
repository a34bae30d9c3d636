"""Programs under test: started with a place for their files, ended for good."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.process_figures import children
from tests.pbx.settings import ROOT

STOP_S = 8.0


@dataclass
class Program:
    """A running child process.

    Args:
        command: program and arguments.
        directory: where it runs and where its ``log`` goes.
        fds: descriptors it gets.
    """

    command: Sequence[str]
    directory: Path
    fds: tuple[int, ...] = ()
    began_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self._log = self.directory / "log"
        with self._log.open("ab") as log:
            self.began_ns = time.monotonic_ns()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                pass_fds=self.fds,
                env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """The process and its children."""
        return [self.pid, *children(self.pid)]

    def log(self) -> str:
        """The end of what it printed."""
        return self._log.read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        """End it, for good if it takes too long; twice is harmless."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command for a module of ours, as the interpreter runs it that runs the bench."""
    return (sys.executable, "-m", module, *arguments)
