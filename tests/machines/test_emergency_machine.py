"""The core's machine with somebody who calls for help at any moment: it always goes out."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from bridge.core.state import Wish
from bridge.model.effects import AnswerRequest, Effect, PlaceCall, Tell
from bridge.model.events import IntentGiven
from bridge.model.ids import RequestId
from bridge.model.intents import Intent, Outcome, Verb
from tests.machines.test_core_machine import TwoHeadsets


class Emergencies(TwoHeadsets):
    """Two numbers for help, so that one may be called during the other."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Outcome] = []
        self.placed = 0
        self.failures = 0

    def carry_out(self, effect: Effect) -> None:
        super().carry_out(effect)
        self.placed += isinstance(effect, PlaceCall)
        self.failures += isinstance(effect, Tell) and effect.topic == "call"
        if isinstance(effect, AnswerRequest):
            self.answers.append(effect.outcome)

    def _help(self, number: str, origin: str = "") -> None:
        engine_up, before = self.state.engine_up, self.placed
        self.answers.clear()
        intent = Intent(Verb.DIAL, target=number, origin=origin)
        with self.somebody(ends=set(self.legs), answers=set(), ends_many=True):
            self.give(IntentGiven(self.now, intent, self.fresh(), RequestId("help")))
            if self.answers[0] is Outcome.DONE:
                assert any(call.remote.number == number for call in self.state.calls)
            else:
                assert (self.placed > before) == engine_up
                assert self.placed == before or not self.state.muted

    @rule(origin=st.sampled_from(("", "205", "0170 1234567", "112")))
    def help_is_called(self, origin: str) -> None:
        """Whatever telephone shall call: no PBX and no mobile telephone stands in between."""
        self._help("112", origin)

    @rule()
    def the_police_is_called(self) -> None:
        self._help("110")

    @rule(verb=st.sampled_from((Verb.LOCK, Verb.UNLOCK)))
    def locked(self, verb: Verb) -> None:
        self.ask(verb, ends=set(), answers=set())

    @invariant()
    def never_more_than_two_calls(self) -> None:
        """Those that are ending make room; one the engine fails to end is there still."""
        kept = [call for call in self.state.calls if call.wish is not Wish.END]
        urgent = sum(call.remote.number in {"110", "112"} for call in kept)
        assert len(kept) <= max(2, urgent) + self.failures


pytestmark = pytest.mark.timeout(600)  # a busy machine is no mistake of the core's
TestEmergencies = Emergencies.TestCase
TestEmergencies.settings = settings(max_examples=30, stateful_step_count=30, derandomize=True)
