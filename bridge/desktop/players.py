"""Media players that play are paused in a call and go on after it: those, and no others.

One that was paused before, that somebody starts again in the call, or that is gone by its end, is
left alone.

Source: MPRIS D-Bus Interface Specification 2.2.
"""

import asyncio
import logging
from types import TracebackType
from typing import Self

from bridge.desktop.notifier import Asks
from bridge.desktop.session import DBUS, DBUS_PATH, AskError, Call, Signal

PREFIX = "org.mpris.MediaPlayer2."
PATH = "/org/mpris/MediaPlayer2"
PLAYER = "org.mpris.MediaPlayer2.Player"
PROPERTIES = "org.freedesktop.DBus.Properties"
ANSWER_S = 2.0  # a player that hangs holds up nobody but itself

_log = logging.getLogger(__name__)


class Players:
    """Keeps players silent while it is told to; a ``session.Listener``."""

    services: tuple[str, ...] = ()
    rules: tuple[str, ...] = (
        f"type='signal',path='{PATH}',interface='{PROPERTIES}',member='PropertiesChanged'",
    )

    def __init__(self) -> None:
        self.session: Asks | None = None
        """Set once, before anything else happens."""
        self._in_call = False
        self._paused: set[str] = set()  # unique names of those that wait for us
        self._up = False
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="media players")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let those go on that wait for us."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._resume()

    def in_call(self, value: bool) -> None:
        """Pause, or let go on. Never blocks."""
        if value != self._in_call:
            self._in_call = value
            self._news.set()

    # -- as a listener of the session -----------------------------------------

    def bus_changed(self, *, up: bool) -> None:
        self._up = up
        self._paused.clear()  # they were on the bus that went

    def owner_changed(self, service: str, owner: str) -> None:
        """None is watched."""

    def heard(self, signal: Signal) -> None:
        """Somebody starts a player again in a call: it is theirs from now on."""
        match signal.body:
            case (str(interface), dict(changed), *_) if interface == PLAYER:
                if changed.get("PlaybackStatus") == ("s", "Playing"):
                    self._paused.discard(signal.sender)

    # -- the task -------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await (self._pause() if self._in_call else self._resume())
            except AskError as error:
                _log.debug("media players: %s", error)
            except Exception:  # noqa: BLE001  # task border: whatever a player answers
                _log.exception("media players are left alone this time")

    async def _pause(self) -> None:
        if not self._up:
            return
        match await self._ask(Call(DBUS, DBUS_PATH, DBUS, "ListNames")):
            case (list(names),):
                found = [str(name) for name in names if str(name).startswith(PREFIX)]
                await asyncio.gather(*map(self._pause_one, found))

    async def _pause_one(self, name: str) -> None:
        try:
            if await self._status(name) != "Playing":
                return
            (owner,) = await self._ask(Call(DBUS, DBUS_PATH, DBUS, "GetNameOwner", "s", (name,)))
        except AskError as error:
            _log.debug("%s: %s", name, error)
            return
        self._paused.add(str(owner))  # before it is asked: we may be ended meanwhile
        try:
            await self._ask(Call(str(owner), PATH, PLAYER, "Pause"))
        except AskError as error:
            self._paused.discard(str(owner))
            _log.debug("%s is not paused: %s", name, error)

    async def _resume(self) -> None:
        if self._up:
            await asyncio.gather(*map(self._resume_one, sorted(self._paused)))
        self._paused.clear()

    async def _resume_one(self, owner: str) -> None:
        try:
            if await self._status(owner) == "Paused":
                await self._ask(Call(owner, PATH, PLAYER, "Play"))
        except AskError as error:
            _log.debug("a paused player: %s", error)

    async def _status(self, name: str) -> str:
        call = Call(name, PATH, PROPERTIES, "Get", "ss", (PLAYER, "PlaybackStatus"))
        match await self._ask(call):
            case ((_, str(status)),):
                return status
        return ""

    async def _ask(self, call: Call) -> tuple[object, ...]:
        if self.session is None:
            raise AskError("", "there is no session bus")
        return await self.session.ask(call, ANSWER_S)
