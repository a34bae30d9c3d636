"""One connection to a D-Bus, listening or asking: the library packs, the sockets are ours.

The library's own way of connecting leaves the socket open when the bus accepts and then says
nothing; hence the handshake is done here, with its pieces.

Source: D-Bus Specification 0.42, "Authentication Protocol", "Message Types", "Match Rules".
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol, cast

SYSTEM_BUS = "SYSTEM"
"""The bus of the machine: ``DBUS_SYSTEM_BUS_ADDRESS``, else the usual socket."""

HANDSHAKE_BYTES = 1024  # a line of the handshake is "OK" and 32 digits
HELLO, QUESTION = 1, 2  # serial numbers of the two calls we make
HANDSHAKE_S = 10.0  # a bus answers within milliseconds; at boot within a few seconds


class Header(Protocol):
    """What we use of ``jeepney.Header``."""

    message_type: object
    fields: Mapping[object, object]


class Message(Protocol):
    """What we use of ``jeepney.Message``."""

    header: Header
    body: tuple[object, ...]


class _Connection(Protocol):
    """What we use of ``jeepney.io.asyncio.DBusConnection``."""

    async def send(self, message: object, *, serial: int) -> None: ...
    async def receive(self) -> Message: ...


@asynccontextmanager
async def listening(address: str, rule: str) -> AsyncIterator[AsyncIterator[Message]]:
    """Connect, ask for signals, give them until the bus goes away; closes the connection.

    Args:
        address: ``SYSTEM_BUS`` or as in ``DBUS_SESSION_BUS_ADDRESS``.
        rule: match rule of what is wanted.

    Raises:
        OSError: there is no bus, it went away, or it refuses us.
        ValueError, RuntimeError: the address is none, or the bus does not speak D-Bus.
        ImportError: the library is not installed.
    """
    from jeepney import message_bus  # noqa: PLC0415  # not loaded where there is no bus

    async with _connected(address) as connection:
        async with asyncio.timeout(HANDSHAKE_S):
            await connection.send(message_bus.AddMatch(rule), serial=QUESTION)
            await _answer(connection)
        yield _signals(connection)


async def ask(address: str, question: object) -> tuple[object, ...]:
    """Connect, ask one thing, return the body of the answer; closes the connection.

    Args:
        address: as above.
        question: a method call made with the library.

    Raises:
        OSError, ValueError, RuntimeError, ImportError: as above.
    """
    async with _connected(address) as connection, asyncio.timeout(HANDSHAKE_S):
        await connection.send(question, serial=QUESTION)
        return (await _answer(connection)).body


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[_Connection]:
    from jeepney import message_bus  # noqa: PLC0415
    from jeepney.bus import get_bus  # noqa: PLC0415
    from jeepney.io.asyncio import DBusConnection  # noqa: PLC0415

    reader, writer = await asyncio.open_unix_connection(get_bus(address))
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            await authenticate(reader, writer)
            connection = cast("_Connection", DBusConnection(reader, writer))
            await connection.send(message_bus.Hello(), serial=HELLO)
        yield connection
    finally:
        writer.close()


async def authenticate(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say who we are; the kernel has told the bus already.

    Raises:
        OSError: the bus hung up, or refuses us.
        ValueError, RuntimeError: it does not speak D-Bus.
    """
    from jeepney.auth import BEGIN, Authenticator  # noqa: PLC0415

    handshake = Authenticator()
    for line in handshake:
        writer.write(line)
        answer = await reader.read(HANDSHAKE_BYTES)
        if not answer:
            raise ConnectionResetError("the bus hung up during the handshake")
        handshake.feed(answer)
    writer.write(BEGIN)


async def _answer(connection: _Connection) -> Message:
    """Return the answer to our one question."""
    from jeepney import HeaderFields, MessageType  # noqa: PLC0415

    while True:
        message = await _next(connection)
        if message.header.message_type is MessageType.error:
            raise ConnectionRefusedError(f"the bus refuses: {message.body}")
        if message.header.fields.get(HeaderFields.reply_serial) == QUESTION:
            return message


async def _signals(connection: _Connection) -> AsyncIterator[Message]:
    """Yield broadcast signals.

    A broadcast reaches us only if it fits the rule, and the bus itself compares its sender with
    the rule. A signal sent to us alone comes past the rule: anybody may send one, we take none.
    """
    from jeepney import HeaderFields, MessageType  # noqa: PLC0415

    while True:
        header = (message := await _next(connection)).header
        is_signal = header.message_type is MessageType.signal
        if is_signal and HeaderFields.destination not in header.fields:
            yield message


async def _next(connection: _Connection) -> Message:
    try:
        return await connection.receive()
    except EOFError:
        raise ConnectionResetError("the bus hung up") from None
