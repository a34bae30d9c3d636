"""What breaks during a call, and what a person notices of it."""

from pathlib import Path

import pytest

from bridge.model.calls import Phase, RegistrationState
from bridge.model.effects import AnswerCall
from bridge.model.errors import PermissionMissing, TransportError
from bridge.model.habits import HeadsetMode
from tests.scenarios.desk import EVOLVE_LINK, LINE, Desk, desk_with, until


async def test_a_dead_engine_ends_the_call_in_words_and_the_next_call_works(desk: Desk) -> None:
    headset = desk.headsets[0]
    await desk.is_in_a_call(headset)
    desk.line.dies("the SIP engine died (signal 9); it is being started again")
    await desk.no_call()
    await headset.shows()
    cause = desk.broker.events("event/call")[-1]["cause"]
    assert isinstance(cause, dict)
    assert cause["by"] == "error"
    assert "the SIP engine died" in str(desk.broker.body("alert/engine")["text"])
    assert desk.broker.body("line/desk")["registration"] == "offline"
    desk.line.comes_back()
    await until(lambda: not desk.broker.body("alert/engine"), "the alert is cleared")
    assert desk.broker.body("line/desk")["registration"] == "registered"
    await desk.is_in_a_call(headset)


async def test_a_headset_pulled_in_a_call_leaves_the_call_and_finds_its_lamps_again(
    desk: Desk,
) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    headset.press("mute")
    await headset.shows("off_hook", "mute")
    await desk.pull(headset)
    assert desk.call is not None
    assert (desk.call.call, desk.call.phase) == (call, Phase.CONNECTED)
    assert headset.lit == set()
    await desk.replug(headset)
    await headset.shows("off_hook", "mute")
    headset.press("hook")
    await desk.no_call()
    await headset.shows()


async def test_a_headset_plugged_in_while_it_rings_rings_too(desk: Desk) -> None:
    await desk.is_called()
    late = await desk.plug("6993-b02b_wh66")
    await late.shows("ring")
    late.press("hook")
    await late.shows("off_hook")
    await desk.headsets[0].shows()
    assert desk.ordered(AnswerCall) == 1


async def test_the_other_headset_takes_the_call_of_the_one_that_was_pulled(desk: Desk) -> None:
    mine, other = desk.headsets[0], await desk.plug("1395-00a9_impact-d")
    await desk.is_in_a_call(mine)
    await desk.pull(mine)
    await other.shows("off_hook")
    other.press("mute")
    await other.shows("off_hook", "mute")


async def test_a_pulled_headset_is_told_on_mqtt(desk: Desk) -> None:
    headset = desk.headsets[0]
    name = headset.name
    assert desk.broker.body(f"device/{name}/state")["connected"] is True
    await desk.pull(headset)
    assert desk.broker.body(f"device/{name}/state")["connected"] is False
    assert desk.broker.body("devices")["devices"] == []


async def test_a_headset_that_refuses_a_lamp_gets_it_later_and_the_call_goes_on(
    desk: Desk,
) -> None:
    headset = desk.headsets[0]
    headset.device.refuse_writes = TransportError("the headset does not take output reports now")
    call = await desk.is_called()
    await until(lambda: headset.view.errors, "the refused lamp is counted")
    assert desk.broker.body(f"device/{headset.name}/state")["errors"] == 1
    assert any("does not take output reports" in entry.text for entry in desk.trace)
    headset.device.refuse_writes = None
    await headset.shows("ring")
    headset.press("hook")
    await headset.shows("off_hook")
    assert desk.orders.count(AnswerCall(call)) == 1


@pytest.mark.parametrize("report", ["02", "02 01", "02 01 00 00", "02" + " ff" * 63])
async def test_a_malformed_report_is_counted_and_shown_and_presses_nothing(
    desk: Desk, report: str
) -> None:
    headset = desk.headsets[0]
    await desk.is_called()
    await headset.shows("ring")
    headset.device.send(bytes.fromhex(report))
    await until(lambda: headset.view.errors == 1, "the report is counted")
    assert desk.broker.body(f"device/{headset.name}/state")["errors"] == 1
    assert any("malformed report" in entry.text for entry in desk.trace)
    await desk.call_is(Phase.RINGING)
    headset.press("hook")
    await desk.call_is(Phase.CONNECTED)


async def test_a_headset_we_may_not_open_is_told_with_the_way_out(desk: Desk) -> None:
    other = await desk.plug("1395-0082_sc660")
    await desk.pull(other)
    other.device.refuse_open = PermissionMissing("no access to hidraw7: install the udev rule")
    node = desk.usb.plug(other.device).node.rpartition("/")[2]
    await until(lambda: desk.broker.body(f"alert/{node}"), "the alert is there")
    assert desk.broker.body(f"alert/{node}")["text"] == (
        "no access to hidraw7: install the udev rule"
    )
    await desk.is_in_a_call(desk.headsets[0])
    desk.usb.unplug(other.device)
    await until(lambda: not desk.broker.body(f"alert/{node}"), "the alert is cleared")


async def test_with_headsets_switched_off_calls_work_and_no_lamp_is_written(
    short_dir: Path,
) -> None:
    async with desk_with(short_dir, mode=HeadsetMode.OFF) as desk:
        one = desk.lay_down(EVOLVE_LINK)
        call = await desk.is_called()
        desk.broker.command("answer", call=call)
        await desk.call_is(Phase.CONNECTED)
        assert one.device.written == []
        assert one.device.openers == 0


async def test_devices_without_telephony_are_left_alone(short_dir: Path) -> None:
    async with desk_with(short_dir) as desk:
        gaming = desk.lay_down("046d-0ac4_g535")
        await desk.plug(EVOLVE_LINK)  # the bus tells in order: the other one was looked at
        assert len(desk.view.devices) == 1
        assert gaming.device.openers == 0


async def test_a_broker_that_comes_back_is_told_everything_and_no_event_is_missing(
    desk: Desk,
) -> None:
    headset = desk.headsets[0]
    await desk.is_called()
    await headset.shows("ring")
    desk.broker.go_down()
    headset.press("hook")
    await desk.call_is(Phase.CONNECTED)
    headset.press("mute")
    await headset.shows("off_hook", "mute")
    desk.broker.come_up()
    assert desk.broker.calls[0]["state"] == "connected"
    assert desk.broker.calls[0]["muted"] is True
    assert desk.broker.lamps(headset) == {"off_hook", "mute"}
    numbers = {int(str(event["seq"])) for event in desk.broker.all_events()}
    assert numbers == set(range(1, max(numbers) + 1))
    assert desk.broker.body("availability")["seq"] == max(numbers)


@pytest.mark.parametrize(
    ("sip", "reason"),
    [
        (401, "the PBX refused the password of account desk; check auth_user and password"),
        (503, "cannot reach the PBX of account desk (connection refused)"),
    ],
)
async def test_a_lost_registration_is_told_and_taken_back(
    desk: Desk, sip: int, reason: str
) -> None:
    desk.line.registration(LINE, RegistrationState.FAILED, sip, reason)
    await until(lambda: desk.broker.body("alert/line-desk"), "the alert is there")
    assert desk.broker.body("alert/line-desk")["text"] == reason
    told = desk.broker.body("line/desk")
    assert (told["registration"], told["sip"]) == ("failed", sip)
    assert list(desk.view.problems) == [reason]
    desk.line.registration(LINE, RegistrationState.REGISTERED, 200)
    await until(lambda: not desk.broker.body("alert/line-desk"), "the alert is cleared")
    assert list(desk.view.problems) == []
