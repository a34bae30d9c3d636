"""The contract between the page's server and whoever answers it."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PageAsked:
    """One request of the page, whole, from where the page may ask.

    Args:
        method: such as ``POST``.
        path: behind ``/api/1/``, percent-encoded; it holds no secret.
        query: as it came.
        peer: address it came from.
        is_here: from this machine and past no proxy.
        user: number of the Unix user whose program asked, None where it cannot be told.
        cookie, proof, bearer: what says who asks, empty where it does not.
        body: at most 64 KiB.
    """

    method: str
    path: str
    query: str
    peer: str
    is_here: bool
    user: int | None = None
    cookie: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """The answer to one request.

    Args:
        status: of HTTP.
        body: JSON.
        cookie: the new one, empty = the old one is forgotten, None = as it was.
        retry_after_s: how long to wait before the next one; 0 = not said.
    """

    status: int
    body: bytes
    cookie: str | None = field(default=None, repr=False)
    retry_after_s: int = 0


class PageListener(Protocol):
    """One reader of the page's events."""

    async def news(self) -> bytes:
        """Wait for what changed and return it, newest state only; empty = there is no more."""

    def beat(self) -> bytes:
        """Return a sign of life."""

    def close(self) -> None:
        """The reader is gone: ``news`` returns nothing from now on."""


class PageHandler(Protocol):
    """Whoever answers the page. Everything runs on the event loop."""

    async def answer(self, asked: PageAsked) -> PageAnswer:
        """Answer one request; raises only by our mistake."""

    def listen(self, asked: PageAsked) -> PageListener | PageAnswer:
        """Return a reader of events, or why there is none."""
