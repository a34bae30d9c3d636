"""Start, watch and stop the parts of one instance, by the process ids noted in its directory."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.pbx.ports import is_free
from tests.pbx.readiness import mqtt_retained, sip_answers, tcp_open
from tests.pbx.settings import ROOT, PbxError, Settings, command_of, prepare

ORDER = ("mosquitto", "retain", "media", "kamailio")
STOP_PATIENCE_S = 8.0
# Kamailio needs 1 to 4 s; on two cores shared with other work it was seen to need 12 s.
READY_PATIENCE_S = 40.0
LOG_TAIL_LINES = 15


def started_at(pid: int) -> str | None:
    """Start time of a process in clock ticks, None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rsplit(")", 1)[1].split()
    return None if fields[0] == "Z" else fields[19]


def pid_file(cfg: Settings, name: str) -> Path:
    return cfg.state_path / "run" / f"{name}.pid"


def running(cfg: Settings, name: str) -> int | None:
    """The noted process id, if that very process is still there."""
    try:
        pid, ticks = pid_file(cfg, name).read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if started_at(int(pid)) == ticks else None


def spawn(cfg: Settings, name: str) -> subprocess.Popen[bytes] | None:
    """Start one part; None when this instance goes without it."""
    command = command_of(cfg, name)
    if command is None:
        return None
    path = cfg.log(name)
    if path.exists():
        path.replace(path.with_suffix(".log.old"))
    with path.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cfg.state,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
    pid_file(cfg, name).write_text(f"{process.pid} {started_at(process.pid)}\n")
    return process


def stop_one(cfg: Settings, name: str, *, at_once: bool = False) -> None:
    """Ask one part to end and wait; then, or with ``at_once``, kill its process group."""
    pid = running(cfg, name)
    if pid is None:
        pid_file(cfg, name).unlink(missing_ok=True)
        return
    if not at_once:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_PATIENCE_S
        while running(cfg, name) and time.monotonic() < end:
            reap(pid)
            time.sleep(0.02)
    if running(cfg, name):
        # each part leads its own process group, so this reaches its children only
        os.killpg(pid, signal.SIGKILL)
        time.sleep(0.2)
    reap(pid)
    pid_file(cfg, name).unlink(missing_ok=True)


def reap(pid: int) -> None:
    """Take the exit status when the part is a child of this very process."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def stop_all(cfg: Settings) -> None:
    for name in reversed(ORDER):
        stop_one(cfg, name)


def probes(cfg: Settings, name: str) -> Iterator[tuple[str, Callable[[], bool]]]:
    """What must be true before the next part may start."""
    match name:
        case "mosquitto":
            yield "the MQTT broker", lambda: tcp_open(cfg.bind, cfg.mqtt_port)
        case "retain":
            yield "the MQTT relay", lambda: tcp_open(cfg.bind, cfg.relay_port)
        case "media":
            yield "the media endpoint", lambda: sip_answers(cfg.bind, cfg.media_port)
        case _:
            yield "kamailio", lambda: sip_answers(cfg.bind, cfg.sip_port)
            if cfg.with_mqtt and cfg.with_retain:
                topic = f"{cfg.prefix}/status"
                yield (
                    "the MQTT side of kamailio",
                    lambda: mqtt_retained(cfg.bind, cfg.mqtt_port, topic) == "online",
                )


def wait_for(cfg: Settings, name: str, what: str, probe: Callable[[], bool]) -> None:
    end = time.monotonic() + READY_PATIENCE_S
    while time.monotonic() < end:
        if probe():
            return
        if running(cfg, name) is None:
            break
        time.sleep(0.05)
    log = cfg.log(name)
    tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.exists() else []
    message = "\n".join([f"{what} did not become ready", *tail])
    raise PbxError(message)


def ports_of(cfg: Settings, name: str) -> list[int]:
    """The ports a part listens on from its start."""
    tls = cfg.with_tls
    return {
        "mosquitto": [cfg.mqtt_port, cfg.mqtt_auth_port, *([cfg.mqtt_tls_port] if tls else [])],
        "retain": [cfg.relay_port],
        "media": [cfg.media_port],
        "kamailio": [cfg.sip_port, *([cfg.tls_port] if tls else [])],
    }[name]


def start_one(cfg: Settings, name: str) -> subprocess.Popen[bytes] | None:
    """Start one part and wait until it answers."""
    # Otherwise a probe may be answered by whoever has the port.
    taken = [port for port in ports_of(cfg, name) if not is_free(port)]
    if taken and command_of(cfg, name):
        message = f"{name}: port {', '.join(map(str, taken))} is taken, choose another base"
        raise PbxError(message)
    process = spawn(cfg, name)
    if process is not None:
        for what, probe in probes(cfg, name):
            wait_for(cfg, name, what, probe)
    return process


def start_all(cfg: Settings) -> dict[str, subprocess.Popen[bytes]]:
    """Prepare and start every part; stops what it had started when one fails.

    Raises:
        PbxError: a program is missing, a port is taken, a part ended; with the end of its log.
    """
    if any(running(cfg, name) for name in ORDER):
        message = f"already running in {cfg.state}"
        raise PbxError(message)
    prepare(cfg)
    started = {}
    try:
        for name in ORDER:
            process = start_one(cfg, name)
            if process is not None:
                started[name] = process
    except BaseException:
        stop_all(cfg)
        raise
    return started
