"""A running daemon that serves the page, telephones that call it, and a finger on the screen."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import BrowserContext

from bridge.kiosk.pin import hash_of
from bridge.model.blf import Favourite, KeyType
from bridge.model.calls import Phase
from bridge.model.effects import AnswerCall
from bridge.model.engine import AccountSettings
from bridge.model.events import CallArrived, CallConnected, CallEnded
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Verb
from bridge.model.meetings import MeetingSettings
from bridge.model.numbers import DialLimits, NumberRules
from bridge.model.page import KioskSettings, LaunchPage, PageSettings
from tests.browser.screen import Screen
from tests.engine.phones import LINE as PHONE_LINE
from tests.engine.phones import Phone
from tests.integration.running import LINE, Desk, config_for, desk_with
from tests.integration.waiting import POLL_S, eventually
from tests.pbx.ports import port_block

PIN = "24680"
ANNA, BEN = "300", "400"
NAMES = {ANNA: "Anna Sommer", BEN: "Ben Koch"}


@dataclass
class Served:
    """A desk whose daemon serves the page."""

    desk: Desk

    def _address(self, kind: str) -> str:
        served = self.desk.daemon.page
        assert served is not None
        return str(served.launch(LaunchPage(kiosk=kind == "kiosk"))["url"])

    async def opens(self, window: BrowserContext, *, kiosk: bool = False) -> Screen:
        """Open the page as its owner does, or as a room's screen does."""
        served = self.desk.daemon.page
        assert served is not None
        await eventually(lambda: served.text.startswith("listening"), "the page listens")
        screen = Screen(await window.new_page())
        await screen.page.goto(self._address("kiosk" if kiosk else "desk"))
        await screen.is_on("home")
        return screen


@dataclass
class Stage(Served):
    """Everything that is there for the whole group; each test leaves it without a call."""

    anna: Phone
    ben: Phone

    @property
    def uri(self) -> str:
        """Where the desk is called."""
        return f"sip:200@{self.desk.engine.address}"

    async def is_called_by(self, phone: Phone, screen: Screen) -> "Talk":
        """Have a telephone call, until the page rings."""
        call = phone.dials(self.uri)
        await screen.rings_for(phone.user)
        return Talk(phone, call)

    async def calls(self, phone: Phone, screen: Screen, *, answers: bool = True) -> "Talk":
        """Dial a telephone on the page, until it rings there or answers."""
        seen = len(phone.log.events)
        await screen.dials(phone.uri)
        return await self.reaches(phone, seen, answers=answers)

    async def reaches(self, phone: Phone, seen: int, *, answers: bool = True) -> "Talk":
        """Wait until a call of the desk is at a telephone, and answer it there."""
        arrived = await phone.log.until(CallArrived, after=seen)
        talk = Talk(phone, arrived.call)
        if answers:
            await talk.answers()
        return talk

    async def is_at_rest(self) -> None:
        """End what a test left; nothing of it may be seen by the next one."""
        desk = self.desk
        while desk.view.calls:
            for call in desk.view.calls:
                self.wants(Verb.REJECT if call.phase is Phase.RINGING else Verb.HANGUP, call.call)
            await asyncio.sleep(POLL_S)
        self.wants(Verb.DND_OFF)
        await desk.until(lambda: not desk.view.do_not_disturb, "do not disturb is off")
        await desk.shows()

    def wants(self, verb: Verb, call: CallId | None = None) -> None:
        """Have something done past the page."""
        self.desk.daemon.switchboard.ask(Intent(verb, call), lambda _answer: None)


@dataclass(frozen=True)
class Talk:
    """A call as the telephone at the other end has it."""

    phone: Phone
    call: CallId

    async def answers(self) -> None:
        self.phone.engine.order(AnswerCall(self.call))
        await self.is_up()

    async def is_up(self) -> None:
        await self.phone.log.until(CallConnected, self.call)

    async def is_over(self) -> CallEnded:
        return await self.phone.log.until(CallEnded, self.call)


def _page(**members: object) -> PageSettings:
    kiosk = KioskSettings(directory=True, clear_after_s=60)
    page = PageSettings(enabled=True, language="en", theme="light", kiosk=kiosk)
    return replace(page, room="Blue room", pin=hash_of(PIN), **members)  # type: ignore[arg-type]


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Start everything."""
    directory = Path(tempfile.mkdtemp(prefix="offhook-"))
    async with _phone(ANNA) as anna, _phone(BEN) as ben:
        favourites = (
            Favourite(1, NAMES[ANNA], KeyType.SPEED_DIAL, anna.uri),
            Favourite(2, NAMES[BEN], KeyType.SPEED_DIAL, ben.uri),
            Favourite(3, "Do not disturb", KeyType.DND),
        )
        async with _desk(directory, _page(port=0), favourites=favourites) as desk:
            yield Stage(desk, anna, ben)
    shutil.rmtree(directory, ignore_errors=True)


def _phone(user: str) -> Phone:
    """A telephone that lets itself be sent elsewhere."""
    return Phone(user, accounts=[AccountSettings(PHONE_LINE, user, transfers=True)])


@asynccontextmanager
async def page_alone(
    directory: Path,
    port: int = 0,
    *,
    virtual: bool = False,
    meetings: MeetingSettings | None = None,
) -> AsyncIterator[Served]:
    """A daemon of the test's own."""
    page = _page(port=port, virtual_headset=virtual)
    async with _desk(directory, page, meetings=meetings or MeetingSettings()) as desk:
        served = Served(desk)
        now = desk.daemon.page
        await desk.until(lambda: now and now.text.startswith("listening"), "the page listens")
        yield served


@asynccontextmanager
async def _desk(directory: Path, page: PageSettings, **settings: object) -> AsyncIterator[Desk]:
    with port_block() as base:
        config = config_for(directory, AccountSettings(LINE, "200"), base)
        rules = NumberRules(limits=DialLimits(per_10_s=1000, per_hour=10_000))
        habits = replace(config.habits, numbers=rules)
        config = replace(config, page=page, habits=habits, **settings)  # type: ignore[arg-type]
        async with desk_with(config) as desk:
            yield desk


def meeting_now(title: str, dial_in: str) -> str:
    """A calendar with one meeting that runs."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(minutes=5), now + timedelta(minutes=50)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:one@test",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}", f"DTSTART:{begins:%Y%m%dT%H%M%SZ}",
        f"DTEND:{ends:%Y%m%dT%H%M%SZ}", f"SUMMARY:{title}", f"DESCRIPTION:Join: {dial_in}",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)
