"""The machine that Offhook is installed on, and what stands in the way there."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.setup.pieces import Choice, Scope

HOMES = ("/home", "/root", "/run/user")  # what ProtectHome= of the system service hides
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # what PrivateTmp= hides
BROWSERS = ("chromium", "chromium-browser")  # Debian, Raspberry Pi OS
OWN_PLACE = (
    "sudo python3 -m venv /opt/offhook && sudo /opt/offhook/bin/pip install FOLDER && "
    "sudo /opt/offhook/bin/offhook setup, where FOLDER is that of Offhook, or its wheel"
)


@dataclass(frozen=True, slots=True)
class Host:
    """What is to be known about a machine.

    Args:
        root: where its file system is; another one than ``/`` is an image that does not run.
        home: of the user, for ``Scope.USER``.
        uid: who asks.
        program: where ``offhook`` is.
        interpreter: the Python behind it, links followed.
        systemd: systemd runs here.
        user_manager: that of the user does.
        udev: udev does; in a container it mostly does not.
        browser: where Chromium is, empty where there is none.
    """

    root: Path
    home: Path
    uid: int
    program: Path
    interpreter: Path
    systemd: bool
    user_manager: bool
    udev: bool
    browser: str

    @property
    def is_live(self) -> bool:
        """Whether it is this running machine, and not an image."""
        return self.root == Path("/")

    def place(self, target: str) -> Path:
        """Return where a target lies: absolute below the root, others below the home directory."""
        if target.startswith("/"):
            return self.root / target.lstrip("/")
        return self.home / target


def look(root: Path) -> Host:
    """Return what is to be known about this machine, or about an image of one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    found = (shutil.which(name, path=_path(root)) for name in BROWSERS)
    browser = next(filter(None, found), "")
    return Host(
        root,
        Path.home(),
        os.geteuid(),
        program(),
        Path(sys.executable).resolve(),
        Path("/run/systemd/system").is_dir(),
        (Path(runtime) / "systemd/private").exists(),
        Path("/run/udev/control").exists(),
        "/" + browser.removeprefix(str(root)).lstrip("/") if browser else "",
    )


def program() -> Path:
    """Return where ``offhook`` is: beside the Python that runs now, else on the path."""
    beside = Path(sys.executable).with_name("offhook")
    if beside.exists():
        return beside
    found = shutil.which("offhook")
    return Path(found).absolute() if found else beside


def _path(root: Path) -> str:
    return ":".join(str(root / place) for place in ("usr/bin", "usr/local/bin"))


def obstacles(choice: Choice, host: Host) -> Iterator[str]:
    """Yield everything that stands in the way, each with the way out."""
    if choice.scope is Scope.USER:
        yield from _user(choice, host)
        return
    if host.uid != 0:
        words = "" if choice.scope is Scope.SYSTEM else " --devices-only"
        yield f"this needs root: sudo {host.program} setup{words}, or `--user` for your session"
    if host.is_live and not host.systemd:
        yield "systemd does not run here: `offhook run` needs none; start it as you start others"
    if choice.scope is Scope.SYSTEM:
        yield from _hidden(host)
    if choice.kiosk:
        yield from _kiosk(host)


def _user(choice: Choice, host: Host) -> Iterator[str]:
    if choice.kiosk or choice.gateway:
        yield "kiosk and gateway are system services: leave out `--user`"
    if host.uid == 0:
        yield "`--user` is for the session of a person: run it as that person, without sudo"
    elif not host.user_manager:
        yield "no systemd of your session runs: log in at the machine, or `loginctl enable-linger`"


def _hidden(host: Host) -> Iterator[str]:
    """The service sees no home and no temporary directory: its program cannot lie there."""
    for what, path in (("offhook", host.program), ("its Python", host.interpreter)):
        hidden = next((h for h in (*HOMES, *TEMPORARY) if path.is_relative_to(h)), "")
        if hidden:
            yield f"{what} is {path}, and a system service sees nothing below {hidden}: {OWN_PLACE}"
            return


def _kiosk(host: Host) -> Iterator[str]:
    # cage 0.1.4 does not start without Xwayland, which its package does not ask for (tried).
    programs = {"cage": "usr/bin/cage", "xwayland": "usr/bin/Xwayland"}
    missing = [name for name, path in programs.items() if not (host.root / path).exists()]
    missing += [] if host.browser else ["chromium"]
    if missing:
        yield f"the kiosk needs {', '.join(missing)}: sudo apt install {' '.join(missing)}"
    manager = host.root / "etc/systemd/system/display-manager.service"
    if manager.is_symlink():
        name = manager.readlink().name
        yield f"{name} has the screen: sudo systemctl disable --now {name}"
