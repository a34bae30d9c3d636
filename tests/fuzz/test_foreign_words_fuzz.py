"""A hundred thousand mutated messages of each kind; by default fewer, in ``tests/drivers``."""

from collections.abc import Callable

import pytest

from tests.mqtt.foreign_words import Asked, ask_home, ask_pbx, edit_favourites, hear_noise

COUNT = 100_000

pytestmark = pytest.mark.timeout(900)


async def test_no_word_of_a_pbx_escapes_and_each_refusal_is_counted() -> None:
    heard = await hear_noise(COUNT, seed=11)
    print(f"\n{heard.facts} facts, refused {dict(heard.counts)}")
    assert (heard.errors, heard.uncounted) == ([], [])
    assert heard.is_true


@pytest.mark.parametrize("ask", [ask_home, ask_pbx])
def test_no_mutated_command_acts_that_may_not_and_each_refusal_is_counted(
    ask: Callable[[int, int], Asked],
) -> None:
    asked = ask(COUNT, 12)
    print(f"\n{dict(asked.rules)}")
    assert asked.wrong == []
    assert asked.rules.total() == COUNT


def test_no_mutated_edit_leaves_a_list_that_may_not_be() -> None:
    outcome = edit_favourites(COUNT, seed=13)
    print(f"\n{outcome.done} done, refused {dict(outcome.refused)}")
    assert outcome.wrong == []
    assert outcome.done + outcome.refused.total() == COUNT
