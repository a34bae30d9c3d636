"""The demo run in a pseudo terminal, and what a person would see there."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

_TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|([^\x1b]+)|\x1b")
_DEADLINE_S = 20.0  # engines start in 0.2 s; the machine may be busy with other tests
_READ_BYTES = 65_536

Cell = tuple[str, str]
"""A character and its SGR parameters."""

EMPTY: Cell = (" ", "")


class Screen:
    """As much of a terminal as the demo uses: cursor, clearing, styles, the other screen."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.on_other = False
        self.cursor_shown = True
        self._main = self._blank()
        self.cells = self._main
        self._row = self._column = 0
        self._style = ""
        self._rest = ""

    def _blank(self) -> list[list[Cell]]:
        return [[EMPTY] * self.columns for _ in range(self.lines)]

    def feed(self, data: str) -> None:
        """Take output; a sequence may be torn anywhere."""
        data = self._rest + data
        torn = re.search(r"\x1b(\[[?0-9;]*)?$", data)
        self._rest = data[torn.start() :] if torn else ""
        for token in _TOKEN.finditer(data[: torn.start()] if torn else data):
            if token[3]:
                self._print(token[3])
            elif token[2]:
                self._control(token[1], token[2])

    def text(self) -> str:
        """What is to be read, lines without the spaces at their ends."""
        return "\n".join("".join(c for c, _ in row).rstrip() for row in self.cells)

    def _print(self, text: str) -> None:
        for char in text:
            if char == "\n":
                self._row = min(self._row + 1, self.lines - 1)
            elif char == "\r":
                self._column = 0
            elif self._column < self.columns:
                self.cells[self._row][self._column] = (char, self._style)
                self._column += 1

    def _control(self, values: str, kind: str) -> None:
        match kind, values:
            case "H", _:
                row, _, column = values.partition(";")
                self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
            case "K", _:
                row_cells = self.cells[self._row]
                row_cells[self._column :] = [EMPTY] * (self.columns - self._column)
            case "J", "2":
                self.cells[:] = self._blank()
            case "m", _:
                self._style = "" if values in {"", "0"} else values
            case (("h" | "l"), "?1049"):
                self.on_other = kind == "h"
                self.cells = self._blank() if self.on_other else self._main
            case (("h" | "l"), "?25"):
                self.cursor_shown = kind == "h"
            case _:
                message = f"the demo used a sequence no test knows: {values}{kind}"
                raise AssertionError(message)


class Demo:
    """``offhook demo`` in a pseudo terminal.

    Args:
        words: after ``offhook demo``.
        columns, lines: size of the window.
        env: environment variables on top of our own.
    """

    def __init__(
        self,
        words: Sequence[str] = (),
        columns: int = 100,
        lines: int = 40,
        env: dict[str, str] | None = None,
    ) -> None:
        self.screen = Screen(columns, lines)
        self.raw = ""
        self._master, self._slave = pty.openpty()
        self._resize(columns, lines)
        self._temporary = tempfile.TemporaryDirectory()  # a demo that is killed leaves things
        self.before = termios.tcgetattr(self._slave)
        surroundings = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS"}}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bridge.cli.main", "demo", *words],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            env=surroundings
            | {"TERM": "xterm", "PYTHONUTF8": "1", "TMPDIR": self._temporary.name}
            | (env or {}),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)
        self._temporary.cleanup()

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size; the kernel tells the demo."""
        self.screen.columns, self.screen.lines = columns, lines
        self.screen.feed("\x1b[2J")
        self._resize(columns, lines)
        self.process.send_signal(signal.SIGWINCH)

    def until(self, is_so: Callable[[str], bool]) -> str:
        """Read until the text of the screen fits; return it."""
        deadline_s = time.monotonic() + _DEADLINE_S
        while not is_so(self.screen.text()):
            if time.monotonic() > deadline_s or not self._read(deadline_s):
                message = f"the screen never came to this:\n{self.screen.text()}"
                raise AssertionError(message)
        return self.screen.text()

    def until_shows(self, *words: str) -> str:
        """Read until the screen shows all these words; return its text."""
        return self.until(lambda text: all(one in text for one in words))

    def end(self) -> int:
        """Read to the end and return the exit code."""
        deadline_s = time.monotonic() + _DEADLINE_S
        while self.process.poll() is None and time.monotonic() < deadline_s:
            self._read(time.monotonic() + 0.1)
        while self._read(time.monotonic()):
            pass
        return self.process.wait(1)

    def modes(self) -> list[object]:
        """The terminal's modes now."""
        return list(termios.tcgetattr(self._slave))

    def _read(self, until_s: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, until_s - time.monotonic()))
        if not ready:
            return False
        data = os.read(self._master, _READ_BYTES).decode(errors="replace")
        self.raw += data
        self.screen.feed(data)
        return True

    def _resize(self, columns: int, lines: int) -> None:
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)
