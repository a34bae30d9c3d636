"""Meetings of a room: shown, joined with one touch, and the room is busy while one runs."""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

import pytest

from bridge.model.calls import Phase
from bridge.model.effects import PlaceCall, SendDtmf
from bridge.model.features import PresenceSettings
from bridge.model.intents import Verb
from bridge.model.meetings import (
    Booking,
    CalendarRead,
    DialIn,
    JoinMeeting,
    ListMeetings,
    MeetingSettings,
    ReloadMeetings,
)
from tests.scenarios.broker import BASE, Json, unix_ms
from tests.scenarios.desk import Desk, desk_with, until

MINUTE = 60_000
ROOM = MeetingSettings(file="room.ics", trusts_clock=True)
WAYS = (DialIn("0695550100", "111#"), DialIn("0305550100", "222#"))
PRESENCE = PresenceSettings(publish_as="room")


def meeting(start: int, end: int, *ways: DialIn, name: str = "a1") -> Booking:
    """A meeting from so many minutes after now to so many."""
    now_ms = unix_ms()
    return Booking(name, "Budget", now_ms + start * MINUTE, now_ms + end * MINUTE, ways)


def room(
    directory: Path, *meetings: Booking, settings: MeetingSettings = ROOM
) -> AbstractAsyncContextManager[Desk]:
    """A room with these meetings in its calendar."""
    calendar = CalendarRead(bookings=meetings)
    return desk_with(directory, meetings=settings, calendar=calendar, presence=PRESENCE)


async def listed(desk: Desk) -> list[Json]:
    body = await desk.asks(ListMeetings())
    return cast("list[Json]", body["meetings"])


def pressed(desk: Desk) -> list[str]:
    return [order.digits for order in desk.orders if isinstance(order, SendDtmf)]


def placed(desk: Desk) -> list[str]:
    return [order.target for order in desk.orders if isinstance(order, PlaceCall)]


def seen(desk: Desk) -> object:
    return desk.broker.body("presence/room").get("presence")


async def join(desk: Desk, participant: str = "") -> tuple[object, object]:
    answer = await desk.asks(JoinMeeting("a1", participant))
    return answer["outcome"], answer["detail"]


async def is_planned(desk: Desk) -> None:
    calendars = desk.daemon.meetings
    await until(lambda: calendars.body["meetings"], "the calendar is read")


async def test_one_touch_dials_and_presses_id_and_participant(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, *WAYS)) as desk:
        await is_planned(desk)
        await join(desk, "42")
        await until(lambda: placed(desk) == ["0695550100"], "it is dialled")
        call = desk.call
        assert call is not None
        assert call.remote.name == "Meeting"
        desk.line.peer_answers(call.call)
        await desk.call_is(Phase.CONNECTED)
        assert pressed(desk) == []
        desk.passes(4.0)
        desk.passes(20.0)
        desk.passes(20.0)
        assert pressed(desk) == ["111#", "42#"]
        assert (await listed(desk))[0]["joined"] is True
        assert desk.daemon.switchboard.state.last_dialed == ""
        assert "111" not in desk.story()


async def test_a_second_touch_presses_the_id_again(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, *WAYS)) as desk:
        await is_planned(desk)
        await join(desk)
        assert (await join(desk))[1] == "it is being dialled"
        assert desk.call is not None
        desk.line.peer_answers(desk.call.call)
        await desk.call_is(Phase.CONNECTED)
        desk.passes(4.0)
        assert await join(desk) == ("done", "its id is pressed again")
        assert pressed(desk) == ["111#", "111#"]
        assert len(placed(desk)) == 1


async def test_a_busy_number_is_followed_by_the_next_one(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, *WAYS)) as desk:
        await is_planned(desk)
        await join(desk)
        for expected in ("0305550100", "0695550100"):
            assert desk.call is not None
            desk.line.peer_rejects(desk.call.call, 486)
            await desk.no_call()
            desk.passes(3.5)
            await until(lambda want=expected: placed(desk)[-1] == want, "the next number")  # type: ignore[misc]
        assert desk.call is not None
        desk.line.peer_rejects(desk.call.call, 486)
        await desk.no_call()
        desk.passes(30.0)
        assert len(placed(desk)) == 3


async def test_a_number_that_does_not_exist_is_not_dialled_again(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, WAYS[0])) as desk:
        await is_planned(desk)
        await join(desk)
        assert desk.call is not None
        desk.line.peer_rejects(desk.call.call, 404)
        await desk.no_call()
        desk.passes(30.0)
        assert len(placed(desk)) == 1


async def test_whoever_hangs_up_does_not_join_any_more(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, *WAYS)) as desk:
        await is_planned(desk)
        await join(desk)
        await desk.types(Verb.HANGUP)
        await desk.no_call()
        desk.passes(30.0)
        assert len(placed(desk)) == 1


@pytest.mark.parametrize(
    ("booking", "settings", "sentence"),
    [
        (meeting(60, 90, *WAYS), ROOM, "it has not begun"),
        (meeting(-5, 30), ROOM, "names no number"),
        (meeting(-5, 30, DialIn("112")), ROOM, "emergency number"),
        (meeting(-5, 30, *WAYS, name="b2"), ROOM, "there is no such meeting"),
    ],
    ids=["early", "no-number", "emergency", "unknown"],
)
async def test_what_cannot_be_joined_is_not_dialled(
    short_dir: Path, booking: Booking, settings: MeetingSettings, sentence: str
) -> None:
    async with room(short_dir, booking, settings=settings) as desk:
        await is_planned(desk)
        outcome, detail = await join(desk)
        assert outcome == "invalid"
        assert sentence in str(detail)
        assert placed(desk) == []


async def test_premium_numbers_of_a_calendar_are_denied(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, DialIn("+49900123456"))) as desk:
        await is_planned(desk)
        assert (await join(desk))[0] == "denied"


async def test_the_room_is_busy_until_the_meeting_is_over_or_cancelled(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30)) as desk:
        await until(lambda: seen(desk) == "busy", "busy")
        desk.calendar = CalendarRead()
        await desk.asks(ReloadMeetings())
        await until(lambda: seen(desk) == "available", "available")


async def test_meetings_come_over_mqtt_and_hostile_ones_change_nothing(short_dir: Path) -> None:
    settings = MeetingSettings(mqtt=True, trusts_clock=True, shows_titles=True)
    async with room(short_dir, settings=settings) as desk:
        now_ms = unix_ms()
        one = {"id": "a1", "title": "Budget", "start": now_ms - MINUTE, "end": now_ms + MINUTE}
        body = {"v": 1, "ts": now_ms, "meetings": [one]}
        desk.broker.say(f"{BASE}/calendar", json.dumps(body).encode(), retained=True)
        await until(lambda: desk.daemon.meetings.body["meetings"], "the meeting is known")
        desk.broker.say(f"{BASE}/calendar", b'{"v":1,"meetings":[{"id":"../x"}]}', retained=True)
        answer = await desk.asks(ListMeetings())
        assert [m["title"] for m in cast("list[Json]", answer["meetings"])] == ["Budget"]
        assert "is refused" in str(answer["note"])
        assert answer["stale"] is True


async def test_a_command_of_mqtt_joins_once_and_a_stale_one_never(short_dir: Path) -> None:
    async with room(short_dir, meeting(-5, 30, *WAYS)) as desk:
        await is_planned(desk)
        args = {"meeting": "a1"}
        assert desk.broker.replies(
            desk.broker.command("meeting_join", window="yesterdays", args=args)
        ) == ["stale"]
        assert placed(desk) == []
        desk.broker.command("meeting_join", window=desk.broker.window, args=args)
        await until(lambda: placed(desk), "it is dialled")


async def test_without_a_clock_nothing_is_joined_and_the_room_is_not_busy(short_dir: Path) -> None:
    settings = MeetingSettings(file="room.ics")
    async with room(short_dir, meeting(-5, 30, *WAYS), settings=settings) as desk:
        await is_planned(desk)
        desk.daemon.meetings._calendars._clock = lambda: False
        assert "clock" in str((await join(desk))[1])
        assert placed(desk) == []
