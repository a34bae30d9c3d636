"""Where somebody else may send us: the address in a REFER or in a 302, judged before it is called.

``<sip:202@pbx>``, ``sip:202@pbx?Replaces=abc%40host%3Bto-tag%3D1%3Bfrom-tag%3D2``. Whoever names it
must not reach emergency services, slip headers into our INVITE, or make us call hosts of his own.

Source: RFC 3515 section 2.1 (Refer-To), RFC 3891 section 6.1 (Replaces in an address), RFC 3261
8.1.3.4 (redirection) and 19.1.5 (headers in addresses are dangerous).
"""

import ipaddress
import re
from collections.abc import Collection

from bridge.model.engine import AccountSettings
from bridge.model.engine_limits import MAX_TARGET
from bridge.protocols.sip_text import BadAddress, is_whole, user_of

MAX_HOPS = 3
"""Times a call may be sent on by 302 before it counts as going in a circle."""

_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[^<>]*")
_REPLACES = re.compile(r"(?i)(?:require=replaces&)?replaces=[0-9A-Za-z.%_~!*'()+:@\[\]&/$-]{1,200}")
_OUTSIDE = frozenset({"", "0", "00", "9"})  # what PBXs want in front of an outside line
_SEPARATORS = str.maketrans("", "", " -./()")


def address_sent_to(
    uri: str, settings: AccountSettings, hosts: Collection[str], *, may_replace: bool
) -> str:
    """Return the address to call.

    Args:
        uri: as named by the other end; foreign text.
        settings: of the account that would call.
        hosts: host parts that mean its own PBX: domain, server, their addresses.
        may_replace: it may ask for the place of a call (``?Replaces=``): in a REFER.

    Raises:
        BadAddress: we do not call it; the message says why.
    """
    inner = _BRACKETS.fullmatch(uri.strip())
    address, mark, headers = (inner[1] if inner else uri.strip()).partition("?")
    if len(uri) > 2 * MAX_TARGET or not is_whole(address):
        raise BadAddress("it is no SIP address that could be called")
    if mark and not (may_replace and _REPLACES.fullmatch(headers)):
        raise BadAddress("it would add headers to our call")
    user = user_of(address)
    if is_emergency(user, settings):
        raise BadAddress("nobody is sent to an emergency number")
    if "*" in user or "#" in user:
        raise BadAddress("a star code would change settings of the PBX")
    host = host_of(address)
    if settings.server and host.lower() not in {h.lower() for h in hosts}:
        raise BadAddress("it leads past the PBX")
    if not settings.server and not _is_address(host):
        raise BadAddress("without a server an address with an IPv4 host is needed")
    return address + mark + headers


def is_emergency(user: str, settings: AccountSettings) -> bool:
    """Return whether a user part ends up at emergency services, in whatever dress."""
    digits = user.translate(_SEPARATORS).removeprefix("+").rstrip("#")
    return any(
        digits.endswith(urgent) and digits.removesuffix(urgent) in _OUTSIDE
        for urgent in settings.emergency
    )


def host_of(uri: str) -> str:
    """Return the host of an address, without port."""
    rest = uri.partition(":")[2].partition(";")[0].partition("?")[0]
    return rest.rpartition("@")[2].partition(":")[0]


def _is_address(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
