"""Mutated commands against parser and guard: nothing raises, and only what may act acts.

A million in the long group (``./dev test --all``); a few thousand of the same by default, in
``tests/core/test_guard_mutations.py``.
"""

import time

from tests.mqtt.mutations import run_mutations

COMMANDS = 1_000_000
LIMIT_S = 120.0  # 60 s on a machine of its own; others share this one


def test_of_a_million_mutated_commands_none_acts_that_may_not() -> None:
    began_s = time.monotonic()
    outcome = run_mutations(COMMANDS, seed=5)
    assert outcome.wrong == []
    assert outcome.acted > COMMANDS // 100  # else nothing was tested
    assert time.monotonic() - began_s < LIMIT_S
