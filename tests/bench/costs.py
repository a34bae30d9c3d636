"""What the phones cost while nothing happens and during one call."""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.figures import Row, Sample, single
from tests.bench.phones import BARESIP, OFFHOOK, Baresip, Offhook, Place
from tests.bench.process_figures import Cost, Memory, cost, cpu_percent, memory, wakeups_per_s
from tests.bench.sip_peer import G722, HOST, PCMU

SETTLE_S = 2.0  # after a call or a start; sound and sockets are put away within one
CODECS = {"PCMU": (PCMU, 8000), "G.722": (G722, 16000)}
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


class Echo:
    """Sends every sound packet back."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self.port = int(self._socket.getsockname()[1])
        self.packets = 0
        place.wire.watch(self._socket, self._ready)

    def close(self) -> None:
        self._place.wire.forget(self._socket)
        self._socket.close()

    def _ready(self) -> None:
        packet, sender = self._socket.recvfrom(2048)
        self.packets += 1
        self._socket.sendto(packet, sender)


def talk_rows(place: Place, offhook: Offhook, seconds: float, *, with_baresip: bool) -> list[Row]:
    """CPU and wake-ups of one call, one row of each per codec."""
    rows = []
    for name, (codec, rate_hz) in CODECS.items():
        ours = _offhook_call(place, offhook, codec, seconds)
        theirs = _baresip_call(place, codec, rate_hz, seconds) if with_baresip else None
        against = PEER if theirs else ""
        key = name.lower().replace(".", "")
        for index, what, unit in ((0, "CPU", "% of a core"), (1, "wake-ups", "1/s")):
            other = Sample([theirs[index]] if theirs else [])
            title = f"one {name} call: {what}"
            row_key = f"talk_{key}_{'cpu' if index == 0 else 'wakeups'}"
            rows.append(Row(row_key, title, unit, single(ours[index]), against, other, digits=1))
    return rows


def _offhook_call(
    place: Place, offhook: Offhook, codec: str, seconds: float
) -> tuple[float, float]:
    echo = Echo(place)
    call = place.peer.invite(OFFHOOK, codec, echo.port)
    place.wire.until(lambda: "ring" in offhook.headset.lamps, "offhook rings")
    offhook.headset.press("hook")
    place.wire.until(lambda: call.answered_ns and echo.packets, "offhook talks")
    figures = _costs_of(place, lambda: offhook.program.pids, seconds)
    place.peer.hang_up(call)
    place.wire.until(lambda: call.closed_ns and not offhook.headset.lamps, "the call ends")
    echo.close()
    return figures


def _baresip_call(place: Place, codec: str, rate_hz: int, seconds: float) -> tuple[float, float]:
    echo, phone = Echo(place), Baresip(place, rate_hz, with_mqtt=False)
    try:
        phone.ready()
        call = place.peer.invite(BARESIP, codec, echo.port)
        place.wire.until(lambda: call.answered_ns and echo.packets, "baresip talks")
        figures = _costs_of(place, lambda: phone.program.pids, seconds)
        place.peer.hang_up(call)
        place.wire.until(lambda: call.closed_ns, "baresip's call ends")
    finally:
        phone.stop()
        echo.close()
    return figures


def _costs_of(place: Place, pids: Pids, seconds: float) -> tuple[float, float]:
    place.wire.rest(1.0)
    before = cost(pids())
    place.wire.rest(seconds)
    after = cost(pids())
    return cpu_percent(before, after), wakeups_per_s(before, after)
