"""Where calls may go that nobody dials on a device: what a stranger's script must not run up."""

from bridge.model.numbers import Dialable, DialLimits, DialPlan, Kind, Tariff
from bridge.numbers.countries import COUNTRIES


def too_costly(found: Dialable, plan: DialPlan, limits: DialLimits) -> str:
    """Return why a number may not be dialled off the devices, or an empty text.

    Args:
        found: what would be dialled.
        plan: it was read by.
        limits: as configured.
    """
    if found.kind is Kind.EMERGENCY:
        return ""
    if found.tariff is Tariff.PREMIUM and not limits.premium:
        return _sentence("a premium-rate number", "premium: true")
    if found.tariff is Tariff.SATELLITE and not limits.satellite:
        return _sentence("a satellite telephone", "satellite: true")
    if found.tariff is Tariff.UNKNOWN and not (limits.premium and limits.satellite):
        return _sentence("a number that fits no numbering plan", "premium and satellite: true")
    if (
        found.kind is not Kind.EXTENSION
        and limits.countries
        and not _is_allowed(found, plan, limits)
    ):
        country = found.country or "a country that cannot be told"
        return _sentence(f"a number in {country}", "countries with it in")
    return ""


def _sentence(what: str, key: str) -> str:
    return f"{what} is called from a device only: dial it there, or set limits.{key}"


def _is_allowed(found: Dialable, plan: DialPlan, limits: DialLimits) -> bool:
    if not limits.countries or found.kind is Kind.EXTENSION:
        return True
    if found.country:
        return found.country in limits.countries
    if not found.e164:
        return not plan.country or plan.country in limits.countries
    codes = {COUNTRIES[country][0] for country in limits.countries}
    return any(found.e164.startswith(f"+{code}") for code in codes)
