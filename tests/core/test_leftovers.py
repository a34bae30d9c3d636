"""What is left behind: mute after a call, lamps on hold, an echo nobody waits for any more."""

from bridge.model.effects import AnswerCall, EndCall, SetIndication
from bridge.model.events import DeviceAttached, SystemResumed, TimerFired
from bridge.model.hid import Conduct, Control, Indication, Style
from bridge.model.intents import Verb
from tests.core.driver import HEADSET, Desk, info


def test_mute_ends_with_the_last_call() -> None:
    desk = Desk().ready().in_call()
    desk.press(Control.MUTE)
    assert desk.state.muted
    desk.ends()
    assert not desk.state.muted


def test_a_muted_call_on_hold_shows_both() -> None:
    desk = Desk().ready().in_call()
    desk.press(Control.MUTE)
    desk.ask(Verb.HOLD)
    assert desk.lamps == Indication(off_hook=True, mute=True, hold=True)


def test_an_echo_of_hold_that_comes_too_late_to_be_known_ends_nothing() -> None:
    desk = Desk().ready(Conduct(hold_clears_off_hook=True)).in_call()
    desk.press(Control.FLASH)
    desk.held(local=True)
    effects = desk.after(Conduct().echo_s + 1).hang_up()
    assert not [e for e in effects if isinstance(e, EndCall)]


def test_a_device_put_back_in_a_call_is_not_written_before_it_has_settled() -> None:
    desk = Desk().ready().in_call()
    desk.detach()
    desk.effects.clear()
    desk.feed(DeviceAttached(desk.now, info()))
    desk.ask(Verb.MUTE)
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]
    desk.after(Conduct().settle_s).feed(TimerFired(desk.now, f"settle:{HEADSET}"))
    assert desk.lamps == Indication(off_hook=True, mute=True)


def test_a_call_hung_up_before_it_connects_is_ended_again_when_it_does() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(1).hang_up()
    assert EndCall(desk.state.calls[0].call) in desk.connects()


def test_an_answer_that_failed_lets_it_ring_on() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(1).fails("AnswerCall")
    assert desk.lamps == Indication(ring=True)


def test_an_answer_that_failed_after_we_hung_up_does_not_ring_again() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(1).hang_up()
    desk.fails("AnswerCall")
    assert desk.lamps.is_idle
    assert EndCall(desk.state.calls[0].call) in desk.connects()


def test_a_muted_device_put_back_in_a_muted_call_unmutes_nobody() -> None:
    conduct = Conduct(mute_style=Style.LEVEL)
    desk = Desk().ready(conduct).in_call()
    desk.ask(Verb.MUTE)
    desk.detach()
    desk.feed(DeviceAttached(desk.now, info(conduct=conduct)))
    desk.key(Control.MUTE)  # its own word, before it was written
    assert desk.state.muted


def test_a_late_lift_of_a_device_that_woke_up_dark_answers_no_later_call() -> None:
    desk = Desk().ready().in_call()
    desk.feed(SystemResumed(desk.now))
    desk.hang_up()  # it has forgotten everything, and says so
    desk.ends()
    desk.arrives("c2")
    effects = desk.after(2.5).lift()  # as told when it woke up
    assert not [e for e in effects if isinstance(e, AnswerCall)]
