"""A clicked link is dialled when its reader agrees, and never because a page wants it."""

import pytest

from bridge.model.desktop import Confirm, DesktopSettings
from bridge.model.intents import Outcome
from tests.desktop.conftest import MakeDesk
from tests.desktop.services import Screen, until
from tests.drivers.message_bus import MessageBus

pytestmark = pytest.mark.needs("dbus")

LINK = "tel:+49-30-1234567"
QUESTION = "Call +49 30 1234567?"


@pytest.mark.parametrize(
    ("link", "question", "dialled"),
    [
        (LINK, QUESTION, "+49301234567"),
        ("TEL:(030)%20123%204567", "Call 0301234567?", "0301234567"),
        ("callto:+49 30 1234567", QUESTION, "+49301234567"),
        ("sip:ada@pbx.example", "Call sip:ada@pbx.example?", "sip:ada@pbx.example"),
        ("sips:ada@evil.example", "Call sips:ada@evil.example?", "sips:ada@evil.example"),
        ("tel:112", "Call 112?", "112"),
    ],
)
async def test_a_link_is_asked_about_and_dialled_when_agreed(
    bus: MessageBus, desk_on: MakeDesk, link: str, question: str, dialled: str
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        reply = await desk.desktop.open_link(link)
        assert (reply.outcome, reply.detail) == (Outcome.ACCEPTED, "asked on the screen")
        await screen.sees(question)
        assert desk.dialled == []
        await screen.press("Call")
        await until(lambda: desk.dialled == [dialled], f"{dialled} is dialled")
        await screen.sees()


async def test_a_link_that_is_declined_is_not_dialled(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.desktop.open_link(LINK)
        await screen.sees(QUESTION)
        await screen.press("Cancel")
        await until(lambda: not desk.desktop._clicked.notices, "it is forgotten")
        await desk.desktop.open_link(LINK)
        await screen.sees(QUESTION)
        await screen.put_away(next(iter(screen.shown)))
        await until(lambda: not desk.desktop._clicked.notices, "it is forgotten")
        await desk.desktop.open_link(LINK)
        await screen.sees(QUESTION)
        desk.timers.advance(30.0)
        await screen.sees()
        assert desk.dialled == []


async def test_a_link_calls_from_the_telephone_of_the_configuration(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    settings = DesktopSettings(enabled=True, links_from="205")
    async with Screen(bus.address) as screen, desk_on(settings) as desk:
        await desk.desktop.open_link(LINK)
        await screen.sees(QUESTION)
        await screen.press("Call")
        await until(lambda: desk.dialled == ["205"], "that telephone rings first")


async def test_a_second_link_does_not_take_the_place_of_the_first(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.desktop.open_link("tel:0301234567")
        await screen.sees("Call 0301234567?")
        reply = await desk.desktop.open_link("tel:0309999999")
        assert reply.outcome is Outcome.BUSY
        await screen.press("Call")
        await until(lambda: desk.dialled == ["0301234567"], "the first is dialled")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("tel:*21*0900123456%23", "star code"),
        ("tel:%2A%2321%23", "star code"),
        ("sip:ada@pbx.example?Replaces=1", "more than whom to call"),
        ("sip:ada@pbx.example%0d%0aX: y", "more than whom to call"),
        ("tel:0301234567\nBcc: x", "expected a link that begins with"),
        ("javascript:alert(1)", "expected a link that begins with"),
        ("--config=/tmp/x", "expected a link that begins with"),
        ("tel:", "expected a link that begins with"),
        ("tel:030,,1234#", "after the answer"),
        ("tel:0301234567;ext=123456789", "after the answer"),
        ("sip:" + "a" * 300 + "@x", "expected at most 256"),
        ("tel:+1-900-555-1212", "premium"),
    ],
)
async def test_a_hostile_link_is_refused_in_one_sentence(
    bus: MessageBus, desk_on: MakeDesk, link: str, reason: str
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        reply = await desk.desktop.open_link(link)
        assert reply.outcome in {Outcome.INVALID, Outcome.DENIED}
        assert reason in reply.detail
        await screen.sees("The link was not dialled")
        assert reason in next(iter(screen.shown.values())).body
        desk.timers.advance(15.0)
        await screen.sees()
        assert desk.dialled == []


async def test_an_extension_in_a_link_is_shown_and_asked_about(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.desktop.open_link("tel:0301234567;ext=45")
        await screen.sees("Call 0301234567,45?")
        await screen.press("Call")
        await until(lambda: desk.dialled == ["0301234567"], "it is dialled")


async def test_without_somebody_to_ask_nothing_is_dialled(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address, "body"), desk_on() as desk:
        reply = await desk.desktop.open_link(LINK)
        assert reply.outcome is Outcome.FAILED
        assert "offhook call" in reply.detail
        assert desk.dialled == []


@pytest.mark.parametrize(
    ("link", "outcome", "dialled"),
    [
        ("tel:202", "under way", ["202"]),
        (LINK, "asked on the screen", []),
        ("tel:112", "asked on the screen", []),
        ("sip:202@evil.example", "asked on the screen", []),
    ],
)
async def test_by_setting_extensions_are_dialled_at_once_and_nothing_else_is(
    bus: MessageBus, desk_on: MakeDesk, link: str, outcome: str, dialled: list[str]
) -> None:
    settings = DesktopSettings(enabled=True, confirm=Confirm.OUTSIDE)
    async with Screen(bus.address), desk_on(settings) as desk:
        reply = await desk.desktop.open_link(link)
        assert reply.detail == outcome
        assert desk.dialled == dialled


async def test_links_count_against_the_limits_of_their_own(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    settings = DesktopSettings(enabled=True, confirm=Confirm.OUTSIDE)
    async with Screen(bus.address), desk_on(settings) as desk:
        details = []
        for _ in range(12):
            reply = await desk.desktop.open_link("tel:202")
            details.append(reply.detail)
            for call in list(desk.line.calls):
                desk.line.peer_rejects(call, 486)
            await until(lambda: not desk.phases, "the call is over")
        assert any("calls in 10 s" in detail for detail in details)


async def test_links_are_off_where_the_desktop_is(desk_on: MakeDesk) -> None:
    async with desk_on(DesktopSettings(enabled=False)) as desk:
        reply = await desk.desktop.open_link(LINK)
        assert reply.outcome is Outcome.DENIED
        assert "desktop: off" in reply.detail
