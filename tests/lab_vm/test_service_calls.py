"""A call on a real device node: the device is pressed and read at its own end of the cable."""

from pathlib import Path

import pytest

from tests.hid_dumps import ALL
from tests.lab_vm.cable import MakeCable, Uhid, UsbGadget, UsbWithSound, interrupt_gadget
from tests.lab_vm.desk import Desk
from tests.lab_vm.headset import LabHeadset

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

EVOLVE_LINK = "0b0e-0307_evolve-link"
BLACKWIRE = "047f-c053_blackwire-5220"
WH66 = "6993-b02b_wh66"
IMPACT_D = "1395-00a9_impact-d"

CONNECTED = [  # by uhid: test_service_headsets.py
    (EVOLVE_LINK, UsbGadget),
    (EVOLVE_LINK, UsbWithSound),
    (BLACKWIRE, interrupt_gadget),
    (WH66, UsbGadget),
    (IMPACT_D, UsbGadget),
]
KERNEL_DRIVERS = {
    EVOLVE_LINK: "jabra",
    BLACKWIRE: "plantronics",
    WH66: "hid-generic",
    IMPACT_D: "hid-generic",
}


@pytest.mark.parametrize(("dump", "make_cable"), CONNECTED)
async def test_the_hook_answers_the_mute_key_mutes_and_the_hook_hangs_up(
    desk: Desk, dump: str, make_cable: MakeCable
) -> None:
    with LabHeadset(dump, make_cable) as headset:
        device = await desk.has(headset)
        assert device["profile"] == ALL[dump].expected["profile"]
        call = await desk.is_called()
        await desk.shows(headset, "ring")
        await desk.press(headset, "hook")
        await desk.connected(call)
        await desk.shows(headset, "off_hook")
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
        assert driver_of(headset) == KERNEL_DRIVERS[dump]


async def test_an_idle_press_is_taken_back_by_the_headset_and_calls_nobody(desk: Desk) -> None:
    with LabHeadset(EVOLVE_LINK, Uhid) as headset:
        await desk.has(headset)
        await desk.press(headset, "hook")
        await desk.hears_the_hook(headset, up=True)
        await desk.hears_the_hook(headset, up=False)  # after 2 s, nobody answered it
        assert desk.service.call is None
        assert headset.model.written == []
        call = await desk.is_in_a_call(headset)
        await desk.press(headset, "hook")
        await desk.ended(call)


def driver_of(headset: LabHeadset) -> str:
    """The kernel driver that has the device."""
    return (Path("/sys/class/hidraw") / Path(headset.node).name / "device/driver").resolve().name
