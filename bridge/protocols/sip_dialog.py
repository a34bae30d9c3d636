"""A dialog in one line of text, for whoever wants to take its place: ``Replaces`` (RFC 3891).

``k3v9@192.0.2.10;to-tag=77b1;from-tag=a06c``: Call-ID, the tag of the other end, our tag. Another
telephone of ours sends it to the other end, whose own tag is ``to-tag``.

Source: RFC 3891 sections 3 and 6.1; RFC 3261 section 25.1 (``callid``, ``token``).
"""

import re

from bridge.protocols.sip_text import BadAddress, header_of

_TAG = re.compile(r"(?i);\s*tag\s*=\s*([0-9A-Za-z.!%*_+`'~-]{1,128})(?=[;,\s]|$)")
_CALL_ID = r"[0-9A-Za-z.!%*_+`'~()\[\]:/@-]{1,128}"
_TOKEN = r"[0-9A-Za-z.!%*_+`'~-]{1,128}"  # noqa: S105  # a word of the grammar
DIALOG_FORM = rf"{_CALL_ID};to-tag={_TOKEN};from-tag={_TOKEN}(?:;early-only)?"
"""What a dialog looks like; ``early-only``: while it rings. No blank, quote or angle bracket: it
goes into a header as it is."""


def dialog_of(message: str, *, from_us: bool) -> str:
    """Return the dialog a message belongs to as the other end knows it; empty when it has none.

    Args:
        message: a request or response inside the dialog, whole.
        from_us: its From names us: an answer to our INVITE, not the ACK of theirs.
    """
    sender, receiver = (_tag_of(header_of(message, name)) for name in ("From", "To"))
    ours, theirs = (sender, receiver) if from_us else (receiver, sender)
    text = f"{header_of(message, 'Call-ID')};to-tag={theirs};from-tag={ours}"
    return text if re.fullmatch(DIALOG_FORM, text) else ""


def dialog(text: str) -> str:
    """Return a dialog as it is, or an empty text.

    Raises:
        BadAddress: it is none.
    """
    if text and not re.fullmatch(DIALOG_FORM, text):
        raise BadAddress("expected a dialog: CALL-ID;to-tag=TAG;from-tag=TAG")
    return text


def _tag_of(value: str) -> str:
    found = _TAG.search(value.rpartition(">")[2])
    return found[1] if found else ""
