"""Desk phones beside the SIP engine: two kinds of lines that look like one engine."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Protocol, Self

from bridge.app.loudness import SoundEngine
from bridge.drivers.phones import Phones
from bridge.drivers.ports import CallEngine, Now, Sink
from bridge.model.effects import ConnectCalls, EngineOrder, JoinCalls, SetRinger
from bridge.model.events import EngineLost, EngineReady, Event, OrderFailed
from bridge.model.sound import SoundSettings, SoundStats

PHONE_CALLS = 4
"""Calls at once that desk phones add; the core takes fewer anyway."""

_APART = "a call on a desk phone and one on a SIP line cannot be brought together here"


class Inner(CallEngine, SoundEngine, Protocol):
    """The engine of the SIP lines."""

    @property
    def address(self) -> str:
        """Where it listens; empty while it does not run."""

    @property
    def silent_s(self) -> float:
        """Seconds since it, or who starts it again, last showed life."""


class Telephones:
    """The SIP engine and desk phones, as one engine.

    Args:
        phones: the desk phones.
        make: makes the engine of the SIP lines, given who takes its events.
        sink: takes all events.
        now: monotonic seconds.
    """

    def __init__(self, phones: Phones, make: Callable[[Sink], Inner], sink: Sink, now: Now) -> None:
        self.phones, self._sink, self._now = phones, sink, now
        self.engine = make(self._heard)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start both; returns at once."""
        await self._stack.enter_async_context(self.phones)
        await self._stack.enter_async_context(self.engine)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop both; calls on desk phones go on there."""
        await self._stack.aclose()

    @property
    def address(self) -> str:
        """Where the SIP engine listens."""
        return self.engine.address

    @property
    def silent_s(self) -> float:
        """Seconds since the SIP engine showed life; desk phones are not asked anything."""
        return self.engine.silent_s

    def select_sound(self, sound: SoundSettings) -> None:
        """Use other sound devices from now on."""
        self.engine.select_sound(sound)

    async def sound_stats(self) -> SoundStats:
        """Return the figures of the SIP engine's sound side. Raises ``TransportTimeout``."""
        return await self.engine.sound_stats()

    def order(self, order: EngineOrder) -> None:
        """Pass an order to whoever has the call. Never blocks, never raises."""
        if isinstance(order, SetRinger):
            self.engine.order(order)
        elif isinstance(order, ConnectCalls | JoinCalls) and self._is_mixed(order):
            failed = OrderFailed(self._now(), order.call, type(order).__name__, 0, _APART)
            asyncio.get_running_loop().call_soon(self._sink, failed)
        else:
            (self.phones if self.phones.owns(order) else self.engine).order(order)

    def _is_mixed(self, order: ConnectCalls | JoinCalls) -> bool:
        return self.phones.carries(order.call) != self.phones.carries(order.other)

    def _heard(self, event: Event) -> None:
        """Take an event of the SIP engine: without it, desk phones still have their calls."""
        match event:
            case EngineReady():
                most = max(event.max_calls, PHONE_CALLS)
                self._sink(EngineReady(event.at_s, most, event.note))
            case EngineLost():
                self._sink(EngineReady(event.at_s, PHONE_CALLS, event.reason))
            case _:
                self._sink(event)
