"""Calls on a desk, in telephone words."""

import pytest

from bridge.model.calls import Phase
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    RejectCall,
    ResumeCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
)
from bridge.model.sound import Ring
from tests.scenarios.desk import LINE, Desk, until


async def test_answering_on_the_headset_clears_the_other_headsets_lamp(desk: Desk) -> None:
    mine, other = desk.headsets[0], await desk.plug("047f-c053_blackwire-5220")
    call = await desk.is_called()
    await mine.shows("ring")
    await other.shows("ring")
    mine.press("hook")
    await other.shows()
    await mine.shows("off_hook")
    assert desk.orders.count(AnswerCall(call)) == 1
    assert desk.call is not None
    assert desk.call.device == mine.name


async def test_a_caller_who_hangs_up_turns_the_lamp_off(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    desk.line.peer_hangs_up(call)
    await headset.shows()
    assert desk.broker.calls == []
    assert desk.broker.lamps(headset) == set()
    last = desk.broker.events("event/call")[-1]
    assert (last["from"], last["to"]) == ("connected", "ended")
    assert last["cause"] == {"by": "remote", "sip": 200, "reason": "the other end hung up"}


async def test_a_caller_who_gives_up_stops_the_ringing(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_called()
    await headset.shows("ring")
    assert desk.line.ringer_on is True
    desk.line.peer_hangs_up(call)
    await headset.shows()
    assert SetRinger(Ring.OFF) in desk.orders
    assert desk.ordered(AnswerCall) == 0


async def test_a_missed_call_cannot_be_answered_by_the_next_press(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_called()
    await headset.shows("ring")
    desk.line.peer_hangs_up(call)
    await headset.shows()
    headset.press("hook")
    await until(lambda: headset.view.hook, "the press is heard")
    assert desk.ordered(AnswerCall) == 0
    assert desk.broker.events(f"device/{headset.name}/event")[-1]["meaning"] == (
        "no meaning while idle"
    )


async def test_lamp_microphone_and_mqtt_agree_about_mute(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    headset.press("mute")
    await headset.shows("off_hook", "mute")
    assert desk.line.calls[call].muted
    assert desk.broker.body("calls")["muted"] is True
    assert desk.broker.calls[0]["muted"] is True
    assert desk.broker.lamps(headset) == {"off_hook", "mute"}
    headset.press("mute")
    await headset.shows("off_hook")
    assert not desk.line.calls[call].muted
    assert desk.broker.body("calls")["muted"] is False


async def test_mute_ends_with_the_call(desk: Desk) -> None:
    headset = desk.headsets[0]
    await desk.is_in_a_call(headset)
    headset.press("mute")
    await headset.shows("off_hook", "mute")
    headset.press("hook")
    await headset.shows()
    await desk.no_call()
    call = await desk.is_in_a_call(headset)
    assert not desk.line.calls[call].muted
    assert SetMicrophone(call, muted=True) not in desk.orders


async def test_a_raised_microphone_arm_keeps_the_microphone_off(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    headset.press("mute")
    await headset.shows("off_hook", "mute")
    headset.device.boom_arm_up = True
    desk.passes(1.0)
    desk.broker.command("unmute", call=call)
    await until(lambda: desk.ordered(SetMicrophone) == 3, "the device refuses and mutes again")
    await headset.shows("off_hook", "mute")
    assert desk.line.calls[call].muted


async def test_hold_from_the_headset_is_seen_by_everybody(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    headset.press("flash")
    await desk.call_is(Phase.HELD)
    await headset.shows("hold")
    assert desk.broker.calls[0]["state"] == "held"
    assert desk.broker.lamps(headset) == {"hold"}
    headset.press("flash")
    await desk.call_is(Phase.CONNECTED)
    assert [o for o in desk.orders if isinstance(o, HoldCall | ResumeCall)] == [
        HoldCall(call),
        ResumeCall(call),
    ]


async def test_lifting_the_headset_takes_a_call_back_from_hold(desk: Desk) -> None:
    headset = desk.headsets[0]
    await desk.is_in_a_call(headset)
    headset.press("flash")
    await headset.shows("hold")
    await desk.call_is(Phase.HELD)
    headset.press("hook")
    await desk.call_is(Phase.CONNECTED)
    await headset.shows("off_hook")
    assert desk.ordered(EndCall) == 0


async def test_hold_by_the_other_end_leaves_our_lamps_alone(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    desk.line.peer_holds(call)
    await desk.call_is(Phase.REMOTE_HELD)
    await headset.shows("off_hook")
    desk.line.peer_resumes(call)
    await desk.call_is(Phase.CONNECTED)
    await headset.shows("off_hook")


async def test_a_second_caller_rings_on_the_headset_and_flash_takes_him_and_swaps(
    desk: Desk,
) -> None:
    headset = desk.headsets[0]
    first = await desk.is_in_a_call(headset)
    second = await desk.is_called("202")
    await headset.shows("off_hook", "ring")
    headset.press("flash")
    await until(lambda: desk.phases == {first: "held", second: "connected"}, "the second one")
    await headset.shows("off_hook")
    headset.press("flash")
    await until(lambda: desk.phases == {first: "connected", second: "held"}, "swapped")
    await headset.shows("off_hook")


async def test_a_tap_while_a_second_one_rings_ends_the_first_and_answers_the_second(
    desk: Desk,
) -> None:
    headset = desk.headsets[0]
    await desk.is_in_a_call(headset)
    second = await desk.is_called("202")
    await headset.shows("off_hook", "ring")
    headset.press("hook")
    await until(lambda: desk.phases == {second: "connected"}, "the second one alone")
    await headset.shows("off_hook")
    headset.press("hook")
    await desk.no_call()
    await headset.shows()


async def test_a_second_caller_is_rejected_and_the_first_call_notices_nothing(desk: Desk) -> None:
    headset = desk.headsets[0]
    first = await desk.is_in_a_call(headset)
    second = await desk.is_called("202")
    await headset.shows("off_hook", "ring")
    headset.press("reject")
    await until(lambda: desk.phases == {first: "connected"}, "the first one alone")
    await headset.shows("off_hook")
    assert desk.orders.count(RejectCall(second, 486)) == 1


async def test_a_third_caller_hears_busy(desk: Desk) -> None:
    headset = desk.headsets[0]
    first = await desk.is_in_a_call(headset)
    second = await desk.is_called("202")
    third = desk.line.peer_calls("203")
    assert third is not None
    await until(lambda: RejectCall(third, 486) in desk.orders, "the third call is refused")
    await headset.shows("off_hook", "ring")
    assert desk.phases == {first: "connected", second: "ringing"}


async def test_the_next_call_rings_at_once_and_a_late_echo_does_not_touch_it(desk: Desk) -> None:
    headset = desk.headsets[0]
    await desk.is_in_a_call(headset)
    reply = desk.broker.command("hangup", call=desk.broker.calls[0]["call"])
    await desk.no_call()
    await desk.is_called("202")
    await headset.shows("ring")
    assert desk.swallowed("echo of our own write")
    assert desk.broker.replies(reply) == ["accepted", "done"]
    headset.press("hook")
    await desk.call_is(Phase.CONNECTED)


async def test_an_unanswered_press_is_taken_back_by_the_headset_and_means_nothing(
    desk: Desk,
) -> None:
    headset = desk.headsets[0]
    headset.press("hook")
    await until(lambda: headset.view.hook is True, "the press is heard")
    desk.passes(3.0)
    await until(lambda: headset.view.hook is False, "the headset takes it back")
    assert desk.swallowed("an unanswered press taken back")
    assert not desk.orders


async def test_digits_of_the_headsets_key_pad_are_sent_in_the_call(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    headset.press("5")
    headset.press("#")
    await until(lambda: desk.ordered(SendDtmf) == 2, "both digits are sent")
    assert desk.line.calls[call].heard == "5#"


async def test_digits_of_the_other_end_are_told_and_not_kept(desk: Desk) -> None:
    call = await desk.is_in_a_call(desk.headsets[0])
    desk.line.peer_presses(call, "7")
    await until(lambda: desk.broker.events("event/digit"), "the digit is told")
    assert desk.broker.events("event/digit")[0]["digit"] == "7"
    assert not [topic for topic in desk.broker.retained if "digit" in topic]


async def test_the_redial_key_calls_the_last_number_again(desk: Desk) -> None:
    headset = desk.headsets[0]
    desk.broker.command("dial", window=desk.broker.window, args={"target": "201"})
    await desk.call_is(Phase.DIALING)
    await headset.shows("off_hook")
    headset.press("hook")
    await desk.no_call()
    await headset.shows()
    headset.press("redial")
    await desk.call_is(Phase.DIALING)
    await headset.shows("off_hook")
    assert desk.call is not None
    assert (desk.call.remote.number, desk.call.account) == ("201", LINE)


@pytest.mark.parametrize("status", [486, 603, 404])
async def test_a_refused_outgoing_call_ends_with_the_reason(desk: Desk, status: int) -> None:
    headset = desk.headsets[0]
    reply = desk.broker.command("dial", window=desk.broker.window, args={"target": "202"})
    await desk.call_is(Phase.DIALING)
    assert desk.call is not None
    desk.line.peer_rejects(desk.call.call, status)
    await desk.no_call()
    await headset.shows()
    cause = desk.broker.events("event/call")[-1]["cause"]
    assert isinstance(cause, dict)
    assert cause["sip"] == status
    assert desk.broker.replies(reply) == ["accepted", "failed"]


async def test_hanging_up_while_it_rings_over_there_cancels(desk: Desk) -> None:
    headset = desk.headsets[0]
    desk.broker.command("dial", window=desk.broker.window, args={"target": "202"})
    await desk.call_is(Phase.DIALING)
    assert desk.call is not None
    call = desk.call.call
    desk.line.peer_rings(call)
    await desk.call_is(Phase.EARLY)
    await headset.shows("off_hook")
    headset.press("hook")
    await headset.shows()
    await desk.no_call()
    assert desk.orders.count(EndCall(call)) == 1
