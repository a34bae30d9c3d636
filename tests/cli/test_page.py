"""``offhook page``: addresses that open the page once, its secrets, and what the doctor says."""

import json
import stat
import sys
from io import StringIO
from pathlib import Path

import pytest

from bridge.cli.checks import page as checks
from bridge.cli.checks.finding import State
from bridge.cli.main import main
from bridge.config.load import load_config
from bridge.kiosk.pin import is_pin
from bridge.model.numbers import Reach
from bridge.model.page import KioskSettings, LaunchPage, PageSettings
from tests.cli.conftest import Running

URL = "http://127.0.0.1:8089/#launch=word"

Captured = pytest.CaptureFixture[str]


def test_the_address_is_printed_for_whoever_opens_it_himself(
    running: Running, capsys: Captured
) -> None:
    running.daemon.answers = [{"url": URL, "expires_s": 60}]
    assert main(["page", "--print"]) == 0
    assert capsys.readouterr().out.strip() == URL
    assert running.daemon.questions == [LaunchPage()]


def test_a_rooms_screen_is_opened_by_a_file_that_nobody_else_reads(
    running: Running, capsys: Captured
) -> None:
    running.daemon.answers = [{"url": URL, "expires_s": 60}]
    assert main(["page", "--kiosk", "--file"]) == 0
    file = Path(capsys.readouterr().out.strip().removeprefix("file://"))
    assert running.daemon.questions == [LaunchPage(kiosk=True)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"0; url={URL}" in file.read_text()
    file.unlink()


def test_the_browser_gets_no_word_on_its_command_line(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > {seen}; cp "${{1#file://}}" {seen}.html\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{opener.parent}:/usr/bin:/bin")
    monkeypatch.setattr("bridge.cli.verbs.page.READ_S", 0.0)
    running.daemon.answers = [{"url": URL, "expires_s": 60}]
    assert main(["page"]) == 0
    assert "launch" not in seen.read_text()
    assert URL in Path(f"{seen}.html").read_text()
    assert not Path(seen.read_text().strip().removeprefix("file://")).exists()


def test_the_pin_is_kept_as_a_hash_that_the_configuration_takes(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment
    file = tmp_path / "page-pin"
    monkeypatch.setattr(sys, "stdin", StringIO("4711\n"))
    assert main(["page", "pin", "--output", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    config = tmp_path / "c.yaml"
    config.write_text(f"page: {{pin: {{hash_file: {file}}}}}\n")
    assert is_pin("4711", load_config(config).page.pin)


@pytest.mark.parametrize("text", ["", "123", "x" * 65])
def test_a_pin_that_is_none_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(f"{text}\n"))
    assert main(["page", "pin", "--output", str(tmp_path / "pin")]) != 0
    assert f"found {len(text)} characters" in capsys.readouterr().err
    assert not (tmp_path / "pin").exists()


def test_a_token_is_shown_once_and_the_configuration_takes_it(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "token"
    assert main(["page", "token", "anna", "--output", str(file), "--json"]) == 0
    token = json.loads(capsys.readouterr().out)["token"]
    assert file.read_text().strip() == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    config = tmp_path / "c.yaml"
    config.write_text(f"page: {{tokens: [{{name: anna, token_file: {file}}}]}}\n")
    (found,) = load_config(config).page.tokens
    assert (found.name, token in repr(found)) == ("anna", False)


@pytest.mark.parametrize("name", [[], ["Anna"], ["../x"]])
def test_a_token_is_somebodys(name: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["page", "token", *name, "--output", str(tmp_path / "t")]) != 0
    assert "whose token" in capsys.readouterr().err


def found(settings: PageSettings, *, has_country: bool = True) -> list[tuple[State, str]]:
    return [(one.state, one.text) for one in checks.page(settings, has_country=has_country)]


def test_the_doctor_says_what_a_page_lacks() -> None:
    assert found(PageSettings())[0][0] is State.INFO
    national = KioskSettings(barring=Reach.NATIONAL)
    room = PageSettings(enabled=True, room="Blue room", kiosk=national)
    said = found(room, has_country=False)
    assert [state for state, _ in said] == [State.OK, State.INFO, State.ERROR]
    assert "no PIN" in said[1][1]
    open_one = PageSettings(enabled=True, bind="192.0.2.1", behind_proxy=True)
    assert found(open_one)[1][0] is State.WARNING
    broken = PageSettings(enabled=True, certificate="/nonexistent", key="/nonexistent")
    assert found(broken)[1][0] is State.ERROR
