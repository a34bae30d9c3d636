"""The sections about numbers: what the schema cannot check, and their way to the model."""

from collections.abc import Iterable, Iterator, Mapping

from bridge.config.account_schema import Account
from bridge.config.number_schema import BarList, Barring, Limits, Numbers
from bridge.config.problems import shown
from bridge.config.sources import Tree
from bridge.model import numbers as model
from bridge.model.errors import Problem
from bridge.model.ids import AccountId
from bridge.numbers.barring import RULES, bar_rule
from bridge.numbers.countries import COUNTRIES
from bridge.numbers.emergency import numbers_of
from bridge.numbers.ranges import EXTENSIONS, digit_range
from bridge.yamldoc import Path as DocPath

DIRECTIONS = ("outgoing", "incoming", "forwarded")
_COUNTRY = "a country by its ISO 3166 code, such as DE"

# -- checks -------------------------------------------------------------------


def check_numbers(
    numbers: Numbers, base: DocPath, tree: Tree, common: Numbers
) -> Iterator[Problem]:
    """Return what is wrong with a dial plan.

    Args:
        numbers: as written.
        base: where it stands.
        tree: the files.
        common: the settings for all accounts, which fill in what is missing.
    """
    country = numbers.country or common.country
    if numbers.country is not None and numbers.country not in COUNTRIES:
        yield _problem(tree, (*base, "country"), numbers.country, _COUNTRY)
    if numbers.area is not None and country is None:
        yield _problem(tree, (*base, "country"), None, "the country of the area code beside it")
    urgent = numbers_of(country or "")
    for place, text in enumerate(numbers.extensions or ()):
        yield from _extension(tree, (*base, "extensions", place), text, urgent)


def _extension(tree: Tree, path: DocPath, text: str, urgent: frozenset[str]) -> Iterator[Problem]:
    found = digit_range(text)
    if found is None or found.first.startswith("+"):
        yield _problem(tree, path, text, EXTENSIONS)
    elif found.first == found.last and found.first in urgent:
        yield _problem(tree, path, text, "no emergency number: it always goes to the public line")


def check_barring(barring: Barring, tree: Tree) -> Iterator[Problem]:
    """Return the rules that are none."""
    for direction in DIRECTIONS:
        rules: BarList = getattr(barring, direction)
        for key, texts in (("allow", rules.allow), ("deny", rules.deny)):
            for place, text in enumerate(texts):
                if bar_rule(text) is None:
                    yield _problem(tree, ("barring", direction, key, place), text, RULES)


def check_limits(limits: Limits, tree: Tree) -> Iterator[Problem]:
    """Return the countries there are not."""
    for place, country in enumerate(limits.countries):
        if country not in COUNTRIES:
            yield _problem(tree, ("limits", "countries", place), country, _COUNTRY)


def _problem(tree: Tree, path: DocPath, value: str | None, expected: str) -> Problem:
    return tree.problem(path, shown(value, path, tree.written(path)), expected)


# -- to the model -------------------------------------------------------------


def number_rules(
    accounts: Mapping[str, Account],
    common: Numbers,
    barring: Barring,
    limits: Limits,
    phones: Iterable[AccountId] = (),
) -> model.NumberRules:
    """Return all that was configured about numbers.

    Args:
        accounts: by their ids, in order.
        common: the settings for all of them.
        barring: as configured.
        limits: as configured.
        phones: lines of desk phones, which have no dial plan of their own.
    """
    plans = [(AccountId(name), dial_plan(one, common)) for name, one in accounts.items()]
    plans += [(name, _plan(Numbers(), common, frozenset())) for name in phones]
    return model.NumberRules(
        plans=tuple(plans),
        outgoing=_barring(barring.outgoing),
        incoming=_barring(barring.incoming),
        forwarded=_barring(barring.forwarded),
        limits=model.DialLimits(
            per_10_s=limits.calls_in_10_s,
            per_hour=limits.calls_in_an_hour,
            at_once=limits.calls_at_once,
            countries=frozenset(limits.countries),
            premium=limits.premium,
            satellite=limits.satellite,
        ),
    )


def dial_plan(account: Account, common: Numbers) -> model.DialPlan:
    """Return the dial plan of an account; what it leaves out is that of all accounts."""
    return _plan(account.numbers, common, _hosts(account))


def _plan(own: Numbers, common: Numbers, hosts: frozenset[str]) -> model.DialPlan:
    country = own.country or common.country or ""
    code, idd, trunk, _ = COUNTRIES.get(country, ("", "00", "", ""))
    extensions = own.extensions if own.extensions is not None else common.extensions
    more = own.emergency if own.emergency is not None else common.emergency
    return model.DialPlan(
        country=country,
        calling_code=code,
        idd=idd,
        area=(own.area or common.area or "").removeprefix(trunk),
        extensions=_ranges(extensions or ()),
        outside=own.outside or common.outside or "",
        send=model.Send(own.send or common.send or "typed"),
        emergency=numbers_of(country) | frozenset(more or ()),
        hosts=hosts,
    )


def _ranges(texts: Iterable[str]) -> tuple[model.DigitRange, ...]:
    return tuple(found for text in texts if (found := digit_range(text)) is not None)


def _hosts(account: Account) -> frozenset[str]:
    if not account.server:
        return frozenset()
    names = (account.server.partition(":")[0], account.domain or "")
    return frozenset(name.lower().rstrip(".") for name in names if name)


def _barring(rules: BarList) -> model.Barring:
    return model.Barring(_rules(rules.allow), _rules(rules.deny))


def _rules(texts: Iterable[str]) -> tuple[model.BarRule, ...]:
    return tuple(rule for text in texts if (rule := bar_rule(text)) is not None)
