"""Who may be called, may ring, and where calls may go: the most specific rule decides."""

import pytest

from bridge.model.numbers import Barring, BarRule, DialLimits, DialPlan, Group, NumberRules
from bridge.numbers.barring import bar_rule, may_call, may_pass_on, may_ring
from bridge.numbers.limits import too_costly
from bridge.numbers.ranges import digit_range, weight
from tests.numbers.plans import MUNICH, MUNICH_PBX, NEW_YORK, NOWHERE, dialled


def rules(*texts: str) -> tuple[BarRule, ...]:
    made = [bar_rule(text) for text in texts]
    assert None not in made, texts
    return tuple(rule for rule in made if rule is not None)


def barring(allow: str = "", deny: str = "") -> Barring:
    return Barring(rules(*filter(None, allow.split(","))), rules(*filter(None, deny.split(","))))


@pytest.mark.parametrize(
    ("allow", "deny", "number", "barred_by"),
    [
        ("", "", "+1 212 555 2368", ""),
        ("", "0900", "0900 1234567", "0900"),
        ("", "0900", "+49 900 1234567", "0900"),
        ("", "+49900", "0900 1234567", "+49900"),
        ("", "+49900", "*31#0900 1234567", "+49900"),
        ("", "+49900", "sip:09001234567@198.51.100.1", "+49900"),
        ("", "premium", "11833", "premium-rate"),
        ("+49", "premium", "0900 1234567", "premium-rate"),
        ("+49900 1234", "premium", "0900 1234567", ""),
        ("", "abroad", "0043 1 5862170", "other countries"),
        ("", "abroad", "089 123456", ""),
        ("", "abroad", "201", ""),
        ("+43", "abroad", "0043 1 5862170", ""),
        ("+43", "all", "0043 1 5862170", ""),
        ("+43", "all", "089 123456", "all numbers"),
        ("", "satellite", "+881 6 123 456 78", "satellite"),
        ("", "internal", "201", "extensions"),
        ("201", "internal", "201", ""),
        ("", "200-299", "201", "200-299"),
        ("210-219", "2xx", "215", ""),
        ("210-219", "2xx", "221", "2xx"),
        ("", "+49891000-+49891999", "089 15551", "a listed number"),
        ("", "+49891000-+49891999", "089 25551", ""),
        ("+4989", "", "089 123456", ""),
        ("+4989", "", "030 123456", "listed in barring.outgoing.allow"),
        ("internal", "", "201", ""),
        ("internal", "", "sip:bob@example.org", "listed in barring.outgoing.allow"),
        ("+4989", "+4989", "089 123456", "+4989"),
    ],
)
def test_an_outgoing_call_is_barred_by_the_most_specific_rule(
    allow: str, deny: str, number: str, barred_by: str
) -> None:
    said = may_call(
        dialled(number, MUNICH), MUNICH, NumberRules(outgoing=barring(allow=allow, deny=deny))
    )
    assert barred_by in said
    assert bool(said) == bool(barred_by)


@pytest.mark.parametrize("number", ["112", "110", "*31#112", "sip:112@pbx.example.org"])
def test_an_emergency_call_is_never_barred(number: str) -> None:
    everything = barring(deny="all,internal,112,1")
    found = dialled(number, MUNICH)
    assert may_call(found, MUNICH, NumberRules(outgoing=everything)) == ""
    assert too_costly(found, MUNICH, DialLimits(countries=frozenset({"AT"}))) == ""


def test_a_refusal_names_the_key_and_not_the_number() -> None:
    said = may_call(
        dialled("0900 1234567", MUNICH), MUNICH, NumberRules(outgoing=barring(deny="+49900"))
    )
    assert said == "calling numbers in +49900 is barred (barring.outgoing.deny)"


def test_forwarding_has_rules_of_its_own_and_star_codes_obey_them() -> None:
    only_inside = NumberRules(forwarded=barring(allow="internal"))
    assert may_call(dialled("089 123456", MUNICH), MUNICH, only_inside) == ""
    assert may_pass_on(dialled("201", MUNICH), MUNICH, only_inside) == ""
    assert "barring.forwarded.allow" in may_pass_on(
        dialled("089 123456", MUNICH), MUNICH, only_inside
    )
    assert "barring.forwarded.allow" in may_call(
        dialled("*11 0043 1 5862170", MUNICH), MUNICH, only_inside
    )
    assert may_call(dialled("*11 33", MUNICH), MUNICH, only_inside) == ""


@pytest.mark.parametrize(
    ("allow", "deny", "number", "barred_by"),
    [
        ("", "anonymous", "anonymous", "hide their number"),
        ("", "anonymous", "unknown", "hide their number"),
        ("", "anonymous", "089123456", ""),
        ("", "+43", "004315862170", "+43"),
        ("", "+43", "4315862170", ""),  # might be a national number
        ("", "+4989", "4989123456", "+4989"),
        ("", "+4989", "089123456", "+4989"),
        ("", "089", "+4989123456", "089"),
        ("", "abroad", "+4315862170", "other countries"),
        ("", "abroad", "089123456", ""),
        ("internal", "", "201", ""),
        ("internal", "", "089123456", "barring.incoming.allow"),
        ("internal", "", "anonymous", "barring.incoming.allow"),
        ("", "all", "112", ""),  # whoever was called for help calls back
    ],
)
def test_a_caller_is_let_through_or_not(allow: str, deny: str, number: str, barred_by: str) -> None:
    said = may_ring(number, MUNICH, NumberRules(incoming=barring(allow=allow, deny=deny)))
    assert barred_by in said
    assert bool(said) == bool(barred_by)


def test_a_caller_shown_with_the_prefix_for_an_outside_line_is_the_same_caller() -> None:
    deny = NumberRules(incoming=barring(deny="+4989"))
    assert may_ring("0089123456", MUNICH_PBX, deny)


@pytest.mark.parametrize("text", ["", "-", "12-3", "9-1", "+1-2", "sometimes", "xx2", "1" * 21])
def test_what_is_no_rule_is_none(text: str) -> None:
    assert bar_rule(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last", "digits"),
    [
        ("33", "33", "33", 2),
        ("2xx", "200", "299", 1),
        ("XXX", "000", "999", 0),
        ("200 - 299", "200", "299", 1),
        ("200–299", "200", "299", 1),
        ("+49 (89) 1", "+49891", "+49891", 5),
        ("089-12-34", "0891234", "0891234", 7),
        ("+49891000-+49891999", "+49891000", "+49891999", 5),
    ],
)
def test_ranges_are_written_as_people_write_them(
    text: str, first: str, last: str, digits: float
) -> None:
    found = digit_range(text)
    assert found is not None
    assert (found.first, found.last) == (first, last)
    assert weight(found) == pytest.approx(digits)


def test_every_group_has_a_word() -> None:
    assert {rule.numbers for rule in rules(*(group.value for group in Group))} == set(Group)


LIMITS = DialLimits()
HOME = DialLimits(countries=frozenset({"DE", "AT"}))


@pytest.mark.parametrize(
    ("plan", "limits", "number", "said"),
    [
        (MUNICH, LIMITS, "089 123456", ""),
        (MUNICH, LIMITS, "+1 212 555 2368", ""),
        (MUNICH, LIMITS, "0900 1234567", "limits.premium: true"),
        (MUNICH, LIMITS, "+49 900 1234567", "limits.premium: true"),
        (MUNICH, LIMITS, "tel:+499001234567", "limits.premium: true"),
        (MUNICH, LIMITS, "*31#09001234567", "limits.premium: true"),
        (MUNICH, LIMITS, "*11 0900 1234567", "limits.premium: true"),
        (MUNICH, LIMITS, "sip:09001234567@198.51.100.1", "limits.premium: true"),
        (MUNICH, LIMITS, "11833", "limits.premium: true"),
        (MUNICH, LIMITS, "+870 773 123456", "limits.satellite: true"),
        (MUNICH, LIMITS, "01013 0900 123456", "limits.premium and satellite: true"),
        (MUNICH, LIMITS, "201", ""),
        (MUNICH, LIMITS, "bob", ""),
        (MUNICH, HOME, "089 123456", ""),
        (MUNICH, HOME, "201", ""),
        (MUNICH, HOME, "116117", ""),
        (MUNICH, HOME, "+43 1 5862170", ""),
        (MUNICH, HOME, "+1 212 555 2368", "a number in US"),
        (MUNICH, HOME, "+800 1234 5678", "a country that cannot be told"),
        (NEW_YORK, HOME, "(212) 555-2368", "a number in US"),
        (NOWHERE, LIMITS, "0049 900 1234567", "limits.premium: true"),
        (NOWHERE, LIMITS, "089 123456", ""),
        (MUNICH, DialLimits(premium=True), "0900 1234567", ""),
        (MUNICH, DialLimits(satellite=True), "+870 773 123456", ""),
    ],
)
def test_what_costs_is_called_from_a_device_only(
    plan: DialPlan, limits: DialLimits, number: str, said: str
) -> None:
    found = too_costly(dialled(number, plan), plan, limits)
    assert said in found
    assert bool(found) == bool(said)
