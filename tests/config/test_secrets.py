"""Passwords: four ways to give one, and none by which it gets out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.config.load import load_config
from bridge.config.settings import Config
from bridge.model.errors import ConfigError

SECRET = "correct-horse-7"
ENV = {"HOME": "/nonexistent"}

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def run(text: str) -> Path:
        file = tmp_path / "config.yaml"
        file.write_text(text)
        file.chmod(0o600)
        return file

    return run


def account(key: str, value: str) -> str:
    return f"account: {{server: pbx, user: a, {key}: {value}}}"


def password(config: Config) -> str:
    return config.accounts[0].password


def private(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text)
    file.chmod(mode)
    return file


def refusal(file: Path, env: dict[str, str], *, only_check: bool = False) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(file, env, only_check=only_check)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_password_in_the_file_itself(write: Write) -> None:
    assert password(load_config(write(account("password", SECRET)), ENV)) == SECRET


@pytest.mark.parametrize("text", [SECRET, SECRET + "\n", SECRET + "\r\n", SECRET + "\nnote\n"])
def test_a_password_in_the_first_line_of_another_file(
    write: Write, tmp_path: Path, text: str
) -> None:
    private(tmp_path / "pw", text)
    assert password(load_config(write(account("password_file", "pw")), ENV)) == SECRET


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_group_may_read_a_password_file(write: Write, tmp_path: Path, mode: int) -> None:
    private(tmp_path / "pw", SECRET, mode)
    assert password(load_config(write(account("password_file", "pw")), ENV)) == SECRET


def test_a_password_in_the_environment(write: Write) -> None:
    file = write(account("password_env", "PBX_PASSWORD"))
    assert password(load_config(file, ENV | {"PBX_PASSWORD": SECRET})) == SECRET


def test_a_password_as_a_systemd_credential(write: Write, tmp_path: Path) -> None:
    private(tmp_path / "pbx", SECRET)
    file = write(account("password_credential", "pbx"))
    assert password(load_config(file, ENV | {"CREDENTIALS_DIRECTORY": str(tmp_path)})) == SECRET


def test_no_password_at_all_is_allowed(write: Write) -> None:
    assert password(load_config(write("account: {server: pbx, user: a}"), ENV)) == ""


# -- refused ------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_a_password_file_everybody_can_read_is_refused(
    write: Write, tmp_path: Path, mode: int
) -> None:
    private(tmp_path / "pw", SECRET, mode)
    said = refusal(write(account("password_file", "pw")), ENV)
    assert "account.password_file: found a password everybody can read" in said
    assert f"chmod 600 {tmp_path / 'pw'}" in said


def test_a_password_in_a_configuration_everybody_can_read_is_refused(write: Write) -> None:
    file = write(account("password", SECRET))
    file.chmod(0o644)
    assert f"chmod 600 {file}" in refusal(file, ENV)


def test_a_configuration_without_a_password_may_be_read_by_everybody(write: Write) -> None:
    file = write("account: {server: pbx, user: a}")
    file.chmod(0o644)
    assert load_config(file, ENV).accounts


@pytest.mark.parametrize("text", ["", "\n", "\nsecond line"])
def test_an_empty_password_file_is_refused(write: Write, tmp_path: Path, text: str) -> None:
    private(tmp_path / "pw", text)
    assert "found an empty file" in refusal(write(account("password_file", "pw")), ENV)


def test_a_password_file_that_is_not_there_is_refused(write: Write, tmp_path: Path) -> None:
    said = refusal(write(account("password_file", "pw")), ENV)
    assert "found no such file or directory" in said
    assert str(tmp_path / "pw") in said


def test_two_passwords_are_refused(write: Write) -> None:
    file = write(f"account: {{server: pbx, user: a, password: {SECRET}, password_env: X}}")
    assert "password_env: found a second password" in refusal(file, ENV | {"X": SECRET})


def test_a_variable_that_is_not_set_is_refused(write: Write) -> None:
    said = refusal(write(account("password_env", "PBX_PASSWORD")), ENV)
    assert "found no environment variable PBX_PASSWORD" in said


def test_a_password_in_the_place_of_a_variables_name_is_not_repeated(write: Write) -> None:
    refusal(write(account("password_env", SECRET)), ENV)


def test_a_credential_without_systemd_is_refused(write: Write) -> None:
    said = refusal(write(account("password_credential", "pbx")), ENV)
    assert "LoadCredential=pbx" in said


@pytest.mark.parametrize("name", ["../pw", "a/b", ""])
def test_a_credential_is_a_plain_name(write: Write, name: str) -> None:
    assert "password_credential" in refusal(write(account("password_credential", f"'{name}'")), ENV)


@pytest.mark.parametrize("key", ["password_env", "password_credential"])
def test_a_check_outside_the_service_says_what_it_could_not_look_up(write: Write, key: str) -> None:
    config = load_config(write(account(key, "PBX")), ENV, only_check=True)
    assert any("PBX" in warning for warning in config.warnings)


# -- never shown --------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"account: {{server: pbx, user: a, pasword: {SECRET}}}",
        f"account: {{server: pbx, user: a, password: [{SECRET}]}}",
        f"account: {{server: pbx, user: a, password: {{x: {SECRET}}}}}",
        f"account: {{server: pbx, user: a, password: '{SECRET * 20}'}}",
        f'account: {{server: pbx, user: a, password: "{SECRET}\\n"}}',
        f"account: {{server: 'sip:a:{SECRET}@pbx', user: a}}",
        f"account: 'password: {SECRET}'",
        f"mqtt: {{broker: 'mqtt://user:{SECRET}@host'}}",
        f"mqtt: {{broker: h, password: {SECRET}}}",
        f"mqtt: {{broker: h, tls: maybe, user: u, password: {SECRET}}}",
        f"account:\n  user: a\n password: {SECRET}\n",
        f"account:\n\tpassword: {SECRET}\n",
        f"account: {{password: {SECRET}, password: {SECRET}}}",
        f"account: {{user: a, server: pbx, password: !secret {SECRET}}}",
        f"account: {{user: a, server: pbx, password: '{SECRET}",
    ],
)
def test_no_problem_shows_a_password(write: Write, text: str) -> None:
    refusal(write(text), ENV)


def test_settings_do_not_show_their_passwords(write: Write) -> None:
    text = account("password", SECRET) + f"\nmqtt: {{broker: h, user: u, password: {SECRET}}}"
    assert SECRET not in repr(load_config(write(text), ENV))
