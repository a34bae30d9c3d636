"""Echo or press: the traps of hid_telephony.md, one by one."""

import pytest

from bridge.model.effects import AnswerCall, EndCall, RejectCall, ResumeCall, SetIndication
from bridge.model.hid import Conduct, Control, Indication, Style
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.core.driver import Desk


def ended(desk: Desk) -> bool:
    """Whether anything ordered the call to end."""
    return any(isinstance(e, EndCall | RejectCall) for e in desk.effects)


def test_the_echo_of_a_call_answered_elsewhere_is_no_press() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.after(0.05).lift()
    assert desk.headset.echoes == ()
    assert [c.call for c in desk.state.calls] == ["c1"]
    assert not ended(desk)


def test_a_bogus_hang_up_right_after_the_host_answered_is_not_believed() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.after(0.1).lift()
    desk.after(0.1).hang_up()
    assert not ended(desk)
    effects = desk.after(0.3).timer("guard:" + desk.headset.device)
    assert effects == (SetIndication(desk.headset.device, Indication(off_hook=True), force=True),)


def test_a_real_hang_up_after_the_guard_ends_the_call() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.after(0.1).lift()
    desk.after(0.6).hang_up()
    assert ended(desk)


def test_a_late_echo_of_an_ended_call_does_not_touch_the_next_one() -> None:
    desk = Desk().ready().in_call()
    desk.ends()
    desk.arrives("c2")
    desk.after(0.2).hang_up()  # the echo of our on-hook write for the first call
    assert not ended(desk)
    assert desk.lamps == Indication(ring=True)
    assert AnswerCall(CallId("c2")) in desk.after(0.2).lift()


def test_a_press_that_was_not_answered_and_taken_back_does_nothing() -> None:
    desk = Desk().ready()
    desk.lift()
    desk.after(2.0).hang_up()
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]


def test_a_hook_that_pulses_answers_and_does_not_hang_up() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(0.05).hang_up()
    assert not ended(desk)
    desk.connects()
    desk.after(1.0).lift()  # the next pulse of the same key
    assert ended(desk)


def test_a_pulsing_hook_by_profile_needs_no_learning() -> None:
    desk = Desk().ready(Conduct(hook_style=Style.PULSE))
    desk.arrives()
    desk.press(Control.HOOK)
    desk.connects()
    assert not ended(desk)
    desk.after(3).press(Control.HOOK)
    assert ended(desk)


def test_a_hook_that_does_not_follow_the_host_hangs_up_with_one_press() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.ANSWER)  # no echo ever comes
    desk.connects()
    desk.after(10).lift()
    assert ended(desk)


def test_a_late_echo_is_no_hang_up_press() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.connects()
    desk.after(4).lift()
    assert not ended(desk)


def test_two_quick_taps_do_not_mark_a_hook_as_pulsing_for_good() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(0.05).hang_up()
    desk.ends()
    assert not desk.headset.pulses


def test_a_pulsing_hook_hangs_up_right_after_the_host_answered() -> None:
    desk = Desk().ready(Conduct(hook_style=Style.PULSE))
    desk.arrives()
    desk.ask(Verb.ANSWER)
    desk.connects()
    desk.after(0.8).press(Control.HOOK)
    assert ended(desk)


def test_on_hook_reports_while_ringing_do_not_reject() -> None:
    desk = Desk().ready()
    desk.lift()
    desk.after(0.5).arrives()
    desk.after(0.5).hang_up()
    assert not ended(desk)
    assert desk.lamps.ring


@pytest.mark.parametrize("needed", [1, 2])
def test_on_hook_rejects_where_the_profile_says_so_and_as_often(needed: int) -> None:
    desk = Desk().ready(Conduct(reject_by_on_hook=needed))
    desk.arrives()
    for _ in range(needed):
        assert not ended(desk)
        desk.hang_up()
    assert ended(desk)


def test_a_single_on_hook_on_ringing_is_no_reject_where_two_are_needed() -> None:
    desk = Desk().ready(Conduct(reject_by_on_hook=2))
    desk.arrives()
    desk.hang_up()  # Gigaset: reaction to the ring lamp
    assert any(isinstance(e, AnswerCall) for e in desk.lift())
    assert not ended(desk)


def test_a_flicker_on_resume_is_not_a_hang_up() -> None:
    desk = Desk().ready(Conduct(hold_clears_off_hook=True)).in_call()
    desk.press(Control.FLASH)
    desk.hang_up()
    desk.held(local=True)
    desk.after(1).press(Control.FLASH)
    desk.after(0.05).lift()
    desk.after(0.05).hang_up()
    desk.after(0.05).lift()
    desk.held()
    assert not ended(desk)
    desk.after(1).hang_up()
    assert ended(desk)


def test_a_device_told_off_hook_anew_with_the_hold_lamp_does_not_resume_by_its_echo() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(0.05).hang_up()  # its hook is a pulse
    desk.connects()
    desk.after(2).press(Control.FLASH)
    desk.held(local=True)
    assert not [e for e in desk.after(0.05).lift() if isinstance(e, ResumeCall)]
    assert [e for e in desk.after(2).press(Control.FLASH) if isinstance(e, ResumeCall)]


def test_a_tap_while_held_resumes_where_hold_clears_the_hook() -> None:
    desk = Desk().ready(Conduct(hold_clears_off_hook=True)).in_call()
    desk.press(Control.FLASH)
    desk.hang_up()
    desk.held(local=True)
    desk.after(1).lift()
    assert desk.lamps == Indication(off_hook=True)


@pytest.mark.parametrize("other", [Control.LINE_BUSY, Control.LINE])
def test_flags_of_the_device_are_no_presses(other: Control) -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.key(other)
    desk.key(other, on=False)
    assert not ended(desk)
    assert not [e for e in desk.effects if isinstance(e, AnswerCall)]


def test_mute_as_a_level_follows_the_device() -> None:
    desk = Desk().ready(Conduct(mute_style=Style.LEVEL)).in_call()
    desk.key(Control.MUTE, on=True)
    assert desk.state.muted
    desk.key(Control.MUTE, on=True)
    assert desk.state.muted
    desk.key(Control.MUTE, on=False)
    assert not desk.state.muted


def test_keys_of_an_unknown_device_are_counted() -> None:
    desk = Desk().ready()
    desk.detach()
    before = desk.state.unexpected
    desk.lift()
    assert desk.state.unexpected == before + 1
