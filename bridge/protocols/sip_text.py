"""The few things we read from SIP messages ourselves, and the addresses we build.

PJSIP parses messages for its own needs and hands over the text; caller, dialled user and packet
time are taken from it here. Everything that comes in is foreign and may be hostile.

Source: RFC 3261 sections 7.3 (headers, folding, compact forms), 19.1 (SIP URI), 20.10 (Contact
grammar); RFC 3325 (P-Asserted-Identity); RFC 4566 section 6 (ptime);
draft-ietf-sip-privacy-04 (Remote-Party-ID, which RFC 3325 replaced and many PBXs still send).
"""

import re
from urllib.parse import quote, unquote

from bridge.model.calls import Party
from bridge.model.engine_limits import MAX_DIGITS, MAX_TARGET
from bridge.model.redaction import printable

_COMPACT = {
    "f": "from",
    "t": "to",
    "m": "contact",
    "i": "call-id",
    "v": "via",
    "b": "referred-by",
}
_FOLD = re.compile(r"\r?\n[ \t]+")
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*')
_ESCAPED = re.compile(r"\\(.)")
_USER = re.compile(r"(?i)\s*(?:sips?|tel):([^@;?>\s]*)(?:@|(?=[;?>\s])|$)")
_REASON = re.compile(r"(?mi)^Reason[ \t]*:(.*)$")
_NOBODY = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "asterisk", "s"})
_ELSEWHERE = re.compile(
    r"(?i)(?:^|,)\s*(?:SIP\s*;(?:[^,]*;)?\s*cause\s*=\s*200|Q\.850\s*;(?:[^,]*;)?\s*cause\s*=\s*26)"
    r"(?!\d)"
)
_HIDES = re.compile(r"(?i);\s*privacy\s*=\s*\"?(?:full|uri|name)")
_DECLINED = re.compile(r"(?i)(?:^|,)\s*Q\.850\s*;(?:[^,]*;)?\s*cause\s*=\s*21(?!\d)")
_PTIME = re.compile(r"(?mi)^a=ptime:\s*(\d+)")

_AUDIO = re.compile(r"(?m)^(m=audio \d+ [A-Z/]+)((?: \d+)+)")

_NUMBER = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")
_SEPARATORS = str.maketrans("", "", " -/().")
_LOOKS_LIKE_NUMBER = re.compile(r"\+?[0-9*# /().-]+")
_URI = re.compile(
    r"sips?:(?:[0-9A-Za-z_.!~*'()&=+$,/%-]{1,64}@)?"  # user, RFC 3261 unreserved and escaped
    r"[0-9A-Za-z.-]{1,128}(?::[0-9]{1,5})?"  # host name or IPv4 address, port
    r"(?:;[0-9A-Za-z.=~_%-]{1,64}){0,4}"  # parameters
)
_HOST = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,126}[0-9A-Za-z])?(?::[0-9]{1,5})?")
_DIGITS = re.compile(rf"[0-9*#A-D]{{1,{MAX_DIGITS}}}")
_ESCAPE_SAFE = "-_.!~*'()&=+$,/"  # user-unreserved and mark; '#' is none of them


class BadAddress(ValueError):  # noqa: N818  # reads as what it is
    """A number or address that cannot be dialled; the message is for the user."""


# -- reading ------------------------------------------------------------------


def header_of(message: str, name: str) -> str:
    """Return the first header of that name, unfolded, or an empty string.

    Args:
        message: a whole SIP message or its beginning.
        name: long form, any case.
    """
    return next(iter(headers_of(message, name)), "")


def headers_of(message: str, name: str) -> list[str]:
    """Return all headers of that name, unfolded, in their order; arguments as ``header_of``."""
    head = _FOLD.sub(" ", message.split("\r\n\r\n", 1)[0])
    wanted = name.lower()
    found = []
    for line in head.splitlines()[1:]:
        key, colon, value = line.partition(":")
        key = key.strip().lower()
        if colon and _COMPACT.get(key, key) == wanted:
            found.append(value.strip())
    return found


def party_of(name_addr: str) -> Party:
    """Return who a From, To or P-Asserted-Identity header names.

    Args:
        name_addr: the value, ``"Name" <sip:user@host>;tag=…`` or ``sip:user@host;tag=…``.
    """
    name, rest = "", name_addr
    if quoted := _QUOTED.match(name_addr):
        name, rest = _ESCAPED.sub(r"\1", quoted[1]), name_addr[quoted.end() :]
    elif "<" in name_addr:
        name = name_addr.partition("<")[0].strip()
    uri = rest.partition("<")[2] if "<" in rest else rest
    return Party(printable(user_of(uri)), printable(name))


def user_of(uri: str) -> str:
    """Return the user part of a SIP or tel URI, unescaped, without a password; may be empty."""
    found = _USER.match(uri)
    if found is None or (not found[0].endswith("@") and "tel:" not in found[0].lower()):
        return ""
    return unquote(found[1].partition(":")[0], errors="replace")


def caller_of(invite: str, *, trust_identity: bool) -> Party:
    """Return who calls.

    Args:
        invite: the whole INVITE.
        trust_identity: it comes from our PBX, so P-Asserted-Identity may be believed.
    """
    asserted = header_of(invite, "P-Asserted-Identity") if trust_identity else ""
    party = party_of(asserted) if asserted else Party("")
    said = party_of(header_of(invite, "From"))
    return Party(party.number or said.number or "unknown", party.name or said.name)


def connected_party(message: str) -> Party | None:
    """Return whom the PBX says that we speak with now; None where it says nobody.

    Args:
        message: an answer to our INVITE, or a request within the call, from our PBX.

    Source:
        RFC 3325 sections 5 and 7 (``Privacy: id``: not to be shown); for Remote-Party-ID
        draft-ietf-sip-privacy-04 section 7.
    """
    said = header_of(message, "P-Asserted-Identity")
    if said and "id" in re.split(r"[;,\s]+", header_of(message, "Privacy").lower()):
        return None
    if not said:
        said = header_of(message, "Remote-Party-ID")
        if _HIDES.search(_QUOTED.sub("", said)):
            return None
    party = party_of(said)
    return None if party.number.lower() in _NOBODY else party


def dialled_user(invite: str) -> str:
    """Return the user part of the Request-URI: whom the caller wants."""
    parts = invite.split("\r\n", 1)[0].split(" ")
    return user_of(parts[1]) if len(parts) > 2 else ""


def is_completed_elsewhere(cancel: str) -> bool:
    """Say whether a CANCEL means that another telephone took the call.

    Args:
        cancel: the whole request. Its ``Reason`` is ``SIP;cause=200``, or from some exchanges
            ``Q.850;cause=26`` (non-selected user clearing); it may hold several.

    Source:
        RFC 3326 sections 2 and 3.1; ITU-T Q.850 section 2.2.
    """
    head = _FOLD.sub(" ", cancel.split("\r\n\r\n", 1)[0])
    reasons = (_QUOTED.sub(" ", value) for value in _REASON.findall(head))  # only words of text
    return any(_ELSEWHERE.search(value) for value in reasons)


def is_declined(answer: str) -> bool:
    """Say whether a refusal is that of the other end, whatever status the PBX made of it.

    Args:
        answer: the whole response. Asterisk answers 403 with ``Reason: Q.850;cause=21`` (call
            rejected) to a call whose callee has declined with 603.
    """
    head = _FOLD.sub(" ", answer.split("\r\n\r\n", 1)[0])
    return any(_DECLINED.search(_QUOTED.sub(" ", value)) for value in _REASON.findall(head))


def longest_ptime_ms(message: str) -> int:
    """Return the longest packet time an SDP body asks for, milliseconds; 0 for none.

    What the sender can take at most is no wish (``maxptime``; Asterisk says 140 or 150): PJSIP
    stores that value, and uses it nowhere (``tx_maxptime``, source of 2.15.1 to 2.17).
    """
    return max((int(p[:9]) for p in _PTIME.findall(message)), default=0)


def codec_first(sdp: str, codec: str) -> str:
    """Return an offer with a codec in front of the others; unchanged when it is not in it.

    Args:
        sdp: with one audio stream.
        codec: payload name, such as ``PCMA``.
    """
    named = re.search(rf"(?mi)^a=rtpmap:(\d+) {re.escape(codec)}/", sdp)
    audio = _AUDIO.search(sdp)
    if named is None or audio is None:
        return sdp
    kinds = audio[2].split()
    if named[1] not in kinds:
        return sdp
    ordered = [named[1], *(k for k in kinds if k != named[1])]
    return f"{sdp[: audio.start()]}{audio[1]} {' '.join(ordered)}{sdp[audio.end() :]}"


# -- writing ------------------------------------------------------------------


def target_uri(target: str, domain: str, transport: str = "") -> str:
    """Return the address to send an INVITE to.

    Args:
        target: number with the usual separators, ``tel:``, ``sip:`` or ``sips:`` URI, user name.
        domain: of the account, for what is not a whole address; empty = there is none.
        transport: ``tcp`` or ``tls`` to be added to an address without one, or empty.

    Raises:
        BadAddress: it cannot be dialled.
    """
    text = target.strip()
    if len(text) > MAX_TARGET:
        raise BadAddress(f"expected at most {MAX_TARGET} characters to dial, found {len(text)}")
    if text.lower().startswith(("sip:", "sips:")):
        uri = _whole(text)
    else:
        uri = _in_domain(text.removeprefix("tel:"), domain)
    wanted = f";transport={transport}" if transport and ";transport=" not in uri.lower() else ""
    return uri + wanted


def digits(text: str) -> str:
    """Return DTMF digits in upper case.

    Raises:
        BadAddress: something else than ``0-9*#A-D``, none, or too many.
    """
    if not _DIGITS.fullmatch(text.upper()):
        raise BadAddress(f"expected 1 to {MAX_DIGITS} of the digits 0-9 * # A-D")
    return text.upper()


def host_port(text: str) -> str:
    """Return a ``host`` or ``host:port`` that is safe inside a SIP URI.

    Raises:
        BadAddress: it is not one (IPv6 included: the engine has none).
    """
    if not _HOST.fullmatch(text):
        raise BadAddress(f"expected a host name or IPv4 address, found {printable(text)!r}")
    return text


def is_whole(text: str) -> bool:
    """Return whether a text is a whole SIP address without headers."""
    return _URI.fullmatch(text) is not None


def number_to_show(text: str) -> str:
    """Return a number that a call shall show, separators taken out.

    Raises:
        BadAddress: it cannot stand in a SIP address.
    """
    number = text.strip().translate(_SEPARATORS)
    if not _NUMBER.fullmatch(number):
        raise BadAddress(f"expected a number to show to the other end, found {printable(text)!r}")
    return number


def own_uri(user: str, domain: str, display_name: str = "") -> str:
    """Return the SIP address of an account with its display name quoted.

    Raises:
        BadAddress: the user is empty or too long, or the domain is no host.
    """
    if not 0 < len(user) <= 64:
        raise BadAddress("expected a user of 1 to 64 characters")
    escaped = "".join(c if c not in '"\\' else "\\" + c for c in printable(display_name))
    name = f'"{escaped}" ' if escaped else ""
    return f"{name}<sip:{quote(user, safe=_ESCAPE_SAFE)}@{host_port(domain)}>"


def _whole(text: str) -> str:
    scheme, _, rest = text.partition(":")
    uri = f"{scheme.lower()}:{rest}"
    if not _URI.fullmatch(uri):
        raise BadAddress(
            f"expected a SIP address such as sip:200@192.0.2.10, found {printable(text)!r}"
        )
    return uri


def _in_domain(text: str, domain: str) -> str:
    number = text.translate(_SEPARATORS) if _LOOKS_LIKE_NUMBER.fullmatch(text) else text
    if not _NUMBER.fullmatch(number):
        raise BadAddress(f"expected a number or a SIP address, found {printable(text)!r}")
    if not domain:
        raise BadAddress(
            "a line without a server needs a whole SIP address such as sip:200@192.0.2.10"
        )
    return f"sip:{quote(number, safe=_ESCAPE_SAFE)}@{domain}"
