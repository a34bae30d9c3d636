"""The PIN: its hash, and how often it may be tried."""

import pytest

from bridge.kiosk.pin import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    TRIES,
    Tries,
    hash_of,
    is_pin,
    tries_after_restart,
)


def test_only_the_pin_fits_its_hash_and_two_hashes_differ() -> None:
    kept = hash_of("4711")
    assert is_pin("4711", kept)
    assert not is_pin("4712", kept)
    assert "4711" not in kept


@pytest.mark.parametrize("kept", ["scrypt$40$8$1$00$00", "scrypt$15$99$1$00$00", "", "x$y"])
def test_a_hash_that_would_take_all_memory_is_refused(kept: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        is_pin("4711", kept)


def wrong(times: int, now_s: float = 0.0) -> Tries:
    tries = Tries()
    for _ in range(times):
        tries = tries.wrong(now_s)
    return tries


def test_a_person_may_mistype() -> None:
    assert wrong(TRIES - 1).wait_s(0.0) == 0.0


def test_then_each_further_one_costs_twice_the_wait_up_to_an_hour() -> None:
    waits = [wrong(TRIES + more).wait_s(0.0) for more in range(10)]
    assert waits[:3] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
    assert waits[-1] == LONGEST_WAIT_S
    assert wrong(TRIES).wait_s(FIRST_WAIT_S) == 0.0


def test_a_restart_does_not_spare_the_wait() -> None:
    assert tries_after_restart(TRIES, 7.0).wait_s(7.0) == FIRST_WAIT_S
    assert tries_after_restart(0, 7.0).wait_s(7.0) == 0.0
