"""The server of the page: files, requests and events, beside the door of desk phones.

Whoever reads events slowly gets the newest state only, and whoever does not read at all is cut
off: neither holds up anybody else.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bridge.drivers.http.guard import BODY_S, LARGEST_BODY, whole_body
from bridge.drivers.http.limits import Buckets
from bridge.drivers.http.page_files import PageFiles
from bridge.drivers.http.page_guard import PROTECT, No, Place, bearer_of, is_here, objection
from bridge.drivers.http.page_ports import PageAnswer, PageAsked, PageHandler, PageListener
from bridge.drivers.http.peer import unix_user
from bridge.drivers.http.server import METHODS
from bridge.drivers.http.serving import Place as Listening
from bridge.drivers.http.serving import Serving
from bridge.drivers.ports import Now
from bridge.model.page import PageSettings
from bridge.protocols.control_lines import json_line

MOST_CONNECTIONS = 128  # a browser opens 6, one of them for events
REST_S = 75  # between two requests; a finger comes back to a connection that is there

PER_S, BURST = 100.0, 600.0
"""Requests of one address: files of the page come at once, and people share addresses."""

REFUSED_COSTS = 50.0  # whoever guesses has 2 a second

HEARTBEAT_S = 10.0
STALLED_S = 30.0  # a reader that has taken nothing for so long is gone

COOKIE = "offhook"

_log = logging.getLogger(__name__)


class PageServer:
    """One listening socket.

    Args:
        settings: where.
        directory: of the page's files.
        handler: answers requests.
        document: makes the OpenAPI document; asked when somebody wants to read it.
        now: monotonic seconds.
    """

    def __init__(
        self,
        settings: PageSettings,
        directory: Path,
        handler: PageHandler,
        document: Callable[[], bytes],
        now: Now,
    ) -> None:
        self._settings = settings
        self._files = PageFiles(directory)
        self._handler = handler
        self._document = document
        self._buckets = Buckets(now, PER_S, BURST)
        self.refused: Counter[str] = Counter()
        schemes = ("http", "https") if settings.behind_proxy else (self.scheme,)
        names = frozenset({*settings.names, "localhost"})
        self._place = Place(names, schemes, settings.behind_proxy)
        self._serving = Serving(
            Starlette(routes=self._routes(), exception_handlers={HTTPException: self._unrouted}),
            Listening(
                settings.bind,
                settings.port,
                "page",
                MOST_CONNECTIONS,
                REST_S,
                settings.certificate,
                settings.key,
            ),
        )

    @property
    def scheme(self) -> str:
        """What its addresses begin with."""
        return "https" if self._settings.certificate else "http"

    @property
    def address(self) -> str:
        """Where it listens."""
        return self._serving.address

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            TransportError: the address is not ours, the port is taken, or a certificate unusable.
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

    def _routes(self) -> list[Route]:
        reading = ["GET"]  # and HEAD, which Starlette adds
        return [
            Route("/", self._index, methods=reading),
            Route("/page/{name:path}", self._file, methods=reading),
            Route("/api/1/openapi.json", self._openapi, methods=reading),
            Route("/api/1/events", self._events, methods=["GET"]),
            Route("/api/1/{path:path}", self._asked, methods=METHODS),
        ]

    # -- what everybody may have ----------------------------------------------

    async def _index(self, request: Request) -> Response:
        return self._static(request, "index.html")

    async def _file(self, request: Request) -> Response:
        return self._static(request, request.path_params["name"])

    def _static(self, request: Request, name: str) -> Response:
        no = self._too_often(request) or self._elsewhere(request)
        if no is not None:
            return self._no(request, no)
        found = self._files.find(name)
        if found is None:
            return self._no(request, No(404, "path", "there is no such file"))
        headers = {**PROTECT, "cache-control": "no-cache", "etag": found.tag}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        return Response(found.body, 200, headers, found.kind)

    async def _openapi(self, request: Request) -> Response:
        no = self._too_often(request) or self._elsewhere(request)
        if no is not None:
            return self._no(request, no)
        return Response(self._document(), 200, PROTECT, "application/json")

    async def _unrouted(self, request: Request, error: Exception) -> Response:
        """Answer what no route takes: another path, or another method."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        words = "another method is expected here" if status == 405 else "there is no such path"
        no = No(status, "method" if status == 405 else "path", words)
        return self._no(request, self._too_often(request) or no)

    # -- what only some may ---------------------------------------------------

    async def _asked(self, request: Request) -> Response:
        no = self._objection(request)
        if no is not None:
            return self._no(request, no)
        if not request.path_params["path"]:
            return self._no(request, No(404, "path", "there is no such path"))
        try:
            body = await asyncio.wait_for(whole_body(request), BODY_S)
        except TimeoutError:
            return self._no(request, No(408, "slow", f"the request took more than {BODY_S:.0f} s"))
        if body is None:
            no = No(413, "large", f"found more than {LARGEST_BODY} bytes, expected less")
            return self._no(request, no)
        if body.strip() and not _is_json(request):
            return self._no(request, No(415, "media", "expected application/json"))
        try:
            answer = await self._handler.answer(self._asked_of(request, body))
        except Exception:  # noqa: BLE001  # task border: one request must not end the server
            _log.exception("page: a request could not be answered")
            return self._no(request, No(500, "mistake", "our mistake; it is in the log"))
        return self._response(request, answer)

    async def _events(self, request: Request) -> Response:
        no = self._objection(request)
        if no is not None:
            return self._no(request, no)
        listener = self._handler.listen(self._asked_of(request, b""))
        if isinstance(listener, PageAnswer):
            return self._response(request, listener)
        return _Events(listener)

    def _asked_of(self, request: Request, body: bytes) -> PageAsked:
        path: bytes = request.scope.get("raw_path", b"")
        headers, peer = request.headers, _peer(request)
        here = is_here(peer, headers, behind_proxy=self._settings.behind_proxy)
        return PageAsked(
            method=request.method,
            path=path.decode("latin-1").partition("?")[0].removeprefix("/api/1/"),
            query=request.scope["query_string"].decode("latin-1"),
            peer=peer,
            is_here=here,
            user=unix_user(request.scope) if here else None,
            cookie=request.cookies.get(COOKIE, ""),
            proof=headers.get("x-offhook", ""),
            bearer=bearer_of(headers),
            body=body,
        )

    # -- refusals -------------------------------------------------------------

    def _objection(self, request: Request) -> No | None:
        headers = request.headers
        return self._too_often(request) or objection(
            request.method, headers, self._place, bearer_of(headers)
        )

    def _too_often(self, request: Request) -> No | None:
        if self._buckets.take(_peer(request)):
            return None
        return No(429, "often", "too many requests: slow down")

    def _elsewhere(self, request: Request) -> No | None:
        """Files are everybody's, under our own names: a link to the page may stand anywhere."""
        no = objection("GET", request.headers, self._place, "")
        return no if no is not None and no.code == "host" else None

    def _no(self, request: Request, no: No) -> Response:
        self.refused[no.code] += 1
        self._buckets.charge(_peer(request), REFUSED_COSTS * (no.status in {401, 403, 421}))
        body = json_line({"error": no.error, "code": no.code})
        return _json(no.status, body, {"retry-after": "1"} if no.status == 429 else {})

    def _response(self, request: Request, answer: PageAnswer) -> Response:
        if answer.status >= 400:
            self.refused[str(answer.status)] += 1
            if answer.status in {401, 403}:
                self._buckets.charge(_peer(request), REFUSED_COSTS)
        wait = {"retry-after": str(answer.retry_after_s)} if answer.retry_after_s else {}
        response = _json(answer.status, answer.body, wait)
        if answer.cookie is not None:
            self._set_cookie(request, response, answer.cookie)
        return response

    def _set_cookie(self, request: Request, response: Response, cookie: str) -> None:
        by_https = request.headers.get("origin", "").startswith("https:")
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=34_560_000 if cookie else 0,  # 400 days, the most that browsers keep one
            path="/api/1/",
            secure=self.scheme == "https" or by_https,
            httponly=True,
            samesite="strict",
        )


class _Events(Response):
    """A stream of events that ends with its reader."""

    def __init__(self, listener: PageListener) -> None:
        super().__init__(b"", 200, {**PROTECT, "cache-control": "no-store"}, "text/event-stream")
        del self.headers["content-length"]
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        gone = asyncio.create_task(_gone(receive), name="reader of events")
        gone.add_done_callback(lambda _task: self._listener.close())
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(head)
            await self._tell(send)
        finally:
            self._listener.close()
            gone.cancel()

    async def _tell(self, send: Send) -> None:
        """Send what is new until either side ends, and a sign of life where nothing is.

        No task of its own for either wait: each would be one more turn of the loop on the way from
        a call to the screen.

        Raises:
            TimeoutError: the reader has taken nothing for ``STALLED_S``; its connection is cut.
        """
        more = True
        while more:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    said = await self._listener.news()
            except TimeoutError:
                said = self._listener.beat()
            more = bool(said)
            async with asyncio.timeout(STALLED_S):
                await send({"type": "http.response.body", "body": said, "more_body": more})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "application/json"


def _json(status: int, body: bytes, more: dict[str, str]) -> Response:
    headers = {**PROTECT, "cache-control": "no-store", **more}
    return Response(body, status, headers, "application/json")
