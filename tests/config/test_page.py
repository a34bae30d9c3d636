"""The section ``page``: defaults, secrets, and what would be open to strangers."""

import hashlib
from pathlib import Path

import pytest

from bridge.model.numbers import Reach
from bridge.model.page import KIOSK, KioskSettings, PageSettings, PageToken, Role
from tests.config.loading import Load, problems

HASH = "scrypt$15$8$1$" + "0" * 32 + "$" + "0" * 64
TOKEN = "correct-horse-battery-staple"


def secret(directory: Path, name: str, text: str) -> Path:
    file = directory / name
    file.write_text(text + "\n")
    file.chmod(0o600)
    return file


def test_nothing_is_served_unless_it_is_wanted(load: Load) -> None:
    assert load("").page == PageSettings()
    assert load("page: {enabled: true}").page == PageSettings(enabled=True)


def test_everything_can_be_said_and_no_secret_is_kept(load: Load, tmp_path: Path) -> None:
    token = secret(tmp_path, "anna", TOKEN)
    pin = secret(tmp_path, "pin", HASH)
    config = load(
        "page:\n  enabled: true\n  bind: 0.0.0.0\n  port: 443\n  names: [Phone.Example]\n"
        "  tls: {certificate: /c.pem, key: /k.pem}\n  room: Blue room\n  language: de\n"
        f"  theme: dark\n  pin: {{hash_file: {pin}}}\n"
        f"  tokens: [{{name: anna, role: viewer, token_file: {token}}}]\n"
        "  kiosk: {barring: internal, history: true, contacts: no, clear_after_s: 90}\n"
        "  virtual_headset: true\n"
    )
    assert config.page == PageSettings(
        enabled=True,
        bind="0.0.0.0",
        port=443,
        names=("phone.example",),
        certificate="/c.pem",
        key="/k.pem",
        room="Blue room",
        language="de",
        theme="dark",
        pin=pin.read_text().strip(),
        tokens=(PageToken("anna", Role.VIEWER, hashlib.sha256(TOKEN.encode()).digest()),),
        kiosk=KioskSettings(Reach.INTERNAL, history=True, directory=False, clear_after_s=90),
        virtual_headset=True,
    )
    assert config.habits.numbers.reach_of(KIOSK) is Reach.INTERNAL
    assert TOKEN not in repr(config)
    assert "scrypt" not in repr(config)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bind: 0.0.0.0\n  behind_proxy: true", "0.0.0.0 without tokens"),
        ("bind: 192.0.2.1\n  tokens: []", "192.0.2.1 without encryption"),
        ("bind: desk.lan", 'page.bind: found "desk.lan"'),
        ("names: ['https://a.example']", 'found "https://a.example"'),
        ("tls: {certificate: /c.pem}", "one file"),
        ("kiosk: {barring: none}", 'found "none"'),
        ("kiosk: {clear_after_s: 5}", "page.kiosk.clear_after_s: found 5"),
        ("tokens: [{name: Anna, token_file: /x}]", "page.tokens[0].name"),
    ],
)
def test_what_would_be_open_or_mean_nothing_is_refused(load: Load, text: str, found: str) -> None:
    said = problems(load, f"page:\n  {text}\n")
    assert any(found in one for one in said), said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tokens: [{name: anna, token_file: FILE}]", "short"),
        ("pin: {hash_file: FILE}", "4711"),
    ],
)
def test_a_secret_of_another_form_is_refused_and_not_shown(
    load: Load, tmp_path: Path, name: str, text: str
) -> None:
    file = secret(tmp_path, "secret", text)
    (said,) = problems(load, f"page:\n  {name.replace('FILE', str(file))}\n")
    assert "a first line of another form" in said
    assert text not in said.replace(str(file), "")


def test_a_token_everybody_can_read_is_refused(load: Load, tmp_path: Path) -> None:
    file = secret(tmp_path, "anna", TOKEN)
    file.chmod(0o644)
    (said,) = problems(load, f"page:\n  tokens: [{{name: anna, token_file: {file}}}]\n")
    assert "chmod 600" in said
