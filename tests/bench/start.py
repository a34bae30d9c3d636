"""From the start of the process to the moments that count."""

import subprocess
import sys
import time
from pathlib import Path

from bridge.cli.client import Client, NotRunningError
from bridge.model.errors import BridgeError
from bridge.protocols.control_wire import GetStatus
from tests.bench.figures import Row, Sample
from tests.bench.phones import BARESIP, OFFHOOK, Baresip, Place, offhook_config
from tests.bench.programs import Program, python

PYTHON = "bare Python"
POLL_S = 0.002  # how often it is asked whether it answers


def start_rows(place: Place, times: int, *, with_baresip: bool) -> list[Row]:
    """Start both in turn and say how long it took.

    Args:
        place: where.
        times: how often.
        with_baresip: whether it is installed.
    """
    control, engine, register, theirs, bare = (Sample() for _ in range(5))
    for _ in range(times):
        _start_python(bare)
        _start_offhook(place, control, engine, register)
        if with_baresip:
            _start_baresip(place, theirs)
    against = "baresip" if with_baresip else ""
    title = "start → REGISTER on the wire"
    return [
        Row("start_control", "start → control socket answers", "ms", control, PYTHON, bare, 0),
        Row("start_engine", "start → SIP engine ready", "ms", engine, PYTHON, bare, 0),
        Row("start_register", title, "ms", register, against, theirs, 0),
    ]


def _start_python(sample: Sample) -> None:
    """The floor: an interpreter that loads asyncio and ends."""
    began_ns = time.monotonic_ns()
    subprocess.run([sys.executable, "-c", "import asyncio"], check=True)
    sample.add_ns(began_ns, time.monotonic_ns())


def _start_offhook(place: Place, control: Sample, engine: Sample, register: Sample) -> None:
    place.peer.forget(OFFHOOK)
    config = offhook_config(place, "start", place.port_base + 100)
    path = config.parent / "run" / "c.sock"
    program = Program(python("bridge.cli.main", "run", "--config", str(config)), config.parent)
    first: dict[str, int] = {}

    def ready() -> bool:
        for what in _answers(path):
            first.setdefault(what, time.monotonic_ns())
        return "engine" in first and OFFHOOK in place.peer.registered_ns

    try:
        place.wire.until(ready, f"offhook starts: {program.log()}", poll_s=POLL_S)
    finally:
        program.stop()
    control.add_ns(program.began_ns, first["control"])
    engine.add_ns(program.began_ns, first["engine"])
    register.add_ns(program.began_ns, place.peer.registered_ns[OFFHOOK])


def _answers(socket: Path) -> list[str]:
    """What the daemon says works; nothing while it does not answer."""
    try:
        with Client(socket) as client:
            status = client.ask(GetStatus())
    except (NotRunningError, BridgeError):
        return []
    return ["control", "engine"] if _has_engine(status) else ["control"]


def _has_engine(status: dict[str, object]) -> bool:
    engine = status.get("engine")
    return isinstance(engine, dict) and engine.get("up") is True


def _start_baresip(place: Place, sample: Sample) -> None:
    phone = Baresip(place)
    try:
        phone.ready()
    finally:
        phone.stop()
    sample.add_ns(phone.program.began_ns, place.peer.registered_ns[BARESIP])
