"""The reference page and the editors' schema: never older than the code, and right."""

import json

import jsonschema
import pytest

from bridge.config import reference


def test_the_generated_files_are_not_stale() -> None:
    assert reference.main(["--check"]) == 0


def test_a_stale_file_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "INTRODUCTION", "something else")
    assert reference.main(["--check"]) == 1
    assert "REFERENCE.md is stale" in capsys.readouterr().err


@pytest.mark.parametrize(
    "key", ["password_credential", "rtp_ports", "allow_from", "keep_open", "check_name"]
)
def test_the_page_names_every_kind_of_key(key: str) -> None:
    assert f"| `{key}` |" in reference.page()


def test_every_key_has_a_sentence() -> None:
    rows = [line for line in reference.page().splitlines() if line.startswith("| `")]
    assert [row for row in rows if len(row.split(" | ")[-1]) < len("See below. |")] == []


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({}, True),
        ({"account": {"server": "pbx", "user": "201", "register": True}}, True),
        ({"mqtt": "off"}, True),
        ({"mqtt": "on"}, False),
        ({"acount": {}}, False),
        ({"sip": {"port": 70000}}, False),
    ],
)
def test_editors_judge_as_we_do(value: object, fits: bool) -> None:
    schema = json.loads(reference.json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(value) is fits
