"""Emergency numbers reach the line, however they are typed and whatever is set."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.numbers import DialPlan, Kind, Refused
from bridge.numbers.countries import COUNTRIES
from bridge.numbers.dialling import dial, is_emergency
from bridge.numbers.emergency import numbers_of
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
    SYDNEY,
    VIENNA,
    dialled,
    plan_in,
    refusal,
)


@pytest.mark.parametrize(
    ("plan", "typed", "sent"),
    [
        (MUNICH, "112", "112"),
        (MUNICH, "110", "110"),
        (MUNICH, "1 1 2", "112"),
        (MUNICH, "(112)", "112"),
        (MUNICH, "1-1/2", "112"),
        (MUNICH, "112#", "112"),
        (MUNICH, "\uff11\uff11\uff12", "112"),
        (MUNICH, "\u0661\u0661\u0662", "112"),
        (MUNICH, "1\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e3", "112"),
        (MUNICH, "tel:112", "112"),
        (MUNICH, "tel:112;phone-context=+49", "112"),
        (MUNICH, "TEL://1-1-2", "112"),
        (MUNICH, "callto:110", "110"),
        (MUNICH, "sip:112@pbx.example.org", "112"),
        (MUNICH, "sip:112@somewhere.else", "112"),
        (MUNICH, "SIPS:110@pbx;x=1", "110"),
        (MUNICH, "112@pbx", "112"),
        (MUNICH, "sip:1 1 2@pbx", "112"),
        (MUNICH, "tel:112;ext=4", "112"),
        (MUNICH, "112, 4", "112"),
        (MUNICH, "+112", "112"),
        (MUNICH, "+49 112", "112"),
        (MUNICH, "0049 112", "112"),
        (MUNICH, "*31#112", "112"),
        (MUNICH, "#31# 112", "112"),
        (MUNICH, "*80 112", "112"),
        (MUNICH_PBX, "112", "112"),
        (MUNICH_PBX, "0 112", "0112"),
        (MUNICH_PBX, "0 0049 112", "112"),
        (VIENNA, "133", "133"),
        (VIENNA, "144", "144"),
        (NEW_YORK, "911", "911"),
        (NEW_YORK, "9-911", "9911"),
        (NEW_YORK, "*67 911", "911"),
        (PARIS, "15", "15"),
        (MOSCOW, "02", "02"),
        (SYDNEY, "000", "000"),
        (MUNICH, "911", "911"),
        (NOWHERE, "110", "110"),
        (NOWHERE, "999", "999"),
        (PEER, "sip:112@192.0.2.7", "sip:112@192.0.2.7"),
    ],
)
def test_emergency_numbers_are_known_in_every_dress_and_sent_bare(
    plan: DialPlan, typed: str, sent: str
) -> None:
    found = dialled(typed, plan)
    assert (found.kind, found.target) == (Kind.EMERGENCY, sent)
    assert is_emergency(typed, plan)


@pytest.mark.parametrize(
    "typed", ["1120", "0112", "sip:x112@pbx", "112x", "", "112112", "133", "999", "089 112", "*112"]
)
def test_other_numbers_are_no_emergency(typed: str) -> None:
    assert not is_emergency(typed, MUNICH)


@pytest.mark.parametrize("typed", ["*11112", "*14 110", "**21*112#", "*61*+49112#"])
def test_calls_are_not_forwarded_to_an_emergency_number(typed: str) -> None:
    assert "hang up and dial it alone" in refusal(typed, MUNICH)


def test_an_extension_of_the_same_digits_does_not_hide_it() -> None:
    numbers = digit_range("xxx")
    assert numbers is not None
    assert dialled("112", plan_in("DE", extensions=(numbers,))).kind is Kind.EMERGENCY


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_emergency_number_of_every_country_goes_out_as_it_is(country: str) -> None:
    plan = plan_in(country, area="89", outside="7")
    sent = {number: dialled(number, plan).target for number in numbers_of(country)}
    assert sent == {number: number for number in numbers_of(country)}
    assert {"112", "911"} <= sent.keys()


BETWEEN = st.text(" ()[]/.-\u2013\u2011\u00a0\u202a\u202c\u200b'\t", max_size=3)


@given(
    name=st.sampled_from(sorted(PLANS)),
    data=st.data(),
    wrap=st.sampled_from(["{}", "tel:{}", "callto://{}", "sip:{}@pbx.example.org", " {} ", "{}#"]),
)
def test_whatever_stands_between_the_digits_it_is_an_emergency(
    name: str, data: st.DataObject, wrap: str
) -> None:
    plan = PLANS[name]
    number = data.draw(st.sampled_from(sorted(plan.emergency)))
    signs = [data.draw(BETWEEN) + digit for digit in number]
    text = wrap.format("".join(signs) + data.draw(BETWEEN))
    found = dial(text, plan)
    assert not isinstance(found, Refused), (text, found)
    assert (found.kind, found.target) == (Kind.EMERGENCY, number)


def test_an_emergency_is_known_without_the_library_of_numbering_plans() -> None:
    program = (
        "import sys; sys.modules['phonenumbers'] = None\n"
        "from bridge.numbers.dialling import dial\n"
        "from tests.numbers.plans import MUNICH\n"
        "print(dial('1 1 2', MUNICH).target, dial('201', MUNICH).target)"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout.split() == ["112", "201"]
