"""Who calls, as contacts know them, and what is dialled to call them back."""

import pytest

from bridge.model.numbers import Dialable, DialPlan, Refused
from bridge.numbers.callers import call_back, caller, is_hidden
from tests.numbers.plans import (
    MUNICH,
    MUNICH_PBX,
    NEW_YORK,
    NOWHERE,
    ROME,
    VIENNA,
)


@pytest.mark.parametrize(
    ("plan", "shown", "known_as", "dialled_back"),
    [
        (MUNICH, "+4989123456", "+4989123456", "+4989123456"),
        (MUNICH, "004989123456", "+4989123456", "089123456"),
        (MUNICH, "4989123456", "+4989123456", "089123456"),
        (MUNICH, "089123456", "+4989123456", "089123456"),
        (MUNICH, "00390669821", "+390669821", "00390669821"),
        (MUNICH, "201", "201", "201"),
        (MUNICH, "alice", "alice", "alice"),
        (MUNICH_PBX, "0089123456", "+4989123456", "0089123456"),
        (MUNICH_PBX, "089123456", "+4989123456", "0089123456"),
        (MUNICH_PBX, "00043 15862170", "+4315862170", "0004315862170"),
        (VIENNA, "4315862170", "+4315862170", "+4315862170"),
        (NEW_YORK, "2125552368", "+12125552368", "92125552368"),
        (NEW_YORK, "12125552368", "+12125552368", "92125552368"),
        (ROME, "066982", "+39066982", "066982"),
        (NOWHERE, "004989123456", "+4989123456", "004989123456"),
        (NOWHERE, "089123456", "089123456", "089123456"),
    ],
)
def test_a_caller_is_known_by_one_number_and_called_back_as_the_pbx_wants_it(
    plan: DialPlan, shown: str, known_as: str, dialled_back: str
) -> None:
    assert caller(shown, plan) == known_as
    back = call_back(shown, plan)
    assert isinstance(back, Dialable)
    assert back.target == dialled_back


@pytest.mark.parametrize("shown", ["", "anonymous", "Anonymous", "unknown", "restricted"])
def test_a_hidden_caller_cannot_be_called_back(shown: str) -> None:
    assert is_hidden(shown)
    back = call_back(shown, MUNICH)
    assert isinstance(back, Refused)
    assert "nobody to call back" in back.reason
