"""Who calls: numbers as the network presents them, for contacts, barring and calling back."""

from bridge.model.numbers import DialPlan, Refused, Send
from bridge.numbers.dialling import Result, dial, listed
from bridge.numbers.found import Reading
from bridge.numbers.typed import compact, is_number

# RFC 3323 section 4.1.1.3 (anonymous); the others are written by PBXs, `unknown` also by us where
# an INVITE names nobody.
_HIDDEN = frozenset(
    {"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld"}
)


def is_hidden(number: str) -> bool:
    """Say whether a caller does not show a number."""
    return number.strip().lower() in _HIDDEN


def is_internal(number: str, plan: DialPlan) -> bool:
    """Say whether a caller is an extension of the same PBX; needs no library, for the ringer."""
    return listed(compact(number), plan)


def caller(number: str, plan: DialPlan) -> str:
    """Return a caller as contacts know it: ``+`` and E.164, an extension, or what was given.

    Args:
        number: as the network gave it: ``+49…``, ``0049…``, ``49…``, national, with or without the
            prefix for an outside line; an extension; a name.
        plan: of the account that is called.
    """
    found = placed(number, plan)
    if found is not None:
        return found.e164
    bare = compact(number)
    return bare if is_number(bare) else number.strip()


def call_back(number: str, plan: DialPlan) -> Result:
    """Return what to dial to call somebody back.

    Args:
        number: as the network gave it.
        plan: of the account that was called.
    """
    if is_hidden(number):
        return Refused("the caller hid the number: there is nobody to call back")
    found = placed(number, plan)
    if found is None or number.strip().startswith("+"):
        return dial(number, plan)
    if plan.send is not Send.TYPED:
        return dial(found.e164, plan)
    is_home = found.calling_code == plan.calling_code
    return dial(found.national if is_home else plan.idd + found.e164[1:], plan)


def placed(number: str, plan: DialPlan) -> Reading | None:
    """Return the public number of a caller, None for extensions, names and what fits no plan."""
    bare = compact(number)
    if bare.startswith("+") and is_number(bare):
        return _valid(bare[1:])
    if not bare.isdigit() or listed(bare, plan):
        return None
    behind = bare.removeprefix(plan.outside)
    for digits in dict.fromkeys((bare, behind)):
        found = _by_plan(digits, plan)
        if found is not None:
            return found
    return None


def _by_plan(digits: str, plan: DialPlan) -> Reading | None:
    from bridge.numbers.reading import national  # noqa: PLC0415  # slow, see there

    if digits.startswith(plan.idd):
        return _valid(digits.removeprefix(plan.idd))
    # Trunks often give the country code without a +. Nobody's local number is that long.
    full = _valid(digits) if plan.calling_code and digits.startswith(plan.calling_code) else None
    if full is not None and len(digits) > _LONGEST_LOCAL:
        return full
    found = national(digits, plan.country, plan.area) if plan.country else None
    return found if found is not None and found.valid else full


_LONGEST_LOCAL = 9  # digits of a number without area code: Germany's longest in use


def _valid(digits: str) -> Reading | None:
    from bridge.numbers.reading import international  # noqa: PLC0415  # slow, see there

    found = international(digits)
    return found if isinstance(found, Reading) and found.valid else None
