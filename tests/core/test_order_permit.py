"""Which commands to a PBX are obeyed, and how often calls may be started."""

import pytest

from bridge.core.permit import OrderPermit
from bridge.model.bus import Command
from bridge.model.numbers import DialLimits
from tests.mqtt.words import EPOCH, NOW_MS, WINDOW

ALL = frozenset({"dnd", "originate", "redirect", "forward"})


def order(name: str) -> Command[object]:
    return Command(name, "desk-0001", NOW_MS, 5000, EPOCH, None, WINDOW, None, None)


def test_what_the_pbx_cannot_do_is_denied() -> None:
    assert "cannot" in OrderPermit(ALL, may_dial=True)(order("pickup"), "mqtt", 0.0)


@pytest.mark.parametrize("name", ["originate", "redirect", "forward"])
def test_what_sends_calls_somewhere_needs_the_permission_to_dial(name: str) -> None:
    permit = OrderPermit(ALL, may_dial=False)
    assert permit.offered == {"dnd"}
    assert "mqtt.allow_dial" in permit(order(name), "mqtt", 0.0)
    assert OrderPermit(ALL, may_dial=True)(order(name), "mqtt", 0.0) == ""


def test_calls_are_started_no_more_often_than_allowed() -> None:
    permit = OrderPermit(ALL, may_dial=True, limits=DialLimits(per_10_s=2))
    said = [permit(order("originate"), "mqtt", at_s) for at_s in (0.0, 1.0, 2.0, 11.0)]
    assert [bool(objection) for objection in said] == [False, False, True, False]
    assert permit(order("dnd"), "mqtt", 11.0) == ""
