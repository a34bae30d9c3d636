"""``CallEngine`` for the daemon: orders in, events out, whatever becomes of the process."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from bridge.drivers.ports import Now, Sink, Tracer
from bridge.drivers.sip.ledger import Ledger
from bridge.drivers.sip.supervisor import ENGINE_ARGV, STAND_IN_ARGV, Supervisor
from bridge.drivers.sip.traced import traced
from bridge.model.calls import Cause, EndedBy, RegistrationState
from bridge.model.effects import EngineOrder, PlaceCall
from bridge.model.engine import (
    AccountSettings,
    AskSound,
    EngineSettings,
    EngineStarted,
    SelectSound,
    SoundReported,
)
from bridge.model.errors import TransportTimeout
from bridge.model.events import (
    CallEnded,
    EngineLost,
    EngineReady,
    Event,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import CallId
from bridge.model.sound import SoundSettings, SoundStats
from bridge.protocols.engine_wire import SipEvent

_ANSWER_S = 2.0  # for figures of the sound side

_NOT_RUNNING = "the SIP engine is not running at the moment; it is being started again"


class SipEngine:
    """The SIP engine in a process of its own, started again when it dies.

    When it dies the sink gets, in this order: ``CallEnded`` (error) for each of its calls,
    ``RegistrationChanged`` (offline) for each account, ``EngineLost``. When it is back:
    ``EngineReady``, then what the accounts have to say.

    Args:
        settings: what holds for all accounts.
        accounts: the lines, sent to each new engine.
        sink: takes events, stamped with ``now``.
        now: monotonic seconds.
        tracer: takes an entry for each order and event.
        argv: the engine's program, for tests.
        stand_in_argv: the program where pjsua2 is missing.
        heartbeat_s: between two pings; after three without an answer the engine is killed.
    """

    def __init__(
        self,
        settings: EngineSettings,
        accounts: Sequence[AccountSettings],
        sink: Sink,
        now: Now,
        tracer: Tracer | None = None,
        *,
        argv: Sequence[str] = ENGINE_ARGV,
        stand_in_argv: Sequence[str] = STAND_IN_ARGV,
        heartbeat_s: float = 5.0,
    ) -> None:
        self._sink, self._now = sink, now
        self._trace = traced(tracer, now)
        self._ledger = Ledger()
        self._questions: dict[int, asyncio.Future[SoundStats]] = {}
        self._numbers = itertools.count(1)
        self._task: asyncio.Task[None] | None = None
        self._supervisor = Supervisor(
            settings,
            accounts,
            self,
            argv=argv,
            stand_in_argv=stand_in_argv,
            heartbeat_s=heartbeat_s,
        )

    async def __aenter__(self) -> Self:
        """Start the process; returns at once, ``EngineReady`` comes through the sink."""
        self._task = asyncio.create_task(self._supervisor.run(), name="sip-engine")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Hang up, un-register, stop the process within 3 s."""
        if self._task is not None:
            self._supervisor.stop()
            await self._task
            self._task = None

    # -- for the daemon -------------------------------------------------------

    @property
    def address(self) -> str:
        """``host:port`` the engine listens on, empty while it does not run."""
        return self._supervisor.address

    @property
    def pid(self) -> int:
        """Process id of the engine, 0 while there is none."""
        return self._supervisor.pid

    @property
    def silent_s(self) -> float:
        """Seconds since the engine, or who starts it again, last showed life."""
        return self._supervisor.silent_s

    def order(self, order: EngineOrder) -> None:
        """Pass one order on. Never blocks, never raises; failures come back as ``OrderFailed``."""
        self._trace.order(order)
        if self._supervisor.send(order):
            self._ledger.note_order(order)
        elif (call := getattr(order, "call", None)) is not None:
            asyncio.get_running_loop().call_soon(self._fail, order, call)

    def set_accounts(self, accounts: Sequence[AccountSettings]) -> None:
        """Use these lines from now on: what is gone is removed, what differs is made anew."""
        self._supervisor.set_accounts(accounts)

    def select_sound(self, sound: SoundSettings) -> None:
        """Use other sound devices from now on, also in running calls and after a restart."""
        self._supervisor.select_sound(SelectSound(sound))

    async def sound_stats(self) -> SoundStats:
        """Return the figures of the sound side.

        Raises:
            TransportTimeout: no engine runs, or it does not answer within 2 s.
        """
        number = next(self._numbers)
        answer: asyncio.Future[SoundStats] = asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        try:
            if not self._supervisor.send(AskSound(number)):
                raise TransportTimeout(_NOT_RUNNING)
            return await asyncio.wait_for(answer, _ANSWER_S)
        except TimeoutError:
            raise TransportTimeout("the SIP engine did not answer within 2 s") from None
        finally:
            del self._questions[number]

    # -- for the supervisor ---------------------------------------------------

    def engine_ready(self, started: EngineStarted) -> None:
        """A new engine runs and has been given its accounts."""
        self._emit(EngineReady(self._now(), started.max_calls, started.note))

    def engine_event(self, event: SipEvent) -> None:
        """Something happened."""
        self._ledger.note_message(event)
        self._emit(replace(event, at_s=self._now()))

    def engine_note(self, text: str) -> None:
        """Something for the trace."""
        self._trace.note(text)

    def engine_sound(self, report: SoundReported) -> None:
        """An answer to ``AskSound``."""
        answer = self._questions.get(report.request)
        if answer is not None and not answer.done():
            answer.set_result(report.stats)

    def engine_lost(self, reason: str, accounts: Sequence[AccountSettings]) -> None:
        """The engine is dead: nothing it carried is forgotten."""
        now = self._now()
        for ended in self._ledger.close(now, reason):
            self._emit(ended)
        for a in accounts:
            offline = RegistrationState.OFFLINE
            self._emit(RegistrationChanged(now, a.account, offline, 0, reason))
        self._emit(EngineLost(now, reason))

    def engine_stopped(self) -> None:
        """The engine ended because we wanted it; calls it did not end in time end here."""
        for ended in self._ledger.close(self._now(), "the program ends"):
            self._emit(ended)

    def _emit(self, event: Event) -> None:
        self._trace.event(event)
        self._sink(event)

    def _fail(self, order: EngineOrder, call: CallId) -> None:
        self._emit(OrderFailed(self._now(), call, type(order).__name__, 0, _NOT_RUNNING))
        if isinstance(order, PlaceCall):
            self._emit(CallEnded(self._now(), call, Cause(EndedBy.ERROR, 0, _NOT_RUNNING)))
