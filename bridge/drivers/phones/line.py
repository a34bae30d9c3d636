"""The calls of one desk phone, as far as it tells them. No I/O; time is passed in.

A phone tells little and may tell it twice, late or not at all. So: a call begins with the first
word of it and ends with its last, or when nothing was heard for too long; whatever names a call
nobody knows changes nothing; and an order the phone took but did not carry out fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.model.calls import Cause, EndedBy, Party, RegistrationState
from bridge.model.effects import EngineOrder, HoldCall, ResumeCall, SetMicrophone
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    CallEnded,
    CallRinging,
    EngineEvent,
    HoldChanged,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.phones import Happening, PhoneEvent

UNANSWERED_S = 180.0
"""A call that rings and is not told of again is over: a PBX lets it ring for 120 s at most."""

LONGEST_S = 8 * 3600.0
"""A call that is up and is not told of again is over: the phone may have lost its power."""

RACE_S = 2.0
"""Each event has a connection of its own: so long may one be overtaken by the next."""

CONFIRM_S = 6.0
"""For a phone to tell that it did what it was asked; it tells within 0.5 s, the network aside."""

SILENT = (
    "the phone took the order but does not say that it was done: are its action URLs set "
    "(`offhook phones config`)?"
)
_OVER = "the call ended at the desk phone"

_BEGINS = frozenset({Happening.RINGING, Happening.DIALING, Happening.RINGBACK, Happening.CONNECTED})
_MOVES = frozenset(
    {
        Happening.RINGBACK,
        Happening.CONNECTED,
        Happening.HELD,
        Happening.RESUMED,
        Happening.REMOTE_HELD,
    }
)
_LAST = frozenset({Happening.ENDED, Happening.MISSED, Happening.REJECTED})
_CONFIRMS = {
    Happening.CONNECTED: frozenset({"AnswerCall", "ResumeCall"}),
    Happening.HELD: frozenset({"HoldCall"}),
    Happening.RESUMED: frozenset({"ResumeCall"}),
}


@dataclass(slots=True)
class PhoneCall:
    """One call of the phone.

    Args:
        call: our id.
        remote: the other end, as far as it is known.
        name: the phone's own name, empty where it said none.
        heard_s: when something was heard of it last.
        rings: it came in and nobody has answered.
        up: both talk, or hold.
        seen: the phone knows it, too; False for one we ordered until it says so.
        hold_wanted: it was ordered to be held, so nobody need mute it.
        awaited: the order the phone took and has not carried out yet, and until when it may.
    """

    call: CallId
    remote: Party
    name: str
    heard_s: float
    rings: bool = False
    up: bool = False
    seen: bool = True
    held: bool = False
    hold_wanted: bool = False
    remote_held: bool = False
    awaited: tuple[str, float] | None = None


@dataclass(slots=True)
class PhoneLine:
    """One desk phone.

    Args:
        account: its line.
        fresh: makes call ids.
    """

    account: AccountId
    fresh: Callable[[], CallId]
    calls: dict[CallId, PhoneCall] = field(default_factory=dict)
    unknown: int = 0  # events that named a call nobody knows
    muted: bool = False
    registration: RegistrationState = RegistrationState.TRYING
    _over: dict[str, float] = field(default_factory=dict)  # names of calls that ended just now
    _early: dict[str, float] = field(default_factory=dict)  # that were up before they rang

    # -- what the phone tells -------------------------------------------------

    def heard(self, event: PhoneEvent, at_s: float) -> list[EngineEvent]:
        """Return what follows from an event of the phone."""
        self._forget(at_s)
        told = self._registered(at_s) if event.happening in _BEGINS else []
        return [*told, *self._happened(event, at_s)]

    def _happened(self, event: PhoneEvent, at_s: float) -> list[EngineEvent]:
        match event.happening:
            case Happening.RINGING:
                return self._rings(event, at_s)
            case Happening.DIALING:
                return self._dials(event, at_s)
            case Happening.ENDED | Happening.REJECTED | Happening.MISSED:
                return self._ended(event, at_s)
            case Happening.IDLE | Happening.STARTED:
                self.muted = False
                cause = Cause(EndedBy.REMOTE, 0, _OVER)
                return self._end_all([c for c in self.calls.values() if c.seen], cause, at_s)
            case Happening.REGISTERED:
                return self._registered(at_s)
            case Happening.UNREGISTERED:
                return self.failed("the desk phone is not registered at its PBX", at_s)
            case Happening.MUTED | Happening.UNMUTED:
                self.muted = event.happening is Happening.MUTED
                return []
            case _:
                return self._goes_on(event, at_s)

    def _rings(self, event: PhoneEvent, at_s: float) -> list[EngineEvent]:
        if event.call in self._over:
            return []
        known = self._named(event.call) if event.call else self._nameless(rings=True)
        if known is not None:
            known.heard_s = at_s
            return []
        call = self._add(PhoneCall(self.fresh(), event.remote, event.call, at_s, rings=True))
        arrived = CallArrived(at_s, call.call, self.account, call.remote)
        if event.call in self._early:
            call.rings, call.up = False, True
            return [arrived, CallConnected(at_s, call.call)]
        return [arrived]

    def _dials(self, event: PhoneEvent, at_s: float) -> list[EngineEvent]:
        known = self._named(event.call) or self._placed()
        if known is not None:
            known.seen, known.heard_s, known.awaited = True, at_s, None
            known.name = known.name or event.call
            return []
        if event.call in self._over or (not event.call and self._nameless(rings=False)):
            return []
        call = self._add(PhoneCall(self.fresh(), event.remote, event.call, at_s))
        return [CallDialed(at_s, call.call, self.account, call.remote)]

    def _goes_on(self, event: PhoneEvent, at_s: float) -> list[EngineEvent]:
        """Return what follows for a call that is there already."""
        if event.happening not in _MOVES:
            return []
        call = self._find(event)
        if call is None:
            self.unknown += 1
            if event.happening is Happening.CONNECTED and event.call:
                self._early[event.call] = at_s
            return []
        call.heard_s, call.seen = at_s, True
        if call.awaited and call.awaited[0] in _CONFIRMS.get(event.happening, ()):
            call.awaited = None
        if event.happening is Happening.RINGBACK:
            return [] if call.up or call.rings else [CallRinging(at_s, call.call)]
        return [*self._is_up(call, at_s), *self._holds(call, event.happening, at_s)]

    def _is_up(self, call: PhoneCall, at_s: float) -> list[EngineEvent]:
        if call.up:
            return []
        call.up, call.rings = True, False
        return [CallConnected(at_s, call.call)]

    def _holds(self, call: PhoneCall, happening: Happening, at_s: float) -> list[EngineEvent]:
        before = (call.held, call.remote_held)
        match happening:
            case Happening.HELD:
                call.held = True
            case Happening.REMOTE_HELD:
                call.remote_held = True
            case Happening.RESUMED:
                call.held = False
            case _:
                call.held = call.remote_held = False
        if before == (call.held, call.remote_held):
            return []
        return [HoldChanged(at_s, call.call, call.held, call.remote_held)]

    def _ended(self, event: PhoneEvent, at_s: float) -> list[EngineEvent]:
        if event.call:
            self._over[event.call] = at_s
        call = self._find(event)
        if call is None:
            self.unknown += 1
            return []
        by = EndedBy.LOCAL if event.happening is Happening.REJECTED else EndedBy.REMOTE
        return self._end_all([call], Cause(by, 0, _OVER), at_s)

    def _registered(self, at_s: float) -> list[EngineEvent]:
        return self._line(RegistrationState.REGISTERED, "", at_s)

    def failed(self, reason: str, at_s: float) -> list[EngineEvent]:
        """Note that the line cannot be used, until the phone is heard again."""
        return self._line(RegistrationState.FAILED, reason, at_s)

    def _line(self, state: RegistrationState, reason: str, at_s: float) -> list[EngineEvent]:
        if self.registration is state:
            return []
        self.registration = state
        return [RegistrationChanged(at_s, self.account, state, 0, reason)]

    # -- what we order --------------------------------------------------------

    def place(self, call: CallId, target: str, at_s: float) -> None:
        """A call is ordered; the phone does not know it yet."""
        self._add(PhoneCall(call, Party(target), "", at_s, seen=False))

    def wants(self, order: EngineOrder) -> None:
        """Note what people here want of a call, before the phone is asked."""
        match order:
            case HoldCall(call) if call in self.calls:
                self.calls[call].hold_wanted = True
            case ResumeCall(call) if call in self.calls:
                self.calls[call].hold_wanted = False
            case _:
                pass

    def is_done(self, order: EngineOrder) -> bool:
        """Say whether there is nothing to send, for it is so already."""
        match order:
            case SetMicrophone(call, muted) if call in self.calls:
                known = self.calls[call]
                return self.muted is muted or known.held or known.hold_wanted
            case HoldCall(call) if call in self.calls:
                return self.calls[call].held
            case ResumeCall(call) if call in self.calls:
                return self.calls[call].up and not self.calls[call].held
            case _:
                return False

    def awaits(self, call: CallId, order: str, at_s: float) -> None:
        """The phone took an order; it has to tell that it was done."""
        if (known := self.calls.get(call)) is not None:
            known.awaited = (order, at_s + CONFIRM_S)

    def drop(self, call: CallId, cause: Cause, at_s: float) -> list[EngineEvent]:
        """End a call of ours that came to nothing, or that the core did not take."""
        known = self.calls.get(call)
        return [] if known is None else self._end_all([known], cause, at_s)

    def late(self, at_s: float) -> list[EngineEvent]:
        """Return what follows from hearing nothing."""
        told: list[EngineEvent] = []
        for call in list(self.calls.values()):
            if call.awaited is not None and at_s >= call.awaited[1]:
                told.append(OrderFailed(at_s, call.call, call.awaited[0], 0, SILENT))
                call.awaited = None
                if not call.seen:
                    told += self.drop(call.call, Cause(EndedBy.ERROR, 0, SILENT), at_s)
            elif at_s - call.heard_s >= (LONGEST_S if call.up else UNANSWERED_S):
                silent = Cause(EndedBy.ERROR, 0, "the desk phone said nothing more of the call")
                told += self.drop(call.call, silent, at_s)
        return told

    def end_all(self, reason: str, at_s: float) -> list[EngineEvent]:
        """Forget all calls: nobody listens any more."""
        return self._end_all(list(self.calls.values()), Cause(EndedBy.LOCAL, 0, reason), at_s)

    # -- which call is meant --------------------------------------------------

    def _find(self, event: PhoneEvent) -> PhoneCall | None:
        """Return the call an event is about, None where that is not beyond doubt."""
        if event.call:
            if (known := self._named(event.call)) is not None:
                return known
            nameless = [call for call in self.calls.values() if not call.name]
            if len(nameless) == 1 and event.happening not in _LAST:
                nameless[0].name = event.call
                return nameless[0]
            return None
        meant = list(self.calls.values())
        if event.happening in {Happening.MISSED, Happening.REJECTED}:
            meant = [call for call in meant if call.rings]
        if event.happening is Happening.CONNECTED and len(meant) > 1:
            meant = [call for call in meant if not call.up]
        return meant[0] if len(meant) == 1 else None

    def _named(self, name: str) -> PhoneCall | None:
        return next((c for c in self.calls.values() if name and c.name == name), None)

    def _nameless(self, *, rings: bool) -> PhoneCall | None:
        found = (c for c in self.calls.values() if not c.name and not c.up and c.rings is rings)
        return next(found, None)

    def _placed(self) -> PhoneCall | None:
        return next((c for c in self.calls.values() if not c.seen), None)

    def _add(self, call: PhoneCall) -> PhoneCall:
        self.calls[call.call] = call
        return call

    def _end_all(self, calls: list[PhoneCall], cause: Cause, at_s: float) -> list[EngineEvent]:
        for call in calls:
            del self.calls[call.call]
            if call.name:
                self._over[call.name] = at_s
        return [CallEnded(at_s, call.call, cause) for call in calls]

    def _forget(self, at_s: float) -> None:
        for names in (self._over, self._early):
            for name in [name for name, since in names.items() if at_s - since >= RACE_S]:
                del names[name]
