"""Each family of headsets through a whole call, its lamps read back from the bytes it got."""

from pathlib import Path

import pytest

from bridge.model.calls import Phase
from bridge.model.effects import AnswerCall, RejectCall
from tests.scenarios.desk import desk_with

KEEPS_OFF_HOOK = ("1395-0082_sc660", "1395-00a9_impact-d", "291a-3301_powerconf")
CLEARS_OFF_HOOK = (
    "0b0e-0307_evolve-link",
    "0b0e-24c9_link-380c",
    "0b0e-2456_speak-810",
    "047f-c053_blackwire-5220",
    "047f-c056_blackwire-3220",
    "047f-02ec_voyager-base-cd",
    "6993-b02b_wh66",
)
ALL = (*CLEARS_OFF_HOOK, *KEEPS_OFF_HOOK)
# Whether a PowerConf's own hook follows the Off-Hook lamp is not known; its twin's does not.
FOLLOWS_OFF_HOOK = tuple(name for name in ALL if name != "291a-3301_powerconf")
WITH_REJECT_KEY = tuple(name for name in ALL if name != "047f-c056_blackwire-3220")


@pytest.mark.parametrize("dump", ALL)
async def test_the_hook_answers_the_mute_key_mutes_and_the_hook_ends(
    dump: str, short_dir: Path
) -> None:
    async with desk_with(short_dir, dump) as desk:
        headset = desk.headsets[0]
        await desk.is_called()
        await headset.shows("ring")
        headset.press("hook")
        await headset.shows("off_hook")
        await desk.call_is(Phase.CONNECTED)
        headset.press("mute")
        await headset.shows("off_hook", "mute")
        headset.press("mute")
        await headset.shows("off_hook")
        headset.press("hook")
        await headset.shows()
        await desk.no_call()
        assert desk.ordered(AnswerCall) == 1


@pytest.mark.parametrize(
    ("dump", "on_hold"),
    [(dump, ("hold",)) for dump in CLEARS_OFF_HOOK]
    + [(dump, ("off_hook", "hold")) for dump in KEEPS_OFF_HOOK],
)
async def test_flash_holds_and_resumes_in_the_school_of_its_vendor(
    dump: str, on_hold: tuple[str, ...], short_dir: Path
) -> None:
    async with desk_with(short_dir, dump) as desk:
        headset = desk.headsets[0]
        await desk.is_in_a_call(headset)
        headset.press("flash")
        await desk.call_is(Phase.HELD)
        await headset.shows(*on_hold)
        headset.press("flash")
        await desk.call_is(Phase.CONNECTED)
        await headset.shows("off_hook")
        headset.press("hook")
        await desk.no_call()
        await headset.shows()


@pytest.mark.parametrize("dump", WITH_REJECT_KEY)
async def test_the_reject_key_rejects(dump: str, short_dir: Path) -> None:
    async with desk_with(short_dir, dump) as desk:
        headset = desk.headsets[0]
        call = await desk.is_called()
        await headset.shows("ring")
        headset.press("reject")
        await desk.no_call()
        await headset.shows()
        assert desk.orders.count(RejectCall(call, 486)) == 1


@pytest.mark.parametrize("dump", FOLLOWS_OFF_HOOK)
async def test_a_call_answered_by_a_command_lifts_the_headset_and_its_echo_ends_nothing(
    dump: str, short_dir: Path
) -> None:
    async with desk_with(short_dir, dump) as desk:
        headset = desk.headsets[0]
        call = await desk.is_called()
        await headset.shows("ring")
        reply = desk.broker.command("answer", call=call)
        await desk.call_is(Phase.CONNECTED)
        await headset.shows("off_hook")
        headset.press("hook")
        await desk.no_call()
        await headset.shows()
        assert desk.broker.replies(reply) == ["accepted", "done"]
