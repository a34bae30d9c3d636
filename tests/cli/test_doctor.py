"""The doctor: what is wrong is an error with its way out, what is merely missing is not."""

import json
import socket
from pathlib import Path

import pytest

from bridge.cli.checks import running as daemon_checks
from bridge.cli.checks import software, sound
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine
from bridge.cli.client import Client
from bridge.cli.exits import Exit
from bridge.cli.main import main
from bridge.config.load import load_config
from bridge.model.bus import MqttSettings
from bridge.model.phones import UNHEARD
from bridge.model.sound import SoundBackend, SoundDevice, SoundKind, SoundSettings
from tests.cli.conftest import Running

Captured = pytest.CaptureFixture[str]


def config_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def states(findings: list[Finding], check: str) -> list[State]:
    return [finding.state for finding in findings if finding.check == check]


# -- the command --------------------------------------------------------------


def test_a_machine_without_anything_has_no_errors_because_nothing_is_asked_of_it(
    environment: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(software, "import_problem", lambda _: "")
    monkeypatch.setattr("bridge.cli.verbs.doctor.Machine", lambda: Machine(environment))
    assert main(["doctor", "--json"]) == Exit.OK
    body = json.loads(capsys.readouterr().out)
    checks = {finding["check"] for finding in body["findings"]}
    assert body["ok"] is True
    assert {"config", "engine", "mqtt", "sound", "headset", "sleep"} <= checks
    assert {"state directory", "daemon"} <= checks


def test_an_error_has_exit_code_1_and_the_way_out(
    environment: Path, tmp_path: Path, capsys: Captured
) -> None:
    file = config_file(tmp_path, "sip: {prot: 5}\n")
    assert main(["doctor", "--config", str(file)]) == Exit.FAILED
    said = capsys.readouterr().out
    assert f"ERROR config: {file}:1: sip.prot: found an unknown key" in said
    assert "→ put it right" in said


# -- software -----------------------------------------------------------------


def test_a_module_that_loads_and_one_that_does_not() -> None:
    assert software.import_problem("json") == ""
    assert software.import_problem("no_such_module") == (
        "ModuleNotFoundError: No module named 'no_such_module'"
    )


def test_a_module_that_ends_the_process_does_not_end_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deadly.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "ended with -6" in software.import_problem("deadly")


def test_without_the_sip_library_the_doctor_says_what_still_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(software, "import_problem", lambda _: "no module")
    (finding,) = software.engine()
    assert finding.state is State.ERROR
    assert "headsets and MQTT work" in finding.text


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ("", []),
        ("account: {server: pbx, user: a}", ["CVE-2026-57161"]),
        ("account: {server: pbx, user: a, srtp: optional}", ["CVE-2026-57161", "CVE-2026-57162"]),
        ("account: {server: pbx, user: a, transport: tls}", ["CVE-2026-57161", "OpenSSL 1.0.2k"]),
    ],
)
def test_weaknesses_are_named_where_the_configuration_opens_them(
    tmp_path: Path, account: str, words: list[str]
) -> None:
    found = list(software.exposure(load_config(config_file(tmp_path, account), {})))
    assert len(found) == len(words)
    assert all(word in one.text for word, one in zip(words, found, strict=True))
    assert all(one.fix for one in found)


def test_a_broker_that_is_there_and_one_that_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = MqttSettings(host="127.0.0.1", port=server.getsockname()[1])
        assert [one.state for one in software.broker(settings)] == [State.OK]
    (finding,) = software.broker(settings)
    assert finding.state is State.ERROR
    assert f"no broker at 127.0.0.1:{settings.port}" in finding.text


def test_a_missing_private_broker_is_a_warning_that_says_three_ways_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(software, "SBIN", str(tmp_path))
    (finding,) = software.broker(MqttSettings())
    assert finding.state is State.WARNING
    assert "apt install mosquitto, or set mqtt.broker, or `mqtt: off`" in finding.fix


def test_no_mqtt_needs_no_broker() -> None:
    assert [one.state for one in software.broker(MqttSettings(enabled=False))] == [State.INFO]


# -- sound ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "mic"])
def test_sound_devices_are_listed_and_the_chosen_one_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    devices = [SoundDevice("mic", "Jabra", SoundKind.MICROPHONE, is_default=True)]
    monkeypatch.setattr(sound, "find_backend", lambda _: SoundBackend.PULSE)
    monkeypatch.setattr(sound, "list_devices", lambda _: devices)
    _, found = sound.sound(SoundSettings(microphone=name, speaker="gone"))
    assert states(found, "sound") == [State.OK, State.WARNING]
    assert "correct audio.speaker" in found[1].fix
    assert "mic (Jabra, the default)" in found[2].text


@pytest.mark.parametrize(
    ("backend", "state"), [(SoundBackend.SILENT, State.INFO), (SoundBackend.AUTO, State.WARNING)]
)
def test_silence_is_a_warning_unless_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, backend: SoundBackend, state: State
) -> None:
    monkeypatch.setattr(sound, "find_backend", lambda _: SoundBackend.SILENT)
    assert [one.state for one in sound.sound(SoundSettings(backend=backend))[1]] == [state]


# -- directories and daemon ---------------------------------------------------


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = f"state_dir: {tmp_path}/file/state\ncontrol: {{socket: {tmp_path}/run/c.sock}}\n"
    config = load_config(config_file(tmp_path, text), {})
    found = list(daemon_checks.directories(config))
    assert states(found, "state directory") == [State.ERROR]
    assert "or set state_dir" in found[0].fix
    assert states(found, "runtime directory") == [State.OK]


def test_no_daemon_is_no_error(tmp_path: Path) -> None:
    finding = daemon_checks.ask(Client(tmp_path / "none"))
    assert isinstance(finding, Finding)
    assert finding.state is State.INFO
    assert "start one with" in finding.text


@pytest.mark.parametrize(
    ("registration", "state"),
    [
        ("registered", State.OK),
        ("none", State.OK),
        ("trying", State.WARNING),
        ("failed", State.ERROR),
        ("offline", State.ERROR),
    ],
)
def test_lines_that_are_not_registered_are_errors(
    running: Running, registration: str, state: State
) -> None:
    line = {"account": "line-1", "registration": registration, "sip": 403, "reason": "Forbidden"}
    running.daemon.body = {"pid": 5, "problems": ["no sound card"], "lines": [line]}
    view = daemon_checks.ask(Client(running.path))
    assert isinstance(view, daemon_checks.Running)
    assert view.processes == {5}
    found = list(daemon_checks.daemon(view))
    assert states(found, "daemon") == [State.OK, State.WARNING]
    assert states(found, "line") == [state]
    assert "403 Forbidden" in found[2].text


def test_a_desk_phone_that_told_nothing_yet_is_told_how_to_set_it_up(running: Running) -> None:
    line = {"account": "phone-front", "registration": "trying", "reason": UNHEARD}
    running.daemon.body = {"pid": 5, "lines": [line]}
    view = daemon_checks.ask(Client(running.path))
    assert isinstance(view, daemon_checks.Running)
    found = list(daemon_checks.daemon(view))
    assert states(found, "line") == [State.WARNING]
    assert "offhook phones config ID" in found[-1].fix
