"""The microphone: a recorder program, a thread that reads it, and the ring for the bridge."""

import os
import select

from bridge.engine.audio.child import Child, Keeper, Pipe
from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.line import DeviceLine, Works
from bridge.engine.audio.ring import FrameRing
from bridge.engine.audio.route import Route

READ_BYTES = 4096  # more than a recorder has ready unless we were stalled
STALL_S = 3.0  # a recorder gives something every 20 ms; a hung server gives nothing


class Microphone:
    """Gives one frame whenever the bridge asks, silence if there is nothing better.

    Args:
        route: where to find the device.
        health: who is told of troubles.
        frame_bytes: size of a frame.
    """

    def __init__(self, route: Route, health: Health, frame_bytes: int) -> None:
        self._frame_bytes = frame_bytes
        self._child: Child | None = None
        self.ring = FrameRing(frame_bytes)
        self.line = DeviceLine(Part.MICROPHONE, Pipe.OUTPUT, route, health, self._read)

    def start(self) -> None:
        """Open the device; sound follows within 0.1 s."""
        self.ring.flush()
        self.line.start()

    def stop(self) -> Keeper | None:
        """Close the device; returns what may be joined."""
        return self.line.stop()

    def take(self, *, late: bool = False) -> bytes:
        """Return the next frame; on the clock's thread, never blocks. ``late`` as for a rig."""
        return self.ring.pop(late=late)

    def _read(self, child: Child, works: Works) -> str:
        poller = select.poll()
        poller.register(child.fd, select.POLLIN)
        rest = b""
        self._child = child
        while poller.poll(STALL_S * 1000):
            data = os.read(child.fd, READ_BYTES)
            if not data or self._child is not child:  # another one has taken over: one pushes
                return ""
            rest = self._push(rest + data)
            works()
        return f"the sound server gave nothing for {STALL_S:.0f} s"

    def _push(self, data: bytes) -> bytes:
        """Push whole frames, return what is left."""
        size = self._frame_bytes
        whole = len(data) - len(data) % size
        for start in range(0, whole, size):
            self.ring.push(data[start : start + size])
        return data[whole:]
