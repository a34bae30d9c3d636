"""``offhook setup`` on the files of a machine that does not run: real files, real systemctl."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge.model.errors import TransportError
from bridge.setup.host import Host, obstacles
from bridge.setup.install import Doing, NewFile, install, run_program, uninstall
from bridge.setup.pieces import DEVICES, SYSTEM, USER, Choice, Scope, pieces, services

SYSTEM_UNIT = "etc/systemd/system/offhook.service"
FOR_ROOT = ("systemd-sysusers", "systemd-tmpfiles")  # they give files to root
EVERYTHING = Choice(Scope.SYSTEM, kiosk=True, gateway=True)


@dataclass
class Machine:
    """An image of a machine, and what was said and run."""

    root: Path
    said: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    really: bool = False

    @property
    def host(self) -> Host:
        program = Path("/opt/offhook/bin/offhook")
        home = self.root / "home/ada"
        python = Path("/usr/bin/python3.11")
        return Host(self.root, home, 0, program, python, True, True, True, "/usr/bin/chromium")

    def doing(self, *, dry: bool = False) -> Doing:
        self.said.clear()
        self.ran.clear()
        return Doing(self.host, self.said.append, dry=dry, run=self._run)

    def _run(self, argv: Sequence[str]) -> tuple[int, str]:
        self.ran.append(" ".join(argv))
        may = os.geteuid() == 0 or argv[0] not in FOR_ROOT
        return run_program(argv) if self.really and may else (0, "")

    @property
    def files(self) -> dict[str, bytes]:
        """Every file and what it holds."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink()
        }

    def text(self, name: str) -> str:
        return (self.root / name).read_text()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.needs("systemd")
def test_a_machine_is_set_up_once_and_a_second_time_nothing_is_left_to_do(
    machine: Machine,
) -> None:
    machine.really = True
    first = machine.doing()
    assert install(EVERYTHING, first)
    assert first.failures == []
    before = machine.files
    assert "ExecStart=/opt/offhook/bin/offhook run" in machine.text(SYSTEM_UNIT)
    wants = machine.root / "etc/systemd/system/multi-user.target.wants"
    assert {link.name for link in wants.iterdir()} == set(services(EVERYTHING))
    assert not install(EVERYTHING, machine.doing())
    assert machine.ran == []
    assert machine.files == before


@pytest.mark.needs("systemd")
def test_what_was_set_up_is_taken_away_and_what_was_there_before_comes_back(
    machine: Machine,
) -> None:
    machine.really = True
    machine.write(SYSTEM_UNIT, "# somebody's own\n")
    machine.write("etc/offhook/config.yaml", "account: {}\n")
    assert install(EVERYTHING, machine.doing())
    taking = machine.doing()
    assert uninstall(EVERYTHING, taking)
    assert taking.failures == []
    left = {name for name in machine.files if "offhook" in name}
    assert left == {SYSTEM_UNIT, "etc/offhook/config.yaml"}
    assert machine.text(SYSTEM_UNIT) == "# somebody's own\n"
    assert not list(machine.root.rglob("*.wants/*"))
    assert not uninstall(EVERYTHING, machine.doing())


def test_a_file_that_somebody_changed_since_is_left_to_him(machine: Machine) -> None:
    install(Choice(), machine.doing())
    machine.write(SYSTEM_UNIT, "# mine\n")
    uninstall(Choice(), machine.doing())
    assert machine.text(SYSTEM_UNIT) == "# mine\n"
    assert any("it was changed after the installation" in line for line in machine.said)


def test_a_new_version_replaces_its_files_and_still_knows_what_was_there_before(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write(SYSTEM_UNIT, "# somebody's own\n")
    install(Choice(), machine.doing())
    monkeypatch.setattr("bridge.setup.install.__version__", "9")
    monkeypatch.setattr("bridge.setup.install.fitted", lambda text, _places: text + "# 9\n")
    assert install(Choice(), machine.doing())
    assert machine.text(SYSTEM_UNIT).endswith("# 9\n")
    uninstall(Choice(), machine.doing())
    assert machine.text(SYSTEM_UNIT) == "# somebody's own\n"


def test_a_dry_run_tells_all_of_it_and_changes_nothing(machine: Machine) -> None:
    assert install(EVERYTHING, machine.doing(dry=True))
    assert machine.files == {}
    assert machine.ran == []
    told = "\n".join(machine.said)
    assert all(piece.target in told for piece in pieces(EVERYTHING))
    assert "enable offhook-kiosk.service" in told


def test_the_group_is_there_before_the_rule_names_it() -> None:
    targets = [piece.target for piece in DEVICES]
    assert targets.index("/etc/sysusers.d/offhook.conf") < targets.index(
        "/etc/udev/rules.d/70-offhook.rules"
    )


def test_a_configuration_is_written_once_and_then_belongs_to_the_user(machine: Machine) -> None:
    def config(text: str) -> NewFile:
        return NewFile("/etc/offhook/config.yaml", text.encode(), is_own=True)

    install(Choice(), machine.doing(), [config("one")])
    install(Choice(), machine.doing(), [config("two")])
    assert machine.text("etc/offhook/config.yaml") == "one"
    uninstall(Choice(), machine.doing())
    assert machine.text("etc/offhook/config.yaml") == "one"


def test_a_password_that_is_given_again_is_renewed_and_nobody_else_reads_it(
    machine: Machine,
) -> None:
    for word in ("old", "new"):
        secret = NewFile("/etc/offhook/secrets/sip", word.encode(), mode=0o600, is_own=True)
        install(Choice(), machine.doing(), [replace(secret, renew=True)])
    path = machine.root / "etc/offhook/secrets/sip"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    copies = [name for name, held in machine.files.items() if held == b"old"]
    assert copies == [], "an old password lies around"


def test_the_service_of_a_session_needs_nothing_outside_the_home(machine: Machine) -> None:
    choice = Choice(Scope.USER)
    install(choice, machine.doing())
    assert {piece.target for piece in USER} <= {
        name.removeprefix("home/ada/") for name in machine.files
    }
    assert all(name.startswith("home/ada/") for name in machine.files)
    assert machine.ran == [f"systemctl --user --root={machine.root} enable offhook.service"]
    unit = machine.text("home/ada/.config/systemd/user/offhook.service")
    assert "ExecStart=/opt/offhook/bin/offhook run" in unit
    desktop = machine.text("home/ada/.local/share/applications/offhook.desktop")
    assert "Exec=/opt/offhook/bin/offhook link %u" in desktop


def test_the_devices_alone_are_taken_away_alone(machine: Machine) -> None:
    install(Choice(), machine.doing())
    assert uninstall(Choice(Scope.DEVICES), machine.doing())
    assert (machine.root / SYSTEM_UNIT).exists()
    assert not [name for name in machine.files if "udev" in name]
    assert not uninstall(Choice(Scope.DEVICES), machine.doing())
    assert uninstall(Choice(), machine.doing())
    assert not [name for name in machine.files if "offhook" in name]


def test_a_file_that_cannot_be_written_is_told_and_a_second_run_goes_on_from_there(
    machine: Machine,
) -> None:
    blocked = machine.root / "etc/tmpfiles.d"
    blocked.parent.mkdir()
    blocked.write_text("no directory")
    with pytest.raises(TransportError, match=r"offhook\.conf cannot be"):
        install(Choice(), machine.doing())
    blocked.unlink()
    assert install(Choice(), machine.doing())
    uninstall(Choice(), machine.doing())
    assert not [name for name in machine.files if "offhook" in name]


def test_a_damaged_ledger_is_told_with_the_way_out(machine: Machine) -> None:
    machine.write("var/lib/offhook-setup/installed.json", "{")
    with pytest.raises(TransportError, match="is damaged: move it away"):
        install(Choice(), machine.doing())


def test_everything_in_the_way_is_told_at_once(machine: Machine) -> None:
    machine.write("etc/systemd/system/x", "")
    manager = machine.root / "etc/systemd/system/display-manager.service"
    manager.symlink_to("/lib/systemd/system/lightdm.service")
    host = replace(machine.host, uid=1000, program=Path("/home/ada/.local/bin/offhook"), browser="")
    found = list(obstacles(EVERYTHING, host))
    assert [text.partition(":")[0] for text in found] == [
        "this needs root",
        "offhook is /home/ada/.local/bin/offhook, and a system service sees nothing below /home",
        "the kiosk needs cage, xwayland, chromium",
        "lightdm.service has the screen",
    ]
    assert all(": " in text for text in found)


def test_a_session_is_set_up_by_its_person_and_not_by_root(machine: Machine) -> None:
    (text,) = obstacles(Choice(Scope.USER), machine.host)
    assert "without sudo" in text
    assert not list(obstacles(Choice(Scope.USER), replace(machine.host, uid=1000)))


@pytest.mark.needs("systemd")
def test_a_program_that_fails_is_told_and_the_rest_goes_on(machine: Machine) -> None:
    doing = machine.doing()
    doing.run = lambda _argv: (1, "no such unit")
    assert install(Choice(), doing)
    assert any("enable offhook.service ended with 1: no such unit" in f for f in doing.failures)
    assert {piece.target.strip("/") for piece in SYSTEM} <= set(machine.files)
