"""What people type, paste and click, and what is dialled for it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.model.numbers import Dialable, DialPlan, Kind, Refused, Send, Tariff
from bridge.numbers.dialling import dial, pass_on
from bridge.numbers.ranges import digit_range
from tests.numbers.plans import (
    MOSCOW,
    MUNICH,
    MUNICH_PBX,
    NEW_YORK,
    NOWHERE,
    PARIS,
    PEER,
    PLANS,
    ROME,
    SYDNEY,
    VIENNA,
    dialled,
    plan_in,
    refusal,
)

KNOWN = [  # plan, as typed, as sent, E.164
    (MUNICH, "+49 (89) 123/456", "+4989123456", "+4989123456"),
    (MUNICH, "+49 (0)89 123456", "+4989123456", "+4989123456"),
    (MUNICH, "\u202a+49\u00a089\u2011123456\u202c", "+4989123456", "+4989123456"),
    (MUNICH, "\uff0b\uff14\uff19 89 123456", "+4989123456", "+4989123456"),
    (MUNICH, "0049 89 123456", "004989123456", "+4989123456"),
    (MUNICH, "0049 (0) 89 123456", "004989123456", "+4989123456"),
    (MUNICH, "089/12 34 56", "089123456", "+4989123456"),
    (MUNICH, "0151 23456789", "015123456789", "+4915123456789"),
    (MUNICH, "123 456", "123456", "+4989123456"),
    (MUNICH, "0043 1 5862170", "004315862170", "+4315862170"),
    (MUNICH, "0800 REIMANN", "08007346266", "+498007346266"),
    (MUNICH, "tel:+49-89-123456", "+4989123456", "+4989123456"),
    (MUNICH, "TEL:%2B49%2089%20123456", "+4989123456", "+4989123456"),
    (MUNICH, "tel:123456;phone-context=+4989", "+4989123456", "+4989123456"),
    (MUNICH, "callto://+4989123456", "+4989123456", "+4989123456"),
    (MUNICH, "callto:089123456?call", "089123456", "+4989123456"),
    (MUNICH, "sip:+4989123456@pbx.example.org;user=phone", "+4989123456", "+4989123456"),
    (MUNICH, "sip:+49-89-123456@PBX.example.org:5060", "+4989123456", "+4989123456"),
    (MUNICH_PBX, "089 123456", "0089123456", "+4989123456"),
    (MUNICH_PBX, "0 089 123456", "0089123456", "+4989123456"),
    (MUNICH_PBX, "+49 89 123456", "0089123456", "+4989123456"),
    (MUNICH_PBX, "123456", "0089123456", "+4989123456"),
    (MUNICH_PBX, "+43 1 5862170", "0004315862170", "+4315862170"),
    (MUNICH_PBX, "0 0043 1 5862170", "0004315862170", "+4315862170"),
    (VIENNA, "01 5862170", "+4315862170", "+4315862170"),
    (VIENNA, "5862170", "+4315862170", "+4315862170"),
    (VIENNA, "0049 89 123456", "+4989123456", "+4989123456"),
    (NEW_YORK, "(212) 555-2368", "92125552368", "+12125552368"),
    (NEW_YORK, "1-212-555-2368", "912125552368", "+12125552368"),
    (NEW_YORK, "9 1 212 555 2368", "912125552368", "+12125552368"),
    (NEW_YORK, "555-2368", "95552368", "+12125552368"),
    (NEW_YORK, "1-800-FLOWERS", "918003569377", "+18003569377"),
    (NEW_YORK, "011 49 89 123456", "90114989123456", "+4989123456"),
    (ROME, "06 6982", "066982", "+39066982"),
    (ROME, "+39 (0)6 6982", "+39066982", "+39066982"),
    (PARIS, "01 42 68 53 00", "00033142685300", "+33142685300"),
    (PARIS, "+49 89 123456", "0004989123456", "+4989123456"),
    (MOSCOW, "8 (495) 123-45-67", "84951234567", "+74951234567"),
    (MOSCOW, "8~10 49 89 123456", "8104989123456", "+4989123456"),
    (SYDNEY, "(02) 9374 4000", "+61293744000", "+61293744000"),
    (NOWHERE, "+49 (0) 89 123456", "+4989123456", "+4989123456"),
    (NOWHERE, "0049 89 123456", "004989123456", "+4989123456"),
]


@pytest.mark.parametrize(("plan", "typed", "sent", "e164"), KNOWN)
def test_a_public_number_is_cleaned_and_sent_as_the_pbx_wants_it(
    plan: DialPlan, typed: str, sent: str, e164: str
) -> None:
    found = dialled(typed, plan)
    assert (found.target, found.e164) == (sent, e164)
    assert found.number == (sent if plan.send is Send.TYPED else e164)


@pytest.mark.parametrize(("plan", "typed", "sent", "e164"), KNOWN)
def test_dialling_what_is_shown_dials_the_same(
    plan: DialPlan, typed: str, sent: str, e164: str
) -> None:
    again = dialled(dialled(typed, plan).shown, plan)
    assert (again.target, again.e164) == (sent, e164)


@pytest.mark.parametrize(
    ("plan", "typed", "sent", "kind"),
    [
        (MUNICH, "201", "201", Kind.EXTENSION),
        (MUNICH, "(2) 0-1", "201", Kind.EXTENSION),
        (MUNICH, "12345", "12345", Kind.EXTENSION),
        (MUNICH, "116 117", "116117", Kind.SERVICE),
        (MUNICH_PBX, "116117", "0116117", Kind.SERVICE),
        (MUNICH, "11833", "11833", Kind.SERVICE),
        (MUNICH, "*80 33", "*8033", Kind.CODE),
        (MUNICH, "*11*791", "*11*791", Kind.CODE),
        (MUNICH_PBX, "*110049892343123", "*110049892343123", Kind.CODE),
        (MUNICH, "#31#089123456", "#31#089123456", Kind.CODE),
        (MUNICH, "**12", "**12", Kind.CODE),
        (MUNICH, "sip:bob@example.org", "sip:bob@example.org", Kind.ADDRESS),
        (MUNICH, "SIPS:bob@example.org:5061", "sips:bob@example.org:5061", Kind.ADDRESS),
        (MUNICH, "sip:192.0.2.7", "sip:192.0.2.7", Kind.ADDRESS),
        (MUNICH, "sip:089123@other.example.org", "sip:089123@other.example.org", Kind.ADDRESS),
        (MUNICH, "bob@example.org", "sip:bob@example.org", Kind.ADDRESS),
        (MUNICH, "bob.miller", "bob.miller", Kind.ADDRESS),
        (MUNICH, "sip:201@PBX.example.org.", "201", Kind.EXTENSION),
        (PEER, "sip:201@192.0.2.7", "sip:201@192.0.2.7", Kind.ADDRESS),
        (NOWHERE, "089 123456", "089123456", Kind.LOCAL),
        (plan_in("DE"), "123456", "123456", Kind.LOCAL),
        (NOWHERE, "790", "790", Kind.EXTENSION),
    ],
)
def test_what_is_no_full_public_number_goes_as_it_is(
    plan: DialPlan, typed: str, sent: str, kind: Kind
) -> None:
    found = dialled(typed, plan)
    assert (found.target, found.kind) == (sent, kind)
    assert dialled(found.shown, plan).target == sent


def test_a_list_of_extensions_replaces_the_guess_by_length() -> None:
    numbers = tuple(map(digit_range, ("2xx", "700000-700999")))
    plan = plan_in("DE", area="89", extensions=tuple(n for n in numbers if n is not None))
    kinds = {text: dialled(text, plan).kind for text in ("201", "700123", "333", "70012")}
    assert kinds["201"] is kinds["700123"] is Kind.EXTENSION
    assert kinds["333"] is not Kind.EXTENSION
    assert kinds["70012"] is Kind.NATIONAL


@pytest.mark.parametrize(
    ("typed", "tariff", "country"),
    [
        ("0900 1234567", Tariff.PREMIUM, "DE"),
        ("0180 1 234567", Tariff.SHARED, "DE"),
        ("0800 1234567", Tariff.FREE, "DE"),
        ("+870 773 123456", Tariff.SATELLITE, ""),
        ("+881 6 123 456 78", Tariff.SATELLITE, ""),
        ("+979 123 456 789", Tariff.PREMIUM, ""),
        ("11833", Tariff.PREMIUM, "DE"),
        ("*31#0900 1234567", Tariff.PREMIUM, "DE"),
        ("sip:09001234567@198.51.100.1", Tariff.PREMIUM, "DE"),
        ("01013 0900 123456", Tariff.UNKNOWN, "DE"),
        ("+44 20 7946 0958", Tariff.NORMAL, "GB"),
    ],
)
def test_a_number_tells_what_it_costs(typed: str, tariff: Tariff, country: str) -> None:
    found = dialled(typed, MUNICH)
    assert (found.tariff, found.country) == (tariff, country)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "no number was given"),
        ("  ", "no number was given"),
        ("()", "found '()', expected a number, an extension"),
        ("ring me", "found 'ring me', expected a number, an extension"),
        ("+49 89 123 / +49 89 456", "found '+49 89 123 / +49 89 456', expected a number"),
        ("+", "found '+', expected"),
        ("1" * 129, "found 129 characters to dial, expected at most 128"),
        ("1" * 40, "found 40 digits, expected at most 32"),
        ("+49", "+49: the number is too short; expected +, country code"),
        ("+999 123456", "+999…: there is no such country code"),
        ("+49 89 12345678901234", "+498…: the number is too long"),
        ("+1 555 1234", "+155…: the area code is missing"),
        (
            "089 123," + "1" * 33,
            "found 33 signs to be sent after the answer, 33 without",
        ),
        ("sip:a b@c", "found 'sip:a b@c', expected"),
        ("sip:2 01@pbx.example.org", "found 'sip:2 01@pbx.example.org', expected"),
        ("112\x00", "found '112?', expected"),
    ],
)
def test_what_cannot_be_dialled_is_refused_with_the_way_out(typed: str, sentence: str) -> None:
    assert refusal(typed, MUNICH).startswith(sentence)


def test_each_step_of_reading_is_told() -> None:
    assert dialled("0 089/123456", MUNICH_PBX).steps == (
        "without blanks and signs it is 0089123456",
        "a national number: +49 89 123456, DE",
        "sent in the form 'national'",
        "0 in front for an outside line",
    )


def test_calls_are_not_passed_on_to_an_emergency_number() -> None:
    found = pass_on("112", MUNICH)
    assert isinstance(found, Refused)
    assert "hang up and dial it alone" in found.reason
    assert isinstance(pass_on("201", MUNICH), Dialable)


DIGITS = st.text("0123456789+*# ()/-.", max_size=24)


@given(st.one_of(DIGITS, st.text(max_size=40)), st.sampled_from(sorted(PLANS)))
def test_no_text_makes_it_fail_and_nothing_unsendable_comes_out(text: str, name: str) -> None:
    found = dial(text, PLANS[name])
    if isinstance(found, Refused):
        assert found.reason
    else:
        assert found.target.isascii()
        assert found.target.isprintable()
        assert " " not in found.target


@given(
    st.text("0123456789", min_size=3, max_size=15), st.booleans(), st.sampled_from(sorted(PLANS))
)
def test_what_is_shown_dials_the_same_whatever_was_typed(
    digits: str, plus: bool, name: str
) -> None:
    plan = PLANS[name]
    found = dial("+" * plus + digits, plan)
    assume(isinstance(found, Dialable) and found.tariff is not Tariff.UNKNOWN)
    assert isinstance(found, Dialable)
    assert dialled(found.shown, plan).target == found.target


@given(st.sampled_from(list(Send)), st.sampled_from(["", "0", "9", "01"]))
def test_a_number_reaches_the_same_place_in_every_form(send: Send, outside: str) -> None:
    plan = plan_in("DE", area="89", outside=outside, send=send)
    found = [dialled(text, plan).e164 for text in ("+4989123456", "0049 89 123456", "089 123456")]
    assert set(found) == {"+4989123456"}


@pytest.mark.parametrize(
    ("text", "target", "later"),
    [
        ("089 1234567 ext. 45", "0891234567", "45"),
        ("089 1234567 Durchwahl 45", "0891234567", "45"),
        ("0891234567,,45#,1", "0891234567", ",45#,1"),
        ("0891234567p45w1", "0891234567", "45,1"),
        ("+49 89 1234567 x45", "+49891234567", "45"),
        ("tel:+49-89-1234567;ext=4-5", "+49891234567", "45"),
        ("tel:+49891234567;postd=pp45", "+49891234567", ",45"),
        ("089/1234567-0", "08912345670", ""),
        ("0891234567,", "0891234567", ""),
        ("112,45", "112", ""),
    ],
)
def test_an_extension_behind_a_number_is_pressed_after_the_answer(
    text: str, target: str, later: str
) -> None:
    found = dial(text, MUNICH)
    assert isinstance(found, Dialable)
    assert (found.target, found.later) == (target, later)
    again = dial(found.shown, MUNICH)
    assert isinstance(again, Dialable)
    assert (again.target, again.later) == (target, later)


def test_nobody_is_sent_where_digits_have_to_be_pressed() -> None:
    found = pass_on("0891234567,45", MUNICH)
    assert isinstance(found, Refused)
    assert "after the answer" in found.reason
