"""A core, its network and its headsets: what the machines of this directory have in common.

The network is the model's: it may be late or fail, and it judges each order to end or to answer a
call by whether somebody's doing at this moment may have that consequence.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hypothesis.stateful import RuleBasedStateMachine

from bridge.core.snapshot import Shown, snapshot
from bridge.core.state import Call, Headset, Line, State
from bridge.core.step import step
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.other_program import OtherProgram
from bridge.model.calls import Cause, EndedBy, RegistrationState
from bridge.model.effects import (
    AnswerCall,
    Effect,
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SetIndication,
    SetMicrophone,
    StartTimer,
)
from bridge.model.events import (
    CallConnected,
    CallEnded,
    ControlChanged,
    Event,
    HoldChanged,
    OrderFailed,
    TimerFired,
)
from bridge.model.ids import CallId
from tests.core.driver import DESK
from tests.machines.wire import Wire

MOST_TURNS = 60  # of reports and writes in one step: host and device must not go on for ever


@dataclass
class Leg:
    """A call as the network has it."""

    incoming: bool
    decided: bool = False  # answered or refused; an order that failed takes it back
    answers: int = 0
    ending: bool = False
    up: bool = False
    here: bool = False  # on hold by us
    there: bool = False
    silent: bool = False  # its microphone
    placed: bool = True  # the other end was reached

    @property
    def rings(self) -> bool:
        return self.incoming and not self.up and not self.decided


class World(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.state = State(lines=(Line(DESK, RegistrationState.REGISTERED),))
        self.shown: Shown | None = None
        self.legs: dict[CallId, Leg] = {}
        self.orders: deque[Effect] = deque()  # what the network has yet to do
        self.timers: dict[str, float] = {}
        self.wires: list[Wire] = []
        self.others: dict[Wire, OtherProgram] = {}  # with a call of their own
        self.tapped_s: dict[Wire, float] = {}  # when a hand was at its hook key last
        self.unasked: set[Wire] = set()  # devices that had no chance to refuse
        self.serial = 0
        self.may_end: set[CallId] = set()  # by the doing of whoever acts now
        self.may_answer: set[CallId] = set()
        self.ends_many = False

    @property
    def now(self) -> float:
        return self.clock.now()

    def fresh(self) -> CallId:
        self.serial += 1
        return CallId(f"call{self.serial:016}")

    def give(self, event: Event) -> None:
        self.state, effects = step(self.state, event)
        seen = snapshot(self.state, 0.0)
        assert snapshot(self.state, 0.0, self.shown) == seen, "the outside is told old news"
        self.shown = Shown(self.state, seen)
        for effect in effects:
            self.carry_out(effect)

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case SetIndication(device, indication, force):
                wire = next(w for w in self.wires if w.name == device and w.plugged)
                wire.show(indication, force=force)
            case StartTimer(name, after_s):
                self.timers[name] = self.now + after_s
            case AnswerCall(call):
                assert call in self.may_answer, "answered by an echo or by time"
                self.legs[call].answers += 1
                self.legs[call].decided = True
                self.orders.append(effect)
            case RejectCall(call) | EndCall(call):
                self.ends(call)
                self.orders.append(effect)
            case HoldCall() | ResumeCall():
                self.orders.append(effect)
            case PlaceCall(call):
                self.legs[call] = Leg(incoming=False, decided=True, placed=False)
                self.orders.append(effect)
            case SetMicrophone(call, muted):
                assert call in self.legs, "the engine knows no such call"
                assert self.legs[call].placed, "the engine may not have begun with it"
                self.legs[call].silent = muted
            case _:
                pass

    def ends(self, call: CallId) -> None:
        leg = self.legs[call]
        assert leg.ending or call in self.may_end, "a call was ended by an echo or by time"
        if not leg.ending and not self.ends_many:
            self.may_end.clear()  # one doing ends one call
        leg.ending = leg.decided = True

    @contextmanager
    def somebody(
        self, *, ends: set[CallId], answers: set[CallId], ends_many: bool = False
    ) -> Iterator[None]:
        """What happens inside is a person's doing, and may have these consequences only."""
        self.may_end, self.may_answer, self.ends_many = ends, answers, ends_many
        yield
        self.pump()
        self.may_end, self.may_answer = set(), set()

    def pump(self) -> None:
        """Read and write until nobody has anything to say."""
        turns = 0
        while any(wire.has_news for wire in self.wires):
            turns += 1
            assert turns < MOST_TURNS, "host and device answer each other for ever"
            for wire in self.wires:
                for change in wire.hear() if wire.has_news else []:
                    self.give(ControlChanged(self.now, wire.info.device, change, self.fresh()))

    def wait(self, seconds: float) -> None:
        """Let time pass, from one due thing to the next."""
        until_s = self.now + seconds
        self.pump()
        while (due_s := self.next_s()) is not None and due_s <= until_s:
            self.clock.advance(max(0.0, due_s - self.now))
            self.pump()
            for name in sorted(n for n, at_s in self.timers.items() if at_s <= self.now):
                del self.timers[name]
                self.give(TimerFired(self.now, name))
                self.pump()
        self.clock.advance(max(0.0, until_s - self.now))
        self.pump()

    def next_s(self) -> float | None:
        due = [*self.timers.values()] + ([] if self.clock.next_s is None else [self.clock.next_s])
        return min(due, default=None)

    # -- what the model knows -------------------------------------------------

    def ringing(self) -> set[CallId]:
        return {call for call, leg in self.legs.items() if leg.rings}

    def view(self, wire: Wire) -> Headset | None:
        return self.state.find_headset(wire.info.device)

    def foreign(self, wire: Wire) -> bool:
        view = self.view(wire)
        return view is not None and view.foreign

    def is_plain(self, wire: Wire) -> bool:
        """Say whether nothing but our own calls decides what its keys mean."""
        view = self.view(wire)
        return view is not None and not view.settling and not view.foreign

    def is_lifted(self, wire: Wire) -> bool:
        """Say whether somebody has lifted it for no call of ours."""
        return wire.device.pressed_hook and self.foreign(wire)

    def carried(self, wire: Wire) -> list[Call]:
        """The calls on a headset that somebody has taken and nobody has ended."""
        calls = [c for c in self.state.calls if c.device == wire.info.device]
        legs = self.legs
        return [c for c in calls if not legs[c.call].rings and not legs[c.call].ending]

    def in_hand(self, wire: Wire) -> set[CallId]:
        """The one call that hanging up on a headset ends: the one people speak in comes first."""
        carried = self.carried(wire)
        active = [c.call for c in carried if not c.hold_wanted]
        return set(active or [c.call for c in carried][-1:])

    def over(self, call: CallId, by: EndedBy) -> None:
        del self.legs[call]
        self.orders = deque(o for o in self.orders if getattr(o, "call", "") != call)
        self.give(CallEnded(self.now, call, Cause(by, 200, "")))
        self.pump()

    def done(self, order: Effect, call: CallId, leg: Leg) -> None:
        match order:
            case AnswerCall() | PlaceCall():
                leg.up = leg.placed = True
                self.give(CallConnected(self.now, call))
            case HoldCall() | ResumeCall():
                leg.here = isinstance(order, HoldCall)
                self.give(HoldChanged(self.now, call, leg.here, leg.there))
            case _:
                self.over(call, EndedBy.LOCAL)

    def failed(self, order: Effect, call: CallId, leg: Leg) -> None:
        if isinstance(order, AnswerCall):
            leg.answers, leg.decided = 0, leg.ending
        if isinstance(order, EndCall | RejectCall):
            leg.ending, leg.decided = False, leg.answers > 0
        self.give(OrderFailed(self.now, call, type(order).__name__, 0, "no"))
        if isinstance(order, PlaceCall):
            self.over(call, EndedBy.ERROR)
