"""Told to systemd: ready once lines and broker are, how it goes, and that every part lives."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Self

from bridge.app.daemon import Daemon
from bridge.core.health import Part, Sign, Standing, ailing, is_ready, line_part, sentence
from bridge.drivers.ports import Now
from bridge.drivers.systemd import Notifier
from bridge.model.calls import Phase, Snapshot
from bridge.model.sound import SoundStats

_log = logging.getLogger(__name__)

STARTING_LOOK_S = 0.1  # between two looks until everything is up
LOOK_S = 5.0  # then, where no watchdog wants more
FEEDS = 3  # in the time of the watchdog: one may be late, one may be lost

ENGINE_S = 60.0  # starting takes 30 s at most, three missed pings 15 s, a back-off 12 s
HEADSET_S = 30.0  # a reading thread turns once a second, and waits for a loop that is behind
MQTT_S = 120.0  # a connection ticks once a second; finding the address of a broker takes up to 60 s
CLOCK_S = 10.0  # of the sound, 50 ticks a second


class SoundClock:
    """Watches the clock of the sound between two looks.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._ticks = -1
        self._moved_s = now()

    def look(self, stats: SoundStats | None) -> None:
        """See the figures; without an answer, or without a call that sounds, it may stand."""
        if stats is None or not stats.joined or stats.ticks != self._ticks:
            self._moved_s = self._now()
            self._ticks = -1 if stats is None else stats.ticks

    @property
    def sign(self) -> Sign:
        """Return how long it has stood still."""
        return Sign("the clock of the sound", self._now() - self._moved_s, CLOCK_S)


def parts_of(daemon: Daemon, view: Snapshot) -> list[Part]:
    """Return how lines and broker stand."""
    lines = [line_part(line) for line in view.lines]
    if not lines:
        lines = [Part("SIP engine", Standing.UP if view.engine_up else Standing.WAITING)]
    if not daemon.config.mqtt.enabled:
        return lines
    bus = daemon.bus
    standing = {True: Standing.UP, False: Standing.DOWN, None: Standing.WAITING}[bus.is_up]
    return [*lines, Part("MQTT", standing, bus.text)]


def signs_of(daemon: Daemon) -> Iterator[Sign]:
    """Yield what shows whether every part lives."""
    yield Sign("the SIP engine", daemon.engine.silent_s, ENGINE_S)
    yield Sign("the link to the broker", daemon.bus.silent_s, MQTT_S)
    for name, silent_s in daemon.devices.silences():
        yield Sign(name, silent_s, HEADSET_S)


class Health:
    """Speaks to systemd while the daemon runs.

    Args:
        daemon: entered.
        notifier: whom to tell.
        now: monotonic seconds.
    """

    def __init__(self, daemon: Daemon, notifier: Notifier, now: Now) -> None:
        self._daemon = daemon
        self._notifier = notifier
        self._now = now
        self._began_s = now()
        self.clock = SoundClock(now)
        self._is_ready = False
        self._ailing: tuple[str, ...] = ()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin; where no service manager listens there is nothing to do."""
        if self._notifier.is_heard:
            self._task = asyncio.create_task(self._run(), name="health")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Say that the service ends."""
        if self._task is not None:
            self._notifier.stopping()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._notifier.close()

    async def _run(self) -> None:
        while True:
            self.clock.look(await self._daemon.loudness.stats() if self._has_call else None)
            self.look()
            await asyncio.sleep(self._pause_s)

    def look(self) -> None:
        """Look at everything once, and say what is to be said."""
        self._tell()
        self._feed()

    @property
    def _pause_s(self) -> float:
        if not self._is_ready:
            return STARTING_LOOK_S
        return min(LOOK_S, self._notifier.watchdog_s / FEEDS or LOOK_S)

    @property
    def _has_call(self) -> bool:
        return any(call.phase is Phase.CONNECTED for call in self._daemon.switchboard.state.calls)

    def _tell(self) -> None:
        view = self._daemon.switchboard.view()
        parts, problems = parts_of(self._daemon, view), view.problems
        if self._is_ready:
            self._notifier.status(sentence(parts, problems, ready=True))
        elif is_ready(parts, self._now() - self._began_s):
            text = sentence(parts, problems, ready=True)
            self._is_ready = self._notifier.ready(text)
            _log.info("systemd is told: %s", text)
        else:
            self._notifier.status(sentence(parts, problems, ready=False))

    def _feed(self) -> None:
        """Feed the watchdog unless a part shows no life: then systemd starts everything anew."""
        found = ailing([*signs_of(self._daemon), self.clock.sign])
        if not found:
            self._notifier.feed()
        elif found != self._ailing and self._notifier.watchdog_s:
            _log.error("%s: the watchdog is not fed, systemd starts Offhook anew", "; ".join(found))
        self._ailing = found
