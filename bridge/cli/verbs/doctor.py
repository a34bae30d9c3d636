"""``offhook doctor``: what works, what does not, and what to do about it."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.checks import hardware, running, software
from bridge.cli.checks.finding import Finding, State
from bridge.cli.client import Client, find_socket
from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.cli.verbs.devices import plugged_in

MARKS = {State.OK: "ok", State.INFO: "-", State.WARNING: "!", State.ERROR: "ERROR"}


def doctor(args: argparse.Namespace) -> Exit:
    """Run every check; 1 if one found an error."""
    findings = list(examine(args))
    errors = sum(finding.state is State.ERROR for finding in findings)
    body = {"ok": errors == 0, "findings": [_body(finding) for finding in findings]}
    emit(body, _lines(findings), as_json=args.json)
    return Exit.FAILED if errors else Exit.OK


def examine(args: argparse.Namespace) -> Iterator[Finding]:
    """Yield everything that was found, configuration first."""
    config, found = software.configuration(Path(args.config) if args.config else None)
    yield from found
    yield from software.engine()
    if config is not None:
        yield from software.exposure(config)
        yield from software.broker(config.mqtt)
        yield from hardware.sound(config.engine.sound)
    yield from hardware.headsets(plugged_in())
    if config is not None:
        yield from running.directories(config)
        given = Path(args.socket) if args.socket else None
        where = given or find_socket(os.environ) or config.control_socket
        yield from running.daemon(Client(where))


def _lines(findings: list[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{MARKS[finding.state]:5} {finding.check}: {finding.text}"
        if finding.fix:
            yield f"      → {finding.fix}"
    count = {state: sum(f.state is state for f in findings) for state in State}
    yield f"{count[State.ERROR]} errors, {count[State.WARNING]} warnings"


def _body(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "state": finding.state.value,
        "text": finding.text,
        "fix": finding.fix,
    }
