"""Links somebody clicked: what may be dialled, and what is asked about first. Pure.

A web page decides what stands in a link and when the browser opens it. So a link never dials what
its reader cannot see and judge: star codes (call forwarding, remote wipes of other telephones) and
SIP headers are refused, and everything that leads out of the PBX is asked about.
"""

import re

from bridge.model.desktop import Confirm
from bridge.model.numbers import Dialable, Kind
from bridge.model.redaction import printable

SCHEMES = ("tel", "callto", "sip", "sips")
LONGEST_EXTENSION = 8  # digits behind a number (RFC 3966 ``ext``); PBXs have at most 6 or so
LONGEST_LINK = 256  # characters; numbers have 32, addresses of the engine 128

_LINK = re.compile(r"(?i)(tel|callto|sips?):.+")


def link_fault(link: str) -> str:
    """Return why a text is no link to call, or an empty text.

    Args:
        link: from a browser; not trusted.
    """
    expected = f"expected a link that begins with {', '.join(s + ':' for s in SCHEMES)}"
    if len(link) > LONGEST_LINK:
        return f"found a link of {len(link)} characters, expected at most {LONGEST_LINK}"
    if not link.isprintable() or not _LINK.fullmatch(link):
        return f"found {printable(link, 40)!r}, {expected}"
    if "?" in link or re.search(r"(?i)%0[0ad]", link):
        return "the link wants to say more than whom to call (after a `?`): dial the number alone"
    return ""


def link_objection(found: Dialable) -> str:
    """Return why what a link leads to is not dialled, or an empty text."""
    if found.kind is Kind.CODE:
        return "a link may not send a star code, which could redirect your calls: dial it yourself"
    if found.later and not (found.later.isdigit() and len(found.later) <= LONGEST_EXTENSION):
        return (
            "a link may have an extension pressed after the answer, at most "
            f"{LONGEST_EXTENSION} digits, no menus: dial it yourself"
        )
    return ""


def must_ask(found: Dialable, confirm: Confirm) -> bool:
    """Say whether the user is asked first; an emergency number is asked about in any case."""
    return confirm is Confirm.ALWAYS or found.kind is not Kind.EXTENSION or bool(found.later)
