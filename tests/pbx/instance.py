"""The test PBX and a broker of its own as objects, for fixtures."""

import signal
import subprocess
from pathlib import Path
from typing import Self

from tests.pbx.__main__ import call_rpc
from tests.pbx.processes import READY_PATIENCE_S, start_all, start_one, stop_all, stop_one
from tests.pbx.readiness import tcp_open, wait_until
from tests.pbx.settings import PbxError, Settings, find, write


class Pbx:
    """A running test PBX; ``settings`` has its ports and passwords."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> Self:
        start_all(self.settings)
        return self

    def __exit__(self, *_: object) -> None:
        stop_all(self.settings)

    @property
    def host(self) -> str:
        return self.settings.bind

    @property
    def sip_port(self) -> int:
        return self.settings.sip_port

    @property
    def mqtt_port(self) -> int:
        return self.settings.mqtt_port

    def uri(self, number: str | int) -> str:
        """The SIP address of a number at this PBX."""
        return f"sip:{number}@{self.host}:{self.sip_port}"

    def password(self, extension: str | int) -> str:
        return self.settings.password(extension)

    def rpc(self, method: str, *parameters: str | int) -> object:
        """What Kamailio answers.

        Raises:
            PbxError: it refused, or does not run.
        """
        good, answer = call_rpc(self.settings, method, *parameters)
        if not good:
            message = f"{method}: {answer}"
            raise PbxError(message)
        return answer

    def kill(self, part: str = "kamailio") -> None:
        """End one part as a power cut would: mosquitto, retain, media or kamailio."""
        stop_one(self.settings, part, at_once=True)

    def start_part(self, part: str = "kamailio") -> None:
        """Start a killed part again on its ports and wait until it answers."""
        start_one(self.settings, part)


class Broker:
    """A Mosquitto of the test's own: anonymous, nothing kept on disk.

    Args:
        directory: for its configuration and log.
        port: TCP port on loopback; the same after a restart.
        extra: further lines of configuration.
    """

    host = "127.0.0.1"

    def __init__(self, directory: Path, port: int, extra: str = "") -> None:
        self.port = port
        self.log = directory / "mosquitto.log"
        self._config = directory / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        write(
            self._config,
            f"listener {port} {self.host}\nallow_anonymous true\npersistence false\n"
            f"log_dest stderr\nlog_type all\nuser root\n{extra}\n",
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it listens."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [find("mosquitto"), "-c", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if not wait_until(lambda: tcp_open(self.host, self.port), READY_PATIENCE_S):
            message = f"mosquitto does not listen on {self.port}\n{self.log.read_text()}"
            raise PbxError(message)

    def stop(self) -> None:
        """End it in order: clients see the connection closed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would; retained messages are gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop answering without closing anything, until ``thaw``."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
