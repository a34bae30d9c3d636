"""Commands off the headset: by MQTT, where nothing stale may act, and by the command line."""

import pytest

from bridge.cli.show import inner
from bridge.model.calls import Phase
from bridge.model.effects import AnswerCall, PlaceCall
from bridge.model.intents import Verb
from bridge.protocols.control_wire import GetStatus
from tests.scenarios.desk import LINE, Desk, until

OLD = "an-id-of-yesterday"


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"epoch": "fedcba9876543210"}, "stale"),
        ({"call": "00000000000000000000"}, "stale"),
        ({"expect": "connected"}, "conflict"),
        ({"call": None}, "invalid"),
        ({"ttl_ms": 60_000}, "invalid"),
        ({"v": 2}, "invalid"),
        ({"args": {"status": 486}}, "invalid"),
        ({"ts": "now"}, "invalid"),
    ],
)
async def test_a_command_that_is_not_for_this_call_never_answers(
    desk: Desk, wrong: dict[str, object], word: str
) -> None:
    call = await desk.is_called()
    members: dict[str, object] = {"call": call} | wrong
    number = desk.broker.command("answer", **members)
    assert desk.broker.replies(number) == [word]
    assert desk.ordered(AnswerCall) == 0
    assert desk.call is not None
    assert desk.call.phase is Phase.RINGING


async def test_a_retained_answer_never_answers(desk: Desk) -> None:
    call = await desk.is_called()
    number = desk.broker.stored_command("answer", call=call)
    assert desk.broker.replies(number) == []
    assert desk.ordered(AnswerCall) == 0


async def test_a_repeated_command_gets_the_first_reply_and_acts_once(desk: Desk) -> None:
    call = await desk.is_called()
    desk.broker.command("answer", call=call, id=OLD)
    await desk.call_is(Phase.CONNECTED)
    desk.line.peer_hangs_up(call)
    await desk.no_call()
    again = await desk.is_called()
    desk.broker.command("answer", call=again, id=OLD)
    assert desk.broker.replies(OLD) == ["accepted", "done", "done"]
    assert desk.ordered(AnswerCall) == 1
    assert desk.call is not None
    assert desk.call.phase is Phase.RINGING


async def test_dialling_needs_a_token_of_now(desk: Desk) -> None:
    window = desk.broker.window
    desk.passes(70.0)
    number = desk.broker.command("dial", window=window, args={"target": "201"})
    assert desk.broker.replies(number) == ["stale"]
    assert desk.ordered(PlaceCall) == 0


async def test_a_script_gone_wild_is_stopped_at_three_calls_in_ten_seconds(desk: Desk) -> None:
    words = []
    for _ in range(4):
        number = desk.broker.command("dial", window=desk.broker.window, args={"target": "201"})
        words.append(desk.broker.replies(number)[-1])
    assert words == ["accepted", "busy", "busy", "denied"]
    assert desk.ordered(PlaceCall) == 1


async def test_what_was_refused_is_counted_for_readers_and_for_the_command_line(
    desk: Desk,
) -> None:
    call = await desk.is_called()
    desk.broker.say("offhook/1/desk/cmd/answer", b"no JSON")
    desk.broker.stored_command("hangup", call=call)
    desk.broker.command("hangup", call="00000000000000000000")
    desk.broker.command("answer", call=call)
    await desk.call_is(Phase.CONNECTED)
    desk.passes(30.0)
    counted = {"call": 1, "retained": 1, "run": 1, "unreadable": 1}
    assert desk.broker.body("figures")["commands"] == counted
    status = await desk.asks(GetStatus())
    assert inner(status, "mqtt")["commands"] == counted


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"answer",
        b"\xff\xfe",
        b"[" * 4000,
        b'{"v":1,"v":1}',
        b'{"v":1,"id":"12345678","ts":NaN,"ttl_ms":3000,"epoch":"0123456789abcdef"}',
        b"x" * 5000,
        b'{"v":1,"id":"12345678","reply_to":"../../calls"}',
    ],
)
async def test_hostile_payloads_press_nothing_and_the_next_command_works(
    desk: Desk, payload: bytes
) -> None:
    headset = desk.headsets[0]
    call = await desk.is_called()
    for name in ("answer", "hangup", "explode", "../calls"):
        desk.broker.say(f"offhook/1/desk/cmd/{name}", payload)
    assert desk.ordered(AnswerCall) == 0
    assert desk.broker.calls[0]["state"] == "ringing"
    desk.broker.command("answer", call=call)
    await desk.call_is(Phase.CONNECTED)
    await headset.shows("off_hook")


async def test_the_command_line_answers_mutes_holds_and_hangs_up(desk: Desk) -> None:
    headset = desk.headsets[0]
    call = await desk.is_called()
    done = {"outcome": "done", "call": call}
    assert (await desk.types(Verb.ANSWER)).items() >= done.items()
    await headset.shows("off_hook")
    assert (await desk.types(Verb.MUTE)).items() >= done.items()
    await headset.shows("off_hook", "mute")
    assert (await desk.types(Verb.HOLD)).items() >= done.items()
    await headset.shows("mute", "hold")
    assert (await desk.types(Verb.RESUME)).items() >= done.items()
    await headset.shows("off_hook", "mute")
    assert (await desk.types(Verb.DTMF, "12#")).items() >= done.items()
    assert desk.line.calls[call].heard == "12#"
    assert (await desk.types(Verb.HANGUP)).items() >= done.items()
    await headset.shows()


async def test_the_command_line_is_told_why_nothing_happens(desk: Desk) -> None:
    answer = await desk.types(Verb.ANSWER)
    assert (answer["outcome"], answer["detail"]) == ("conflict", "there is no call")
    redial = await desk.types(Verb.REDIAL)
    assert redial["detail"] == "nothing has been dialled yet"
    desk.line.dies("the SIP engine died (signal 6); it is being started again")
    await until(lambda: not desk.view.engine_up, "the engine is gone")
    dial = await desk.types(Verb.DIAL, "201")
    assert dial["outcome"] == "failed"
    assert dial["detail"] == "the SIP engine died (signal 6); it is being started again"


async def test_numbers_and_names_are_masked_for_readers_and_in_the_trace(desk: Desk) -> None:
    await desk.is_called("+49301234567", "Ada Example")
    assert desk.broker.calls[0]["peer"] == "…67"
    everything = b"".join(message.payload for message in desk.broker.published)
    assert b"301234567" not in everything
    assert b"Ada" not in everything
    assert "301234567" not in desk.story()
    assert desk.call is not None
    assert desk.call.remote.number == "+49301234567"
    assert desk.call.account == LINE
