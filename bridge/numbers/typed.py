"""From a typed, pasted or clicked text to the bare number in it.

Dropped are blanks, brackets, dashes, dots, slashes and what web pages put between digits without
showing it; digits of other scripts are read as digits. Links: ``tel:`` (RFC 3966), ``callto:``,
``sip:`` and ``sips:`` (RFC 3261 section 19.1).
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from bridge.model.engine_limits import MAX_DIGITS
from bridge.model.numbers import Refused
from bridge.model.redaction import printable

LONGEST_LATER = 64  # digits and pauses after the answer: meeting, participant and passcode
LONGEST_TEXT = 128  # characters: a SIP address of the engine (model.engine_limits.MAX_TARGET)

_BETWEEN = frozenset(("Zs", "Zl", "Zp", "Cf", "Pd", "Ps", "Pe", "Mn", "Me"))
# also middle dot, bullet, quotes, fraction and division slash, minus sign
_ALSO_BETWEEN = frozenset("\t\r\n\v\f./\\_~\u00b7\u2022'\u2019\u2044\u2215\u2212")
_SIGNS = {"\uff0b": "+", "\uff0a": "*", "\uff03": "#"}  # full-width forms
_NUMBER = re.compile(r"\+?[0-9]+#?|[*#][0-9*#]*\+?[0-9*#]+|[0-9][0-9*#]*")
# User parts as protocols.sip_text takes them, but no number
_NAME = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z+*#._-]{1,64}")
_LATER = re.compile(r"(?i)[,;]|(?<=[0-9])\s*[pwx]\s*(?=[0-9])|\b(?:ext|durchwahl)\b\.?")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")  # ITU-T E.161
_IN_LETTERS = re.compile(r"\+?[0-9]{3,}[A-Za-z]{3,}")  # "0800 TAXI"; "2a" is a user's name

EXPECTED = "a number, an extension, a star code or a SIP address"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a text.

    Args:
        number: ``+``, digits, ``*`` and ``#``; empty when there is none.
        address: the whole SIP address or user name, where it was one.
        host: the host part of the address, lower case, without port.
        later: digits to be sent once the call is up, a ``,`` for each pause; empty for none.
        fault: why it is not dialled although there is a number in it; an emergency number is.
    """

    number: str = ""
    address: str = ""
    host: str = ""
    later: str = ""
    fault: str = ""


def read(text: str) -> Typed | Refused:
    """Return what stands in a text.

    Args:
        text: as typed or clicked; not trusted.
    """
    text = text.strip()
    if not text:
        return Refused("no number was given")
    if len(text) > LONGEST_TEXT:
        return Refused(f"found {len(text)} characters to dial, expected at most {LONGEST_TEXT}")
    scheme, colon, rest = text.partition(":")
    match scheme.lower().strip() if colon else "":
        case "tel" | "callto":
            return _link(rest)
        case "sip" | "sips":
            return _address(f"{scheme.lower().strip()}:{rest.strip()}", rest.strip())
        case _:
            return _plain(text)


def compact(text: str) -> str:
    """Return a text without what stands between digits only for the eye."""
    return "".join(map(_digit, text))


def is_number(compacted: str) -> bool:
    """Say whether a compacted text is a number or star code."""
    return _NUMBER.fullmatch(compacted) is not None


def _digit(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    if value is not None:
        return str(value)
    if sign in _ALSO_BETWEEN or unicodedata.category(sign) in _BETWEEN:
        return ""
    return _SIGNS.get(sign, sign)


def _link(rest: str) -> Typed | Refused:
    """Read ``tel:`` and ``callto:``; an area or country as context completes the number."""
    subscriber, *parameters = unquote(rest).strip().removeprefix("//").partition("?")[0].split(";")
    given = dict(p.partition("=")[::2] for p in map(str.lower, parameters))
    number = compact(subscriber)
    if is_number(number) and (later := given.get("ext") or given.get("postd")):
        return _with_later(number, re.sub("^[,p]", "", later))
    context = compact(given.get("phone-context", ""))
    # Digits in the link itself: whoever needs help is not kept waiting by a context (see emergency)
    if context.startswith("+") and is_number(context + number) and len(number) > len("112"):
        number = context + number
    return Typed(number) if is_number(number) else _plain(subscriber)


def _address(address: str, rest: str) -> Typed | Refused:
    user, at, host = rest.partition(";")[0].rpartition("@")
    if ";" in rest.partition("@")[0] and "@" in rest:  # sip:112;phone-context=+49@host
        user, at, host = rest.rpartition("@")
        user, host = user.partition(";")[0], host.partition(";")[0]
    number = compact(unquote(user.partition(":")[0])) if at else ""
    number = number if is_number(number) else ""
    fits = address.isascii() and address.isprintable() and " " not in address
    if not number and not fits:
        return _not_understood(address)
    name = host.partition(":")[0].strip().lower().rstrip(".")
    return Typed(number, address, name, fault="" if fits else _not_understood(address).reason)


def _plain(text: str) -> Typed | Refused:
    number = compact(text)
    if is_number(number):
        return Typed(number)
    if _IN_LETTERS.fullmatch(number):
        return Typed(number.upper().translate(_KEYPAD))
    head, *tail = _LATER.split(text, maxsplit=1)
    if tail and is_number(compact(head)):
        return _with_later(compact(head), tail[0])
    if "@" in text:
        return _address(f"sip:{text}", text)
    return Typed(address=text) if _NAME.fullmatch(text) else _not_understood(text)


def _with_later(number: str, text: str) -> Typed:
    """Return a number with what is pressed after the answer (RFC 3966 ``ext``, ``postd``).

    A pause between the answer and the first digit need not be said: there is always one.
    """
    pauses = re.sub(r"(?i)[pw;]", ",", "".join(map(_digit, text)))
    digits = re.sub(r"[^0-9*#,]", "", pauses).rstrip(",")
    longest = max(map(len, digits.split(",")))
    if len(digits) > LONGEST_LATER or longest > MAX_DIGITS:
        found = f"found {len(digits)} signs to be sent after the answer, {longest} without a pause"
        return Typed(number, fault=f"{found}, expected at most {LONGEST_LATER} and {MAX_DIGITS}")
    return Typed(number, later=digits)


def _not_understood(text: str) -> Refused:
    return Refused(f"found {printable(text, 40)!r}, expected {EXPECTED}")
