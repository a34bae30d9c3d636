"""A small share of the million mutated commands of ``tests/fuzz``."""

import pytest

from tests.mqtt.mutations import run_mutations


@pytest.mark.parametrize("seed", [1, 4])
def test_no_mutated_command_acts_that_may_not(seed: int) -> None:
    outcome = run_mutations(5_000, seed=seed)
    assert outcome.wrong == []
    assert outcome.acted > 50
    assert outcome.rules >= {"run", "unreadable", "retained", "age", "epoch", "call", "window"}
