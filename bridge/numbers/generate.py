"""Writes ``countries.py`` from the metadata of the library ``phonenumbers``.

``python -m bridge.numbers.generate`` writes it, ``--check`` only says whether it is stale. A table
of our own because emergency calls must not depend on a library that may be missing or broken, and
because a daemon that dials nobody has no use for its 2.6 MiB.
"""

import itertools
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import REGION_CODE_FOR_NON_GEO_ENTITY

PAGE = Path(__file__).with_name("countries.py")
COMMAND = "python -m bridge.numbers.generate"

HEAD = '''\
"""Country codes and emergency numbers of the world; made by ``generate``, do not edit.

Source: metadata of libphonenumber, library ``phonenumbers``.
"""

# ISO 3166 code: calling code, what is dialled before a country code and before an area code,
# emergency numbers
COUNTRIES = {
'''


def rows() -> Iterator[str]:
    """Return the table, a line a country."""
    PhoneMetadata.load_all()
    every = {
        length: "\n".join(map("".join, itertools.product("0123456789", repeat=length)))
        for length in range(2, 7)
    }
    for country in sorted(PhoneMetadata._region_metadata):  # noqa: SLF001  # no public list
        meta = PhoneMetadata.metadata_for_region(country)
        if meta is None or country == REGION_CODE_FOR_NON_GEO_ENTITY:
            continue
        idd = _idd(meta.preferred_international_prefix or meta.international_prefix or "")
        before = f'"{meta.country_code}", "{idd}", "{meta.national_prefix or ""}"'
        yield from _row(country, before, _emergency(country, every))


def _row(country: str, before: str, numbers: list[str]) -> Iterator[str]:
    """Return an entry: one line, or many where there are many numbers."""
    lines = textwrap.wrap(" ".join(numbers), 80)
    if len(lines) < 2:
        yield f'    "{country}": ({before}, "{" ".join(lines)}"),'
        return
    yield f'    "{country}": ('
    yield from (f"        {part}," for part in before.split(", "))
    yield "        ("
    yield from (f'            "{line} "' for line in lines[:-1])
    yield f'            "{lines[-1]}"'
    yield "        ),"
    yield "    ),"


def _idd(pattern: str) -> str:
    """Return the usual international prefix; patterns with a choice of carriers begin with it."""
    plain = re.match(r"[0-9]+", pattern.replace("~", ""))  # ~: wait for a second dial tone
    return plain[0] if plain else "00"


def _emergency(country: str, every: dict[int, str]) -> list[str]:
    meta = PhoneMetadata.short_metadata_for_region(country)
    if meta is None or meta.emergency is None or not meta.emergency.national_number_pattern:
        return []
    pattern = re.compile(rf"^(?:{meta.emergency.national_number_pattern})$", re.MULTILINE)
    lengths = meta.emergency.possible_length
    return [found[0] for length in lengths for found in pattern.finditer(every[length])]


def text() -> str:
    """Return the module."""
    return HEAD + "\n".join(rows()) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with ``--check`` say that it is stale."""
    if arguments != ["--check"]:
        PAGE.write_text(text(), encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text():
        return 0
    print(f"{PAGE} is stale: run {COMMAND}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
