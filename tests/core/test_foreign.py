"""Other programs on the same headset, and switches of its own."""

import pytest

from bridge.core.lamps import GUARD
from bridge.model.effects import EndCall, RejectCall, SetIndication
from bridge.model.events import SystemResumed
from bridge.model.hid import Conduct, Control, Indication
from bridge.model.intents import Outcome, Verb
from tests.core.driver import HEADSET, Desk


def busy_elsewhere(conduct: Conduct | None = None) -> Desk:
    """Another program has a call on the headset."""
    desk = Desk().ready(conduct)
    desk.key(Control.HOOK)
    desk.key(Control.LINE_BUSY)
    return desk


def test_a_foreign_call_is_seen_and_nothing_is_written() -> None:
    desk = busy_elsewhere()
    assert desk.headset.foreign
    assert not [e for e in desk.effects if isinstance(e, SetIndication)]


def test_our_ring_keeps_the_off_hook_bit_of_a_foreign_call() -> None:
    desk = busy_elsewhere()
    desk.arrives()
    assert desk.lamps == Indication(off_hook=True, ring=True)
    desk.ends()
    assert desk.lamps == Indication(off_hook=True), "their call goes on"


def test_the_end_of_the_foreign_call_does_not_end_ours_and_gives_the_bit_back() -> None:
    desk = busy_elsewhere(Conduct(reject_by_on_hook=1))
    desk.arrives()
    desk.key(Control.HOOK, on=False)
    desk.key(Control.LINE_BUSY, on=False)
    assert not [e for e in desk.effects if isinstance(e, EndCall | RejectCall)]
    assert desk.lamps == Indication(ring=True)


def test_our_ring_is_written_again_after_the_zeros_of_another_programs_hang_up() -> None:
    desk = busy_elsewhere()
    desk.arrives()
    effects = desk.key(Control.HOOK, on=False)
    assert SetIndication(HEADSET, Indication(ring=True), force=True) in effects
    desk.key(Control.LINE_BUSY, on=False)
    assert desk.lamps == Indication(ring=True)


def own_call_beside(desk: Desk) -> Desk:
    """A call of ours, answered off the headset, while another program's goes on there."""
    desk.after(10).arrives()
    desk.ask(Verb.ANSWER)
    desk.connects()
    desk.after(10)
    desk.effects.clear()
    return desk


@pytest.mark.parametrize("by_us", [True, False])
def test_the_end_of_our_call_does_not_cut_the_one_of_the_other_program(by_us: bool) -> None:
    desk = own_call_beside(busy_elsewhere())
    if by_us:
        desk.ask(Verb.HANGUP)
    desk.ends()
    assert desk.lamps == Indication(off_hook=True), "their call goes on"
    desk.key(Control.HOOK, on=False)
    desk.key(Control.LINE_BUSY, on=False)
    assert desk.lamps == Indication()


def test_hold_does_not_cut_the_call_of_the_other_program() -> None:
    desk = own_call_beside(busy_elsewhere(Conduct(hold_clears_off_hook=True)))
    desk.ask(Verb.HOLD)
    assert desk.lamps == Indication(off_hook=True, hold=True)


def test_the_other_programs_hang_up_does_not_end_our_call_and_the_next_one_does() -> None:
    desk = own_call_beside(busy_elsewhere())
    effects = desk.key(Control.HOOK, on=False)
    assert SetIndication(HEADSET, Indication(off_hook=True), force=True) in effects
    assert not [e for e in desk.effects if isinstance(e, EndCall)]
    assert not desk.headset.foreign
    desk.after(0.1).lift()  # told anew, it lifts
    assert [e for e in desk.after(2).hang_up() if isinstance(e, EndCall)]


def test_a_hook_lifted_just_before_we_dial_is_our_users_and_goes_down_with_the_call() -> None:
    desk = Desk().ready()
    desk.lift()
    desk.after(1)
    desk.ask(Verb.DIAL, "202")
    assert not desk.headset.foreign
    desk.ends(desk.state.calls[0].call)
    assert desk.lamps == Indication()


def test_a_busy_flag_that_our_own_lamp_keeps_up_is_nobodys_call_once_the_hook_fell() -> None:
    desk = busy_elsewhere()
    desk.arrives()
    desk.after(0.05).key(Control.HOOK, on=False)
    assert not desk.headset.foreign
    assert desk.lamps == Indication(ring=True)


def test_in_generic_mode_a_foreign_call_is_not_spared() -> None:
    desk = busy_elsewhere(Conduct(coexists=False))
    desk.arrives()
    assert desk.lamps == Indication(ring=True)


def test_line_busy_as_an_answer_to_our_ring_is_nobodys_call() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.key(Control.LINE_BUSY)
    assert not desk.headset.foreign
    assert desk.lamps == Indication(ring=True)


def test_our_own_call_is_not_busy_elsewhere() -> None:
    desk = Desk().ready().in_call()
    desk.key(Control.LINE_BUSY)
    assert not desk.headset.foreign


def test_a_boom_arm_that_is_up_mutes_the_call_from_its_start() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(0.2).press(Control.MUTE)  # the device refuses "unmuted"
    assert desk.state.muted
    assert desk.headset.mute_locked
    assert desk.lamps == Indication(off_hook=True, mute=True)


def test_a_command_cannot_unmute_while_the_boom_arm_is_up() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(0.2).press(Control.MUTE)
    ((outcome, detail),) = desk.after(3).ask(Verb.UNMUTE)
    assert (outcome, "boom arm" in detail) == (Outcome.DONE, True)
    desk.after(0.1).press(Control.MUTE)  # it refuses again
    assert desk.state.muted
    assert desk.headset.mute_locked


def test_the_boom_arm_coming_down_unmutes() -> None:
    desk = Desk().ready()
    desk.arrives()
    desk.lift()
    desk.after(0.2).press(Control.MUTE)
    desk.after(5).press(Control.MUTE)
    assert not desk.state.muted
    assert not desk.headset.mute_locked


def test_a_refused_unmute_by_command_locks() -> None:
    desk = Desk().ready().in_call()
    desk.ask(Verb.MUTE)
    desk.after(2)
    desk.ask(Verb.UNMUTE)
    desk.after(0.1).press(Control.MUTE)
    assert desk.state.muted
    assert desk.headset.mute_locked


def test_a_mute_press_later_in_the_call_is_a_press() -> None:
    desk = Desk().ready().in_call()
    desk.press(Control.MUTE)
    assert desk.state.muted
    assert not desk.headset.mute_locked


def test_a_device_writes_nothing_of_ours_after_the_foreign_call_ended() -> None:
    desk = busy_elsewhere()
    desk.arrives()
    desk.ends()
    desk.key(Control.HOOK, on=False)
    desk.key(Control.LINE_BUSY, on=False)
    assert desk.lamps == Indication()
    last = [e for e in desk.effects if isinstance(e, SetIndication)][-1]
    assert last == SetIndication(HEADSET, Indication())


def test_a_bit_lent_to_a_stray_tap_is_taken_back_when_the_hook_falls_in_a_guard() -> None:
    desk = busy_elsewhere()
    desk.arrives()
    desk.feed(SystemResumed(desk.now))  # writes again, and believes no hook for a moment
    desk.after(0.3).key(Control.HOOK, on=False)
    desk.after(0.2).timer(GUARD + HEADSET)
    assert desk.lamps == Indication(ring=True)
    desk.ends()
    assert desk.lamps.is_idle, "a lamp of nobody's call"
