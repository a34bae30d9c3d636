"""The words for a public number that was read; light, see ``reading``."""

from dataclasses import dataclass
from enum import Enum

from bridge.model.numbers import Tariff


class Shape(Enum):
    """How a number was typed."""

    PLUS = "plus"
    IDD = "idd"
    NATIONAL = "national"
    LOCAL = "local"


class Fault(Enum):
    """Why a number cannot be one."""

    COUNTRY = "there is no such country code"
    SHORT = "the number is too short"
    LONG = "the number is too long"
    AREA = "the area code is missing"


@dataclass(frozen=True, slots=True)
class Reading:
    """A public number.

    Args:
        shape: as typed.
        e164: with ``+``.
        national: digits as dialled inside its country.
        pretty: international form with blanks.
        pretty_national: national form with blanks and brackets.
        country: ISO 3166 code, empty where several share a code and it cannot be told.
        calling_code: such as ``49``.
        tariff: what it costs.
        valid: it belongs to somebody's range; else only its length fits.
    """

    shape: Shape
    e164: str
    national: str
    pretty: str
    pretty_national: str
    country: str
    calling_code: str
    tariff: Tariff
    valid: bool
