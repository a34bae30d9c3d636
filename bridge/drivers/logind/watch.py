"""Tells when the machine has woken up, by logind's signal ``PrepareForSleep``.

logind sends ``PrepareForSleep(true)`` before the machine goes to sleep and
``PrepareForSleep(false)`` once it is awake again, also when going to sleep failed. Some headsets
forget their lamps meanwhile, without leaving the USB bus. elogind sends the same.

Source: org.freedesktop.login1(5), "Signals".
"""

import asyncio
import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bridge.drivers.logind.bus import SYSTEM_BUS, Message, listening
from bridge.drivers.ports import Now, Sink
from bridge.model.events import SystemResumed

_log = logging.getLogger(__name__)

NAME = "org.freedesktop.login1"
RULE = (
    f"type='signal',sender='{NAME}',path='/org/freedesktop/login1',"
    "interface='org.freedesktop.login1.Manager',member='PrepareForSleep'"
)

RETRY_S = (0.5, 2.0, 10.0, 60.0, 300.0)
"""Waits before the bus is tried again. A bus that is restarted is back within a second; a machine
without one is asked every five minutes for ever, which costs one system call."""

SLEPT_LEAST_S = 0.1  # the two clocks are read one after the other; real sleeps take seconds


def slept_s() -> float:
    """Return how long this machine has slept since it was started, seconds."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


class SleepWatch:
    """Waits for logind's word, for ever. Without a bus it is silent and tries again now and then.

    Args:
        sink: gets ``SystemResumed``.
        now: monotonic seconds.
        address: of the bus.
        slept: how long the machine has slept in all; tells of a sleep while the bus was away.
        retry_s: waits between attempts, the last one for ever.
    """

    def __init__(
        self,
        sink: Sink,
        now: Now,
        *,
        address: str = SYSTEM_BUS,
        slept: Callable[[], float] = slept_s,
        retry_s: tuple[float, ...] = RETRY_S,
    ) -> None:
        self._sink = sink
        self._now = now
        self._address = address
        self._slept = slept
        self._slept_before_s = slept()
        self._retry_s = retry_s
        self._failed = 0
        self._task: asyncio.Task[None] | None = None
        self.is_listening = False
        """Whether the bus has us as a listener."""

    async def __aenter__(self) -> Self:
        """Start; returns at once, whether there is a bus or not."""
        self._task = asyncio.create_task(self._run(), name="logind")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  # task border: whatever the bus sends
                self._tell(error)
            self.is_listening = False
            wait_s = self._retry_s[min(self._failed, len(self._retry_s) - 1)]
            self._failed += 1
            await asyncio.sleep(wait_s)

    async def _listen(self) -> None:
        async with listening(self._address, RULE) as signals:
            self.is_listening = True
            self._failed = 0
            _log.debug("logind is listened to")
            if self._slept() - self._slept_before_s > SLEPT_LEAST_S:
                self._woken("the machine slept while the bus was away")
            async for signal in signals:
                self._take(signal)

    def _take(self, signal: Message) -> None:
        """Take what fits our one rule."""
        match signal.body:
            case (True,):
                _log.debug("the machine is going to sleep")
            case (False,):
                self._woken("the machine is awake again")
            case _:
                _log.debug("logind said %r, expected one truth value", signal.body)

    def _woken(self, how: str) -> None:
        _log.info("%s: lamps are written again", how)
        self._slept_before_s = self._slept()
        self._sink(SystemResumed(self._now()))

    def _tell(self, error: Exception) -> None:
        """Once: a machine without a bus is nothing to worry about."""
        if self.is_listening or not self._failed:
            reason = str(error) or type(error).__name__
            _log.debug("not listening to logind: %s; tried again now and then", reason)
