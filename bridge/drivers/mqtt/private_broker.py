"""A broker of our own for machines where none is configured: mosquitto as a child on a Unix socket.

No TCP port is opened (unless one on loopback is asked for), and the directory of the socket lets
nobody in but its owner. Measured: ready 6 to 19 ms after the start, 8 MB of memory.

The child dies with us, however we die (``setpriv --pdeathsig``), and is started again when it dies
alone. Two daemons that share a directory get a socket each.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bridge.drivers.ports import Now
from bridge.model.bus import MqttSettings
from bridge.model.errors import BusError
from bridge.model.redaction import printable

_LOG = logging.getLogger(__name__)

READY_S = 5.0  # slowest start seen under load 0.3 s
STOP_S = 2.0
FIRST_DELAY_S, LAST_DELAY_S = 0.05, 5.0
STEADY_S = 10.0  # a broker that lived this long was a good one
_SOCKET_PATH_BYTES = 107  # sun_path of sockaddr_un, without its final zero
_POLL_S = 0.002  # mosquitto tells nobody when it is ready; only while it starts
_IDLE_TALK = ("should not be run as root", "Unable to set TCP_NODELAY")
_SBIN = "/usr/sbin:/usr/local/sbin"  # Debian's place, not on the PATH of ordinary users


def find_mosquitto() -> str | None:
    """Return the path of the mosquitto program, None when it is not installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)


class PrivateBroker:
    """See the module. Entering it starts the broker and waits until it is ready.

    Args:
        directory: for socket and configuration; made with mode 0700 if it is not there.
        port: loopback TCP port to open as well, 0 = none.
        on_ready: called each time the broker has come (back) up.
        on_problem: told one sentence when it does not run, empty text when it does again.
        program: path of mosquitto; empty = look for it.
        now: monotonic seconds.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        on_ready: Callable[[], None] = lambda: None,
        on_problem: Callable[[str], None] = lambda _: None,
        program: str = "",
        now: Now = time.monotonic,
    ) -> None:
        self._directory = directory
        self._port = port
        self._on_ready = on_ready
        self._on_problem = on_problem
        self._program = program
        self._now = now
        self._lock: IO[bytes] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._name = "mqtt"
        self._problem = ""
        self._port_problem = ""

    @property
    def socket(self) -> str:
        """Return the path of the broker's socket; fixed once entered."""
        return str(self._directory / f"{self._name}.sock")

    @property
    def pid(self) -> int | None:
        """Return the process id of the broker, None while there is none."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    def connect(self, settings: MqttSettings) -> MqttSettings:
        """Return the settings that lead to this broker."""
        return replace(settings, socket=self.socket)

    async def __aenter__(self) -> Self:
        """Start the broker.

        Raises:
            BusError: mosquitto is not installed, or the socket cannot be made.
        """
        self._program = self._program or find_mosquitto() or ""
        if not self._program:
            raise BusError(
                "no MQTT broker is configured and mosquitto is not installed: install the package "
                "mosquitto or set mqtt.broker; everything but MQTT works"
            )
        self._prepare()
        try:
            started = await self._start()
        except BaseException:
            self._release()
            raise
        self._task = asyncio.create_task(self._watch(started), name="private broker")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the broker, within 3 s."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._stop()
        self._release()

    # -- files ----------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the directory ours, choose a name nobody uses, write the configuration."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory.chmod(0o700)
            self._choose_name()
            self._check_port()
            (self._directory / f"{self._name}.conf").write_text(self._configuration())
        except OSError as error:
            raise BusError(
                f"the private MQTT broker cannot use {self._directory} ({error.strerror}): "
                "make it a directory of this user, or set mqtt.broker"
            ) from error
        if len(os.fsencode(self.socket)) > _SOCKET_PATH_BYTES:
            raise BusError(
                f"the path {self.socket} is too long for a socket ({_SOCKET_PATH_BYTES} bytes are "
                "allowed): choose a shorter runtime directory"
            )

    def _choose_name(self) -> None:
        for name in ("mqtt", f"mqtt-{os.getpid()}"):
            lock = (self._directory / f"{name}.lock").open("wb")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._name, self._lock = name, lock
            return
        raise BusError(f"two brokers of this process want to use {self._directory}")

    def _configuration(self) -> str:
        lines = [
            f"listener 0 {self.socket}",
            "allow_anonymous true",
            "max_packet_size 65536",
            "max_keepalive 120",
            "persistence false",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
        ]
        if self._port:
            lines += [f"listener {self._port} 127.0.0.1", "allow_anonymous true"]
            lines += ["set_tcp_nodelay true"]
        if os.geteuid() == 0:
            lines += ["user root"]  # else it would drop to a user who may not enter the directory
        return "\n".join(lines) + "\n"

    def _release(self) -> None:
        self._remove("sock", "conf", "lock")
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _remove(self, *endings: str) -> None:
        for ending in endings:
            with contextlib.suppress(OSError):
                (self._directory / f"{self._name}.{ending}").unlink()

    def _check_port(self) -> None:
        """Do without the TCP port when another program has it."""
        if not self._port:
            return
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._port))
            except OSError as error:
                self._port_problem = (
                    f"the private MQTT broker cannot open port {self._port} on 127.0.0.1 "
                    f"({(error.strerror or str(error)).lower()}) and serves {self.socket} only: "
                    "free the port or change mqtt.private_port"
                )
                self._port = 0

    # -- process --------------------------------------------------------------

    async def _start(self) -> asyncio.subprocess.Process:
        self._remove("sock")
        command = [self._program, "-c", str(self._directory / f"{self._name}.conf")]
        setpriv = shutil.which("setpriv")
        if setpriv is not None:
            command = [setpriv, "--pdeathsig", "TERM", "--", *command]
        self._process = process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            umask=0o077,
        )
        await self._until_ready(process)
        return process

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline_s = self._now() + READY_S
        while self._now() < deadline_s and process.returncode is None:
            if await self._answers():
                return
            await asyncio.sleep(_POLL_S)
        await self._stop()
        raise BusError(f"the private MQTT broker does not start: {await _last_words(process)}")

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self.socket)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _watch(self, process: asyncio.subprocess.Process | None) -> None:
        """Start the broker again whenever it has died."""
        delay_s = FIRST_DELAY_S
        while True:
            if process is not None:
                began_s = self._now()
                self._tell(self._port_problem)
                self._on_ready()
                words = await _last_words(process)
                await process.wait()
                self._tell(f"the private MQTT broker has died ({words}) and is started again")
                if self._now() - began_s > STEADY_S:
                    delay_s = FIRST_DELAY_S
            await asyncio.sleep(delay_s)
            delay_s = min(LAST_DELAY_S, delay_s * 2)
            try:
                process = await self._start()
            except (BusError, OSError) as error:
                process = None
                self._tell(str(error))

    def _tell(self, problem: str) -> None:
        """Say once what is wrong, and once that it is right again."""
        if problem == self._problem:
            return
        if problem:
            _LOG.warning("mqtt: %s", problem)
        else:
            _LOG.info("mqtt: the private broker runs again")
        self._problem = problem
        self._on_problem(problem)


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """Read what the broker says until it ends; return the last line that tells something."""
    last = f"it said nothing, exit status {process.returncode}"
    if process.stderr is not None:
        async for line in process.stderr:
            text = line.decode(errors="replace").strip()
            if text and not any(phrase in text for phrase in _IDLE_TALK):
                last = printable(text.partition(": ")[2] or text, 160)
    return last
