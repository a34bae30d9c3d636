"""Callers, two users' hands, two headsets with moods, and a network that may be late or fail.

The core between virtual headsets of real descriptors, whose bytes are read and written at once, and
a network of the model. What must hold is judged by what the network was ordered and by the lamps
the devices have lit, not by what the core believes:

- a call is answered at most once, and only when a person said so;
- no call ends without a user or remote cause;
- a lamp never shows a call that does not exist;
- mute, its lamp and the microphone agree after every step.

And what people can rely on: a tap that can only mean one thing does it.
"""

from collections import deque
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bridge.drivers.virtual.other_program import OtherProgram
from bridge.model.calls import EndedBy
from bridge.model.effects import (
    PlaceCall,
)
from bridge.model.events import (
    CallArrived,
    CallRinging,
    DeviceAttached,
    DeviceLost,
    EngineLost,
    EngineReady,
    HoldChanged,
    IntentGiven,
    SystemResumed,
)
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Verb
from tests.core.driver import CALLER, DESK
from tests.machines.batches import batches, play
from tests.machines.wire import Wire
from tests.machines.world import Leg, World
from tests.scenarios.families import FAMILIES, family_of

KEYS = ("mute", "redial", "5", "volume_up", "speed_dial")
TAPS_S = 0.15  # no hand is quicker; what is quicker is the pulse of a device (``Conduct.pulse_s``)
PAUSES_S = (0.0, 0.05, 0.3, 0.6, 1.5, 4.0)
ECHOES_S = (0.0, 0.05, 0.4, 2.5)  # how late a device may follow the Off-Hook lamp; 3 s at most
LONG_S = 8.0  # every echo is over, every guard, every unanswered press taken back
DIGITS_S = 20.0  # and what was typed is forgotten
BOTH = st.integers(0, 1)


class TwoHeadsets(World):
    """See the module."""

    @initialize(
        families=st.tuples(st.sampled_from(FAMILIES), st.sampled_from(FAMILIES)),
        late_s=st.sampled_from(ECHOES_S),
        levels=st.booleans(),
        all_of_them=st.booleans(),
    )
    def start(
        self, families: tuple[str, str], late_s: float, levels: bool, all_of_them: bool
    ) -> None:
        self.give(EngineReady(self.now, 4))
        for port, family in enumerate(families):
            told = family_of(family).temperament
            mood = replace(told, echo_after_s=late_s, echoes_all=all_of_them, mute_is_level=levels)
            self.wires.append(Wire(family, mood, self.clock, f"1-{port}"))
            self.plug(self.wires[-1])

    # -- hands ----------------------------------------------------------------

    @rule(which=BOTH, key=st.sampled_from(KEYS), pause_s=st.sampled_from(PAUSES_S))
    def a_key(self, which: int, key: str, pause_s: float) -> None:
        self.wait(pause_s)
        with self.somebody(ends=set(), answers=set()):
            self.wires[which].device.press(key)

    @rule(which=BOTH, pause_s=st.sampled_from(PAUSES_S))
    def flash(self, which: int, pause_s: float) -> None:
        self.wait(pause_s)
        with self.somebody(ends=set(), answers=self.ringing()):
            self.wires[which].device.press("flash")

    @rule(which=BOTH, pause_s=st.sampled_from(PAUSES_S))
    def tap(self, which: int, pause_s: float) -> None:
        wire = self.wires[which]
        if wire in self.others:  # or it is taken for the echo of the Off-Hook bit we lend them
            self.wait(LONG_S)
        self.wait(max(pause_s, self.tapped_s.get(wire, 0.0) + TAPS_S - self.now))
        self.tapped_s[wire] = self.now
        with self.somebody(ends=self.in_hand(wire), answers=self.ringing()):
            wire.device.press("hook")
            self.pump()
            other = self.others.pop(wire, None)  # it hears the same key, and ends its call
            if other is not None and not self.carried(wire):
                other.hangs_up()
                self.wait(1.0)

    @rule(which=BOTH, key=st.sampled_from(("reject", "drop")))
    def no(self, which: int, key: str) -> None:
        wire = self.wires[which]
        mine = self.in_hand(wire) if key == "drop" else set[CallId]()
        with self.somebody(ends=self.ringing() | mine, answers=set()):
            wire.device.press(key)
            self.wait(0.5)  # some say it twice

    @rule(which=BOTH)
    def a_tap_that_can_only_mean_answer(self, which: int) -> None:
        self.wait(LONG_S)
        wire, ringing = self.wires[which], self.ringing()
        if len(ringing) != 1 or set(self.legs) != ringing or not self.is_plain(wire):
            return
        if wire.device.pressed_hook:
            return
        self.tapped_s[wire] = self.now
        with self.somebody(ends=set(), answers=ringing):
            wire.device.press("hook")
        assert self.legs[ringing.copy().pop()].decided, "a tap did not answer"

    @rule(which=BOTH)
    def a_tap_that_can_only_mean_hang_up(self, which: int) -> None:
        self.wait(LONG_S)
        wire = self.wires[which]
        carried = self.carried(wire)
        if len(carried) != 1 or len(self.legs) != 1 or not self.is_plain(wire):
            return
        call = carried[0]
        if call.hold_wanted or not self.legs[call.call].up or self.orders:
            return
        self.tapped_s[wire] = self.now
        with self.somebody(ends={call.call}, answers=set()):
            wire.device.press("hook")
        assert self.legs[call.call].ending, "a tap did not hang up"

    @rule(which=BOTH)
    def the_mute_key_in_a_call(self, which: int) -> None:
        self.wait(LONG_S)
        wire, before = self.wires[which], self.state.muted
        speaks = any(not call.hold_wanted for call in self.carried(wire))
        if not speaks or not self.is_plain(wire) or wire.device.boom_arm_up:
            return
        if not {"mute"} <= wire.family.keys & wire.family.lamps:
            return
        self.a_key(which, "mute", 0.0)
        assert self.state.muted is not before, "the mute key did nothing"

    @rule(which=BOTH, up=st.booleans())
    def the_boom_arm_moves(self, which: int, up: bool) -> None:
        with self.somebody(ends=set(), answers=set()):
            self.wires[which].device.move_boom_arm(up=up)

    @precondition(lambda self: any(self.carried(w) for w in self.wires))
    @rule(which=BOTH)
    def switched_off(self, which: int) -> None:
        """Its dongle says on-hook, as a key does that ends a call, or that answers the next."""
        wire = self.wires[which]
        # One that had not followed the lamp yet would lift by itself at the next write.
        follows_soon = wire.device.temperament.echo_after_s < wire.conduct.hold_guard_s
        if wire.plugged and not self.foreign(wire) and follows_soon:
            says_no = self.ringing() if wire.conduct.reject_by_on_hook else set[CallId]()
            mine = self.in_hand(wire)
            with self.somebody(ends=mine or says_no, answers=self.ringing() if mine else set()):
                wire.device.power_off()

    # -- commands -------------------------------------------------------------

    @rule(verb=st.sampled_from((Verb.HOLD, Verb.RESUME, Verb.SWAP, Verb.MUTE, Verb.UNMUTE)))
    def a_command(self, verb: Verb) -> None:
        self.ask(verb, ends=set(), answers=set())

    @rule(verb=st.sampled_from((Verb.DND_ON, Verb.DND_OFF)))
    def do_not_disturb(self, verb: Verb) -> None:
        self.ask(verb, ends=set(), answers=set())

    @rule(verb=st.sampled_from((Verb.ANSWER, Verb.REJECT, Verb.HANGUP, Verb.END_AND_ANSWER)))
    def a_command_about_a_call(self, verb: Verb) -> None:
        rings = self.ringing()
        answers = rings if verb in {Verb.ANSWER, Verb.END_AND_ANSWER} else set()
        alive = {call for call, leg in self.legs.items() if not leg.ending}
        ends = {Verb.ANSWER: set(), Verb.REJECT: rings}.get(verb, alive - answers)
        self.ask(verb, ends=ends, answers=set(answers))

    @rule()
    def dial(self) -> None:
        self.ask(Verb.DIAL, ends=set(), answers=set())

    def ask(self, verb: Verb, *, ends: set[CallId], answers: set[CallId]) -> None:
        intent = Intent(verb, target="202" if verb is Verb.DIAL else "")
        with self.somebody(ends=ends, answers=answers):
            self.give(IntentGiven(self.now, intent, self.fresh()))

    # -- the network ----------------------------------------------------------

    @rule()
    def somebody_calls(self) -> None:
        call = self.fresh()
        busy = len(self.legs) >= 2 or self.state.do_not_disturb
        self.legs[call] = Leg(incoming=True)
        with self.somebody(ends={call} if busy else set(), answers=set()):
            self.give(CallArrived(self.now, call, DESK, CALLER))
        if self.legs[call].ending:
            del self.legs[call]
            self.orders = deque(o for o in self.orders if getattr(o, "call", "") != call)

    @precondition(lambda self: self.legs)
    @rule(last=st.booleans())
    def the_other_end_hangs_up(self, last: bool) -> None:
        self.over(list(self.legs)[-1 if last else 0], EndedBy.REMOTE)

    @precondition(lambda self: any(not leg.incoming for leg in self.legs.values()))
    @rule()
    def it_rings_over_there(self) -> None:
        call = next(call for call, leg in self.legs.items() if not leg.incoming)
        if not self.legs[call].up and not any(isinstance(o, PlaceCall) for o in self.orders):
            self.legs[call].placed = True
            self.give(CallRinging(self.now, call))
            self.pump()

    @precondition(lambda self: any(leg.up for leg in self.legs.values()))
    @rule(on=st.booleans())
    def the_other_end_holds(self, on: bool) -> None:
        call, leg = next((call, leg) for call, leg in self.legs.items() if leg.up)
        leg.there = on
        self.give(HoldChanged(self.now, call, leg.here, leg.there))
        self.pump()

    @precondition(lambda self: self.orders)
    @rule(works=st.sampled_from((True, True, True, False)))
    def the_network_acts(self, works: bool) -> None:
        order = self.orders.popleft()
        call = CallId(getattr(order, "call", ""))
        leg = self.legs[call]
        if works:
            self.done(order, call, leg)
        else:
            self.failed(order, call, leg)
        self.pump()

    @rule()
    def the_engine_dies_and_returns(self) -> None:
        self.orders.clear()
        self.legs.clear()
        self.give(EngineLost(self.now, "gone"))
        self.pump()
        self.give(EngineReady(self.now, 4))

    # -- devices, other programs, time ----------------------------------------

    @rule(seconds=st.sampled_from(PAUSES_S))
    def time_passes(self, seconds: float) -> None:
        self.wait(seconds)

    @rule(which=BOTH)
    def pull_or_plug(self, which: int) -> None:
        wire = self.wires[which]
        self.others.pop(wire, None)
        if wire.plugged:
            wire.pull()
            self.give(DeviceLost(self.now, wire.info.device, "unplugged"))
            self.pump()
        else:
            self.plug(wire)

    def plug(self, wire: Wire) -> None:
        wire.plug(at_rest=all(leg.rings for leg in self.legs.values()))
        self.give(DeviceAttached(self.now, wire.info))
        self.wait(wire.conduct.settle_s)

    @precondition(lambda self: self.legs)
    @rule(which=BOTH)
    def the_hook_the_host_lifted_flickers(self, which: int) -> None:
        """It stays down: the host has to lift it again, and nobody hung up."""
        wire, view = self.wires[which], self.view(self.wires[which])
        if view is None or not wire.device.pressed_hook or view.foreign:
            return
        if 0 < view.guard_until_s - self.now <= wire.conduct.hold_guard_s and not view.echoes:
            wire.device.drop_hook()
            self.pump()

    @rule(which=BOTH)
    def it_is_out_of_range(self, which: int) -> None:
        if self.wires[which].plugged:
            self.wires[which].device.lose_link()
            self.pump()

    @rule()
    def the_machine_sleeps(self) -> None:
        """Nobody hears what devices say meanwhile; they wake up dark."""
        for wire in self.wires:
            if wire.plugged and not self.foreign(wire):
                wire.device.wake_up_dark()
        self.give(SystemResumed(self.now))
        self.pump()

    @precondition(lambda self: not self.legs)
    @rule(which=BOTH)
    def another_program_has_a_call(self, which: int) -> None:
        self.wait(DIGITS_S)  # a hook lifted after digits were typed dials them, whoever lifted it
        wire = self.wires[which]
        if not wire.plugged or not wire.follows or wire in self.others:
            return
        if wire.device.pressed_hook or self.foreign(wire):
            return
        self.others[wire] = OtherProgram(wire.device)
        self.others[wire].is_in_a_call()
        self.wait(LONG_S)  # a hook lifted just before a call of ours is our user's
        assert self.foreign(wire), "another program's call was not noticed"

    @rule(which=BOTH)
    def the_other_program_hangs_up(self, which: int) -> None:
        wire = self.wires[which]
        if wire in self.others:
            self.others.pop(wire).hangs_up()
            self.wait(LONG_S)

    # -- what must always hold ------------------------------------------------

    @invariant()
    def a_call_is_answered_at_most_once(self) -> None:
        assert all(leg.answers <= 1 for leg in self.legs.values())

    @invariant()
    def everybody_knows_the_same_calls(self) -> None:
        assert {call.call for call in self.state.calls} == set(self.legs)

    @invariant()
    def lamps_show_the_calls_there_are(self) -> None:
        for wire in self.wires:
            view = self.view(wire)
            if view is None:
                assert wire.lit == set()
            elif not (view.settling or view.disbelieved):  # both are put right a moment later
                wanted = wire.family.shows(*self.lamps_of(wire))
                if self.is_lifted(wire):  # by hand, or by another program: nobody can ask
                    wanted |= wire.lit & {"off_hook"}
                assert wire.lit == wanted, f"{wire.lit} instead of {wanted}"

    def lamps_of(self, wire: Wire) -> set[str]:
        lamps = {"ring"} if self.ringing() else set()
        carried = self.carried(wire)
        held = bool(carried) and all(c.hold_wanted for c in carried)
        if carried and not (held and wire.conduct.hold_clears_off_hook):
            lamps.add("off_hook")
        if held:
            lamps.add("hold")
        if carried and self.state.muted:
            lamps.add("mute")
        if wire in self.others:
            lamps.add("off_hook")  # never cut
        return lamps

    @invariant()
    def microphones_follow_mute_and_hold(self) -> None:
        for call in self.state.calls:
            if not self.legs[call.call].rings:
                wanted = self.state.muted or call.hold_wanted
                assert self.legs[call.call].silent == (wanted and self.legs[call.call].placed)

    @invariant()
    def mute_ends_with_the_calls(self) -> None:
        assert self.legs or not self.state.muted

    @invariant()
    def a_raised_arm_is_silent(self) -> None:
        for wire in self.wires:
            if self.foreign(wire):  # its hook was up before our call: it is asked nothing then
                self.unasked.add(wire)
            elif not self.carried(wire):
                self.unasked.discard(wire)
            tells = "mute" in wire.family.lamps and wire not in self.unasked
            speaks = any(not call.hold_wanted for call in self.carried(wire))
            if wire.device.boom_arm_up and speaks and tells:
                assert self.state.muted

    @invariant()
    def the_sound_is_that_of_a_headset_a_call_was_taken_on(self) -> None:
        taken = {call.taken_on for call in self.state.calls}
        attached = {headset.info.port for headset in self.state.headsets}
        ports = {h.info.port for h in self.state.headsets if h.device in taken}
        assert self.state.sound.port in ports | {""}
        assert self.state.sound.ring_port in attached or not attached

    @invariant()
    def one_call_at_a_time_has_the_microphone(self) -> None:
        speaking = [leg for leg in self.legs.values() if leg.up and not leg.silent]
        assert len([leg for leg in speaking if not leg.ending]) <= 1


pytestmark = pytest.mark.timeout(600)  # a busy machine is no mistake of the core's


@pytest.mark.parametrize("batch", batches())
def test_two_headsets(batch: int) -> None:
    play(TwoHeadsets, batch, steps=40)
