"""``offhook doctor``: what works, what does not, and what to do about it."""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.checks import headset, installed, page, panels, running, software, sound
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine
from bridge.cli.client import Client, find_socket
from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.config import places
from bridge.config.settings import Config, HeadsetSettings
from bridge.drivers.clock.sync import is_clock_set

MARKS = {State.OK: "ok", State.INFO: "-", State.WARNING: "!", State.ERROR: "ERROR"}


def doctor(args: argparse.Namespace) -> Exit:
    """Run every check; 1 if one found an error."""
    findings = list(examine(args, Machine()))
    errors = sum(finding.state is State.ERROR for finding in findings)
    body = {"ok": errors == 0, "findings": [_body(finding) for finding in findings]}
    emit(body, _lines(findings), as_json=args.json)
    return Exit.FAILED if errors else Exit.OK


def examine(args: argparse.Namespace, machine: Machine) -> Iterator[Finding]:
    """Yield everything that was found, configuration first."""
    service = installed.find(machine)
    env = installed.environment(service, os.environ)
    path = Path(args.config) if args.config else None
    config, found = software.configuration(path, env)
    yield from installed.beyond(service, found)
    yield from software.engine()
    if config is not None:
        yield from software.exposure(config)
        yield from software.broker(config.mqtt)
        devices, found = sound.sound(config.engine.sound)
        yield from found
        yield from sound.bluetooth(machine, devices)
    daemon = running.ask(Client(_socket(args, config)))
    pids = daemon.processes if isinstance(daemon, running.Running) else frozenset[int]()
    settings = config.headset if config is not None else HeadsetSettings()
    used, found = headset.headsets(machine, settings, pids)
    yield from found
    yield software.sleep()
    yield installed.clock(time.time(), is_set=is_clock_set())
    yield from installed.service(machine, service)
    if config is not None:
        yield from panels.panels(machine, config.panels)
        plan = config.habits.numbers.plan_of(None)
        yield from page.page(config.page, has_country=bool(plan.country))
        yield from running.directories(config)
    if isinstance(daemon, Finding):
        yield daemon
    else:
        yield from running.daemon(daemon)
        yield from running.headsets(daemon, used)


def _socket(args: argparse.Namespace, config: Config | None) -> Path:
    """Return where the daemon listens: as told, where one is, where one would be."""
    if args.socket:
        return Path(args.socket)
    found = find_socket(os.environ)
    if found is not None or config is None:
        return found or places.likely_sockets(os.environ)[0]
    return config.control_socket


def _lines(findings: list[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{MARKS[finding.state]:5} {finding.check}: {finding.text}"
        if finding.fix:
            yield f"      → {finding.fix}"
    errors, warnings = (_count(findings, s) for s in (State.ERROR, State.WARNING))
    yield f"{errors}, {warnings}"


def _count(findings: list[Finding], state: State) -> str:
    """Return how many there are, in words: ``1 error``, ``2 warnings``."""
    number = sum(finding.state is state for finding in findings)
    return f"{number} {state.value}{'' if number == 1 else 's'}"


def _body(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "state": finding.state.value,
        "text": finding.text,
        "fix": finding.fix,
    }
