"""The shipped files for systemd, judged by systemd itself."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bridge.model.page import PageSettings
from bridge.setup.pieces import GATEWAY, KIOSK, SYSTEM, USER, fitted, program_places
from bridge.setup.shipped import shipped_directory

UNITS = ("system/offhook.service", "system/offhook-gateway.service")
MOST_EXPOSURE = 20  # of 100: 2.0 of 10


def analyse(*words: str, runtime: str = "/run") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"XDG_RUNTIME_DIR": runtime},
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """All units, with programs that are there."""
    true = Path(shutil.which("true") or "/bin/true")
    for source in shipped_directory().glob("*/*.service"):
        places = program_places(true, str(true)) | {"/usr/bin/cage": str(true)}
        folder = tmp_path / source.parent.name
        folder.mkdir(exist_ok=True)
        (folder / source.name).write_text(fitted(source.read_text(), places))
    return tmp_path


@pytest.mark.needs("systemd")
@pytest.mark.parametrize("unit", [*UNITS, "system/offhook-kiosk.service", "user/offhook.service"])
def test_systemd_understands_every_line(installed: Path, unit: str) -> None:
    manager = "--user" if unit.startswith("user") else "--system"
    said = analyse("verify", manager, "--man=no", str(installed / unit), runtime=str(installed))
    assert (said.stderr, said.returncode) == ("", 0), "systemd 252 tells unknown keys, no more"


@pytest.mark.needs("systemd")
@pytest.mark.parametrize("unit", UNITS)
def test_a_service_is_locked_up(installed: Path, unit: str) -> None:
    said = analyse(
        "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", str(installed / unit)
    )
    assert said.returncode == 0, said.stdout


def section(unit: str, name: str) -> list[tuple[str, str]]:
    """What stands in a section; keys may stand there more than once."""
    text = (shipped_directory() / unit).read_text().replace("\\\n", " ")
    part = text.split(f"[{name}]\n")[1].split("\n[")[0]
    lines = [line for line in part.splitlines() if line and not line.startswith("#")]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def test_the_telephone_has_the_devices_of_a_telephone_and_no_other() -> None:
    allowed = {value for key, value in section(UNITS[0], "Service") if key == "DeviceAllow"}
    assert allowed == {"char-hidraw rw", "char-alsa rw", "char-ttyACM rw"}
    assert ("DevicePolicy", "closed") in section(UNITS[0], "Service")


@pytest.mark.parametrize("unit", [*UNITS, "system/offhook-kiosk.service", "user/offhook.service"])
def test_a_line_is_said_once(unit: str) -> None:
    repeatable = {"DeviceAllow", "SystemCallFilter", "Wants", "After", "ExecStopPost"}
    for name in ("Unit", "Service", "Install"):
        keys = [key for key, _ in section(unit, name) if key not in repeatable]
        assert len(keys) == len(set(keys)), name


def test_every_shipped_file_is_installed_by_somebody() -> None:
    folder = shipped_directory()
    shipped = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    known = {piece.source for piece in (*SYSTEM, *GATEWAY, *KIOSK, *USER)}
    assert shipped - known == {"README.md", "RASPBERRY.md"}
    assert known <= shipped


def test_the_browser_may_go_to_the_page_and_nowhere_else() -> None:
    policy = json.loads((shipped_directory() / "kiosk/offhook-kiosk.policy.json").read_text())
    start = dict(section("system/offhook-kiosk.service", "Service"))["ExecStart"]
    assert policy["URLBlocklist"] == ["*"]
    first = start.rpartition(" ")[2].replace("${RUNTIME_DIRECTORY}", "/run/offhook-kiosk")
    assert policy["URLAllowlist"][0] == first
    assert f"http://127.0.0.1:{PageSettings().port}" in policy["URLAllowlist"]


def test_the_user_of_the_unit_is_the_one_that_is_made() -> None:
    made = (shipped_directory() / "offhook.sysusers").read_text()
    service = dict(section(UNITS[0], "Service"))
    assert f"\nu {service['User']} " in made


def test_the_page_about_the_raspberry_pi_names_every_package() -> None:
    lock = (shipped_directory().parent / "requirements/runtime.txt").read_text()
    names = re.findall(r"(?m)^([a-z0-9-]+)==", lock)
    page = (shipped_directory() / "RASPBERRY.md").read_text()
    words = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", page))
    assert names
    unknown = [name for name in names if name not in words]
    assert unknown == [], "ask the package index for their aarch64 wheels, as the page says"
