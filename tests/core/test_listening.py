"""Whose microphone and speaker a call has."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.model.effects import AnswerCall, Effect, PlaceCall, UseSound
from bridge.model.habits import Habits
from bridge.model.hid import Control
from bridge.model.ids import DeviceId
from bridge.model.intents import Verb
from tests.core.driver import HEADSET, Desk, info

OTHER = DeviceId("047f-c053-b2")
PORT, OTHER_PORT = "1-2.3", "3-1"


def desk(habits: Habits | None = None) -> Desk:
    """A desk with two headsets, each with a sound device of its own."""
    made = Desk()
    made.ready()
    made.detach()
    made.attach(replace(info(), port=PORT))
    made.attach(replace(info(OTHER), port=OTHER_PORT))
    made.state = replace(made.state, habits=habits or Habits())
    made.effects.clear()
    return made


def chosen(effects: Iterable[Effect]) -> list[str]:
    return [e.port for e in effects if isinstance(e, UseSound)]


@pytest.mark.parametrize(("device", "port"), [(HEADSET, PORT), (OTHER, OTHER_PORT)])
def test_a_call_answered_on_a_headset_has_its_sound_from_the_start(
    device: DeviceId, port: str
) -> None:
    one = desk()
    one.arrives()
    effects = one.key(Control.HOOK, device=device)
    orders = [e for e in effects if isinstance(e, UseSound | AnswerCall)]
    assert [type(order) for order in orders] == [UseSound, AnswerCall], "the choice comes first"
    assert chosen(effects) == [port]


def test_a_call_placed_on_a_headset_has_its_sound() -> None:
    one = desk()
    one.state = replace(one.state, last_dialed="201")
    effects = (*one.press(Control.REDIAL),)
    assert any(isinstance(e, PlaceCall) for e in effects)
    assert chosen(effects) == [PORT]


def test_a_call_answered_elsewhere_has_the_configured_sound() -> None:
    one = desk()
    one.arrives()
    one.ask(Verb.ANSWER)
    one.connects()
    assert one.state.calls[0].device == HEADSET, "its lamps and keys are on a headset all the same"
    assert chosen(one.effects) == []


def test_who_wants_the_configured_sound_always_has_it() -> None:
    one = desk(Habits(sound_follows=False)).in_call()
    assert one.state.sound.port == ""


def test_after_the_call_the_configured_sound_is_back() -> None:
    one = desk().in_call()
    assert chosen(one.ends()) == [""]


def test_hanging_up_changes_nothing_before_the_call_is_over() -> None:
    one = desk().in_call()
    assert chosen(one.hang_up()) == []
    assert chosen(one.ends()) == [""]


def test_a_held_call_keeps_its_headset() -> None:
    one = desk().in_call()
    one.ask(Verb.HOLD)
    one.held(local=True)
    assert one.state.sound.port == PORT


def test_with_two_calls_the_sound_is_where_somebody_speaks() -> None:
    one = desk().in_call()
    one.arrives("c2")
    assert chosen(one.key(Control.HOOK, device=OTHER)) == [OTHER_PORT]
    one.held(local=True)
    one.connects("c2")
    assert chosen(one.ends("c2")) == [PORT], "what is left was taken there"


def test_swapping_back_with_a_key_of_a_headset_brings_its_sound_back() -> None:
    one = desk().in_call()
    one.arrives("c2")
    one.ask(Verb.ANSWER, call="c2")
    one.held(local=True)
    one.connects("c2")
    one.after(8.0).effects.clear()
    assert chosen(one.press(Control.FLASH)) == [PORT]


def test_a_pulled_headset_gives_way_and_has_its_call_back_at_another_port() -> None:
    one = desk().in_call()
    one.effects.clear()
    one.detach()
    one.attach(replace(info(), port="1-4"))
    assert chosen(one.effects) == ["", "1-4"]


def test_a_headset_that_is_on_no_port_has_no_sound_of_its_own() -> None:
    one = Desk().ready().in_call()
    assert one.state.sound.port == ""


def test_a_call_that_could_not_be_answered_leaves_the_sound_alone() -> None:
    one = desk()
    one.arrives()
    one.lift()
    assert chosen(one.fails("AnswerCall")) == [""]


def test_the_best_headset_is_the_one_to_ring_in() -> None:
    one = desk(Habits(prefer=(OTHER,)))
    one.arrives()
    assert one.state.sound == UseSound(ring_port=OTHER_PORT)
    one.detach(OTHER)
    assert one.state.sound == UseSound(ring_port=PORT)
    one.detach()
    assert one.state.sound == UseSound()
