"""The control socket: JSON lines on a Unix socket that only its owner can open.

Limits, each for a reason: 32 clients (a status bar polling in a loop must not eat the file
descriptors), 64 KiB a line, 256 KiB not yet read by a client (a stopped ``devices trace`` must
not fill the memory). Whoever goes over a limit is dropped, the daemon goes on.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, assert_never

from bridge.drivers.control.listener import listen, refusal_of
from bridge.drivers.ports import Tracer
from bridge.model.errors import BridgeError
from bridge.model.habits import HeadsetMode
from bridge.model.ids import DeviceId
from bridge.model.intents import Intent, Outcome
from bridge.model.sound import SoundPart
from bridge.model.trace import TraceEntry
from bridge.protocols.control_answers import (
    Answer,
    Refusal,
    Reply,
    Result,
    Traced,
    encode_answer,
    reply_body,
)
from bridge.protocols.control_records import RecordQuestion
from bridge.protocols.control_wire import (
    Asked,
    GetDevices,
    GetStatus,
    GiveIntent,
    OpenLink,
    Ping,
    Question,
    QuestionDecoder,
    SetMode,
    SetVolume,
    Stop,
    Unusable,
    WatchTrace,
)

MAX_CLIENTS = 32
MAX_UNREAD_BYTES = 256 * 1024
INTENT_S = 15.0  # longer than any handler waits: then something is stuck, and the user is told

_log = logging.getLogger(__name__)


class ControlHandler(Protocol):
    """What the daemon does for the control socket. Everything runs on the event loop."""

    def status(self) -> Awaitable[Mapping[str, object]]:
        """Return ``control_status.status_body``."""

    def devices(self) -> Sequence[Mapping[str, object]]:
        """Return one ``control_status.device_body`` for each device."""

    def give_intent(self, intent: Intent) -> Awaitable[Reply]:
        """Do it, and return what became of it.

        The final outcome if it is known within a few seconds, else ``ACCEPTED``.
        """

    def open_link(self, link: str) -> Awaitable[Reply]:
        """Have a clicked link dialled once its reader agrees; return what is under way."""

    def set_mode(self, device: DeviceId, mode: HeadsetMode) -> Awaitable[str]:
        """Change what becomes of a headset's keys and lamps; return an objection, or nothing."""

    def set_volume(self, part: SoundPart, volume: str) -> Mapping[str, object]:
        """Be so loud from now on; return ``control_status.volumes_body``."""

    def answer_records(self, question: RecordQuestion) -> Awaitable[Mapping[str, object]]:
        """Return the body of an answer about call list and contacts.

        Raises:
            BridgeError: why there is none; one sentence.
        """

    def add_tracer(self, tracer: Tracer) -> None:
        """Call ``tracer`` with every trace entry from now on."""

    def remove_tracer(self, tracer: Tracer) -> None:
        """Stop doing so."""

    def stop(self) -> None:
        """Begin to end the daemon; returns at once."""


class ControlServer:
    """Owns the socket while the context is open.

    Entering makes the directory (0700) and the socket (0600), takes away a socket nobody listens
    on any more, and refuses with ``AlreadyRunningError`` when somebody does. Leaving closes every
    connection and removes the socket.

    Args:
        path: of the socket, at most 107 bytes.
        handler: the daemon.
    """

    def __init__(self, path: Path, handler: ControlHandler) -> None:
        self._path = path
        self._handler = handler
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def __aenter__(self) -> Self:
        listener = listen(self._path)
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.start_unix_server(self._welcome, sock=listener)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Start the task of one client, or tell it why not."""
        reason = refusal_of(writer.get_extra_info("socket"), len(self._clients), MAX_CLIENTS)
        if reason:
            writer.write(encode_answer(Refusal(0, reason)))
            writer.close()
            return
        client = _Client(reader, writer, self._handler)
        task = asyncio.create_task(client.run(), name=f"control client {id(client):x}")
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)


class _Client:
    """One connection: questions one after the other, trace entries in between."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: ControlHandler
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._tracer: Tracer | None = None

    async def run(self) -> None:
        """Serve until the client closes, misbehaves or the daemon ends."""
        try:
            await self._converse()
        except ConnectionError:
            pass  # the client went away; it knows
        finally:
            if self._tracer is not None:
                self._handler.remove_tracer(self._tracer)
            self._writer.close()

    async def _converse(self) -> None:
        decoder = QuestionDecoder()
        while data := await self._reader.read(4096):
            for item in decoder.feed(data):
                await self._take(item)
                if isinstance(item, Unusable) and item.fatal:
                    return

    async def _take(self, item: Asked | Unusable) -> None:
        match item:
            case Unusable(number, reason):
                self._say(Refusal(number, reason))
            case Asked(number, question):
                self._say(await self._answer_safely(number, question))
                self._afterwards(number, question)
            case _:
                assert_never(item)

    async def _answer_safely(self, number: int, question: Question) -> Answer:
        """Task border: what goes wrong with one question is told, logged, and stays with it."""
        try:
            return await self._answer(number, question)
        except Exception:  # noqa: BLE001  # task border, see above
            _log.exception("control socket: no answer to %s", type(question).__name__)
            return Refusal(number, "the daemon could not answer: see its log")

    async def _answer(self, number: int, question: Question) -> Answer:
        match question:
            case Ping() | Stop():
                return Result(number, {"pid": os.getpid()})
            case GetStatus():
                return Result(number, await self._handler.status())
            case GetDevices():
                return Result(number, {"devices": list(self._handler.devices())})
            case GiveIntent(intent):
                return Result(
                    number, reply_body(await self._reply(self._handler.give_intent(intent)))
                )
            case OpenLink(link):
                return Result(number, reply_body(await self._reply(self._handler.open_link(link))))
            case WatchTrace():
                return self._may_watch(number)
            case SetMode() | SetVolume():
                return await self._change(number, question)
            case _:
                return await self._records(number, question)

    async def _change(self, number: int, question: SetMode | SetVolume) -> Answer:
        match question:
            case SetMode(device, mode):
                objection = await self._handler.set_mode(device, mode)
                return Refusal(number, objection) if objection else Result(number, {})
            case SetVolume(part, volume):
                return Result(number, self._handler.set_volume(part, volume))

    async def _records(self, number: int, question: RecordQuestion) -> Answer:
        try:
            asked = self._handler.answer_records(question)
            return Result(number, await asyncio.wait_for(asked, INTENT_S))
        except TimeoutError:
            return Refusal(number, f"no answer within {INTENT_S:.0f} s: look after the disk")
        except BridgeError as error:
            return Refusal(number, str(error))

    async def _reply(self, doing: Awaitable[Reply]) -> Reply:
        try:
            return await asyncio.wait_for(doing, INTENT_S)
        except TimeoutError:
            detail = f"no answer within {INTENT_S:.0f} s: see the log of the daemon"
            return Reply(Outcome.FAILED, detail)
        except BridgeError as error:
            return Reply(Outcome.FAILED, str(error))

    def _afterwards(self, number: int, question: Question) -> None:
        """Do what must not come before the answer."""
        if isinstance(question, Stop):
            self._handler.stop()
        elif isinstance(question, WatchTrace) and self._tracer is None:
            self._tracer = self._tracer_for(number)
            self._handler.add_tracer(self._tracer)

    def _may_watch(self, number: int) -> Answer:
        if self._tracer is not None:
            return Refusal(number, "this connection already watches the trace")
        return Result(number, {})

    def _tracer_for(self, number: int) -> Tracer:
        def tell(entry: TraceEntry) -> None:
            self._say(Traced(number, entry))

        return tell

    def _say(self, answer: Answer) -> None:
        """Send without waiting; a client that does not read is cut off."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            _log.warning("control socket: a client does not read, its connection is closed")
            transport.abort()
            return
        self._writer.write(encode_answer(answer))
