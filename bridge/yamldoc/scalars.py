"""The core schema of YAML 1.2.2, chapter 10.3: what an unquoted word means."""

import re

_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_OCT = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

LONGEST_NUMBER = 40  # characters; no setting of ours needs half of it


class UnusableNumberError(ValueError):
    """A number of the core schema that nobody can mean."""


def plain_scalar(text: str) -> bool | int | float | str | None:
    """Return the value of an unquoted word.

    Args:
        text: the word as written, without surrounding blanks.

    Raises:
        UnusableNumberError: infinite, not a number, too large for a double, or longer than
            ``LONGEST_NUMBER`` characters.
    """
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text.lower() == "true"
    return _number(text)


def _number(text: str) -> int | float | str:
    """Return a number, or the word itself."""
    if _NOT_FINITE.fullmatch(text):
        raise UnusableNumberError(text)
    for form, base in ((_INT, 10), (_OCT, 8), (_HEX, 16)):
        if form.fullmatch(text):
            return int(_short(text), base)
    if not _FLOAT.fullmatch(text):
        return text
    value = float(_short(text))
    if value in (float("inf"), float("-inf")):
        raise UnusableNumberError(text)
    return value


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise UnusableNumberError(text[:LONGEST_NUMBER] + "…")
    return text
