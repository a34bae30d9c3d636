"""The bench itself works; figures are for people and never decide whether a test passes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.audio_delay import delays_ms
from tests.bench.figures import Row, Sample, single
from tests.bench.machine import machine
from tests.bench.report import BEGIN, END, IN_README, readme_block, table, write_readme
from tests.pbx.settings import ROOT


@pytest.mark.sip
@pytest.mark.needs("mosquitto", "baresip")
@pytest.mark.timeout(400)
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


def test_an_impulse_is_paired_with_the_first_that_is_heard_after_it() -> None:
    assert delays_ms([1.0, 2.0, 3.0], [0.9, 1.125, 1.2, 3.25]) == [125.0, 250.0]


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


FACTS: dict[str, object] = {
    "machine": machine(),
    "peers": "baresip 1.0.0",
    "load": {"begin": 0.1, "end": 0.2, "busy_percent": 12.0},
}


def test_the_readme_gets_median_reference_and_ratio() -> None:
    rows = [Row(key, key, "ms", Sample([1.0, 2.0, 3.0]), "peer", single(4.0)) for key in IN_README]
    lines = readme_block(rows, FACTS).splitlines()
    assert lines[0] == BEGIN
    assert lines[-1] == END
    assert lines[3] == f"| {IN_README[0]} | 2.00 ms (p95 3.00) | peer: 4.00 ms | 0.5 |"
    assert "load average 0.1 at the beginning" in lines[-2]


def test_a_row_without_a_peer_has_empty_columns_in_the_table() -> None:
    head, line = table([Row("key", "title", "ms", Sample([1.0, 2.0]))]).splitlines()
    assert head.split()[-1] == "ratio"
    assert line.split() == ["title", "ms", "1.00", "2.00", "2.00", "2"]
