"""The caller: a second SIP phone in a process of its own, that speaks a tone and listens."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Self

from bridge.app.switchboard import fresh_call_id
from bridge.drivers.sip import SipEngine
from bridge.drivers.sip.supervisor import ENGINE_ARGV
from bridge.model.calls import EndedBy
from bridge.model.effects import AnswerCall, EndCall, PlaceCall, RingCall
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallRinging,
    EngineReady,
    Event,
    HoldChanged,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId

NUMBER = "100"
PICKS_UP_AFTER_S = 1.5  # when it is called itself; long enough to be seen ringing

_ACCOUNT = AccountId("caller")


class Caller:
    """A telephone nobody sits at.

    Args:
        settings: of its engine.
        on_event: told each event, after it was noted.
        argv: program of its engine.
    """

    def __init__(
        self,
        settings: EngineSettings,
        on_event: Callable[[Event], None],
        argv: Sequence[str] = ENGINE_ARGV,
    ) -> None:
        account = AccountSettings(_ACCOUNT, NUMBER, display_name="Caller")
        self.engine = SipEngine(settings, (account,), self._take, time.monotonic, argv=argv)
        self.events: list[Event] = []
        self.words = "waits"
        self.call: CallId | None = None
        self._tell = on_event
        self._pick_up: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        """Start its engine; returns at once."""
        await self.engine.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Hang up and stop."""
        if self._pick_up is not None:
            self._pick_up.cancel()
        await self.engine.__aexit__(*exc)

    # -- what it does ---------------------------------------------------------

    def ring(self, address: str) -> None:
        """Call the daemon at ``host:port``."""
        self.call = fresh_call_id()
        self.words = "is calling"
        self.engine.order(PlaceCall(self.call, _ACCOUNT, f"sip:200@{address}"))

    def hang_up(self) -> None:
        """End its call, whoever began it; harmless without one."""
        if self.call is not None:
            self.engine.order(EndCall(self.call))

    # -- what it sees ---------------------------------------------------------

    def first(
        self, kind: type[Event], after_s: float, fits: Callable[[Event], bool] = lambda _: True
    ) -> float | None:
        """Return when the first such event after ``after_s`` came, None if none did."""
        times = (
            event.at_s
            for event in self.events
            if isinstance(event, kind) and event.at_s >= after_s and fits(event)
        )
        return next(times, None)

    @property
    def ready(self) -> EngineReady | None:
        """Return what its engine said when it came up, None before."""
        return next((one for one in self.events if isinstance(one, EngineReady)), None)

    @property
    def has_line(self) -> bool:
        """Return whether its line was made; without a registrar that is all there is to it."""
        return any(isinstance(one, RegistrationChanged) for one in self.events)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self.words = said(event) or self.words
        match event:
            case CallArrived(call=call):
                self.call = call
                self.engine.order(RingCall(call))
                loop = asyncio.get_running_loop()
                self._pick_up = loop.call_later(PICKS_UP_AFTER_S, self._answer, call)
            case CallEnded(call=call) if call == self.call:
                self.call = None
            case _:
                pass
        self._tell(event)

    def _answer(self, call: CallId) -> None:
        if self.call == call:
            self.engine.order(AnswerCall(call))


def said(event: Event) -> str:
    """Return what an event means to the caller, for people; empty when it means nothing."""
    match event:
        case CallArrived():
            return "is called, rings"
        case CallRinging():
            return "hears it ringing"
        case CallConnected():
            return "is connected"
        case HoldChanged(remote=remote):
            return "is on hold" if remote else "is connected"
        case CallEnded(cause=cause):
            status = f"{cause.sip} " if cause.sip >= 300 else ""
            is_told = status or cause.by is EndedBy.ERROR
            return "sees the call end" + (f", {status}{cause.reason}" if is_told else "")
        case OrderFailed(reason=reason):
            return reason
        case _:
            return ""
