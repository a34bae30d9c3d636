"""Meetings of the room, composed: calendars in; presence, calls and answers out."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, assert_never

from bridge.app.asking import Errands
from bridge.app.calendars import Calendars, ReadCalendar
from bridge.app.joining import Joining
from bridge.app.switchboard import Announcement, Switchboard
from bridge.drivers.clock.sync import is_clock_set
from bridge.features.meetings import (
    busy_until_ms,
    is_running,
    next_look_ms,
    shown_title,
    ways_in,
    why_not_join,
)
from bridge.model.calls import Snapshot
from bridge.model.effects import Effect
from bridge.model.events import Event
from bridge.model.features import Meeting
from bridge.model.intents import Outcome
from bridge.model.meetings import (
    Booking,
    DialIn,
    JoinMeeting,
    ListMeetings,
    MeetingOrder,
    MeetingQuestion,
    MeetingSettings,
    ReloadMeetings,
)
from bridge.model.redaction import mask_number
from bridge.numbers.dialling import is_emergency
from bridge.protocols.control_answers import Reply, reply_body
from bridge.protocols.mqtt_calendar import PublishedCalendar

LOOK_TIMER = "app:meetings"
LOOK_S = 60.0  # at the latest: a clock that was set is noticed then
STEP_MS = 300_000  # the clock was set if it moved by more against the monotonic one
PRESENCE_MS = 6 * 3_600_000  # told again before the presence ends by itself, for long meetings

NO_CLOCK = (
    "the clock of this machine is not set: no meeting is joined until it is (timedatectl), or set "
    "meetings.trust_clock"
)
NO_CALENDAR = "no calendar is configured: set meetings.url, meetings.file or meetings.mqtt"

TellBusy = Callable[[Meeting], None]


class Meetings:
    """Meetings of the room; a ``switchboard.Reader``.

    Args:
        settings: where they come from.
        switchboard: the core's world.
        tell_busy: takes what the calendar says about the room's presence.
        read: reads a calendar; waits as long as that takes.
        clock: whether the system says that its clock is set.
    """

    def __init__(
        self,
        settings: MeetingSettings,
        switchboard: Switchboard,
        tell_busy: TellBusy,
        read: ReadCalendar,
        clock: Callable[[], bool] = is_clock_set,
    ) -> None:
        self._settings = settings
        self._switchboard = switchboard
        self._tell_busy = tell_busy
        self._calendars = Calendars(settings, switchboard, read, clock)
        self._errands = Errands("meetings")
        self._joining = Joining(switchboard, self._may_go_on)
        self._offset_ms: int | None = None
        self._busy = (0, 0)
        self.on_changed: list[Callable[[], None]] = []
        """Told when ``body`` may be another."""

    async def __aenter__(self) -> Self:
        """Begin; returns at once."""
        if self._settings.enabled:
            self._calendars.on_changed = self._look
            self._switchboard.readers.append(self)
            await self._calendars.__aenter__()
            self._look()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._settings.enabled:
            self._switchboard.readers.remove(self)
            self._switchboard.timers.stop(LOOK_TIMER)
            await self._errands.stop()
            await self._joining.stop()
            await self._calendars.__aexit__(kind, error, trace)

    def learn(self, said: PublishedCalendar | None, reason: str) -> None:
        """Take what was published on MQTT (``drivers.mqtt.calendar.OnCalendar``)."""
        self._calendars.learn(said, reason)

    # -- time -----------------------------------------------------------------

    def _look(self, _timer: str = "") -> None:
        """See what has begun or ended, and look again when that changes."""
        now_ms, bookings = self._calendars.now_ms(), self._calendars.bookings
        self._notice_steps(now_ms)
        until_ms = busy_until_ms(bookings, now_ms) if self._calendars.knows_time else 0
        self._show_busy(until_ms, now_ms)
        next_ms = next_look_ms(bookings, now_ms, self._settings.early_s)
        after_s = min(LOOK_S, (next_ms - now_ms) / 1000) if next_ms else LOOK_S
        self._switchboard.timers.start(LOOK_TIMER, after_s, self._look)
        self._changed()

    def _notice_steps(self, now_ms: int) -> None:
        offset_ms = now_ms - round(self._switchboard.timers.now() * 1000)
        before_ms, self._offset_ms = self._offset_ms, offset_ms
        if before_ms is not None and abs(offset_ms - before_ms) > STEP_MS:
            self._calendars.clock_moved()

    def _show_busy(self, until_ms: int, now_ms: int) -> None:
        if not self._settings.sets_busy:
            return
        before, self._busy = self._busy, (until_ms, now_ms // PRESENCE_MS if until_ms else 0)
        if until_ms and self._busy != before:
            self._tell_busy(Meeting(on=True, until_ms=until_ms))
        elif before[0] > now_ms and not until_ms:  # cancelled, or moved
            self._tell_busy(Meeting(on=False))

    # -- whoever asks ---------------------------------------------------------

    @property
    def body(self) -> dict[str, object]:
        """What ``ListMeetings`` is answered: plain JSON."""
        note = self._calendars.note
        if not self._settings.enabled:
            note = NO_CALENDAR
        elif not self._calendars.knows_time:
            note = NO_CLOCK
        return {
            "meetings": [self._meeting_body(one) for one in self._calendars.bookings],
            "stale": self._calendars.is_stale,
            "note": note,
        }

    def _meeting_body(self, booking: Booking) -> dict[str, object]:
        why, ways = self._why_not(booking), self._ways(booking)
        runs = is_running(booking, self._calendars.now_ms())
        return {
            "id": booking.id,
            "title": shown_title(booking, self._settings),
            "titled": self._settings.shows_titles and bool(booking.title),
            "starts": booking.starts_ms,
            "ends": booking.ends_ms,
            "running": self._calendars.knows_time and runs,
            "busy": booking.is_busy,
            "joinable": not why,
            "why": why,
            "joined": self._joining.joined(booking.id) is not None,
            "number_masked": mask_number(ways[0].number) if ways else "",
        }

    async def answer(self, question: MeetingQuestion) -> Mapping[str, object]:
        """Return the body of an answer: what became of it, and how things stand then."""
        match question:
            case ListMeetings():
                return self.body
            case JoinMeeting() | ReloadMeetings():
                return {**reply_body(await self.obey(question)), **self.body}
            case _:
                assert_never(question)

    async def obey(self, order: MeetingOrder, source: str = "") -> Reply:
        """Do it, and return what became of it; within some seconds.

        Args:
            order: what.
            source: who asks, where barring makes a difference between askers.
        """
        match order:
            case ReloadMeetings():
                if self._calendars.reload():
                    return Reply(Outcome.ACCEPTED, "the calendar is being read")
                return Reply(Outcome.INVALID, "there is no calendar that could be read")
            case JoinMeeting():
                return await self._join(order, source)
            case _:
                assert_never(order)

    def order(self, order: MeetingOrder, told: Callable[[Reply], None]) -> None:
        """Do it for somebody who does not wait; ``told`` gets the outcome."""
        self._errands.begin(self.obey(order), told)

    async def _join(self, wish: JoinMeeting, source: str) -> Reply:
        booking = self._find(wish.meeting)
        if booking is None:
            return Reply(Outcome.INVALID, "there is no such meeting: it is over, or was moved")
        if (joined := self._joining.joined(wish.meeting)) is not None:
            return await self._joining.press_again(joined, wish)
        if why := self._why_not(booking):
            return Reply(Outcome.INVALID, why)
        title = shown_title(booking, self._settings)
        return await self._joining.join(wish, self._ways(booking), title, source)

    def _find(self, name: str) -> Booking | None:
        return next((one for one in self._calendars.bookings if one.id == name), None)

    def _may_go_on(self, name: str) -> bool:
        booking = self._find(name)
        return booking is not None and not self._why_not(booking)

    def _why_not(self, booking: Booking) -> str:
        if not self._calendars.knows_time:
            return NO_CLOCK
        if booking.dial_ins and not self._ways(booking):
            return "its entry in the calendar names an emergency number: that is not joined"
        return why_not_join(booking, self._calendars.now_ms(), self._settings.early_s)

    def _ways(self, booking: Booking) -> tuple[DialIn, ...]:
        plan = self._switchboard.state.habits.numbers.plan_of(None)
        return ways_in(booking, plan.calling_code, lambda number: not is_emergency(number, plan))

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Nothing: what counts is announced."""

    def changed(self, now: Snapshot) -> None:
        """Nothing: what counts is announced."""

    def announced(self, what: Announcement) -> None:
        """Follow the call into a meeting."""
        if self._joining.announced(what):
            self._changed()

    def _changed(self) -> None:
        for tell in self.on_changed:
            tell()
