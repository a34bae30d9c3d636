"""Tells since when the user has not touched this machine, as logind and his desktop see it.

logind keeps ``IdleHint`` and ``IdleSinceHint`` of a user over all his sessions; desktops set it
when their screen would blank, and logind itself for text consoles. Both are asked now and then: for
minutes that is soon enough, and not every desktop announces changes. Where there is no logind, or
no session of this user (a daemon that runs as a user of its own), nothing is ever told.

Source: org.freedesktop.login1(5), "User Objects": ``IdleHint`` b, ``IdleSinceHint`` t (µs of the
real-time clock).
"""

import asyncio
import logging
import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bridge.drivers.logind.bus import SYSTEM_BUS, ask
from bridge.drivers.logind.watch import NAME

_log = logging.getLogger(__name__)

LOOK_S = 15.0  # "away" counts in minutes
WITHOUT_S = 300.0  # where nobody answers, as rarely as ``watch`` tries

OnIdle = Callable[[int], None]
"""Told since when the user is idle, Unix milliseconds; 0 = he is not, or nobody knows."""


class IdleWatch:
    """Asks logind for ever.

    Args:
        on_idle: told when it is another time than before; on the event loop.
        address: of the bus.
        look_s: waits between questions.
    """

    def __init__(
        self, on_idle: OnIdle, *, address: str = SYSTEM_BUS, look_s: float = LOOK_S
    ) -> None:
        self._on_idle = on_idle
        self._address = address
        self._look_s = look_s
        self._since_ms = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start; returns at once, whether there is a logind or not."""
        self._task = asyncio.create_task(self._run(), name="idle")
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
            wait_s = self._look_s
            try:
                self._tell(await idle_since_ms(self._address))
            except Exception as error:  # noqa: BLE001  # task border: whatever the bus sends
                _log.debug("nobody knows whether the user is idle: %s", error)
                self._tell(0)
                wait_s = max(WITHOUT_S, wait_s)
            await asyncio.sleep(wait_s)

    def _tell(self, since_ms: int) -> None:
        if since_ms != self._since_ms:
            self._since_ms = since_ms
            self._on_idle(since_ms)


async def idle_since_ms(address: str = SYSTEM_BUS) -> int:
    """Return since when our user is idle in all his sessions, Unix milliseconds; 0 = he is not.

    Args:
        address: of the bus.

    Raises:
        OSError, ValueError, RuntimeError, ImportError: nobody knows.
    """
    from jeepney import DBusAddress, Properties, new_method_call  # noqa: PLC0415

    manager = DBusAddress("/org/freedesktop/login1", NAME, f"{NAME}.Manager")
    (path,) = await ask(address, new_method_call(manager, "GetUser", "u", (os.getuid(),)))
    user = Properties(DBusAddress(str(path), NAME, f"{NAME}.User"))
    if await _value(address, user.get("IdleHint")) is not True:
        return 0
    since_us = await _value(address, user.get("IdleSinceHint"))
    return since_us // 1000 if isinstance(since_us, int) else 0


async def _value(address: str, question: object) -> object:
    """Return the value of a property."""
    match await ask(address, question):
        case ((str(), value),):
            return value
        case other:
            raise ValueError(f"logind answered {other!r}, expected one value")
