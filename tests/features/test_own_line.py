"""Who is behind a code that we dialled."""

import pytest

from bridge.features.own_line import call_to_code, named_peer
from bridge.model.blf import Extension, LineFact, LineState
from bridge.model.calls import CallView, Direction, Party, Phase, Snapshot
from bridge.model.ids import AccountId, CallId

OUT = Direction.OUTGOING


def call(number: str, direction: Direction = OUT, name: str = "c1") -> CallView:
    return CallView(
        CallId(name), AccountId("desk"), direction, Phase.CONNECTED, Party(number), 0, None
    )


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ((call("**201"),), "c1"),
        ((call("#5"),), "c1"),
        ((call("201"),), None),
        ((call("**201", Direction.INCOMING),), None),
        ((call("**201"), call("202", name="c2")), None),
        ((), None),
    ],
)
def test_a_call_to_a_code_is_known_while_it_is_the_only_one(
    calls: tuple[CallView, ...], found: str | None
) -> None:
    assert call_to_code(Snapshot(calls)) == found


@pytest.mark.parametrize(
    ("direction", "number", "is_named"),
    [
        (OUT, "202", True),
        (OUT, "+49891234", True),
        (OUT, "…42", False),
        (OUT, "**201", False),
        (OUT, "", False),
        (Direction.INCOMING, "202", False),
        (None, "202", False),
    ],
)
def test_the_pbx_names_whom_our_line_calls(
    direction: Direction | None, number: str, is_named: bool
) -> None:
    party = Party(number)
    line = LineFact(Extension("203"), LineState.BUSY, direction, party)
    assert named_peer(line, OUT) == (party if is_named else None)


def test_a_line_without_another_end_names_nobody() -> None:
    assert named_peer(LineFact(Extension("203"), LineState.FREE), OUT) is None
