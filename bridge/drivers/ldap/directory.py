"""An LDAP directory, asked over a connection that is kept and made anew when it broke.

The library is bonsai (MIT, over OpenLDAP's libldap): kept up, unlike ldap3 (last release 2021). It
comes as source, so it is an extra that is imported when a directory is configured:
``pip install 'offhook[ldap]'`` with libldap2-dev and libsasl2-dev installed.

Everything blocks and therefore runs on a thread of its own, one question after the other.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast

from bridge.model.contacts import Candidate, Contact, ContactNumber, Named, NumberKind
from bridge.model.directories import LdapSettings
from bridge.model.errors import TransportError, TransportTimeout
from bridge.protocols.ldap_filter import number_filter, words_filter
from bridge.protocols.people import contact_of, number_of

MOST_ANSWERS = 50  # of one question; servers have limits of their own, often 500

INSTALL = (
    "the Python package bonsai is missing: pip install 'offhook[ldap]' (needs libldap2-dev and "
    "libsasl2-dev), or take contacts.ldap out of the configuration"
)

_KINDS = (
    ("mobile", NumberKind.MOBILE),
    ("home", NumberKind.HOME),
    ("fax", NumberKind.FAX),
    ("facsimile", NumberKind.FAX),
    ("telephone", NumberKind.WORK),
)  # by a part of the attribute's name (RFC 4519, RFC 4524, inetOrgPerson)

T = TypeVar("T")
Entry = dict[str, tuple[str, ...]]

_log = logging.getLogger(__name__)


class Connection(Protocol):
    """What is used of a bonsai connection."""

    def search(
        self,
        base: str,
        scope: int,
        filter_exp: str,
        attrlist: list[str],
        timeout: float,
        sizelimit: int,
    ) -> list[dict[str, list[object]]]:
        """Return entries."""

    def close(self) -> None:
        """Say goodbye."""


class LdapDirectory:
    """One directory; nothing is connected before the first question.

    Args:
        settings: where it is, and what its attributes are called.
    """

    def __init__(self, settings: LdapSettings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ldap")
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close; a question under way is not waited for."""
        self._thread.submit(self._hang_up)
        self._thread.shutdown(wait=False, cancel_futures=False)

    async def candidates(self, number: str) -> tuple[Candidate, ...]:
        """Return who may have a number.

        Raises:
            TransportError: the directory cannot be asked; the sentence says why.
        """
        found = await self._on_thread(lambda: self._search(number_filter(self._settings, number)))
        return tuple(
            Candidate(Named(contact.name, contact.company), known.number)
            for contact in found
            for known in contact.numbers
        )

    async def find(self, words: str) -> tuple[Contact, ...]:
        """Return people by parts of words, at most ``MOST_ANSWERS``, by name; raises as above."""
        if not words.strip():
            return ()  # a directory of a whole company is not listed
        found = await self._on_thread(lambda: self._search(words_filter(self._settings, words)))
        return tuple(sorted(found, key=lambda contact: contact.name.casefold()))

    async def _on_thread(self, job: Callable[[], T]) -> T:
        limit_s = 3 * self._settings.timeout_s  # connect, bind and search have it each
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._thread, job), limit_s)
        except TimeoutError as error:
            if isinstance(error, TransportError):
                raise
            raise TransportTimeout(
                f"{self._settings.url} does not answer within {limit_s:.0f} s: look after the "
                "server, or correct contacts.ldap"
            ) from error

    # -- on the thread --------------------------------------------------------

    def _search(self, wanted: str) -> list[Contact]:
        entries = self._entries(wanted)
        contacts = (contact_from(entry, self._settings) for entry in entries)
        return [contact for contact in contacts if contact is not None]

    def _entries(self, wanted: str) -> list[Entry]:
        """Ask; a kept connection that the server closed meanwhile is made anew, once."""
        bonsai = _library()
        kept = self._connection is not None
        try:
            return self._ask(wanted)
        except bonsai.ConnectionError as error:
            self._hang_up()
            if not kept:
                raise self._in_words(error) from error
        except (bonsai.LDAPError, ValueError) as error:
            self._hang_up()
            raise self._in_words(error) from error
        return self._entries(wanted)

    def _ask(self, wanted: str) -> list[Entry]:
        s = self._settings
        if self._connection is None:
            self._connection = cast("Connection", _client(s).connect(timeout=s.timeout_s))
            self._check_base(self._connection)
        attributes = [name for name in (s.name, s.company, *s.numbers) if name]
        scope = int(_library().LDAPSearchScope.SUBTREE)
        found = self._connection.search(
            s.base, scope, wanted, attributes, s.timeout_s, MOST_ANSWERS
        )
        return [_plain(entry) for entry in found]

    def _check_base(self, connection: Connection) -> None:
        """Tell a wrong base from people who are not there: the library shows both as nothing."""
        s = self._settings
        scope = int(_library().LDAPSearchScope.BASE)
        if not connection.search(s.base, scope, "(objectClass=*)", ["1.1"], s.timeout_s, 1):
            self._hang_up()
            raise TransportError(
                f"{s.url} shows no entry {s.base}: correct contacts.ldap.base, or give bind_dn and "
                "password of somebody who may read it"
            )

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is gone either way
                connection.close()

    def _in_words(self, error: Exception) -> TransportError:
        said = str(error).rstrip(". ") or type(error).__name__
        hint = "correct contacts.ldap, or look after the server"
        if type(error).__name__ == "AuthenticationError":
            hint = "correct bind_dn and password of contacts.ldap"
        return TransportError(f"{self._settings.url} cannot be asked ({said}): {hint}")


def _client(settings: LdapSettings) -> "_Client":
    client = cast("_Client", _library().LDAPClient(settings.url, settings.start_tls))
    if settings.ca_file:
        client.set_ca_cert(settings.ca_file)
    client.set_cert_policy("demand")
    if settings.bind_dn:
        client.set_credentials("SIMPLE", user=settings.bind_dn, password=settings.password)
    return client


class _Client(Protocol):
    def set_ca_cert(self, name: str) -> None: ...

    def set_cert_policy(self, policy: str) -> None: ...

    def set_credentials(self, mechanism: str, *, user: str, password: str) -> None: ...

    def connect(self, *, timeout: float) -> object: ...


class _Library(Protocol):
    ConnectionError: type[Exception]
    LDAPError: type[Exception]
    LDAPSearchScope: type["_Scope"]

    def LDAPClient(self, url: str, tls: bool) -> object: ...  # noqa: N802  # its name there


class _Scope(Protocol):
    BASE: int
    SUBTREE: int


def _library() -> _Library:
    try:
        import bonsai  # noqa: PLC0415  # an extra; most desks have no LDAP
    except ImportError as error:
        raise TransportError(INSTALL) from error
    return cast("_Library", bonsai)


# -- entries ------------------------------------------------------------------


def _plain(entry: dict[str, list[object]]) -> Entry:
    return {key.lower(): tuple(map(str, entry[key])) for key in entry if key != "dn"}


def contact_from(entry: Entry, settings: LdapSettings) -> Contact | None:
    """Return the person of an entry, None for one without a number.

    Args:
        entry: attributes with their values, names in small letters.
        settings: which attribute is what.
    """
    numbers = [
        ContactNumber(number, _kind(name))
        for name in settings.numbers
        for value in entry.get(name.lower(), ())
        if (number := number_of(value))
    ]
    if not numbers:
        return None
    contact = contact_of(_first(entry, settings.name), _first(entry, settings.company), numbers)
    return Contact(contact.name, contact.numbers, contact.company, settings.source)


def _first(entry: Entry, name: str) -> str:
    return next(iter(entry.get(name.lower(), ())), "")


def _kind(attribute: str) -> NumberKind:
    name = attribute.lower()
    return next((kind for part, kind in _KINDS if part in name), NumberKind.OTHER)
