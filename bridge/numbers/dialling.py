"""From a typed text to what is dialled.

The first rule that knows the text decides:

1. emergency numbers, in any dress;
2. SIP addresses and names of users: as they are;
3. star codes: as they are, but the number in them is read for barring and limits;
4. extensions of the plan;
5. ``+`` and a country code;
6. public short numbers, such as 116117;
7. national, local and ``00`` numbers of the plan's country, as typed or behind the prefix for an
   outside line: a number that exists wins over one that only fits in length, and of two that exist
   the one as typed;
8. everything else as digits: the PBX may know.
"""

import re
from dataclasses import replace

from bridge.model.numbers import Dialable, DialPlan, Kind, Refused, Send, Tariff
from bridge.numbers import emergency as sos
from bridge.numbers.codes import Code, code_of
from bridge.numbers.found import Fault, Reading, Shape
from bridge.numbers.typed import Typed, read

# Extensions of a PBX whose list is not configured. No 118xx: directory enquiries, expensive.
_SHORT_EXTENSION = re.compile(r"[1-9][0-9]{0,4}")
_DIRECTORY = re.compile(r"118[0-9]{2}")
_SHORTEST_PREMIUM = 4  # digits of public short numbers that cost more than a call
LONGEST_LOCAL = 11  # digits without area code: ITU-T E.164 leaves 12 for the whole in +49
LONGEST_DIGITS = 32  # digits sent without being understood: E.164 has 15, carriers add prefixes

Result = Dialable | Refused

_FORWARD_TO_EMERGENCY = (
    "calls are not forwarded or transferred to an emergency number: hang up and dial it alone"
)

_NOBODY_PRESSES = (
    "found digits to be sent after the answer, which nobody here could press there: send calls to "
    "the number alone"
)


def dial(text: str, plan: DialPlan) -> Result:
    """Return what is to be sent for a text, or why it is not dialled.

    Args:
        text: as typed, pasted, or from a link; not trusted.
        plan: of the account that is to call.
    """
    typed = read(text)
    if isinstance(typed, Refused):
        return typed
    found = _decide(typed, plan)
    steps = (_first_step(typed), *found.steps)
    if isinstance(found, Refused):
        return replace(found, steps=steps)
    return replace(found, steps=steps, number=found.number or found.target)


def pass_on(text: str, plan: DialPlan) -> Result:
    """Return where to transfer, divert or forward a call; never to an emergency number.

    Args:
        text: the target as typed.
        plan: of the account that has the call.
    """
    found = dial(text, plan)
    if isinstance(found, Dialable) and found.kind is Kind.EMERGENCY:
        return Refused(_FORWARD_TO_EMERGENCY, found.steps)
    if isinstance(found, Dialable) and found.later:
        return Refused(_NOBODY_PRESSES, found.steps)
    return found


def is_emergency(text: str, plan: DialPlan) -> bool:
    """Say whether a text is an emergency number, in whatever dress; needs no library."""
    typed = read(text)
    return isinstance(typed, Typed) and bool(sos.emergency(typed.number, plan))


def _first_step(typed: Typed) -> str:
    if typed.address and not typed.number:
        return f"it is the address {typed.address}"
    return f"without blanks and signs it is {typed.number}"


def _decide(typed: Typed, plan: DialPlan) -> Result:
    urgent = sos.emergency(typed.number, plan)
    if urgent:
        return _urgent(urgent, typed, plan)
    if typed.fault:
        return Refused(typed.fault)
    if typed.address and not (typed.number and typed.host in plan.hosts):
        return _address(typed, plan)
    found = _number(typed.number, plan)
    if not typed.later or isinstance(found, Refused):
        return found
    step = "the other digits are pressed after the answer, 3 s for each pause"
    shown = f"{found.shown},{typed.later}"
    return replace(found, later=typed.later, shown=shown, steps=(*found.steps, step))


def _urgent(number: str, typed: Typed, plan: DialPlan) -> Dialable:
    # Peer to peer there is no line for a bare number: the address is all there is.
    is_peer = bool(typed.address) and not typed.fault and not plan.hosts
    target = typed.address if is_peer else number
    step = "an emergency number: sent as it is, past every prefix, bar and limit"
    return Dialable(target, Kind.EMERGENCY, target, steps=(step,), tariff=Tariff.FREE)


def _address(typed: Typed, plan: DialPlan) -> Dialable:
    step = "a SIP address or the name of a user: sent as it is"
    plain = Dialable(typed.address, Kind.ADDRESS, typed.address, steps=(step,))
    return _with_number_inside(plain, typed.number, plan) if typed.number else plain


def _number(number: str, plan: DialPlan) -> Result:
    if number.startswith("+"):
        return _plus(number.removesuffix("#"), plan)
    if not number.isdigit():
        return _code(number, code_of(number) or Code(), plan)
    if listed(number, plan):
        return _extension(number, plan)
    return _public(number, plan) or _digits(number, plan)


# -- inside the PBX -----------------------------------------------------------


def listed(number: str, plan: DialPlan) -> bool:
    """Say whether a number is an extension: of the list, or short where there is none."""
    if plan.extensions:
        return any(numbers.holds(number) for numbers in plan.extensions)
    return bool(_SHORT_EXTENSION.fullmatch(number)) and not _DIRECTORY.fullmatch(number)


def _extension(number: str, plan: DialPlan) -> Dialable:
    if plan.extensions:
        tariff, step = Tariff.NORMAL, "in the account's list of extensions: sent as it is"
    else:
        tariff = _tariff_of_short(number, plan)
        step = "short enough for an extension (no list is configured): sent as it is"
    return Dialable(
        target=number,
        kind=Kind.EXTENSION,
        shown=number,
        tariff=tariff,
        spellings=(number,),
        is_internal=True,
        steps=(step,),
    )


def _tariff_of_short(number: str, plan: DialPlan) -> Tariff:
    """Return what it would cost if the PBX took it for a public short number, as in France 3615."""
    if not plan.country or len(number) < _SHORTEST_PREMIUM:
        return Tariff.NORMAL
    from bridge.numbers.reading import service  # noqa: PLC0415  # slow, see there

    return service(number, plan.country) or Tariff.NORMAL


def _code(number: str, code: Code, plan: DialPlan) -> Result:
    if sos.leads_to_emergency(number, plan):
        return Refused(_FORWARD_TO_EMERGENCY)
    step = "a star code: sent as it is, the PBX knows what it means"
    plain = Dialable(number, Kind.CODE, number, spellings=(number,), steps=(step,))
    plain = replace(plain, forwards=code.forwards)
    return _with_number_inside(plain, code.number, plan) if code.number else plain


def _with_number_inside(outer: Dialable, number: str, plan: DialPlan) -> Dialable:
    """Return an address or code that barring and limits see as the number it carries."""
    inner = _number(number, plan)
    if isinstance(inner, Refused):
        return replace(outer, tariff=Tariff.UNKNOWN)
    return replace(
        outer,
        e164=inner.e164,
        country=inner.country,
        tariff=inner.tariff,
        spellings=(*outer.spellings, *inner.spellings),
        is_internal=inner.is_internal,
        steps=(*outer.steps, f"it carries {inner.shown}, {inner.kind.value}"),
    )


# -- public -------------------------------------------------------------------


def _plus(number: str, plan: DialPlan) -> Result:
    from bridge.numbers.reading import international  # noqa: PLC0415  # slow, see there

    found = international(number[1:])
    if isinstance(found, Fault):
        shown = number[:4] + "…" if len(number) > len("+4989") else number
        return Refused(f"{shown}: {found.value}; expected +, country code, area code and number")
    return _composed(found, number, plan)


def _public(number: str, plan: DialPlan) -> Result | None:
    """Return a public number by the numbering plan of the country, None if it fits none."""
    behind = number.removeprefix(plan.outside)
    if len(number) > LONGEST_DIGITS:
        return Refused(f"found {len(number)} digits, expected at most {LONGEST_DIGITS}")
    if not plan.country:
        return _abroad_without_country(number, plan)
    spellings = [number] if behind in {number, ""} else [number, behind]
    readings = [
        (reading, digits)
        for digits in spellings
        if (reading := _short(digits, plan) or _long(digits, plan)) is not None
    ]
    best = next((r for r in readings if _exists(r[0])), readings[0] if readings else None)
    if best is None:
        return None
    reading, digits = best
    if isinstance(reading, Dialable):
        return reading
    return _composed(reading, digits, plan)


def _exists(reading: Reading | Dialable) -> bool:
    return isinstance(reading, Dialable) or reading.valid


def _abroad_without_country(number: str, plan: DialPlan) -> Dialable | None:
    """Read ``00…`` as nearly all of the world does; where it is no such number nothing is known."""
    from bridge.numbers.reading import international  # noqa: PLC0415  # slow, see there

    behind = number.removeprefix(plan.outside)
    for digits in (number, behind):
        found = international(digits[2:], Shape.IDD) if digits.startswith("00") else Fault.SHORT
        if isinstance(found, Reading) and found.valid:
            return _composed(found, digits, plan)
    return None


def _long(digits: str, plan: DialPlan) -> Reading | None:
    from bridge.numbers.reading import national  # noqa: PLC0415  # slow, see there

    return national(digits, plan.country, plan.area)


def _short(digits: str, plan: DialPlan) -> Dialable | None:
    from bridge.numbers.reading import service  # noqa: PLC0415  # slow, see there

    tariff = service(digits, plan.country)
    if tariff is None:
        return None
    return Dialable(
        target=plan.outside + digits,
        kind=Kind.SERVICE,
        shown=plan.outside + digits,  # without the prefix it might be an extension
        country=plan.country,
        tariff=tariff,
        spellings=(digits,),
        steps=("a public short number", *_outside_step(plan)),
    )


def _composed(reading: Reading, digits: str, plan: DialPlan) -> Dialable:
    """Return a public number in the form the PBX wants."""
    is_home = bool(plan.calling_code) and reading.calling_code == plan.calling_code
    target, shown = _sent(reading, digits, plan, is_home=is_home)
    is_near = reading.shape is Shape.LOCAL
    with_prefix = target.startswith(plan.outside) and not target.startswith("+")
    return Dialable(
        target=target,
        kind=Kind.NATIONAL if is_home else Kind.INTERNATIONAL,
        shown=shown,
        number="" if plan.send is Send.TYPED else reading.e164,
        e164=reading.e164,
        country=reading.country,
        # What has no area code stays near, whether the library knows its range or not.
        tariff=reading.tariff if reading.valid or is_near else Tariff.UNKNOWN,
        spellings=tuple(dict.fromkeys((reading.e164, reading.national, digits, target))),
        steps=(
            f"{_WORDS[reading.shape]}: {reading.pretty}"
            + (f", {reading.country}" if reading.country else "")
            + ("" if reading.valid else "; the length fits, the range is not known"),
            *((f"tariff {reading.tariff.value}",) if reading.tariff is not Tariff.NORMAL else ()),
            f"sent in the form {plan.send.value!r}",
            *(_outside_step(plan) if with_prefix else ()),
        ),
    )


_WORDS = {
    Shape.PLUS: "an international number",
    Shape.IDD: "an international number behind the prefix for calls abroad",
    Shape.NATIONAL: "a national number",
    Shape.LOCAL: "a local number, with the area code of the account",
}


def _sent(reading: Reading, digits: str, plan: DialPlan, *, is_home: bool) -> tuple[str, str]:
    """Return what to send and how to show it; dialling what is shown sends the same."""
    abroad = plan.idd + reading.e164[1:]
    match plan.send:
        case Send.E164:
            return reading.e164, reading.pretty
        case Send.IDD:
            return plan.outside + abroad, reading.pretty
        case Send.NATIONAL:
            return plan.outside + (reading.national if is_home else abroad), reading.pretty
        case Send.TYPED:
            return _as_typed(reading, digits, plan)


def _as_typed(reading: Reading, digits: str, plan: DialPlan) -> tuple[str, str]:
    match reading.shape:
        case Shape.PLUS:
            return reading.e164, reading.pretty
        case Shape.IDD:
            return plan.outside + plan.idd + reading.e164[1:], f"{plan.idd} {reading.pretty[1:]}"
        case Shape.NATIONAL if digits == reading.national:
            return plan.outside + digits, reading.pretty_national
        case Shape.NATIONAL | Shape.LOCAL:
            return plan.outside + digits, digits


def _outside_step(plan: DialPlan) -> tuple[str, ...]:
    return (f"{plan.outside} in front for an outside line",) if plan.outside else ()


# -- not understood -----------------------------------------------------------


def _digits(number: str, plan: DialPlan) -> Result:
    """Return digits that fit no plan: the PBX may know them, limits do not."""
    strange = number.startswith("0") or len(number) > LONGEST_LOCAL
    return Dialable(
        target=number,
        kind=Kind.LOCAL,
        shown=number,
        tariff=Tariff.UNKNOWN if plan.country and strange else Tariff.NORMAL,
        spellings=(number,),
        steps=("fits no numbering plan that is set up: sent as it is",),
    )
