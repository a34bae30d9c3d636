"""Keeps our user's dialog state published: one socket, one request at a time, for ever.

Separate from the SIP engine because that cannot: its library answers no challenge to a PUBLISH.
UDP without a connection; TCP and TLS are opened for the first call and again when they break.
"""

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bridge.drivers.dialogs.wire import Stream, Udp, Wire
from bridge.drivers.ports import Now
from bridge.model.engine import Transport
from bridge.protocols.dialog_info import ShownDialog
from bridge.protocols.sip_publish import Identity, Publication

GOODBYE_S = 1.0
"""How long the last state may take to be told when we stop."""

FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 30.0


@dataclass(frozen=True, slots=True)
class DialogLine:
    """One line whose state is published.

    Args:
        user, domain: its SIP address.
        host, port: of the PBX.
        transport: how to reach it.
        auth_user, password: for the digest.
        tls: for ``Transport.TLS``.
    """

    user: str
    domain: str
    host: str
    port: int
    transport: Transport
    auth_user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None


class DialogPublisher:
    """One line's state at the PBX.

    Args:
        line: whose.
        now: monotonic seconds.
        on_trouble: told one sentence when the PBX does not take it, empty when it does again.
    """

    def __init__(self, line: DialogLine, now: Now, on_trouble: Callable[[str], None]) -> None:
        self._line = line
        self._now = now
        self._on_trouble = on_trouble
        self._trouble = ""
        self._wanted: tuple[ShownDialog, ...] = ()
        self._changed = asyncio.Event()
        self._over = asyncio.Event()  # that no call is left has been told
        self._publication: Publication | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start; nothing is sent before the first call."""
        self._task = asyncio.create_task(self._run(), name=f"dialogs of {self._line.user}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say that all calls are over, if the PBX takes it within a second."""
        self.show(())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                if self._publication is not None and self._publication.is_lit:
                    self._over.clear()
                    await self._over.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def show(self, dialogs: tuple[ShownDialog, ...]) -> None:
        """Say what watchers shall see. Never blocks, never raises; newest wins."""
        if dialogs != self._wanted:
            self._wanted = dialogs
            self._changed.set()

    # -- the task -------------------------------------------------------------

    async def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            while not self._wanted:
                self._changed.clear()
                await self._changed.wait()
            began_s = self._now()
            try:
                await self._one_connection()
            except (OSError, ssl.SSLError) as error:
                said = error.strerror or str(error) or type(error).__name__
                self._tell(f"the PBX does not take our lamp state: {said.lower()}")
            if self._now() - began_s > LAST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(LAST_PAUSE_S, 2 * pause_s)

    async def _one_connection(self) -> None:
        """Publish until the connection breaks.

        Raises:
            OSError: the PBX cannot be reached.
        """
        wire = await self._connect()
        identity = Identity(
            f"sip:{self._line.user}@{self._line.domain}",
            self._line.auth_user,
            self._line.password,
            wire.via,
        )
        self._publication = publication = Publication(identity, lambda: secrets.token_hex(8))
        try:
            while True:
                await self._step(wire, publication)
        finally:
            self._publication = None
            wire.close()

    async def _step(self, wire: Wire, publication: Publication) -> None:
        self._changed.clear()
        publication.want(self._wanted)
        request = publication.take(self._now())
        if request is not None:
            wire.send(request)
        due_s = publication.next_s(self._now())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if due_s is None else max(0.0, due_s - self._now())):
                for data in await wire.received(self._changed):
                    publication.receive(data, self._now())
        self._tell(publication.trouble)
        if not self._wanted and not publication.is_lit:
            self._over.set()
        else:
            self._over.clear()

    async def _connect(self) -> Wire:
        line = self._line
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(line.host, line.port, type=socket.SOCK_STREAM)
        host, port = found[0][4][0], found[0][4][1]
        if line.transport is Transport.UDP:
            return await Udp.open(str(host), int(port))
        return await Stream.open(str(host), int(port), line.tls, line.host)

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._on_trouble(trouble)
