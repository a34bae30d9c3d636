"""Random interleavings of a caller, a user, a headset that echoes, and a network that may fail."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bridge.core.state import Wish
from bridge.model.calls import EndedBy, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnswerCall,
    Effect,
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SetIndication,
    SetMicrophone,
)
from bridge.model.events import EngineLost, EngineReady
from bridge.model.hid import Conduct, Control, Indication
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.core.driver import HEADSET, Desk, info

FLICKER_S = 0.4  # GOnnect disbelieves hooks for 0.5 s after such a write


class TwoCalls(RuleBasedStateMachine):
    """The core between a headset that echoes our writes and a network that confirms late."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.plugged = False
        self.hook = False  # the device's own level
        self.written = Indication()  # what the device was last told
        self.echoes: deque[bool] = deque()
        self.orders: deque[Effect] = deque()  # what the engine has yet to do
        self.answered: list[str] = []
        self.ended: list[str] = []
        self.microphone: dict[str, bool] = {}
        self.arrivals = 0
        self.lifted_s = float("-inf")  # when the host lifted a hook that was down

    @initialize(clears=st.booleans())
    def start(self, clears: bool) -> None:
        self.conduct = Conduct(hold_clears_off_hook=clears)
        self.feed(self.desk.feed(EngineReady(self.desk.now, 4)))
        self.plug()

    # -- the world's answers --------------------------------------------------

    def feed(self, effects: tuple[Effect, ...], *, a_person_or_peer: bool = True) -> None:
        for effect in effects:
            match effect:
                case SetIndication(_, indication, force):
                    told = force or indication.off_hook != self.written.off_hook
                    if indication.off_hook and not self.written.off_hook and not force:
                        self.lifted_s = self.desk.now if not self.hook_to_come() else -FLICKER_S
                    if told and indication.off_hook != self.hook_to_come():
                        self.echoes.append(indication.off_hook)
                    self.written = indication
                case AnswerCall(call):
                    self.answered.append(call)
                    self.orders.append(effect)
                case EndCall() | RejectCall():
                    assert a_person_or_peer, "a call was ended by an echo or by time"
                    self.orders.append(effect)
                case HoldCall() | ResumeCall() | PlaceCall():
                    self.orders.append(effect)
                case SetMicrophone(call, muted):
                    self.microphone[call] = muted
                case AnnounceCall(call, _, Phase.ENDED):
                    self.ended.append(call)
                case _:
                    pass

    def hook_to_come(self) -> bool:
        return self.echoes[-1] if self.echoes else self.hook

    # -- people ---------------------------------------------------------------

    @rule()
    def somebody_calls(self) -> None:
        self.arrivals += 1
        self.feed(self.desk.arrives(f"in{self.arrivals}"))

    @precondition(lambda self: self.plugged and not self.echoes)
    @rule()
    def hook_key(self) -> None:
        self.hook = not self.hook
        self.feed(self.desk.key(Control.HOOK, on=self.hook))

    @precondition(lambda self: self.plugged)
    @rule(control=st.sampled_from([Control.MUTE, Control.FLASH, Control.REJECT, Control.REDIAL]))
    def other_key(self, control: Control) -> None:
        self.feed(self.desk.press(control))

    @rule(
        verb=st.sampled_from(
            [
                Verb.ANSWER,
                Verb.REJECT,
                Verb.HANGUP,
                Verb.HOLD,
                Verb.RESUME,
                Verb.SWAP,
                Verb.MUTE,
                Verb.UNMUTE,
                Verb.DND_ON,
                Verb.DND_OFF,
            ]
        )
    )
    def command(self, verb: Verb) -> None:
        before = len(self.desk.effects)
        self.desk.ask(verb)
        self.feed(tuple(self.desk.effects[before:]))

    @rule()
    def dial(self) -> None:
        before = len(self.desk.effects)
        self.desk.ask(Verb.DIAL, "202")
        self.feed(tuple(self.desk.effects[before:]))

    @precondition(lambda self: self.desk.state.calls)
    @rule(last=st.booleans())
    def other_end_hangs_up(self, last: bool) -> None:
        call = self.desk.state.calls[-1 if last else 0].call
        self.feed(self.desk.ends(call))
        self.orders = deque(o for o in self.orders if getattr(o, "call", "") != call)

    @precondition(lambda self: any(c.is_up for c in self.desk.state.calls))
    @rule(remote=st.booleans())
    def other_end_holds(self, remote: bool) -> None:
        call = next(c for c in self.desk.state.calls if c.is_up)
        self.feed(self.desk.held(local=call.hold_local, remote=remote, call=call.call))

    # -- device, network, time ------------------------------------------------

    @precondition(lambda self: self.plugged and self.echoes)
    @rule()
    def device_echoes(self) -> None:
        level = self.echoes.popleft()
        if level != self.hook:
            self.hook = level
            self.feed(self.desk.key(Control.HOOK, on=level), a_person_or_peer=False)

    @precondition(lambda self: self.plugged and self.hook and not self.echoes)
    @precondition(lambda self: self.desk.now - self.lifted_s < FLICKER_S)
    @rule()
    def the_hook_the_host_lifted_flickers(self) -> None:
        """It stays down: the host has to lift it again, and nobody hung up."""
        self.hook = False
        self.feed(self.desk.key(Control.HOOK, on=False), a_person_or_peer=False)

    @precondition(lambda self: self.orders)
    @rule(works=st.booleans())
    def engine_acts(self, works: bool) -> None:
        order = self.orders.popleft()
        call = CallId(getattr(order, "call", ""))
        if self.desk.state.find_call(call) is None:
            return
        if not works:
            self.feed(self.desk.fails(type(order).__name__, call), a_person_or_peer=False)
            return
        match order:
            case AnswerCall() | PlaceCall():
                self.feed(self.desk.connects(call))
            case HoldCall():
                self.feed(self.desk.held(local=True, call=call), a_person_or_peer=False)
            case ResumeCall():
                self.feed(self.desk.held(call=call), a_person_or_peer=False)
            case _:
                self.feed(self.desk.ends(call, EndedBy.LOCAL), a_person_or_peer=False)

    @precondition(lambda self: self.plugged)
    @rule()
    def pull(self) -> None:
        self.desk.detach()
        self.plugged, self.hook, self.written = False, False, Indication()
        self.echoes.clear()

    @precondition(lambda self: not self.plugged)
    @rule()
    def plug(self) -> None:
        self.plugged = True
        before = len(self.desk.effects)
        self.desk.attach(info(conduct=self.conduct))
        self.feed(tuple(self.desk.effects[before:]))

    @rule()
    def engine_dies_and_returns(self) -> None:
        self.orders.clear()
        self.feed(self.desk.feed(EngineLost(self.desk.now, "gone")), a_person_or_peer=False)
        self.feed(self.desk.feed(EngineReady(self.desk.now, 4)))

    @rule(seconds=st.sampled_from([0.01, 0.2, 0.6, 4.0]))
    def time_passes(self, seconds: float) -> None:
        if seconds >= self.conduct.echo_s and self.echoes:
            return  # devices echo within echo_s, or not at all
        self.desk.after(seconds)
        if self.plugged and seconds >= self.conduct.hold_guard_s:
            effects = self.desk.timer("guard:" + self.desk.headset.device)
            self.feed(effects, a_person_or_peer=False)

    # -- what must always hold ------------------------------------------------

    @invariant()
    def answered_at_most_once_unless_the_engine_failed(self) -> None:
        failed = sum(1 for e in self.desk.effects if getattr(e, "topic", "") == "call")
        assert len(self.answered) - len(set(self.answered)) <= failed

    @invariant()
    def ended_at_most_once(self) -> None:
        assert len(self.ended) == len(set(self.ended))

    @invariant()
    def lamps_show_only_calls_that_exist(self) -> None:
        if any(c.wish is not Wish.END for c in self.desk.state.calls):
            return
        lent = self.plugged and self.desk.headset.borrowed and self.desk.headset.foreign
        dnd = self.plugged and self.desk.state.do_not_disturb
        spared = self.plugged and self.desk.headset.foreign  # no lamp of ours changes there
        dnd = self.written.do_not_disturb if spared else dnd
        assert self.written == Indication(off_hook=lent, do_not_disturb=dnd)

    @invariant()
    def lamp_and_microphone_agree(self) -> None:
        if self.written.mute:
            assert self.desk.state.muted
        for call in self.desk.state.calls:
            if not call.is_ringing:
                silent = self.desk.state.muted or call.hold_wanted
                assert self.microphone.get(call.call, False) == silent

    @invariant()
    def mute_and_its_lamp_agree(self) -> None:
        calls = self.desk.state.calls
        carried = self.plugged and any(c.is_open and c.device == HEADSET for c in calls)
        assert self.written.mute == (self.desk.state.muted and carried)
        assert calls or not self.desk.state.muted

    @invariant()
    def one_call_at_a_time_has_the_microphone(self) -> None:
        speaking = [c for c in self.desk.state.calls if c.is_open and not c.hold_wanted]
        assert len(speaking) <= 1

    @invariant()
    def never_more_than_two_calls(self) -> None:
        assert len(self.desk.state.calls) <= 2

    @invariant()
    def ring_means_an_undecided_call(self) -> None:
        assert self.written.ring == (
            self.plugged and any(c.is_ringing for c in self.desk.state.calls)
        )

    @invariant()
    def nobody_waits_for_a_call_that_is_gone(self) -> None:
        alive = {c.call for c in self.desk.state.calls}
        assert all(p.call in alive for p in self.desk.state.pending)


TestTwoCalls = TwoCalls.TestCase
TestTwoCalls.settings = settings(stateful_step_count=40)
