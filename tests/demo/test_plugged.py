"""A real headset is found without opening it, and offered."""

import builtins
import sys
from pathlib import Path

import pytest

from bridge.demo import plugged
from bridge.demo.headset import EVOLVE_LINK
from bridge.demo.plugged import ask_for_real, find_real
from bridge.protocols.hid_recorder import read_recording


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    """A machine with the Evolve Link plugged in, as its sysfs shows it."""
    device = tmp_path / "class" / "hidraw" / "hidraw0" / "device"
    device.mkdir(parents=True)
    recording = read_recording(EVOLVE_LINK.read_text(), str(EVOLVE_LINK))
    (device / "report_descriptor").write_bytes(recording.descriptor)
    (device / "uevent").write_text(
        "HID_ID=0003:00000B0E:00000307\nHID_NAME=Jabra EVOLVE LINK MS\nHID_UNIQ=\n"
    )
    return tmp_path


def test_a_telephony_headset_is_found_by_its_descriptor(sysfs: Path) -> None:
    assert find_real(sysfs) == "Jabra EVOLVE LINK MS"


def test_a_keyboard_is_no_headset(sysfs: Path) -> None:
    boot_keyboard = bytes.fromhex("05010906a101050719e029e715002501750195088102c0")
    (sysfs / "class/hidraw/hidraw0/device/report_descriptor").write_bytes(boot_keyboard)
    assert find_real(sysfs) == ""


def test_a_machine_without_hid_has_no_headset(tmp_path: Path) -> None:
    assert find_real(tmp_path) == ""


@pytest.mark.parametrize(
    ("answer", "wanted"), [("y", True), (" YES ", True), ("", False), ("n", False)]
)
def test_the_user_is_asked_and_no_is_the_default(
    monkeypatch: pytest.MonkeyPatch, answer: str, wanted: bool
) -> None:
    monkeypatch.setattr(plugged, "find_real", lambda: "Jabra EVOLVE LINK MS")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(builtins, "input", lambda _question: answer)
    assert ask_for_real() is wanted


def test_without_a_terminal_nobody_is_asked_but_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plugged, "find_real", lambda: "Jabra EVOLVE LINK MS")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert ask_for_real() is False
    assert "offhook demo --real" in capsys.readouterr().err
