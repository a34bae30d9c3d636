"""Calls with one other telephone."""

import pytest

from tests.interop.desk import Desk
from tests.interop.parties import BUSY, DECLINED, hear_each_other, tones
from tests.interop.places import Digits

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

NO_INFO = "baresip 1.0 sends digits by RFC 4733 only"
NO_TONES = "it cannot send digits as tones"
MOST_DIGITS = 32  # of one command; as tones more than six seconds of them
TONES_OF_1 = (697.0, 1209.0)  # ITU-T Q.23


@pytest.mark.function("answer a call, hang up")
async def test_a_call_is_answered_both_are_heard_and_it_is_hung_up(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await ours.hangs_up()
    await other.is_idle()
    await ours.is_idle()


@pytest.mark.function("call, and the other end hangs up")
async def test_whom_we_call_answers_is_heard_and_hangs_up(desk: Desk) -> None:
    ours = await desk.ours()
    other = await desk.call_to(ours)
    await hear_each_other(ours, other)
    await other.hangs_up()
    await ours.is_idle()
    await other.is_idle()


@pytest.mark.function("the caller gives up")
async def test_a_caller_who_gives_up_is_a_missed_call(desk: Desk) -> None:
    ours, other = await desk.ours(), await desk.other()
    await other.calls(ours.address)
    await ours.rings()
    await other.hangs_up()
    await ours.is_idle()
    assert (await ours.last())["kind"] == "missed"


@pytest.mark.function("we give up a call that rings")
async def test_a_call_that_is_given_up_stops_to_ring_there(desk: Desk) -> None:
    ours, other = await desk.ours(), await desk.other()
    await ours.calls(other.address)
    await other.rings()
    await ours.hangs_up()
    await other.is_idle()
    await ours.is_idle()


@pytest.mark.function("reject: the caller hears busy (486)")
async def test_a_rejected_caller_hears_busy(desk: Desk) -> None:
    ours, other = await desk.ours(), await desk.other()
    await other.calls(ours.address)
    await ours.rings()
    await ours.does("reject")
    await other.is_refused(BUSY)
    await ours.is_idle()


@pytest.mark.function("decline (603)")
async def test_a_declined_caller_is_told_so(desk: Desk) -> None:
    ours, other = await desk.ours(), await desk.other()
    await other.calls(ours.address)
    await ours.rings()
    await ours.does("reject", "--decline")
    await other.is_refused(DECLINED)
    await ours.is_idle()


@pytest.mark.function("do not disturb: busy at once")
async def test_do_not_disturb_says_busy(desk: Desk) -> None:
    ours, other = await desk.ours(), await desk.other()
    await ours.does("dnd", "on")
    await other.calls(ours.address)
    await other.is_refused(BUSY)


@pytest.mark.function("hold: the other end hears music, then us again")
async def test_who_is_held_hears_music_and_us_again_after_that(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await ours.does("hold")
    await other.ear.hears(ours.music_hz, silent=tones(ours))
    await ours.ear.hears(silent=tones(other))
    await ours.does("resume")
    await hear_each_other(ours, other)


@pytest.mark.function("being held, and taken back")
async def test_being_held_is_shown_and_both_are_heard_again_after_that(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await other.holds()
    await ours.shows("remote-held")
    await ours.ear.hears(silent=tones(other))
    await other.resumes()
    await ours.shows("connected")
    await hear_each_other(ours, other)


@pytest.mark.function("mute: not heard, then heard again")
async def test_who_is_muted_is_not_heard(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await ours.does("mute")
    await other.ear.hears(silent=tones(ours))
    await ours.ear.hears(*tones(other))
    await ours.does("unmute")
    await hear_each_other(ours, other)


@pytest.mark.function("silence this ringer: the caller goes on ringing")
async def test_a_call_that_is_silenced_rings_on_without_a_sound_and_can_be_answered(
    desk: Desk,
) -> None:
    ours, other = await desk.ours(), await desk.other()
    await other.calls(ours.address)
    await ours.rings()
    await ours.ear.hears(ours.music_hz)  # its ring tone
    await ours.does("silence")
    await ours.ear.hears(silent=[ours.music_hz])
    (call,) = await ours.shows("ringing")
    assert call["silenced"] is True, call
    await ours.answers()
    await hear_each_other(ours, other)


@pytest.mark.function("digits we send (RFC 4733)")
async def test_digits_arrive(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await ours.types("15*#")
    await other.got_digits("15*#")
    await hear_each_other(ours, other)


@pytest.mark.function("digits we send (SIP INFO)")
async def test_digits_sent_by_info_arrive(desk: Desk) -> None:
    ours, other = await desk.call_in(", dtmf: info")
    await hear_each_other(ours, other)
    await ours.types("15*#")
    await other.got_digits("15*#")


@pytest.mark.function("digits we send (tones)")
async def test_digits_sent_as_tones_are_heard_and_the_microphone_after_them(desk: Desk) -> None:
    ours, other = await desk.call_in(", dtmf: inband")
    await hear_each_other(ours, other)
    await ours.types("1" * MOST_DIGITS)
    await other.ear.hears(*TONES_OF_1, silent=tones(ours))
    await hear_each_other(ours, other)


@pytest.mark.function("digits we are sent (RFC 4733)")
async def test_digits_that_come_are_shown(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await other.types("15*#")
    await ours.got_digits("15*#")
    await hear_each_other(ours, other)


@pytest.mark.function("digits we are sent (SIP INFO)", without={"baresip": NO_INFO})
async def test_digits_that_come_by_info_are_shown(desk: Desk) -> None:
    ours, other = await desk.call_in(digits=Digits.INFO)
    await hear_each_other(ours, other)
    await other.types("15*#")
    await ours.got_digits("15*#")


@pytest.mark.function(
    "digits we are sent (tones): heard", without={"baresip": NO_TONES, "linphone": NO_TONES}
)
async def test_digits_that_come_as_tones_are_heard(desk: Desk) -> None:
    ours, other = await desk.call_in(digits=Digits.TONES)
    await hear_each_other(ours, other)
    await other.types("1" * MOST_DIGITS)
    await ours.ear.hears(*TONES_OF_1, silent=tones(other))
    await hear_each_other(ours, other)


@pytest.mark.function("record by the PBX: `*4` and `*5` arrive in the call")
async def test_star_codes_of_recording_arrive_and_the_call_goes_on(desk: Desk) -> None:
    ours, other = await desk.call_in(', record: "*4", stop_recording: "*5"')
    await ours.does("record", "on")
    await other.got_digits("*4")
    await hear_each_other(ours, other)
    await ours.does("record", "off")
    await other.got_digits("*4*5")
    await hear_each_other(ours, other)


@pytest.mark.function("HD: G.722 is used and shown")
async def test_hd_is_shown(desk: Desk) -> None:
    ours, other = await desk.call_in()
    (call,) = await ours.shows("connected")
    assert call["codec"] == "G722", call
    await hear_each_other(ours, other)


@pytest.mark.function("record: both ends are in the file")
async def test_both_ends_are_in_a_recording(desk: Desk) -> None:
    ours, other = await desk.call_in()
    await hear_each_other(ours, other)
    await ours.does("record", "on")
    await ours.recorded(*tones(ours, other))
    await ours.does("record", "off")
    await hear_each_other(ours, other)


@pytest.mark.function("redial, after a restart")
async def test_the_number_called_last_is_called_again_after_a_restart(desk: Desk) -> None:
    ours = await desk.ours()
    other = await desk.call_to(ours)
    await ours.hangs_up()
    await other.is_idle()
    await ours.starts_again()
    await ours.does("redial")
    await other.answers()
    await hear_each_other(ours, other)
