"""A first configuration: asked for or given, commented, and accepted by the loader."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.config.load import load_config
from bridge.config.settings import Config
from bridge.model.numbers import Reach
from bridge.setup import wizard
from bridge.setup.answers import Answers, configuration, id_of, missing
from bridge.setup.pieces import Scope

GIVEN = Answers(
    server="pbx.example:5080",
    account="201",
    password="x",
    auth_user="u201",
    transport="tcp",
    room="Sitzungsraum Süd 3",
    country="de",
    microphone="plughw:CARD=Jabra",
    broker="mqtt.example",
)


def load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    file.chmod(0o600)
    return load_config(file, {"HOME": str(tmp_path)}, only_check=True)


def test_everything_that_was_given_is_in_it(tmp_path: Path) -> None:
    config = load(tmp_path, configuration(GIVEN, Scope.SYSTEM))
    (account,) = config.accounts
    assert (account.server, account.user, account.auth_user) == ("pbx.example:5080", "201", "u201")
    assert account.display_name == "Sitzungsraum Süd 3"
    assert config.bridge == "sitzungsraum-sued-3"
    assert config.mqtt.host == "mqtt.example"
    assert config.engine.sound.microphone == "plughw:CARD=Jabra"
    assert "secret_sip" in config.warnings[0]
    assert not config.page.enabled


def test_a_kiosk_has_a_page_that_calls_within_the_country(tmp_path: Path) -> None:
    answers = replace(GIVEN, kiosk=True, language="de")
    page = load(tmp_path, configuration(answers, Scope.SYSTEM)).page
    assert (page.enabled, page.language, page.room) == (True, "de", "Sitzungsraum Süd 3")
    assert page.kiosk.barring is Reach.NATIONAL
    assert not list(wizard.problems(replace(answers, language=""), Scope.SYSTEM))


@pytest.mark.parametrize("scope", [Scope.SYSTEM, Scope.USER])
@pytest.mark.parametrize("text", ["off", "1:30", "a: b # c", '"', "0x10", "Ünal\\n"])
def test_whatever_is_typed_stays_what_was_typed(tmp_path: Path, scope: Scope, text: str) -> None:
    answers = Answers("pbx.example", "201", room=text, private_broker=False)
    config = load(tmp_path, configuration(answers, scope))
    assert config.accounts[0].display_name == text
    assert not config.mqtt.enabled


def test_what_is_missing_is_told_all_at_once_and_nothing_given_is_no_mistake() -> None:
    assert missing(Answers()) == ()
    assert len(missing(Answers(server="pbx.example"))) == 1
    assert list(wizard.problems(Answers("pbx example", "20 1", transport="udp"), Scope.SYSTEM))


@pytest.mark.parametrize(
    ("room", "expected"), [("", "desk"), ("Büro 7/Ost", "buero-7-ost"), ("..", "desk")]
)
def test_the_name_of_a_room_becomes_an_id(room: str, expected: str) -> None:
    assert id_of(room) == expected


def test_it_is_asked_for_what_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wizard, "sound_devices", lambda _: ())
    typed: Iterator[str] = iter(["", "pbx.example", "geheim", "Room 3", ""])
    questions: list[str] = []

    def read(question: str) -> str:
        questions.append(question)
        return next(typed)

    found = wizard.ask(Answers(account="201"), Scope.SYSTEM, lambda _line: None, read)
    assert found == Answers("pbx.example", "201", "geheim", room="Room 3")
    assert not any("Account" in question for question in questions)


def test_the_command_writes_an_image_that_starts_with_its_password_to_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.setup.host.HOMES", ())
    monkeypatch.setattr("bridge.setup.host.TEMPORARY", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("bridge.setup.install.run_program", lambda _argv: (0, ""))
    password = tmp_path / "password"
    password.write_text("geheim-42\nrest")
    root = tmp_path / "image"
    words = ["setup", "--json", "--root", str(root), "--server", "pbx.example"]
    assert main([*words, "--account", "201", "--password-file", str(password)]) == 0
    said = capsys.readouterr().out
    assert json.loads(said)["changed"] is True
    assert "geheim" not in said
    config = (root / "etc/offhook/config.yaml").read_text()
    assert "geheim" not in config
    assert "password_credential: secret_sip" in config
    secret = root / "etc/offhook/secrets/sip"
    assert secret.read_text() == "geheim-42\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_without_root_every_obstacle_is_told_and_nothing_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    root = tmp_path / "image"
    words = ["setup", "--kiosk", "--root", str(root), "--server", "pbx.example"]
    assert main([*words, "--password-file", str(tmp_path / "none")]) == 1
    said = capsys.readouterr().err
    for part in ("this needs root", "the kiosk needs cage", "no account", "cannot be read"):
        assert part in said
    assert not root.exists()
