"""The words about devices: list, explain, mode, trace."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.cli.verbs.asking import entry_line
from bridge.model.habits import HeadsetMode
from bridge.model.trace import Stage, TraceEntry
from tests.cli.conftest import LIMIT_S, Running
from tests.cli.words import run

Captured = pytest.CaptureFixture[str]


# -- devices ------------------------------------------------------------------


def test_devices_list_shows_what_the_daemon_has(running: Running, capsys: Captured) -> None:
    assert run("devices", "list") == Exit.OK
    assert capsys.readouterr().out.split() == ["jabra-evolve-link", "Jabra", "EVOLVE", "LINK"]


def test_devices_list_without_a_daemon_shows_what_is_plugged_in(
    environment: Path, capsys: Captured
) -> None:
    assert run("devices", "list", "--json") == Exit.OK
    said = capsys.readouterr()
    assert "no daemon answers" in said.err
    assert isinstance(json.loads(said.out)["devices"], list)


# Telephony headset: hook switch (level), phone mute (relative), off-hook lamp.
DESCRIPTOR = bytes.fromhex(
    "050b0905a101150025017501950109208102092f8106950681030508091795019102950791 03c0".replace(
        " ", ""
    )
)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "duo.hid"
    words = " ".join(f"{byte:02x}" for byte in DESCRIPTOR)
    path.write_text(f"# two keys\nR: {len(DESCRIPTOR)} {words}\nN: Acme Duo\nI: 3 1209 0001\n")
    return path


def test_explain_tells_keys_lamps_and_profile_of_a_dump(dump: Path, capsys: Captured) -> None:
    assert run("devices", "explain", str(dump), "--json") == Exit.OK
    device = json.loads(capsys.readouterr().out)
    ids = (device["vendor"], device["product"])
    assert (device["name"], *ids, device["used"]) == ("Acme Duo", "1209", "0001", True)
    assert device["profile"] == "generic"
    assert list(device["roles"]) == ["hook", "mute"]
    assert list(device["outputs"]) == ["off_hook"]


def test_explain_for_people(dump: Path, capsys: Captured) -> None:
    assert run("devices", "explain", str(dump)) == Exit.OK
    said = capsys.readouterr().out
    assert "Acme Duo (1209:0001)" in said
    assert "hook" in said
    assert "off_hook" in said


def test_explain_takes_a_bare_descriptor(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "bare").write_bytes(DESCRIPTOR)
    assert run("devices", "explain", str(tmp_path / "bare"), "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out)["used"] is True


def test_explain_of_everything_is_a_list(environment: Path, capsys: Captured) -> None:
    assert run("devices", "explain", "--json") == Exit.OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == 1
    assert isinstance(answer["devices"], list)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no device or dump"), ("hello\n", "with a line `R: length")]
)
def test_explain_of_nothing_says_what_is_expected(
    tmp_path: Path, capsys: Captured, content: str | None, reason: str
) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_text(content)
    assert run("devices", "explain", str(path)) == Exit.FAILED
    assert reason in capsys.readouterr().err


def test_a_trace_line_shows_the_milliseconds_since_the_one_before() -> None:
    entry = TraceEntry(12.345, Stage.LAMP, "dev", "ring")
    assert entry_line(entry, 12.3) == "      12.345     +45.0 ms  lamp      dev ring"
    assert entry_line(entry, None).split() == ["12.345", "lamp", "dev", "ring"]


def test_the_trace_is_printed_as_it_happens(running: Running, environment: Path) -> None:
    command = [sys.executable, "-m", "bridge.cli.main", "devices", "trace", "--json"]
    running.daemon.on_tracer = lambda: running.daemon.trace(
        TraceEntry(1.0, Stage.KEY, "dev", "hook down")
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {
            "at_s": 1.0,
            "stage": "key",
            "subject": "dev",
            "text": "hook down",
        }
        running.call(running.daemon.stop)  # the daemon ends: the stream ends with a sentence
        assert process.wait(LIMIT_S) == Exit.NOT_RUNNING


def test_devices_mode_reaches_the_daemon(running: Running, capsys: Captured) -> None:
    assert run("devices", "mode", "0b0e-0307-1f2e3d4c", "off") == Exit.OK
    assert running.daemon.modes == {"0b0e-0307-1f2e3d4c": HeadsetMode.OFF}
    assert capsys.readouterr().out == "0b0e-0307-1f2e3d4c: off\n"


def test_devices_mode_of_a_device_that_is_not_there_says_which_are(
    running: Running, capsys: Captured
) -> None:
    assert run("devices", "mode", "047f-c053-1f2e3d4c", "off") == Exit.FAILED
    assert "expected 0b0e-…" in capsys.readouterr().err
