"""Directories, the running daemon, its lines and what it sees of the headsets."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.cli.checks.finding import Finding, State
from bridge.cli.client import Client, NotRunningError
from bridge.cli.show import entries, inner, text
from bridge.config.settings import Config
from bridge.drivers.hidraw.recognise import Recognised
from bridge.model.errors import BridgeError
from bridge.model.phones import UNHEARD
from bridge.protocols.control_wire import GetDevices, GetStatus

GOOD = frozenset({"registered", "none"})


@dataclass(frozen=True, slots=True)
class Running:
    """What a running daemon says of itself.

    Args:
        status, devices: its answers to the two questions.
    """

    status: Mapping[str, object]
    devices: Sequence[Mapping[str, object]]

    @property
    def processes(self) -> frozenset[int]:
        """The process that has headsets open for us."""
        pid = self.status.get("pid")
        return frozenset({pid}) if isinstance(pid, int) else frozenset()


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


def ask(client: Client) -> Running | Finding:
    """Return what the running daemon says, or why there is nothing to hear."""
    try:
        with client:
            return Running(client.ask(GetStatus()), entries(client.ask(GetDevices()), "devices"))
    except NotRunningError as error:
        return Finding("daemon", State.INFO, str(error))
    except BridgeError as error:
        return Finding("daemon", State.ERROR, str(error))


def daemon(running: Running) -> Iterator[Finding]:
    """Tell what the daemon complains of, and of lines that are not registered."""
    body = running.status
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
    if line.get("reason") == UNHEARD:
        fix = "call it; if nothing comes, put into it what `offhook phones config ID` prints"
        return Finding("line", State.WARNING, sentence, fix)
    if state == "trying":
        return Finding("line", State.WARNING, sentence, "look again in a few seconds")
    fix = "check server, user and password of this account, and that the PBX is up"
    return Finding("line", State.ERROR, sentence, fix)


def headsets(running: Running, used: Sequence[Recognised]) -> Iterator[Finding]:
    """Compare what is plugged in with what the daemon has.

    Args:
        running: the daemon.
        used: the headsets that it should use.
    """
    known = {text(one.get("node")): one for one in running.devices}
    for one in used:
        seen = known.get(one.node.node)
        if seen is None:
            yield Finding(
                "daemon",
                State.ERROR,
                f"{one.info.name} on {one.node.node} is there, but the daemon does not have it",
                "`offhook status` says what it complains of; plug the headset in again, or restart "
                "the daemon if its configuration was changed",
            )
        else:
            yield from _state(one, inner(seen, "state"))


def _state(one: Recognised, state: Mapping[str, object]) -> Iterator[Finding]:
    if state.get("busy_elsewhere"):
        said = f"{one.info.name}: another program has a call on it"
        yield Finding("daemon", State.INFO, said, "calls of ours can be answered once it has ended")
    if state.get("errors"):
        said = f"{one.info.name}: {text(state['errors'])} reports or writes went wrong"
        fix = f"`offhook logs` says which; a dump helps: offhook devices dump {one.info.device}"
        yield Finding("daemon", State.WARNING, said, fix)
