"""Starlette on uvicorn in the daemon's own event loop, with nothing said that need not be said.

No access log (paths hold secrets), no name of the server, no signals taken from the daemon.
"""

import asyncio
import logging
import os
import socket
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.drivers.http.guard import Guard
from bridge.drivers.http.limits import Buckets
from bridge.drivers.ports import HttpAnswer, HttpAsked, HttpHandler, Now
from bridge.model.errors import TransportError
from bridge.model.http import HttpSettings

REQUEST_S = 5.0  # from the connection to the end of the header
LARGEST_HEADER = 8192  # bytes; a phone's request has 600
MOST_CONNECTIONS = 64

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
"""All of them: which is right is the handler's to say."""

_log = logging.getLogger(__name__)


class _Impatient(H11Protocol):
    """A connection that does not wait for ever for its first request; there is no second."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._slow = self.loop.call_later(REQUEST_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._slow.cancel()
        super().connection_lost(exc)

    def _too_slow(self) -> None:
        if cast("object", self.cycle) is None:  # nothing has been asked
            self.transport.abort()


class HttpServer:
    """One listening socket.

    Args:
        settings: where.
        handlers: what answers, by the first part of the path.
        now: monotonic seconds.
    """

    def __init__(
        self, settings: HttpSettings, handlers: Mapping[str, HttpHandler], now: Now
    ) -> None:
        self._settings = settings
        self.refused: Counter[str] = Counter()
        self._guard = Guard(frozenset(settings.names), Buckets(now), self.refused)
        self._config = self._uvicorn(handlers)
        self._server = uvicorn.Server(self._config)
        self.address = ""

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            TransportError: the address is not ours, or the port is taken.
        """
        bind, port = self._settings.bind, self._settings.port
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        try:
            listening = socket.create_server((bind, port), family=family)
        except OSError as error:
            raise TransportError(
                f"cannot listen on {bind} port {port} ({os.strerror(error.errno or 0).lower()}): "
                "set http.bind to an address of this machine and http.port to a free port"
            ) from error
        host, port = listening.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        # Not `serve`: it takes the signals, and wakes ten times a second for a date we do not send.
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[listening])
        self._listening = listening
        return self

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
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
        answering = list(self._server.server_state.tasks)
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        self.address = ""

    def _uvicorn(self, handlers: Mapping[str, HttpHandler]) -> uvicorn.Config:
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # strangers write the others
        routes = [self._route(f"/{first}/", handler) for first, handler in handlers.items()]
        routes.append(self._route("/", self._nowhere))
        return uvicorn.Config(
            Starlette(routes=routes),
            loop="none",
            http=_Impatient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=LARGEST_HEADER,
        )

    def _nowhere(self, _asked: HttpAsked) -> HttpAnswer:
        self.refused["no such path"] += 1
        return HttpAnswer(404, b"no such path")

    def _route(self, first: str, handler: HttpHandler) -> Route:
        def asked(request: HttpAsked) -> HttpAnswer:
            try:
                return handler(request)
            except Exception:  # noqa: BLE001  # task border: one request must not end the server
                _log.exception("http: a request for %s could not be answered", first)
                return HttpAnswer(500, b"our mistake; it is in the log")

        async def endpoint(request: Request) -> Response:
            return await self._guard.answer(request, asked)

        return Route(f"{first}{{rest:path}}", endpoint, methods=METHODS)
