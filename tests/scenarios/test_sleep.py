"""The machine sleeps and wakes; the headset stayed on the bus, but forgot what it showed."""

from pathlib import Path

import pytest

from bridge.model.calls import Phase
from tests.scenarios.desk import Desk, Headset, desk_with

HEADSETS = ["0b0e-0307_evolve-link", "047f-c053_blackwire-5220", "1395-00a9_impact-d"]


def forgets(headset: Headset, *rest: str) -> None:
    """All lamps but these go out by themselves."""
    for report in headset.device.compose(*rest):
        headset.device.write(report)
    assert headset.lit == set(rest)


async def calls_in_vain(desk: Desk, *, after_sleep: bool = False) -> int:
    """Somebody calls and gives up; return how many reports the headset was written."""
    written = desk.headsets[0].device.written
    before = len(written)
    if after_sleep:
        desk.sleep.wake()
    call = await desk.is_called()
    await desk.headsets[0].shows("ring")
    desk.line.peer_hangs_up(call)
    await desk.no_call()
    await desk.headsets[0].shows()
    return len(written) - before


@pytest.mark.parametrize("dump", HEADSETS)
async def test_a_headset_that_woke_up_dark_rings_again(dump: str, short_dir: Path) -> None:
    async with desk_with(short_dir, dump) as desk:
        headset = desk.headsets[0]
        await desk.is_called()
        await headset.shows("ring")
        forgets(headset)
        desk.sleep.wake()
        await headset.shows("ring")


@pytest.mark.parametrize("dump", HEADSETS)
async def test_a_muted_call_is_shown_muted_after_sleep(dump: str, short_dir: Path) -> None:
    async with desk_with(short_dir, dump) as desk:
        headset = desk.headsets[0]
        await desk.is_in_a_call(headset)
        headset.press("mute")
        await headset.shows("off_hook", "mute")
        forgets(headset, "off_hook")
        desk.sleep.wake()
        await headset.shows("off_hook", "mute")
        await desk.call_is(Phase.CONNECTED)


@pytest.mark.parametrize("dump", HEADSETS)
async def test_an_idle_headset_is_not_written_to(dump: str, short_dir: Path) -> None:
    async with desk_with(short_dir, dump) as desk:
        await calls_in_vain(desk)
        usual = await calls_in_vain(desk)
        assert await calls_in_vain(desk, after_sleep=True) == usual > 0
