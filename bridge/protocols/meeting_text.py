"""How to dial into a meeting, found in the text of its invitation. The page is ``meetings.md``.

Theory of operation. Invitations are made by programs, in a few forms that are known. What is
certain comes first: a ``tel:`` link or a number with digits behind commas, which say everything;
then a number with a word such as "PIN:" close behind it. Where none of these is found there is
nothing to dial: a number that merely stands somewhere in the text is a person's.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from urllib.parse import unquote

from bridge.model.engine_limits import MAX_DIGITS
from bridge.model.meetings import LONGEST_DIGITS, MOST_DIAL_INS, DialIn

LONGEST_TEXT = 32_768  # characters of one invitation that are looked at; the longest seen has 6,000
_NUMBER_LENGTHS = range(2, 21)  # digits: an extension of ours .. E.164 behind a carrier's prefix
_WORLDWIDE_LENGTHS = range(7, 16)  # digits behind +, ITU-T E.164
_LABEL_WITHIN = 400  # characters between a number and the word that says what to press

# "+49 69 7104 9922", "+1.512.402.2718", "+49 (0) 69 123456", "069/123456". A national number of
# another country, such as "1-844-531-0958", would be somebody else's here: only 0 or +.
_NUMBER = r"(?:\+|\b0)[0-9 ()./\u00a0-]{4,28}[0-9]"
_TAP = re.compile(rf"({_NUMBER})[ ]?(,[0-9,*# ]{{2,{LONGEST_DIGITS}}})")
_LINK = re.compile(r"(?i)\btel:([0-9a-z+().,;=*#%/-]{3,160})")
_NUMBERS = re.compile(_NUMBER)
_LIST = re.compile(r"(?i)(?:dial by your location|einwahl nach aktuellem standort)[^\n]{0,40}\n")

_ID = r"[ \t]{0,4}:?[ \t]{0,4}\n?[ \t]{0,8}([0-9](?:[ \u00a0-]?[0-9]){2,15})[ ]?(#{0,2})"
_LABELS = (  # what to press, the most certain first
    re.compile(r"(?i)conference[ -]id" + _ID),
    re.compile(r"(?i)konferenz-?[ ]?id" + _ID),
    re.compile(r"(?i)\bPIN\b" + _ID),
    re.compile(r"(?i)(?:access code|zugriffscode|zugangscode)\)?" + _ID),
    re.compile(r"(?i)enter\s{1,4}([0-9]{4,12})(#{0,2})\s{1,4}as the conference pin"),
    re.compile(r"(?i)meeting[- ]?(?:id|number|nummer)" + _ID),
)
_NOT_FOR_TELEPHONES = _LABELS[-1:]  # where the meeting is one of Teams
_PASSCODE = re.compile(r"(?i)(?:passcode|kenncode)[ \t]{0,4}:[ \t]{0,4}([0-9]{4,10})\b")
_TEAMS = re.compile(r"(?i)teams\.(?:microsoft|live)\.com|microsoft teams")
_ZOOM = re.compile(r"(?i)\bzoom(?:gov)?\b")


def find_dial_ins(texts: Iterable[str], links: Iterable[str] = ()) -> tuple[DialIn, ...]:
    """Return how to dial into a meeting, best first, each number once.

    Args:
        texts: location and description of the meeting, plain or HTML; foreign.
        links: what its properties name; what is no ``tel:`` link is ignored.
    """
    text = "\n".join(_plain(one) for one in texts)[:LONGEST_TEXT]
    found = [one for link in links if link[:4].lower() == "tel:" for one in read_tel(link[4:])]
    found += [one for one in _linked(text) if one.digits]
    found += _tapped(_LINK.sub(" ", text))
    if found and found[-1].digits:
        found += _listed(text, found[-1].digits)
    if not found:
        found = [*_labelled(text)]
    by_number: dict[str, DialIn] = {}
    for one in found:
        by_number.setdefault(one.number, one)
    return tuple(by_number.values())[:MOST_DIAL_INS]


def _tapped(text: str) -> Iterator[DialIn]:
    """Yield numbers with digits behind commas, as telephones dial them at a tap."""
    for match in _TAP.finditer(text):
        yield from (one for one in dial_in(match[1], match[2]) if one.digits)


def _listed(text: str, digits: str) -> Iterator[DialIn]:
    """Yield the numbers of Zoom's list for other countries: the same is pressed behind each."""
    heading = _LIST.search(text)
    if heading is None:
        return
    for line in text[heading.end() :].splitlines():
        number = _NUMBERS.search(line)
        if number is not None:
            yield from dial_in(number[0], f",{digits}")
        elif line.strip():
            return


def _labelled(text: str) -> Iterator[DialIn]:
    """Yield the numbers that a word close behind them says what to press for."""
    of_teams = bool(_TEAMS.search(text))
    for label in _LABELS:
        if of_teams and label in _NOT_FOR_TELEPHONES:
            continue
        for match in label.finditer(text):
            numbers = _NUMBERS.findall(text[max(0, match.start() - _LABEL_WITHIN) : match.start()])
            digits = re.sub(r"[ \u00a0-]", "", match[1]) + (match[2] or "#")
            found = [one for n in numbers for one in dial_in(n, digits + _passcode(text))]
            if found:
                yield from found
                return


def _passcode(text: str) -> str:
    """Return what Zoom wants behind its id: its own links press ``,,,,*PASSCODE#``."""
    found = _PASSCODE.search(text) if _ZOOM.search(text) else None
    return f",,,,*{found[1]}#" if found else ""


# -- numbers ------------------------------------------------------------------


def _linked(text: str) -> Iterator[DialIn]:
    for match in _LINK.finditer(text):
        yield from read_tel(match[1])


def read_tel(rest: str) -> Iterator[DialIn]:
    """Yield what is behind ``tel:``, nothing where it cannot be dialled.

    RFC 3966, with ``postd`` of RFC 2806 and digits behind commas as telephones take them.

    Args:
        rest: without the scheme, percent-encoded or not; foreign.
    """
    plain = unquote(rest.rstrip(".,;)>"))
    head, comma, later = plain.partition(",")
    subscriber, *parameters = head.split(";")
    given = dict(one.partition("=")[::2] for one in parameters)
    post = given.get("postd", given.get("ext", ""))
    yield from dial_in(subscriber, post + comma + later)


def dial_in(number: str, digits: str) -> Iterator[DialIn]:
    """Yield a number with its digits, nothing where either cannot be dialled.

    Args:
        number: with what stands between digits for the eye.
        digits: to press, with ``,``, ``;``, ``p`` or ``w`` for pauses.
    """
    if re.search(r"[^0-9 ()./\u00a0+-]", number):
        return
    plus = "+" if number.strip().startswith("+") else ""
    bare = re.sub(r"[^0-9]", "", number.replace("(0)", "") if plus else number)
    later = clean_digits(digits)
    lengths = _WORLDWIDE_LENGTHS if plus else _NUMBER_LENGTHS
    if len(bare) in lengths and later is not None:
        yield DialIn(plus + bare, later)


def clean_digits(text: str) -> str | None:
    """Return digits and pauses as the core takes them, None where no telephone can press them.

    The first pause is not written: there is one between the answer and the first digit anyway.
    """
    pauses = re.sub(r"(?i)[pw;]", ",", re.sub(r"[ \u00a0-]", "", text))
    digits = pauses.removeprefix(",").rstrip(",")
    if not re.search(r"[0-9]", digits):
        return "" if not re.search(r"[^,*#]", digits) else None
    fits = re.fullmatch(r"[0-9*#,]+", digits) and len(digits) <= LONGEST_DIGITS
    return digits if fits and all(len(run) <= MAX_DIGITS for run in digits.split(",")) else None


# -- HTML ---------------------------------------------------------------------


class _Text(HTMLParser):
    """The text of HTML, a line for each block, with what its telephone links lead to."""

    _BLOCKS = frozenset({"br", "p", "div", "li", "tr", "td", "h1", "h2", "h3", "hr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCKS:
            self.parts.append("\n")
        address = dict(attrs).get("href") or ""
        if address[:4].lower() == "tel:":
            self.parts.append(f" {address}\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _plain(text: str) -> str:
    """Return foreign text as lines; HTML without its marks."""
    text = text[:LONGEST_TEXT]
    if "<" not in text:
        return text
    reader = _Text()
    # Plain text writes links as <tel:+1...>, which HTML would take for a mark.
    reader.feed(re.sub(r"(?i)<(tel:[^<>]{1,200})>", r" \1\n", text))
    reader.close()
    return "".join(reader.parts)
