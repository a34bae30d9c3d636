"""Digest credentials for a SIP request (RFC 3261 section 22, RFC 8760)."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

_MEMBER = re.compile(r'(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]+)')
_ALGORITHMS: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda text: hashlib.sha256(text).hexdigest(),
    "MD5": lambda text: hashlib.md5(text, usedforsecurity=False).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants a password proved with.

    Args:
        realm, nonce, opaque: as given.
        algorithm: ``MD5`` or ``SHA-256``.
        has_qop: it knows ``qop=auth``.
        stale: only the nonce was too old, the password may be right.
    """

    realm: str
    nonce: str
    opaque: str = ""
    algorithm: str = "MD5"
    has_qop: bool = False
    stale: bool = False


def read_challenges(values: list[str]) -> Challenge | None:
    """Return the strongest challenge we can answer, None when there is none.

    Args:
        values: of all ``WWW-Authenticate`` or ``Proxy-Authenticate`` headers.
    """
    known = [found for value in values if (found := _read(value)) is not None]
    ranks = list(_ALGORITHMS)
    return min(known, key=lambda one: ranks.index(one.algorithm), default=None)


def _read(value: str) -> Challenge | None:
    scheme, _, rest = value.strip().partition(" ")
    members = {name.lower(): text.strip('"') for name, text in _MEMBER.findall(rest)}
    algorithm = members.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or algorithm not in _ALGORITHMS or "nonce" not in members:
        return None
    return Challenge(
        realm=members.get("realm", ""),
        nonce=members["nonce"],
        opaque=members.get("opaque", ""),
        algorithm=algorithm,
        has_qop="auth" in re.split(r"[\s,]+", members.get("qop", "")),
        stale=members.get("stale", "").lower() == "true",
    )


def credentials(  # RFC 2617 hashes so many things
    challenge: Challenge, user: str, password: str, method: str, uri: str, cnonce: str
) -> str:
    """Return the value of the ``Authorization`` or ``Proxy-Authorization`` header."""
    digest = _ALGORITHMS[challenge.algorithm]
    secret = digest(f"{user}:{challenge.realm}:{password}".encode())
    request = digest(f"{method}:{uri}".encode())
    count = f"00000001:{cnonce}:auth:" if challenge.has_qop else ""
    response = digest(f"{secret}:{challenge.nonce}:{count}{request}".encode())
    said = {
        "username": f'"{user}"',
        "realm": f'"{challenge.realm}"',
        "nonce": f'"{challenge.nonce}"',
        "uri": f'"{uri}"',
        "algorithm": challenge.algorithm,
        "response": f'"{response}"',
    }
    if challenge.opaque:
        said["opaque"] = f'"{challenge.opaque}"'
    if challenge.has_qop:
        said |= {"qop": "auth", "nc": "00000001", "cnonce": f'"{cnonce}"'}
    return "Digest " + ", ".join(f"{name}={value}" for name, value in said.items())
