"""Eight headsets that never stop talking: no press is lost, and nobody has to wait for another."""

import pytest

from tests.bench.flood import flood
from tests.bench.flood_crowd import HEADSETS

pytestmark = pytest.mark.timeout(240)

WILD = 4  # headsets, with a thousand key changes a second each


async def test_eight_headsets_at_a_thousand_reports_a_second_lose_no_press() -> None:
    tally = await flood(calls=len(HEADSETS))
    assert tally.wrong == ""
    assert tally.calls == len(HEADSETS)
    assert tally.read == tally.told.sent
    assert [+one for one in tally.announced] == tally.told.presses
    assert tally.told.seconds >= 10
    assert min(tally.read) >= 1000  # it was a flood, however slow the machine


async def test_headsets_whose_keys_never_rest_take_nothing_from_the_others() -> None:
    tally = await flood(calls=len(HEADSETS) - WILD, wild=WILD)
    assert tally.wrong == ""
    assert tally.calls == len(HEADSETS) - WILD
    assert tally.read[WILD:] == tally.told.sent[WILD:]
    assert [+one for one in tally.announced[WILD:]] == tally.told.presses[WILD:]
    assert all(+one for one in tally.announced[:WILD])  # they are heard as well
