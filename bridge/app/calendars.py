"""Where the meetings of a room come from: a calendar that is read, and MQTT."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from bridge.app.switchboard import Switchboard
from bridge.drivers.clock.sync import is_clock_set
from bridge.features.meetings import coming
from bridge.model.events import MatterChanged
from bridge.model.meetings import Booking, CalendarRead, CalendarRequest, MeetingSettings
from bridge.protocols.mqtt_calendar import OLD_MS, PublishedCalendar

REFRESH_TIMER = "app:calendar"
RETRY_S = 60.0  # after a calendar could not be read
WHOLE_MS = 6 * 3_600_000  # after which an unchanged calendar is read all the same: days go by
AHEAD_MS, BEHIND_MS = 8 * 86_400_000, 3_600_000
CLOCK_MS = 120_000  # our clock may differ so much from that of the calendar's server
STALE_MS = 900_000  # or three missed looks, if those take longer

ReadCalendar = Callable[[CalendarRequest], Awaitable[CalendarRead]]

_log = logging.getLogger(__name__)


class Calendars:
    """All meetings that are known, and how far they are to be believed.

    Args:
        settings: where they come from.
        switchboard: the core's world.
        read: reads a calendar; waits as long as that takes.
        clock: whether the system says that its clock is set.
    """

    def __init__(
        self,
        settings: MeetingSettings,
        switchboard: Switchboard,
        read: ReadCalendar,
        clock: Callable[[], bool] = is_clock_set,
    ) -> None:
        self._settings = settings
        self._switchboard = switchboard
        self._read = read
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last = CalendarRead()
        self._whole_at_ms = 0  # when it was read as a whole last
        self._read_at_ms = 0  # when it was read last with success
        self._server_agrees = False  # its clock and ours
        self._published = PublishedCalendar((), 0)
        self._notes: dict[str, str] = {}
        self.on_changed: Callable[[], None] = lambda: None
        """Told when anything here may be another."""

    async def __aenter__(self) -> Self:
        """Begin to read; returns at once."""
        if self._settings.has_calendar:
            self._task = asyncio.create_task(self._run(), name="calendar")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._switchboard.timers.stop(REFRESH_TIMER)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # -- what is known --------------------------------------------------------

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """All that is not over, by start."""
        merged = {one.id: one for one in (*self._last.bookings, *self._published.bookings)}
        return coming(tuple(merged.values()), self.now_ms())

    @property
    def note(self) -> str:
        """What is wrong, or empty."""
        return "; ".join(filter(None, self._notes.values()))

    @property
    def is_stale(self) -> bool:
        """Whether what is known may be old."""
        now_ms = self.now_ms()
        most_ms = max(3 * self._settings.refresh_s * 1000, STALE_MS)
        is_old = self._settings.has_calendar and now_ms - self._read_at_ms > most_ms
        said_ms = self._published.ts_ms
        return is_old or bool(said_ms and (now_ms - said_ms > OLD_MS or self._notes.get("mqtt")))

    @property
    def knows_time(self) -> bool:
        """Whether this machine's clock can be believed."""
        return self._settings.trusts_clock or self._server_agrees or self._clock()

    def now_ms(self) -> int:
        """Return Unix milliseconds."""
        return round(self._switchboard.unix() * 1000)

    # -- in -------------------------------------------------------------------

    def reload(self) -> bool:
        """Read the calendar now, changed or not; False where there is none."""
        self._last = replace(self._last, etag="", modified="")
        self._wake.set()
        return self._task is not None

    def clock_moved(self) -> None:
        """The clock was set: what it was compared with counts no more."""
        self._server_agrees = False
        self.reload()

    def learn(self, said: PublishedCalendar | None, reason: str) -> None:
        """Take what was published on MQTT (``drivers.mqtt.calendar.OnCalendar``)."""
        if said is not None:
            self._published = said
        self._note("mqtt", reason)
        self.on_changed()

    async def _run(self) -> None:
        """Task border: whatever goes wrong is told, and tried again."""
        while True:
            self._wake.clear()
            try:
                found = await self._read(self._request())
            except Exception:  # noqa: BLE001  # task border, see above
                _log.exception("the calendar could not be read in a way nobody thought of")
                found = CalendarRead(failed="it could not be read: see the log")
            self._take(found)
            wait_s = min(RETRY_S, self._settings.refresh_s)
            wait_s = wait_s if found.failed else self._settings.refresh_s
            self._switchboard.timers.start(REFRESH_TIMER, wait_s, lambda _name: self._wake.set())
            await self._wake.wait()

    def _request(self) -> CalendarRequest:
        s, now_ms = self._settings, self.now_ms()
        known = self._last if abs(now_ms - self._whole_at_ms) < WHOLE_MS else CalendarRead()
        return CalendarRequest(
            from_ms=now_ms - BEHIND_MS,
            until_ms=now_ms + AHEAD_MS,
            url=s.url,
            file=s.file,
            user=s.user,
            password=s.password,
            ca_file=s.ca_file,
            etag=known.etag,
            modified=known.modified,
        )

    def _take(self, found: CalendarRead) -> None:
        now_ms = self.now_ms()
        if found.failed:
            self._note("calendar", f"the calendar: {found.failed}")
        else:
            self._read_at_ms = now_ms
            self._server_agrees = abs(found.server_ms - now_ms) <= CLOCK_MS
            if not found.same:
                self._last, self._whole_at_ms = found, now_ms
            self._note("calendar", self._last.note)
        self.on_changed()

    def _note(self, source: str, text: str) -> None:
        if self._notes.get(source, "") != text:
            self._notes[source] = text
            now_s = self._switchboard.timers.now()
            self._switchboard.post(MatterChanged(now_s, "meetings", self.note))
