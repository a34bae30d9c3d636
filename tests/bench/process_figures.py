"""What processes cost, from /proc: CPU, wake-ups, memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a group of processes has cost so far.

    Args:
        at_s: monotonic seconds.
        cpu_s: CPU time of all threads, from schedstat (nanoseconds, not ticks).
        wakeups: voluntary context switches: each is a sleep that ended or will end.
        threads: how many.
    """

    at_s: float
    cpu_s: float
    wakeups: int
    threads: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a group of processes, MiB; shared pages count in ``pss`` by share."""

    rss: float
    pss: float


def cost(pids: Sequence[int]) -> Cost:
    """Read what these processes have cost."""
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    cpu_ns = sum(int((t / "schedstat").read_text(encoding="ascii").split()[0]) for t in tasks)
    return Cost(time.monotonic(), cpu_ns / 1e9, sum(map(_switches, tasks)), len(tasks))


def memory(pids: Sequence[int]) -> Memory:
    """Read how much memory these processes have."""
    rollups = [_rollup(pid) for pid in pids]
    return Memory(
        sum(one["Rss"] for one in rollups) / 1024, sum(one["Pss"] for one in rollups) / 1024
    )


def cpu_percent(before: Cost, after: Cost) -> float:
    """Percent of one core between two readings."""
    return 100 * (after.cpu_s - before.cpu_s) / (after.at_s - before.at_s)


def wakeups_per_s(before: Cost, after: Cost) -> float:
    """Wake-ups a second between two readings."""
    return (after.wakeups - before.wakeups) / (after.at_s - before.at_s)


def children(pid: int) -> list[int]:
    """The child processes of all threads of a process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(c) for t in tasks for c in (t / "children").read_text(encoding="ascii").split()]


def _switches(task: Path) -> int:
    lines = (task / "status").read_text(encoding="utf-8").splitlines()
    return next(int(x.split()[1]) for x in lines if x.startswith("voluntary_ctxt_switches"))


def _rollup(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}
