"""Dial plans, barring and limits as they are written, and what is refused about them."""

import pytest

from bridge.model.ids import AccountId
from bridge.model.numbers import DialLimits, DigitRange, NumberRules, Send
from bridge.numbers.dialling import dial
from tests.config.loading import Load, problems

ACCOUNT = "account: {server: pbx, user: a}\n"


def test_without_a_word_about_numbers_they_go_as_they_are_typed(load: Load) -> None:
    numbers = load(ACCOUNT).habits.numbers
    assert numbers == NumberRules(plans=numbers.plans)
    plan = numbers.plan_of(None)
    assert (plan.country, plan.send, plan.outside) == ("", Send.TYPED, "")
    assert {"110", "112", "911", "999"} <= plan.emergency


def test_a_desk_in_munich_behind_a_pbx(load: Load) -> None:
    config = load(
        ACCOUNT
        + """\
numbers:
  country: DE
  area: 089
  outside: 0
  send: national
  extensions: [33, 2xx, 700-799]
  emergency: [4444]
"""
    )
    plan = config.habits.numbers.plan_of(AccountId("line-1"))
    assert (plan.country, plan.calling_code, plan.area, plan.outside) == ("DE", "49", "89", "0")
    assert plan.extensions[1:] == (DigitRange("200", "299"), DigitRange("700", "799"))
    assert plan.emergency == {"110", "112", "911", "4444"}
    assert plan.hosts == {"pbx"}
    assert getattr(dial("+49 89 123456", plan), "target", "") == "0089123456"


def test_an_account_may_differ_from_the_others_key_by_key(load: Load) -> None:
    config = load("""\
numbers: {country: DE, area: 089, outside: 0}
accounts:
  - {id: work, server: pbx, user: a}
  - {id: vienna, server: "PBX.Wien.example:5061", domain: wien.example, user: b,
     numbers: {country: AT, area: 01}}
""")
    plans = dict(config.habits.numbers.plans)
    vienna = plans[AccountId("vienna")]
    assert plans[AccountId("work")].country == "DE"
    assert (vienna.country, vienna.area, vienna.outside) == ("AT", "1", "0")
    assert vienna.hosts == {"pbx.wien.example", "wien.example"}
    assert "133" in vienna.emergency


def test_an_area_code_that_keeps_its_nought_keeps_it(load: Load) -> None:
    plan = load(ACCOUNT + "numbers: {country: IT, area: 06}").habits.numbers.plan_of(None)
    assert plan.area == "06"


def test_limits_and_barring_reach_the_core(load: Load) -> None:
    rules = load(
        ACCOUNT
        + """\
barring:
  outgoing: {deny: [premium, 0137, +43 1]}
  incoming: {deny: [anonymous]}
  forwarded: {allow: [internal]}
limits: {calls_in_10_s: 5, calls_in_an_hour: 60, calls_at_once: 1, countries: [DE], premium: true}
"""
    ).habits.numbers
    assert [rule.text for rule in rules.outgoing.deny] == ["premium", "0137", "+43 1"]
    assert len(rules.incoming.deny) == len(rules.forwarded.allow) == 1
    assert rules.limits == DialLimits(5, 60, 1, frozenset({"DE"}), premium=True)


REFUSED = {
    "numbers: {country: de}": '2: numbers.country: found "de", expected a country by its ISO 3166',
    "numbers: {country: Germany}": '2: numbers.country: found "Germany", expected a country by its',
    "numbers: {country: XX}": '2: numbers.country: found "XX", expected a country by its ISO 3166',
    "numbers: {area: 089}": "2: numbers.country: found nothing, expected the country of the area",
    "numbers: {country: DE, area: 0 89}": '2: numbers.area: found "0 89", expected an area code',
    "numbers: {outside: x}": '2: numbers.outside: found "x", expected 1 to 4 of 0-9 * #',
    "numbers: {send: plus}": '2: numbers.send: found "plus", expected typed, e164, idd or national',
    "numbers: {extensions: [2-33]}": '2: numbers.extensions[0]: found "2-33", expected internal',
    "numbers: {extensions: [+49]}": '2: numbers.extensions[0]: found "+49", expected internal',
    "numbers: {country: AT, extensions: [133]}": "2: numbers.extensions[0]: found "
    '"133", expected no emergency number',
    "numbers: {emergency: [x]}": '2: numbers.emergency[0]: found "x", expected 2 to 8 digits',
    "numbers: {prefix: 0}": "2: numbers.prefix: found an unknown key, expected one of country",
    "barring: {outgoing: {deny: [sometimes]}}": "2: barring.outgoing.deny[0]: found "
    '"sometimes", expected digits such as +4989 or 0900, a range such as 200-299, or one of all',
    "barring: {incoming: {allow: [9-1]}}": '2: barring.incoming.allow[0]: found "9-1", expected',
    "barring: {out: {}}": "2: barring.out: found an unknown key, expected",
    "limits: {countries: [EU]}": '2: limits.countries[0]: found "EU", expected a country by its',
    "limits: {calls_at_once: 0}": "2: limits.calls_at_once: found 0, expected 1 or more",
    "limits: {premium: maybe}": '2: limits.premium: found "maybe", expected true or false',
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_is_refused_with_its_line_and_what_was_expected(
    load: Load, text: str
) -> None:
    found = problems(load, ACCOUNT + text)
    assert any(problem.startswith(REFUSED[text]) for problem in found), found


def test_the_plan_of_one_account_is_checked_at_its_own_place(load: Load) -> None:
    (said,) = problems(
        load, "accounts:\n  - server: pbx\n    user: a\n    numbers: {country: XX}\n"
    )
    assert said.startswith('4: accounts[0].numbers.country: found "XX"')
