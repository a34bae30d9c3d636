"""Calls that are sent elsewhere: diverted, transferred, ours in each of the roles."""

from typing import cast

import pytest

from tests.integration.offhook import Json
from tests.interop.desk import Desk
from tests.interop.ours import calls_of, ours_at
from tests.interop.parties import NO_PORT, NO_REPLACES, hear_each_other, tones

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

NO_PBX = "without a PBX that vouches for it Offhook does not call where it is sent on to"
KNOWS_REPLACES = dict.fromkeys(("offhook", "linphone"), "it knows Replaces")
NO_ATTENDED = "baresip 1.0 cannot connect two of its calls with each other"


@pytest.mark.function("divert a ringing call to a number (302)", without={"offhook direct": NO_PBX})
async def test_a_ringing_call_is_diverted_to_a_number(desk: Desk) -> None:
    ours, caller, third = await desk.ours(), await desk.other(), await desk.other()
    await caller.calls(ours.address)
    await ours.rings()
    await ours.does("divert", desk.number(third))
    await third.answers()
    await ours.is_idle()
    await hear_each_other(caller, third)


@pytest.mark.function("divert a ringing call to the voice mail", without={"offhook direct": NO_PBX})
async def test_a_ringing_call_is_diverted_to_the_voice_mail(desk: Desk) -> None:
    voicemail = desk.number_of(2)
    ours, caller = await desk.ours(f', voicemail: "{voicemail}"'), await desk.other()
    mailbox = await desk.other()
    await caller.calls(ours.address)
    await ours.rings()
    await ours.does("divert")
    await mailbox.answers()
    await ours.is_idle()
    await hear_each_other(caller, mailbox)


@pytest.mark.function(
    "forward a ringing call after asking the target", without={"baresip": NO_REPLACES}
)
async def test_a_ringing_call_is_forwarded_after_the_target_was_asked(desk: Desk) -> None:
    ours, caller, third = await desk.ours(), await desk.other(), await desk.other()
    await caller.calls(ours.address)
    await ours.rings()
    await ours.calls(desk.number(third))
    await third.answers()
    await ours.shows("ringing", "connected")
    await hear_each_other(ours, third)
    await ours.does("transfer")
    await ours.is_idle()
    await hear_each_other(caller, third)


@pytest.mark.function("blind transfer: we send")
async def test_the_other_end_is_sent_to_a_third(desk: Desk) -> None:
    ours, other = await desk.call_in()
    third = await desk.other()
    await ours.does("transfer", desk.number(third))
    await third.answers()
    await ours.is_idle()
    await hear_each_other(other, third)


@pytest.mark.function("blind transfer to somebody busy: the call comes back")
async def test_a_transfer_to_somebody_who_refuses_leaves_the_call(desk: Desk) -> None:
    ours, other = await desk.call_in()
    third = await desk.other()
    await ours.does("transfer", desk.number(third))
    await third.rings()
    await third.hangs_up()
    await ours.until(lambda s: not any(c["transfer"] for c in calls_of(s)), "the transfer failed")
    await ours.shows("connected")
    await hear_each_other(ours, other)


@pytest.mark.function("blind transfer: we are sent")
async def test_we_are_sent_to_a_third(desk: Desk) -> None:
    ours, other = await desk.call_in()
    third = await desk.other()
    await hear_each_other(ours, other)
    await other.sends_on(third.address)
    await third.answers()
    await hear_each_other(ours, third)
    await ours.shows("connected")


@pytest.mark.function("blind transfer: somebody is sent to us")
async def test_somebody_is_sent_to_us(desk: Desk) -> None:
    ours, first, second = await desk.ours(), await desk.other(), await desk.other()
    await first.calls(second.address)
    await second.answers()
    await hear_each_other(first, second)
    await second.sends_on(ours.address)
    await ours.answers()
    await hear_each_other(ours, first)


@pytest.mark.function("attended transfer: we connect two others", without={"baresip": NO_REPLACES})
async def test_two_others_are_connected_after_asking(desk: Desk) -> None:
    ours, first = await desk.call_in()
    second = await desk.call_to(ours)
    await hear_each_other(ours, second)
    await first.ear.hears(ours.music_hz, silent=tones(ours, second))
    await ours.does("transfer")
    await ours.is_idle()
    await hear_each_other(first, second)


@pytest.mark.function(
    "attended transfer: we are sent", without={"baresip": NO_ATTENDED, "linphone direct": NO_PORT}
)
async def test_we_are_connected_with_a_third(desk: Desk) -> None:
    ours, other = await desk.call_in()
    third = await desk.other()
    await other.calls(third.address)
    await third.answers()
    await hear_each_other(other, third)
    await other.connects()
    await hear_each_other(ours, third)
    await ours.shows("connected")


@pytest.mark.function(
    "attended transfer: we are the target",
    without={"baresip": NO_ATTENDED, "linphone direct": NO_PORT},
)
async def test_somebody_is_connected_with_us(desk: Desk) -> None:
    ours, first, second = await desk.ours(), await desk.other(), await desk.other()
    await first.calls(second.address)
    await second.answers()
    await hear_each_other(first, second)
    await second.calls(ours.address)
    await ours.answers()
    await hear_each_other(ours, second)
    await second.connects()
    await hear_each_other(ours, first)
    await ours.shows("connected")


@pytest.mark.function(
    "diversion shown: who was called first",
    without={"direct": "only a PBX diverts before it reaches us"},
)
async def test_who_was_called_first_is_shown(desk: Desk) -> None:
    ours, caller = await desk.ours(), await desk.other()
    async with desk.forwarded("209", ours.place.user):
        await caller.calls(desk.pbx_uri("209"))
        await ours.answers()
        (call,) = await ours.shows("connected")
        assert cast("Json", call["diverted_by"])["number"] == "209", call
        await hear_each_other(ours, caller)


# -- to another telephone of ours ---------------------------------------------


@pytest.mark.function("move the call to another of my telephones", without={"baresip": NO_REPLACES})
async def test_the_call_goes_on_at_another_telephone_once_that_is_lifted(desk: Desk) -> None:
    kitchen = desk.number_of(2)
    ours = await desk.ours(more=f'calls: {{endpoints: {{kitchen: "{kitchen}"}}}}\n')
    other, third = await desk.other(), await desk.other()
    await other.calls(ours.address)
    await ours.rings()
    await ours.does("answer")
    await hear_each_other(ours, other)
    await ours.does("move", "kitchen")
    await third.rings()
    await hear_each_other(ours, other)
    await third.answers()
    await ours.is_idle()
    await hear_each_other(other, third)


@pytest.mark.function(
    "move the call to a telephone that knows no Replaces: it rings once more",
    without=KNOWS_REPLACES | {"baresip pbx": "its call to the telephone gets no answer (tried)"},
)
async def test_a_telephone_that_cannot_take_over_rings_once_more(desk: Desk) -> None:
    kitchen = desk.number_of(2)
    ours = await desk.ours(more=f'calls: {{endpoints: {{kitchen: "{kitchen}"}}}}\n')
    other, third = await desk.other(), await desk.other()
    await other.calls(ours.address)
    await ours.answers()
    await ours.does("move", "kitchen")
    await third.answers()
    await ours.until(lambda s: len(calls_of(s)) == 1, "the kitchen is hung up again")
    await third.answers()
    await ours.is_idle()
    await hear_each_other(other, third)


@pytest.mark.function("pull a call of another telephone here", without={"baresip": NO_REPLACES})
async def test_a_call_of_another_telephone_of_ours_goes_on_here(desk: Desk) -> None:
    ours, other = await desk.ours(), await desk.other()
    async with ours_at(desk.place()) as kitchen:
        await other.calls(kitchen.address)
        await kitchen.answers()
        await hear_each_other(kitchen, other)
        (call,) = await kitchen.shows("connected")
        await ours.does("pull", desk.number(other), "--dialog", str(call["dialog"]))
        await kitchen.is_idle()
        await hear_each_other(ours, other)


@pytest.mark.function("let another telephone call: lifted, it is sent to the number")
async def test_another_telephone_calls_once_it_is_lifted(desk: Desk) -> None:
    ours, other, third = await desk.ours(), await desk.other(), await desk.other()
    await ours.does("call", desk.number(third), "--from", desk.number(other))
    await other.answers()
    await third.answers()
    await ours.is_idle()
    await hear_each_other(other, third)
