"""Desk phones and the HTTP server: what the schema cannot say, and the settings made of it."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bridge.config.keys import ACTIONS, key_intent
from bridge.config.phone_schema import MOST_PHONES, Http, Phone
from bridge.config.problems import shown
from bridge.config.secrets import Found, is_readable_by_all
from bridge.config.sources import Tree
from bridge.model.errors import Problem
from bridge.model.http import HttpSettings
from bridge.model.phones import PhoneSettings, PhoneVendor, account_of
from bridge.yamldoc import Path as DocPath

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_IDENTITY = re.compile(r"(sips?:)?[^\s@<>\"\\&;?#%=]+@[A-Za-z0-9.:-]+")
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})")
_NETWORK = "an address or network, such as 192.0.2.20 or 192.0.2.0/24"
_CONTROL = "http://ADDRESS or https://ADDRESS, with :PORT if need be and nothing after it"


def is_name(text: str) -> bool:
    """Say whether a text can be the name of a host."""
    return bool(_NAME.fullmatch(text))


def http_problems(http: Http, tree: Tree) -> Iterator[Problem]:
    """Return what cannot be listened on, or cannot be a name."""
    if not _is_address(http.bind):
        path: DocPath = ("http", "bind")
        yield tree.problem(path, shown(http.bind, path), "an address of this machine, or 0.0.0.0")
    for place, name in enumerate(http.names):
        if not is_name(name):
            where: DocPath = ("http", "names", place)
            yield tree.problem(where, shown(name, where), "a host name, without http:// and port")


def phones_problems(
    phones: Mapping[DocPath, Phone], lines: Sequence[str], tree: Tree
) -> Iterator[Problem]:
    """Return what is wrong with desk phones.

    Args:
        phones: by their place.
        lines: ids of the SIP accounts.
        tree: the files.
    """
    for path in list(phones)[MOST_PHONES : MOST_PHONES + 1]:
        yield tree.problem(path, f"more than {MOST_PHONES} phones", f"{MOST_PHONES} at most")
    seen: set[str] = set()
    for base, phone in phones.items():
        if phone.id in seen:
            yield tree.problem((*base, "id"), f"{phone.id} once more", "another name for each")
        if account_of(phone.id) in lines:
            expected = f"another name: {account_of(phone.id)} is the id of an account"
            yield tree.problem((*base, "id"), phone.id, expected)
        seen.add(phone.id)
        yield from _phone(phone, base, tree)


def _phone(phone: Phone, base: DocPath, tree: Tree) -> Iterator[Problem]:
    for place, text in enumerate(phone.addresses):
        if not _is_network(text):
            path: DocPath = (*base, "addresses", place)
            yield tree.problem(path, shown(text, path), _NETWORK)
    yield from _token(phone.token, (*base, "token"), tree)
    if phone.control is not None and not _is_control(phone.control):
        path = (*base, "control")
        yield tree.problem(path, shown(phone.control, path), _CONTROL)
    if phone.identity is not None and not _IDENTITY.fullmatch(phone.identity):
        path = (*base, "identity")
        yield tree.problem(path, shown(phone.identity, path), "user@host, such as 201@pbx.example")
    for name, action in phone.keys.items():
        if key_intent(action) is None:
            path = (*base, "keys", name)
            yield tree.problem(path, shown(action, path), ACTIONS)


def _token(token: str, path: DocPath, tree: Tree) -> Iterator[Problem]:
    if not _TOKEN.fullmatch(token):
        expected = "16 to 64 letters, digits, - and _; `openssl rand -hex 16` makes one"
        yield tree.problem(path, f"{len(token)} characters (not shown)", expected)
        return
    origin = tree.origin(path)
    file = Path(origin.document.file) if origin else Path()
    if is_readable_by_all(file):
        expected = f"a file that others cannot read: chmod 600 {file}"
        yield tree.problem(path, "a token everybody can read", expected)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_control(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    has_more = parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_more and port != 0


def phones_warnings(http: HttpSettings, phones: Sequence[PhoneSettings]) -> Iterator[str]:
    """Return what is allowed but perhaps not meant."""
    is_near = ipaddress.ip_address(http.bind).is_loopback
    for phone in phones:
        if is_near and not all(_is_loopback(text) for text in phone.addresses):
            yield f"phones: {phone.id} cannot reach {http.bind}; set http.bind to 0.0.0.0"
        if phone.password and phone.control.startswith("http:"):
            yield f"phones: the password of {phone.id} travels readable, or as a digest, over http"


def _is_loopback(text: str) -> bool:
    return ipaddress.ip_network(text, strict=False).is_loopback


def http_settings(http: Http) -> HttpSettings:
    """Return where to listen; all is right by now."""
    return HttpSettings(http.bind, http.port, tuple(name.lower() for name in http.names))


def phone_settings(phone: Phone, secret: Found) -> PhoneSettings:
    """Return one phone; all is right by now."""
    keys = ((name, key_intent(action)) for name, action in phone.keys.items())
    return PhoneSettings(
        id=phone.id,
        vendor=PhoneVendor(phone.vendor),
        addresses=tuple(phone.addresses),
        token=phone.token,
        control=(phone.control or "").rstrip("/"),
        user=phone.user or "",
        password=secret.password,
        identity=phone.identity or "",
        check_certificate=phone.check_certificate,
        keys=tuple((name, intent) for name, intent in keys if intent is not None),
    )
