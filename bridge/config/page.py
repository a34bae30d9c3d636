"""The page: what the schema cannot say, its secrets, and the settings made of it."""

import hashlib
import ipaddress
import re
from collections.abc import Iterator, Mapping

from bridge.config.page_schema import PageSection
from bridge.config.phones import is_name
from bridge.config.problems import shown
from bridge.config.secrets import Found, from_file
from bridge.config.sources import Tree
from bridge.model.errors import Problem
from bridge.model.numbers import Reach
from bridge.model.page import KioskSettings, PageSettings, PageToken, Role
from bridge.yamldoc import Path as DocPath

PIN_PATH: DocPath = ("page", "pin", "hash_file")

_SHORTEST_TOKEN = 22  # characters of 6 bits each: 128 bits
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{_SHORTEST_TOKEN},128}}")
_PIN_HASH = re.compile(r"scrypt\$[0-9]+\$[0-9]+\$[0-9]+\$[0-9a-f]{32,}\$[0-9a-f]{64}")


def page_problems(page: PageSection, tree: Tree) -> Iterator[Problem]:
    """Return what cannot be listened on, and what would be open to strangers."""
    for place, name in enumerate(page.names):
        if not is_name(name):
            where: DocPath = ("page", "names", place)
            yield tree.problem(where, shown(name, where), "a host name, without https:// and port")
    has_tls = page.tls.certificate is not None
    if has_tls != (page.tls.key is not None):
        path: DocPath = ("page", "tls", "key" if page.tls.key else "certificate")
        yield tree.problem(path, "one file", "both certificate and key")
    seen: set[str] = set()
    for place, token in enumerate(page.tokens):
        if token.name in seen:
            where = ("page", "tokens", place, "name")
            yield tree.problem(where, f"{token.name} once more", "another name for each")
        seen.add(token.name)
    yield from _reached_from_afar(page, tree, has_tls=has_tls)


def _reached_from_afar(page: PageSection, tree: Tree, *, has_tls: bool) -> Iterator[Problem]:
    path: DocPath = ("page", "bind")
    try:
        if ipaddress.ip_address(page.bind).is_loopback:
            return
    except ValueError:
        yield tree.problem(path, shown(page.bind, path), "an address of this machine, or 0.0.0.0")
        return
    if not (has_tls or page.behind_proxy):
        expected = "page.tls, or page.behind_proxy: true where a proxy encrypts, or 127.0.0.1"
        yield tree.problem(path, f"{page.bind} without encryption", expected)
    if not page.tokens:
        expected = "page.tokens: nobody could log in from elsewhere; `offhook page token NAME`"
        yield tree.problem(path, f"{page.bind} without tokens", expected)


def page_secrets(page: PageSection, tree: Tree) -> dict[DocPath, Found]:
    """Return what tokens and the PIN's hash are, by their place."""
    found: dict[DocPath, Found] = {}
    for place, token in enumerate(page.tokens):
        path: DocPath = ("page", "tokens", place, "token_file")
        expected = f"a token of at least {_SHORTEST_TOKEN} letters, digits, - and _"
        found[path] = _secret(token.token_file, path, tree, _TOKEN, expected)
    if page.pin.hash_file is not None:
        expected = "the hash that `offhook page pin` writes"
        found[PIN_PATH] = _secret(page.pin.hash_file, PIN_PATH, tree, _PIN_HASH, expected)
    return found


def _secret(file: str, path: DocPath, tree: Tree, form: re.Pattern[str], expected: str) -> Found:
    found = from_file(tree.beside(path, file), path, tree)
    if found.problems or form.fullmatch(found.password):
        return found
    return Found(problems=(tree.problem(path, "a first line of another form", expected),))


def page_settings(page: PageSection, secrets: Mapping[DocPath, Found], tree: Tree) -> PageSettings:
    """Return the settings; all is right by now."""
    return PageSettings(
        enabled=page.enabled,
        bind=page.bind,
        port=page.port,
        names=tuple(name.lower() for name in page.names),
        certificate=_file(page.tls.certificate, ("page", "tls", "certificate"), tree),
        key=_file(page.tls.key, ("page", "tls", "key"), tree),
        behind_proxy=page.behind_proxy,
        room=page.room.strip(),
        language=page.language or "",
        theme=page.theme,
        pin=secrets[PIN_PATH].password if PIN_PATH in secrets else "",
        tokens=tuple(_tokens(page, secrets)),
        kiosk=KioskSettings(
            barring=Reach(page.kiosk.barring),
            history=page.kiosk.history,
            directory=page.kiosk.contacts == "directory",
            clear_after_s=page.kiosk.clear_after_s,
        ),
        virtual_headset=page.virtual_headset,
    )


def _file(name: str | None, path: DocPath, tree: Tree) -> str:
    return str(tree.beside(path, name)) if name else ""


def _tokens(page: PageSection, secrets: Mapping[DocPath, Found]) -> Iterator[PageToken]:
    for place, token in enumerate(page.tokens):
        secret = secrets[("page", "tokens", place, "token_file")].password
        digest = hashlib.sha256(secret.encode()).digest()
        yield PageToken(token.name, Role(token.role), digest)
