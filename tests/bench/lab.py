"""``python -m tests.bench.lab``: keys and the flood on real hidraw nodes. Inside the lab's VM.

The VM is emulated, some twenty times slower than its machine: only what stands beside a floor of
the same run means anything.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from bridge.app.serve import SWITCH_S
from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.ports import HidHandle, HidNode
from bridge.drivers.udev.monitor import describe_node
from tests.bench import flood, keys
from tests.bench.figures import Row, Sample
from tests.bench.flood_crowd import Crowd, Nodes, Open, crowd_on
from tests.bench.wire import BenchError
from tests.pbx.settings import ROOT
from tests.scenarios.families import FROM_DUMPS

VM = (str(ROOT / "tests/lab/vm"), "run", "--profile", "hid", "--memory", "2G", "--timeout", "1500")
LOOK_S = 0.010
RATES = (1000, 300, 100, 30)  # reports a second of each headset, tried in this order
MARK = "rows: "


@asynccontextmanager
async def uhid_crowd() -> AsyncIterator[tuple[Crowd, Nodes]]:
    """Eight headsets on real nodes."""
    async with crowd_on((), "--uhid") as crowd:
        nodes = [describe_node(path) for path in crowd.nodes]
        yield crowd, [(node, _opener(node)) for node in nodes]


def _opener(node: HidNode) -> Open:
    def open_it() -> HidHandle:
        return open_hidraw(node)

    return open_it


def measure(rounds: int, calls: int) -> list[Row]:
    """Measure everything that the VM can."""
    from tests.bench.uhid_port import uhid_floor, uhid_headset  # noqa: PLC0415  # needs uhid

    say(f"keys of {len(FROM_DUMPS)} families on hidraw, {rounds} rounds")
    headsets = [uhid_headset(family) for family in FROM_DUMPS]
    rows = asyncio.run(keys.measure(headsets, uhid_floor, rounds, LOOK_S, "lab"))
    return rows + asyncio.run(_flood_rows(calls))


async def _flood_rows(calls: int) -> list[Row]:
    """Find the highest rate at which no report is lost, and take calls at it."""
    async with uhid_crowd() as crowd:

        @asynccontextmanager
        async def the_same() -> AsyncIterator[tuple[Crowd, Nodes]]:
            yield crowd

        for rate in RATES:
            floor = await flood.drain(the_same, rate=rate)
            say(f"asked for {rate} reports/s each: bare readers lost {floor.lost}")
            tally = await flood.flood(the_same, calls, rate)
            say(
                f"sent {tally.rate:.0f}/s each: lost {tally.lost}, {tally.missed} presses missed "
                f"or doubled, {tally.calls} calls {tally.wrong}"
            )
            if not (tally.lost or tally.missed or tally.wrong):
                return flood.rows(tally, floor.cost, "lab")
    raise BenchError("reports or presses are lost at every rate")


def say(text: str) -> None:
    """Tell a person who waits."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def run_in_vm(rounds: int, calls: int) -> list[Row]:
    """Run this module in the VM; return its rows.

    Raises:
        BenchError: there is no VM, or the bench failed in it.
    """
    module = [sys.executable, "-m", "tests.bench.lab"]
    numbers = ["--rounds", str(rounds), "--calls", str(calls)]
    command = [*VM, "--", *module, *numbers]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not told:
        raise BenchError(f"the lab's VM ended with status {done.returncode} (see above)")
    return [_row(one) for one in json.loads(told[-1].removeprefix(MARK))]


def _row(told: dict[str, Any]) -> Row:
    """Return a row as it was in the VM."""
    return Row(**(told | {one: Sample(**told[one]) for one in ("ours", "theirs")}))


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=2)
    args = parser.parse_args()
    if not os.environ.get("HARDWARE_LAB"):
        sys.exit("bench: this part runs in the lab's VM: ./dev bench --lab")
    sys.setswitchinterval(SWITCH_S)
    rows = measure(args.rounds, args.calls)
    print(MARK + json.dumps([asdict(row) for row in rows]), flush=True)


if __name__ == "__main__":
    main()
