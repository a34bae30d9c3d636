"""A rule machine played in batches, each a run of its own.

Hypothesis keeps up to 10,000 finished examples of one run, 75 KiB each for a machine of 40 steps,
more where real threads are in them: 1500 examples of the whole desk took 1.7 GB. A run that is over
gives all of it back. The seeds are fixed: what a new one finds belongs to whoever looks for it, by
``OFFHOOK_TEST_SEED=1000`` or any other number.
"""

import os

from hypothesis import seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

BATCH = 250  # examples; some 20 MiB
_FIRST = int(os.environ.get("OFFHOOK_TEST_SEED", "0"))


def batches(size: int = BATCH) -> range:
    """Return the seeds of the batches that the profile asks for; one by default."""
    count = -(-settings().max_examples // size)
    return range(_FIRST, _FIRST + count)


def play(machine: type[RuleBasedStateMachine], batch: int, steps: int, size: int = BATCH) -> None:
    """Try examples of a machine.

    Args:
        machine: which.
        batch: the seed of its examples.
        steps: of each example at most.
        size: examples at most.
    """
    asked = settings()
    count = min(size, asked.max_examples - (batch - _FIRST) * size)
    chosen = settings(asked, max_examples=count, stateful_step_count=steps)
    run_state_machine_as_test(seed(batch)(machine), settings=chosen)
