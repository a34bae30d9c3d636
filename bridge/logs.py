"""Logging: one handler on standard error, everything redacted, no time where the journal has it.

Messages are one line: control characters of foreign text become ``?``, so that nobody writes a
line of his own into the log. Only our own tracebacks have several lines.
"""

import logging
import os
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

from bridge.model.redaction import redact

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
LONGEST = 2000  # characters of one message; a whole SIP message has 1,500

# sd-daemon(3): the journal reads the priority from the beginning of the line.
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}

# Libraries that say at "debug" what each of their own steps does.
_QUIET = ("asyncio", "aiomqtt", "mqtt", "pyudev", "concurrent")


class SafeFormatter(logging.Formatter):
    """Makes lines without secrets, whole numbers and foreign control characters.

    Args:
        for_journal: priority in front and no time, because the journal adds its own.
    """

    def __init__(self, *, for_journal: bool) -> None:
        super().__init__(datefmt="%Y-%m-%d %H:%M:%S")
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        lines = [_one_line(record.getMessage())]
        if record.exc_info and record.exc_info[0] is not None:
            lines += self.formatException(record.exc_info).splitlines()
        text = [redact(line) for line in lines]
        if self._for_journal:
            priority = _PRIORITY.get(record.levelno, 3)
            return "\n".join(f"<{priority}>{line}" for line in text)
        level = record.levelname.lower()
        head = f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03d} {level:7} "
        return head + "\n    ".join(text)


def _one_line(text: str) -> str:
    safe = "".join(c if c.isprintable() else "?" for c in text[:LONGEST])
    return safe if len(text) <= LONGEST else safe + "…"


def is_journal(stream: TextIO, env: Mapping[str, str]) -> bool:
    """Say whether a stream leads into the journal (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return env.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def set_up(
    level: str = "info", stream: TextIO | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Send the log to a stream, in place of whatever was set up before.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        stream: None = standard error.
        env: environment variables; None = those of the process.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    env = os.environ if env is None else env
    handler.setFormatter(SafeFormatter(for_journal=is_journal(stream, env)))
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.WARNING))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Keep secrets out of the last words, too."""
    logging.getLogger("bridge").critical("ended by a mistake", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is SystemExit or failed.exc_value is None:
        return
    name = failed.thread.name if failed.thread else "a thread"
    logging.getLogger("bridge").critical(
        "%s ended by a mistake",
        name,
        exc_info=(failed.exc_type, failed.exc_value, failed.exc_traceback),
    )
