"""What stands before every handler: whom a request is for, how large, how slow and how often."""

import asyncio
import ipaddress
from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from bridge.drivers.http.limits import REFUSED_COSTS, Buckets
from bridge.drivers.ports import HttpAnswer, HttpAsked, HttpHandler

LARGEST_BODY = 65_536  # bytes; a notification of a phone has 700
BODY_S = 5.0  # for a body to arrive; phones are in the same house

OURS = frozenset({"localhost"})
PROTECT = {
    "connection": "close",  # a phone has one thing to say at a time
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # the path holds a secret
}


class Guard:
    """Gives good requests to a handler and counts the others.

    Args:
        names: host names besides addresses and ``localhost``.
        buckets: how often each address may ask.
        refused: counts by reason.
    """

    def __init__(self, names: frozenset[str], buckets: Buckets, refused: Counter[str]) -> None:
        self._names = names | OURS
        self._buckets = buckets
        self._refused = refused

    async def answer(self, request: Request, handler: HttpHandler) -> Response:
        """Return the answer of the handler, or why it was not asked."""
        peer = request.client.host if request.client else ""
        if not self._buckets.take(peer):
            return self._no(429, "too often")
        if not is_for_us(request.headers.getlist("host"), self._names):
            return self._no(421, "another host")
        try:
            body = await asyncio.wait_for(whole_body(request), BODY_S)
        except TimeoutError:
            return self._no(408, "too slow")
        if body is None:
            return self._no(413, "too large")
        found = handler(_asked(request, peer, body))
        if found.status >= 400:
            self._buckets.charge(peer, REFUSED_COSTS)
        return _response(found)

    def _no(self, status: int, reason: str) -> Response:
        self._refused[reason] += 1
        return _response(HttpAnswer(status, reason.encode()))


async def whole_body(request: Request) -> bytes | None:
    """Return the body, None when it is too large; no more than that is kept."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _asked(request: Request, peer: str, body: bytes) -> HttpAsked:
    raw: bytes = request.scope.get("raw_path", b"")
    query: bytes = request.scope["query_string"]
    path = raw.decode("latin-1").partition("?")[0]
    return HttpAsked(request.method, path, query.decode("latin-1"), peer, body)


def _response(answer: HttpAnswer) -> Response:
    return Response(answer.body, answer.status, PROTECT, answer.kind)


def is_for_us(hosts: list[str], names: frozenset[str]) -> bool:
    """Say whether a request is addressed to us: an address, or a name we know.

    A browser that was led here by a stranger's name says that name (DNS rebinding).
    """
    if len(hosts) != 1:
        return False
    host = hosts[0].strip().lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if host in names:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
