"""Calls by touch: each action, and what the other end notices of it."""

import re

import pytest
from playwright.async_api import BrowserContext, expect

from bridge.model.calls import Phase
from bridge.model.events import CallArrived, DtmfReceived, HoldChanged
from tests.browser.desk import ANNA, BEN, Stage

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("chromium", "mosquitto"),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_call_is_answered_shown_and_hung_up(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    await screen.button("answer-").click()
    await talk.is_up()
    await screen.call_is("connected")
    await desk.desk.shows("off_hook")
    await screen.shows("Connected")
    await expect(screen.page.get_by_role("timer")).to_have_text(re.compile("0:0[1-9]|0:[1-5]"))
    await screen.presses("end")
    await talk.is_over()
    await screen.is_on("home")
    await desk.desk.shows()


async def test_a_rejected_caller_hears_busy(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    await screen.button("reject-").click()
    assert (await talk.is_over()).cause.sip == 486
    await screen.is_on("home")


async def test_a_silenced_call_goes_on_ringing(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    await desk.is_called_by(desk.anna, screen)
    await screen.button("silence-").click()
    await desk.desk.until(lambda: desk.desk.view.calls[0].silenced, "silenced")
    await expect(screen.button("silence-")).to_have_count(0)
    await screen.is_on("ringing")


async def test_a_ringing_call_is_forwarded(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    await screen.presses("sheet-pick-divert")
    await screen.presses("key-2")  # a name fills its number in
    await expect(screen.page.locator("#pick-number")).to_have_value(desk.ben.uri)
    await screen.presses("pick-divert")
    assert (await talk.is_over()).cause.sip == 302
    await screen.is_on("home")


async def test_hold_mute_and_tones_reach_the_other_end(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    await screen.presses("hold")
    await desk.anna.log.until(HoldChanged, talk.call, where=lambda e: e.remote)
    await screen.call_is("held")
    seen = len(desk.anna.log.events)
    await screen.presses("hold")
    await desk.anna.log.until(HoldChanged, talk.call, where=lambda e: not e.remote, after=seen)
    await screen.call_is("connected")
    await screen.presses("mute")
    await desk.desk.shows("off_hook", "mute")
    await expect(screen.by_id("mute")).to_have_attribute("aria-pressed", "true")
    await screen.presses("mute")
    await desk.desk.shows("off_hook")
    await screen.presses("sheet-dtmf-")
    await screen.presses("digit-5")
    await screen.presses("digit-#")
    await desk.anna.log.until(DtmfReceived, talk.call, where=lambda e: e.digit == "#")
    digits = [event.digit for event in desk.anna.log.of(DtmfReceived, talk.call)]
    assert digits == ["5", "#"]


async def test_a_call_is_sent_on_at_once(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    seen = len(desk.ben.log.events)
    await screen.picks("transfer", desk.ben.uri, "transfer")
    sent = await desk.reaches(desk.ben, seen)
    arrived = desk.ben.log.of(CallArrived, sent.call)[0]
    assert arrived.remote.number == ANNA
    await talk.is_over()
    await screen.is_on("home")


async def test_a_colleague_is_asked_first_and_both_are_connected(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    first = await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    seen = len(desk.ben.log.events)
    await screen.picks("transfer", desk.ben.uri, "dial")
    await screen.call_is("held")
    second = await desk.reaches(desk.ben, seen)
    await screen.call_is("connected")
    await screen.presses("transfer-any")
    await first.is_over()
    await second.is_over()
    await screen.is_on("home")


async def test_two_calls_are_swapped_and_the_second_one_is_ended(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    first = await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    seen = len(desk.ben.log.events)
    await screen.picks("add", desk.ben.uri, "dial")
    second = await desk.reaches(desk.ben, seen)
    await screen.call_is("held")
    await screen.call_is("connected")
    await screen.presses("swap-any")
    await desk.ben.log.until(HoldChanged, second.call, where=lambda e: e.remote)
    held = screen.page.locator("[data-phase=held]")
    await expect(held.get_by_role("heading", name=BEN)).to_be_visible()
    await screen.presses("swap-any")
    await expect(held.get_by_role("heading", name=ANNA)).to_be_visible()
    await screen.call_is("connected")
    await screen.presses("back-any")
    await second.is_over()
    await screen.call_is("connected")
    assert [call.phase for call in desk.desk.view.calls] == [Phase.CONNECTED]
    assert desk.desk.view.calls[0].remote.number == first.phone.uri


async def test_a_conference_loses_one_party_and_then_ends(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    first = await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    seen = len(desk.ben.log.events)
    await screen.picks("add", desk.ben.uri, "dial")
    second = await desk.reaches(desk.ben, seen)
    await screen.call_is("held")
    await screen.presses("conference-any")
    await screen.call_is("connected", 2)
    await screen.shows("In the conference")
    dropped = screen.page.locator(".card").filter(has_text=BEN).get_by_role("button", name="Drop")
    await dropped.click()
    await second.is_over()
    await screen.call_is("connected")
    await screen.presses("end")
    await first.is_over()
    await screen.is_on("home")


async def test_a_second_call_is_answered_and_the_first_one_held(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    first = await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    second = desk.ben.dials(desk.uri)
    await screen.shows("Second call")
    await screen.button("answer-").click()
    await desk.anna.log.until(HoldChanged, first.call, where=lambda e: e.remote)
    await screen.call_is("connected")
    await screen.call_is("held")
    await desk.ben.hangs_up(second)
    await expect(screen.page.locator("[data-phase]")).to_have_count(1)


async def test_a_whole_call_needs_no_mouse(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    await screen.types("Control+Alt+a")
    await talk.is_up()
    await screen.call_is("connected")
    await screen.types("Alt+p")
    await screen.call_is("held")
    await screen.types("Alt+p")
    await screen.call_is("connected")
    await screen.types("7")
    await desk.anna.log.until(DtmfReceived, talk.call, where=lambda e: e.digit == "7")
    await screen.types("Alt+h")
    await talk.is_over()


async def test_a_telephone_in_the_hand_shows_and_ends_the_call(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    await screen.page.set_viewport_size({"width": 360, "height": 640})
    talk = await desk.is_called_by(desk.anna, screen)
    await screen.button("answer-").click()
    await talk.is_up()
    await screen.presses("end")
    await talk.is_over()
    await screen.is_on("home")


async def test_a_caller_who_gives_up_is_no_longer_shown(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    await desk.anna.hangs_up(talk.call)
    await screen.is_on("home")


async def test_two_screens_show_the_same_call(desk: Stage, window: BrowserContext) -> None:
    room, user = await desk.opens(window, kiosk=True), None
    user = await desk.opens(await window.browser.new_context()) if window.browser else room
    talk = await desk.is_called_by(desk.anna, room)
    await user.button("answer-").click()
    await talk.is_up()
    await room.call_is("connected")
    await room.presses("end")
    await user.is_on("home")
