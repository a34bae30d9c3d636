"""Calls sent elsewhere: three real engines on loopback, each in one of the three roles."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from bridge.model.calls import EndedBy
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    PlaceCall,
    RejectCall,
    RingCall,
    TransferCall,
)
from bridge.model.engine import AccountSettings
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallReferred,
    CallReplaced,
    OrderFailed,
    RemoteChanged,
    TransferChanged,
)
from bridge.model.sound import SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, connect, new_call, quiet_settings
from tests.engine.raw_sip import SDP, RawPeer, status_of, to_tag_of
from tests.engine.tones import hears, loud, silent

pytestmark = pytest.mark.sip

TONES = {"a": 500.0, "b": 1100.0, "c": 1900.0}


def telephone(user: str, *, transfers: bool | None = True) -> Phone:
    sound = SoundSettings(
        backend=SoundBackend.TEST,
        test_tone_hz=TONES[user],
        test_listen_hz=tuple(TONES.values()),
        hold_music="off",
    )
    line = AccountSettings(LINE, user, transfers=transfers)
    return Phone(user, quiet_settings(sound=sound), [line])


@dataclass
class Three:
    """Phones a, b and c."""

    a: Phone
    b: Phone
    c: Phone


@pytest.fixture
async def three() -> AsyncIterator[Three]:
    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(telephone(user)) for user in TONES]
        yield Three(*phones)
        for phone in phones:
            assert (await phone.engine.sound_stats()) is not None, "an engine has died"


def is_final(event: TransferChanged) -> bool:
    return event.final


# linphone 5.1; RFC 6665 section 8.4 knows no second "=", and PJSIP drops the message
LINPHONES_END = "Event: refer\r\nSubscription-State: terminated;reason=reason=noresource\r\n"


@pytest.mark.parametrize("status", ["200 Ok", "486 Busy here"])
async def test_the_last_word_about_a_transfer_is_understood_where_pjsip_drops_it(
    status: str,
) -> None:
    async with telephone("a") as a:
        raw = RawPeer(a.engine.address, "a")
        raw.invite("r")
        arrived = await a.log.until(CallArrived)
        a.engine.order(AnswerCall(arrived.call))
        tag = to_tag_of(await asyncio.to_thread(raw.answer, "r", "INVITE"))
        raw.send(raw.request("ACK", "r", to_tag=tag))
        await a.log.until(CallConnected)
        a.engine.order(TransferCall(arrived.call, "sip:c@127.0.0.1:9"))
        raw.accepts(await asyncio.to_thread(raw.asked, "REFER"))
        await a.log.until(TransferChanged, arrived.call, where=lambda told: told.sip == 100)
        for call, said in (("stranger", "SIP/2.0 603 No"), ("r", f"SIP/2.0 {status}\r\n")):
            words = {"extra": LINPHONES_END, "content": "message/sipfrag", "body": said}
            raw.send(raw.request("NOTIFY", call, to_tag=tag, sequence=2, **words))
        told = await a.log.until(TransferChanged, arrived.call, where=is_final)
        assert f"{told.sip} {told.reason}" == status
        raw.close()


# -- blind --------------------------------------------------------------------


async def test_sent_elsewhere_the_other_end_calls_there_and_we_hear_how_it_goes(
    three: Three,
) -> None:
    a, b, c = three.a, three.b, three.c
    ours, theirs = await connect(b, a)
    b.engine.order(TransferCall(ours, c.uri))
    referred = await a.log.until(CallReferred, theirs)
    assert referred.target.number == "c"
    arrived = await c.arrival()
    c.engine.order(RingCall(arrived.call))
    await b.log.until(TransferChanged, ours, where=lambda e: e.sip == 180)
    c.engine.order(AnswerCall(arrived.call))
    done = await b.log.until(TransferChanged, ours, where=is_final)
    assert done.sip == 200
    assert b.log.of(CallEnded) == [], "hanging up is for the core to decide"
    await a.log.until(CallConnected, referred.new_call)
    await b.hangs_up(ours)
    await a.log.until(CallEnded, theirs)
    await hears(a, TONES["c"], loud)
    await hears(c, TONES["a"], loud)
    await hears(c, TONES["b"], silent)


async def test_a_transfer_to_somebody_busy_fails_with_his_status_and_the_call_goes_on(
    three: Three,
) -> None:
    a, b, c = three.a, three.b, three.c
    ours, theirs = await connect(b, a)
    b.engine.order(TransferCall(ours, c.uri))
    arrived = await c.arrival()
    c.engine.order(RejectCall(arrived.call, 486))
    told = await b.log.until(TransferChanged, ours, where=is_final)
    assert told.sip == 486
    referred = await a.log.until(CallReferred, theirs)
    assert (await a.log.until(CallEnded, referred.new_call)).cause.sip == 486
    assert a.log.of(CallEnded, theirs) == []
    await hears(a, TONES["b"], loud)


async def test_whoever_takes_no_transfers_declines_and_nothing_rings() -> None:
    async with telephone("a", transfers=None) as a, telephone("b") as b:
        ours, theirs = await connect(b, a)
        b.engine.order(TransferCall(ours, "sip:c@127.0.0.1:9"))
        told = await b.log.until(TransferChanged, ours, where=is_final)
        assert told.sip == 603
        assert a.log.of(CallReferred) == []
        await a.hangs_up(theirs)


HOSTILE = [
    "<sip:112@127.0.0.1>",
    "<sip:%31%31%32@127.0.0.1>",
    "<sip:0112@127.0.0.1>",
    "<sip:c@127.0.0.1?Route=%3Csip%3A127.0.0.2%3Blr%3E>",
    "<sip:c@127.0.0.1?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2&From=sip%3Ax%40y>",
    "<sip:c@name.invalid>",
    "<tel:112>",
    "<http://127.0.0.1/>",
    "<sip:>",
]


async def test_hostile_refers_are_declined() -> None:
    async with telephone("a") as a:
        raw = RawPeer(a.engine.address, "a")
        raw.invite("r")
        arrived = await a.log.until(CallArrived)
        a.engine.order(AnswerCall(arrived.call))
        tag = to_tag_of(await asyncio.to_thread(raw.answer, "r", "INVITE"))
        raw.send(raw.request("ACK", "r", to_tag=tag))
        await a.log.until(CallConnected)
        accepted = []
        for sequence, target in enumerate(HOSTILE, 2):
            extra = f"Refer-To: {target}\r\n"
            raw.send(raw.request("REFER", "r", to_tag=tag, sequence=sequence, extra=extra))
            answer = await asyncio.to_thread(raw.answer, "r", "REFER")
            accepted += [target] if status_of(answer) < 400 else []
        raw.close()
        assert accepted == []
        assert a.log.of(CallReferred) == []


async def test_a_refer_to_where_nobody_is_ends_the_new_call_and_not_the_old(three: Three) -> None:
    ours, theirs = await connect(three.b, three.a)
    three.b.engine.order(TransferCall(ours, "sip:nobody@127.0.0.1:9"))
    referred = await three.a.log.until(CallReferred, theirs)
    three.a.engine.order(EndCall(referred.new_call))
    await three.a.log.until(CallEnded, referred.new_call)
    assert three.a.log.of(CallEnded, theirs) == []


async def test_targets_that_cannot_be_called_fail_with_words(three: Three) -> None:
    ours, _ = await connect(three.b, three.a)
    for target in ("sip:x@192.0.2.1\r\nX: y", "200", ""):
        seen = len(three.b.log.events)
        three.b.engine.order(TransferCall(ours, target))
        failed = await three.b.log.until(OrderFailed, ours, after=seen)
        assert failed.order == "TransferCall"


async def test_a_call_that_only_rings_cannot_be_transferred(three: Three) -> None:
    out = three.b.dials(three.a.uri)
    await three.a.arrival()
    three.b.engine.order(TransferCall(out, three.c.uri))
    failed = await three.b.log.until(OrderFailed, out)
    assert failed.reason.startswith("not possible in this state of the call")


# -- attended -----------------------------------------------------------------


async def test_two_calls_of_ours_are_connected_with_each_other(three: Three) -> None:
    a, b, c = three.a, three.b, three.c
    first, at_b = await connect(a, b)
    second, at_c = await connect(a, c)
    a.engine.order(ConnectCalls(first, second))
    referred = await b.log.until(CallReferred, at_b)
    replaced = await c.log.until(CallReplaced, at_c)
    assert replaced.remote.number == "b"
    done = await a.log.until(TransferChanged, first, where=is_final)
    assert done.sip == 200
    await c.log.until(CallEnded, at_c)
    await a.log.until(CallEnded, second)
    await c.log.until(CallConnected, replaced.new_call)
    await b.log.until(CallConnected, referred.new_call)
    await a.hangs_up(first)
    await hears(b, TONES["c"], loud)
    await hears(c, TONES["b"], loud)
    await hears(c, TONES["a"], silent)


@pytest.mark.parametrize("transfers", [None, True])
async def test_whoever_wants_the_place_of_a_call_gets_it_by_setting_only(
    transfers: bool | None,
) -> None:
    async with telephone("a", transfers=transfers) as a:
        first, second = RawPeer(a.engine.address, "a"), RawPeer(a.engine.address, "a")
        first.invite("one")
        arrived = await a.log.until(CallArrived)
        a.engine.order(AnswerCall(arrived.call))
        tag = to_tag_of(await asyncio.to_thread(first.answer, "one", "INVITE"))
        first.send(first.request("ACK", "one", to_tag=tag))
        await a.log.until(CallConnected, arrived.call)
        # to-tag is ours, from-tag is that of the one who called (RFC 3891 section 3)
        replaces = f"Replaces: one;to-tag={tag.removeprefix(';tag=')};from-tag=fone\r\n"
        second.send(second.request("INVITE", "two", body=SDP, extra=replaces))
        status = status_of(await asyncio.to_thread(second.answer, "two", "INVITE"))
        assert status == (200 if transfers else 603)
        assert len(a.log.of(CallReplaced)) == (1 if transfers else 0)
        first.close()
        second.close()


async def test_connecting_with_a_call_that_is_not_there_fails(three: Three) -> None:
    ours, _ = await connect(three.b, three.a)
    three.b.engine.order(ConnectCalls(ours, ours))
    failed = await three.b.log.until(OrderFailed, ours)
    assert failed.reason.endswith("the other call is not connected")


async def test_ten_transfers_in_a_row_leave_four_lines_free(three: Three) -> None:
    a, b, c = three.a, three.b, three.c
    for _ in range(10):
        seen = len(c.log.events)
        ours, theirs = await connect(b, a)
        b.engine.order(TransferCall(ours, c.uri))
        arrived = await c.arrival(after=seen)
        c.engine.order(AnswerCall(arrived.call))
        await b.log.until(TransferChanged, ours, where=is_final)
        await b.hangs_up(ours)
        await a.log.until(CallEnded, theirs)
        await c.hangs_up(arrived.call)
        await a.log.until(CallEnded, a.log.of(CallReferred, theirs)[0].new_call)
    assert len(a.log.of(CallEnded)) == len(a.log.of(CallArrived)) + len(a.log.of(CallReferred))


# -- 302 ----------------------------------------------------------------------


async def test_a_diverted_caller_is_told_where_to_call(three: Three) -> None:
    raw = RawPeer(three.a.engine.address, "a")
    raw.invite("d")
    arrived = await three.a.arrival()
    three.a.engine.order(RingCall(arrived.call))
    three.a.engine.order(DivertCall(arrived.call, three.c.uri))
    answer = await asyncio.to_thread(raw.answer, "d", "INVITE", 200)
    raw.close()
    assert status_of(answer) == 302
    assert f"Contact: <{three.c.uri}>" in answer
    ended = await three.a.log.until(CallEnded, arrived.call)
    assert (ended.cause.by, ended.cause.sip) == (EndedBy.LOCAL, 302)


async def test_without_a_pbx_a_call_sent_on_is_not_followed(three: Three) -> None:
    out = three.b.dials(three.a.uri)
    arrived = await three.a.arrival()
    three.a.engine.order(DivertCall(arrived.call, three.c.uri))
    ended = await three.b.log.until(CallEnded, out)
    assert ended.cause.sip == 302
    assert three.c.log.of(CallArrived) == []
    assert three.b.log.of(RemoteChanged) == []


async def test_only_a_ringing_call_can_be_diverted(three: Three) -> None:
    ours, theirs = await connect(three.b, three.a)
    three.a.engine.order(DivertCall(theirs, three.c.uri))
    failed = await three.a.log.until(OrderFailed, theirs)
    assert failed.reason == "only a call that rings here can be diverted"
    three.b.engine.order(DivertCall(ours, three.c.uri))
    await three.b.log.until(OrderFailed, ours)


# -- accidents ----------------------------------------------------------------


async def test_an_engine_killed_after_it_was_sent_elsewhere_loses_both_calls() -> None:
    async with telephone("a") as a, telephone("b") as b, telephone("c") as c:
        ours, theirs = await connect(b, a)
        b.engine.order(TransferCall(ours, c.uri))
        referred = await a.log.until(CallReferred, theirs)
        os.kill(a.engine.pid, signal.SIGKILL)
        await a.log.until(CallEnded, theirs)
        ended = await a.log.until(CallEnded, referred.new_call)
        assert ended.cause.by is EndedBy.ERROR


# -- pulled -------------------------------------------------------------------


@pytest.mark.parametrize("caller", [True, False])
async def test_a_call_of_another_telephone_goes_on_here(three: Three, caller: bool) -> None:
    a, b, c = three.a, three.b, three.c
    theirs, ours = await connect(a, b) if not caller else reversed(await connect(b, a))
    dialog = (await b.log.until(CallConnected, ours)).dialog
    pulled = new_call()
    c.engine.order(PlaceCall(pulled, LINE, a.uri, replaces=dialog))
    await c.log.until(CallConnected, pulled)
    replaced = await a.log.until(CallReplaced, theirs)
    assert replaced.remote.number == "c"
    assert (await b.log.until(CallEnded, ours)).cause.by is EndedBy.REMOTE
    assert a.log.of(CallArrived) == ([] if not caller else a.log.of(CallArrived, theirs))
    await hears(c, TONES["a"], loud)
    await hears(a, TONES["c"], loud)
    await hears(b, TONES["a"], silent)


@pytest.mark.parametrize("dialog", ["gone@h;to-tag=a;from-tag=b", "x\r\nY: z;to-tag=a;from-tag=b"])
async def test_a_call_that_is_not_there_is_not_pulled_and_nobody_rings(
    three: Three, dialog: str
) -> None:
    pulled = new_call()
    three.c.engine.order(PlaceCall(pulled, LINE, three.a.uri, replaces=dialog))
    ended = await three.c.log.until(CallEnded, pulled)
    assert ended.cause.sip in {0, 481}
    assert three.a.log.of(CallArrived) == []


async def test_who_was_quicker_keeps_a_call_that_was_to_be_picked_up(three: Three) -> None:
    a, b, c = three.a, three.b, three.c
    ours, theirs = await connect(a, b)
    dialog = (await b.log.until(CallConnected, theirs)).dialog
    picked_up = new_call()
    c.engine.order(PlaceCall(picked_up, LINE, a.uri, replaces=f"{dialog};early-only"))
    assert (await c.log.until(CallEnded, picked_up)).cause.sip == 486
    assert a.log.of(CallReplaced) == []
    await b.hangs_up(theirs)
    assert (await a.log.until(CallEnded, ours)).cause.by is EndedBy.REMOTE
