"""The core's machine with somebody who calls for help at any moment: it always goes out."""

from hypothesis import settings
from hypothesis.stateful import invariant, rule

from bridge.core.state import Wish
from bridge.model.effects import PlaceCall
from bridge.model.intents import Outcome, Verb
from tests.machines.test_core_machine import TwoCalls


class Emergencies(TwoCalls):
    """Two numbers for help, so that one may be called during the other."""

    def _help(self, number: str) -> None:
        engine_up = self.desk.state.engine_up
        before = len(self.desk.effects)
        (answer, *_) = self.desk.ask(Verb.DIAL, number)
        effects = tuple(self.desk.effects[before:])
        self.feed(effects)
        placed = [e for e in effects if isinstance(e, PlaceCall)]
        if answer[0] is Outcome.DONE:
            assert any(call.remote.number == number for call in self.desk.state.calls)
        else:
            assert bool(placed) == engine_up
            assert not placed or not self.desk.state.muted

    @rule()
    def help_is_called(self) -> None:
        self._help("112")

    @rule()
    def the_police_is_called(self) -> None:
        self._help("110")

    @invariant()
    def never_more_than_two_calls(self) -> None:
        """Those that are ending make room; one the engine fails to end is there still."""
        failed = sum(1 for e in self.desk.effects if getattr(e, "topic", "") == "call")
        kept = [call for call in self.desk.state.calls if call.wish is not Wish.END]
        urgent = sum(call.remote.number in {"110", "112"} for call in kept)
        assert len(kept) <= max(2, urgent) + failed


TestEmergencies = Emergencies.TestCase
TestEmergencies.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
