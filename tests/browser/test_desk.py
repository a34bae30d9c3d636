"""What stands around the calls: keys, lists, devices, settings, a room's screen, a restart."""

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from bridge.model.contacts import Contact, ContactNumber, SaveContacts
from bridge.model.events import CallArrived, CallEnded
from bridge.model.meetings import MeetingSettings
from tests.browser.desk import ANNA, NAMES, PIN, Stage, Talk, meeting_now, page_alone
from tests.pbx.ports import port_block

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("chromium", "mosquitto"),
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_favourite_is_called_and_its_lamp_follows(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window)
    seen = len(desk.anna.log.events)
    await screen.presses("key-1")
    await desk.reaches(desk.anna, seen)
    await screen.call_is("connected")
    await screen.presses("nav-home")
    await expect(screen.by_id("key-1")).to_have_attribute("data-state", "talking")
    await screen.presses("strip")
    await screen.presses("end")
    await expect(screen.by_id("key-1")).to_have_attribute("data-state", "plain")


async def test_do_not_disturb_refuses_calls(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    await screen.presses("dnd")
    await expect(screen.by_id("dnd")).to_have_attribute("aria-pressed", "true")
    call = desk.anna.dials(desk.uri)
    assert (await desk.anna.log.until(CallEnded, call)).cause.sip in {480, 486, 603}
    await screen.presses("dnd")
    await expect(screen.by_id("dnd")).to_have_attribute("aria-pressed", "false")


async def test_a_call_is_in_the_list_and_called_back(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    await desk.anna.hangs_up(talk.call)
    await screen.is_on("home")
    await screen.presses("nav-history")
    row = screen.button("entry-")
    await expect(row).to_contain_text(ANNA)
    await expect(row).to_contain_text("Missed")
    missed = await screen.page.locator(".rows li").count()
    await screen.page.get_by_role("button", name="Delete the call").first.click()
    await expect(screen.page.locator(".rows li")).to_have_count(missed - 1)


async def test_a_contact_is_found_by_parts_of_its_name_and_called(
    desk: Stage, window: BrowserContext
) -> None:
    people = [("Max-Andreas Mustermann", desk.ben.uri), ("Eva Muster", "201")]
    saved = tuple(Contact(name, (ContactNumber(number),)) for name, number in people)
    await desk.desk.daemon.records.answer(SaveContacts(saved))
    screen = await desk.opens(window)
    await screen.presses("nav-contacts")
    await screen.page.get_by_role("searchbox").fill("and muster")
    await expect(screen.page.locator(".rows li")).to_have_count(1)
    seen = len(desk.ben.log.events)
    await screen.page.get_by_role("button", name="Call Max-Andreas Mustermann").click()
    arrived = await desk.ben.log.until(CallArrived, after=seen)
    await Talk(desk.ben, arrived.call).answers()
    await expect(screen.page.locator("h2", has_text="Max-Andreas")).to_be_visible()


async def test_lamps_of_the_headset_are_seen_live(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    talk = await desk.is_called_by(desk.anna, screen)
    desk.desk.press("hook")
    await talk.is_up()
    await screen.presses("nav-devices")
    lamp = screen.page.locator("[data-lamp=off_hook]")
    await expect(lamp).to_have_attribute("data-on", "true")
    await expect(screen.page.locator(".device-gestures")).to_contain_text("Answer")
    await desk.anna.hangs_up(talk.call)
    await expect(lamp).to_have_attribute("data-on", "false")


async def test_the_volume_of_the_call_is_turned(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window)
    await desk.calls(desk.anna, screen)
    await screen.call_is("connected")
    slider = screen.page.get_by_role("slider")
    await slider.focus()
    before = float(await slider.input_value())
    await screen.types("ArrowLeft")
    await expect(slider).to_have_value(str(int(before) - 5))
    volumes = desk.desk.daemon.loudness.volumes
    assert volumes["speaker"] == before - 5


async def test_the_settings_of_a_room_open_with_the_pin(
    desk: Stage, window: BrowserContext
) -> None:
    screen = await desk.opens(window, kiosk=True)
    await screen.presses("nav-settings")
    for digit in "11":
        await screen.presses(f"digit-{digit}")
    await screen.presses("pin-enter")
    await screen.shows("not the PIN")
    for digit in PIN:
        await screen.presses(f"digit-{digit}")
    await screen.presses("pin-enter")
    waiting = screen.by_id("setting-call_waiting")
    await expect(waiting).to_be_checked()
    await waiting.click()
    await desk.desk.until(lambda: not desk.desk.view.call_waiting, "call waiting is off")
    await expect(waiting).not_to_be_checked()
    await waiting.click()
    await desk.desk.until(lambda: desk.desk.view.call_waiting, "call waiting is on")
    await screen.page.get_by_role("button", name="Lock again").click()
    await expect(waiting).to_have_count(0)


async def test_a_room_shows_nothing_of_a_person(desk: Stage, window: BrowserContext) -> None:
    screen = await desk.opens(window, kiosk=True)
    await screen.shows("Blue room")
    await expect(screen.by_id("key-1")).to_contain_text(NAMES[ANNA])
    for hidden in ("nav-history", "redial", "dnd"):
        await expect(screen.by_id(hidden)).to_have_count(0)


async def test_a_restart_of_the_daemon_is_said_and_survived(
    window: BrowserContext, short_dir: Path
) -> None:
    with port_block() as port:
        async with page_alone(short_dir, port=port) as first:
            screen = await first.opens(window)
        await screen.shows("No connection to the telephone.")
        async with page_alone(short_dir, port=port):
            await expect(screen.page.locator("[data-link=up]")).to_be_visible()
            await screen.is_on("home")


async def test_where_no_headset_is_one_is_pressed_on_the_page(
    desk: Stage, window: BrowserContext, short_dir: Path
) -> None:
    async with page_alone(short_dir, virtual=True) as alone:
        alone.desk.usb.unplug(alone.desk.headset)
        screen = await alone.opens(window)
        await screen.presses("nav-devices")
        await screen.shows("Virtual: press it here")
        call = desk.anna.dials(f"sip:200@{alone.desk.engine.address}")
        await screen.shows("Incoming call")
        await screen.shows_lamp("ring")
        await screen.presses("press-hook")
        await Talk(desk.anna, call).is_up()
        await screen.shows_lamp("off_hook")
        # A hook that goes down again at once is taken for a flicker: end it elsewhere.
        await screen.presses("strip")
        await screen.presses("end")
        await Talk(desk.anna, call).is_over()


async def test_a_meeting_of_the_room_is_shown_with_its_button(
    window: BrowserContext, short_dir: Path
) -> None:
    calendar = short_dir / "room.ics"
    calendar.write_text(meeting_now("Budget", "+49 69 5550100,,123456#"))
    meetings = MeetingSettings(file=str(calendar), shows_titles=True, trusts_clock=True)
    async with page_alone(short_dir, meetings=meetings) as alone:
        screen = await alone.opens(window, kiosk=True)
        await screen.shows("Budget")
        await screen.shows("Busy until")
        await screen.button("join-").click()
        trace = alone.desk.trace
        await screen.until(lambda: [e for e in trace if "PlaceCall" in e.text], "it is dialled")
