"""Star codes that carry a number: read for barring, limits and emergencies, sent untouched."""

import re
from dataclasses import dataclass

# Forwarding. *11 … *14 (also *11* before a mailbox): DFN VoIP-Centrex, web app manual.
# *21*, **21*, *61*, *62*, *67*, *002*, *004*: 3GPP TS 22.030 annex B, also many German PBXs.
_FORWARDS = (
    re.compile(r"\*1[1-4]\*?(?P<number>\+?[0-9]{2,})"),
    re.compile(r"\*\*?(?:21|61|62|67|002|004)\*(?P<number>\+?[0-9]{2,})(?:[*#].*)?"),
)
# A call with something special. *31# and #31#: caller id shown or not, 3GPP TS 22.030;
# *67, *82: the same in North America; *80: intercom (DFN VoIP-Centrex).
_CALLS = re.compile(r"(?:\*31[#*]|#31#|\*67|\*82|\*80)(?P<number>\+?[0-9]{2,})#?")


@dataclass(frozen=True, slots=True)
class Code:
    """A star code.

    Args:
        number: the number it carries, empty if none is known to be in it.
        forwards: it forwards calls there.
    """

    number: str = ""
    forwards: bool = False


def code_of(number: str) -> Code | None:
    """Return what is known of a star code, None for what is none.

    Args:
        number: compacted, see ``typed``.
    """
    for pattern in _FORWARDS:
        if found := pattern.fullmatch(number):
            return Code(found["number"], forwards=True)
    if found := _CALLS.fullmatch(number):
        return Code(found["number"])
    return Code() if "*" in number or "#" in number else None
