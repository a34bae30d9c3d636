"""A server of the daemon, tried again while its address or port cannot be had."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, Self

from bridge.model.errors import TransportError

RETRY_S = 10.0
"""Until a port that was taken is tried again."""


class Server(AbstractAsyncContextManager["Server"], Protocol):
    """What listens."""

    refused: Counter[str]

    @property
    def address(self) -> str:
        """Where; empty while it does not."""


class Door:
    """Opens a server and keeps it open.

    Args:
        make: makes the server; entering it raises ``TransportError`` while it cannot be.
        tell: told one sentence when it cannot listen, empty when it does.
        refused: requests that were refused behind the server, by reason.
    """

    def __init__(
        self,
        make: Callable[[], Server],
        tell: Callable[[str], None],
        refused: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._make = make
        self._tell, self._behind = tell, refused
        self._task: asyncio.Task[None] | None = None
        self.server: Server | None = None

    async def __aenter__(self) -> Self:
        """Listen soon."""
        self._task = asyncio.create_task(self._listen(), name="door")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._make() as server:
                    self.server = server
                    self._tell("")
                    await asyncio.Event().wait()  # until cancelled
            except TransportError as error:
                self._tell(str(error))
            await asyncio.sleep(RETRY_S)

    @property
    def text(self) -> str:
        """Where it listens, and what it refused, in one sentence."""
        if self.server is None:
            return "not listening"
        refused = sum(self.refused.values())
        return f"listening on {self.server.address}" + (f", {refused} refused" if refused else "")

    @property
    def refused(self) -> Mapping[str, int]:
        """Requests that were refused, by reason, at the server or behind it."""
        total = Counter(self._behind())
        if self.server is not None:
            total.update(self.server.refused)
        return dict(sorted(total.items()))
