"""A message bus of a test's own, and a logind on it: real bytes through a real ``dbus-daemon``."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    message_bus,
    new_method_return,
    new_signal,
)
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

from tests.conftest import find_program

START_S = 20.0
USER = "/org/freedesktop/login1/user/_1000"
LOGIN1 = "org.freedesktop.login1"
MANAGER = DBusAddress("/org/freedesktop/login1", LOGIN1, f"{LOGIN1}.Manager")

# As strict as a system bus about who may receive what: signals go to those who asked.
CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""


class MessageBus:
    """``dbus-daemon``, private.

    Args:
        directory: for its socket; a short path, sockets have 107 bytes.
    """

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "bus"
        self.address = f"unix:path={self.socket}"
        self._config = directory / "bus.conf"
        self._config.write_text(CONFIGURATION.format(socket=self.socket))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start; returns once it listens."""
        program = find_program("dbus-daemon")
        assert program
        self._process = subprocess.Popen(
            [program, f"--config-file={self._config}", "--nofork", "--nopidfile"],
            stderr=subprocess.DEVNULL,
        )
        end_s = time.monotonic() + START_S
        while not self._listens():
            assert self._process.poll() is None, "the bus ended at its start"
            assert time.monotonic() < end_s, f"no bus within {START_S:.0f} s"
            time.sleep(0.01)

    def _listens(self) -> bool:
        """Say whether it takes connections: its socket has a name before it does."""
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(self.socket)) == 0

    def kill(self) -> None:
        """As a crash does it: everybody's connection is cut, the socket file stays behind."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
            self.socket.unlink(missing_ok=True)


class Logind:
    """A service on a bus that says what logind says.

    Args:
        address: of the bus.
        name: to own; another one than logind's makes it a stranger.
    """

    def __init__(self, address: str, name: str = LOGIN1) -> None:
        self._address = address
        self._name = name

    async def __aenter__(self) -> Self:
        self._connection: DBusConnection = await open_dbus_connection(self._address)
        await self._ask(message_bus.RequestName(self._name))
        return self

    async def __aexit__(self, *exc: object) -> None:
        with contextlib.suppress(ConnectionError):  # a bus that was killed resets it
            await self._connection.close()

    async def prepare_for_sleep(self, start: object, signature: str = "b", to: str = "") -> None:
        """Send the signal; to everybody who wants it, or to one connection only."""
        said = new_signal(MANAGER, "PrepareForSleep", signature, (start,))
        if to:
            said.header.fields[HeaderFields.destination] = to
        await self._connection.send(said)
        await self.settled()

    async def settled(self) -> None:
        """Return once the bus has passed on everything we sent."""
        await self._ask(message_bus.GetId())

    async def names(self) -> set[str]:
        """The connections on the bus, our own left out."""
        answer = await self._ask(message_bus.ListNames())
        return {n for n in answer.body[0] if n[0] == ":"} - {self._own}

    async def _ask(self, call: Message) -> Message:
        """Send and wait for the answer; everything else that comes is not for us."""
        serial = next(self._connection.outgoing_serial)
        await self._connection.send(call, serial=serial)
        async with asyncio.timeout(START_S):
            while True:
                answer = await self._connection.receive()
                if answer.header.fields.get(HeaderFields.reply_serial) == serial:
                    return answer

    @property
    def _own(self) -> str:
        return str(self._connection.unique_name)

    async def answer_about_user(self, *, idle: bool, since_us: int, questions: int) -> None:
        """Answer what is asked of the manager and of a user, so many questions.

        Args:
            idle: ``IdleHint``.
            since_us: ``IdleSinceHint``, microseconds of the real-time clock.
            questions: how many are answered before it returns.
        """
        said = {"IdleHint": ("b", idle), "IdleSinceHint": ("t", since_us)}
        while questions:
            call = await self._connection.receive()
            if call.header.fields.get(HeaderFields.member) == "GetUser":
                answer = new_method_return(call, "o", (USER,))
            elif call.header.fields.get(HeaderFields.member) == "Get":
                answer = new_method_return(call, "v", (said[call.body[1]],))
            else:
                continue
            await self._connection.send(answer)
            questions -= 1
