"""A machine that sleeps, wakes and is left alone when told: the twin of ``drivers.logind``."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from bridge.drivers.ports import Now, Sink
from bridge.model.errors import ProtocolViolation
from bridge.model.events import SystemResumed


class VirtualSleep:
    """``SleepWatch`` without a bus.

    Args:
        sink: gets ``SystemResumed``.
        now: monotonic seconds.
    """

    def __init__(self, sink: Sink, now: Now) -> None:
        self._sink = sink
        self._now = now
        self.is_listening = False

    async def __aenter__(self) -> Self:
        self.is_listening = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_listening = False

    def wake(self) -> None:
        """The machine has slept and is awake again.

        Raises:
            ProtocolViolation: nobody listens.
        """
        if not self.is_listening:
            raise ProtocolViolation("wake: nobody listens, expected to be entered")
        self._sink(SystemResumed(self._now()))


class VirtualIdle:
    """``IdleWatch`` without a bus.

    Args:
        on_idle: told since when the user is idle.
    """

    def __init__(self, on_idle: Callable[[int], None]) -> None:
        self._on_idle = on_idle

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        pass

    def is_left(self, since_ms: int) -> None:
        """The user has not touched the machine since then, Unix milliseconds; 0 = he is back."""
        self._on_idle(since_ms)
