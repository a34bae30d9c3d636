"""Services on a private bus that answer as the specifications say, and what a hand does to them."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

PATIENCE_S = 20.0  # for a machine that does other things as well

Answer = tuple[str, tuple[Any, ...]] | None


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait for a condition."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110  # what is waited for has no event
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"not within {PATIENCE_S:.0f} s: {what}") from None


class Service:
    """A service with one name; subclasses answer calls.

    Args:
        address: of the bus.
        name: to own.
    """

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name

    async def __aenter__(self) -> Self:
        self._connection: DBusConnection = await open_dbus_connection(self._address)
        self._task = asyncio.create_task(self._serve())
        await self._connection.send(message_bus.RequestName(self._name))
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(ConnectionError):  # the bus may have been killed
            await self._connection.close()

    async def _serve(self) -> None:
        while True:
            message = await self._connection.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            fields = message.header.fields
            answer = self.called(str(fields[HeaderFields.member]), message.body, message)
            if answer is None:
                said = new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
            else:
                said = new_method_return(message, *answer)
            await self._connection.send(said)
            await self.answered(message)

    def called(self, member: str, body: tuple[Any, ...], message: Message) -> Answer:
        """Return signature and body of the answer, None for an error."""
        raise NotImplementedError

    async def answered(self, message: Message) -> None:
        """The answer is on its way."""

    async def says(self, address: DBusAddress, member: str, signature: str, *body: object) -> None:
        """Send a signal."""
        await self._connection.send(new_signal(address, member, signature, body))


@dataclass
class Shown:
    """A notice as the service has it."""

    summary: str
    body: str
    keys: dict[str, str]
    urgency: int
    timeout_ms: int


class Screen(Service):
    """``org.freedesktop.Notifications``: what is on the screen, and a finger.

    Args:
        address: of the bus.
        abilities: what it says it can.
    """

    NAME = "org.freedesktop.Notifications"
    AT = DBusAddress("/org/freedesktop/Notifications", NAME, NAME)

    def __init__(self, address: str, *abilities: str) -> None:
        super().__init__(address, self.NAME)
        self.abilities = list(abilities or ("actions", "body", "body-markup"))
        self.shown: dict[int, Shown] = {}
        self.history: list[Shown] = []
        self._last = 0
        self._shown_soon: tuple[int, Shown] | None = None

    def called(self, member: str, body: tuple[Any, ...], message: Message) -> Answer:
        match member:
            case "GetCapabilities":
                return "as", (self.abilities,)
            case "Notify":
                _, replaces, _, summary, text, keys, hints, timeout_ms = body
                pairs = dict(zip(keys[::2], keys[1::2], strict=True))
                self._last += replaces == 0
                number = replaces or self._last
                one = Shown(summary, text, pairs, hints["urgency"][1], timeout_ms)
                self._shown_soon = (number, one)
                return "u", (number,)
            case "CloseNotification":
                self.shown.pop(body[0], None)
                return "", ()
        return None

    async def answered(self, message: Message) -> None:
        if self._shown_soon is not None:
            (number, one), self._shown_soon = self._shown_soon, None
            self.shown[number] = one
            self.history.append(one)

    @property
    def summaries(self) -> list[str]:
        """What can be read, oldest first."""
        return [one.summary for one in self.shown.values()]

    async def sees(self, *summaries: str) -> None:
        """Wait until exactly these are on the screen."""
        await until(
            lambda: sorted(self.summaries) == sorted(summaries),
            f"{summaries} on the screen",
        )

    async def press(self, label: str) -> None:
        """Press the key with this label, as services do: say so, then close."""
        number, key = next(
            (number, key)
            for number, one in self.shown.items()
            for key, text in one.keys.items()
            if text == label
        )
        await self.invoke(number, key)
        await self.put_away(number)

    async def invoke(self, number: int, key: str) -> None:
        """Say that a key was pressed, whether it is there or not."""
        await self.says(self.AT, "ActionInvoked", "us", number, key)

    async def put_away(self, number: int, reason: int = 2) -> None:
        """Close a notice as a hand does."""
        self.shown.pop(number, None)
        await self.says(self.AT, "NotificationClosed", "uu", number, reason)


class Player(Service):
    """A media player.

    Args:
        address: of the bus.
        name: last part of its name.
        status: ``Playing``, ``Paused`` or ``Stopped``.
    """

    AT = DBusAddress("/org/mpris/MediaPlayer2", interface="org.freedesktop.DBus.Properties")

    def __init__(self, address: str, name: str, status: str) -> None:
        super().__init__(address, f"org.mpris.MediaPlayer2.{name}")
        self.status = status
        self.calls: list[str] = []

    def called(self, member: str, body: tuple[Any, ...], message: Message) -> Answer:
        match member:
            case "Get":
                return "v", (("s", self.status),)
            case "Pause" | "Play":
                self.calls.append(member)
                self.status = "Paused" if member == "Pause" else "Playing"
                return "", ()
        return None

    async def answered(self, message: Message) -> None:
        if message.header.fields[HeaderFields.member] in ("Pause", "Play"):
            await self.tell()

    async def tell(self) -> None:
        """Say what the status is now."""
        changed = {"PlaybackStatus": ("s", self.status)}
        name = "org.mpris.MediaPlayer2.Player"
        await self.says(self.AT, "PropertiesChanged", "sa{sv}as", name, changed, [])


class Portal(Service):
    """``org.freedesktop.portal.GlobalShortcuts``, whose user answers at once.

    Args:
        address: of the bus.
        answer: of the user: 0 yes, 1 no.
        takes: how many of the shortcuts are bound.
    """

    NAME = "org.freedesktop.portal.Desktop"
    PATH = "/org/freedesktop/portal/desktop"
    AT = DBusAddress(PATH, NAME, "org.freedesktop.portal.GlobalShortcuts")

    def __init__(self, address: str, answer: int = 0, takes: int = 99) -> None:
        super().__init__(address, self.NAME)
        self.answer, self.takes = answer, takes
        self.bound: dict[str, dict[str, Any]] = {}
        self.session = ""
        self._respond: tuple[str, int, dict[str, Any]] | None = None

    def called(self, member: str, body: tuple[Any, ...], message: Message) -> Answer:
        sender = str(message.header.fields[HeaderFields.sender])[1:].replace(".", "_")
        if member == "CreateSession":
            token = body[0]["session_handle_token"][1]
            self.session = f"{self.PATH}/session/{sender}/{token}"
            results: dict[str, Any] = {"session_handle": ("s", self.session)}
            code = 0
        elif member == "BindShortcuts":
            taken = body[1][: self.takes] if self.answer == 0 else []
            self.bound = dict(taken)
            results, code = {"shortcuts": ("a(sa{sv})", taken)}, self.answer
        else:
            return None
        handle = f"{self.PATH}/request/{sender}/{body[-1]['handle_token'][1]}"
        self._respond = (handle, code, results)
        return "o", (handle,)

    async def answered(self, message: Message) -> None:
        if self._respond is not None:
            (handle, code, results), self._respond = self._respond, None
            at = DBusAddress(handle, self.NAME, "org.freedesktop.portal.Request")
            await self.says(at, "Response", "ua{sv}", code, results)

    async def press(self, name: str, session: str = "") -> None:
        """Somebody presses a bound shortcut."""
        body: tuple[Any, ...] = (session or self.session, name, 7, {})
        await self.says(self.AT, "Activated", "osta{sv}", *body)
