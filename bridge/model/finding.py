"""Finding people as they are typed: any part of any word, whatever the accents.

A text is kept as a *haystack*: small letters, accents taken off, words parted by one blank. What
German writes with an umlaut stands in it twice, as ``muller`` and as ``mueller``. A question is
words too, and each of them has to be somewhere in the haystack; order and gaps do not matter.
"""

import re
import unicodedata

LONGEST_HAYSTACK = 400  # characters; a name, a company and four numbers have about 120
MOST_WORDS = 8  # of a question; what is typed beyond them does not narrow anything

_WORD = re.compile(r"[^\W_]+")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_PLAIN = str.maketrans({"ø": "o", "æ": "a", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


def haystack(*texts: str) -> str:
    """Return what a question is looked for in.

    Args:
        texts: name, company, numbers; as people write them.
    """
    plain, german = _plain_and_german(" ".join(texts))
    extra = [word for word in german if word not in plain] if german is not plain else []
    return " ".join([*plain, *extra])


def needles(question: str) -> tuple[tuple[str, ...], ...]:
    """Return what has to be in a haystack: for each word its spellings, one of which suffices.

    The longest word comes first, because it is the rarest.

    A number is found by its digits, whatever stands between them, and with or without the zeros
    in front: ``+49 30``, ``0049 30`` and ``030`` all find ``+4930``.

    Args:
        question: as typed, any length.
    """
    pairs = zip(*_plain_and_german(question), strict=True)  # parted at the same places
    words = [_spellings(one, other) for one, other in pairs][:MOST_WORDS]
    return tuple(sorted(words, key=lambda spellings: -len(spellings[0])))  # the rarest first


def is_found(question: str, text: str) -> bool:
    """Say whether a question finds a haystack."""
    return all(any(word in text for word in spellings) for spellings in needles(question))


def _spellings(plain: str, german: str) -> tuple[str, ...]:
    spellings = [plain, german]
    if plain.isdecimal() and plain.lstrip("0") and plain.startswith("0"):
        spellings.append(plain.lstrip("0"))
    return tuple(dict.fromkeys(spellings))


def _plain_and_german(text: str) -> tuple[list[str], list[str]]:
    text = text[:LONGEST_HAYSTACK].casefold()
    if text.isascii():  # most are: eight times faster
        words = _words(text)
        return words, words
    text = unicodedata.normalize("NFC", text)
    return _words(_without_accents(text)), _words(_without_accents(text.translate(_GERMAN)))


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    # Letters of mathematics become plain capitals only now.
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
