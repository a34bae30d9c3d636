"""A small share of the mutated messages of ``tests/fuzz``."""

from collections.abc import Callable

import pytest

from tests.mqtt.foreign_words import Asked, ask_home, ask_pbx, edit_favourites, hear_noise

COUNT = 2_000


async def test_no_word_of_a_pbx_escapes_and_each_refusal_is_counted() -> None:
    heard = await hear_noise(COUNT // 2, seed=1)
    assert (heard.errors, heard.uncounted) == ([], [])
    assert heard.is_true
    assert set(heard.counts) >= {"json", "version", "content", "info", "availability", "reply"}


@pytest.mark.parametrize("ask", [ask_home, ask_pbx])
def test_no_mutated_command_acts_that_may_not_and_each_refusal_is_counted(
    ask: Callable[[int, int], Asked],
) -> None:
    asked = ask(COUNT, 2)
    assert asked.wrong == []
    assert asked.rules.total() == COUNT
    assert set(asked.rules) >= {"run", "unreadable", "retained", "age"}


def test_no_mutated_edit_leaves_a_list_that_may_not_be() -> None:
    outcome = edit_favourites(COUNT, seed=3)
    assert outcome.wrong == []
    assert outcome.done > 50
    assert set(outcome.refused) == {"command", "list"}
