"""Notices on the screen: what is told, which keys they have, and that none is ever out of date."""

import pytest

from bridge.blf.board import Freed
from bridge.model.calls import Mailbox
from bridge.model.desktop import Callers, DesktopSettings, NoticeKind
from bridge.model.events import MailboxChanged, MatterChanged
from bridge.model.habits import Habits
from bridge.model.intents import Verb
from tests.desktop.conftest import LINE, MakeDesk
from tests.desktop.services import Screen, until
from tests.drivers.message_bus import MessageBus

pytestmark = pytest.mark.needs("dbus")

ADA = "Call from Ada Example (201)"


async def test_a_call_that_rings_is_on_the_screen_until_it_is_taken(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.is_called()
        await screen.sees(ADA)
        (notice,) = screen.shown.values()
        assert list(notice.keys.values()) == ["Answer", "Reject", "Voice mail"]
        assert notice.timeout_ms == 0, "it must not go by itself"
        desk.does(Verb.ANSWER)
        await screen.sees()


@pytest.mark.parametrize(
    ("label", "phases", "order"),
    [
        ("Answer", ["connected"], "AnswerCall"),
        ("Reject", [], "RejectCall"),
        ("Voice mail", [], "DivertCall"),
    ],
)
async def test_its_keys_do_what_they_say(
    bus: MessageBus, desk_on: MakeDesk, label: str, phases: list[str], order: str
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.is_called()
        await screen.sees(ADA)
        await screen.press(label)
        await until(lambda: order in {type(one).__name__ for one in desk.line.orders}, order)
        await until(lambda: desk.phases == phases, f"{phases}")
        await screen.sees()


async def test_there_is_no_voice_mail_key_without_voice_mail(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on(habits=Habits()) as desk:
        await desk.is_called()
        await screen.sees(ADA)
        (notice,) = screen.shown.values()
        assert list(notice.keys.values()) == ["Answer", "Reject"]


async def test_a_key_of_a_call_that_has_gone_does_not_answer_the_next_one(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        call = await desk.is_called()
        await screen.sees(ADA)
        number, notice = next(iter(screen.shown.items()))
        key = next(key for key, label in notice.keys.items() if label == "Answer")
        desk.line.peer_hangs_up(call)
        await screen.sees("Missed call from Ada Example (201)")
        await desk.is_called("202", "Eve Example")
        await screen.sees("Missed call from Ada Example (201)", "Call from Eve Example (202)")
        for one in (number, *screen.shown):  # the old key, on the old notice and on every new one
            await screen.invoke(one, key)
        await desk.is_called("203", "Third")  # the bus has passed on everything before this shows
        await screen.sees(
            "Missed call from Ada Example (201)",
            "Call from Eve Example (202)",
            "Call from Third (203)",
        )
        assert desk.phases == ["ringing", "ringing"]
        assert "AnswerCall" not in {type(one).__name__ for one in desk.line.orders}


async def test_a_stranger_on_the_bus_cannot_press_keys(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.is_called()
        await screen.sees(ADA)
        number, notice = next(iter(screen.shown.items()))
        async with Screen(bus.address) as stranger:  # the name is taken: it only claims to be
            await stranger.invoke(number, next(iter(notice.keys)))
            desk.does(Verb.SILENCE)
            desk.board.post(MatterChanged(desk.timers.now(), "test", "something is wrong"))
            desk.timers.advance(5.0)
            await screen.sees(ADA, "Offhook has a problem")
        assert desk.phases == ["ringing"]


async def test_missed_calls_are_counted_and_can_be_called_back(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        desk.line.peer_hangs_up(await desk.is_called("0301234567", "Eve"))
        await screen.sees("Missed call from Eve (0301234567)")
        desk.line.peer_hangs_up(await desk.is_called())
        await screen.sees("2 missed calls")
        await screen.put_away(next(iter(screen.shown)))
        desk.line.peer_hangs_up(await desk.is_called("202", "Eve"))
        await screen.sees("Missed call from Eve (202)")
        await screen.press("Call back")
        await until(lambda: desk.dialled == ["202"], "the call back")
        await screen.sees()


async def test_somebody_who_was_waited_for_can_be_called_from_the_notice(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        desk.desktop.tell_free(Freed(3, "Anna", "202"))
        await screen.sees("Anna is free")
        await screen.press("Call")
        await until(lambda: desk.dialled == ["202"], "the call")
        await screen.sees()


async def test_a_call_taken_elsewhere_or_refused_here_is_not_missed(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        desk.line.peer_hangs_up(await desk.is_called(), elsewhere=True)
        await until(lambda: not desk.phases, "it is gone")
        await desk.is_called()
        desk.does(Verb.REJECT)
        await until(lambda: not desk.phases, "it is gone")
        await desk.is_called("202", "Eve Example")
        await screen.sees("Call from Eve Example (202)")
    assert not [one for one in screen.history if "issed" in one.summary]


async def test_a_call_held_for_long_is_told_and_can_be_taken_back(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        await desk.is_called()
        desk.does(Verb.ANSWER)
        await until(lambda: desk.phases == ["connected"], "it is up")
        desk.does(Verb.HOLD)
        await until(lambda: desk.phases == ["held"], "it is held")
        await screen.sees()  # the call that rang
        desk.timers.advance(119.0)
        assert not screen.shown
        desk.timers.advance(1.0)
        await screen.sees("Still on hold: Ada Example (201)")
        await screen.press("Resume")
        await until(lambda: desk.phases == ["connected"], "it is back")
        await screen.sees()


async def test_new_voice_messages_are_told_and_heard(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        now_s = desk.timers.now()
        desk.board.post(MailboxChanged(now_s, LINE, Mailbox(True, 2)))
        await screen.sees("2 new voice messages")
        desk.board.post(MailboxChanged(now_s, LINE, Mailbox(False)))
        await screen.sees()
        desk.board.post(MailboxChanged(now_s, LINE, Mailbox(True)))
        await screen.sees("Voice messages wait")
        await screen.press("Listen")
        await until(lambda: desk.dialled == ["791"], "the mailbox is called")


async def test_a_problem_is_told_when_it_lasts(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        desk.board.post(MatterChanged(desk.timers.now(), "mqtt", "the broker is gone"))
        desk.timers.advance(4.0)
        desk.board.post(MatterChanged(desk.timers.now(), "mqtt", ""))
        desk.timers.advance(4.0)
        desk.board.post(MatterChanged(desk.timers.now(), "mqtt", "the broker is gone again"))
        desk.timers.advance(5.0)
        await screen.sees("Offhook has a problem")
        desk.board.post(MatterChanged(desk.timers.now(), "mqtt", ""))
        await screen.sees()
    assert [one.body for one in screen.history] == ["the broker is gone again"]


@pytest.mark.parametrize(
    ("callers", "summary"),
    [
        (Callers.FULL, "Call from <b>Eve</b> (0301234567)"),
        (Callers.MASKED, "Call from …67"),
        (Callers.HIDDEN, "Call from somebody"),
    ],
)
async def test_a_notice_shows_as_much_of_a_caller_as_is_wanted(
    bus: MessageBus, desk_on: MakeDesk, callers: Callers, summary: str
) -> None:
    settings = DesktopSettings(enabled=True, callers=callers)
    async with Screen(bus.address) as screen, desk_on(settings) as desk:
        await desk.is_called("0301234567", "<b>Eve</b>")
        await screen.sees(summary)


async def test_what_is_switched_off_is_not_told(bus: MessageBus, desk_on: MakeDesk) -> None:
    settings = DesktopSettings(enabled=True, notices=frozenset({NoticeKind.MISSED}))
    async with Screen(bus.address) as screen, desk_on(settings) as desk:
        desk.line.peer_hangs_up(await desk.is_called())
        await screen.sees("Missed call from Ada Example (201)")
    assert len(screen.history) == 1


async def test_markup_in_the_body_is_shown_and_not_obeyed(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Screen(bus.address) as screen, desk_on() as desk:
        text = 'found <a href="http://x">'
        desk.board.post(MatterChanged(desk.timers.now(), "test", text))
        desk.timers.advance(5.0)
        await screen.sees("Offhook has a problem")
        (notice,) = screen.shown.values()
        assert notice.body == "found &lt;a href=&quot;http://x&quot;&gt;"


async def test_a_service_without_keys_gets_none(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Screen(bus.address, "body") as screen, desk_on() as desk:
        await desk.is_called()
        await screen.sees(ADA)
        assert not next(iter(screen.shown.values())).keys


async def test_a_service_that_is_started_again_shows_what_still_matters(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with desk_on() as desk:
        async with Screen(bus.address) as screen:
            call = await desk.is_called()
            await screen.sees(ADA)
        async with Screen(bus.address) as screen:
            await screen.sees(ADA)
            await screen.press("Answer")
            await until(lambda: desk.phases == ["connected"], "the call is up")
        desk.line.peer_hangs_up(call)


async def test_without_a_service_there_is_one_matter_that_ends_when_one_comes(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with desk_on() as desk:
        await desk.is_called()
        await until(lambda: desk.problems, "it is told")
        assert len(desk.problems) == 1
        assert "no notification service answers" in desk.problems[0]
        async with Screen(bus.address) as screen:
            await screen.sees(ADA)
            await until(lambda: not desk.problems, "all is well again")


async def test_a_bus_that_comes_back_is_used_again(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with desk_on() as desk:
        async with Screen(bus.address) as screen:
            await desk.is_called()
            await screen.sees(ADA)
            bus.kill()
        bus.start()
        async with Screen(bus.address) as screen:
            await screen.sees(ADA)


async def test_the_screen_is_left_clean(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Screen(bus.address) as screen:
        async with desk_on() as desk:
            desk.line.peer_hangs_up(await desk.is_called())
            await screen.sees("Missed call from Ada Example (201)")
        await screen.sees()
