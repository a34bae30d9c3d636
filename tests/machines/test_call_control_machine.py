"""Random interleavings of what people want and what the network says, over the core alone.

The network of the model may be late, may refuse and may hang up at any time; it never lies: a call
that ended says nothing any more, and each ends once.
"""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.core.state import Wish
from bridge.core.transfers import PATIENCE
from bridge.model.calls import EndedBy, Party, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnswerCall,
    AnswerRequest,
    ConnectCalls,
    DivertCall,
    Effect,
    EndCall,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    SetMicrophone,
    SetRinger,
    TransferCall,
)
from bridge.model.events import (
    CallArrived,
    CallReferred,
    CallReplaced,
    OrderFailed,
    RecordingChanged,
    TransferChanged,
)
from bridge.model.habits import Habits, Intercom, LineHabits
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.sound import Ring
from tests.core.driver import CALLER, DESK, Desk
from tests.machines.batches import batches, play

WANTS = [
    *(Verb.ANSWER, Verb.REJECT, Verb.HANGUP, Verb.HOLD, Verb.RESUME, Verb.SWAP, Verb.MUTE),
    *(Verb.UNMUTE, Verb.SILENCE, Verb.DIVERT, Verb.TRANSFER, Verb.BACK, Verb.CONFERENCE),
    *(Verb.RECORD, Verb.STOP_RECORDING, Verb.END_AND_ANSWER, Verb.DND_ON, Verb.DND_OFF),
    *(Verb.WAITING_ON, Verb.WAITING_OFF, Verb.LOCK, Verb.UNLOCK),
]
ORDERS = (
    *(AnswerCall, RejectCall, DivertCall, EndCall, PlaceCall, HoldCall, ResumeCall),
    *(TransferCall, ConnectCalls, JoinCalls, RecordCall),
)


def _call_of(order: Effect) -> CallId:
    call = getattr(order, "call", None)
    assert isinstance(call, str)  # each of ORDERS has one
    return CallId(call)


class CallControl(RuleBasedStateMachine):
    """One desk; the rules are its user and its network."""

    @initialize(intercom=st.sampled_from(Intercom), waiting=st.booleans())
    def start(self, intercom: Intercom, waiting: bool) -> None:
        self.desk = Desk().ready()
        habits = Habits(
            call_waiting=waiting, intercom=intercom, lines=(LineHabits(DESK, voicemail="790"),)
        )
        self.desk.state = replace(self.desk.state, habits=habits)
        self.serial = 0
        self.due: list[Effect] = []  # orders the network has not reacted to
        self.microphone: dict[CallId, bool] = {}
        self.mixed: set[frozenset[CallId]] = set()
        self.ring = Ring.OFF
        self.ended: list[CallId] = []
        self.begun: list[CallId] = []
        self.asked, self.final = 0, 0

    def take(self, effects: tuple[Effect, ...]) -> None:
        """Carry out effects."""
        for effect in effects:
            match effect:
                case SetMicrophone(call, muted):
                    self.microphone[call] = muted
                case SetRinger(ring):
                    self.ring = ring
                case AnnounceCall(call, None, after) if after is not Phase.ENDED:
                    self.begun.append(call)
                case AnnounceCall(call, before, Phase.ENDED) if before is not None:
                    self.ended.append(call)
                case AnswerRequest(outcome=outcome):
                    self.final += outcome is not Outcome.ACCEPTED
                case _:
                    pass
            if isinstance(effect, JoinCalls):
                pair = frozenset({effect.call, effect.other})
                (self.mixed.add if effect.joined else self.mixed.discard)(pair)
            if isinstance(effect, ORDERS):
                self.due.append(effect)

    def fresh(self) -> CallId:
        self.serial += 1
        return CallId(f"n{self.serial}")

    def known(self, call: CallId) -> bool:
        return self.desk.state.find_call(call) is not None

    # -- the user -------------------------------------------------------------

    @rule(verb=st.sampled_from(WANTS), data=st.data())
    def wants(self, verb: Verb, data: st.DataObject) -> None:
        calls = [None, *(c.call for c in self.desk.state.calls)]
        target = "203" if verb is Verb.TRANSFER and data.draw(st.booleans()) else ""
        self.asks(verb, target, data.draw(st.sampled_from(calls)))

    @rule()
    def dials(self) -> None:
        self.asks(Verb.DIAL, "203")

    @rule()
    def has_another_telephone_call(self) -> None:
        intent = Intent(Verb.DIAL, target="203", origin="+49 170 1234567")
        self.take(self.desk.gives(intent))

    @rule()
    def calls_for_help(self) -> None:
        self.asks(Verb.DIAL, "112")

    def asks(self, verb: Verb, target: str, call: CallId | None = None) -> None:
        before = len(self.desk.effects)
        self.asked += 1
        self.desk.ask(verb, target, call)
        self.take(tuple(self.desk.effects[before:]))

    # -- the network ----------------------------------------------------------

    @rule(at_once=st.booleans())
    def somebody_calls(self, at_once: bool) -> None:
        arrived = CallArrived(self.desk.now, self.fresh(), DESK, CALLER, answer_at_once=at_once)
        self.take(self.desk.feed(arrived))

    @precondition(lambda self: self.due)
    @rule(data=st.data(), works=st.booleans())
    def reacts(self, data: st.DataObject, works: bool) -> None:
        order = self.due.pop(data.draw(st.integers(0, len(self.due) - 1)))
        if not self.known(_call_of(order)):
            return
        self.take(self.fulfil(order) if works else self.refuse(order))

    def fulfil(self, order: Effect) -> tuple[Effect, ...]:
        match order:
            case AnswerCall(call) | PlaceCall(call):
                return self.desk.connects(call)
            case RejectCall(call) | EndCall(call) | DivertCall(call):
                return self.desk.ends(call, by=EndedBy.LOCAL)
            case HoldCall(call):
                return self.desk.held(local=True, call=call)
            case ResumeCall(call):
                return self.desk.held(call=call)
            case TransferCall(call) | ConnectCalls(call):
                return self.desk.feed(TransferChanged(self.desk.now, call, 200, "OK", final=True))
            case RecordCall(call, on):
                return self.desk.feed(RecordingChanged(self.desk.now, call, on, "a.wav"))
            case _:
                return ()

    def refuse(self, order: Effect) -> tuple[Effect, ...]:
        call = _call_of(order)
        if isinstance(order, PlaceCall):
            return self.desk.ends(call, by=EndedBy.ERROR, sip=486)
        if isinstance(order, JoinCalls):
            self.mixed.discard(frozenset({order.call, order.other}))
        return self.desk.feed(OrderFailed(self.desk.now, call, type(order).__name__, 0, "no"))

    @precondition(lambda self: self.desk.state.calls)
    @rule(data=st.data())
    def hangs_up(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.desk.state.calls))
        self.take(self.desk.ends(call.call))

    @precondition(lambda self: any(c.is_up for c in self.desk.state.calls))
    @rule(data=st.data(), sip=st.sampled_from([100, 180, 200, 486, 603]))
    def tells_of_a_transfer(self, data: st.DataObject, sip: int) -> None:
        call = data.draw(st.sampled_from([c for c in self.desk.state.calls if c.is_up]))
        news = TransferChanged(self.desk.now, call.call, sip, "", final=sip >= 200)
        self.take(self.desk.feed(news))

    @precondition(lambda self: any(c.is_up for c in self.desk.state.calls))
    @rule(data=st.data(), replaces=st.booleans())
    def sends_us_elsewhere(self, data: st.DataObject, replaces: bool) -> None:
        up = [c for c in self.desk.state.calls if c.is_up and c.wish is not Wish.LEAVE]
        if not up:
            return
        old, new = data.draw(st.sampled_from(up)).call, self.fresh()
        kind = CallReplaced if replaces else CallReferred
        self.take(self.desk.feed(kind(self.desk.now, old, new, Party("205"))))
        if not replaces and self.known(new):
            self.due.append(PlaceCall(new, DESK, "205"))

    @rule()
    def patience_ends(self) -> None:
        for call in self.desk.state.calls:
            self.take(self.desk.timer(PATIENCE + call.call))

    # -- what must always hold ------------------------------------------------

    @invariant()
    def each_call_is_in_the_list_of_calls_once(self) -> None:
        there = [c.call for c in self.desk.state.calls]
        assert len(self.begun) == len(set(self.begun))
        assert len(self.ended) == len(set(self.ended))
        assert sorted(self.begun) == sorted([*self.ended, *there])

    @invariant()
    def two_calls_have_the_microphone_only_in_conference(self) -> None:
        calls = [c for c in self.desk.state.calls if c.is_open and not c.hold_wanted]
        speaking = [c for c in calls if c.is_up and not self.microphone.get(c.call, False)]
        assert len(speaking) <= 1 or all(c.joined for c in speaking)

    @invariant()
    def conference_means_mixed(self) -> None:
        joined = frozenset(c.call for c in self.desk.state.calls if c.joined)
        there = {pair for pair in self.mixed if all(self.known(c) for c in pair)}
        up = all(c.is_up and c.wish is not Wish.END for c in self.desk.state.calls if c.joined)
        assert there == ({joined} if joined and up else set())

    @invariant()
    def it_rings_only_for_a_call_to_decide_on(self) -> None:
        ringing = [c for c in self.desk.state.calls if c.is_ringing and not c.silenced]
        assert (self.ring is not Ring.OFF) == bool(ringing)

    @invariant()
    def lamps_show_no_call_that_does_not_exist(self) -> None:
        if not any(c.is_ringing or c.is_open for c in self.desk.state.calls):
            assert self.desk.lamps.is_idle

    @invariant()
    def a_call_that_is_sent_on_is_silent(self) -> None:
        for call in self.desk.state.calls:
            if call.is_up and call.transfer is not None and call.transfer.target:
                assert self.microphone.get(call.call, False)

    @invariant()
    def nobody_waits_for_a_call_that_is_gone_and_everybody_hears_once(self) -> None:
        there = {c.call for c in self.desk.state.calls}
        assert {p.call for p in self.desk.state.pending} <= there
        assert self.final + len(self.desk.state.pending) == self.asked


@pytest.mark.parametrize("batch", batches())
def test_call_control(batch: int) -> None:
    play(CallControl, batch, steps=40)
