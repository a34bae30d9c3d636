"""A desk phone beside the headset: its calls are calls like any other, and the headset takes them.

The phone is an HTTP server of its own that behaves as its vendor documents it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.app.door import Door
from bridge.model.calls import Direction, Phase, RegistrationState
from bridge.model.effects import RejectCall
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Verb
from bridge.model.phones import PhoneSettings, PhoneVendor
from bridge.protocols.phone_setup import settings_lines
from tests.drivers.virtual_phones import VirtualPhone
from tests.scenarios.desk import EVOLVE_LINK, Desk, Headset, desk_with, until

TOKEN = "0123456789abcdef"
LINE = AccountId("phone-front")


class FrontDesk:
    """A desk with a headset and a desk phone."""

    def __init__(self, desk: Desk, phone: VirtualPhone) -> None:
        self.desk, self.phone = desk, phone

    @property
    def headset(self) -> Headset:
        return self.desk.headsets[0]

    async def does(self, action: Callable[..., str | None], *words: str) -> str:
        """Let the phone do something, which it does on a thread."""
        return await asyncio.to_thread(action, *words) or ""

    def url(self, event: str, query: str = "") -> str:
        door = self.desk.daemon.door
        assert isinstance(door, Door)
        assert door.server is not None
        return f"http://{door.server.address}/phone/front/{TOKEN}/{event}{query}"

    async def phone_has(self, *states: str) -> None:
        await until(lambda: list(self.phone.states.values()) == list(states), f"phone: {states}")

    def line(self) -> RegistrationState:
        return next(v.registration for v in self.desk.view.lines if v.account == LINE)


@asynccontextmanager
async def front_desk(directory: Path, vendor: PhoneVendor) -> AsyncIterator[FrontDesk]:
    with VirtualPhone(vendor) as phone:
        keys = (("P1", Intent(Verb.DIAL, target="202")),)
        settings = PhoneSettings("front", vendor, ("127.0.0.1",), TOKEN, phone.control, keys=keys)
        async with desk_with(directory, EVOLVE_LINK, phones=(settings,)) as desk:
            door = desk.daemon.door
            assert isinstance(door, Door)
            await until(lambda: door.server is not None, "the door is open")
            assert door.server is not None
            base = f"http://{door.server.address}"
            phone.set_up(settings_lines(settings, base, "127.0.0.1"))
            yield FrontDesk(desk, phone)


@pytest.mark.parametrize("vendor", [PhoneVendor.YEALINK, PhoneVendor.SNOM, PhoneVendor.POLY])
async def test_a_headset_button_answers_the_desk_phone_and_ends_its_call(
    tmp_path: Path, vendor: PhoneVendor
) -> None:
    async with front_desk(tmp_path, vendor) as at:
        await at.does(at.phone.is_called, "4520")
        await at.headset.shows("ring")
        at.headset.press("hook")
        await at.phone_has("connected")
        await at.desk.call_is(Phase.CONNECTED)
        await at.headset.shows("off_hook")
        at.headset.press("hook")
        await at.desk.no_call()
        await at.phone_has()
        await at.headset.shows()


async def test_the_line_of_a_phone_works_once_it_was_heard(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        assert at.line() is RegistrationState.TRYING
        await at.does(at.phone.is_called, "4520")
        await until(lambda: at.line() is RegistrationState.REGISTERED, "the line is known")


async def test_a_call_lifted_at_the_phone_shows_on_the_headset_and_is_ended_there(
    tmp_path: Path,
) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        name = await at.does(at.phone.is_called, "4520")
        await at.headset.shows("ring")
        await at.does(at.phone.moves, name, "connected")
        await at.headset.shows("off_hook")
        at.headset.press("hook")
        await at.phone_has()
        await at.headset.shows()


async def test_a_call_dialled_at_the_phone_shows_on_the_headset(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        name = await at.does(at.phone.dials, "202")
        await at.desk.call_is(Phase.DIALING)
        assert at.desk.call is not None
        assert at.desk.call.direction is Direction.OUTGOING
        assert at.desk.call.remote.number == "202"
        await at.headset.shows("off_hook")
        await at.does(at.phone.moves, name, "connected")
        await at.desk.call_is(Phase.CONNECTED)


async def test_lifting_the_phone_puts_the_call_on_the_headset_on_hold(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        first = await at.desk.is_in_a_call(at.headset)
        name = await at.does(at.phone.is_called, "4520")
        await at.does(at.phone.moves, name, "connected")
        await until(lambda: at.desk.phases.get(first) == "held", "the first call is held")
        assert sorted(at.desk.phases.values()) == ["connected", "held"]


async def test_a_phone_that_does_not_answer_goes_on_ringing_here(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        await at.does(at.phone.is_called, "4520")
        await at.headset.shows("ring")
        await at.does(at.phone.goes_off)
        at.headset.press("hook")
        await until(lambda: "cannot be reached" in at.desk.story(), "the user is told")
        await at.desk.call_is(Phase.RINGING)


async def test_a_phone_that_cannot_be_muted_never_shows_that_it_is(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        await at.does(at.phone.is_called, "4520")
        await at.headset.shows("ring")
        at.headset.press("hook")
        await at.desk.call_is(Phase.CONNECTED)
        await at.headset.shows("off_hook")
        at.headset.press("mute")
        await until(lambda: "cannot be muted" in at.desk.story(), "the user is told")
        await at.headset.shows("off_hook")
        assert not at.desk.view.muted


async def test_the_mute_key_of_the_phone_shows_on_the_headset(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        name = await at.does(at.phone.is_called, "4520")
        await at.does(at.phone.moves, name, "connected")
        await at.headset.shows("off_hook")
        await at.does(at.phone.tell, "muted", name)
        await at.headset.shows("off_hook", "mute")
        await at.does(at.phone.tell, "unmuted", name)
        await at.headset.shows("off_hook")


async def test_a_key_of_the_phone_does_what_is_configured(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        await at.does(lambda: at.phone._send(at.url("key", "?key=P1"), None))
        await at.desk.call_is(Phase.DIALING)
        assert at.phone.states == {}  # the first line calls, not the phone


async def test_do_not_disturb_of_the_phone_is_that_of_the_desk_and_leaves_it_alone(
    tmp_path: Path,
) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        await at.does(lambda: at.phone._send(at.url("dnd-on"), None))
        await until(lambda: at.desk.view.do_not_disturb, "do not disturb is on")
        await at.does(at.phone.is_called, "4520")
        assert at.desk.call is None
        assert at.phone.requests == []
        assert not at.desk.ordered(RejectCall)


async def test_a_phone_that_starts_anew_has_no_call(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        name = await at.does(at.phone.is_called, "4520")
        await at.does(at.phone.moves, name, "connected")
        await at.headset.shows("off_hook")
        await at.does(at.phone.tell, "started", "")
        await at.desk.no_call()
        await at.headset.shows()


async def test_after_a_restart_of_the_daemon_no_call_of_the_phone_is_made_up(
    tmp_path: Path,
) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        at.phone.numbers["77"] = "4520"
        await at.does(at.phone.moves, "77", "connected")
        await at.does(at.phone.moves, "77", "held")
        assert at.desk.call is None
        await at.does(at.phone.moves, "77", "ended")
        await at.does(at.phone.is_called, "4521")
        await at.headset.shows("ring")


async def test_without_the_sip_engine_the_phone_still_has_its_calls(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        name = await at.does(at.phone.is_called, "4520")
        await at.does(at.phone.moves, name, "connected")
        await at.headset.shows("off_hook")
        at.desk.line.dies()
        await until(lambda: at.desk.view.problems, "the engine is missed")
        assert at.desk.call is not None
        at.headset.press("hook")
        await at.phone_has()
        await at.desk.no_call()


async def test_the_token_is_in_no_trace(tmp_path: Path) -> None:
    async with front_desk(tmp_path, PhoneVendor.YEALINK) as at:
        await at.does(at.phone.is_called, "4520")
        await at.headset.shows("ring")
        assert TOKEN not in at.desk.story()
