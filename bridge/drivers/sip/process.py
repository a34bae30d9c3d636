"""One life of an engine process: start, bytes both ways, end. It never becomes a zombie."""

import asyncio
import logging
import signal
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from bridge.model.engine import Quit
from bridge.model.errors import TransportError
from bridge.model.redaction import redact
from bridge.protocols.engine_wire import EngineOutput, FromEngine, Malformed, ToEngine, encode

log = logging.getLogger(__name__)

_QUIT_S = 2.2
"""How long the engine may take to hang up and un-register (it needs about 0.3 s, 1.3 s at most)."""

_TERM_S = 0.6
"""Then SIGTERM; after so long SIGKILL. Together under the 3 s that the port promises."""

_TAIL_LINES = 80  # of standard error: an assertion is followed by a long list of frames
_LINE_LIMIT = 1 << 20

Receiver = Callable[[FromEngine], None]


class _Channel(asyncio.Protocol):
    """Our end of the socket pair. Messages are handed over in the moment their bytes arrive."""

    def __init__(self, receive: Receiver) -> None:
        self.receive: Receiver | None = receive
        self.transport: asyncio.Transport | None = None
        self._output = EngineOutput()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what asyncio promises
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._output.feed(data):
            if isinstance(message, Malformed):
                log.warning("malformed line from the SIP engine: %s", message.reason)
            elif self.receive is not None:
                self.receive(message)


class EngineProcess:
    """A running engine.

    Made by ``start``; ``stop`` or ``kill`` must be called, also after it died by itself.
    """

    def __init__(self, process: asyncio.subprocess.Process, channel: _Channel) -> None:
        self._process = process
        self._channel = channel
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._stderr = asyncio.create_task(self._read_stderr(), name="sip-engine-stderr")

    @classmethod
    async def start(cls, argv: Sequence[str], receive: Receiver) -> Self:
        """Start an engine.

        Args:
            argv: program and arguments; ``--fd N`` is added.
            receive: takes each message, on the event loop.

        Raises:
            TransportError: the program cannot be started.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                f"--fd={theirs.fileno()}",
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT,
                start_new_session=True,  # Ctrl-C in the terminal is for the daemon alone
            )
        except OSError as e:
            ours.close()
            raise TransportError(f"cannot start the SIP engine {argv[0]}: {e.strerror}") from e
        finally:
            theirs.close()
        channel = _Channel(receive)
        await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=ours)
        return cls(process, channel)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def send(self, message: ToEngine) -> None:
        """Write a message. Never blocks; to a dead engine it does nothing."""
        transport = self._channel.transport
        if transport is not None and not transport.is_closing():
            transport.write(encode(message))

    def deafen(self) -> None:
        """Hand over nothing any more: what is still on its way belongs to a life that is over."""
        self._channel.receive = None

    async def ended(self) -> str:
        """Wait for the end of the process and return how it ended, for the user."""
        status = await self._process.wait()
        await self._stderr
        if status >= 0:
            return f"it ended with status {status}{self._last_words()}"
        name = signal.Signals(-status).name
        return f"it was ended by {name}{self._last_words()}"

    async def stop(self) -> None:
        """Let it hang up and un-register, at most 3 s; then it is killed."""
        self.send(Quit())
        for patience_s, next_step in ((_QUIT_S, self._process.terminate), (_TERM_S, None)):
            try:
                await asyncio.wait_for(self._process.wait(), patience_s)
                break
            except TimeoutError:
                if next_step is not None:
                    self._signal(next_step)
        await self.kill()

    async def kill(self) -> None:
        """End it at once, and collect what is left. Harmless when it is dead."""
        self._signal(self._process.kill)
        await self._process.wait()
        await self._stderr
        if self._channel.transport is not None:
            self._channel.transport.abort()

    def _signal(self, send: Callable[[], None]) -> None:
        if self._process.returncode is None:
            try:
                send()
            except ProcessLookupError:
                return  # it ended in this moment

    def _last_words(self) -> str:
        telling = [line for line in self._tail if "Assertion" in line or "Error" in line]
        last = (telling or list(self._tail))[-1:]
        return f": {last[0]}" if last else ""

    async def _read_stderr(self) -> None:
        stream = self._process.stderr
        assert stream is not None  # noqa: S101  # asked for a pipe
        while line := await stream.readline():
            text = redact(line.decode(errors="replace").rstrip())
            self._tail.append(text)
            log.debug("engine: %s", text)
