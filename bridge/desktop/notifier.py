"""Notices on the screen, by the desktop's own service.

What is wanted is given as a whole; a task brings the screen there: shows, replaces, closes. A key
that was pressed counts only if the notice as it is wanted *now* still has it.

Source: Desktop Notifications Specification 1.2.
"""

import asyncio
import html
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from bridge.desktop.notices import Notice, Urgency
from bridge.desktop.session import AskError, Call, Signal

SERVICE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
CLEAN_S = 1.0  # for a service that hangs; the daemon has to end
STAYS, AS_USUAL = 0, -1  # expire_timeout, milliseconds

NOBODY = (
    "notices cannot be shown: no notification service answers on the session bus: start one "
    "(dunst, mako, or that of your desktop), or set desktop.notices to []"
)

_ABSENT = frozenset(
    {
        "",
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.NoReply",
    }
)

_log = logging.getLogger(__name__)


class Asks(Protocol):
    """What we need of ``session.Session``."""

    async def ask(self, call: Call, within_s: float = ...) -> tuple[object, ...]: ...


@dataclass(frozen=True, slots=True)
class _Shown:
    number: int  # the service's
    notice: Notice


class Notifier:
    """Brings the screen to what is wanted; a ``session.Listener``.

    Args:
        on_key: a key of a notice was pressed: name of the notice, name of the key.
        on_gone: somebody (or the service) put a notice away that was still wanted.
        on_trouble: why notices cannot be shown; empty when they can again.
    """

    services: tuple[str, ...] = (SERVICE,)
    rules: tuple[str, ...] = (f"type='signal',sender='{SERVICE}',interface='{SERVICE}'",)

    def __init__(
        self,
        on_key: Callable[[str, str], None],
        on_gone: Callable[[str], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self._on_key = on_key
        self._on_gone = on_gone
        self._on_trouble = on_trouble
        self.session: Asks | None = None
        """Set once, before anything else happens."""
        self._wanted: dict[str, Notice] = {}
        self._shown: dict[str, _Shown] = {}
        self._put_away: set[str] = set()
        self._can: frozenset[str] | None = None
        self._up = False
        self._trouble = ""
        self._news = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="notices")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take everything off the screen: its keys would do nothing any more."""
        self.want({})
        try:
            async with asyncio.timeout(CLEAN_S):
                await self._settle()  # waits for a notice that is just being shown
        except TimeoutError:
            _log.debug("the notification service does not answer: notices may stay")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def want(self, notices: Mapping[str, Notice]) -> None:
        """Show these and nothing else, as soon as possible. Never blocks."""
        if notices != self._wanted:
            self._wanted = dict(notices)
            self._put_away &= set(notices)
            self._news.set()

    async def can_ask(self) -> bool:
        """Return whether a notice can have keys here."""
        try:
            return self._up and "actions" in await self._abilities()
        except AskError:
            return False

    # -- as a listener of the session -----------------------------------------

    def bus_changed(self, *, up: bool) -> None:
        self._up = up
        self._forget()

    def owner_changed(self, service: str, owner: str) -> None:  # noqa: ARG002
        """Numbers are the service's own: with it they have gone, and so have the notices."""
        self._forget()

    def _forget(self) -> None:
        self._can = None
        self._shown.clear()
        self._news.set()

    def heard(self, signal: Signal) -> None:
        if signal.service != SERVICE:
            return
        match signal.member, signal.body:
            case "ActionInvoked", (int(number), str(key)):
                self._pressed(self._name_of(number), key)
            case "NotificationClosed", (int(number), int()):
                self._closed(self._name_of(number))

    def _name_of(self, number: int) -> str:
        return next((name for name, one in self._shown.items() if one.number == number), "")

    def _pressed(self, name: str, key: str) -> None:
        notice = self._wanted.get(name)
        if notice is None or all(key != known for known, _ in notice.keys):
            _log.debug("a key of a notice that is out of date was pressed")
            return
        self._put_away.add(name)  # most services close it, some leave that to us
        self._on_key(name, key)
        self._news.set()

    def _closed(self, name: str) -> None:
        if not name:
            return
        del self._shown[name]
        if name in self._wanted and name not in self._put_away:
            self._put_away.add(name)
            self._on_gone(name)

    # -- the task -------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._settle()

    async def _settle(self) -> None:
        async with self._one_at_a_time:
            if self._up:
                await self._bring_about()

    async def _bring_about(self) -> None:
        try:
            for name in [n for n in self._shown if not self._is_wanted(n)]:
                await self._close(self._shown.pop(name).number)
            for name in [n for n in self._wanted if self._is_wanted(n)]:
                await self._show(name)
        except AskError as error:
            _log.debug("notices: %s", error)
            self._say(NOBODY if error.name in _ABSENT else f"notices cannot be shown: {error}")
        except Exception:  # noqa: BLE001  # task border: whatever the service answers
            _log.exception("notices: this one is left out")

    def _is_wanted(self, name: str) -> bool:
        return name in self._wanted and name not in self._put_away

    async def _show(self, name: str) -> None:
        """Show or replace one; looks again afterwards, for meanwhile it may be out of date."""
        notice, before = self._wanted.get(name), self._shown.get(name)
        if notice is None or (before is not None and before.notice == notice):
            return
        abilities = await self._abilities()
        number = before.number if before is not None else 0
        call = _notify(notice, number, abilities)
        match await self.session_ask(call):
            case (int(shown),):
                self._shown[name] = _Shown(shown, notice)
                self._say("")
        self._news.set()

    async def _close(self, number: int) -> None:
        call = Call(SERVICE, PATH, SERVICE, "CloseNotification", "u", (number,))
        try:
            await self.session_ask(call)
        except AskError as error:
            _log.debug("a notice was closed already: %s", error)

    async def _abilities(self) -> frozenset[str]:
        if self._can is None:
            match await self.session_ask(Call(SERVICE, PATH, SERVICE, "GetCapabilities")):
                case (list(names),):
                    self._can = frozenset(map(str, names))
                case _:
                    self._can = frozenset()
        return self._can

    async def session_ask(self, call: Call) -> tuple[object, ...]:
        """Ask the service.

        Raises:
            AskError: there is no answer.
        """
        if self.session is None:
            raise AskError("", "there is no session bus")
        return await self.session.ask(call)

    def _say(self, text: str) -> None:
        if text != self._trouble:
            self._trouble = text
            self._on_trouble(text)


def _notify(notice: Notice, number: int, abilities: frozenset[str]) -> Call:
    """Return the call that shows a notice; what callers choose is never taken for markup."""
    body = html.escape(notice.body) if "body-markup" in abilities else notice.body
    keys = [part for key in notice.keys for part in key] if "actions" in abilities else []
    hints = {
        "urgency": ("y", notice.urgency.value),
        "category": ("s", notice.category),
        "desktop-entry": ("s", "offhook"),
    }
    stays = STAYS if notice.urgency is Urgency.CRITICAL or notice.keys else AS_USUAL
    shown = ("Offhook", number, "call-start", notice.summary, body, keys, hints, stays)
    return Call(SERVICE, PATH, SERVICE, "Notify", "susssasa{sv}i", shown)
