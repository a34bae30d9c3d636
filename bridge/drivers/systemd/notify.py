"""The datagrams of sd_notify(3), without its library: lines ``NAME=value`` to a socket.

Nothing waits: a manager that does not read loses a message, and the next one says as much.
"""

import logging
import os
import socket
from collections.abc import MutableMapping

from bridge.model.redaction import redact

_log = logging.getLogger(__name__)


class Notifier:
    """Says to systemd how the service goes; without systemd it says nothing.

    The variables are taken out of the environment, so that no child process speaks for us.

    Args:
        env: environment variables of the process.
        pid: of the process.
    """

    def __init__(self, env: MutableMapping[str, str], pid: int | None = None) -> None:
        self._address = _address(env.pop("NOTIFY_SOCKET", ""))
        self.watchdog_s = _watchdog(
            env.pop("WATCHDOG_USEC", ""),
            env.pop("WATCHDOG_PID", ""),
            os.getpid() if pid is None else pid,
        )
        """How often it must be fed, seconds; 0 = there is no watchdog."""
        self._said = ""
        self._socket: socket.socket | None = None
        if self._address:
            kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            self._socket = socket.socket(socket.AF_UNIX, kind)

    @property
    def is_heard(self) -> bool:
        """Whether a service manager listens."""
        return self._socket is not None

    def close(self) -> None:
        """Say nothing any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def status(self, text: str) -> None:
        """Say how it goes, if that is news. Numbers and secrets are masked."""
        if text != self._said and self._send(f"STATUS={_one_line(text)}"):
            self._said = text

    def ready(self, text: str) -> bool:
        """Say that the service is ready; return whether it was heard (else say it again)."""
        self._said = text
        return self._send(f"READY=1\nSTATUS={_one_line(text)}")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def feed(self) -> None:
        """Say that the service lives."""
        self._send("WATCHDOG=1")

    def _send(self, lines: str) -> bool:
        if self._socket is None:
            return False
        try:
            self._socket.sendto(lines.encode(), self._address)
        except OSError as error:
            _log.debug("systemd did not take %s: %s", lines.partition("=")[0], error.strerror)
            return False
        return True


def _address(given: str) -> str:
    """Return the address of the socket; ``@`` begins an abstract one (unix(7))."""
    if given.startswith("@"):
        return "\0" + given[1:]
    if given and not given.startswith("/"):
        _log.warning("systemd is not told anything: found NOTIFY_SOCKET=%s, expected a path", given)
        return ""
    return given


def _watchdog(usec: str, whose: str, pid: int) -> float:
    """Return the watchdog's time in seconds, 0 when it is not ours (sd_watchdog_enabled(3))."""
    if not usec.isdecimal() or (whose and whose != str(pid)):
        return 0.0
    return int(usec) / 1_000_000


def _one_line(text: str) -> str:
    """Return a text that cannot begin a line of its own."""
    return " ".join(redact(text).split())
