"""The door of desk phones: Starlette, with nothing said that need not be said."""

import logging
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.drivers.http.guard import Guard
from bridge.drivers.http.limits import Buckets
from bridge.drivers.http.serving import Place, Serving
from bridge.drivers.ports import HttpAnswer, HttpAsked, HttpHandler, Now
from bridge.model.http import HttpSettings

MOST_CONNECTIONS = 64

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
"""All of them: which is right is the handler's to say."""

_log = logging.getLogger(__name__)


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
        self.refused: Counter[str] = Counter()
        self._guard = Guard(frozenset(settings.names), Buckets(now), self.refused)
        routes = [self._route(f"/{first}/", handler) for first, handler in handlers.items()]
        routes.append(self._route("/", self._nowhere))
        place = Place(settings.bind, settings.port, "http", MOST_CONNECTIONS)
        self._serving = Serving(Starlette(routes=routes), place)

    @property
    def address(self) -> str:
        """Where it listens."""
        return self._serving.address

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            TransportError: the address is not ours, or the port is taken.
        """
        await self._serving.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close; whoever is being answered is cut off."""
        await self._serving.__aexit__(kind, error, trace)

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
