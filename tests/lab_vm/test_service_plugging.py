"""Headsets that come and go while the daemon runs."""

from contextlib import ExitStack

import pytest

from bridge.model.events import CallEnded
from bridge.model.intents import Verb
from tests.hid_dumps import ALL, USED
from tests.lab_vm.cable import Cable, MakeCable, Uhid, UsbGadget, UsbWithSound
from tests.lab_vm.desk import Desk, until
from tests.lab_vm.headset import LabHeadset
from tests.scenarios.families import LAMPS

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]

EVOLVE_LINK = "0b0e-0307_evolve-link"
WH66 = "6993-b02b_wh66"

STATES = {  # what is going on -> the lamps of the Evolve Link
    "idle": (),
    "ringing": ("ring",),
    "dialling": ("off_hook",),
    "active": ("off_hook",),
    "muted": ("off_hook", "mute"),
    "held": ("hold",),
    "active, second waiting": ("off_hook", "ring"),
}


async def bring_about(state: str, desk: Desk, headset: LabHeadset) -> None:
    """Bring the calls of a desk into a state."""
    if state == "ringing":
        await desk.is_called()
    elif state == "dialling":
        await desk.calls_out()
    elif state != "idle":
        await desk.is_in_a_call(headset)
    if state == "muted":
        await desk.asks(Verb.MUTE)
    elif state == "held":
        await desk.asks(Verb.HOLD)
    elif "second" in state:
        await desk.is_called()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("make_cable", [Uhid, UsbGadget])
async def test_a_headset_pulled_in_any_state_ends_nothing_and_finds_its_lamps_again(
    desk: Desk, make_cable: MakeCable, state: str
) -> None:
    with LabHeadset(EVOLVE_LINK, make_cable) as headset:
        identity = (await desk.has(headset))["device"]
        await bring_about(state, desk, headset)
        await desk.shows(headset, *STATES[state])
        before = desk.phases
        headset.pull()
        await desk.has_not(headset)
        assert headset.lit == set()
        assert desk.phases == before
        headset.model.lamp_log.clear()
        headset.plug()
        assert (await desk.has(headset))["device"] == identity
        await desk.shows(headset, *STATES[state])
        assert desk.phases == before
        assert [call for call in desk.calls if desk.caller.log.of(CallEnded, call)] == []
        await desk.clear()
        await desk.shows(headset)
        assert headset.lost == []
        unwanted = set(LAMPS) - set(STATES[state])
        assert [lit & unwanted for lit in headset.model.lamp_log if lit & unwanted] == []


@pytest.mark.parametrize("make_cable", [Uhid, UsbGadget, UsbWithSound])
async def test_a_headset_put_back_in_a_call_unmutes_and_hangs_up_with_one_press_each(
    desk: Desk, make_cable: MakeCable
) -> None:
    with LabHeadset(EVOLVE_LINK, make_cable) as headset:
        await desk.has(headset)
        call = await desk.is_in_a_call(headset)
        await desk.press(headset, "mute")
        await desk.shows(headset, "off_hook", "mute")
        headset.pull()
        await desk.has_not(headset)
        headset.plug()
        await desk.has(headset)
        await desk.shows(headset, "off_hook", "mute")
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


# -- many times ---------------------------------------------------------------

TEN_MODELS = USED[:10]
GROWTH_KIB = 2048  # a session that stays behind holds some 15 KiB, two hundred of them 3 MiB


@pytest.mark.parametrize(
    ("make_cable", "models", "rounds"),
    [
        (Uhid, TEN_MODELS, 20),
        # A gadget takes seconds each time, most of them the kernel's.
        (UsbGadget, [EVOLVE_LINK], 20),
    ],
    ids=["uhid-200", "gadget-20"],
)
async def test_in_and_out_many_times_leave_nothing_behind(
    desk: Desk, make_cable: MakeCable, models: list[str], rounds: int
) -> None:
    with ExitStack() as stack:
        cables = [make_cable(ALL[name].recording) for name in models]
        for cable in cables:
            stack.callback(cable.close)
        await in_and_out(desk, cables)  # whatever is loaded once
        await in_and_out(desk, cables)
        files, threads, memory = desk.service.open_files, desk.service.threads, memory_of(desk)
        for _ in range(rounds):
            await in_and_out(desk, cables)
        await until(
            lambda: (desk.service.open_files, desk.service.threads) <= (files, threads),
            lambda: (
                f"{files} files, {threads} threads before; now {desk.service.open_files}, "
                f"{desk.service.threads}"
            ),
        )
        assert memory_of(desk) < memory + GROWTH_KIB
        print(f"{rounds * len(cables)} times: {memory_of(desk) - memory} KiB more memory")
    with LabHeadset(EVOLVE_LINK, make_cable) as headset:
        await desk.has(headset)
        call = await desk.is_in_a_call(headset)
        await desk.hangs_up_there(call)
        await desk.shows(headset)


def memory_of(desk: Desk) -> int:
    """Memory of the daemon, KiB."""
    return desk.service.memory_kib


async def in_and_out(desk: Desk, cables: list[Cable]) -> None:
    """Plug all in at once; pull them as soon as the daemon has them all."""
    for cable in cables:
        cable.plug()
    await until(
        lambda: len(desk.service.devices()) == len(cables),
        lambda: f"the daemon has {len(cables)}: {desk.service.devices()}\n{desk.service.log()}",
    )
    for cable in cables:
        cable.pull()
    await until(
        lambda: not desk.service.devices(),
        lambda: f"the daemon let go of all: {desk.service.devices()}\n{desk.service.log()}",
    )
