"""One listening socket with uvicorn behind it, in the daemon's own event loop.

No access log (paths hold secrets), no name of the server, no signals taken from the daemon.
"""

import asyncio
import logging
import os
import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bridge.drivers.http.peer import PEER, Peer
from bridge.model.errors import TransportError

REQUEST_S = 5.0  # from the connection to the end of the header
LARGEST_HEADER = 8192  # bytes; a phone's request has 600, a browser's 1,500


class _Impatient(H11Protocol):
    """A connection that does not wait for ever for a request to be said to its end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, PEER: Peer(self.client, self.server)}
        self._slow: asyncio.TimerHandle | None = self.loop.call_later(REQUEST_S, self._too_slow)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_asking():
            if self._slow is None:
                self._slow = self.loop.call_later(REQUEST_S, self._too_slow)
        elif self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._slow is not None:
            self._slow.cancel()
        super().connection_lost(exc)

    def _is_asking(self) -> bool:
        """Say whether a request has begun whose header is not complete."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def _too_slow(self) -> None:
        self._slow = None
        if self._is_asking():
            self.transport.abort()


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen.

    Args:
        bind, port: address of this machine and TCP port; 0 = any free one.
        section: of the configuration, for what is said when that cannot be.
        most: connections at once.
        rest_s: how long a connection may rest between two requests.
        certificate, key: paths of PEM files; empty = not encrypted.
    """

    bind: str
    port: int
    section: str
    most: int
    rest_s: int = 5
    certificate: str = ""
    key: str = ""


class Serving:
    """Serves one application while the context is open.

    Args:
        app: answers requests.
        place: where.
    """

    def __init__(self, app: ASGIApp, place: Place) -> None:
        self._app = app
        self._is_closing = False
        self._place = place
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # strangers write the others
        self._config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            loop="none",
            http=_Impatient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=place.most,
            timeout_keep_alive=place.rest_s,
            h11_max_incomplete_event_size=LARGEST_HEADER,
            ssl_certfile=place.certificate or None,
            ssl_keyfile=place.key or None,
        )
        self._server = uvicorn.Server(self._config)
        self.address = ""

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            TransportError: the address is not ours, the port is taken, or a certificate unusable.
        """
        self._load()
        listening = self._socket()
        host, port = listening.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        # Not `serve`: it takes the signals, and wakes ten times a second for a date we do not send.
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[listening])
        self._listening = listening
        return self

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; one that is cut off at the end is nobody's mistake."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._is_closing:
                raise

    def _load(self) -> None:
        try:
            self._config.load()
        except (OSError, ssl.SSLError) as error:
            section = self._place.section
            raise TransportError(
                f"{section}.tls cannot be used ({error.strerror or error}): expected PEM files "
                "that belong together and that the daemon's user may read"
            ) from error

    def _socket(self) -> socket.socket:
        bind, port, section = self._place.bind, self._place.port, self._place.section
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        try:
            return socket.create_server((bind, port), family=family)
        except OSError as error:
            raise TransportError(
                f"cannot listen on {bind} port {port} ({os.strerror(error.errno or 0).lower()}): "
                f"set {section}.bind to an address of this machine and {section}.port to a free "
                "port"
            ) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close; whoever is being answered is cut off."""
        for server in self._server.servers:
            server.close()
        self._listening.close()
        self._is_closing = True
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
            if (transport := connection.transport) is not None:
                transport.abort()
        await asyncio.sleep(0)  # now every connection knows that it is gone
        answering = list(self._server.server_state.tasks)
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        self.address = ""
