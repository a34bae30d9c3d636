"""The bench itself works; figures are for people and never decide whether a test passes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.figures import Row, Sample, single
from tests.bench.report import BEGIN, END, write_readme
from tests.pbx.settings import ROOT


@pytest.mark.sip
@pytest.mark.needs("mosquitto", "baresip")
@pytest.mark.timeout(240)
def test_the_quick_bench_measures_everything_beside_its_reference() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert all(row["ours"]["n"] and row["ours"]["p50"] is not None for row in rows), rows
    assert all(row["theirs"]["p50"] is not None for row in rows), rows


def test_quantiles_are_values_that_were_measured() -> None:
    sample = Sample([5.0, 1.0, 4.0, 2.0, 3.0])
    assert [sample.quantile(q) for q in (0.5, 0.95, 0.99)] == [3.0, 5.0, 5.0]


def test_a_ratio_is_ours_to_theirs() -> None:
    assert Row("key", "title", "ms", single(3.0), "peer", single(2.0)).ratio == 1.5


def test_figures_go_between_the_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_readme(f"{BEGIN}\nnew\n{END}", page)
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_readme_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("text\n")
    with pytest.raises(ValueError, match="add them where it belongs"):
        write_readme("block", page)
    assert page.read_text() == "text\n"
