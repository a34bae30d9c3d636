"""A real LDAP server: who has a number, who is called so, and every way it can be away."""

import asyncio
import importlib.util
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge.drivers.ldap import LdapDirectory
from bridge.model.contacts import Contact, Named, NumberKind, best
from bridge.model.directories import LdapSettings
from bridge.model.errors import TransportError
from tests.conftest import find_program

pytestmark = [
    pytest.mark.needs("slapd"),
    pytest.mark.skipif(
        importlib.util.find_spec("bonsai") is None,
        reason="no bonsai: pip install 'offhook[ldap]' needs libldap2-dev and libsasl2-dev",
    ),
]

BASE = "ou=people,dc=example,dc=org"
ADMIN = "cn=admin,dc=example,dc=org"
READY_S = 10.0

PEOPLE = """\
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: cn=Jürgen Müller,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: Jürgen Müller
sn: Müller
o: Müller GmbH
telephoneNumber: +49 (30) 123-45 67
mobile: 0171/7654321

dn: cn=Ida Innen,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: Ida Innen
sn: Innen
telephoneNumber: 201

dn: cn=Mail Only,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
cn: Mail Only
sn: Only
mail: mail@example.org
"""


@dataclass
class Server:
    """slapd on loopback with the people above."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def settings(self) -> LdapSettings:
        return LdapSettings(f"ldap://127.0.0.1:{self.port}", BASE)

    def fill(self) -> None:
        """Write configuration and people."""
        (self.directory / "db").mkdir()
        schemas = "".join(
            f"include /etc/ldap/schema/{name}.schema\n"
            for name in ("core", "cosine", "inetorgperson")
        )
        (self.directory / "slapd.conf").write_text(
            f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\n"
            f'suffix "dc=example,dc=org"\nrootdn "{ADMIN}"\nrootpw secret\n'
            f"directory {self.directory}/db\n"
        )
        (self.directory / "people.ldif").write_text(PEOPLE)
        conf, ldif = self.directory / "slapd.conf", self.directory / "people.ldif"
        program = find_program("slapadd")
        assert program is not None
        subprocess.run([program, "-f", conf, "-l", ldif], check=True, capture_output=True)

    def start(self) -> None:
        """Run until it takes connections."""
        program = find_program("slapd")
        assert program is not None
        conf, url = self.directory / "slapd.conf", f"ldap://127.0.0.1:{self.port}"
        self.process = subprocess.Popen([program, "-d", "0", "-f", conf, "-h", url])
        end_s = time.monotonic() + READY_S
        while not self._is_there():
            assert time.monotonic() < end_s, "slapd does not start"

    def _is_there(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)


@pytest.fixture
def server(tmp_path: Path, free_port_base: int) -> Iterator[Server]:
    running = Server(tmp_path, free_port_base)
    running.fill()
    running.start()
    yield running
    running.kill()


@pytest.fixture
async def ldap(server: Server) -> AsyncIterator[LdapDirectory]:
    async with LdapDirectory(replace(server.settings, timeout_s=0.5)) as asked:
        yield asked


async def who_has(ldap: LdapDirectory, number: str) -> Named | None:
    return best(await ldap.candidates(number), number, str.strip)


async def test_a_number_is_found_however_it_is_written_there(ldap: LdapDirectory) -> None:
    juergen = Named("Jürgen Müller", "Müller GmbH")
    assert await who_has(ldap, "0301234567") == juergen
    assert await who_has(ldap, "+491717654321") == juergen
    assert await who_has(ldap, "201") == Named("Ida Innen")
    assert await who_has(ldap, "+49401234567") is None
    assert await who_has(ldap, "*)(cn=*") is None


@pytest.mark.parametrize("words", ["mueller", "Müll jür", "MUELLER gmbh", "gmbh 0171"])
async def test_people_are_found_by_parts_of_words(ldap: LdapDirectory, words: str) -> None:
    (contact,) = await ldap.find(words)
    assert isinstance(contact, Contact)
    assert (contact.name, contact.source) == ("Jürgen Müller", "ldap")
    kinds = [number.kind for number in contact.numbers]
    assert kinds == [NumberKind.WORK, NumberKind.MOBILE]


async def test_people_without_a_number_and_empty_questions_find_nobody(
    ldap: LdapDirectory,
) -> None:
    assert await ldap.find("mail only") == ()
    assert await ldap.find("  ") == ()
    assert await ldap.find("*)(cn=*") == ()


async def test_a_server_that_comes_back_is_asked_again(server: Server, ldap: LdapDirectory) -> None:
    assert await who_has(ldap, "201") is not None
    await asyncio.to_thread(server.kill)
    with pytest.raises(TransportError, match="Can't contact LDAP server"):
        await who_has(ldap, "201")
    await asyncio.to_thread(server.start)
    assert await who_has(ldap, "201") is not None


async def test_a_server_that_was_restarted_meanwhile_is_no_error(
    server: Server, ldap: LdapDirectory
) -> None:
    assert await who_has(ldap, "201") is not None
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    assert await who_has(ldap, "201") is not None


async def test_a_frozen_server_is_given_up_in_time(server: Server, ldap: LdapDirectory) -> None:
    assert await who_has(ldap, "201") is not None
    server.freeze()
    begin_s = time.monotonic()
    with pytest.raises(TransportError):
        await who_has(ldap, "201")
    assert time.monotonic() - begin_s < 5


WRONG = {
    "base": ({"base": "ou=nobody,dc=example,dc=org"}, "correct contacts.ldap.base"),
    "password": ({"bind_dn": ADMIN, "password": "wrong"}, "correct bind_dn and password"),
    "filter": ({"people": "(broken"}, "Bad search filter"),
    "url": ({"url": "nonsense://x"}, "not a valid LDAP URL"),
    "no TLS there": ({"start_tls": True}, "cannot be asked"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
async def test_a_wrong_setting_is_told_with_the_way_out(
    server: Server, change: dict[str, str], said: str
) -> None:
    settings = replace(server.settings, **change)  # type: ignore[arg-type]  # its own fields
    async with LdapDirectory(settings) as ldap:
        with pytest.raises(TransportError, match=said):
            await who_has(ldap, "201")


async def test_a_right_password_is_taken(server: Server) -> None:
    settings = replace(server.settings, bind_dn=ADMIN, password="secret")
    async with LdapDirectory(settings) as ldap:
        assert await who_has(ldap, "201") == Named("Ida Innen")
