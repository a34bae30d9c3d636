"""Finding people by any part of any word, and numbers by their digits."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.model.contacts import Candidate, Named, best, comparable, is_same_number
from bridge.model.finding import LONGEST_HAYSTACK, haystack, is_found, needles


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Max-Andreas Mustermann", "max andreas mustermann"),
        ("Jürgen Müller", "jurgen muller juergen mueller"),
        ("Mueller", "mueller"),
        ("Straße", "strasse"),
        ("Łódź & Søn_A", "lodz son a soen"),
        ("Ju\u0308rgen", "jurgen juergen"),  # decomposed, as macOS writes it
        ("+49 30 123", "49 30 123"),
        ("  ", ""),
    ],
)
def test_what_is_looked_into(text: str, kept: str) -> None:
    assert haystack(text) == kept


@pytest.mark.parametrize(
    ("question", "spellings"),
    [
        ("And Muster", (("muster",), ("and",))),  # the rarest first
        ("müller", (("muller", "mueller"),)),
        ("030", (("030", "30"),)),
        ("000", (("000",),)),
        ("!?", ()),
    ],
)
def test_what_is_looked_for(question: str, spellings: tuple[tuple[str, ...], ...]) -> None:
    assert needles(question) == spellings


@given(st.text(max_size=60), st.integers(0, 60), st.integers(1, 60))
def test_any_part_of_a_name_finds_it(name: str, begin: int, length: int) -> None:
    words = haystack(name).split()
    parts = [word[begin % len(word) :][:length] for word in words if len(word) > 0]
    assert is_found(" ".join(parts), haystack(name))


@example("\N{MATHEMATICAL BOLD SCRIPT CAPITAL A}")
@given(st.text(max_size=2 * LONGEST_HAYSTACK))
def test_no_text_breaks_it(text: str) -> None:
    assert is_found(text, haystack(text)) or len(haystack(text)) > 0
    assert haystack(text) == haystack(text).lower()


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("+49 (0)30 1234567", "49301234567"),
        ("0049301234567", "49301234567"),
        ("(030) 123/45-67", "301234567"),
        ("sips:Ada@example.org;transport=tls", "ada"),
        ("*80201", "*80201"),
        ("000", "000"),
        ("", ""),
    ],
)
def test_numbers_without_what_is_put_in_front(number: str, digits: str) -> None:
    assert comparable(number) == digits


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+49301234567", "030 1234567", True),
        ("1234567", "+49301234567", True),
        ("234567", "+49301234567", False),  # six digits may be anybody's
        ("+49301234567", "+43301234567", False),
        ("+1301234567", "+491301234567", False),  # both are complete
        ("201", "201", True),
        ("201", "+49301234201", False),
        ("", "", False),
    ],
)
def test_whether_two_numbers_are_the_same(one: str, other: str, same: bool) -> None:
    assert is_same_number(one, other) is same
    assert is_same_number(other, one) is same


def test_the_first_source_that_knows_a_number_names_it() -> None:
    candidates = [
        Candidate(Named("Hamburg"), "+49401234567"),
        Candidate(Named("Berlin"), "030 1234567"),
        Candidate(Named("Later"), "+49301234567"),
    ]
    assert best(candidates, "+49301234567", str.strip) == Named("Berlin")
    assert best(candidates, "+49211234567", str.strip) is None
