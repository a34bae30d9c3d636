"""Calls that were taken, made or muted on a desk phone: what no SIP line does by itself."""

from dataclasses import replace

import pytest

from bridge.core.state import State
from bridge.core.step import step
from bridge.model.calls import Direction, Party, Phase
from bridge.model.effects import AnnounceCall, HoldCall, ResumeCall, SetMicrophone, Tell
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    Event,
    HoldChanged,
    OrderFailed,
)
from bridge.model.ids import AccountId, CallId

PHONE = AccountId("phone-desk")
ONE, TWO, THREE = CallId("1" * 20), CallId("2" * 20), CallId("3" * 20)


def after(*events: Event, state: State | None = None) -> tuple[State, list[object]]:
    """Return the state and every order, all of it."""
    state = state or State(engine_up=True, max_calls=4)
    done: list[object] = []
    for event in events:
        state, effects = step(state, event)
        done += effects
    return state, done


def dialed(call: CallId) -> CallDialed:
    return CallDialed(1.0, call, PHONE, Party("202"))


def test_a_call_dialled_there_is_an_outgoing_call_here() -> None:
    state, done = after(dialed(ONE))
    (call,) = state.calls
    assert (call.direction, call.phase, call.remote) == (
        Direction.OUTGOING,
        Phase.DIALING,
        Party("202"),
    )
    assert AnnounceCall(ONE, None, Phase.DIALING) in done


def test_a_third_call_there_is_the_phones_own_business() -> None:
    state, done = after(dialed(ONE), dialed(TWO), dialed(THREE))
    assert [call.call for call in state.calls] == [ONE, TWO]
    assert AnnounceCall(THREE, None, Phase.DIALING) not in done


def test_the_same_call_twice_is_one() -> None:
    state, _ = after(dialed(ONE), dialed(ONE))
    assert len(state.calls) == 1


def test_a_call_lifted_there_puts_the_one_here_on_hold() -> None:
    state, done = after(
        dialed(ONE),
        CallConnected(2.0, ONE),
        CallArrived(3.0, TWO, PHONE, Party("201")),
        CallConnected(4.0, TWO),
    )
    assert HoldCall(ONE) in done
    assert {c.call: c.hold_wanted for c in state.calls} == {ONE: True, TWO: False}


@pytest.mark.parametrize("was_muted", [True, False])
def test_a_microphone_that_stays_open_is_not_said_to_be_muted(was_muted: bool) -> None:
    state, _ = after(dialed(ONE), CallConnected(2.0, ONE))
    failed = OrderFailed(3.0, ONE, "SetMicrophone", 0, "this desk phone cannot be muted")
    state, done = after(failed, state=replace(state, muted=was_muted))
    assert not state.muted
    assert any(isinstance(effect, Tell) for effect in done)
    assert not any(isinstance(effect, SetMicrophone) for effect in done)


def test_a_call_held_by_the_telephones_own_key_is_not_resumed_from_here() -> None:
    held, resumed = HoldChanged(3.0, ONE, True, False), HoldChanged(4.0, ONE, False, False)
    state, done = after(dialed(ONE), CallConnected(2.0, ONE), held)
    assert not any(isinstance(one, ResumeCall) for one in done)
    state, done = after(resumed, state=state)
    assert not any(isinstance(one, HoldCall) for one in done)
    assert state.calls[0].phase is Phase.CONNECTED
