"""Contact files and LDAP: what the schema cannot say, and the settings made of it."""

import re
from collections.abc import Iterator
from pathlib import Path

from bridge.config import schema
from bridge.config.problems import shown
from bridge.config.secrets import Found
from bridge.config.sources import Tree
from bridge.model.directories import DirectoryFile, DirectorySettings, LdapSettings
from bridge.model.errors import Problem
from bridge.yamldoc import Path as DocPath

SUFFIXES = (".vcf", ".vcard", ".csv", ".txt", ".tsv")

_URL = re.compile(r"ldap(s|i)?://[^\s?#]+")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*")  # RFC 4512 section 2.5
_LDAP: DocPath = ("contacts", "ldap")


def contacts_problems(contacts: schema.Contacts, tree: Tree) -> Iterator[Problem]:
    """Kinds of files, and the address and attributes of LDAP. A missing file is no problem here.

    It may be on a share that is not there yet: the daemon tells, and reads it when it appears.
    """
    for number, name in enumerate(contacts.files):
        if Path(name).suffix.lower() not in SUFFIXES:
            expected = f"a file that ends in {', '.join(SUFFIXES)}"
            yield tree.problem(("contacts", "files", number), shown(name, ()), expected)
    if contacts.ldap is not None:
        yield from _ldap(contacts.ldap, tree)


def contacts_warnings(directories: DirectorySettings) -> Iterator[str]:
    """Return what is allowed but perhaps not meant."""
    ldap = directories.ldap
    if ldap.password and ldap.url.startswith("ldap://") and not ldap.start_tls:
        yield (
            "contacts.ldap: the password and what is asked travel readable; use ldaps:// or "
            "start_tls"
        )


def _ldap(ldap: schema.Ldap, tree: Tree) -> Iterator[Problem]:
    if not _URL.fullmatch(ldap.url):
        expected = "ldaps://HOST, ldap://HOST or ldapi://PATH"
        yield tree.problem((*_LDAP, "url"), shown(ldap.url, ()), expected)
    if ldap.start_tls and not ldap.url.startswith("ldap://"):
        expected = "false: this address is encrypted, or a socket of this machine"
        yield tree.problem((*_LDAP, "start_tls"), "true", expected)
    if not (ldap.filter.startswith("(") and ldap.filter.endswith(")")):
        expected = "a filter in brackets, such as (objectClass=person)"
        yield tree.problem((*_LDAP, "filter"), shown(ldap.filter, ()), expected)
    attributes: list[tuple[DocPath, str]] = [(("name",), ldap.name), (("company",), ldap.company)]
    attributes += [(("numbers", place), name) for place, name in enumerate(ldap.numbers)]
    for path, name in attributes:
        if not _ATTRIBUTE.fullmatch(name):
            expected = "the name of an attribute, such as telephoneNumber"
            yield tree.problem((*_LDAP, *path), shown(name, ()), expected)


def directory_settings(
    contacts: schema.Contacts, secret: Found | None, tree: Tree
) -> DirectorySettings:
    """Return where people come from; all is right by now.

    Args:
        contacts: as configured.
        secret: of LDAP, None when there is none.
        tree: the files, for paths beside them.
    """
    paths = [
        tree.beside(("contacts", "files", place), name) for place, name in enumerate(contacts.files)
    ]
    ldap = contacts.ldap
    return DirectorySettings(
        tuple(_named(paths)),
        LdapSettings() if ldap is None else _ldap_settings(ldap, secret, tree),
    )


def _named(paths: list[Path]) -> Iterator[DirectoryFile]:
    """Give each file the name of its stem; a second one of that name gets a number."""
    taken = {"personal", "ldap"}
    for path in paths:
        name, number = path.stem, 1
        while name in taken:
            number += 1
            name = f"{path.stem}-{number}"
        taken.add(name)
        yield DirectoryFile(name, str(path))


def _ldap_settings(ldap: schema.Ldap, secret: Found | None, tree: Tree) -> LdapSettings:
    return LdapSettings(
        url=ldap.url,
        base=ldap.base,
        bind_dn=ldap.bind_dn or "",
        password=secret.password if secret is not None else "",
        start_tls=ldap.start_tls,
        ca_file=str(tree.beside((*_LDAP, "ca_file"), ldap.ca_file)) if ldap.ca_file else "",
        people=ldap.filter,
        name=ldap.name,
        company=ldap.company,
        numbers=tuple(ldap.numbers),
        timeout_s=float(ldap.timeout),
    )
