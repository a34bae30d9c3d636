"""Lamps that the host blinks: when they are on."""

from itertools import pairwise

import pytest

from bridge.model.blf import Color, Lamp, Pattern
from bridge.protocols.panel_blinking import blinks, is_bright, next_change_s


@pytest.mark.parametrize(
    ("pattern", "flashes", "share"),
    [
        (Pattern.STEADY, 0, 1.0),
        (Pattern.SLOW, 1, 0.5),
        (Pattern.FAST, 5, 0.5),
        (Pattern.DOUBLE, 4, 0.2),
        (Pattern.WINK, 2, 0.8),
    ],
)
def test_a_pattern_is_on_as_long_as_it_should_be(
    pattern: Pattern, flashes: int, share: float
) -> None:
    seen = [is_bright(pattern, ms / 1000) for ms in range(5, 2005, 10)]
    rises = sum(1 for one, other in pairwise([*seen, seen[0]]) if other and not one)
    assert rises == flashes
    assert sum(seen) / len(seen) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("pattern", [one for one in Pattern if one is not Pattern.STEADY])
@pytest.mark.parametrize("ms", range(0, 2000, 130))
def test_the_next_change_is_one_and_none_comes_before_it(pattern: Pattern, ms: int) -> None:
    at_s = ms / 1000
    wait_s = next_change_s([pattern], at_s)
    assert wait_s is not None
    assert is_bright(pattern, at_s + wait_s + 0.002) != is_bright(pattern, at_s + wait_s - 0.002)
    assert wait_s <= 1.0


def test_nothing_that_blinks_never_changes() -> None:
    assert next_change_s([Pattern.STEADY], 0.3) is None
    assert next_change_s([], 0.3) is None


def test_the_first_of_several_patterns_counts() -> None:
    assert next_change_s([Pattern.SLOW, Pattern.FAST], 0.9) == pytest.approx(0.1)


def test_a_lamp_that_is_off_does_not_blink() -> None:
    assert not blinks(Lamp(Color.OFF, Pattern.FAST))
    assert not blinks(Lamp(Color.RED))
    assert blinks(Lamp(Color.RED, Pattern.WINK))
