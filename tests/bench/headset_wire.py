"""A headset whose bytes cross a socket, so that the daemon under test has a process of its own.

The daemon's end is a handle like an open hidraw node: ``poll`` and one ``read`` per report, one
``write`` per report, on the threads of the session. The bench's end is the device.
"""

import select
import socket
import time
from dataclasses import dataclass, field

from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.models import evolve_link
from bridge.model.errors import DeviceGone
from tests.bench.fixed_bus import FixedBus
from tests.bench.wire import Wire

NODE = "/bench/hidraw0"
REPORT_BYTES = 64


@dataclass
class SocketHandle:
    """The daemon's end. See ``ports.HidHandle``."""

    socket: socket.socket

    def __post_init__(self) -> None:
        self._poll = select.poll()
        self._poll.register(self.socket, select.POLLIN)

    def read(self, timeout_s: float) -> bytes:
        if not self._poll.poll(timeout_s * 1000):
            return b""
        report = self.socket.recv(REPORT_BYTES)
        if not report:
            raise DeviceGone("the bench is over")
        return report

    def write(self, report: bytes) -> None:
        try:
            self.socket.send(report)
        except OSError as error:
            raise DeviceGone("the bench is over") from error

    def write_feature(self, report: bytes) -> None:
        raise AssertionError("no profile writes features to this device")

    def read_feature(self, report_id: int, length: int) -> bytes:
        raise AssertionError("nobody reads features of this device")

    def close(self) -> None:
        self.socket.close()


def socket_bus(headset: socket.socket) -> FixedBus:
    """Return a bus with one Jabra Evolve Link on it for ever."""
    return FixedBus(((evolve_link().node(NODE), lambda: SocketHandle(headset)),))


@dataclass
class BenchHeadset:
    """The bench's end: a Jabra Evolve Link, and when the host wrote to it.

    Args:
        wire: serves the socket.
    """

    wire: Wire
    written_ns: int = 0  # the last output report
    lit_ns: dict[str, int] = field(default_factory=dict)  # lamp -> when it last went on
    dark_ns: dict[str, int] = field(default_factory=dict)  # lamp -> when it last went off

    def __post_init__(self) -> None:
        self._socket, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Nothing of what it does by itself after seconds is wanted here.
        self._device = evolve_link(ManualClock())
        self._out = self._device.open()
        self.wire.watch(self._socket, self._ready)

    def close(self) -> None:
        self.wire.forget(self._socket)
        self._socket.close()

    @property
    def lamps(self) -> set[str]:
        """The lamps that are on."""
        return {name for name, on in self._device.lamps.items() if on}

    def press(self, key: str) -> int:
        """Press a key; return when its first report was sent, in nanoseconds."""
        self._device.press(key)
        reports = self._waiting()
        now_ns = time.monotonic_ns()
        for report in reports:
            self._socket.send(report)
        return now_ns

    def _ready(self) -> None:
        report = self._socket.recv(REPORT_BYTES)
        now_ns = time.monotonic_ns()
        if not report:
            return
        before = self.lamps
        self._device.write(report)
        self.written_ns = now_ns
        self.lit_ns.update(dict.fromkeys(self.lamps - before, now_ns))
        self.dark_ns.update(dict.fromkeys(before - self.lamps, now_ns))
        for echo in self._waiting():
            self._socket.send(echo)

    def _waiting(self) -> list[bytes]:
        reports = []
        while report := self._out.read(0):
            reports.append(report)
        return reports
