"""The daemon gets the configuration from a process of its own, and nothing of it stays behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.cli.apart import load_config_apart
from bridge.config.load import load_config
from bridge.model.errors import ConfigError

CONFIG = """
account: {server: pbx.example.org, user: "201", password: secret}
log: {level: debug}
"""


def test_the_settings_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    done: list[str] = []
    config = load_config_apart(path, lambda: done.append("meanwhile"))
    assert config == load_config(path)
    assert config.accounts[0].password == "secret"
    assert done == ["meanwhile"]


def test_problems_are_told_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("sip: {port: many}\n")
    with pytest.raises(ConfigError, match="expected a whole number"):
        load_config_apart(path, lambda: None)


def test_what_checks_the_configuration_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("mqtt: off\n")
    code = (
        "import sys; from pathlib import Path; from bridge.cli.apart import load_config_apart\n"
        "load_config_apart(Path(sys.argv[1]), lambda: __import__('bridge.app.daemon'))\n"
        "print('pydantic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
