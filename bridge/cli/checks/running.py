"""Directories, the running daemon and its lines."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge.cli.checks.finding import Finding, State
from bridge.cli.client import Client, NotRunningError
from bridge.cli.show import entries, text
from bridge.config.settings import Config
from bridge.model.errors import BridgeError
from bridge.protocols.control_wire import GetStatus

GOOD = frozenset({"registered", "none"})


def directories(config: Config) -> Iterator[Finding]:
    """Look whether the daemon could make what it needs."""
    for check, key, folder in (
        ("state directory", "state_dir", config.state_dir),
        ("runtime directory", "control.socket", config.control_socket.parent),
    ):
        there = next((p for p in (folder, *folder.parents) if p.exists()), Path("/"))
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            yield Finding(check, State.OK, str(folder))
        else:
            fix = f"let this user write it, or set {key}"
            yield Finding(check, State.ERROR, f"{folder}: {there} cannot be written", fix)


def daemon(client: Client) -> Iterator[Finding]:
    """Look whether a daemon runs and its lines are registered."""
    try:
        with client:
            body = client.ask(GetStatus())
    except NotRunningError as error:
        yield Finding("daemon", State.INFO, str(error))
        return
    except BridgeError as error:
        yield Finding("daemon", State.ERROR, str(error))
        return
    yield Finding("daemon", State.OK, f"process {text(body.get('pid'))}")
    problems = body.get("problems")
    for problem in problems if isinstance(problems, list) else []:
        yield Finding("daemon", State.WARNING, str(problem))
    for line in entries(body, "lines"):
        yield _line(line)


def _line(line: Mapping[str, object]) -> Finding:
    state = text(line.get("registration"))
    reason = " ".join(text(line.get(key)) for key in ("sip", "reason") if line.get(key))
    sentence = f"{text(line.get('account'))}: {state} {reason}".strip()
    if state in GOOD:
        return Finding("line", State.OK, sentence)
    if state == "trying":
        return Finding("line", State.WARNING, sentence, "look again in a few seconds")
    fix = "check server, user and password of this account, and that the PBX is up"
    return Finding("line", State.ERROR, sentence, fix)
