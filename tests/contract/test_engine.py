"""One contract for the SIP engine: real over loopback, and its virtual twin."""

import re

import pytest

from bridge.model.calls import EndedBy
from bridge.model.effects import (
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
)
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallRinging,
    DtmfReceived,
    EngineReady,
    HoldChanged,
    MediaChanged,
    OrderFailed,
)
from bridge.model.ids import AccountId
from bridge.model.sound import Ring
from bridge.protocols.sip_dialog import DIALOG_FORM
from tests.contract.engine_rigs import PEER_NUMBER, Rig, answered, dial, is_hold
from tests.engine.phones import LINE, new_call

# -- start --------------------------------------------------------------------


async def test_it_says_once_that_it_is_ready_and_for_how_many_calls(rig: Rig) -> None:
    ready = await rig.log.until(EngineReady)
    assert ready.max_calls == 4
    assert ready.note == ""
    assert len(rig.log.of(EngineReady)) == 1


# -- incoming -----------------------------------------------------------------


async def test_a_call_arrives_with_its_caller_and_nothing_is_sent_back(rig: Rig) -> None:
    call = await rig.peer_calls()
    (arrived,) = rig.log.of(CallArrived)
    assert arrived.call == call
    assert arrived.account == LINE
    assert arrived.remote.number == PEER_NUMBER


async def test_the_caller_hears_ringing_when_it_rings_here(rig: Rig) -> None:
    call = await rig.peer_calls()
    rig.engine.order(RingCall(call))
    assert await rig.peer_hears_ringing(call)


async def test_an_answered_call_is_connected_and_has_sound(rig: Rig) -> None:
    call = await answered(rig)
    media = await rig.log.until(MediaChanged, call)
    assert media.active
    assert media.codec == "G722"


async def test_sound_is_negotiated_before_the_call_is_connected(rig: Rig) -> None:
    call = await answered(rig)
    kinds = [type(e) for e in rig.log.events if getattr(e, "call", None) == call]
    assert kinds == [CallArrived, MediaChanged, CallConnected]
    (connected,) = rig.log.of(CallConnected)
    assert re.fullmatch(DIALOG_FORM, connected.dialog)


async def test_rejecting_ends_the_call_as_ours_with_the_status(rig: Rig) -> None:
    call = await rig.peer_calls()
    rig.engine.order(RingCall(call))
    rig.engine.order(RejectCall(call, 603))
    ended = await rig.log.until(CallEnded, call)
    assert (ended.cause.by, ended.cause.sip) == (EndedBy.LOCAL, 603)


async def test_a_caller_who_gives_up_ends_the_call(rig: Rig) -> None:
    call = await rig.peer_calls()
    rig.engine.order(RingCall(call))
    assert await rig.peer_hears_ringing(call)
    rig.peer_hangs_up(call)
    ended = await rig.log.until(CallEnded, call)
    assert (ended.cause.by, ended.cause.sip) == (EndedBy.REMOTE, 487)


# -- outgoing -----------------------------------------------------------------


async def test_a_placed_call_rings_over_there_and_is_answered(rig: Rig) -> None:
    call = await dial(rig)
    rig.peer_rings(call)
    await rig.log.until(CallRinging, call)
    rig.peer_answers(call)
    await rig.log.until(CallConnected, call)
    assert len(rig.log.of(CallRinging, call)) == 1


@pytest.mark.parametrize(
    ("status", "by", "words"),
    [
        (486, EndedBy.REMOTE, "the other end is busy"),
        (603, EndedBy.REMOTE, "the other end declined"),
        (480, EndedBy.REMOTE, "the other end is not available now"),
        (404, EndedBy.ERROR, "the PBX does not know this number"),
        (488, EndedBy.ERROR, "no common codec or encryption; compare codecs and srtp with the PBX"),
    ],
)
async def test_a_refused_call_ends_with_status_and_plain_words(
    rig: Rig, status: int, by: EndedBy, words: str
) -> None:
    call = await dial(rig)
    rig.peer_rejects(call, status)
    cause = (await rig.log.until(CallEnded, call)).cause
    assert (cause.by, cause.sip, cause.reason) == (by, status, words)


async def test_giving_up_while_it_rings_over_there(rig: Rig) -> None:
    call = await dial(rig)
    rig.peer_rings(call)
    await rig.log.until(CallRinging, call)
    rig.engine.order(EndCall(call))
    ended = await rig.log.until(CallEnded, call)
    assert ended.cause.by is EndedBy.LOCAL


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("200", "a line without a server needs a whole SIP address"),
        ("sip:200@192.0.2.1\r\nX-Evil: 1", "expected a SIP address"),
        ("sip:200@192.0.2.1?Replaces=x", "expected a SIP address"),
        ("sip:", "expected a SIP address"),
        ("2\x000", "expected a number or a SIP address"),
        ("", "expected a number or a SIP address"),
        ("9" * 300, "expected at most 256 characters"),
        ("http://x", "expected a number or a SIP address"),
        ("sip:\ud800@192.0.2.1", "expected a SIP address"),
    ],
)
async def test_what_cannot_be_dialled_fails_with_words_and_ends(
    rig: Rig, target: str, words: str
) -> None:
    call = new_call()
    rig.engine.order(PlaceCall(call, LINE, target))
    failed = await rig.log.until(OrderFailed, call)
    ended = await rig.log.until(CallEnded, call)
    assert failed.order == "PlaceCall"
    assert failed.reason.startswith(words)
    assert ended.cause.by is EndedBy.ERROR


async def test_a_line_that_is_not_there(rig: Rig) -> None:
    call = new_call()
    rig.engine.order(PlaceCall(call, AccountId("nowhere"), rig.target))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "there is no account nowhere"
    await rig.log.until(CallEnded, call)


# -- in a call ----------------------------------------------------------------


async def test_hanging_up_here_ends_it_as_ours(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(EndCall(call))
    assert (await rig.log.until(CallEnded, call)).cause.by is EndedBy.LOCAL


async def test_hanging_up_there_ends_it_as_theirs(rig: Rig) -> None:
    call = await answered(rig)
    rig.peer_hangs_up(call)
    cause = (await rig.log.until(CallEnded, call)).cause
    assert cause.by is EndedBy.REMOTE
    assert cause.reason == "the other end hung up"


async def test_hold_and_resume(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(HoldCall(call))
    await rig.log.until(HoldChanged, call, where=is_hold(local=True, remote=False))
    await rig.log.until(MediaChanged, call, where=lambda e: not e.active)
    rig.engine.order(ResumeCall(call))
    await rig.log.until(HoldChanged, call, where=is_hold(local=False, remote=False))
    assert len(rig.log.of(HoldChanged, call)) == 2


async def test_being_held_and_resumed(rig: Rig) -> None:
    call = await answered(rig)
    rig.peer_holds(call)
    await rig.log.until(HoldChanged, call, where=is_hold(local=False, remote=True))
    rig.peer_resumes(call)
    await rig.log.until(HoldChanged, call, where=is_hold(local=False, remote=False))


async def test_both_ends_hold(rig: Rig) -> None:
    call = await answered(rig)
    rig.peer_holds(call)
    await rig.log.until(HoldChanged, call, where=is_hold(local=False, remote=True))
    rig.engine.order(HoldCall(call))
    await rig.log.until(HoldChanged, call, where=is_hold(local=True, remote=True))


async def test_mute_makes_no_event(rig: Rig) -> None:
    call = await answered(rig)
    await rig.log.until(MediaChanged, call)
    before = len(rig.log.events)
    rig.engine.order(SetMicrophone(call, muted=True))
    rig.engine.order(SetMicrophone(call, muted=False))
    rig.engine.order(EndCall(call))
    await rig.log.until(CallEnded, call)
    assert [type(e) for e in rig.log.events[before:]] == [CallEnded]


async def test_digits_reach_the_other_end(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(SendDtmf(call, "1#b"))
    await rig.peer_heard_digits(call, "1#B")


async def test_digits_of_the_other_end_are_events(rig: Rig) -> None:
    call = await answered(rig)
    rig.peer_presses(call, "7")
    assert (await rig.log.until(DtmfReceived, call)).digit == "7"


@pytest.mark.parametrize("keys", ["", "12x", "1" * 33, "1\r\n"])
async def test_digits_that_are_none_fail(rig: Rig, keys: str) -> None:
    call = await answered(rig)
    rig.engine.order(SendDtmf(call, keys))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "expected 1 to 32 of the digits 0-9 * # A-D"


async def test_the_fifth_call_is_refused_and_the_four_live(rig: Rig) -> None:
    calls = [await dial(rig) for _ in range(4)]
    fifth = new_call()
    rig.engine.order(PlaceCall(fifth, LINE, rig.target))
    failed = await rig.log.until(OrderFailed, fifth)
    assert failed.reason == "4 calls at once are the most this engine can carry"
    await rig.log.until(CallEnded, fifth)
    assert rig.log.of(CallEnded, calls[0]) == []
    rig.peer_answers(calls[0])
    await rig.log.until(CallConnected, calls[0])
    rig.engine.order(EndCall(calls[0]))
    await rig.log.until(CallEnded, calls[0])
    await rig.peer_has_ended(calls[0])  # it too has four lines only
    assert await dial(rig)


async def test_the_ringer_can_be_switched_at_any_time(rig: Rig) -> None:
    await rig.log.until(EngineReady)
    for ring in (Ring.EXTERNAL, Ring.EXTERNAL, Ring.INTERNAL, Ring.WAITING, Ring.OFF, Ring.OFF):
        rig.engine.order(SetRinger(ring))
    call = await rig.peer_calls()
    assert rig.log.of(OrderFailed) == []
    rig.engine.order(EndCall(call))
    await rig.log.until(CallEnded, call)


async def test_resume_right_behind_hold_and_hold_behind_that(rig: Rig) -> None:
    call = await answered(rig)
    for order in (HoldCall(call), ResumeCall(call), HoldCall(call)):
        rig.engine.order(order)
    await rig.log.until(
        HoldChanged, call, where=lambda e: e.local and len(rig.log.of(HoldChanged, call)) == 3
    )
    assert [e.local for e in rig.log.of(HoldChanged, call)] == [True, False, True]
    assert rig.log.of(OrderFailed) == []
