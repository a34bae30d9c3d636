"""Topics of others, heard over our one connection: who wants what, and who has heard it all.

A broker sends stored messages in its own time, and nothing says which was the last. So filters are
subscribed in lots, and behind each lot goes a message to ourselves: when it is back, what was
stored under the lot has come. Lots are small so that a fleet which comes back does not stop a
broker for long.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from paho.mqtt.client import topic_matches_sub

from bridge.drivers.ports import Ear, Incoming
from bridge.model.errors import BusError

HEAR_TIMEOUT_S = 20.0  # a lot of stored messages comes in some 20 ms, behind a storm in 3 s
_REFUSED = 0x80  # SUBACK reason codes from here on (MQTT 5, 3.9.3)
LOT = 100  # filters subscribed at once, some 20 kB of stored states
_WILD = frozenset("+#")


@dataclass(slots=True)
class _Listener:
    """One ear.

    Args:
        filters: what it wants.
        is_told: it was told that it has heard all that was stored.
    """

    ear: Ear
    filters: frozenset[str]
    is_told: bool = False


@dataclass(slots=True)
class Hearing:
    """What is wanted by whom, over all connections; the session does what has to be done."""

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _listeners: list[_Listener] = field(default_factory=list)
    _exact: dict[str, tuple[Ear, ...]] = field(default_factory=dict)
    _wild: tuple[tuple[str, Ear], ...] = ()
    _subscribed: set[str] = field(default_factory=set)
    _steps: int = 0
    _stepped: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self, filters: frozenset[str], ear: Ear) -> None:
        """Replace what an ear hears; nothing = it hears no more."""
        self._listeners = [known for known in self._listeners if known.ear is not ear]
        if filters:
            self._listeners.append(_Listener(ear, filters))
        self._index()
        self.changed.set()

    def heard(self, message: Incoming) -> None:
        """Hand a message to whoever wants it."""
        for ear in self._exact.get(message.topic, ()):
            ear.heard(message)
        for pattern, ear in self._wild:
            if topic_matches_sub(pattern, message.topic):
                ear.heard(message)

    # -- the session's side ---------------------------------------------------

    def begin(self) -> None:
        """A new connection: nothing is subscribed."""
        self._subscribed.clear()
        for listener in self._listeners:
            listener.is_told = False
        self.changed.set()

    def next_lot(self) -> list[str]:
        """Return filters to subscribe now; empty when all are."""
        missing = self._all() - self._subscribed
        return sorted(missing)[:LOT]

    def surplus(self) -> list[str]:
        """Return filters nobody wants any more, and count them as unsubscribed."""
        gone = self._subscribed - self._all()
        self._subscribed -= gone
        return sorted(gone)

    def settle(self, lot: Iterable[str]) -> None:
        """All that was stored under these filters has been heard."""
        self._subscribed.update(lot)
        for listener in self._listeners:
            if not listener.is_told and listener.filters <= self._subscribed:
                listener.is_told = True
                listener.ear.in_step()

    def next_step(self) -> tuple[bytes, asyncio.Event]:
        """Return what to send to ourselves behind a lot, and what is set when it is back."""
        self._steps += 1
        self._stepped = asyncio.Event()
        return self._payload(), self._stepped

    def came_back(self, payload: bytes) -> None:
        """Something we sent to ourselves is back."""
        if payload == self._payload():
            self._stepped.set()

    def lost(self, reason: str) -> None:
        """The connection is gone, or there is none."""
        for listener in self._listeners:
            listener.is_told = False
            listener.ear.deaf(reason)

    def _payload(self) -> bytes:
        return b"step-%d" % self._steps

    def _all(self) -> set[str]:
        return {one for listener in self._listeners for one in listener.filters}

    def _index(self) -> None:
        pairs = [(one, known.ear) for known in self._listeners for one in known.filters]
        self._wild = tuple((one, ear) for one, ear in pairs if _WILD & set(one))
        exact: dict[str, tuple[Ear, ...]] = {}
        for one, ear in pairs:
            if not _WILD & set(one):
                exact[one] = (*exact.get(one, ()), ear)
        self._exact = exact


class Line(Protocol):
    """What the subscribing needs of a session; everything raises when the connection is lost."""

    async def subscribe(self, filters: list[str]) -> list[int]:
        """Subscribe and return the broker's codes."""

    async def unsubscribe(self, filters: list[str]) -> None:
        """Unsubscribe."""

    def post_to_self(self, payload: bytes) -> None:
        """Publish what comes back as ``Hearing.came_back``."""

    async def wait(self, event: asyncio.Event, timeout_s: float = ...) -> None:
        """Wait for an event, not longer than the time."""

    def unheard(self, topic: str) -> None:
        """The broker refuses a filter."""


class Subscribing:
    """Does what ``Hearing`` wants, over one connection."""

    def __init__(self, hearing: Hearing, line: Line) -> None:
        self._hearing = hearing
        self._line = line

    async def run(self) -> None:
        """Keep subscribed what is wanted; until the connection is lost."""
        self._hearing.begin()
        while True:
            self._hearing.changed.clear()
            if gone := self._hearing.surplus():
                await self._line.unsubscribe(gone)
            while lot := self._hearing.next_lot():
                await self._hear(lot)
                self._hearing.settle(lot)
            self._hearing.settle(())
            await self._line.wait(self._hearing.changed)

    async def _hear(self, lot: list[str]) -> None:
        """Subscribe to some filters and wait until what is stored there has come.

        Raises:
            BusError: the broker lets nothing through, not even our own message behind it.
        """
        codes = await self._line.subscribe(lot)
        for topic in [name for name, code in zip(lot, codes, strict=False) if code >= _REFUSED]:
            self._line.unheard(topic)
        payload, stepped = self._hearing.next_step()
        self._line.post_to_self(payload)
        await self._line.wait(stepped, HEAR_TIMEOUT_S)
        if not stepped.is_set():
            raise BusError(f"what it has stored does not come within {HEAR_TIMEOUT_S:.0f} s")
