"""The star codes of the users' present clients, row by row and beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.features.star_codes import read_star_code, write_star_code
from bridge.model.forwarding import (
    ActivateProfile,
    CallIntercom,
    CancelForward,
    NotUnderstood,
    SetForward,
    StarCode,
    StartRecording,
    StopRecording,
    Target,
    To,
    When,
)

CONDITIONS = {"1": When.ALWAYS, "2": When.NO_ANSWER, "3": When.BUSY, "4": When.UNREACHABLE}


@pytest.mark.parametrize("number", range(10))
def test_each_profile_has_a_code(number: int) -> None:
    assert read_star_code(f"*10{number}") == ActivateProfile(number)


@pytest.mark.parametrize(("digit", "when"), CONDITIONS.items())
@pytest.mark.parametrize("number", ["3", "33", "0049892343123", "+49892343123", "791"])
def test_a_forwarding_takes_everything_after_it_as_its_target(
    digit: str, when: When, number: str
) -> None:
    assert read_star_code(f"*1{digit}{number}") == SetForward(when, Target(To.NUMBER, number))


@pytest.mark.parametrize(("digit", "when"), CONDITIONS.items())
def test_a_forwarding_to_the_voice_mail(digit: str, when: When) -> None:
    assert read_star_code(f"*1{digit}*791") == SetForward(when, Target(To.VOICEMAIL))


@pytest.mark.parametrize(("digit", "when"), CONDITIONS.items())
def test_a_forwarding_is_cancelled(digit: str, when: When) -> None:
    assert read_star_code(f"**1{digit}") == CancelForward(when)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("*1133", SetForward(When.ALWAYS, Target(To.NUMBER, "33"))),
        ("*110049892343123", SetForward(When.ALWAYS, Target(To.NUMBER, "0049892343123"))),
        ("*8033", CallIntercom("33")),
        ("*4", StartRecording()),
        ("*5", StopRecording()),
        (" *11 (089) 23 43-123 # ", SetForward(When.ALWAYS, Target(To.NUMBER, "0892343123"))),
        ("*103#", ActivateProfile(3)),
    ],
)
def test_the_examples_of_the_manuals(text: str, code: StarCode) -> None:
    assert read_star_code(text) == code


def test_another_voice_mail_number_by_setting() -> None:
    assert read_star_code("*12*99", "99") == SetForward(When.NO_ANSWER, Target(To.VOICEMAIL))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("*10", "one digit"),
        ("*1012", "one digit"),
        ("*10*", "one digit"),
        ("*11", "the number"),
        ("*11*", "791"),
        ("*11*792", "791"),
        ("*1133*", "the number"),
        ("*15", "0 to 4"),
        ("*1", "0 to 4"),
        ("**1", "11, 12, 13 or 14"),
        ("**15", "11, 12, 13 or 14"),
        ("**1133", "nothing after it"),
        ("*80", "the extension"),
        ("*80+49", "the extension"),
    ],
)
def test_what_only_begins_like_a_code_is_refused_with_what_was_expected(
    text: str, word: str
) -> None:
    found = read_star_code(text)
    assert isinstance(found, NotUnderstood)
    assert word in found.reason


@pytest.mark.parametrize("text", ["", "33", "**201", "*78", "*31#0301234567", "*41", "*", "#"])
def test_everything_else_is_dialled_as_it_is(text: str) -> None:
    assert read_star_code(text) is None


@pytest.mark.parametrize(
    ("word", "target", "code"),
    [
        ("profile", "3", ActivateProfile(3)),
        ("always", "33", SetForward(When.ALWAYS, Target(To.NUMBER, "33"))),
        ("busy", "voicemail", SetForward(When.BUSY, Target(To.VOICEMAIL))),
        ("unreachable", "off", CancelForward(When.UNREACHABLE)),
    ],
)
def test_what_is_written_is_read_again(word: str, target: str, code: StarCode) -> None:
    assert read_star_code(write_star_code(word, target)) == code


@given(st.text(alphabet="0123456789*#+ ()-/.x", max_size=40))
def test_nothing_that_is_typed_can_do_more_than_be_refused(text: str) -> None:
    found = read_star_code(text)
    if isinstance(found, SetForward) and found.target.to is To.NUMBER:
        assert found.target.number.lstrip("+").isdigit()
    if isinstance(found, NotUnderstood):
        assert found.reason
