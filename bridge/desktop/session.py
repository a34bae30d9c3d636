"""One connection to the session's D-Bus, shared by all who use it; it comes and goes by itself.

The library packs and unpacks; it is loaded only where there is a bus.

Source: D-Bus Specification 0.42, "Message Types", "Message Bus Messages".
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

from bridge.drivers.logind.bus import HANDSHAKE_S, Message, authenticate
from bridge.model.errors import TransportError
from bridge.model.redaction import printable

DBUS, DBUS_PATH = "org.freedesktop.DBus", "/org/freedesktop/DBus"
ANSWER_S = 10.0  # a service that has to be started first takes a second or two
RETRY_S = (0.5, 2.0, 10.0, 60.0)
"""Waits before the bus is tried again; a session that begins after us is found within a minute."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A method call.

    Args:
        signature: of the body, in D-Bus's letters.
    """

    service: str
    path: str
    interface: str
    member: str
    signature: str = ""
    body: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody on the bus said.

    Args:
        sender: unique name, vouched for by the bus.
        service: the name of ours that it owns, empty for anybody else.
    """

    sender: str
    service: str
    path: str
    interface: str
    member: str
    body: tuple[object, ...]


class AskError(TransportError):
    """A service refused, does not exist, or did not answer.

    Args:
        name: of the D-Bus error, empty when there was no answer.
        text: what it says.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text or name)
        self.name = name


class Listener(Protocol):
    """Whoever uses the bus. Everything is called on the event loop and must not block."""

    services: tuple[str, ...]
    """Names whose owners are watched."""

    rules: tuple[str, ...]
    """Match rules of the signals wanted."""

    def bus_changed(self, *, up: bool) -> None:
        """The bus can be asked from now on, or not any more."""

    def owner_changed(self, service: str, owner: str) -> None:
        """A service has started (again); without an owner it has gone."""

    def heard(self, signal: Signal) -> None:
        """Take a signal; it may be somebody else's."""


class _Connection(Protocol):
    """What we use of ``jeepney.io.asyncio.DBusConnection``."""

    async def send(self, message: object, *, serial: int) -> None: ...
    async def receive(self) -> Message: ...


def session_address(env: Mapping[str, str]) -> str:
    """Return where the session bus is, empty when there is none.

    Args:
        env: environment variables.
    """
    if given := env.get("DBUS_SESSION_BUS_ADDRESS"):
        return given
    usual = Path(env.get("XDG_RUNTIME_DIR") or "/nonexistent") / "bus"
    return f"unix:path={usual}" if usual.is_socket() else ""


class Session:
    """Keeps the connection, for ever.

    Args:
        find: where the bus is, empty for nowhere; asked before each attempt.
        listeners: who uses it.
        retry_s: waits between attempts, the last one for ever.
    """

    def __init__(
        self,
        find: Callable[[], str],
        listeners: tuple[Listener, ...],
        retry_s: tuple[float, ...] = RETRY_S,
    ) -> None:
        self._find = find
        self._listeners = listeners
        self._retry_s = retry_s
        self._failed = 0
        self._connection: _Connection | None = None
        self._serials = count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._owners: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None
        self.unique_name = ""
        """Ours on the bus."""
        self.is_up = False
        """Whether the bus can be asked."""

    async def __aenter__(self) -> Self:
        """Start; returns at once, whether there is a bus or not."""
        self._task = asyncio.create_task(self._run(), name="session bus")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def owner(self, service: str) -> str:
        """Return the unique name of a watched service, empty while it does not run."""
        return self._owners.get(service, "")

    async def ask(self, call: Call, within_s: float = ANSWER_S) -> tuple[object, ...]:
        """Return the answer to a call; a service that can be started is started.

        Raises:
            AskError: there is none.
        """
        from jeepney import DBusAddress, MessageType, new_method_call  # noqa: PLC0415

        if self._connection is None:
            raise AskError("", "there is no session bus")
        address = DBusAddress(call.path, call.service, call.interface)
        message = new_method_call(address, call.member, call.signature or None, call.body)
        serial = next(self._serials)
        future = asyncio.get_running_loop().create_future()
        self._waiting[serial] = future
        try:
            async with asyncio.timeout(within_s):
                await self._connection.send(message, serial=serial)
                answer: Message = await future
        except TimeoutError:
            raise AskError("", f"{call.service} does not answer within {within_s:.0f} s") from None
        except OSError as error:
            raise AskError("", f"the session bus went away ({error.strerror or error})") from None
        finally:
            self._waiting.pop(serial, None)
        if answer.header.message_type is MessageType.error:
            raise _refusal(answer)
        return answer.body

    # -- one connection -------------------------------------------------------

    async def _run(self) -> None:
        while True:
            try:
                await self._connect()
            except Exception as error:  # noqa: BLE001  # task border: whatever the bus sends
                self._tell(error)
            self._down()
            wait_s = self._retry_s[min(self._failed, len(self._retry_s) - 1)]
            self._failed += 1
            await asyncio.sleep(wait_s)

    async def _connect(self) -> None:
        address = self._find()
        if not address:
            raise ConnectionRefusedError("none is announced; a service of the system has none")
        from jeepney.bus import get_bus  # noqa: PLC0415  # not loaded where there is no bus
        from jeepney.io.asyncio import DBusConnection  # noqa: PLC0415

        reader, writer = await asyncio.open_unix_connection(get_bus(address))
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await authenticate(reader, writer)
            self._connection = cast("_Connection", DBusConnection(reader, writer))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(self._connection), name="session bus reader")
                tasks.create_task(self._greet(), name="session bus greeting")
        finally:
            writer.close()

    async def _greet(self) -> None:
        (name,) = await self._bus("Hello")
        self.unique_name = str(name)
        services = {name for one in self._listeners for name in one.services}
        rules = {rule for one in self._listeners for rule in one.rules}
        rules |= {
            f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{name}'"
            for name in services
        }
        for rule in sorted(rules):
            await self._bus("AddMatch", "s", (rule,))
        for service in sorted(services):
            await self._look_up(service)
        self.is_up, self._failed = True, 0
        _log.debug("the session bus is there")
        for listener in self._listeners:
            listener.bus_changed(up=True)

    async def _look_up(self, service: str) -> None:
        try:
            (owner,) = await self._bus("GetNameOwner", "s", (service,))
        except AskError:
            return  # it does not run (yet)
        self._owners[service] = str(owner)

    async def _bus(
        self, member: str, signature: str = "", body: tuple[object, ...] = ()
    ) -> tuple[object, ...]:
        return await self.ask(Call(DBUS, DBUS_PATH, DBUS, member, signature, body))

    async def _read(self, connection: _Connection) -> None:
        from jeepney import HeaderFields, MessageType  # noqa: PLC0415

        while True:
            try:
                message = await connection.receive()
            except EOFError:
                raise ConnectionResetError("the bus hung up") from None
            fields = message.header.fields
            if message.header.message_type is MessageType.signal:
                sender = str(fields.get(HeaderFields.sender, ""))
                path = str(fields.get(HeaderFields.path, ""))
                interface = str(fields.get(HeaderFields.interface, ""))
                member = str(fields.get(HeaderFields.member, ""))
                service = next((name for name, who in self._owners.items() if who == sender), "")
                self._take(Signal(sender, service, path, interface, member, message.body))
                continue
            serial = fields.get(HeaderFields.reply_serial)
            future = self._waiting.get(serial) if isinstance(serial, int) else None
            if future is not None and not future.done():
                future.set_result(message)
                await asyncio.sleep(0)  # whoever asked goes on before a signal that follows

    def _take(self, signal: Signal) -> None:
        """Pass a signal on; the bus itself tells who owns what."""
        if signal.sender == DBUS:
            match signal.member, signal.body:
                case "NameOwnerChanged", (str(service), str(), str(owner)):
                    self._owned(service, owner)
            return
        for listener in self._listeners:
            listener.heard(signal)

    def _owned(self, service: str, owner: str) -> None:
        self._owners[service] = owner
        for listener in self._listeners:
            if service in listener.services:
                listener.owner_changed(service, owner)

    def _down(self) -> None:
        self._connection = None
        self._owners.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AskError("", "the session bus went away"))
        if self.is_up:
            self.is_up = False
            for listener in self._listeners:
                listener.bus_changed(up=False)

    def _tell(self, error: BaseException) -> None:
        """Once: a machine without a session is nothing to worry about."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if self.is_up or not self._failed:
            reason = str(error) or type(error).__name__
            _log.info("no session bus (%s): no notices, links, players or shortcuts", reason)


def _refusal(answer: Message) -> AskError:
    from jeepney import HeaderFields  # noqa: PLC0415

    name = printable(str(answer.header.fields.get(HeaderFields.error_name, "")), 128)
    text = str(answer.body[0]) if answer.body and isinstance(answer.body[0], str) else name
    return AskError(name, printable(text, 200))
