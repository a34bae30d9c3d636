"""One contract for the SIP engine: orders that come late, twice or to nobody, and calls sent on."""

import pytest

from bridge.model.calls import EndedBy
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    EngineOrder,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetMicrophone,
    SoundNotice,
    TransferCall,
)
from bridge.model.events import (
    CallConnected,
    CallEnded,
    EngineReady,
    HoldChanged,
    MediaChanged,
    OrderFailed,
    RecordingChanged,
    TransferChanged,
)
from bridge.model.ids import CallId
from bridge.model.sound import Notice
from tests.contract.engine_rigs import Rig, answered, dial
from tests.engine.phones import LINE

# -- orders that come late, twice, or to nobody -------------------------------

NOBODY = CallId("nobody00000000000000")


@pytest.mark.parametrize(
    "order",
    [
        RingCall(NOBODY),
        AnswerCall(NOBODY),
        RejectCall(NOBODY, 486),
        EndCall(NOBODY),
        HoldCall(NOBODY),
        ResumeCall(NOBODY),
        SetMicrophone(NOBODY, muted=True),
        SendDtmf(NOBODY, "1"),
        SoundNotice(NOBODY, Notice.ANSWERED),
        DivertCall(NOBODY, "sip:1@192.0.2.1"),
        TransferCall(NOBODY, "sip:1@192.0.2.1"),
        ConnectCalls(NOBODY, NOBODY),
        JoinCalls(NOBODY, NOBODY, joined=True),
        RecordCall(NOBODY, on=True),
    ],
    ids=lambda o: type(o).__name__,
)
async def test_an_order_for_an_unknown_call_fails(rig: Rig, order: EngineOrder) -> None:
    await rig.log.until(EngineReady)
    rig.engine.order(order)
    failed = await rig.log.until(OrderFailed, NOBODY)
    assert failed.order == type(order).__name__
    assert failed.reason == "there is no such call (any more)"


async def test_an_order_for_a_call_that_is_over_fails(rig: Rig) -> None:
    call = await answered(rig)
    rig.peer_hangs_up(call)
    await rig.log.until(CallEnded, call)
    rig.engine.order(HoldCall(call))
    assert (await rig.log.until(OrderFailed, call)).order == "HoldCall"
    assert len(rig.log.of(CallEnded, call)) == 1


async def test_orders_given_twice_do_nothing_more(rig: Rig) -> None:
    call = await rig.peer_calls()
    for order in (RingCall(call), RingCall(call), AnswerCall(call), AnswerCall(call)):
        rig.engine.order(order)
    await rig.log.until(CallConnected, call)
    rig.engine.order(RingCall(call))
    rig.engine.order(HoldCall(call))
    await rig.log.until(HoldChanged, call)
    rig.engine.order(HoldCall(call))
    rig.engine.order(EndCall(call))
    await rig.log.until(CallEnded, call)
    assert rig.log.of(OrderFailed) == []
    assert len(rig.log.of(CallConnected)) == len(rig.log.of(CallEnded)) == 1


async def test_resuming_what_is_not_held_does_nothing(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(ResumeCall(call))
    rig.engine.order(EndCall(call))
    await rig.log.until(CallEnded, call)
    assert rig.log.of(OrderFailed) == []
    assert rig.log.of(HoldChanged) == []


async def test_placing_the_same_call_twice_makes_one_call(rig: Rig) -> None:
    call = await dial(rig)
    rig.engine.order(PlaceCall(call, LINE, rig.target))
    rig.engine.order(EndCall(call))
    await rig.log.until(CallEnded, call)
    assert rig.log.of(OrderFailed) == []


async def test_holding_before_the_answer_fails_and_the_call_lives(rig: Rig) -> None:
    call = await dial(rig)
    rig.engine.order(HoldCall(call))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason.startswith("not possible in this state of the call")
    rig.peer_answers(call)
    await rig.log.until(CallConnected, call)


@pytest.mark.parametrize("status", [0, 200, 302, 700])
async def test_rejecting_with_a_status_that_is_no_refusal_fails(rig: Rig, status: int) -> None:
    call = await rig.peer_calls()
    rig.engine.order(RejectCall(call, status))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "expected a final status of 400 to 699"


async def test_rejecting_an_answered_call_fails_and_it_lives(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(RejectCall(call, 486))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "only a call that rings here can be rejected"
    assert rig.log.of(CallEnded) == []


# -- sent elsewhere -----------------------------------------------------------

ELSEWHERE = "sip:4712@192.0.2.1"


async def test_a_diverted_call_ends_as_ours_with_302(rig: Rig) -> None:
    call = await rig.peer_calls()
    rig.engine.order(DivertCall(call, ELSEWHERE))
    ended = await rig.log.until(CallEnded, call)
    assert (ended.cause.by, ended.cause.sip) == (EndedBy.LOCAL, 302)
    await rig.peer_has_ended(call)


async def test_a_call_diverted_to_nowhere_rings_on(rig: Rig) -> None:
    call = await rig.peer_calls()
    rig.engine.order(DivertCall(call, "4712"))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason.startswith("a line without a server needs a whole SIP address")
    rig.engine.order(AnswerCall(call))
    await rig.log.until(CallConnected, call)


async def test_only_what_rings_here_can_be_diverted(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(DivertCall(call, ELSEWHERE))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "only a call that rings here can be diverted"


async def test_a_transfer_that_is_declined_is_told_and_the_call_goes_on(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(TransferCall(call, ELSEWHERE))
    rig.peer_declines_transfer(call)
    told = await rig.log.until(TransferChanged, call, where=lambda e: e.final)
    assert told.sip == 603
    assert rig.log.of(CallEnded, call) == []
    rig.engine.order(HoldCall(call))
    await rig.log.until(HoldChanged, call)


async def test_what_is_not_connected_cannot_be_transferred(rig: Rig) -> None:
    call = await dial(rig)
    rig.engine.order(TransferCall(call, ELSEWHERE))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "not possible in this state of the call: it is not connected"


async def test_a_call_cannot_be_connected_with_itself(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(ConnectCalls(call, call))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason.endswith("the other call is not connected")


# -- recorded, joined ---------------------------------------------------------


async def test_a_recording_begins_and_ends_with_its_file(rig: Rig) -> None:
    call = await answered(rig)
    for _ in range(2):  # the second order does nothing
        rig.engine.order(RecordCall(call, on=True))
    began = await rig.log.until(RecordingChanged, call, where=lambda e: e.on)
    assert began.file.endswith(f"{call}.wav")
    rig.engine.order(RecordCall(call, on=False))
    ended = await rig.log.until(RecordingChanged, call, where=lambda e: not e.on)
    assert (ended.file, ended.reason) == (began.file, "")
    rig.engine.order(RecordCall(call, on=False))
    rig.engine.order(EndCall(call))
    await rig.log.until(CallEnded, call)
    assert len(rig.log.of(RecordingChanged)) == 2
    assert rig.log.of(OrderFailed) == []


async def test_the_end_of_a_call_ends_its_recording_first(rig: Rig) -> None:
    call = await answered(rig)
    rig.engine.order(RecordCall(call, on=True))
    await rig.log.until(RecordingChanged, call)
    rig.peer_hangs_up(call)
    await rig.log.until(CallEnded, call)
    ended = rig.log.of(RecordingChanged, call)[-1]
    assert (ended.on, ended.reason) == (False, "the call ended")
    assert rig.log.events.index(ended) < rig.log.events.index(rig.log.of(CallEnded, call)[0])


async def test_what_only_rings_is_not_recorded(rig: Rig) -> None:
    call = await rig.peer_calls()
    rig.engine.order(RecordCall(call, on=True))
    failed = await rig.log.until(OrderFailed, call)
    assert failed.reason == "not possible in this state of the call"


async def test_two_calls_are_joined_and_parted_without_an_event(rig: Rig) -> None:
    first, second = await answered(rig), await answered(rig)
    before = len(rig.log.events)
    rig.engine.order(JoinCalls(first, second, joined=True))
    rig.engine.order(JoinCalls(second, first, joined=False))
    rig.engine.order(JoinCalls(first, first, joined=True))
    failed = await rig.log.until(OrderFailed, first)
    assert failed.reason == "there is no such other call (any more)"
    assert [e for e in rig.log.events[before:] if not isinstance(e, MediaChanged)] == [failed]
