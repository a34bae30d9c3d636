"""Whether a request of the page comes from the page: host, origin, and what the browser says.

A page of a stranger can send requests here (CSRF) and can have a name that leads here (DNS
rebinding), but a browser says in ``Origin``, ``Host`` and ``Sec-Fetch-Site`` whose page asked, and
no script can say otherwise. A program without a browser shows a token in a header that no browser
adds by itself.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from bridge.drivers.http.guard import is_for_us

PROTECT = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

_OURS = frozenset({"same-origin", "none"})  # none: typed, or opened by a program
_BY_PROXY = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is, as browsers see it.

    Args:
        names: host names besides addresses.
        schemes: that browsers may use: ``http``, ``https``.
        behind_proxy: requests may come by a proxy.
    """

    names: frozenset[str]
    schemes: tuple[str, ...]
    behind_proxy: bool


@dataclass(frozen=True, slots=True)
class No:
    """Why a request is not heard.

    Args:
        status: of HTTP.
        code: for programs, and for the count.
        error: one sentence.
    """

    status: int
    code: str
    error: str


def objection(method: str, headers: Headers, place: Place, bearer: str) -> No | None:
    """Return why a request is not heard, None if it is.

    Args:
        method: such as ``POST``.
        headers: as they came.
        place: where the page is.
        bearer: the token it shows; whoever has one is no page of a stranger.
    """
    if not is_for_us(headers.getlist("host"), place.names):
        return No(421, "host", "another host is meant: add its name to page.names if it is ours")
    site = headers.get("sec-fetch-site", "same-origin")
    if site not in _OURS:
        return No(403, "site", "another site has asked: open the page itself")
    origins = headers.getlist("origin")
    if not origins and (method in {"GET", "HEAD"} or bearer):
        return None
    if not is_our_origin(origins, headers["host"], place.schemes):
        return No(403, "origin", "another page has asked, or none at all: open the page itself")
    return None


def is_our_origin(origins: Sequence[str], host: str, schemes: Sequence[str]) -> bool:
    """Say whether the page that asked is the one that this host shows.

    Args:
        origins: values of ``Origin``; one is expected.
        host: value of ``Host``.
        schemes: that browsers may use.
    """
    if len(origins) != 1:
        return False
    try:
        found = urlsplit(origins[0].strip().lower())
    except ValueError:
        return False
    if found.scheme not in schemes or found.path or found.query or "@" in found.netloc:
        return False
    port = _DEFAULT_PORTS[found.scheme]
    return found.netloc.removesuffix(f":{port}") == host.strip().lower().removesuffix(f":{port}")


def is_here(peer: str, headers: Headers, *, behind_proxy: bool) -> bool:
    """Say whether a request comes from this machine and past no proxy.

    Args:
        peer: address it came from.
        headers: as they came; a proxy says in them that it is one.
        behind_proxy: as configured: then nobody is here, whatever the headers lack.
    """
    if behind_proxy or any(name in headers for name in _BY_PROXY):
        return False
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def bearer_of(headers: Headers) -> str:
    """Return the token of ``Authorization``, empty where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
