"""What an INVITE says besides its caller: who sent it on, and whether to answer it at once.

``Diversion: <sip:201@pbx>;reason=no-answer`` (the newest first), ``History-Info:
<sip:200@pbx>;index=1, <sip:201@pbx?Reason=SIP%3Bcause%3D302>;index=1.1`` (the oldest first),
``Referred-By: <sip:202@pbx>``; ``Call-Info: <sip:x>;answer-after=0``, ``Alert-Info:
<http://x>;info=alert-autoanswer``, ``Answer-Mode: Auto``.

Only what the PBX says is worth reading: whoever calls could write it, too.

Source: RFC 5806 section 3 (Diversion), RFC 7044 section 5 (History-Info), RFC 3892 section 3
(Referred-By), RFC 5373 section 3 (Answer-Mode), RFC 3261 20.4 and 20.9; ``answer-after`` and
``alert-autoanswer`` as PBXs send them (Asterisk, FreeSWITCH, 3CX, Yealink and snom manuals).
"""

import re

from bridge.model.calls import Party
from bridge.protocols.sip_text import headers_of, party_of

MAX_ENTRIES = 20
"""Entries read of one header; a call that went through more stations went in a circle."""

_MAX_LENGTH = 2048
"""Characters read of one header: honest ones are shorter."""

_AFTER = re.compile(r"(?i);\s*answer-after\s*=\s*0+\s*(?:[;,]|$)")
_INFO = re.compile(
    r'(?i);\s*info\s*=\s*"?\s*(?:alert-autoanswer|auto[ -]?answer|ring[ -]?answer|intercom)\b'
)
_AUTO = re.compile(r"(?i)\s*auto\s*(?:;|$)")


def diverted_by(invite: str) -> Party | None:
    """Return who was called first and sent the call on to us, or None.

    Args:
        invite: the whole INVITE, from our PBX.
    """
    diversion = _entries(invite, "Diversion")
    if diversion:
        return _named(diversion[-1])
    history = _entries(invite, "History-Info")
    if len(history) > 1:
        return _named(history[0])
    referred = _entries(invite, "Referred-By")
    return _named(referred[0]) if referred else None


def answer_at_once(invite: str) -> bool:
    """Return whether the caller asks us to answer by ourselves.

    Args:
        invite: the whole INVITE, from our PBX.
    """
    info = [*_short(invite, "Call-Info"), *_short(invite, "Alert-Info")]
    if any(_AFTER.search(value) or _INFO.search(value) for value in info):
        return True
    modes = [*_short(invite, "Answer-Mode"), *_short(invite, "Priv-Answer-Mode")]
    return any(_AUTO.match(mode) for mode in modes)


def _short(invite: str, name: str) -> list[str]:
    return [value[:_MAX_LENGTH] for value in headers_of(invite, name)[:MAX_ENTRIES]]


def _entries(invite: str, name: str) -> list[str]:
    """Return the values of all headers of a name, cut at the commas between them."""
    found: list[str] = []
    for value in _short(invite, name):
        found += _cut(value)
    return found[:MAX_ENTRIES]


def _cut(value: str) -> list[str]:
    """Cut at commas that stand neither in quotes nor in angle brackets."""
    entries, entry, quoted, inside, escaped = [], "", False, False, False
    for sign in value:
        if sign == "," and not (quoted or inside):
            entries.append(entry.strip())
            entry = ""
            continue
        entry += sign
        if sign == '"' and not (escaped or inside):
            quoted = not quoted
        elif not quoted and sign in "<>":
            inside = sign == "<"
        escaped = sign == "\\" and quoted and not escaped
    return [e for e in [*entries, entry.strip()] if e]


def _named(entry: str) -> Party | None:
    party = party_of(entry)
    return party if party.number else None
