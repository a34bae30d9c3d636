"""Where people come from who are not in the user's own contacts."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DirectoryFile:
    """A vCard or CSV file that is only read.

    Args:
        source: name of the directory, as shown.
        path: of the file; its suffix tells the kind.
    """

    source: str
    path: str


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """An LDAP directory that is asked, never copied.

    Args:
        url: ``ldap://host[:port]``, ``ldaps://…`` or ``ldapi://…``; empty = none.
        base: where people are, such as ``ou=people,dc=example,dc=org``.
        source: name of the directory, as shown.
        bind_dn, password: who we are; empty = nobody in particular.
        start_tls: encrypt an ``ldap://`` connection (RFC 4511 section 4.14).
        ca_file: PEM file with the certificates to trust; empty = the system's.
        people: filter that every entry has to pass.
        name, company: attributes.
        numbers: attributes that hold telephone numbers, the first is called first.
        timeout_s: for one question.
    """

    url: str = ""
    base: str = ""
    source: str = "ldap"
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    start_tls: bool = False
    ca_file: str = ""
    people: str = "(objectClass=person)"
    name: str = "cn"
    company: str = "o"
    numbers: tuple[str, ...] = ("telephoneNumber", "mobile", "homePhone")
    timeout_s: float = 2.0


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """All of them, in order: the first that knows a number names it."""

    files: tuple[DirectoryFile, ...] = ()
    ldap: LdapSettings = field(default_factory=LdapSettings)
