"""Emergency numbers: found in any dress, before every other rule, and sent bare.

What is sent is what the caller meant, never made longer: no area code, no country code, no prefix
for an outside line that was not typed. One that was typed stays (``0112`` where 0 is the way out):
who types it knows a PBX that wants it, and a PBX that is set up with a prefix understands it.
Everything else around the number is taken off: ``+49 112`` and ``*31# 112`` lead nowhere.
"""

from bridge.model.numbers import EMERGENCY_ANYWHERE, EMERGENCY_UNPLACED, DialPlan
from bridge.numbers.codes import code_of
from bridge.numbers.countries import COUNTRIES


def numbers_of(country: str) -> frozenset[str]:
    """Return the emergency numbers of a country; of several where it is not known.

    Args:
        country: ISO 3166 code, or empty.
    """
    if country not in COUNTRIES:
        return EMERGENCY_UNPLACED
    return EMERGENCY_ANYWHERE | frozenset(COUNTRIES[country][3].split())


def emergency(number: str, plan: DialPlan) -> str:
    """Return what to send for an emergency number, or an empty text if it is none.

    Args:
        number: compacted, see ``typed``.
        plan: of the account.
    """
    bare = number.removesuffix("#")
    if bare in plan.emergency:
        return bare
    if plan.outside and bare.removeprefix(plan.outside) in plan.emergency:
        return bare
    code = code_of(number)
    if code is not None:
        return "" if code.forwards else emergency(code.number, plan) if code.number else ""
    return _abroad(bare, plan)


def leads_to_emergency(number: str, plan: DialPlan) -> bool:
    """Say whether a star code would forward calls to an emergency number."""
    code = code_of(number)
    return code is not None and code.forwards and bool(emergency(code.number, plan))


def _abroad(number: str, plan: DialPlan) -> str:
    """Find one behind a country code: ``+49 112`` is no number anybody has."""
    for prefix in ("+", plan.idd, plan.outside + plan.idd):
        rest = number.removeprefix(prefix)
        if rest != number:
            national = rest.removeprefix(plan.calling_code) if plan.calling_code else rest
            found = rest if prefix == "+" and rest in plan.emergency else national
            if found in plan.emergency and (prefix == "+" or national != rest):
                return found
    return ""
