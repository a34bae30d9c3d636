"""What a NOTIFY about a transfer says although PJSIP cannot parse it.

linphone 5.1 ends a transfer with ``Subscription-State: terminated;reason=reason=noresource``; a
value has no second ``=`` there (RFC 6665 section 8.4), so PJSIP drops the message, and with it how
the transfer went. Only what is needed is read: whose call, the status of the new call, the end.

Source: RFC 3515 section 2.4.5 (the body is ``message/sipfrag``); a linphonec 5.1.65 on loopback.
"""

import re
from dataclasses import dataclass

from bridge.model.redaction import printable

MAX_BYTES = 4000
"""PJSIP's own limit of a message over UDP; longer ones are nobody's NOTIFY."""

_CALL_ID = re.compile(r"(?mi)^(?:call-id|i)[ \t]*:[ \t]*(\S+)[ \t]*$")
_EVENT = re.compile(r"(?mi)^(?:event|o)[ \t]*:[ \t]*refer[ \t]*(?:;|$)")
_STATE = re.compile(r"(?mi)^subscription-state[ \t]*:[ \t]*(\w+)")
_STATUS = re.compile(r"\s*SIP/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?")


@dataclass(frozen=True, slots=True)
class TransferNews:
    """How a transfer goes.

    Args:
        sip_call: Call-ID of the call whose other end was sent elsewhere.
        status: of its new call, 100..699.
        reason: phrase, printable.
        final: nothing more will be told.
    """

    sip_call: str
    status: int
    reason: str
    final: bool


def transfer_news(packet: bytes) -> TransferNews | None:
    """Return what a message tells of a transfer, or None if it is something else.

    Args:
        packet: one whole message; foreign bytes, any length.
    """
    if not packet.startswith(b"NOTIFY ") or len(packet) > MAX_BYTES:
        return None
    text = packet.decode(errors="replace").replace("\r\n", "\n")
    head, _, body = text.partition("\n\n")
    call, state, status = _CALL_ID.search(head), _STATE.search(head), _STATUS.match(body)
    if call is None or state is None or status is None or not _EVENT.search(head):
        return None
    final = state[1].lower() == "terminated"
    return TransferNews(call[1], int(status[1]), printable(status[2] or ""), final)
