"""The client end of the control socket: plain blocking sockets, because it starts in no time."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge.config import places
from bridge.model.errors import BridgeError
from bridge.model.trace import TraceEntry
from bridge.protocols.control_answers import Answer, Refusal, Result, Traced, decode_answer
from bridge.protocols.control_lines import LINE_BYTES, LineSplitter
from bridge.protocols.control_wire import Question, encode_question

CONNECT_S = 2.0  # a local socket answers at once or not at all
ANSWER_S = 20.0  # longer than the daemon's own patience with an intent (15 s)

START_HINT = "start one with `offhook run`, or `systemctl --user start offhook`"


class NotRunningError(BridgeError):
    """There is no daemon to talk to; the sentence says how to start one."""


class RefusedError(BridgeError):
    """The daemon is there and says no."""


class Client:
    """One connection to the daemon.

    Args:
        path: of its control socket.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lines = LineSplitter(LINE_BYTES + 1)
        self._waiting: list[Answer] = []
        self._asked = 0

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            NotRunningError: nobody listens.
            RefusedError: the socket belongs to somebody else.
        """
        self._socket.settimeout(CONNECT_S)
        try:
            self._socket.connect(os.fspath(self._path))
        except PermissionError as error:
            self._socket.close()
            raise RefusedError(
                f"no access to {self._path}: run this as the user the daemon runs as, or as root"
            ) from error
        except OSError as error:
            self._socket.close()
            raise NotRunningError(
                f"no daemon answers at {self._path} ({error.strerror or error}): {START_HINT}"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, question: Question) -> dict[str, object]:
        """Return the result of a question.

        Raises:
            RefusedError: the daemon says why not.
            NotRunningError: it went away, or does not answer.
        """
        self._send(question)
        return self._result()

    def watch(self, question: Question) -> Iterator[TraceEntry]:
        """Yield trace entries until the daemon ends."""
        self._send(question)
        self._result()
        self._socket.settimeout(None)
        while True:
            answer = self._next()
            if isinstance(answer, Traced):
                yield answer.entry

    def _send(self, question: Question) -> None:
        self._asked += 1
        self._socket.settimeout(ANSWER_S)
        try:
            self._socket.sendall(encode_question(self._asked, question))
        except BrokenPipeError:
            pass  # it may have said why before it closed: read on
        except OSError as error:
            raise NotRunningError(f"the daemon at {self._path} went away: {START_HINT}") from error

    def _result(self) -> dict[str, object]:
        answer = self._next()
        match answer:
            case Result(_, body):
                return dict(body)
            case Refusal(_, reason):
                raise RefusedError(reason)
            case Traced():
                raise RefusedError("the daemon sent a trace entry, expected an answer")

    def _next(self) -> Answer:
        while not self._waiting:
            self._waiting += [self._decode(line) for line in self._lines.feed(self._receive())]
        return self._waiting.pop(0)

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(65536)
        except TimeoutError as error:
            raise NotRunningError(
                f"the daemon at {self._path} does not answer within {ANSWER_S:.0f} s: "
                "see its log, or restart it"
            ) from error
        except OSError as error:
            raise NotRunningError(f"the daemon at {self._path} went away: {START_HINT}") from error
        if not data:
            raise NotRunningError(f"the daemon at {self._path} went away: {START_HINT}")
        return data

    def _decode(self, line: bytes) -> Answer:
        try:
            return decode_answer(line)
        except ValueError as error:
            raise RefusedError(
                f"{self._path} does not speak our language ({error}): is it Offhook's socket, and "
                "of the same version as this command?"
            ) from error


def find_socket(env: places.Env) -> Path | None:
    """Return the control socket that exists, the user's own before the system's.

    One in a directory that is closed to us counts, too: who connects is told so.
    """
    return next((path for path in places.likely_sockets(env) if _may_be(path)), None)


def _may_be(path: Path) -> bool:
    try:
        return path.is_socket()
    except PermissionError:
        return True
