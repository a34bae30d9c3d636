"""The daemon between people, networks, programs and headsets with moods, in any order.

Two headsets of any two families, their real sessions and threads, the virtual SIP engine and one
clock. After every step the board waits until nothing moves; what must hold then is judged by the
bytes the headsets got and by the calls the engine has, not by what the core believes.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bridge.drivers.virtual.other_program import OtherProgram
from bridge.model.calls import Direction
from bridge.model.effects import AnswerCall, EndCall, RejectCall
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.machines.batches import batches, play
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import FAMILIES, family_of

VERBS = (Verb.ANSWER, Verb.HOLD, Verb.RESUME, Verb.SWAP, Verb.MUTE, Verb.UNMUTE)
ENDING_VERBS = (Verb.REJECT, Verb.HANGUP)
KEYS = ("mute", "flash", "redial", "5", "volume_up", "speed_dial", "teams")
ENDING_KEYS = ("reject", "drop")
PAUSES_S = (0.0, 0.05, 0.3, 1.5, 4.0)
PLUGGED_S = 0.6  # a device that was plugged in is written 0.5 s later
LONG_S = 8.0  # every echo is over, every unanswered press taken back
BOTH = st.integers(0, 1)
BATCH = 50

T = TypeVar("T")


class WholeDesk(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.board: Board = self.run(self.stack.enter_async_context(board_with()))
        self.others: dict[Headset, OtherProgram] = {}  # with a call of their own
        self.calls: set[CallId] = set()  # after the step before
        self.seen = 0  # orders that were judged

    @initialize(
        one=st.sampled_from(FAMILIES), two=st.sampled_from(FAMILIES), late=st.sampled_from((0, 0.3))
    )
    def two_headsets(self, one: str, two: str, late: float) -> None:
        for family in (one, two):
            mood = replace(family_of(family).temperament, echo_after_s=late)
            self.run(self.board.plug(family, mood))

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()

    # -- what each step may have caused ---------------------------------------

    def happened(self, *, ended: bool = False, gone: CallId | None = None) -> None:
        """Judge a step: whether it was one that may end calls, and which call ended over there."""
        self.run(self.board.settles())
        new, self.seen = self.board.line.orders[self.seen :], len(self.board.line.orders)
        now = set(self.board.line.calls)
        if not ended:
            ends = [o for o in new if isinstance(o, EndCall | RejectCall) and o.call != gone]
            assert not ends, f"{ends} without a person's doing\n{self.board.story()}"
            assert self.calls - now <= {gone}, self.board.story()
        self.calls = now

    def plugged(self, which: int) -> Headset | None:
        headset = self.board.headsets[which]
        return headset if headset.device.plugged else None

    # -- people ---------------------------------------------------------------

    @rule(which=BOTH, key=st.sampled_from(KEYS), pause_s=st.sampled_from(PAUSES_S))
    def a_key(self, which: int, key: str, pause_s: float) -> None:
        self.time_passes(pause_s)
        self.board.headsets[which].device.press(key)
        self.happened()

    @rule(which=BOTH, key=st.sampled_from(ENDING_KEYS), pause_s=st.sampled_from(PAUSES_S))
    def a_key_that_may_end_a_call(self, which: int, key: str, pause_s: float) -> None:
        self.time_passes(pause_s)
        self.board.headsets[which].device.press(key)
        self.happened(ended=True)

    @rule(which=BOTH, pause_s=st.sampled_from(PAUSES_S))
    def a_tap(self, which: int, pause_s: float) -> None:
        self.time_passes(pause_s)
        headset = self.board.headsets[which]
        headset.device.press("hook")
        other = self.others.pop(headset, None)  # it hears the same key, and ends its call
        if other is not None and not self.carried_by(headset):
            other.hangs_up()
        self.happened(ended=True)

    @rule(which=BOTH)
    def a_tap_that_can_only_mean_answer(self, which: int) -> None:
        self.time_passes(LONG_S)
        headset = self.plugged(which)
        ringing = list(self.board.phases.items())
        if headset is None or [phase for _, phase in ringing] != ["ringing"]:
            return
        if headset.device.pressed_hook or self.sees_a_foreign_call(headset):
            return
        headset.device.press("hook")
        self.happened()
        assert self.board.phases == {ringing[0][0]: "connected"}, self.board.story()

    @rule(which=BOTH)
    def a_tap_that_can_only_mean_hang_up(self, which: int) -> None:
        self.time_passes(LONG_S)
        headset = self.plugged(which)
        calls = self.board.calls
        if headset is None or [c.phase.value for c in calls] != ["connected"]:
            return
        if calls[0].device != headset.name or not headset.device.pressed_hook:
            return
        if self.sees_a_foreign_call(headset):  # the first tap ends that one
            return
        headset.device.press("hook")
        self.happened(ended=True)
        assert self.board.phases == {}, self.board.story()

    @rule(which=BOTH, up=st.booleans())
    def the_boom_arm_moves(self, which: int, up: bool) -> None:
        self.board.headsets[which].device.boom_arm_up = up
        self.happened()

    @rule(verb=st.sampled_from(VERBS))
    def a_command(self, verb: Verb) -> None:
        self.run(self.board.asks(verb))
        self.happened()

    @rule(verb=st.sampled_from(ENDING_VERBS))
    def a_command_that_ends(self, verb: Verb) -> None:
        self.run(self.board.asks(verb))
        self.happened(ended=True)

    @rule()
    def somebody_dials(self) -> None:
        self.run(self.board.asks(Verb.DIAL, target="202"))
        self.happened()

    # -- the other end --------------------------------------------------------

    @precondition(lambda self: len(self.board.line.calls) < 3)
    @rule()
    def somebody_calls(self) -> None:
        call = self.run(self.board.is_called())
        self.calls.add(call)
        self.happened(gone=call)  # the third one hears busy

    @precondition(lambda self: self.board.line.calls)
    @rule(last=st.booleans())
    def the_other_end_hangs_up(self, last: bool) -> None:
        call = list(self.board.line.calls)[-1 if last else 0]
        self.board.line.peer_hangs_up(call)
        self.happened(gone=call)

    @precondition(lambda self: self.board.line.calls)
    @rule(last=st.booleans())
    def the_other_end_answers(self, last: bool) -> None:
        call = list(self.board.line.calls.values())[-1 if last else 0]
        if call.direction is Direction.OUTGOING and not call.up:
            self.board.line.peer_answers(call.call)
        self.happened()

    @precondition(lambda self: self.board.line.calls)
    @rule(on=st.booleans())
    def the_other_end_holds(self, on: bool) -> None:
        call = next(iter(self.board.line.calls.values()))
        if call.up:
            (self.board.line.peer_holds if on else self.board.line.peer_resumes)(call.call)
        self.happened()

    @rule()
    def the_engine_dies_and_comes_back(self) -> None:
        self.board.line.dies()
        self.run(self.board.settles())
        assert self.board.phases == {}
        self.board.line.comes_back()
        self.happened(ended=True)

    # -- devices, other programs, time ----------------------------------------

    @rule(seconds=st.sampled_from((0.05, 0.3, 0.6, 3.0)))
    def time_passes(self, seconds: float) -> None:
        self.run(self.board.passes(seconds))
        self.happened()

    @rule(which=BOTH)
    def pull_or_plug(self, which: int) -> None:
        headset = self.board.headsets[which]
        self.others.pop(headset, None)
        if headset.device.plugged:
            self.run(self.board.pull(headset))
        else:
            self.run(self.board.replug(headset, PLUGGED_S))
        self.happened()

    @precondition(lambda self: not self.board.line.calls)
    @rule(which=BOTH)
    def another_program_has_a_call(self, which: int) -> None:
        self.time_passes(LONG_S)
        headset = self.plugged(which)
        if headset is None or headset.device.pressed_hook or headset in self.others:
            return
        other = self.board.other_program(headset)
        other.is_in_a_call()
        self.happened()
        if self.sees_a_foreign_call(headset):
            self.others[headset] = other
            self.time_passes(LONG_S)  # a hook lifted just before a call of ours is our user's
            return
        other.hangs_up()  # this device tells nobody; what we do to their call then is our luck
        self.happened()

    @rule(which=BOTH)
    def the_other_program_hangs_up(self, which: int) -> None:
        headset = self.board.headsets[which]
        if headset in self.others and not self.carried_by(headset):
            self.others.pop(headset).hangs_up()
        self.happened()

    def sees_a_foreign_call(self, headset: Headset) -> bool:
        return headset.view is not None and headset.view.busy_elsewhere

    def carried_by(self, headset: Headset) -> list[CallId]:
        """Calls on a headset that do not ring any more."""
        calls = self.board.calls
        return [c.call for c in calls if c.device == headset.name and c.phase.value != "ringing"]

    # -- what must always hold ------------------------------------------------

    @invariant()
    def a_call_is_answered_at_most_once(self) -> None:
        answered = Counter(o.call for o in self.board.line.orders if isinstance(o, AnswerCall))
        assert not answered or max(answered.values()) == 1

    @invariant()
    def everybody_knows_the_same_calls(self) -> None:
        assert set(self.board.phases) == set(self.board.line.calls)

    @invariant()
    def lamps_show_the_calls_there_are(self) -> None:
        for headset in self.board.headsets:
            if headset.view is None:
                assert headset.lit == set()
                continue
            wanted = headset.family.shows(*self.lamps_of(headset))
            assert headset.lit == wanted, (
                f"{headset.family.name}: expected {sorted(wanted)}, found {sorted(headset.lit)}\n"
                f"{self.board.story()}"
            )

    def lamps_of(self, headset: Headset) -> set[str]:
        """What a headset must show, by the engine's calls."""
        calls = self.board.line.calls
        lamps: set[str] = set()
        if any(c.direction is Direction.INCOMING and not c.up for c in calls.values()):
            lamps.add("ring")
        mine = [calls[call] for call in self.carried_by(headset)]
        if not all(call.up for call in mine):  # put aside for another one: held once it is up
            assert (
                headset.lit & headset.family.shows("off_hook", "hold") or not headset.family.lamps
            )
            lamps |= headset.lit & {"off_hook", "hold"}
        else:
            lamps |= self.lamps_of_calls(headset, [call.held_here for call in mine])
        if mine and self.board.view.muted:
            lamps.add("mute")
        if headset in self.others:
            lamps.add("off_hook")  # never cut
        if self.sees_a_foreign_call(headset) and headset.device.pressed_hook:
            lamps |= headset.lit & {"off_hook"}  # kept for whoever lifted it
        return lamps

    def lamps_of_calls(self, headset: Headset, held: list[bool]) -> set[str]:
        """What calls that are up light, by whether each is on hold."""
        all_held = bool(held) and all(held)
        clears = all_held and headset.family.conduct.hold_clears_off_hook
        off_hook = {"off_hook"} if held and not clears else set[str]()
        return off_hook | ({"hold"} if all_held else set())

    @invariant()
    def microphones_follow_mute_and_hold(self) -> None:
        for call in self.board.line.calls.values():
            if call.up:
                assert call.muted == (call.held_here or self.board.view.muted)

    @invariant()
    def one_call_at_a_time_has_the_microphone(self) -> None:
        speaking = [c for c in self.board.line.calls.values() if c.up and not c.held_here]
        assert len(speaking) <= 1

    @invariant()
    def the_ringer_sounds_only_when_nobody_is_in_a_call(self) -> None:
        phases = list(self.board.phases.values())
        assert self.board.line.ringer_on == (bool(phases) and set(phases) == {"ringing"})


# Real threads serve the headsets: on a busy machine an example takes seconds, and a test that
# runs out of time looks to Hypothesis like one that cannot make up its mind.
pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("batch", batches(BATCH))
def test_whole_desk(batch: int) -> None:
    play(WholeDesk, batch, steps=25, size=BATCH)
