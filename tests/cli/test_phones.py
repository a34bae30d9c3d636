"""``offhook phones config`` prints what to put into a phone, and says who is not there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.main import main

PHONES = (
    "http: {bind: BIND}\nphones:\n- {id: front, vendor: snom, addresses: [127.0.0.1], "
    "token: 0123456789abcdef}\n"
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(PHONES.replace("BIND", "0.0.0.0"))
    path.chmod(0o600)
    return path


def test_the_lines_name_the_address_that_leads_to_the_phone(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phones", "config", "front", "--config", str(config)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == (
        '<action_setup_url perm="R">http://127.0.0.1:8088/phone/front/0123456789abcdef/started'
        "?call=$call-id&amp;remote=$remote&amp;name=$display_remote</action_setup_url>"
    )


def test_another_address_can_be_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["phones", "config", "front", "--base", "http://desk.lan", "--json"]
    assert main([*words, "--config", str(config)]) == 0
    body = json.loads(capsys.readouterr().out)
    assert all("http://desk.lan/phone/front/" in line for line in body["lines"])


def test_a_phone_nobody_configured_is_named_with_those_there_are(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phones", "config", "back", "--config", str(config)]) != 0
    assert "no desk phone back; configured: front" in capsys.readouterr().err


def test_a_token_is_not_shown_by_a_check_of_the_configuration(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "check", "--json", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "0123456789abcdef" not in shown
    assert json.loads(shown)["config"]["phones"][0]["token"] is True


def test_without_phones_no_http_server_is_even_loaded() -> None:
    program = "import bridge.app.daemon, sys; print({'uvicorn', 'starlette'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"
