"""Two calls at once: call waiting, swapping, going back, three in conference."""

import pytest

from tests.interop.desk import Desk
from tests.interop.ours import Ours
from tests.interop.parties import BUSY, NO_REPLACES, Party, hear_each_other, tones

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="session")]


async def with_two(desk: Desk) -> tuple[Ours, Party, Party]:
    """Ours, whom it holds, and whom it called after that."""
    ours, first = await desk.call_in()
    second = await desk.call_to(ours)
    await ours.shows("held", "connected")
    return ours, first, second


@pytest.mark.function("call waiting: answer, the first hears music")
async def test_a_second_call_is_answered_and_the_first_hears_music(desk: Desk) -> None:
    ours, first = await desk.call_in()
    second = await desk.other()
    await second.calls(ours.address)
    await ours.answers()
    await ours.shows("held", "connected")
    await second.talks()
    await hear_each_other(ours, second)
    await first.ear.hears(ours.music_hz, silent=tones(ours, second))


@pytest.mark.function("call waiting: reject, the first goes on")
async def test_a_second_call_is_rejected_and_the_first_goes_on(desk: Desk) -> None:
    ours, first = await desk.call_in()
    second = await desk.other()
    await second.calls(ours.address)
    await ours.rings()
    await ours.does("reject")
    await second.is_refused(BUSY)
    await ours.shows("connected")
    await hear_each_other(ours, first)


@pytest.mark.function("call waiting off: busy at once")
async def test_without_call_waiting_a_second_caller_hears_busy(desk: Desk) -> None:
    ours, first = await desk.call_in("", "calls: {waiting: false}\n")
    second = await desk.other()
    await second.calls(ours.address)
    await second.is_refused(BUSY)
    await hear_each_other(ours, first)


@pytest.mark.function("all calls on hold: both hear music")
async def test_both_calls_are_held_at_once_and_one_is_taken_back(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await ours.does("hold")
    await ours.shows("held", "held")
    for one in (first, second):
        await one.ear.hears(ours.music_hz, silent=tones(ours))
    await ours.does("resume", "--call", await ours.call_with(second))
    await hear_each_other(ours, second)


@pytest.mark.function("swap two calls")
async def test_two_calls_are_swapped(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await hear_each_other(ours, second)
    await ours.does("swap")
    await hear_each_other(ours, first)
    await second.ear.hears(ours.music_hz, silent=tones(ours, first))
    await ours.does("swap")
    await hear_each_other(ours, second)
    await first.ear.hears(ours.music_hz, silent=tones(ours, second))


@pytest.mark.function("back out of a consultation")
async def test_who_backs_out_of_a_consultation_talks_with_the_first_again(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await ours.does("back")
    await second.is_idle()
    await ours.shows("connected")
    await hear_each_other(ours, first)


@pytest.mark.function("the consulted one hangs up: back to the first")
async def test_when_the_consulted_one_hangs_up_the_first_can_be_taken_back(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await second.hangs_up()
    await ours.shows("held")
    await ours.does("resume")
    await hear_each_other(ours, first)


@pytest.mark.function("conference: each hears both others")
async def test_three_in_conference_hear_each_other_and_not_themselves(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await ours.does("conference")
    await hear_each_other(ours, first, second)


@pytest.mark.function("conference: one leaves, two go on")
async def test_when_one_leaves_the_conference_the_two_others_go_on(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await ours.does("conference")
    await hear_each_other(ours, first, second)
    await second.hangs_up()
    await ours.shows("connected")
    await first.ear.hears(*tones(ours), silent=tones(first, second))
    await ours.ear.hears(*tones(first), silent=tones(ours, second))


@pytest.mark.function("conference: we drop one, two go on")
async def test_when_we_drop_one_of_the_conference_the_two_others_go_on(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await ours.does("conference")
    await hear_each_other(ours, first, second)
    await ours.does("hangup", "--call", await ours.call_with(first))
    await first.is_idle()
    await ours.shows("connected")
    await hear_each_other(ours, second)


@pytest.mark.function(
    "leave a conference, the others stay connected", without={"baresip": NO_REPLACES}
)
async def test_who_leaves_the_conference_keeps_the_others_connected(desk: Desk) -> None:
    ours, first, second = await with_two(desk)
    await ours.does("conference")
    await hear_each_other(ours, first, second)
    await ours.does("transfer")
    await ours.is_idle()
    await hear_each_other(first, second)
