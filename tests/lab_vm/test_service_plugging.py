"""Headsets that come and go while the daemon runs."""

import pytest

from bridge.model.events import CallEnded
from tests.lab_vm.cable import MakeCable, Uhid, UsbGadget, UsbWithSound
from tests.lab_vm.desk import Desk, until
from tests.lab_vm.headset import LabHeadset

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

EVOLVE_LINK = "0b0e-0307_evolve-link"
WH66 = "6993-b02b_wh66"


@pytest.mark.parametrize("make_cable", [Uhid, UsbGadget, UsbWithSound])
async def test_a_headset_pulled_in_a_call_leaves_the_call_and_finds_its_lamps_again(
    desk: Desk, make_cable: MakeCable
) -> None:
    with LabHeadset(EVOLVE_LINK, make_cable) as headset:
        identity = (await desk.has(headset))["device"]
        call = await desk.is_in_a_call(headset)
        await desk.press(headset, "mute")
        await desk.shows(headset, "off_hook", "mute")
        headset.pull()
        await desk.has_not(headset)
        assert headset.lit == set()
        headset.plug()
        assert (await desk.has(headset))["device"] == identity
        await desk.shows(headset, "off_hook", "mute")
        assert desk.caller.log.of(CallEnded, call) == []
        await desk.press(headset, "mute")
        await desk.shows(headset, "off_hook")
        await desk.press(headset, "hook")
        await desk.ended(call)
        await desk.shows(headset)


async def test_a_headset_plugged_in_while_it_rings_rings_too_and_its_first_press_answers(
    desk: Desk,
) -> None:
    call = await desk.is_called()
    with LabHeadset(WH66, Uhid) as headset:
        await desk.has(headset)
        await desk.shows(headset, "ring")
        await desk.press(headset, "hook")
        await desk.connected(call)
        await desk.shows(headset, "off_hook")
        await desk.hangs_up_there(call)
        await desk.shows(headset)


async def test_two_headsets_ring_and_the_one_that_answers_shows_the_call(desk: Desk) -> None:
    with LabHeadset(EVOLVE_LINK, UsbGadget) as mine, LabHeadset(WH66, Uhid) as other:
        await desk.has(mine)
        await desk.has(other)
        call = await desk.is_called()
        await desk.shows(mine, "ring")
        await desk.shows(other, "ring")
        await desk.press(other, "hook")
        await desk.connected(call)
        await desk.shows(other, "off_hook")
        await desk.shows(mine)
        await desk.press(other, "hook")
        await desk.ended(call)


# A gadget takes three seconds each time; what it leaves behind would show after five times, too.
@pytest.mark.parametrize(("make_cable", "times"), [(Uhid, 20), (UsbGadget, 5)])
async def test_in_and_out_many_times_leave_no_file_and_no_thread_behind(
    desk: Desk, make_cable: MakeCable, times: int
) -> None:
    with LabHeadset(EVOLVE_LINK, make_cable) as headset:  # whatever is loaded once
        await desk.has(headset)
        headset.pull()
        await desk.has_not(headset)
        files, threads = desk.service.open_files, desk.service.threads
        for _ in range(times):
            headset.plug()
            await desk.has(headset)
            headset.pull()
            await desk.has_not(headset)
        await until(
            lambda: (desk.service.open_files, desk.service.threads) <= (files, threads),
            lambda: (
                f"{files} files, {threads} threads before; now {desk.service.open_files}, "
                f"{desk.service.threads}"
            ),
        )
        headset.plug()
        await desk.has(headset)
        call = await desk.is_in_a_call(headset)
        await desk.hangs_up_there(call)
