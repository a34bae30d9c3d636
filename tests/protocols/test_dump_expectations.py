"""A dump is all a contributor brings: ./dev gen writes what is expected of it."""

from pathlib import Path

import pytest

from bridge.yamldoc import load
from tests.hid_dumps import ALL, DUMPS
from tests.library import LIBRARY
from tests.tools import dump_expectations
from tests.tools.dump_expectations import expectation, explained, main

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", sorted(ALL))
def test_what_is_written_for_a_dump_is_what_the_tests_hold_us_to(name: str) -> None:
    text = expectation(explained(DUMPS / f"{name}.hid", LIBRARY))
    assert load(text, name).value == ALL[name].expected


@pytest.fixture
def new_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    dump = tmp_path / "0b0e-0307_evolve-link.hid"
    dump.write_text((DUMPS / dump.name).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(dump_expectations, "DUMPS", tmp_path)
    return dump


def test_a_missing_expectation_is_told_and_written_once(new_dump: Path, capsys: Captured) -> None:
    written = new_dump.with_suffix(".expect.yaml")
    assert main(["--check"]) == 1
    assert f"{written} is missing: run ./dev gen" in capsys.readouterr().err
    assert main([]) == 0
    assert f"{written} is new: look whether it is right" in capsys.readouterr().err
    assert main(["--check"]) == 0


def test_an_expectation_that_is_there_stays(new_dump: Path) -> None:
    new_dump.with_suffix(".expect.yaml").write_text("profile: other\n", "utf-8")
    assert main([]) == 0
    assert new_dump.with_suffix(".expect.yaml").read_text("utf-8") == "profile: other\n"
