"""LDAP filters: nobody's name or number can change what is asked."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.directories import LdapSettings
from bridge.protocols.ldap_filter import escaped, number_filter, words_filter

SETTINGS = LdapSettings("ldap://x", "dc=x", numbers=("telephoneNumber", "mobile"))


def test_a_number_is_asked_by_its_last_digits_whatever_stands_between() -> None:
    assert number_filter(SETTINGS, "+49 30 1234567") == (
        "(&(objectClass=person)(|(telephoneNumber=*1*2*3*4*5*6*7)(mobile=*1*2*3*4*5*6*7)))"
    )


def test_an_umlaut_is_asked_in_each_of_its_spellings() -> None:
    asked = words_filter(SETTINGS, "mueller")
    assert "(cn=*mueller*)" in asked
    assert "(cn=*müller*)" in asked
    asked = words_filter(SETTINGS, "Müller gmbh")
    assert {"(cn=*Müller*)", "(cn=*muller*)", "(o=*gmbh*)"} <= set(re.findall(r"\([^()]*\)", asked))


def test_what_means_something_in_a_filter_is_written_in_hex() -> None:
    assert escaped("*)(uid=*\\\0") == r"\2a\29\28uid=\2a\5c\00"


@pytest.mark.parametrize("make", [number_filter, words_filter])
@given(text=st.text(min_size=1, max_size=40))
def test_brackets_stay_in_balance_whatever_is_typed(make: object, text: str) -> None:
    assert callable(make)
    asked = str(make(SETTINGS, text))
    assert asked.count("(") == asked.count(")")
    assert asked.startswith("(&(objectClass=person)")
    assert asked.endswith(")")
