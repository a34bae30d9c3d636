"""The public view: the same whatever is known from before; what stayed is not made anew."""

from bridge.core.snapshot import Shown, snapshot
from bridge.model.hid import Control
from bridge.model.ids import DeviceId
from bridge.model.intents import Verb
from tests.core.driver import Desk, info

OTHER = DeviceId("047f-c053-b2")


def two_headsets() -> Desk:
    desk = Desk().ready()
    desk.attach(info(OTHER))
    return desk


def test_a_key_of_one_headset_leaves_the_views_of_the_others_as_they_are() -> None:
    desk = two_headsets()
    before = Shown(desk.state, snapshot(desk.state, 0.0))
    desk.lift()
    after = snapshot(desk.state, 0.0, before)
    assert after == snapshot(desk.state, 0.0)
    assert after.devices[0].hook
    assert after.devices[1] is before.view.devices[1]
    assert after.lines is before.view.lines


def test_a_headset_that_takes_the_place_of_another_is_shown_as_itself() -> None:
    desk = two_headsets()
    before = Shown(desk.state, snapshot(desk.state, 0.0))
    desk.detach()
    assert [d.device for d in snapshot(desk.state, 0.0, before).devices] == [OTHER]
    gone = Shown(desk.state, snapshot(desk.state, 0.0, before))
    desk.attach(info())
    again = snapshot(desk.state, 0.0, gone)
    assert again == snapshot(desk.state, 0.0)
    assert len(again.devices) == 2


def test_mute_is_seen_in_a_call_that_did_not_change_otherwise() -> None:
    desk = Desk().ready().in_call()
    before = Shown(desk.state, snapshot(desk.state, 0.0))
    desk.ask(Verb.MUTE)
    assert snapshot(desk.state, 0.0, before).calls[0].muted


def test_time_stamps_follow_the_clock_that_is_asked_for() -> None:
    desk = Desk().ready().in_call()
    before = Shown(desk.state, snapshot(desk.state, 0.0))
    late = snapshot(desk.state, 5.0, before).calls[0].since_ms
    assert late == before.view.calls[0].since_ms + 5000


def test_a_key_without_news_for_the_outside_gives_an_equal_view() -> None:
    desk = two_headsets()
    before = Shown(desk.state, snapshot(desk.state, 0.0))
    desk.press(Control.VOLUME_UP)
    assert snapshot(desk.state, 0.0, before) == before.view
