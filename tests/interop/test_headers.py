"""What counts on the wire: statuses and headers, as sipp and the PBX see them."""

import pytest

from tests.interop.desk import Desk
from tests.interop.parties import BUSY, DECLINED
from tests.interop.sipping import sipp_answers, sipp_calls

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

INTERCOM = "Call-Info: <sip:door>;answer-after=0\n"
NO_HEADER = "its prompt cannot add a header to a call"
OTHERS = {"offhook": NO_HEADER, "baresip": NO_HEADER, "linphone": NO_HEADER}
AT_SIPP = dict.fromkeys(OTHERS, "looked at in sipp, which shows every header")
AT_SIPP_DIRECT = AT_SIPP | {"sipp pbx": "the test PBX refuses (403) who is not its account in From"}


@pytest.mark.function("answer a call, hang up", peers=("sipp",))
async def test_a_sipp_caller_is_answered_and_sends_our_tone_back(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_calls(place, ours.address, 200) as sipp:
        await ours.answers()
        await ours.ear.hears(ours.tone_hz)
        await ours.hangs_up()
        await sipp.succeeds()


@pytest.mark.function("call, and the other end hangs up", peers=("sipp",))
async def test_a_sipp_is_called_and_sends_our_tone_back(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_answers(place) as sipp:
        await ours.calls(place.short)
        await ours.talks()
        await ours.ear.hears(ours.tone_hz)
        await ours.hangs_up()
        await sipp.succeeds()


@pytest.mark.function("reject: the caller hears busy (486)", peers=("sipp",))
async def test_a_rejected_sipp_gets_486(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_calls(place, ours.address, BUSY) as sipp:
        await ours.rings()
        await ours.does("reject")
        await sipp.succeeds()


@pytest.mark.function("decline (603)", peers=("sipp",))
async def test_a_declined_sipp_gets_603(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_calls(place, ours.address, DECLINED) as sipp:
        await ours.rings()
        await ours.does("reject", "--decline")
        await sipp.succeeds()


@pytest.mark.function("divert a ringing call to a number (302)", peers=("sipp",))
async def test_a_diverted_sipp_is_told_where_to_call(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    target = "208" if desk.pbx else "sip:208@127.0.0.1:9"
    async with sipp_calls(place, ours.address, 302) as sipp:
        await ours.rings()
        await ours.does("divert", target)
        answer = await sipp.message("SIP/2.0 302")
        await sipp.succeeds()
    assert "\nContact: <sip:208@127.0.0.1" in answer, answer


@pytest.mark.function(
    "intercom: answered by itself",
    peers=("sipp",),
    without=OTHERS | {"direct": "only calls of the PBX switch our microphone on: others ring"},
)
async def test_an_intercom_call_is_answered_by_itself_and_we_are_muted(desk: Desk) -> None:
    ours, place = await desk.ours("", "calls: {intercom: muted}\n"), desk.place()
    async with sipp_calls(place, ours.address, 200, INTERCOM) as sipp:
        await ours.talks()
        assert (await ours.status())["muted"] is True
        await ours.does("unmute")
        await ours.ear.hears(ours.tone_hz)
        await ours.hangs_up()
        await sipp.succeeds()


@pytest.mark.function("intercom off: rings like any call", peers=("sipp",), without=OTHERS)
async def test_an_intercom_call_rings_when_that_is_off(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_calls(place, ours.address, BUSY, INTERCOM) as sipp:
        await ours.rings()
        await ours.does("reject")
        await sipp.succeeds()


@pytest.mark.function("caller id: suppressed", peers=("sipp",), without=AT_SIPP_DIRECT)
async def test_a_suppressed_number_is_not_seen(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_answers(place) as sipp:
        await ours.does("call", place.short, "--caller-id", "anonymous")
        invite = await sipp.message("INVITE")
        await ours.talks()
        await ours.hangs_up()
        await sipp.succeeds()
    assert '\nFrom: "Anonymous" <sip:anonymous@anonymous.invalid>' in invite, invite
    assert "\nPrivacy: id\n" in invite, invite


@pytest.mark.function("caller id: one of my numbers", peers=("sipp",), without=AT_SIPP)
async def test_another_number_is_shown(desk: Desk) -> None:
    ours, place = await desk.ours(), desk.place()
    async with sipp_answers(place) as sipp:
        await ours.does("call", place.short, "--caller-id", "+4989123450")
        invite = await sipp.message("INVITE")
        await ours.talks()
        await ours.hangs_up()
        await sipp.succeeds()
    assert "\nP-Preferred-Identity: <sip:+4989123450@127.0.0.1" in invite, invite


@pytest.mark.function(
    "caller id: one of my numbers, in From", peers=("sipp",), without=AT_SIPP_DIRECT
)
async def test_another_number_is_shown_in_from(desk: Desk) -> None:
    ours, place = await desk.ours(", caller_id_in: from"), desk.place()
    async with sipp_answers(place) as sipp:
        await ours.does("call", place.short, "--caller-id", "+4989123450")
        invite = await sipp.message("INVITE")
        await ours.talks()
        await ours.hangs_up()
        await sipp.succeeds()
    assert "\nFrom: <sip:+4989123450@127.0.0.1" in invite, invite


@pytest.mark.function(
    "message waiting: how many new and old", peers=("PBX",), without={"direct": "a PBX's word"}
)
async def test_waiting_messages_are_shown(desk: Desk) -> None:
    ours = await desk.ours()
    desk.tells_pbx(f"ext/{ours.place.user}/mwi", "3/1")
    await ours.has_messages(new=3, old=1)
    desk.tells_pbx(f"ext/{ours.place.user}/mwi", "0/4")
    await ours.has_messages(new=0, old=4)
