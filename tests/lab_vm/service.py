"""``offhook run`` as an administrator sets it up: a user of its own, the rule's group, the rule."""

import grp
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

from bridge.cli.client import Client, NotRunningError
from bridge.model.intents import Intent
from bridge.protocols.control_answers import Reply, decode_reply
from bridge.protocols.control_wire import GetDevices, GetStatus, GiveIntent, Question
from tests.lab_vm.news import News

ROOT = Path(__file__).parents[2]
RULE = ROOT / "systemd" / "70-offhook.rules"
INSTALLED = Path("/etc/udev/rules.d") / RULE.name
OFFHOOK = Path(sys.executable).with_name("offhook")
USER = "offhook-lab"
START_S = 240.0  # 8 s in the emulated machine when nothing else runs
STOP_S = 60.0

SIP_PORT = 5070
# It is started once and runs beside tests of serial panels, which are not for it.
CONFIG = f"""\
bridge: {{id: lab}}
account: {{id: desk, user: "200", register: false}}
sip: {{bind: 127.0.0.1, port: {SIP_PORT}}}
audio: {{backend: silent}}
mqtt: off
panels: {{find_serial: false}}
"""

Json = dict[str, object]


def group_of_the_rule() -> str:
    """The group the shipped rule gives headsets to."""
    (name,) = set(re.findall(r'GROUP="(\w+)"', RULE.read_text()))
    return str(name)


def make_user() -> None:
    """Make the group of the rule, and a user without any rights who is in it."""
    group = group_of_the_rule()
    if not exists(grp.getgrnam, group):
        subprocess.run([sbin("groupadd"), "--system", group], check=True)
    if not exists(pwd.getpwnam, USER):
        subprocess.run([sbin("useradd"), "--system", "--groups", group, USER], check=True)
    open_the_way(ROOT)
    open_the_way(Path(sys.base_prefix))


def exists(find: Callable[[str], object], name: str) -> bool:
    """Whether the user or group is known."""
    try:
        find(name)
    except KeyError:
        return False
    return True


def sbin(name: str) -> str:
    """Path of an administrator's program, which PATH may lack."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert found, f"no program {name} (Debian: passwd, udev)"
    return found


def open_the_way(path: Path) -> None:
    """Let users pass to a tree that lies in somebody's home; the VM forgets it at its end."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def udevadm(*arguments: str) -> None:
    """Tell udev something."""
    subprocess.run([sbin("udevadm"), *arguments], check=True, timeout=60)


def install_rule() -> None:
    """As ``WAY_OUT`` says."""
    INSTALLED.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(RULE, INSTALLED)
    udevadm("control", "--reload")


def remove_rule() -> None:
    """As before the installation."""
    INSTALLED.unlink(missing_ok=True)
    udevadm("control", "--reload")


def may_use(node: str) -> bool:
    """Whether the daemon's user may read and write a node."""
    user = pwd.getpwnam(USER)
    asked = subprocess.run(
        ["test", "-r", node, "-a", "-w", node],
        check=False,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=os.getgrouplist(USER, user.pw_gid),
    )
    return asked.returncode == 0


class Service:
    """The daemon, being started. It has nothing of root's: only the user's own groups."""

    def __enter__(self) -> Self:
        self._asks: Client | None = None
        user = pwd.getpwnam(USER)
        self.home = Path(tempfile.mkdtemp(prefix="offhook-lab-"))
        config = self.home / "config.yaml"
        config.write_text(CONFIG)
        os.chown(self.home, user.pw_uid, user.pw_gid)
        self.home.chmod(0o755)
        with (self.home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [OFFHOOK, "run", "--config", config],
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.home,
                env={"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=os.getgrouplist(USER, user.pw_gid),
                umask=0o077,
            )
        return self

    def __exit__(self, *exc: object) -> None:
        if self._asks is not None:
            self._asks.__exit__(None, None, None)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        finally:
            self._process.kill()
        if exc == (None, None, None):
            assert self._process.returncode == 0, self.log()
        shutil.rmtree(self.home)

    def wait_until_ready(self) -> None:
        """Wait until it takes calls."""
        end_s = time.monotonic() + START_S
        while not self._is_up():
            assert self._process.poll() is None, f"the daemon ended at its start:\n{self.log()}"
            assert time.monotonic() < end_s, f"not ready in {START_S:.0f} s:\n{self.log()}"
            time.sleep(0.1)
        self._asks = Client(self._socket).__enter__()
        self._news = News(self._socket)

    def _is_up(self) -> bool:
        try:
            with Client(self._socket) as client:
                return cast("Json", client.ask(GetStatus())["engine"])["up"] is True
        except NotRunningError:
            return False

    @property
    def _socket(self) -> Path:
        return self.home / ".local/state/offhook/control.sock"

    def _ask(self, question: Question) -> Json:
        assert self._asks is not None, "wait until it is ready"
        return self._asks.ask(question)

    # -- what somebody asks of it ---------------------------------------------

    def gives(self, intent: Intent) -> Reply:
        """``offhook mute`` and the like. Blocks until it is done, a few seconds at most."""
        with Client(self._socket) as client:
            return decode_reply(client.ask(GiveIntent(intent)))

    # -- what is to be seen ---------------------------------------------------

    def status(self) -> Json:
        """``offhook status --json``."""
        return self._news.fresh("status", lambda: self._ask(GetStatus()))

    def devices(self) -> list[Json]:
        """``offhook devices list --json``."""
        body = self._news.fresh("devices", lambda: self._ask(GetDevices()))
        return cast("list[Json]", body["devices"])

    def device_on(self, node: str) -> Json | None:
        """The device on a node; None while the daemon does not have it."""
        return next((one for one in self.devices() if one["node"] == node), None)

    @property
    def calls(self) -> list[Json]:
        """The calls there are."""
        return cast("list[Json]", self.status()["calls"])

    @property
    def call(self) -> Json | None:
        """The first of them."""
        return next(iter(self.calls), None)

    @property
    def problems(self) -> list[str]:
        """What does not work, in sentences."""
        return cast("list[str]", self.status()["problems"])

    def log(self) -> str:
        """What it has said so far."""
        return (self.home / "log").read_text("utf-8", "replace")

    @property
    def open_files(self) -> int:
        """How many files, sockets and pipes it has open."""
        return sum(1 for _ in Path(f"/proc/{self._process.pid}/fd").iterdir())

    @property
    def threads(self) -> int:
        """How many threads it has."""
        return sum(1 for _ in Path(f"/proc/{self._process.pid}/task").iterdir())

    @property
    def memory_kib(self) -> int:
        """How much memory of its own it has in use now."""
        return int(self.rights["RssAnon"].split()[0])

    @property
    def rights(self) -> dict[str, str]:
        """What the kernel says of it: ``Uid``, ``Groups``, ``CapEff`` and more, proc(5)."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
