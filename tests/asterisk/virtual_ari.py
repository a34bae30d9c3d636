"""A virtual ARI: a real HTTP server that lists channels and sends events as recorded."""

import asyncio
import base64
import socket
from dataclasses import dataclass, field
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.asterisk.ari_recording import ari_recording
from tests.integration.waiting import eventually

ARI_SECRET = "geheim-2"


@dataclass
class VirtualAri:
    """Lets in who logs in rightly, and remembers what was asked.

    Args:
        moment: whose list of channels it answers with.
    """

    moment: str = "idle"
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    port: int = 0
    _sockets: set[WebSocket] = field(default_factory=set)
    _server: uvicorn.Server | None = None
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        routes = [
            Route("/ari/channels", self._channels),
            Route("/ari/applications/offhook/eventFilter", self._filter, methods=["PUT"]),
            WebSocketRoute("/ari/events", self._events),
        ]
        listener = socket.socket()
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve([listener]))
        await eventually(lambda: self._server is not None and self._server.started, "ARI listens")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._task is not None
        self._server.should_exit = self._server.force_exit = True
        await self._task

    async def happens(self, title: str) -> None:
        """Send the events that were recorded under a title."""
        await eventually(lambda: self._sockets, "somebody listens")
        for event in ari_recording().events[title]:
            await self.says(event)

    async def says(self, event: str) -> None:
        for listener in tuple(self._sockets):
            await listener.send_text(event)

    async def drops(self) -> None:
        """Close all connections."""
        for listener in tuple(self._sockets):
            await listener.close()

    # -- private --------------------------------------------------------------

    def _lets_in(self, request: HTTPConnection) -> bool:
        self.asked.append(request.url.path)
        login = base64.b64encode(f"offhook:{ARI_SECRET}".encode()).decode()
        is_right = request.headers.get("Authorization") == f"Basic {login}"
        self.refused += not is_right
        return is_right

    async def _channels(self, request: Request) -> Response:
        body = ari_recording().channels[self.moment] if self._lets_in(request) else ""
        return Response(body, 200 if body else 401)

    async def _filter(self, request: Request) -> Response:
        return Response("{}", 200 if self._lets_in(request) else 401)

    async def _events(self, listener: WebSocket) -> None:
        if not self._lets_in(listener):
            await listener.send_denial_response(Response("", 401))
            return
        await listener.accept()
        self._sockets.add(listener)
        try:
            await listener.receive_text()
        except WebSocketDisconnect:
            self._sockets.discard(listener)
