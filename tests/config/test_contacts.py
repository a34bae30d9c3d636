"""The call list and the directories in the configuration file."""

from pathlib import Path

import pytest

from bridge.model.directories import DirectoryFile, LdapSettings
from tests.config.loading import SECRET, Load, problems

LDAP = "contacts: {ldap: {url: ldaps://dir, base: dc=x, "


def test_without_a_word_calls_are_kept_for_30_days_and_nobody_is_asked(load: Load) -> None:
    config = load("")
    assert config.history_days == 30
    assert config.directories.files == ()
    assert config.directories.ldap.url == ""


def test_files_are_named_after_themselves_and_lie_beside_the_configuration(load: Load) -> None:
    config = load("contacts: {files: [team.vcf, /srv/personal.csv, sub/team.csv]}")
    found = [(f.source, Path(f.path).name) for f in config.directories.files]
    assert found == [
        ("team", "team.vcf"),
        ("personal-2", "personal.csv"),  # that word means the user's own
        ("team-2", "team.csv"),
    ]
    assert config.directories.files[1] == DirectoryFile("personal-2", "/srv/personal.csv")
    assert Path(config.directories.files[0].path).is_absolute()


def test_an_ldap_directory_with_everything(load: Load) -> None:
    config = load(
        "contacts:\n  ldap:\n    url: ldaps://dir.example.org\n    base: ou=p,dc=x\n"
        "    bind_dn: cn=me\n    password: " + SECRET + "\n    numbers: [mobile]\n    timeout: 5\n"
    )
    assert config.directories.ldap == LdapSettings(
        "ldaps://dir.example.org",
        "ou=p,dc=x",
        bind_dn="cn=me",
        password=SECRET,
        numbers=("mobile",),
        timeout_s=5.0,
    )
    assert SECRET not in repr(config)


def test_a_password_that_travels_readable_is_warned_of(load: Load) -> None:
    plain = f"contacts: {{ldap: {{url: ldap://d, base: dc=x, bind_dn: cn=m, password: {SECRET}"
    assert any("travel readable" in warning for warning in load(plain + "}}").warnings)
    assert not any("contacts" in w for w in load(plain + ", start_tls: true}}").warnings)


REFUSED = {
    "history: {days: -1}": "1: history.days: found -1, expected 0 or more",
    "history: {days: forever}": '1: history.days: found "forever", expected a whole number',
    "contacts: {files: [team.xls]}": '1: contacts.files[0]: found "team.xls", expected a file that',
    "contacts: {ldap: {base: dc=x}}": "1: contacts.ldap.url: found nothing, expected this key",
    "contacts: {ldap: {url: http://x, base: dc=x}}": '1: contacts.ldap.url: found "http://x", exp',
    LDAP + "start_tls: true}}": "1: contacts.ldap.start_tls: found true, expected false: this add",
    LDAP + "filter: person}}": '1: contacts.ldap.filter: found "person", expected a filter in br',
    LDAP + "name: 'c n'}}": '1: contacts.ldap.name: found "c n", expected the name of an attribute',
    LDAP + "numbers: [mobile, '(x']}}": '1: contacts.ldap.numbers[1]: found "(x", expected the n',
}


@pytest.mark.parametrize(("text", "problem"), REFUSED.items())
def test_what_cannot_be_is_told_with_its_place(load: Load, text: str, problem: str) -> None:
    (found,) = problems(load, text)
    assert found.startswith(problem)


def test_a_file_that_is_not_there_yet_is_no_problem(load: Load) -> None:
    assert load("contacts: {files: [/mnt/share/team.vcf]}").directories.files
