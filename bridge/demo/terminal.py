"""The terminal: a screen of its own while the demo runs, and everything as before afterwards."""

import contextlib
import os
import re
import sys
import termios
import tty
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from bridge.demo.style import Line, to_text

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"  # other screen, no cursor, empty (xterm control sequences)
_LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l"
_READ_BYTES = 1024
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;?]*[@-~]|O.|.)?")  # arrows and the like, also a lone Esc


class Terminal:
    """Draws lines and reads keys. Only what changed is drawn.

    Args:
        env: environment variables (``NO_COLOR``, see no-color.org).
        source, target: descriptors of the terminal.
    """

    def __init__(self, env: Mapping[str, str], source: int = 0, target: int = 1) -> None:
        self.source = source
        self._target = target
        self._colour = not env.get("NO_COLOR")
        self._ascii = "utf" not in (sys.stdout.encoding or "").lower()
        self._drawn: list[str] = []
        self._size = (0, 0)

    def __enter__(self) -> Self:
        """Take the terminal: keys come one by one and unseen, Ctrl-C as a key like any other."""
        self._before = termios.tcgetattr(self.source)
        tty.setcbreak(self.source, termios.TCSADRAIN)
        mode = termios.tcgetattr(self.source)
        mode[3] &= ~termios.ISIG
        termios.tcsetattr(self.source, termios.TCSADRAIN, mode)
        self._write(_ENTER)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back as it was, also after an error."""
        self._write(_LEAVE)
        with contextlib.suppress(termios.error):  # the window was closed
            termios.tcsetattr(self.source, termios.TCSADRAIN, self._before)

    def size(self) -> tuple[int, int]:
        """Return columns and lines."""
        try:
            columns, lines = os.get_terminal_size(self._target)
        except OSError:
            return 80, 24
        return (columns or 80), (lines or 24)  # a terminal that does not know says 0

    def draw(self, lines: Sequence[Line], columns: int) -> None:
        """Show lines from the top; ``lines`` is as long as the screen."""
        size = (columns, len(lines))
        if size != self._size:
            self._size, self._drawn = size, []
            self._write("\x1b[2J")
        texts = [to_text(one, colour=self._colour, ascii_only=self._ascii) for one in lines]
        before = self._drawn or [""] * len(texts)
        changed = [
            f"\x1b[{number};1H{text}\x1b[K"
            for number, (text, old) in enumerate(zip(texts, before, strict=True), 1)
            if text != old
        ]
        self._drawn = texts
        if changed:
            self._write("".join(changed))

    def keys(self) -> str:
        """Return the keys that were pressed, empty for arrows and the like; ``q`` at the end."""
        try:
            data = os.read(self.source, _READ_BYTES)
        except OSError:  # the window was closed
            return "q"
        if not data or b"\x03" in data or b"\x04" in data:  # end of file, Ctrl-C, Ctrl-D
            return "q"
        return _SEQUENCE.sub(b"", data).decode(errors="ignore")

    def _write(self, text: str) -> None:
        data = memoryview(text.encode("ascii" if self._ascii else "utf-8", errors="replace"))
        with contextlib.suppress(OSError):  # the window was closed; reading tells
            while data:
                data = data[os.write(self._target, data) :]
