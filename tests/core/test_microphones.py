"""What the engine is told about microphones, and when it can do it."""

from bridge.model.effects import PlaceCall, SetMicrophone
from bridge.model.intents import Verb
from tests.core.driver import Desk


def test_who_is_muted_and_dials_a_second_call_is_muted_there_once_it_is_reached() -> None:
    """The engine knows no call before it is placed, and may still look its host up after that."""
    desk = Desk().ready().in_call()
    desk.ask(Verb.MUTE)
    desk.effects.clear()
    desk.ask(Verb.DIAL, "202")
    placed = next(e for e in desk.effects if isinstance(e, PlaceCall))
    assert SetMicrophone(placed.call, muted=True) not in desk.effects
    effects = desk.rings_there(placed.call)
    assert SetMicrophone(placed.call, muted=True) in effects
    assert desk.state.muted


def test_a_call_that_is_answered_without_ringing_is_muted_all_the_same() -> None:
    desk = Desk().ready().in_call()
    desk.ask(Verb.MUTE)
    desk.ask(Verb.DIAL, "202")
    placed = next(e for e in desk.effects if isinstance(e, PlaceCall))
    assert SetMicrophone(placed.call, muted=True) in desk.connects(placed.call)
