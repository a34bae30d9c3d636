"""Installing and taking away: what would be done, and doing it.

Files first, then the programs that have to hear of them, then the units. A second run finds
everything as it shall be and does nothing. What was there before is kept and put back at the end;
what somebody has changed since is left alone, and told.
"""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge import __version__
from bridge.model.errors import TransportError
from bridge.setup.host import Host
from bridge.setup.ledger import (
    SYSTEM_LEDGER,
    USER_LEDGER,
    Entry,
    Ledger,
    digest,
    load,
    write_whole,
)
from bridge.setup.pieces import Choice, Kind, Scope, fitted, pieces, program_places, services
from bridge.setup.shipped import shipped_directory

RUN_S = 120.0  # `systemctl start` returns when the service is ready: 90 s at most

WANTS = {
    Scope.SYSTEM: "/etc/systemd/system/multi-user.target.wants",
    Scope.USER: ".config/systemd/user/default.target.wants",
}


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that shall be there.

    Args:
        target: as in ``Piece``.
        content: of it.
        kind: who has to be told when it changes.
        mode: permissions.
        is_own: belongs to the user from then on: written where there is none, not replaced, and
            not taken away again.
        renew: replaced all the same: somebody gave it a moment ago.
    """

    target: str
    content: bytes
    kind: Kind = Kind.PLAIN
    mode: int = 0o644
    is_own: bool = False
    renew: bool = False


@dataclass
class Doing:
    """Carries things out, or only tells what it would do.

    Args:
        host: where.
        tell: takes a line for the user.
        dry: nothing is changed.
        run: runs a program; returns its exit status and what it said.
    """

    host: Host
    tell: Callable[[str], None]
    dry: bool = False
    run: Callable[[Sequence[str]], tuple[int, str]] = field(default_factory=lambda: run_program)
    failures: list[str] = field(default_factory=list)

    def program(self, *argv: str) -> None:
        """Run a program; a failure is told and the rest goes on."""
        line = " ".join(argv)
        self.tell(f"run      {line}")
        if self.dry:
            return
        status, said = self.run(argv)
        if status:
            self.failures.append(f"{line} ended with {status}: {said or 'without a word'}")

    def has(self, path: Path) -> bytes | None:
        """Return what a file holds, None where there is none. Raises ``TransportError``."""
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise TransportError(f"{path} cannot be read: {error.strerror}") from error


def run_program(argv: Sequence[str]) -> tuple[int, str]:
    """Run a program to its end; return exit status and the last line it said."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=RUN_S, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return done.returncode, lines[-1] if lines else ""


def shipped(choice: Choice, host: Host) -> Iterator[NewFile]:
    """Yield the shipped files of an installation, with the places of this machine."""
    places = program_places(host.program, host.browser or "/usr/bin/chromium")
    for piece in pieces(choice):
        path = shipped_directory() / piece.source
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise TransportError(
                f"{path} belongs to Offhook and cannot be read ({error.strerror}): install it again"
            ) from error
        yield NewFile(piece.target, fitted(text, places).encode(), piece.kind)


def ledger_of(choice: Choice, host: Host) -> Ledger:
    """Return what was done before."""
    return load(host.place(USER_LEDGER if choice.scope is Scope.USER else SYSTEM_LEDGER))


def install(
    choice: Choice, doing: Doing, files: Iterable[NewFile] = (), *, start: bool = True
) -> bool:
    """Install; return whether anything had to be changed.

    Args:
        choice: what.
        doing: how.
        files: more files, such as a configuration.
        start: start the units; without it they start with the machine.

    Raises:
        TransportError: a file cannot be read or written. What was done until then is in the
            ledger, and a second run goes on from there.
    """
    ledger = ledger_of(choice, doing.host)
    changed: set[Kind] = set()
    for file in (*shipped(choice, doing.host), *files):
        if _write(file, ledger, doing):
            changed.add(file.kind)
    for argv in _to_be_told(changed, doing.host, choice.scope):
        doing.program(*argv)
    enabled = _enable(choice, ledger, doing)
    if start and doing.host.is_live:
        restart = bool(changed & {Kind.UNIT, Kind.PLAIN})
        for unit in services(choice):
            word = "restart" if restart or unit in enabled else "start"
            doing.program(*_systemctl(doing.host, choice.scope), word, unit)
        _tell_status(choice, doing)
    if not doing.dry and (changed or enabled or ledger.version != __version__):
        ledger.version = __version__
        ledger.save()
    return bool(changed or enabled)


def _write(file: NewFile, ledger: Ledger, doing: Doing) -> bool:
    """Write a file if it differs; keep what was there. Return whether it was written."""
    path = doing.host.place(file.target)
    before = doing.has(path)
    known = ledger.entries.get(file.target)
    if before == file.content or (before is not None and file.is_own and not file.renew):
        doing.tell(f"as it is {path}")
        if before == file.content and known is None and not file.is_own:
            ledger.entries[file.target] = Entry(file.target, digest(file.content))
        return False
    doing.tell(f"{'write' if before is None else 'replace':8} {path}")
    if doing.dry:
        return True
    replaced = "" if known is None else known.replaced
    if before is not None and not file.is_own and (known is None or known.digest != digest(before)):
        replaced = file.target.strip("/").replace("/", "+")
        write_whole(ledger.folder / "replaced" / replaced, before, 0o600)
    if not file.is_own:
        ledger.entries[file.target] = Entry(file.target, digest(file.content), replaced)
        ledger.save()  # first: a power cut in between leaves an entry too many, not a file
    write_whole(path, file.content, file.mode)
    return True


def _to_be_told(changed: set[Kind], host: Host, scope: Scope) -> Iterator[tuple[str, ...]]:
    """Yield the programs that have to hear of changed files, in this order."""
    root = () if host.is_live else (f"--root={host.root}",)
    if Kind.SYSUSERS in changed:
        yield ("systemd-sysusers", *root)
    if Kind.TMPFILES in changed:
        yield ("systemd-tmpfiles", "--create", *root, "offhook.conf")
    if Kind.HWDB in changed:
        yield ("systemd-hwdb", "update", *root)
    if host.is_live and host.udev and changed & {Kind.RULES, Kind.HWDB}:
        yield ("udevadm", "control", "--reload")
        yield ("udevadm", "trigger")
    if host.is_live and Kind.UNIT in changed:
        yield (*_systemctl(host, scope), "daemon-reload")


def _systemctl(host: Host, scope: Scope) -> tuple[str, ...]:
    words = ("--user",) if scope is Scope.USER else ()
    return ("systemctl", *words, *(() if host.is_live else (f"--root={host.root}",)))


def _enable(choice: Choice, ledger: Ledger, doing: Doing) -> list[str]:
    """Let the units start with machine or session; return those that did not yet."""
    fresh = []
    for unit in services(choice):
        if not (doing.host.place(WANTS[choice.scope]) / unit).is_symlink():
            doing.program(*_systemctl(doing.host, choice.scope), "enable", unit)
            fresh.append(unit)
            if unit not in ledger.services:
                ledger.services.append(unit)
    return fresh


def _tell_status(choice: Choice, doing: Doing) -> None:
    """Say in the service's own words how it goes, now that it has started."""
    if doing.dry or choice.scope is Scope.DEVICES:
        return
    words = ("show", "offhook.service", "--property=StatusText", "--value")
    status, said = doing.run((*_systemctl(doing.host, choice.scope), *words))
    if not status and said:
        doing.tell(f"offhook is {said}")


def uninstall(choice: Choice, doing: Doing) -> bool:
    """Take away what was installed; return whether there was anything.

    Configuration, passwords, call list and the system users stay. With ``Scope.DEVICES`` so does
    the service.
    """
    ledger = ledger_of(choice, doing.host)
    kinds = {p.target: p.kind for p in pieces(Choice(choice.scope, kiosk=True, gateway=True))}
    only = choice.scope is Scope.DEVICES
    entries = [e for e in ledger.entries.values() if e.target in kinds or not only]
    if not entries:
        return False
    if not only:
        _stop(ledger, choice, doing)
    gone = {kinds.get(one.target, Kind.PLAIN) for one in entries if _undo(one, ledger, doing)}
    for argv in _to_be_told(gone - {Kind.SYSUSERS, Kind.TMPFILES}, doing.host, choice.scope):
        doing.program(*argv)
    if not doing.dry:
        _forget(ledger, entries)
    return True


def _stop(ledger: Ledger, choice: Choice, doing: Doing) -> None:
    stop = ("--now",) if doing.host.is_live else ()
    for unit in reversed(ledger.services):
        doing.program(*_systemctl(doing.host, choice.scope), "disable", *stop, unit)
    ledger.services.clear()


def _undo(entry: Entry, ledger: Ledger, doing: Doing) -> bool:
    """Take one file away, or put back what was there; return whether it was ours still."""
    path = doing.host.place(entry.target)
    content = doing.has(path)
    if content is None:
        return False
    if digest(content) != entry.digest:
        doing.tell(f"keep     {path}: it was changed after the installation")
        return False
    doing.tell(f"{'put back' if entry.replaced else 'remove':8} {path}")
    if doing.dry:
        return True
    if entry.replaced:
        old = doing.has(ledger.folder / "replaced" / entry.replaced)
        if old is not None:
            write_whole(path, old, 0o644)
            return True
    path.unlink()
    return True


def _forget(ledger: Ledger, entries: Iterable[Entry]) -> None:
    """Remove entries that were undone, and the ledger itself with the last one."""
    for entry in entries:
        del ledger.entries[entry.target]
    if ledger.entries:
        ledger.save()
        return
    folder = ledger.folder
    for file in (*(folder / "replaced").glob("*"), folder / "installed.json"):
        file.unlink(missing_ok=True)
    for directory in (folder / "replaced", folder):
        if directory.is_dir():
            directory.rmdir()
