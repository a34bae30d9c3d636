"""A handset is taken up some time before anything is dialled on the computer."""

from dataclasses import replace

import pytest

from bridge.model.effects import EndCall
from bridge.model.hid import Lamp
from bridge.model.intents import Verb
from tests.core.driver import Desk, info

LONG_S = 20.0  # no echo of anything is expected any more


def a_desk_with_a_handset(lamps: frozenset[Lamp]) -> Desk:
    desk = Desk().ready()
    desk.detach()
    desk.attach(replace(info(), lamps=lamps))
    return desk


@pytest.mark.parametrize("after_s", [0.5, LONG_S])
def test_laying_it_down_ends_the_call(after_s: float) -> None:
    """Without an Off-Hook lamp no program can have lifted it."""
    desk = a_desk_with_a_handset(frozenset())
    desk.lift()
    assert not desk.headset.foreign
    desk.after(after_s).ask(Verb.DIAL, "202")
    call = desk.state.calls[0].call
    desk.connects(call)
    effects = desk.after(LONG_S).hang_up()
    assert EndCall(call) in effects


def test_where_a_program_can_lift_the_hook_its_call_is_not_cut() -> None:
    """The first hang-up may be that program's; ours goes on until the next press."""
    desk = a_desk_with_a_handset(frozenset(Lamp))
    desk.lift()
    assert desk.headset.foreign
    desk.after(LONG_S).ask(Verb.DIAL, "202")
    call = desk.state.calls[0].call
    desk.connects(call)
    assert EndCall(call) not in desk.after(LONG_S).hang_up()
    assert EndCall(call) in desk.after(LONG_S).lift()  # the next press, whichever way it goes


def test_a_lifted_handset_is_laid_down_and_taken_up_to_answer() -> None:
    desk = a_desk_with_a_handset(frozenset())
    desk.lift()
    desk.after(LONG_S).arrives()
    desk.after(1.0).hang_up()
    assert desk.state.calls[0].is_ringing
    desk.after(1.0).lift()
    assert not desk.state.calls[0].is_ringing
