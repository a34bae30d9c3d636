"""The machine goes to sleep and wakes up: the real logind tells the daemon, lamps are lit again.

The kernel freezes every program and thaws them a second later, and leaves devices alone
(``pm_test``): the disk of this VM (virtio, 9p) would not come back from a sleep of its own.
Source: Documentation/power/basic-pm-debugging.rst of Linux, "freezer".
"""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.model.events import CallEnded
from tests.lab_vm.cable import Uhid
from tests.lab_vm.desk import Desk, until
from tests.lab_vm.headset import LabHeadset

pytestmark = [
    pytest.mark.sip,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(
        not Path("/run/systemd/system").exists(),
        reason="systemd does not run here (Debian: systemd, dbus): sleep was not tried",
    ),
]

EVOLVE_LINK = "0b0e-0307_evolve-link"
PM_TEST = Path("/sys/power/pm_test")
PM_TEST_S = Path("/sys/module/suspend/parameters/pm_test_delay")
WOKEN = "the machine is awake again: lamps are written again"


@pytest.fixture(scope="module")
def light_sleep() -> Iterator[None]:
    """From now on the machine wakes up a second after every program was frozen."""
    before = PM_TEST_S.read_text()
    PM_TEST.write_text("freezer")
    PM_TEST_S.write_text("1")
    yield
    PM_TEST.write_text("none")
    PM_TEST_S.write_text(before)


async def sleeps(desk: Desk) -> None:
    """As the lid of a laptop does; wait until the daemon has heard of waking up."""
    told = desk.service.log().count(WOKEN)
    await asyncio.to_thread(subprocess.run, ["systemctl", "suspend"], check=True, timeout=60)
    await until(lambda: desk.service.log().count(WOKEN) > told, desk.service.log)


def forgets(headset: LabHeadset, *rest: str) -> None:
    """All its lamps but these go out by themselves, as without power."""
    for report in headset.model.compose(*rest):
        headset.model.write(report)
    assert headset.lit == set(rest)


async def test_a_headset_that_forgot_its_lamps_while_the_machine_slept_shows_them_again(
    desk: Desk, light_sleep: None
) -> None:
    with LabHeadset(EVOLVE_LINK, Uhid) as headset:
        await desk.has(headset)
        await sleeps(desk)
        call = await desk.is_called()
        await desk.shows(headset, "ring")
        assert "ring" in headset.model.lamp_log[0], "written to while nothing was to be shown"
        forgets(headset)
        await sleeps(desk)
        await desk.shows(headset, "ring")
        await desk.press(headset, "hook")
        await desk.connected(call)
        await desk.press(headset, "mute")
        await desk.shows(headset, "off_hook", "mute")
        forgets(headset, "off_hook")
        await sleeps(desk)
        await desk.shows(headset, "off_hook", "mute")
        assert desk.caller.log.of(CallEnded, call) == []
        await desk.hangs_up_there(call)
        await desk.shows(headset)
