"""One recorder or player program, and the thread that keeps one running while it is wanted.

The program dies with us even when we are killed: it finds its pipe closed, and if it hangs where it
does not notice, the kernel kills it. The thread that starts a program must live as long as the
program, because that signal is bound to the starting thread.
"""

import contextlib
import logging
import os
import random
import subprocess
import threading
from collections.abc import Callable, Sequence
from enum import Enum

from bridge.engine.audio.programs import dying_with_us, plain_environment
from bridge.model.redaction import printable

log = logging.getLogger(__name__)

REASON_BYTES = 2048  # of a program's complaints; the sentence is the last line
FIRST_WAIT_S = 0.2  # a sound server restarted by systemd is back in 0.2-0.5 s
LONGEST_WAIT_S = 3.0  # during a call somebody waits for the sound
JITTER = 0.2  # microphone and speaker shall not knock in step


class Pipe(Enum):
    """Which end of the program we hold."""

    OUTPUT = "output"  # we read what it records
    INPUT = "input"  # we write what it plays


class Child:
    """A running program with one pipe to us.

    Args:
        command: program and arguments.
        pipe: which stream is the pipe.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], pipe: Pipe) -> None:
        self._program = command[0]
        # A file, not a pipe: nobody reads it before the end, and a full pipe would stop the child.
        self._complaints = os.memfd_create("complaints", os.MFD_CLOEXEC)
        try:
            self._process = subprocess.Popen(
                dying_with_us(command),
                stdin=subprocess.PIPE if pipe is Pipe.INPUT else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe is Pipe.OUTPUT else subprocess.DEVNULL,
                stderr=self._complaints,
                bufsize=0,
                env=plain_environment(),
            )
        except OSError:
            os.close(self._complaints)
            raise
        stream = self._process.stdin if pipe is Pipe.INPUT else self._process.stdout
        assert stream is not None  # noqa: S101  # asked for above
        self._stream = stream
        self.fd = stream.fileno()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def kill(self) -> None:
        """End it now, from any thread; the starting thread reaps it."""
        self._process.kill()

    def wait(self) -> None:
        """Block until it has ended."""
        self._process.wait()

    def finish(self) -> str:
        """Kill, reap and close; return its last complaint, or how it ended.

        Only the starting thread may call this, once, and ``fd`` is invalid afterwards.
        """
        ended = self._process.poll()
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._stream.close()
        said = os.pread(self._complaints, REASON_BYTES, self._tail()).decode(errors="replace")
        os.close(self._complaints)
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        if lines:
            return f"{self._program} says: {printable(lines[-1], 120)}"
        how = "was stopped by us" if ended is None else f"ended with status {ended}"
        return f"{self._program} {how}"

    def _tail(self) -> int:
        return max(0, os.fstat(self._complaints).st_size - REASON_BYTES)


class Outcome(Enum):
    """What became of one child."""

    WORKED = "worked"  # sound flowed, then it ended
    NEVER_WORKED = "never worked"
    REPLACED = "replaced"  # we ended it to start another at once


class Keeper:
    """Keeps a child running from ``start`` to ``stop``, in a thread of its own.

    Args:
        name: of the thread, at most 15 characters are shown by the kernel.
        attempt: starts one child, serves it to its end and says what became of it. It gets the
            keeper, for ``is_wanted`` and ``adopt``.
    """

    def __init__(self, name: str, attempt: Callable[["Keeper"], Outcome]) -> None:
        self._attempt = attempt
        self._stopped = threading.Event()
        self._child: Child | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.attempts = 0

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the child and the thread; returns at once. From any thread."""
        self._stopped.set()
        child = self._child
        if child is not None:
            child.kill()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread after ``stop``."""
        self._thread.join(timeout_s)

    @property
    def is_alive(self) -> bool:
        """Tell whether the thread has not ended yet."""
        return self._thread.is_alive()

    @property
    def is_wanted(self) -> bool:
        """Tell whether ``stop`` was not called."""
        return not self._stopped.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait, at most until ``stop``; return whether we are still wanted."""
        return not self._stopped.wait(seconds)

    def adopt(self, child: Child | None) -> None:
        """Make ``stop`` kill this child (None: no child)."""
        self._child = child
        # ``stop`` may have looked for a child just before there was one.
        if child is not None and self._stopped.is_set():
            child.kill()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while self.is_wanted:
            self.attempts += 1
            try:
                outcome = self._attempt(self)
            except Exception:
                log.exception("%s: attempt failed, will try again", self._thread.name)
                outcome = Outcome.NEVER_WORKED
            match outcome:
                case Outcome.REPLACED:
                    continue
                case Outcome.WORKED:
                    wait_s = FIRST_WAIT_S
                case Outcome.NEVER_WORKED:
                    pass
            self.rest(wait_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  # not a secret
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)
