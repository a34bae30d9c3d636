"""When a bridge comes back to a broker: soon, but not all of a fleet in the same moment."""

import random

import pytest

from bridge.drivers.mqtt.patience import LAST_DELAY_S, LAST_LOCAL_DELAY_S, SPREAD_S, Patience

FLEET = 500
LONG_S = 60.0  # a connection that was good


def patience(*, is_local: bool, seed: int = 1) -> Patience:
    return Patience(is_local=is_local, draw=random.Random(seed).uniform)


def test_a_fleet_that_lost_its_broker_comes_back_spread_over_a_second() -> None:
    fleet = [patience(is_local=False, seed=number) for number in range(FLEET)]
    tenths = [int(10 * one.after(LONG_S, is_taken_over=False)) for one in fleet]
    assert set(tenths) == set(range(round(10 * SPREAD_S)))
    assert max(tenths.count(tenth) for tenth in range(10)) < FLEET / 5


def test_a_bridge_beside_its_broker_is_back_at_once() -> None:
    assert patience(is_local=True).after(LONG_S, is_taken_over=False) <= 0.05


@pytest.mark.parametrize(
    ("is_local", "longest_s"), [(True, LAST_LOCAL_DELAY_S), (False, LAST_DELAY_S)]
)
def test_a_broker_that_is_missing_is_asked_less_and_less_and_never_forgotten(
    is_local: bool, longest_s: float
) -> None:
    one = patience(is_local=is_local)
    pauses_s = [one.after(0.0, is_taken_over=False) for _ in range(50)]
    assert max(pauses_s) <= longest_s
    assert min(pauses_s[10:]) >= longest_s / 2


@pytest.mark.parametrize("is_local", [True, False])
def test_after_a_good_connection_the_pauses_are_short_again(is_local: bool) -> None:
    one = patience(is_local=is_local)
    for _ in range(20):
        one.after(0.0, is_taken_over=False)
    assert one.after(LONG_S, is_taken_over=False) <= SPREAD_S


def test_two_that_push_each_other_out_do_not_fight() -> None:
    assert patience(is_local=True).after(LONG_S, is_taken_over=True) >= LAST_DELAY_S / 2
