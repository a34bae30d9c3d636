"""Search filters for an LDAP directory of people, as text (RFC 4515)."""

from bridge.model.contacts import comparable, tail
from bridge.model.directories import LdapSettings
from bridge.model.finding import MOST_WORDS, needles

_SPECIAL = str.maketrans({"\\": r"\5c", "*": r"\2a", "(": r"\28", ")": r"\29", "\0": r"\00"})


def escaped(text: str) -> str:
    """Return a text as a value in a filter: what means something there is written in hex."""
    return text.translate(_SPECIAL)


def number_filter(settings: LdapSettings, number: str) -> str:
    """Return the filter that finds whom a number may belong to; compare what comes back.

    The last digits with anything between them: directories hold numbers with blanks, hyphens,
    slashes and brackets, and only the first two are ignored by the server (RFC 4517 4.2.29).

    Args:
        settings: of the directory.
        number: telephone number; its digits are used.
    """
    wanted = tail(number)
    pattern = "*".join(("", *map(escaped, wanted)))
    if len(comparable(number)) > len(wanted) or wanted.isdecimal():
        return _all(settings.people, _any(settings.numbers, pattern))
    return _all(settings.people, _any(settings.numbers, escaped(wanted)))


def words_filter(settings: LdapSettings, words: str) -> str:
    """Return the filter for people with all these parts of words in name, company or number."""
    attributes = (settings.name, settings.company, *settings.numbers)
    parts = []
    for word in words.split()[:MOST_WORDS]:
        found = "".join(_any(attributes, f"*{escaped(one)}*") for one in _spellings(word))
        parts.append(f"(|{found})")
    return _all(settings.people, *parts)


def _spellings(word: str) -> list[str]:
    """Return how a word may stand in a directory, which compares accents as they are."""
    folded = (spelling for spellings in needles(word) for spelling in spellings)
    umlaut = word.casefold()
    for two, one in (("ae", "ä"), ("oe", "ö"), ("ue", "ü")):
        umlaut = umlaut.replace(two, one)
    return list(dict.fromkeys((word, *folded, umlaut)))


def _any(attributes: tuple[str, ...], value: str) -> str:
    return "(|" + "".join(f"({name}={value})" for name in attributes if name) + ")"


def _all(*filters: str) -> str:
    return "(&" + "".join(filters) + ")"
