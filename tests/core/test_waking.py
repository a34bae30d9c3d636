"""The machine slept with the lid closed, or the PC was suspended: lamps come back."""

import pytest

from bridge.core.state import Headset
from bridge.model.effects import EndCall, SetIndication
from bridge.model.events import DeviceAttached, SystemResumed, TimerFired
from bridge.model.hid import Conduct, Control, Indication
from bridge.model.ids import DeviceId
from bridge.model.intents import Verb
from tests.core.driver import HEADSET, Desk, info

OTHER = DeviceId("047f-c053-b2")


def wake(desk: Desk) -> list[SetIndication]:
    """Wake up; return what was written."""
    effects = desk.feed(SystemResumed(desk.now))
    return [effect for effect in effects if isinstance(effect, SetIndication)]


def test_nothing_is_written_to_a_headset_that_shows_nothing() -> None:
    assert wake(Desk().ready()) == []


def test_a_ringing_headset_is_told_again_that_it_rings() -> None:
    desk = Desk().ready()
    desk.arrives()
    assert wake(desk) == [SetIndication(HEADSET, Indication(ring=True), force=True)]


@pytest.mark.parametrize("verb", [None, Verb.MUTE, Verb.HOLD])
def test_in_a_call_all_lamps_are_written_again(verb: Verb | None) -> None:
    desk = Desk().ready().in_call()
    if verb is not None:
        desk.ask(verb)
    shown = desk.lamps
    assert wake(desk) == [SetIndication(HEADSET, shown, force=True)]
    assert desk.lamps == shown != Indication()


def test_each_headset_is_told_what_it_showed() -> None:
    desk = Desk().ready()
    desk.attach(info(OTHER))
    desk.in_call()
    desk.arrives("c2")
    assert {(w.device, w.indication.off_hook) for w in wake(desk)} == {
        (HEADSET, True),
        (OTHER, False),
    }


def test_a_headset_that_lost_its_hook_while_asleep_does_not_end_the_call() -> None:
    desk = Desk().ready().in_call()
    wake(desk)
    desk.after(0.1).hang_up()
    assert not [effect for effect in desk.effects if isinstance(effect, EndCall)]
    desk.after(0.4)
    written = desk.timer(f"guard:{HEADSET}")
    assert SetIndication(HEADSET, Indication(off_hook=True), force=True) in written


def test_a_hang_up_after_that_moment_is_a_hang_up() -> None:
    desk = Desk().ready().in_call()
    wake(desk)
    desk.after(Conduct().hold_guard_s)
    desk.timer(f"guard:{HEADSET}")
    desk.hang_up()
    assert [effect for effect in desk.effects if isinstance(effect, EndCall)]


def test_a_headset_that_came_back_just_now_is_written_once_it_has_settled() -> None:
    desk = Desk().ready().in_call()
    desk.detach()
    desk.feed(DeviceAttached(desk.now, info()))
    assert wake(desk) == []
    desk.after(Conduct().settle_s)
    written = desk.feed(TimerFired(desk.now, f"settle:{HEADSET}"))
    assert SetIndication(HEADSET, Indication(off_hook=True), force=True) in written


def test_another_programs_call_keeps_its_lamp_and_is_not_written_to() -> None:
    desk = Desk().ready()
    desk.key(Control.LINE_BUSY)
    assert wake(desk) == []
    headset: Headset = desk.headset
    assert headset.foreign
