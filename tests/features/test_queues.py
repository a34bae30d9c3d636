"""Queues: in, out, out of all, back."""

from collections.abc import Callable

import pytest

from bridge.features.queues import log_back_in, log_in, log_out, log_out_of_all, toggle
from bridge.model.blf import Extension
from bridge.model.features import AgentQueues

SALES, HELP, FAX = Extension("801"), Extension("802"), Extension("803")
MINE = AgentQueues((SALES, HELP), frozenset({SALES}))


def test_logging_in_and_out_of_one() -> None:
    both = log_in(MINE, HELP)
    assert isinstance(both, AgentQueues)
    assert both.logged_in == {SALES, HELP}
    assert log_out(both, HELP) == MINE


@pytest.mark.parametrize("change", [log_in, log_out, toggle])
def test_a_queue_that_is_not_mine_is_refused(
    change: Callable[[AgentQueues, Extension], AgentQueues | str],
) -> None:
    found = change(MINE, FAX)
    assert isinstance(found, str)
    assert "803" in found


def test_a_key_toggles() -> None:
    out = toggle(MINE, SALES)
    assert isinstance(out, AgentQueues)
    assert not out.logged_in
    assert toggle(out, SALES) == MINE


def test_out_of_all_and_back_to_the_previous_ones() -> None:
    out = log_out_of_all(MINE)
    assert not out.logged_in
    assert log_out_of_all(out) == out  # a second press forgets nothing
    assert log_back_in(out) == MINE


def test_back_leaves_out_a_queue_that_is_gone_and_keeps_one_joined_since() -> None:
    out = log_out_of_all(AgentQueues((SALES, HELP), frozenset({SALES})))
    since = AgentQueues((HELP,), frozenset({HELP}), out.previous)
    assert log_back_in(since) == AgentQueues((HELP,), frozenset({HELP}))
