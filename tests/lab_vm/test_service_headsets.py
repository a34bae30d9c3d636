"""Every real descriptor as a device: real calls, its own keys, lamps read back at its own end.

What a model has no key for is skipped with a sentence, and so counted at the end of the run.
"""

from collections.abc import Iterator

import pytest

from bridge.model.hid import SecondCall
from tests.hid_dumps import ALL, LEFT_ALONE, USED
from tests.lab_vm.cable import Uhid
from tests.lab_vm.desk import Desk
from tests.lab_vm.headset import LabHeadset

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

EVOLVE_LINK = "0b0e-0307_evolve-link"
WITHOUT_MUTE = [name for name in USED if "mute" not in ALL[name].expected["roles"]]


@pytest.fixture(scope="module", params=USED)
def headset(rule: None, request: pytest.FixtureRequest) -> Iterator[LabHeadset]:
    """A real model, plugged in for all its tests."""
    with LabHeadset(request.param, Uhid) as plugged:
        yield plugged


def needs(headset: LabHeadset, *keys: str, to: str) -> None:
    """Say what cannot be tried on a model, and skip."""
    lacks = [key for key in keys if key not in headset.family.keys]
    if lacks:
        pytest.skip(f"{headset.dump} has no {' and no '.join(lacks)} key: {to} was not tried")


async def test_the_hook_answers_the_mute_key_mutes_and_the_hook_hangs_up(
    desk: Desk, headset: LabHeadset
) -> None:
    needs(headset, "hook", "mute", to="muting in a call")
    assert (await desk.has(headset))["profile"] == ALL[headset.dump].expected["profile"]
    call = await desk.is_in_a_call(headset)
    await desk.press(headset, "mute")
    await desk.shows(headset, "off_hook", "mute")
    await desk.is_muted(True)
    await desk.press(headset, "mute")
    await desk.shows(headset, "off_hook")
    await desk.is_muted(False)
    await desk.press(headset, "hook")
    await desk.ended(call)
    await desk.shows(headset)
    assert headset.lost == []


@pytest.mark.parametrize("dump", WITHOUT_MUTE)
async def test_a_hook_without_any_lamp_answers_and_hangs_up(desk: Desk, dump: str) -> None:
    with LabHeadset(dump, Uhid) as headset:
        assert (await desk.has(headset))["profile"] == ALL[dump].expected["profile"]
        call = await desk.is_in_a_call(headset)
        await desk.press(headset, "hook")
        await desk.ended(call)
        assert headset.lost == []


async def test_flash_holds_resumes_and_with_a_second_call_takes_it_and_swaps(
    desk: Desk, headset: LabHeadset
) -> None:
    needs(headset, "hook", "flash", to="hold, and hold and answer")
    await desk.has(headset)
    first = await desk.is_in_a_call(headset)
    await desk.press(headset, "flash")
    await desk.phases_are("held")
    await desk.shows(headset, *headset.rests_on_hold)
    await desk.press(headset, "flash")
    await desk.phases_are("connected")
    await desk.shows(headset, "off_hook")
    second = await desk.is_called()
    await desk.shows(headset, "off_hook", "ring")
    await desk.press(headset, "flash")
    await desk.connected(second)
    await desk.phases_are("held", "connected")
    await desk.shows(headset, "off_hook")
    await desk.press(headset, "flash")
    await desk.phases_are("connected", "held")
    await desk.shows(headset, "off_hook")
    await desk.hangs_up_there(second)
    await desk.shows(headset, "off_hook")
    await desk.hangs_up_there(first)
    await desk.shows(headset)


async def test_a_tap_while_a_second_call_rings_does_what_the_makers_manual_says(
    desk: Desk, headset: LabHeadset
) -> None:
    needs(headset, "hook", "mute", to="a second call, which it has no lamp for either,")
    if not headset.family.temperament.echoes_hook:
        # After a call that the other end hung up, its next press says on-hook: two presses answer.
        pytest.skip(f"{headset.dump}: nobody knows if its hook follows the Off-Hook lamp: no tap")
    await desk.has(headset)
    first = await desk.is_in_a_call(headset)
    second = await desk.is_called()
    await desk.shows(headset, "off_hook", "ring")
    await desk.press(headset, "hook")
    await desk.is_over(first)
    if headset.family.conduct.second_call is SecondCall.END:
        await desk.shows(headset, "ring")
        await desk.press(headset, "hook")
    await desk.connected(second)
    await desk.phases_are("connected")
    await desk.shows(headset, "off_hook")
    await desk.hangs_up_there(second)
    await desk.shows(headset)


async def test_a_ringing_call_is_rejected_at_the_headset(desk: Desk, headset: LabHeadset) -> None:
    if not headset.family.conduct.reject_by_on_hook:
        needs(headset, "reject", to="rejecting")
    await desk.has(headset)
    call = await desk.is_called()
    await desk.shows(headset, "ring")
    await desk.press(headset, "reject")
    ended = await desk.ended(call)
    assert ended.cause.sip == 486
    await desk.shows(headset)


@pytest.mark.parametrize("dump", LEFT_ALONE)
async def test_a_device_without_call_keys_is_left_alone_while_its_neighbour_rings(
    desk: Desk, dump: str
) -> None:
    with LabHeadset(dump, Uhid) as other, LabHeadset(EVOLVE_LINK, Uhid) as headset:
        await desk.has(headset)
        call = await desk.is_in_a_call(headset)
        await desk.hangs_up_there(call)
        await desk.shows(headset)
        assert desk.service.device_on(other.node) is None
        assert other.model.written == []
        assert desk.service.problems == []
