"""The speaker: a player program that is written to without ever waiting for it."""

import fcntl
import os
import termios
import threading
from array import array

from bridge.engine.audio.child import Child, Keeper, Pipe
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.line import DeviceLine, Works
from bridge.engine.audio.outlet import Outlet
from bridge.engine.audio.pcm import FRAME_S
from bridge.engine.audio.route import Route

STALL_S = 3.0  # nothing taken for so long: the player or its server hangs
STALL_FRAMES = round(STALL_S / FRAME_S)
BEGIN_WITH = 2  # frames; what a player wants before it begins; more would be old by then


class Speaker:
    """Takes a frame whenever the bridge has one; drops it if the device is away or full.

    Args:
        route: where to find the device.
        health: who is told of troubles.
        frame_bytes: size of a frame.
    """

    def __init__(self, route: Route, health: Health, frame_bytes: int) -> None:
        self._frame_bytes = frame_bytes
        self._lock = threading.Lock()  # between writing to the pipe and closing it
        self._child: Child | None = None
        self._works: Works | None = None
        self._waiting = array("i", [0])
        self._has_written = False
        self._is_opening = True  # what comes meanwhile could not be heard yet: it is not lost
        self._refused_in_a_row = 0
        self.outlet = Outlet()
        self.lost_frames = 0
        self.line = DeviceLine(Part.SPEAKER, Pipe.INPUT, route, health, self._serve)

    def start(self) -> None:
        """Open the device; it sounds within 0.1 s."""
        self._is_opening = self._is_opening or not self.line.is_running
        self.line.start()

    def stop(self) -> Keeper | None:
        """Close the device; returns what may be joined."""
        return self.line.stop()

    @property
    def waiting_frames(self) -> int:
        """Return how many frames the player has not taken yet."""
        with self._lock:
            return self._count_waiting(self._child) if self._child else 0

    def put(self, frame: bytes) -> None:
        """Play a frame; on the clock's thread, never blocks."""
        with self._lock:
            if self._child is None:
                self._miss()
            else:
                self._write(self._child, frame)

    def _write(self, child: Child, frame: bytes) -> None:
        waiting = self._count_waiting(child)
        # The player reads its input only after the server has accepted the stream.
        if not waiting and self._works and self._has_written:
            self._works()
            self._works = None
            self._is_opening = False
        if self._works and waiting >= BEGIN_WITH:
            self._miss()
            self._note_refusal(child)
            return
        chosen = self.outlet.offer(frame, waiting)
        if chosen is None:
            self._note_refusal(child)
            return
        self._refused_in_a_row = 0
        try:
            os.write(child.fd, chosen)
            self._has_written = True
        except OSError:  # full, or the player has just died: its thread sees to that
            self._miss()

    def _miss(self) -> None:
        self.lost_frames += not self._is_opening

    def _note_refusal(self, child: Child) -> None:
        self._refused_in_a_row += 1
        if self._refused_in_a_row == STALL_FRAMES:
            child.kill()

    def _count_waiting(self, child: Child) -> int:
        try:
            fcntl.ioctl(child.fd, termios.FIONREAD, self._waiting, True)
        except OSError:
            return 0
        return self._waiting[0] // self._frame_bytes

    def _serve(self, child: Child, works: Works) -> str:
        os.set_blocking(child.fd, False)
        with self._lock:
            self._child, self._works = child, works
            self._has_written, self._refused_in_a_row = False, 0
        child.wait()
        with self._lock:
            if self._child is not child:  # another one has taken over
                return ""
            self._child = self._works = None
            has_hung = self._refused_in_a_row >= STALL_FRAMES
        return f"the sound server took nothing for {STALL_S:.0f} s" if has_hung else ""
