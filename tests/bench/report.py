"""Rows to a table for people, JSON for programs, and the block of figures in the README."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.figures import Row, as_json, find
from tests.bench.machine import sentence
from tests.pbx.settings import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

IN_README = (  # what a newcomer asks; the rest is in the table of `./dev bench`
    "key_ack",
    "ack_all",
    "intent_all",
    "flood_read",
    "flood_presses",
    "flood_late",
    "flood_cpu",
    "answer_key_200",
    "invite_lamp",
    "command_200",
    "invite_180",
    "dial_invite",
    "setup",
    "hold_invite",
    "hangup_bye",
    "start_register",
    "idle_cpu",
    "idle_wakeups",
    "idle_pss",
    "grown",
    "talk_pcmu_cpu",
    "talk_pcmu_pss",
    "talk_g722_cpu",
    "talk_g722_pss",
    "second_pcmu_pss",
    "second_g722_pss",
    "audio_delay",
    "lamps_wide",
    "lamps_wide_cpu",
    "lamps_dense_frames",
    "fleet_step",
    "fleet_peak",
)

Facts = Mapping[str, object]


def table(rows: Sequence[Row]) -> str:
    """All rows, columns aligned."""
    head = ["", "unit", "p50", "p95", "p99", "n", "against", "p50", "p95", "ratio"]
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    left = {0, 1, 6}  # texts; numbers stand to the right

    def fit(cell: str, i: int) -> str:
        return cell.ljust(widths[i]) if i in left else cell.rjust(widths[i])

    return "\n".join("  ".join(fit(c, i) for i, c in enumerate(x)).rstrip() for x in lines)


def _cells(row: Row) -> list[str]:
    def value(q: float) -> str:
        return _text(row.ours.quantile(q), row.digits)

    n = len(row.ours.values)
    spread = [value(0.95), value(0.99)] if n > 1 else ["", ""]
    cells = [row.title, row.unit, value(0.5), *spread, str(n)]
    if not row.theirs.values:
        return [*cells, "", "", "", ""]
    high = _text(row.theirs.quantile(0.95), row.digits) if len(row.theirs.values) > 1 else ""
    return [*cells, row.against, _text(row.theirs.p50, row.digits), high, _text(row.ratio, 2)]


def _text(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def for_programs(rows: Sequence[Row], facts: Facts) -> str:
    """Everything, as one JSON object."""
    return json.dumps({"schema": 1, **facts, "rows": [as_json(row) for row in rows]}, indent=1)


def foot(facts: Facts) -> str:
    """The lines below the table: on what it was measured, against whom, how busy it was."""
    load = facts["load"]
    assert isinstance(load, Mapping)
    machine = facts["machine"]
    assert isinstance(machine, Mapping)
    return (
        f"{sentence(machine)}; {facts['peers']}\n"
        f"load average {load['begin']:.1f} at the beginning, {load['end']:.1f} at the end; "
        f"{load['busy_percent']:.0f} % of all cores used meanwhile, this bench included"
    )


def readme_block(rows: Sequence[Row], facts: Facts) -> str:
    """The figures for the README, markers included."""
    lines = ["| | Offhook | reference, same run | ratio |", "| --- | --- | --- | --- |"]
    lines += [_readme_line(find(rows, key)) for key in IN_README]
    return "\n".join([BEGIN, *lines, "", foot(facts).replace("\n", "; ") + ".", END])


def _readme_line(row: Row) -> str:
    ours = _with_unit(_text(row.ours.p50, row.digits), row.unit)
    if len(row.ours.values) > 1:
        ours += f" (p95 {_text(row.ours.quantile(0.95), row.digits)})"
    theirs = ratio = "–"
    if row.theirs.values:
        theirs = f"{row.against}: " + _with_unit(_text(row.theirs.p50, row.digits), row.unit)
        ratio = _text(row.ratio, 1)
    return f"| {row.title} | {ours} | {theirs} | {ratio} |"


def _with_unit(value: str, unit: str) -> str:
    return f"{value}/s" if unit == "1/s" else f"{value} {unit}".strip()


def write_readme(block: str, path: Path = README) -> None:
    """Put the block between the markers of the README.

    Raises:
        ValueError: the markers are not there, or not in order.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} has no lines {BEGIN} and {END}: add them where it belongs")
    path.write_text(before + block + after, encoding="utf-8")
