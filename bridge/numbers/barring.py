"""Who may be called, may ring, and where calls may be sent on: the most specific rule decides.

Specific is what settles more digits: ``+498912`` beats ``+4989``, a range of 100 numbers beats the
1000 it lies in. A word weighs as much as it singles out: ``all`` less than anything; ``abroad``,
``internal`` and ``anonymous`` less than any digit; ``premium`` and ``satellite`` more than a
country code, and less than whoever names such numbers by four digits or more. Of two equal rules
the denial counts. Emergency numbers are never asked about.
"""

from dataclasses import dataclass

from bridge.model.numbers import (
    Barring,
    BarRule,
    Dialable,
    DialPlan,
    Group,
    Kind,
    NumberRules,
    Reach,
    Tariff,
)
from bridge.numbers.callers import is_hidden, placed
from bridge.numbers.dialling import is_emergency, listed
from bridge.numbers.ranges import digit_range, weight

RULES = "digits such as +4989 or 0900, a range such as 200-299, or one of " + ", ".join(
    group.value for group in Group
)

_SHOWN = 7  # characters of a rule that name nobody yet, such as +49 and an area code

_WEIGHTS = {
    Group.ALL: 0.0,
    Group.ABROAD: 0.5,
    Group.INTERNAL: 0.5,
    Group.ANONYMOUS: 0.5,
    Group.PREMIUM: 3.5,
    Group.SATELLITE: 3.5,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A number as rules see it."""

    spellings: tuple[str, ...]
    groups: frozenset[Group]


def bar_rule(text: str) -> BarRule | None:
    """Return the rule a text of the configuration names, None if it names none."""
    word = text.strip().lower()
    group = next((group for group in Group if group.value == word), None)
    numbers = group or digit_range(text)
    return BarRule(text.strip(), numbers) if numbers is not None else None


def may_call(found: Dialable, plan: DialPlan, rules: NumberRules) -> str:
    """Return why a number may not be called, or an empty text.

    Args:
        found: what would be dialled. A star code that forwards calls is judged as forwarding.
        plan: it was read by.
        rules: as configured.
    """
    if found.kind is Kind.EMERGENCY:
        return ""
    if found.forwards:
        return may_pass_on(found, plan, rules)
    return _objection(rules.outgoing, _called(found, plan), "calling", "barring.outgoing")


def may_pass_on(found: Dialable, plan: DialPlan, rules: NumberRules) -> str:
    """Return why calls may not be forwarded, diverted or transferred there, or an empty text."""
    return _objection(rules.forwarded, _called(found, plan), "forwarding to", "barring.forwarded")


def may_ring(number: str, plan: DialPlan, rules: NumberRules) -> str:
    """Return why a caller is not let through, or an empty text.

    Args:
        number: as the network gave it; empty or ``anonymous`` when hidden.
        plan: of the account that is called.
        rules: as configured.
    """
    if not (rules.incoming.allow or rules.incoming.deny) or is_emergency(number, plan):
        return ""
    return _objection(rules.incoming, _caller(number, plan), "being called by", "barring.incoming")


_NEAR = frozenset({Tariff.NORMAL, Tariff.FREE, Tariff.SHARED})


NO_FORWARDING = "this telephone is everybody's: its calls are not forwarded from here"


def out_of_reach(found: Dialable, plan: DialPlan, reach: Reach | None) -> str:
    """Return why whoever asks may not call a number that others may, or an empty text.

    Args:
        found: what would be dialled.
        plan: it was read by.
        reach: how far he may call; None = as far as anybody.
    """
    if found.kind is Kind.EMERGENCY or reach is None:
        return ""
    if found.forwards:
        return NO_FORWARDING
    if reach is Reach.EVERYTHING or (found.is_internal and found.kind is not Kind.ADDRESS):
        return ""
    if reach is Reach.INTERNAL:
        return "this telephone calls extensions only, and emergency numbers (page.kiosk.barring)"
    if not plan.country:
        return "what is a national number cannot be told: set numbers.country"
    is_national = found.kind in {Kind.NATIONAL, Kind.SERVICE, Kind.LOCAL}
    if is_national and found.tariff in _NEAR and found.country in {plan.country, ""}:
        return ""
    return (
        "this telephone calls numbers of the country only that cost no more than a call, and "
        "emergency numbers (page.kiosk.barring)"
    )


def _objection(barring: Barring, subject: Subject, what: str, key: str) -> str:
    denial = _heaviest(barring.deny, subject)
    permission = _heaviest(barring.allow, subject)
    if denial is not None and (permission is None or _weight(denial) >= _weight(permission)):
        return f"{what} {_words(denial)} is barred ({key}.deny)"
    if permission is None and barring.allow and not barring.deny:
        return f"{what} numbers that are not listed in {key}.allow is barred"
    return ""


def _heaviest(rules: tuple[BarRule, ...], subject: Subject) -> BarRule | None:
    return max((rule for rule in rules if _fits(rule, subject)), key=_weight, default=None)


def _fits(rule: BarRule, subject: Subject) -> bool:
    if isinstance(rule.numbers, Group):
        return rule.numbers in subject.groups
    return any(rule.numbers.begins(spelling) for spelling in subject.spellings)


def _weight(rule: BarRule) -> float:
    if isinstance(rule.numbers, Group):
        return _WEIGHTS[rule.numbers]
    return weight(rule.numbers)


def _words(rule: BarRule) -> str:
    if isinstance(rule.numbers, Group):
        return {
            Group.ALL: "all numbers",
            Group.ABROAD: "other countries",
            Group.INTERNAL: "extensions",
            Group.ANONYMOUS: "callers who hide their number",
            Group.PREMIUM: "premium-rate numbers",
            Group.SATELLITE: "satellite telephones",
        }[rule.numbers]
    # The sentence goes to MQTT, and a rule may name one person's number.
    return f"numbers in {rule.text}" if len(rule.numbers.first) <= _SHOWN else "a listed number"


def _called(found: Dialable, plan: DialPlan) -> Subject:
    is_abroad = bool(found.e164) and not found.e164.startswith(f"+{plan.calling_code or '?'}")
    groups = {
        Group.ALL: True,
        Group.INTERNAL: found.is_internal,
        Group.ABROAD: is_abroad,
        Group.PREMIUM: found.tariff is Tariff.PREMIUM,
        Group.SATELLITE: found.tariff is Tariff.SATELLITE,
    }
    return Subject(found.spellings, frozenset(group for group, fits in groups.items() if fits))


def _caller(number: str, plan: DialPlan) -> Subject:
    if is_hidden(number):
        return Subject((), frozenset({Group.ALL, Group.ANONYMOUS}))
    found = placed(number, plan)
    if found is None:
        groups = {Group.ALL, Group.INTERNAL} if listed(number, plan) else {Group.ALL}
        return Subject((number,), frozenset(groups))
    is_home = found.calling_code == plan.calling_code
    spellings = (found.e164, found.national, number)
    return Subject(spellings, frozenset({Group.ALL} if is_home else {Group.ALL, Group.ABROAD}))
