"""What a call costs the phones: CPU, wake-ups and memory, by codec."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.costs import PEER, SETTLE_S, Pids
from tests.bench.figures import Row, Sample, single
from tests.bench.mqtt_probe import Probe
from tests.bench.phones import BARESIP, OFFHOOK, Baresip, Offhook, Place
from tests.bench.process_figures import cost, cpu_percent, memory, wakeups_per_s
from tests.bench.sip_peer import G722, HOST, PCMU, PeerCall

CODECS = {"PCMU": (PCMU, 8000), "G.722": (G722, 16000)}


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


@dataclass(frozen=True, slots=True)
class Talk:
    """What one call costs a phone.

    Args:
        cpu_percent: of a core.
        wakeups: a second.
        pss: MiB while it runs.
    """

    cpu_percent: float
    wakeups: float
    pss: float


TALK_ROWS: tuple[tuple[str, str, str, Callable[[Talk], float]], ...] = (
    ("cpu", "CPU", "% of a core", lambda talk: talk.cpu_percent),
    ("wakeups", "wake-ups", "1/s", lambda talk: talk.wakeups),
    ("pss", "PSS", "MiB", lambda talk: talk.pss),
)


def talk_rows(place: Place, offhook: Offhook, seconds: float, *, with_baresip: bool) -> list[Row]:
    """CPU, wake-ups and memory of one call, one row of each per codec."""
    rows = []
    for name, (codec, rate_hz) in CODECS.items():
        ours = _offhook_call(place, offhook, codec, seconds)
        theirs = _baresip_call(place, codec, rate_hz, seconds) if with_baresip else None
        key = name.lower().replace(".", "")
        for what, title, unit, value in TALK_ROWS:
            other = single(value(theirs)) if theirs else Sample()
            against = PEER if theirs else ""
            mine = single(value(ours))
            text = f"one {name} call: {title}"
            rows.append(Row(f"talk_{key}_{what}", text, unit, mine, against, other, digits=1))
    return rows


def _offhook_call(place: Place, offhook: Offhook, codec: str, seconds: float) -> Talk:
    with _echo(place) as echo:
        call = place.peer.invite(OFFHOOK, codec, echo.port)
        place.wire.until(lambda: "ring" in offhook.headset.lamps, "offhook rings")
        offhook.headset.press("hook")
        place.wire.until(lambda: call.answered_ns and echo.packets, "offhook talks")
        talk = _talk(place, lambda: offhook.program.pids, seconds)
        place.peer.hang_up(call)
        place.wire.until(lambda: call.closed_ns and not offhook.headset.lamps, "the call ends")
    return talk


def _baresip_call(place: Place, codec: str, rate_hz: int, seconds: float) -> Talk:
    phone = Baresip(place, rate_hz, with_mqtt=False)
    try:
        phone.ready()
        with _echo(place) as echo:
            call = place.peer.invite(BARESIP, codec, echo.port)
            place.wire.until(lambda: call.answered_ns and echo.packets, "baresip talks")
            talk = _talk(place, lambda: phone.program.pids, seconds)
            place.peer.hang_up(call)
            place.wire.until(lambda: call.closed_ns, "baresip's call ends")
    finally:
        phone.stop()
    return talk


@contextmanager
def _echo(place: Place) -> Iterator[Echo]:
    echo = Echo(place)
    try:
        yield echo
    finally:
        echo.close()


def _talk(place: Place, pids: Pids, seconds: float) -> Talk:
    place.wire.rest(1.0)
    before = cost(pids())
    place.wire.rest(seconds)
    after = cost(pids())
    cpu, wakeups = cpu_percent(before, after), wakeups_per_s(before, after)
    return Talk(cpu, wakeups, memory(pids()).pss)


def memory_rows(place: Place, probe: Probe, *, with_baresip: bool) -> list[Row]:
    """Memory of a second call beside a first one: what all calls share is loaded by then.

    Both phones are started anew for it, since a SIP stack keeps the memory of its calls for the
    next ones; nobody else may be registered.
    """
    rows = []
    for name, (codec, rate_hz) in CODECS.items():
        ours = single(_offhook_gains(place, probe, codec))
        theirs = single(_baresip_gains(place, codec, rate_hz)) if with_baresip else Sample()
        key = f"second_{name.lower().replace('.', '')}_pss"
        title = f"a second {name} call: PSS gained"
        rows.append(Row(key, title, "MiB", ours, PEER if theirs.values else "", theirs))
    return rows


def _offhook_gains(place: Place, probe: Probe, codec: str) -> float:
    phone = Offhook(place)

    def answered() -> PeerCall:
        call = place.peer.invite(OFFHOOK, codec)
        place.wire.until(lambda: phone.ringing, "offhook rings")
        probe.publish(*phone.command("answer", phone.ringing))
        place.wire.until(lambda: call.answered_ns and not phone.ringing, "offhook answers")
        return call

    try:
        phone.ready(probe)
        return _gained(place, lambda: phone.program.pids, answered)
    finally:
        phone.stop()


def _baresip_gains(place: Place, codec: str, rate_hz: int) -> float:
    phone = Baresip(place, rate_hz, with_mqtt=False)

    def answered() -> PeerCall:
        call = place.peer.invite(BARESIP, codec)
        place.wire.until(lambda: call.answered_ns, "baresip answers")
        return call

    try:
        phone.ready()
        return _gained(place, lambda: phone.program.pids, answered)
    finally:
        phone.stop()


def _gained(place: Place, pids: Pids, answered: Callable[[], PeerCall]) -> float:
    """MiB that the second of two calls adds."""
    first = answered()
    place.wire.rest(SETTLE_S)
    before = memory(pids()).pss
    second = answered()
    place.wire.rest(SETTLE_S)
    gained = memory(pids()).pss - before
    for call in (first, second):
        place.peer.hang_up(call)
    place.wire.until(lambda: first.closed_ns and second.closed_ns, "both calls end")
    return gained
