"""What `offhook setup` installed: is it there, of this version, in force; can passwords be read?"""

import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import bridge
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine, read_text
from bridge.config.sources import read_tree
from bridge.core.health import NOT_ALL
from bridge.model.errors import BridgeError
from bridge.setup.host import Host, look
from bridge.setup.install import WANTS, shipped
from bridge.setup.pieces import Choice, Kind, Scope, services

SYSTEM_UNIT = "etc/systemd/system/offhook.service"
USER_UNIT = ".config/systemd/user/offhook.service"
SECRETS = "etc/offhook/secrets"
PREFIX = "secret_"  # LoadCredential=secret:/etc/offhook/secrets
STATE = "var/lib/offhook"

SHOWN = ("ActiveState", "SubState", "Result", "NRestarts", "StatusText")
SHOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Installed:
    """What was found to be installed.

    Args:
        choice: as somebody must have asked for it.
        host: where.
    """

    choice: Choice
    host: Host

    @property
    def again(self) -> str:
        """The line that puts most things right."""
        words = {Scope.USER: " --user", Scope.DEVICES: " --devices-only", Scope.SYSTEM: ""}
        sudo = "" if self.choice.scope is Scope.USER else "sudo "
        return f"{sudo}{self.host.program} setup{words[self.choice.scope]}"


def find(machine: Machine, host: Host | None = None) -> Installed | None:
    """Return what is installed as a service, None when nothing is."""
    host = host or look(machine.root)
    units = machine.root / "etc/systemd/system"
    if (machine.root / SYSTEM_UNIT).exists():
        kiosk = (units / "offhook-kiosk.service").exists()
        gateway = (units / "offhook-gateway.service").exists()
        return Installed(Choice(Scope.SYSTEM, kiosk=kiosk, gateway=gateway), host)
    if (host.home / USER_UNIT).exists():
        return Installed(Choice(Scope.USER), host)
    return None


def environment(found: Installed | None, env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that the service has, where root asks for it."""
    if found is None or found.choice.scope is not Scope.SYSTEM or found.host.uid != 0:
        return env
    return {**env, "STATE_DIRECTORY": f"/{STATE}", "RUNTIME_DIRECTORY": "/run/offhook"}


def beyond(found: Installed | None, others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what others found, but for credentials that are looked at here, where root asks."""
    ours = found is not None and found.choice.scope is Scope.SYSTEM and found.host.uid == 0
    for other in others:
        if not (ours and f"credential {PREFIX}" in other.text):
            yield other


def service(machine: Machine, found: Installed | None) -> Iterator[Finding]:
    """Look at the installation, file by file."""
    if found is None:
        text = "not installed as a service: it runs while somebody runs it"
        yield Finding("service", State.INFO, text, "`offhook setup --user`, or `offhook setup`")
        return
    yield from _files(found)
    yield from _enabled(found)
    if found.choice.scope is Scope.SYSTEM:
        yield from _people(machine, found)
        yield from _secrets(machine)
        yield from _disk(machine)
    if machine.root == Path("/"):
        yield from _state(found)


def _files(found: Installed) -> Iterator[Finding]:
    """Compare every file with the one of this version; udev's are looked at elsewhere."""
    stale = []
    for file in shipped(found.choice, found.host):
        path = found.host.place(file.target)
        if file.kind in (Kind.RULES, Kind.HWDB):
            continue
        there = path.read_bytes() if path.exists() else None
        if there != file.content:
            stale.append(f"{path} {'is missing' if there is None else 'is not of this version'}")
    if stale:
        yield Finding("service files", State.WARNING, "; ".join(stale), found.again)
    else:
        scope = found.choice.scope.value
        yield Finding("service files", State.OK, f"a {scope} service, of this version")


def _enabled(found: Installed) -> Iterator[Finding]:
    """Whether it starts by itself."""
    wants = found.host.place(WANTS[found.choice.scope])
    off = [unit for unit in services(found.choice) if not (wants / unit).is_symlink()]
    if off:
        text = f"{', '.join(off)} does not start by itself"
        yield Finding("service start", State.WARNING, text, found.again)


def _people(machine: Machine, found: Installed) -> Iterator[Finding]:
    """Users and groups of the units."""
    absent = [name for name in ("offhook", "audio") if machine.group(name) is None]
    if absent:
        text = f"no group {' and '.join(absent)}: the service cannot start"
        yield Finding("service user", State.ERROR, text, f"sudo systemd-sysusers; {found.again}")


def _secrets(machine: Machine) -> Iterator[Finding]:
    """Look for each password that the configuration expects as a credential."""
    folder = machine.root / SECRETS
    if not folder.is_dir():
        text = f"no directory {folder}: the service cannot start"
        yield Finding("secrets", State.ERROR, text, "sudo systemd-tmpfiles --create offhook.conf")
        return
    for name in credentials(machine.root / "etc/offhook/config.yaml"):
        if name.startswith(PREFIX):
            yield from _secret(machine, folder / name.removeprefix(PREFIX), name)


def credentials(config: Path) -> list[str]:
    """Return the names of credentials in a configuration; none where it cannot be read."""
    try:
        value: object = read_tree(config).value
    except BridgeError:
        return []
    names: list[str] = []
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            found = one.get("password_credential")
            names += [found] if isinstance(found, str) else []
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return sorted(set(names))


def _secret(machine: Machine, file: Path, name: str) -> Iterator[Finding]:
    try:
        facts = file.stat()
    except FileNotFoundError:
        text = f"the configuration expects {name}, and there is no {file}"
        fix = f"put the password into it: sudo install -m 600 /dev/stdin {file}"
        yield Finding("secrets", State.ERROR, text, fix)
        return
    except PermissionError:
        if machine.uid != 0:
            yield Finding("secrets", State.INFO, f"only root sees whether {file} is there")
        return
    if facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        text = f"{file} can be read by others"
        yield Finding("secrets", State.ERROR, text, f"sudo chmod 600 {file}")
    else:
        yield Finding("secrets", State.OK, f"{name} is in {file}")


def _disk(machine: Machine) -> Iterator[Finding]:
    """Where the root is read-only, the state needs a place of its own that keeps."""
    mounts = [line.split() for line in read_text(machine.root / "proc/mounts").splitlines()]
    under = [m for m in mounts if len(m) > 3 and f"/{STATE}/".startswith(m[1].rstrip("/") + "/")]
    if not under:
        return
    mount = max(under, key=lambda m: (len(m[1]), mounts.index(m)))
    if "ro" in mount[3].split(","):
        text = f"/{STATE} is on {mount[1]}, which is read-only: nothing is kept"
        yield Finding("disk", State.ERROR, text, f"mount something that can be written at /{STATE}")
    elif mount[2] in {"tmpfs", "overlay"}:
        text = f"/{STATE} is on a {mount[2]}: call list and contacts may be gone with the power"
        yield Finding("disk", State.WARNING, text, f"mount a disk at /{STATE}, or live without")


def _state(found: Installed) -> Iterator[Finding]:
    """What systemd says of each unit."""
    for unit in services(found.choice):
        facts = _show(unit, found.choice.scope)
        state = facts.get("ActiveState", "")
        whose = "--user " if found.choice.scope is Scope.USER else ""
        why = f"journalctl {whose}-u {unit} says why"
        restarts = facts.get("NRestarts", "0")
        if state == "active":
            more = f", started anew {restarts} times" if restarts not in {"", "0"} else ""
            said = facts.get("StatusText") or facts.get("SubState", "")
            bad = more or said.startswith(NOT_ALL)
            text = f"{unit}: {said}{more}"
            yield Finding("service", State.WARNING if bad else State.OK, text, why if bad else "")
        elif state:
            text = f"{unit} is {state} ({facts.get('Result', '')})"
            yield Finding("service", State.ERROR, text, why)


def _show(unit: str, scope: Scope) -> dict[str, str]:
    """Return what systemd says of a unit, empty where there is no systemd."""
    user = ("--user",) if scope is Scope.USER else ()
    words = ["systemctl", *user, "show", unit, f"--property={','.join(SHOWN)}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SHOW_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def clock(now_s: float, *, is_set: bool) -> Finding:
    """Look whether the clock can be believed.

    Args:
        now_s: what it says, Unix seconds.
        is_set: whether the kernel knows that it is right.
    """
    fix = "let the machine reach a time server: sudo timedatectl set-ntp true"
    if now_s < Path(bridge.__file__).stat().st_mtime:
        text = "it is earlier than Offhook was installed: TLS refuses certificates, times are wrong"
        return Finding("clock", State.ERROR, text, fix)
    if is_set:
        return Finding("clock", State.OK, "set")
    text = "nobody has told the kernel that it is right: the call list may have wrong times"
    return Finding("clock", State.INFO, text, fix)
