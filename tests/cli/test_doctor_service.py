"""The doctor looks at what setup installed: files, start, people, passwords, disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.checks import installed
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.installed import Installed
from bridge.setup.host import Host
from bridge.setup.install import Doing, NewFile, install
from bridge.setup.pieces import Choice, Scope, services
from tests.cli.made_up_machine import MadeUp

UNIT = "etc/systemd/system/offhook.service"
LINK = "etc/systemd/system/multi-user.target.wants/offhook.service"
CONFIG = "account: {id: desk, user: '201', server: pbx, password_credential: secret_sip}\n"


@pytest.fixture
def made(tmp_path: Path) -> MadeUp:
    made = MadeUp(tmp_path)
    made.write("etc/group", "root:x:0:\naudio:x:29:\noffhook:x:990:")
    return made


def host(made: MadeUp) -> Host:
    program = Path("/opt/offhook/bin/offhook")
    return Host(
        made.root, made.root / "home/ada", 0, program, program, True, True, True, "/usr/bin/x"
    )


def set_up(made: MadeUp, choice: Choice) -> Installed:
    """As ``offhook setup`` does; systemd's own part is made up."""
    doing = Doing(host(made), lambda _line: None, run=lambda _argv: (0, ""))
    secret = NewFile("/etc/offhook/secrets/sip", b"x\n", mode=0o600, is_own=True)
    config = NewFile("/etc/offhook/config.yaml", CONFIG.encode(), is_own=True)
    system = choice.scope is Scope.SYSTEM
    install(choice, doing, [secret, config] if system else [])
    base = (
        "etc/systemd/system/multi-user.target"
        if system
        else ("home/ada/.config/systemd/user/default.target")
    )
    for unit in services(choice):
        link = made.root / f"{base}.wants/{unit}"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"/{UNIT}")
    found = installed.find(made.machine, host(made))
    assert found is not None
    return found


def findings(made: MadeUp, found: Installed | None) -> dict[str, Finding]:
    return {one.check: one for one in installed.service(made.machine, found)}


def test_a_machine_without_the_service_has_nothing_to_mend(made: MadeUp) -> None:
    assert installed.find(made.machine, host(made)) is None
    (only,) = installed.service(made.machine, None)
    assert only.state is State.INFO


@pytest.mark.parametrize(
    "choice", [Choice(), Choice(kiosk=True, gateway=True), Choice(Scope.USER)], ids=str
)
def test_what_setup_has_installed_is_found_and_well(made: MadeUp, choice: Choice) -> None:
    found = set_up(made, choice)
    assert found.choice == choice
    assert {one.state for one in installed.service(made.machine, found)} == {State.OK}


@pytest.mark.parametrize(
    ("change", "check", "state", "words"),
    [
        (lambda m: m.write(UNIT, "# old"), "service files", State.WARNING, "not of this version"),
        (
            lambda m: (m.root / "etc/tmpfiles.d/offhook.conf").unlink(),
            "service files",
            State.WARNING,
            "is missing",
        ),
        (
            lambda m: (m.root / LINK).unlink(),
            "service start",
            State.WARNING,
            "does not start by itself",
        ),
        (lambda m: m.write("etc/group", "root:x:0:"), "service user", State.ERROR, "no group"),
        (
            lambda m: (m.root / "etc/offhook/secrets/sip").unlink(),
            "secrets",
            State.ERROR,
            "expects secret_sip",
        ),
        (
            lambda m: (m.root / "etc/offhook/secrets/sip").chmod(0o644),
            "secrets",
            State.ERROR,
            "read by others",
        ),
        (
            lambda m: m.write("proc/mounts", "a / ext4 rw 0 0\nb / ext4 ro,noatime 0 0\n"),
            "disk",
            State.ERROR,
            "read-only",
        ),
        (
            lambda m: m.write("proc/mounts", "a / ext4 ro 0 0\nb /var tmpfs rw 0 0\n"),
            "disk",
            State.WARNING,
            "tmpfs",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_way_out(
    made: MadeUp, change: object, check: str, state: State, words: str
) -> None:
    found = set_up(made, Choice())
    assert callable(change)
    change(made)
    one = findings(made, found)[check]
    assert one.state is state
    assert words in one.text
    assert one.fix


def test_a_state_directory_on_a_disk_of_its_own_is_well_under_a_root_that_is_read_only(
    made: MadeUp,
) -> None:
    found = set_up(made, Choice())
    made.write("proc/mounts", "a / ext4 ro 0 0\nb /var/lib ext4 rw,relatime 0 0\n")
    assert "disk" not in findings(made, found)


def test_root_looks_at_the_directories_of_the_service_and_others_at_their_own(
    made: MadeUp,
) -> None:
    found = set_up(made, Choice())
    assert installed.environment(found, {})["STATE_DIRECTORY"] == "/var/lib/offhook"
    person = replace(found, host=replace(found.host, uid=1000))
    assert installed.environment(person, {"A": "b"}) == {"A": "b"}
    assert installed.environment(None, {}) == {}


@pytest.mark.parametrize(
    ("now_s", "is_set", "state"),
    [(2e9 * 2, True, State.OK), (2e9 * 2, False, State.INFO), (0.0, True, State.ERROR)],
    ids=["set", "not known", "in the past"],
)
def test_the_clock(now_s: float, is_set: bool, state: State) -> None:
    assert installed.clock(now_s, is_set=is_set).state is state


def test_root_hears_of_a_credential_once(made: MadeUp) -> None:
    found = set_up(made, Choice())
    other = Finding("config", State.WARNING, "the systemd credential secret_sip can be read by …")
    assert list(installed.beyond(found, [other])) == []
    assert list(installed.beyond(None, [other])) == [other]
