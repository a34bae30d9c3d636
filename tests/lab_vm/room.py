"""A room phone under the real systemd: set up, called, hung, cut off from power."""

import fcntl
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

from bridge.cli.client import Client
from bridge.model.errors import BridgeError
from bridge.model.history import FindHistory
from bridge.model.intents import Intent, Verb
from bridge.protocols.control_wire import GetDevices, GetStatus, GiveIntent, Question
from tests.engine.scripted_pbx import ScriptedPbx

ROOT = Path(__file__).parents[2]
OFFHOOK = Path("/opt/offhook")
SOCKET = Path("/run/offhook/control.sock")
STATE = Path("/var/lib/offhook")
UNIT = "offhook.service"
PATIENCE_S = 200.0  # the emulated machine beside other work; 10 s when it is alone
SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
STATE_MIB = 24

EXT4_IOC_SHUTDOWN = 0x8004587D  # linux/fs/ext4/ext4.h: _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2  # what is in memory is lost, the journal's last part as well: as without power

Json = dict[str, object]


def run(*argv: str | Path) -> str:
    """Run a program to its end; return what it said."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}{story()}"
    return done.stdout


def story() -> str:
    """The last words of the service."""
    words = ("journalctl", "--no-pager", "-q", "-n", "300", "-u", UNIT)
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def until(condition: Callable[[], object], what: str) -> float:
    """Wait for something; return how long, seconds."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < PATIENCE_S, f"{what}\n{status()}\n{story()}"
        time.sleep(0.05)
    return time.monotonic() - began_s


# -- the machine ----------------------------------------------------------------


def lay_out_program() -> None:
    """Lay the program where a service may see it: not in a home, not in a temporary directory.

    A virtual environment by hand, on the files of this tree: installing takes minutes here.
    """
    for what, where in ((sys.base_prefix, "/opt/python"), (str(ROOT), "/opt/tree")):
        Path(where).mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", what, where)
    (OFFHOOK / "bin").mkdir(parents=True)
    (OFFHOOK / SITE).mkdir(parents=True)
    python = OFFHOOK / "bin/python"
    python.symlink_to(f"/opt/python/bin/{Path(sys.executable).resolve().name}")
    (OFFHOOK / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    packages = Path("/opt/tree") / Path(sys.prefix).relative_to(ROOT) / SITE
    (OFFHOOK / SITE / "offhook.pth").write_text(f"/opt/tree\n{packages}\n")
    program = OFFHOOK / "bin/offhook"
    program.write_text(
        f"#!{python}\nimport sys\nfrom bridge.cli.main import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)


class StateDisk:
    """A disk for the state directory, whose power can be cut.

    Args:
        image: the file it is in; made here.
    """

    def __init__(self, image: Path) -> None:
        self._image = image
        with image.open("wb") as file:
            file.truncate(STATE_MIB << 20)
        run("/usr/sbin/mkfs.ext4", "-q", "-F", image)
        STATE.mkdir(parents=True, exist_ok=True)
        self.mount()

    def mount(self) -> None:
        """Switch on: the file system repairs itself by its journal."""
        run("mount", "-o", "loop", self._image, STATE)

    def cut(self) -> None:
        """Cut the power: from this moment on nothing more reaches the disk."""
        handle = os.open(STATE, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Let go of it, once nobody has files on it."""
        run("umount", STATE)


# -- the service ----------------------------------------------------------------


def shown(name: str) -> str:
    """What systemd says of the service."""
    return run("systemctl", "show", UNIT, f"--property={name}", "--value").strip()


def ask(question: Question) -> Json:
    """Ask the running service; empty while nobody answers."""
    try:
        with Client(SOCKET) as client:
            return client.ask(question)
    except (BridgeError, OSError):
        return {}


def status() -> Json:
    """``offhook status --json``."""
    return ask(GetStatus())


def is_registered() -> bool:
    """Whether the line is."""
    lines = cast("list[Json]", status().get("lines", []))
    return [line["registration"] for line in lines] == ["registered"]


def state_of_call() -> str:
    """Where the only call is; empty without one."""
    calls = cast("list[Json]", status().get("calls", []))
    return str(calls[0]["phase"]) if calls else ""


def open_files() -> set[str]:
    """What the processes of the service have open."""
    group = Path(f"/sys/fs/cgroup{shown('ControlGroup')}/cgroup.procs")
    found: set[str] = set()
    for pid in group.read_text().split():
        with suppress(OSError):  # it has ended meanwhile
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    found.add(str(link.readlink()))
    return found


def gives(verb: Verb) -> None:
    """``offhook answer`` and the like."""
    with Client(SOCKET) as client:
        client.ask(GiveIntent(Intent(verb)))


def history() -> list[Json]:
    """The call list, newest first."""
    return cast("list[Json]", ask(FindHistory()).get("entries", []))


def has_headset(node: str) -> bool:
    """Whether the service has what is plugged in there."""
    devices = cast("list[Json]", ask(GetDevices()).get("devices", []))
    return any(one["node"] == node and one.get("state") for one in devices)


def is_called(pbx: ScriptedPbx, call: str, answer: Callable[[], None]) -> None:
    """Somebody calls, and is answered."""
    pbx.invites("200", call)
    until(lambda: state_of_call() == "ringing", "it rings")
    answer()
    reply = pbx.reply(call, PATIENCE_S)
    assert reply.startswith("SIP/2.0 200"), reply
    pbx.acknowledge(reply)
    until(lambda: state_of_call() == "connected", "the call is connected")


def hangs(pbx: ScriptedPbx) -> tuple[float, float]:
    """Stop the daemon as a deadlock would; return when it was killed and when it was back, s."""
    pid, before = shown("MainPID"), len(pbx.registrations())
    os.kill(int(pid), signal.SIGSTOP)
    killed_s = until(lambda: not Path(f"/proc/{pid}").exists(), "it is killed")
    back_s = until(lambda: len(pbx.registrations()) > before and is_registered(), "it is back")
    return killed_s, killed_s + back_s


def rights() -> dict[str, list[str]]:
    """What the kernel says of the service: ``Uid``, ``CapEff``, ``NoNewPrivs`` and more."""
    lines = Path(f"/proc/{shown('MainPID')}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
