"""The private broker: there without configuration, for nobody else, and never left behind."""

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bridge.drivers.mqtt.private_broker import PrivateBroker
from bridge.model.bus import MqttSettings
from bridge.model.errors import BusError
from tests.mqtt.station import Station
from tests.mqtt.waiting import eventually
from tests.mqtt.words import BASE

pytestmark = pytest.mark.needs("mosquitto", "mosquitto-clients")


async def test_the_first_run_needs_no_configuration(short_dir: Path) -> None:
    async with PrivateBroker(short_dir / "run") as broker:
        assert broker.pid is not None
        listening = psutil.Process(broker.pid).net_connections("inet")
        async with Station(broker.connect(MqttSettings())) as station:
            await eventually(lambda: station.link.status.up)
            shown = await asyncio.to_thread(_read, broker.socket)
    assert listening == []
    assert json.loads(shown[f"{BASE}/availability"])["state"] == "online"
    assert f"{BASE}/calls" in shown


def _read(socket: str) -> dict[str, str]:
    command = ["mosquitto_sub", "--unix", socket, "-t", "offhook/#", "-v", "-W", "1"]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return dict(line.split(" ", 1) for line in out.splitlines())


async def test_nobody_else_gets_at_the_socket(short_dir: Path) -> None:
    directory = short_dir / "run"
    async with PrivateBroker(directory):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert modes["mqtt.sock"] & stat.S_IRWXO == 0


async def test_a_broker_that_dies_is_started_again_and_found(short_dir: Path) -> None:
    told: list[str] = []
    async with (
        PrivateBroker(short_dir, on_problem=told.append) as broker,
        Station(broker.connect(MqttSettings())) as station,
    ):
        await eventually(lambda: station.link.status.up)
        first = broker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        took_s = await eventually(
            lambda: station.link.counts["connections"] == 2 and station.link.status.up
        )
        assert broker.pid not in {None, first}
    assert took_s < 2.0
    assert "is started again" in told[0]
    assert told[-1] == ""


async def test_nothing_is_left_after_the_stop(short_dir: Path) -> None:
    async with PrivateBroker(short_dir) as broker:
        pid = broker.pid
    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert _names(short_dir) == []


KILLED = """
import asyncio, sys
from pathlib import Path
from bridge.drivers.mqtt.private_broker import PrivateBroker

async def main():
    async with PrivateBroker(Path(sys.argv[1])) as broker:
        print(broker.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_broker_dies_with_a_daemon_that_is_killed(short_dir: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(short_dir), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    process.kill()
    await process.wait()
    await eventually(lambda: not _is_alive(pid))
    async with PrivateBroker(short_dir) as again:  # what it left behind is in nobody's way
        assert again.socket.endswith("/mqtt.sock")


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


async def test_two_daemons_in_one_directory_have_a_broker_each(short_dir: Path) -> None:
    async with PrivateBroker(short_dir) as one, PrivateBroker(short_dir) as other:
        assert one.socket != other.socket
        async with Station(one.connect(MqttSettings())) as station:
            await eventually(lambda: station.link.status.up)
            await other.__aexit__(None, None, None)
            assert station.link.status.up


async def test_a_missing_mosquitto_is_said(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.drivers.mqtt.private_broker.find_mosquitto", lambda: None)
    with pytest.raises(BusError, match=r"install the package mosquitto or set mqtt\.broker"):
        await PrivateBroker(short_dir).__aenter__()
    assert _names(short_dir) == []


async def test_a_broker_that_cannot_start_is_said_with_its_own_words(short_dir: Path) -> None:
    program = short_dir / "broken"
    program.write_text("#!/bin/sh\necho '1: Error: no such thing' >&2; exit 3\n")
    program.chmod(0o755)
    with pytest.raises(BusError, match="does not start: Error: no such thing"):
        await PrivateBroker(short_dir / "run", program=str(program)).__aenter__()


async def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(BusError, match="choose a shorter runtime directory"):
        await PrivateBroker(tmp_path / ("x" * 120)).__aenter__()


async def test_a_loopback_port_can_be_had(short_dir: Path, free_port_base: int) -> None:
    async with PrivateBroker(short_dir, port=free_port_base) as broker:
        assert broker.pid is not None
        connections = psutil.Process(broker.pid).net_connections("inet")
        assert [c.laddr for c in connections if c.status == "LISTEN"] == [
            ("127.0.0.1", free_port_base)
        ]


async def test_a_port_in_use_leaves_the_socket_and_is_said(
    short_dir: Path, free_port_base: int
) -> None:
    told: list[str] = []
    taken = await asyncio.start_server(lambda r, w: None, "127.0.0.1", free_port_base)
    async with taken, PrivateBroker(short_dir, port=free_port_base, on_problem=told.append) as own:
        async with Station(own.connect(MqttSettings())) as station:
            await eventually(lambda: station.link.status.up)
        await eventually(lambda: told)
    assert f"cannot open port {free_port_base}" in told[0]
    assert "mqtt.private_port" in told[0]
