"""Several engines that look like one: for more accounts than one engine process can have.

Accounts are placed in the order of the configuration, evenly over as few engines as will do. An
account and its calls live in one engine; when it dies, its calls and lines are reported as lost and
the others go on. What needs two calls in one process (conference, connecting two calls) is refused
with a sentence when they are in two.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Protocol, Self

from bridge.drivers.ports import CallEngine, Now, Sink
from bridge.model.effects import ConnectCalls, EngineOrder, JoinCalls, PlaceCall, SetRinger
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.errors import TransportTimeout
from bridge.model.events import (
    CallArrived,
    CallEnded,
    CallReferred,
    CallReplaced,
    EngineLost,
    EngineReady,
    Event,
    OrderFailed,
    SoundChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import Ring, SoundSettings, SoundStats, together

_APART = (
    "these calls are on accounts of two SIP engines, which cannot be brought together; "
    "put the accounts next to each other in the configuration"
)


ANSWER_S = 0.4  # an engine answers in 5 ms; one that hangs must not cost the figures of the others


async def within(seconds: float, stats: Awaitable[SoundStats]) -> SoundStats | None:
    """Return the figures of an engine, None if it does not tell them in time."""
    try:
        return await asyncio.wait_for(stats, seconds)
    except (TransportTimeout, TimeoutError):
        return None


class Member(CallEngine, Protocol):
    """One engine of a pool."""

    @property
    def address(self) -> str:
        """``host:port`` it listens on, empty while it does not run."""

    @property
    def silent_s(self) -> float:
        """Seconds since it, or who starts it again, last showed life."""

    def select_sound(self, sound: SoundSettings) -> None:
        """Use other sound devices from now on."""

    async def sound_stats(self) -> SoundStats:
        """Return the figures of the sound side. Raises ``TransportTimeout``."""


MakeMember = Callable[[EngineSettings, Sequence[AccountSettings], Sink], Member]


class EnginePool:
    """Engines side by side.

    Args:
        settings: what holds for all; the SIP port goes to the first engine, the others take any,
            and each gets a part of the RTP ports.
        accounts: all lines.
        sink: takes events.
        now: monotonic seconds.
        make: makes one engine.
        each: accounts that one engine can have.
    """

    def __init__(
        self,
        settings: EngineSettings,
        accounts: Sequence[AccountSettings],
        sink: Sink,
        now: Now,
        make: MakeMember,
        each: int,
    ) -> None:
        self._sink, self._now = sink, now
        self._calls: dict[CallId, int] = {}
        self._of: dict[AccountId, int] = {}
        self._up: dict[int, EngineReady] = {}
        self._silent: dict[int, str] = {}  # whose sound does not work, and why
        self._stack = AsyncExitStack()
        shares = shared_out(accounts, each)
        self._members = [
            make(part_of(settings, number, len(shares)), share, self._hears(number))
            for number, share in enumerate(shares)
        ]
        for number, share in enumerate(shares):
            self._of |= {account.account: number for account in share}

    async def __aenter__(self) -> Self:
        """Start every engine; returns at once."""
        for member in self._members:
            await self._stack.enter_async_context(member)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop all of them at the same time."""
        members = [member.__aexit__(*exc) for member in self._members]
        self._stack.pop_all()
        await asyncio.gather(*members)

    @property
    def address(self) -> str:
        """Where they listen, empty while none runs."""
        return ", ".join(filter(None, (member.address for member in self._members)))

    @property
    def silent_s(self) -> float:
        """Seconds since the one that is silent longest showed life."""
        return max(member.silent_s for member in self._members)

    # -- sound ----------------------------------------------------------------

    def select_sound(self, sound: SoundSettings) -> None:
        """Use other sound devices from now on, also in running calls and after a restart."""
        for member in self._members:
            member.select_sound(sound)

    async def sound_stats(self) -> SoundStats:
        """Return the figures of all engines that answer, as those of one.

        Raises:
            TransportTimeout: none answers.
        """
        asked = (within(ANSWER_S, member.sound_stats()) for member in self._members)
        found = [stats for stats in await asyncio.gather(*asked) if stats is not None]
        if not found:
            raise TransportTimeout("no SIP engine answers")
        return together(found)

    # -- orders ---------------------------------------------------------------

    def order(self, order: EngineOrder) -> None:
        """Pass an order to the engine that has the call. Never blocks, never raises."""
        match order:
            case SetRinger(ring):
                self._ring(ring)
            case PlaceCall(call, account):
                self._calls[call] = self._of.get(account, 0)
                self._members[self._calls[call]].order(order)
            case ConnectCalls(call, other) | JoinCalls(call, other):
                together = self._calls.get(call) == self._calls.get(other)
                self._to_owner(call, order) if together else self._refuse(order, call, _APART)
            case _:
                self._to_owner(order.call, order)

    def _to_owner(self, call: CallId, order: EngineOrder) -> None:
        """Pass an order on; an unknown call is refused by the first engine as by any."""
        self._members[self._calls.get(call, 0)].order(order)

    def _ring(self, ring: Ring) -> None:
        """Ring once: by an engine that runs; the beep in the ear by the one that has the call."""
        busy = set(self._calls.values())
        ringer = next(iter(sorted(self._up)), 0)
        for number, member in enumerate(self._members):
            mine = number in busy if ring is Ring.WAITING else number == ringer
            member.order(SetRinger(ring if mine else Ring.OFF))

    def _refuse(self, order: EngineOrder, call: CallId, reason: str) -> None:
        failed = OrderFailed(self._now(), call, type(order).__name__, 0, reason)
        asyncio.get_running_loop().call_soon(self._sink, failed)

    # -- events ---------------------------------------------------------------

    def _hears(self, number: int) -> Sink:
        return lambda event: self._heard(number, event)

    def _heard(self, number: int, event: Event) -> None:
        match event:
            case EngineReady():
                self._up[number] = event
                self._sink(self._ready())
            case EngineLost():
                self._up.pop(number, None)
                self._sink(self._ready(event.reason) if self._up else event)
            case SoundChanged():
                self._sound(number, event)
            case _:
                self._note(number, event)
                self._sink(event)

    def _note(self, number: int, event: Event) -> None:
        match event:
            case CallArrived(call=call):
                self._calls[call] = number
            case CallReferred(new_call=call) | CallReplaced(new_call=call):
                self._calls[call] = number
            case CallEnded(call=call):
                self._calls.pop(call, None)
            case _:
                pass

    def _ready(self, reason: str = "") -> EngineReady:
        """Return what the engines that run can do together, and which of them do not."""
        most = sum(ready.max_calls for ready in self._up.values())
        notes = [ready.note for ready in self._up.values() if ready.note]
        missing = len(self._members) - len(self._up)
        if missing and reason:
            notes.append(f"{missing} of {len(self._members)} SIP engines do not run: {reason}")
        return EngineReady(self._now(), most, notes[0] if notes else "")

    def _sound(self, number: int, event: SoundChanged) -> None:
        """Tell of the sound once: all engines use the same devices."""
        before = bool(self._silent)
        if event.ok:
            self._silent.pop(number, None)
        else:
            self._silent[number] = event.note
        if bool(self._silent) != before:
            self._sink(event)


def shared_out(accounts: Sequence[AccountSettings], each: int) -> list[tuple[AccountSettings, ...]]:
    """Return which accounts go to which engine: neighbours together, evenly, as few as will do.

    Args:
        accounts: in the order of the configuration.
        each: how many one engine can have, 1 or more.
    """
    engines = max(1, -(-len(accounts) // each))
    size, more = divmod(len(accounts), engines)
    shares, first = [], 0
    for number in range(engines):
        last = first + size + (number < more)
        shares.append(tuple(accounts[first:last]))
        first = last
    return shares


def part_of(settings: EngineSettings, number: int, engines: int) -> EngineSettings:
    """Return the settings of one engine: ports cannot be shared."""
    if engines == 1:
        return settings
    count = settings.rtp_count // engines & ~1  # RTP on even ports, RTCP on the odd ones
    return replace(
        settings,
        port=settings.port if number == 0 else 0,
        rtp_first=settings.rtp_first + number * count,
        rtp_count=count,
    )
