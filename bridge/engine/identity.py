"""Which number a call of ours shows (RFC 3323, RFC 3325).

``anonymous``: From says nobody, and the PBX is asked not to tell (``Privacy: id``); it still learns
who calls, because it must. Peer to peer nobody stands between, so nothing is told at all. Contact
has our user part all the same: PJSIP makes it for the whole account.
"""

import pjsua2 as pj

from bridge.engine.lines import Line
from bridge.model.engine import ShowIdentity
from bridge.protocols.sip_text import number_to_show, own_uri

ANONYMOUS = "anonymous"
_NOBODY = '"Anonymous" <sip:anonymous@anonymous.invalid>'  # RFC 3323 section 4.1.1.3


def show(line: Line, identity: str) -> pj.SipTxOption:
    """Return what an INVITE gets for a caller id.

    Args:
        line: the call is placed on.
        identity: of ``PlaceCall``.

    Raises:
        BadAddress: it is no number.
    """
    options = pj.SipTxOption()
    settings = line.settings
    if identity == ANONYMOUS:
        options.localUri = _NOBODY
        add_header(options, "Privacy", "id")
        if settings.server:
            add_header(options, "P-Preferred-Identity", own_uri(settings.user, line.domain))
        return options
    user = settings.user
    if identity:
        number = number_to_show(identity)
        if settings.identity is ShowIdentity.FROM:
            user = number
        else:
            shown = own_uri(number, line.host, settings.display_name)
            add_header(options, "P-Preferred-Identity", shown)
    options.localUri = own_uri(user, line.host, settings.display_name)
    return options


def add_header(options: pj.SipTxOption, name: str, value: str) -> None:
    """Add a header to a request; the value must be checked: PJSIP sends CR and LF as they are."""
    header = pj.SipHeader()
    header.hName, header.hValue = name, value
    options.headers.append(header)
