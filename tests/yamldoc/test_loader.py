"""The one YAML loader: YAML 1.2 values, lines, and everything wrong at once."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model.errors import FileProblems
from bridge.yamldoc import load, path_text
from bridge.yamldoc.loader import MAX_CHARACTERS, MAX_DEPTH

ALIASES = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{here}: &{here} [{','.join(['*' + before] * 10)}]\n"
    for before, here in zip("abcde", "bcdef", strict=True)
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0301", 301),
        ("'0301'", "0301"),
        ("0x0b", 11),
        ("0o17", 15),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        ("off", "off"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("''", ""),
        ("-7", -7),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("|\n  two\n  lines", "two\nlines\n"),
        ("[1, {b: c}]", [1, {"b": "c"}]),
    ],
)
def test_values_are_those_of_yaml_1_2(written: str, value: object) -> None:
    loaded = load(f"a: {written}\n", "f").value
    assert loaded == {"a": value}
    assert repr(loaded) == repr({"a": value})  # 1 is not True


def test_every_value_knows_its_line_and_how_it_was_written() -> None:
    document = load("# one\na:\n  - b: '1'\n    c: 2\n  -\n    d: [e,\n        f]\n", "f")
    assert document.line(("a",)) == 2
    assert document.line(("a", 0, "b")) == 3
    assert document.line(("a", 0, "c")) == 4
    assert document.line(("a", 1, "d", 1)) == 7
    assert document.line(("a", 0, "missing", "deeper")) == 3
    assert document.line(()) == 2
    assert document.is_quoted(("a", 0, "b"))
    assert not document.is_quoted(("a", 0, "c"))
    assert document.text(("a", 0, "c")) == "2"
    assert path_text(("a", 0, "c")) == "a[0].c"


def test_an_alias_is_a_value_of_its_own() -> None:
    value = load("a: &x {b: [1]}\nc: *x\n", "f").value
    assert value == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert isinstance(value, dict)
    assert value["a"] is not value["c"]


def test_all_problems_come_at_once_with_their_lines() -> None:
    text = "a: 1\na: 2\n1: x\n? [k]\n: b\n<<: {}\nb: !!str x\nc: .inf\nd: *q\nnull: 1\n"
    with pytest.raises(FileProblems) as caught:
        load(text, "f.yaml")
    lines = [problem.line for problem in caught.value.problems]
    assert lines == [2, 3, 4, 6, 7, 8, 9, 10]
    assert "f.yaml:2: a: found the key a second time" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a:\n\t- b", "f:2: (syntax): found a tab"),
        ("a: [1,", "f:1: (syntax)"),
        ("a: b: c", "f:1: (syntax)"),
        ("a\x01", "f:1: (syntax): found a control character"),
        ("\ud800", "(syntax)"),
        ("---\na\n---\nb", "f:3: (file): found a second document"),
        ("a: &x [*x]", "f:1: a[0]: found *x"),
        ("[" * (MAX_DEPTH + 1), "nesting deeper"),
        ("[" * 50_000, "nesting deeper"),
        (ALIASES, "values, expected a smaller file"),
        ("a" * (MAX_CHARACTERS + 1), "expected at most"),
        ("a: " + "9" * 5000, "expected a finite number"),
        ("a: 1e999", "expected a finite number"),
    ],
)
def test_a_broken_or_hostile_text_is_one_sentence(text: str, part: str) -> None:
    with pytest.raises(FileProblems, match="found") as caught:
        load(text, "f")
    assert part in str(caught.value)
    assert len(str(caught.value)) < 400


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1:- \n\t[]{}*&!|>'\"#,?<%@\x00é", max_size=60))
def test_no_text_makes_anything_else_escape(text: str) -> None:
    with contextlib.suppress(FileProblems):
        assert load(text, "f").line(()) >= 1
