"""When it is worth asking the daemon again.

A question takes ten milliseconds of the emulated machine at either end, and a test that waits asks
all the time. So an answer holds until the daemon's own trace says that something happened.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from bridge.cli.client import Client
from bridge.model.errors import BridgeError
from bridge.protocols.control_wire import WatchTrace

HOLDS_S = 0.5  # for what changes without a line in the trace

Body = dict[str, object]


class News:
    """Watches the trace until the daemon ends.

    Args:
        socket: the control socket of a daemon that is there.
    """

    def __init__(self, socket: Path) -> None:
        self._lines = 0
        self._answers: dict[str, tuple[int, float, Body]] = {}
        watching = threading.Event()
        threading.Thread(
            target=self._watch, args=(socket, watching), name="news", daemon=True
        ).start()
        watching.wait()

    def fresh(self, question: str, ask: Callable[[], Body]) -> Body:
        """Return the answer to a question, asked again if it may have changed."""
        lines, now_s = self._lines, time.monotonic()
        answer = self._answers.get(question)
        if answer is None or answer[0] != lines or now_s > answer[1] + HOLDS_S:
            answer = self._answers[question] = (lines, now_s, ask())
        return answer[2]

    def _watch(self, socket: Path, watching: threading.Event) -> None:
        """Count lines. The body of a thread."""
        try:
            with Client(socket) as client:
                watching.set()
                for _ in client.watch(WatchTrace()):
                    self._lines += 1
        except BridgeError:
            pass  # the daemon ended
        finally:
            watching.set()
