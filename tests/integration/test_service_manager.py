"""``offhook run`` as systemd starts it: what its manager is told, from start to end."""

import signal
import socket
from pathlib import Path

import pytest

from tests.integration.offhook import Home, offhook_run
from tests.integration.waiting import eventually

pytestmark = [pytest.mark.sip, pytest.mark.needs("mosquitto")]

LINE = (
    "bridge: {id: desk}\n"
    'account: {id: desk, user: "200", register: false}\n'
    "sip: {bind: 127.0.0.1, port: 0}\n"
    "audio: {backend: silent}\n"
)


async def test_ready_once_line_and_broker_are_up_then_fed_and_told_of_the_end(
    short_dir: Path,
) -> None:
    path = short_dir / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as manager:
        manager.bind(str(path))
        heard: list[str] = []

        def has_heard(text: str) -> bool:
            while True:
                try:
                    heard.append(manager.recv(4096).decode())
                except BlockingIOError:
                    return any(text in said for said in heard)

        home = Home(short_dir, LINE)
        home.environment |= {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "600000"}
        async with offhook_run(home) as daemon:
            await eventually(lambda: has_heard("READY=1"), "ready", lambda: str(heard))
            assert "READY=1\nSTATUS=ready; up: line desk, MQTT" in heard
            heard.clear()
            await eventually(lambda: has_heard("WATCHDOG=1"), "fed", lambda: str(heard))
            await daemon.ends(signal.SIGTERM)
            assert has_heard("STOPPING=1")
