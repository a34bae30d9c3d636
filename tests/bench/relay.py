"""The bench's end of ``tests.bench.bare``: one report there and back."""

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.headset_wire import REPORT_BYTES
from tests.bench.programs import Program, python
from tests.bench.wire import Wire

REPORT = bytes.fromhex("020100")  # as long as a hook report of the headset


@dataclass
class Relay:
    """A running relay.

    Args:
        wire: serves the socket.
        directory: for its log.
    """

    wire: Wire
    directory: Path

    def __post_init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = python("tests.bench.bare", "--fd", str(theirs.fileno()))
        self._program = Program(command, self.directory, (theirs.fileno(),))
        theirs.close()
        self._back_ns = 0
        self.wire.watch(self._socket, self._ready)
        self.round_trip()

    def stop(self) -> None:
        self.wire.forget(self._socket)
        self._socket.close()
        self._program.stop()

    def round_trip(self) -> tuple[int, int]:
        """Send a report and wait for it; return both times, nanoseconds."""
        self._back_ns = 0
        began_ns = time.monotonic_ns()
        self._socket.send(REPORT)
        self.wire.until(lambda: self._back_ns, "the bare relay sends the report back")
        return began_ns, self._back_ns

    def _ready(self) -> None:
        self._socket.recv(REPORT_BYTES)
        self._back_ns = time.monotonic_ns()
