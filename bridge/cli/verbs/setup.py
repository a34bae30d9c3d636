"""``offhook setup``: into systemd and udev, and out again."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from bridge.cli.exits import Exit
from bridge.model.errors import BridgeError
from bridge.setup import answers as first
from bridge.setup.answers import Answers
from bridge.setup.host import Host, look, obstacles
from bridge.setup.install import Doing, NewFile, install, uninstall
from bridge.setup.pieces import Choice, Scope

SBIN = "/usr/sbin:/usr/local/sbin"
RULE = "/etc/udev/rules.d/70-offhook.rules"
LONGEST = 4096  # bytes of a password file

KEPT = {
    Scope.SYSTEM: (
        "/etc/offhook",
        "/var/lib/offhook",
        "/var/lib/offhook-gateway",
        "/var/cache/offhook",
    ),
    Scope.USER: (".config/offhook", ".local/state/offhook"),
    Scope.DEVICES: (),
}
"""What an installation leaves behind unless it is to be purged."""


class SetupError(BridgeError):
    """Everything that stands in the way, a line each."""


def setup(args: argparse.Namespace) -> Exit:
    """Install, or take away.

    Raises:
        SetupError: everything that stands in the way; nothing was done.
        TransportError: a file cannot be read or written.
    """
    choice, host = _choice(args), look(Path(args.root))
    said: list[str] = []

    def tell(line: str) -> None:
        said.append(line)
        if not args.json:
            print(line)

    doing = Doing(host, tell, dry=args.dry_run)
    changed = _uninstall(args, choice, doing) if args.uninstall else _install(args, choice, doing)
    if args.json:
        body = {
            "ok": not doing.failures,
            "changed": changed,
            "done": said,
            "failed": doing.failures,
        }
        print(json.dumps(body))
    for failure in doing.failures:
        print(f"offhook: {failure}", file=sys.stderr)
    return Exit.FAILED if doing.failures else Exit.OK


def _choice(args: argparse.Namespace) -> Choice:
    scope = Scope.USER if args.user else Scope.DEVICES if args.devices_only else Scope.SYSTEM
    return Choice(scope, args.kiosk, args.gateway)


def _install(args: argparse.Namespace, choice: Choice, doing: Doing) -> bool:
    host = doing.host
    given, problems = _given(args)
    problems += obstacles(choice, host)
    config = host.place(first.USER_CONFIG if choice.scope is Scope.USER else first.CONFIG)
    wanted = choice.scope is not Scope.DEVICES and not config.exists()
    asks = wanted and not problems and not args.dry_run and not args.yes and sys.stdin.isatty()
    if asks:
        given = _wizard().ask(given, choice.scope, doing.tell)
    problems += first.missing(given)
    if wanted and not given.is_empty and not first.missing(given):
        problems += _wizard().problems(given, choice.scope)
    if problems:
        _refuse(problems, doing)
    has_config = not wanted or not given.is_empty
    changed = install(
        choice,
        doing,
        _own_files(given, choice.scope, wanted=wanted),
        start=has_config and not args.no_start,
    )
    _next(choice, config, host, doing, has_config=has_config, changed=changed)
    return changed


def _wizard() -> ModuleType:
    """Return what asks and checks; it loads the whole schema, which a second run does not need."""
    from bridge.setup import wizard  # noqa: PLC0415  # see above

    return wizard


def _refuse(problems: list[str], doing: Doing) -> None:
    """End here; what would be done is told all the same where nothing is done anyway."""
    if not doing.dry:
        raise SetupError("\n".join(dict.fromkeys(problems)))
    for problem in dict.fromkeys(problems):
        doing.tell(f"in the way: {problem}")


def _own_files(given: Answers, scope: Scope, *, wanted: bool) -> Iterator[NewFile]:
    """Yield password and configuration: the user's from then on."""
    is_user = scope is Scope.USER
    if given.password and scope is not Scope.DEVICES:
        target = first.USER_SECRET if is_user else first.SECRET_FILE
        content = f"{given.password}\n".encode()
        yield NewFile(target, content, mode=0o600, is_own=True, renew=True)
    if wanted and not given.is_empty:
        text = first.configuration(given, scope)
        target = first.USER_CONFIG if is_user else first.CONFIG
        yield NewFile(target, text.encode(), mode=0o600 if is_user else 0o644, is_own=True)


def _given(args: argparse.Namespace) -> tuple[Answers, list[str]]:
    """Return what the command line says of a first configuration, and what is wrong with it."""
    problems: list[str] = []
    password = ""
    if args.password_file:
        try:
            with Path(args.password_file).open("rb") as file:
                lines = file.read(LONGEST).decode().splitlines()
            password = lines[0] if lines else ""
            if not password:
                problems.append(
                    f"{args.password_file} is empty, expected the password in its first line"
                )
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{args.password_file} cannot be read: {error}")
    path = shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
    answers = Answers(
        server=args.server or "",
        account=args.account or "",
        password=password,
        auth_user=args.auth_user or "",
        transport=args.transport,
        room=args.room or "",
        country=args.country or "",
        microphone=args.microphone or "",
        speaker=args.speaker or "",
        broker=args.broker or "",
        private_broker=path is not None,
        kiosk=args.kiosk,
        language=args.language or "",
    )
    return answers, problems


def _next(
    choice: Choice, config: Path, host: Host, doing: Doing, *, has_config: bool, changed: bool
) -> None:
    """Say what there is to do next."""
    if not changed:
        doing.tell("everything is as it shall be")
    if not has_config:
        doing.tell(
            f"no configuration yet: run this at a terminal, give --server and --account, or write "
            f"{config}; then `{host.program} setup` again"
        )
    elif choice.scope is not Scope.DEVICES:
        doing.tell(f"{host.program} doctor looks whether all of it works")
    if choice.scope is Scope.USER and not host.place(RULE).exists():
        doing.tell(
            f"once for all users, so that they may open headsets: "
            f"sudo {host.program} setup --devices-only"
        )


def _uninstall(args: argparse.Namespace, choice: Choice, doing: Doing) -> bool:
    host = doing.host
    if choice.scope is not Scope.USER and host.uid != 0 and not doing.dry:
        raise SetupError(f"this needs root: sudo {host.program} setup --uninstall")
    changed = uninstall(choice, doing)
    if not changed:
        doing.tell("nothing was installed by `offhook setup`")
    for kept in KEPT[choice.scope]:
        path = host.place(kept)
        if not path.exists():
            continue
        doing.tell(f"{'remove' if args.purge else 'keep':8} {path}")
        if args.purge and not doing.dry:
            shutil.rmtree(path)
    return changed
