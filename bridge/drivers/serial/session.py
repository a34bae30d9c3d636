"""One panel on one open port: bytes on the event loop, no thread.

A port's bytes are read where the loop notices them: a key press then reaches the sink without a
hand-over between threads, and 128 lamps are some 300 bytes. Measured over a pseudo terminal with
the reference firmware on the same loop, two busy cores, medians: key to event 0.11 ms, all of 128
lamps 1.0 ms.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from bridge.drivers.ports import Now
from bridge.drivers.serial.port import SerialPort
from bridge.model.blf import KeyFace
from bridge.model.errors import DeviceGone
from bridge.protocols.panel_link import HostLink, LinkEvent, LinkLost

_log = logging.getLogger(__name__)

BYE_S = 0.4  # for the last bytes; a bus has 1 s to leave all its panels
LOOK_S = 0.01  # between two looks whether the last bytes are out
STUCK_S = 0.1  # between two looks at a line that takes nothing


class PanelSession:
    """Bytes between a port and its link.

    Args:
        port: open; stays the caller's.
        link: fresh.
        told: takes what the link tells; on the loop.
        now: monotonic seconds, the clock of the link.
    """

    def __init__(
        self, port: SerialPort, link: HostLink, told: Callable[[LinkEvent], None], now: Now
    ) -> None:
        self.link = link
        self._port = port
        self._told = told
        self._now = now
        self._out = b""
        self._timer: asyncio.TimerHandle | None = None
        self._soon: asyncio.Handle | None = None
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()

    async def run(self) -> None:
        """Serve the port until it is gone; cancelled, show unknown and return."""
        self._loop.add_reader(self._port.fd, self._readable)
        try:
            self._work()
            await self._over
        finally:
            for handle in (self._timer, self._soon):
                if handle is not None:
                    handle.cancel()
            self._loop.remove_reader(self._port.fd)
            self._loop.remove_writer(self._port.fd)
            if not self._over.done() or self._over.cancelled():
                await self._take_leave()

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces; all that are named before the loop turns go out together."""
        self.link.show(faces)
        if self._soon is None:
            self._soon = self._loop.call_soon(self._work)

    @property
    def odd(self) -> Mapping[str, int]:
        """How often what the panel said could not be used, by reason."""
        return self.link.odd

    def _readable(self) -> None:
        try:
            data = self._port.read()
        except DeviceGone:
            self._end()
            return
        self._tell(self.link.feed(data, self._now()))
        self._work()

    def _work(self) -> None:
        """Notice what is late, send what is to be sent, and see when to come back."""
        self._soon = None
        if self._over.done():
            return
        now_s = self._now()
        self._tell(self.link.tick(now_s))
        if not self._out:
            self._out = self.link.outgoing(now_s)
        if self._out:
            self._write()
        if self._timer is not None:
            self._timer.cancel()
        # A line that takes nothing must not keep the loop busy with what is overdue.
        wait_s = max(self.link.due_s - now_s, STUCK_S if self._out else 0.0)
        self._timer = self._loop.call_later(wait_s, self._work)

    def _write(self) -> None:
        try:
            self._out = self._out[self._port.write(self._out) :]
        except DeviceGone:
            self._end()
            return
        if self._out:
            self._loop.add_writer(self._port.fd, self._writable)
        else:
            self._loop.remove_writer(self._port.fd)

    def _writable(self) -> None:
        self._write()
        if not self._out:
            self._work()

    def _tell(self, events: list[LinkEvent]) -> None:
        for event in events:
            if isinstance(event, LinkLost):
                self._out = b""
                self._port.discard()
            self._told(event)

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    async def _take_leave(self) -> None:
        """Say goodbye, so that the panel shows unknown at once, and see it out."""
        out = self._out + self.link.bye()
        until_s = self._now() + BYE_S
        with contextlib.suppress(DeviceGone):
            while self._now() < until_s:
                out = out[self._port.write(out) :] if out else b""
                if not out and not self._port.unsent():
                    return
                await asyncio.sleep(LOOK_S)
