"""What the phones cost while nothing happens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.figures import Row, Sample, single
from tests.bench.phones import Place
from tests.bench.process_figures import Cost, Memory, cost, cpu_percent, memory, wakeups_per_s

SETTLE_S = 2.0  # after a call or a start; sound and sockets are put away within one
PEER = "baresip"

Pids = Callable[[], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Idle:
    """What each phone costs while nothing happens; by name."""

    before: Mapping[str, Cost]
    after: Mapping[str, Cost]
    memory: Mapping[str, Memory]


def idle(place: Place, phones: Mapping[str, Pids], seconds: float) -> Idle:
    """Look at all phones at once, for a while."""
    place.wire.rest(SETTLE_S)
    before = {name: cost(pids()) for name, pids in phones.items()}
    place.wire.rest(seconds)
    after = {name: cost(pids()) for name, pids in phones.items()}
    return Idle(before, after, {name: memory(pids()) for name, pids in phones.items()})


def idle_rows(first: Idle, last: Idle, calls: int) -> list[Row]:
    """The rows of an idle phone before and after calls.

    Args:
        first: before any call.
        last: after all of them.
        calls: how many there were; each phone had its own.
    """

    def row(key: str, title: str, unit: str, value: Callable[[str], float]) -> Row:
        names = [name for name in (PEER,) if name in first.memory]
        theirs = Sample([value(name) for name in names])
        return Row(key, title, unit, single(value("offhook")), "".join(names), theirs, digits=1)

    grown = f"RSS gained by {calls} calls"
    return [
        row("idle_cpu", "idle: CPU", "% of a core", lambda n: _cpu(first, n)),
        row("idle_wakeups", "idle: wake-ups", "1/s", lambda n: _wakeups(first, n)),
        row("idle_rss", "idle: RSS", "MiB", lambda n: first.memory[n].rss),
        row("idle_pss", "idle: PSS", "MiB", lambda n: first.memory[n].pss),
        row("grown", grown, "MiB", lambda n: last.memory[n].rss - first.memory[n].rss),
        row("idle_wakeups_after", "idle after them: wake-ups", "1/s", lambda n: _wakeups(last, n)),
    ]


def _cpu(seen: Idle, name: str) -> float:
    return cpu_percent(seen.before[name], seen.after[name])


def _wakeups(seen: Idle, name: str) -> float:
    return wakeups_per_s(seen.before[name], seen.after[name])
