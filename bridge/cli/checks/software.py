"""Configuration, SIP engine and broker."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bridge.cli.checks.finding import Finding, State
from bridge.config.load import load_config
from bridge.config.settings import Config
from bridge.drivers.logind import why_deaf
from bridge.model.bus import DEFAULT_PORT, DEFAULT_TLS_PORT, MqttSettings
from bridge.model.engine import Srtp, Transport
from bridge.model.engine_limits import PJSUA2, STAND_IN_NOTE
from bridge.model.errors import ConfigError

IMPORT_S = 20.0  # the wheel loads in 0.3 s; a Raspberry Pi with a slow card needs longer
CONNECT_S = 2.0
SBIN = "/usr/sbin:/usr/local/sbin"  # where Debian puts mosquitto


def configuration(path: Path | None, env: Mapping[str, str]) -> tuple[Config | None, list[Finding]]:
    """Return the configuration if it can be used, and what is to say about it."""
    try:
        config = load_config(path, env, only_check=True)
    except ConfigError as error:
        fix = "put it right; `offhook config check` says it again"
        return None, [Finding("config", State.ERROR, str(p), fix) for p in error.problems]
    read = ", ".join(config.files) or "no file, everything has its default"
    found = [Finding("config", State.OK, read)]
    found += [Finding("config", State.WARNING, warning) for warning in config.warnings]
    return config, found


def engine() -> Iterator[Finding]:
    """Look at the SIP library: there, the version that was measured, its limits."""
    reason = import_problem("pjsua2")
    if reason:
        fix = (
            "install pjsua2-python on x86-64 with Python 3.11 or 3.12, elsewhere your own build: "
            "https://docs.pjsip.org/en/latest/pjsua2/building.html"
        )
        yield Finding("engine", State.ERROR, f"{STAND_IN_NOTE} ({reason})", fix)
        return
    try:
        build = f"pjsua2-python {version('pjsua2-python')}"
    except PackageNotFoundError:
        build = "a build of pjsua2 that is not the package pjsua2-python"
    if build == PJSUA2.build:
        yield Finding("engine", State.OK, build)
    else:
        fix = f"expected {PJSUA2.build}; limits and weaknesses of another build are not known here"
        yield Finding("engine", State.WARNING, build, fix)
    lacks = ", ".join(missing.feature.value for missing in PJSUA2.missing)
    limits = f"{PJSUA2.max_calls} calls and {PJSUA2.max_accounts} accounts at once; no {lacks}"
    yield Finding("engine limits", State.INFO, limits)


def import_problem(module: str) -> str:
    """Return why a module cannot be imported, empty when it can.

    In a process of its own: a broken binary module may end the whole process.
    """
    command = [sys.executable, "-c", f"import {module}"]
    try:
        done = subprocess.run(  # our own interpreter, a fixed name
            command, capture_output=True, text=True, timeout=IMPORT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
    return last[0][:200]


def exposure(config: Config) -> Iterator[Finding]:
    """Name the published weaknesses of the engine's build that this configuration opens.

    Source: advisories of the PJSIP project after 2.15.1, each tried on the wheel.
    """
    if not config.accounts:
        return
    yield Finding(
        "exposure",
        State.WARNING,
        "PJSIP 2.15.1 can be crashed by whoever answers for the PBX (CVE-2026-57161 and others); "
        "it runs in a process of its own that is started again, and strangers are not answered",
        "use a PBX you trust, over a wired network, a VPN or TLS; never open the SIP port to the "
        "internet",
    )
    if any(account.srtp is not Srtp.OFF for account in config.accounts):
        yield Finding(
            "exposure",
            State.WARNING,
            "srtp is on: a caller with very many crypto lines overruns a buffer (CVE-2026-57162)",
            "set srtp off, or use a PBX that writes the offer of media itself (as Asterisk does; a "
            "SIP proxy passes on what the caller wrote)",
        )
    if any(account.transport is Transport.TLS for account in config.accounts):
        yield Finding(
            "exposure",
            State.WARNING,
            "TLS of the engine is OpenSSL 1.0.2k, out of support: TLS 1.2 at most",
            "let a VPN or a network you trust protect the way to the PBX as well",
        )


def broker(settings: MqttSettings) -> Iterator[Finding]:
    """Look for the broker that is configured, or for the program of the private one."""
    if not settings.enabled:
        yield Finding("mqtt", State.INFO, "switched off")
    elif settings.is_private:
        yield _private()
    else:
        yield _reachable(settings)


def _private() -> Finding:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    if program:
        return Finding("mqtt", State.OK, f"private broker, {program}")
    return Finding(
        "mqtt",
        State.WARNING,
        "no MQTT: no broker is configured and mosquitto is not installed",
        "sudo apt install mosquitto, or set mqtt.broker, or `mqtt: off`",
    )


def _reachable(settings: MqttSettings) -> Finding:
    port = settings.port or (DEFAULT_TLS_PORT if settings.tls else DEFAULT_PORT)
    where = settings.socket or f"{settings.host}:{port}"
    try:
        if settings.socket:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(CONNECT_S)
                probe.connect(settings.socket)
        else:
            socket.create_connection((settings.host, port), CONNECT_S).close()
    except OSError as error:
        fix = "start the broker, or correct mqtt.broker and mqtt.port"
        why = error.strerror or error
        return Finding("mqtt", State.ERROR, f"no broker at {where}: {why}", fix)
    return Finding("mqtt", State.OK, f"a server listens at {where}")


# -- sleep --------------------------------------------------------------------


def sleep() -> Finding:
    """Look whether we would hear that the machine has slept."""
    reason = why_deaf()
    if not reason:
        return Finding("sleep", State.OK, "logind tells when the machine wakes up")
    text = f"{reason}: after a suspend, lamps are right again with their next change only"
    return Finding("sleep", State.INFO, text)
