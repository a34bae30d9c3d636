"""Public numbers by the numbering plans of the world: the only user of ``phonenumbers``.

The library takes 30 ms and 2.6 MiB to import, so whoever needs this module imports it where it is
needed and not at the top.
"""

import phonenumbers as library
from phonenumbers import PhoneNumber
from phonenumbers import shortnumberinfo as short

from bridge.model.numbers import Tariff
from bridge.numbers.countries import COUNTRIES
from bridge.numbers.found import Fault, Reading, Shape

# ITU-T E.164 assigned country codes: 870 Inmarsat, 881 and 882 global mobile satellite and others.
_SATELLITE = frozenset({870, 881, 882})
_PREMIUM_WORLDWIDE = 979  # ITU-T E.169.2
# Directory enquiries, expensive: CEPT recommendation ECTRA/REC(00)02, harmonised code 118.
_DIRECTORY, _SHORTEST_DIRECTORY = "118", 5
_EUROPE = ("3", "4")  # zones of ITU-T E.164 country codes
_SHORTEST_SERVICE, _LONGEST_SERVICE = 3, 6  # 110 … 116117
_FREE_TRUNK = "1"  # North America: the 1 before an area code may be left out; a 0 elsewhere not


def international(digits: str, shape: Shape = Shape.PLUS) -> Reading | Fault:
    """Return the number behind a ``+``, or why there is none.

    Args:
        digits: country code first, without ``+``.
        shape: how it was typed.
    """
    try:
        number = library.parse(f"+{digits}")
    except library.NumberParseException as error:
        return _FAULTS.get(error.error_type, Fault.SHORT)
    reason = library.is_possible_number_with_reason(number)
    if reason == library.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return Fault.AREA
    if reason != library.ValidationResult.IS_POSSIBLE:
        long = reason == library.ValidationResult.TOO_LONG
        return Fault.LONG if long else Fault.SHORT
    return _reading(number, shape)


def national(digits: str, country: str, area: str) -> Reading | None:
    """Return a number as typed inside a country, None if it cannot be one.

    Args:
        digits: without ``+``; may begin with the prefix for calls abroad.
        country: ISO 3166 code.
        area: area code for numbers without one, or empty.
    """
    code, idd, trunk, _ = COUNTRIES[country]
    if digits.startswith(idd):
        abroad = international(digits.removeprefix(idd), Shape.IDD)
        if isinstance(abroad, Reading):
            return abroad
    if trunk and trunk != _FREE_TRUNK and not digits.startswith(trunk):
        return _local(area, digits, code)
    try:
        number = library.parse(digits, country)
    except library.NumberParseException:
        return None
    match library.is_possible_number_with_reason(number):
        case library.ValidationResult.IS_POSSIBLE:
            return _reading(number, Shape.NATIONAL) if number.country_code == int(code) else None
        case library.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return _local(area, digits, code)
        case _:
            return None


def _local(area: str, digits: str, code: str) -> Reading | None:
    found = international(f"{code}{area}{digits}", Shape.LOCAL) if area else None
    return found if isinstance(found, Reading) else None


def service(digits: str, country: str) -> Tariff | None:
    """Return what a public short number costs, None if it is no such number."""
    if not _SHORTEST_SERVICE <= len(digits) <= _LONGEST_SERVICE or digits.startswith("0"):
        return None
    number = library.PhoneNumber(int(COUNTRIES[country][0]), int(digits))
    if not short.is_valid_short_number_for_region(number, country):
        return None
    if short.is_carrier_specific_for_region(number, country):
        return None
    if short.is_sms_service_for_region(number, country):
        return None
    if _is_directory(digits, country):
        return Tariff.PREMIUM
    cost = short.expected_cost_for_region(number, country)
    costs = {
        short.ShortNumberCost.TOLL_FREE: Tariff.FREE,
        short.ShortNumberCost.PREMIUM_RATE: Tariff.PREMIUM,
    }
    return costs.get(cost, Tariff.NORMAL)


def _is_directory(digits: str, country: str) -> bool:
    in_europe = COUNTRIES[country][0].startswith(_EUROPE)
    return in_europe and digits.startswith(_DIRECTORY) and len(digits) >= _SHORTEST_DIRECTORY


def _reading(number: "PhoneNumber", shape: Shape) -> Reading:
    form = library.PhoneNumberFormat
    pretty_national = library.format_number(number, form.NATIONAL)
    country = library.region_code_for_number(number) or ""
    return Reading(
        shape=shape,
        e164=library.format_number(number, form.E164),
        national="".join(filter(str.isdigit, pretty_national)),
        pretty=library.format_number(number, form.INTERNATIONAL),
        pretty_national=pretty_national,
        country=country if country in COUNTRIES else "",
        calling_code=str(number.country_code),
        tariff=_tariff(number),
        valid=library.is_valid_number(number),
    )


def _tariff(number: "PhoneNumber") -> Tariff:
    if number.country_code in _SATELLITE:
        return Tariff.SATELLITE
    if number.country_code == _PREMIUM_WORLDWIDE:
        return Tariff.PREMIUM
    kinds = library.PhoneNumberType
    tariffs = {
        kinds.PREMIUM_RATE: Tariff.PREMIUM,
        kinds.SHARED_COST: Tariff.SHARED,
        kinds.TOLL_FREE: Tariff.FREE,
    }
    return tariffs.get(library.number_type(number), Tariff.NORMAL)


_FAULTS = {  # phonenumbers.NumberParseException
    0: Fault.COUNTRY,
    1: Fault.SHORT,
    2: Fault.SHORT,
    3: Fault.SHORT,
    4: Fault.LONG,
}
