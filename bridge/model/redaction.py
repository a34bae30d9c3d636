"""One table of what must not leave the process as it is; used by logs, traces, MQTT and dumps."""

import re
from collections.abc import Iterable

_SECRET = re.compile(
    r"(?i)(?P<key>\b(?:password|passwd|secret|token|response|nonce|cnonce|authorization)\b"
    r"[\"']?\s*[:=]\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;]+)"
)
_URI_NUMBER = re.compile(r"(?i)(\b(?:sips?|tel):)(\+?\d[\d().-]{3,}\d)")
_LONG_NUMBER = re.compile(r"(?<![\w.:-])(\+?\d[\d ()/-]{4,}\d)(?![\w.:-])")


MASKED_FROM_DIGITS = 5
"""Shorter numbers are extensions: no personal data by themselves."""

_LEAST_SECRET = 3  # characters; shorter serial numbers are placeholders


def mask_number(number: str) -> str:
    """Return a number with all but its last two digits hidden; internal numbers stay.

    Internal are those of up to 4 digits.

    Args:
        number: any text a SIP user part may be, at most 64 characters.
    """
    digits = sum(c.isdigit() for c in number)
    if digits < MASKED_FROM_DIGITS:
        return number
    return "…" + "".join(c for c in number if c.isdigit())[-2:]


def redact(text: str) -> str:
    """Return text with secrets removed and long numbers masked, for logs and support bundles."""
    text = _SECRET.sub(lambda m: m["key"] + "***", text)
    text = _URI_NUMBER.sub(lambda m: m[1] + mask_number(m[2]), text)
    return _LONG_NUMBER.sub(lambda m: mask_number(m[1]), text)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return text in which known secrets, such as a serial number, are replaced by ``***``."""
    for secret in secrets:
        if len(secret) >= _LEAST_SECRET:
            text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return text


def printable(text: str, limit: int = 64) -> str:
    """Return foreign text made safe to show: control characters replaced, length capped.

    Args:
        text: from a peer; not trusted.
        limit: most characters kept, 1..4096.
    """
    return "".join(c if c.isprintable() else "?" for c in text[:limit])
