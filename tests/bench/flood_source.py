"""Headsets that talk without end, in a process of their own.

Each sends reports at a rate: unchanged ones, those of vendor pages with any content, and among them
presses of keys that are counted. Orders come as JSON lines, news go out the same way:

    {"press": [0, "hook"]}    press a key of the first headset
    {"wild": 3}               the keys of the first three never rest from now on
    {"rate": 1000}            begin to count, and send so many reports a second, each headset
    {"rate": 0}               be quiet, and tell what was counted
    ← {"nodes": [...]}        once, when all are there
    ← {"lamps": [0, "ring"]}  the lamps of the first headset, whenever they change
    ← {"sent": [...], "presses": [{"volume_up": 12}, ...], "seconds": 10.0}
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bridge.protocols.hid_descriptor import Descriptor, Kind, parse
from bridge.protocols.hid_roles import Layout, find_roles
from tests.hid_dumps import ALL
from tests.scenarios.families import family_of, make

TICK_S = 0.001  # between two turns of all headsets
BURST = 4  # reports in one turn at most, to catch up after a pause without an avalanche
OWED = 1000  # reports that are caught up with at most
EVERY = 50  # one report in so many is a press: 20 a second, as by a wheel that is turned
FREE_KEYS = ("volume_up", "volume_down", "speed_dial", "voice_mail", "teams")
"""Keys without a meaning in any situation: pressed at any time they change nothing."""


class Port(Protocol):
    """The device's end of a cable."""

    patient: bool

    @property
    def node(self) -> str:
        """Where the host finds it."""

    @property
    def waiting(self) -> int:
        """Reports that found no room on the cable yet."""

    def send(self, report: bytes) -> None:
        """Send a report."""

    def push(self) -> None:
        """Send what waits, as far as there is room."""

    def take(self) -> bytes:
        """Return the next report the host wrote, empty when there is none."""


@dataclass
class SocketPort:
    """A cable without a kernel below: nothing is lost on it, so that what is missing is our loss.

    The socket has room for some 270 reports, hidraw for 63; what a reader that is late loses there
    is seen in the lab only.
    """

    socket: socket.socket
    node: str
    patient: bool = True  # False: what finds no room is lost, as in the kernel
    _late: deque[bytes] = field(default_factory=deque)

    @property
    def waiting(self) -> int:
        return len(self._late)

    def send(self, report: bytes) -> None:
        if self.patient or not self._late:
            self._late.append(report)
        self.push()

    def push(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._late:
                self.socket.send(self._late[0], socket.MSG_DONTWAIT)
                self._late.popleft()

    def take(self) -> bytes:
        try:
            return self.socket.recv(64, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""


@dataclass
class Source:
    """One headset.

    Args:
        family: which.
        port: where it is plugged in.
    """

    family: str
    port: Port
    sent: int = 0
    presses: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.model = make(self.family)
        self.lit: frozenset[str] = frozenset()
        self._out = self.model.open()
        self._doings = itertools.cycle(self._plan())
        self._quota = 0.0

    def begin(self) -> None:
        """Count anew."""
        self.sent = 0
        self.presses = Counter()

    def hush(self) -> None:
        """Owe nothing any more, and get rid of what waits."""
        self._quota = 0.0
        while self.port.waiting:
            self.port.push()
            time.sleep(TICK_S)

    def turn(self, reports: float) -> None:
        """Send as many reports as are due by now, a burst at most; hear what the host writes."""
        self._quota = min(self._quota + reports, OWED)
        sent = 0
        while self._quota - sent >= 1 and sent < BURST:
            next(self._doings)()
            sent += self._pump()
        self._quota -= sent
        self.port.push()
        while report := self.port.take():
            self.model.write(report)
        self._pump()

    def go_wild(self) -> None:
        """From now on press keys all the time, heard or not."""
        self.port.patient = False
        self._doings = itertools.cycle([self._presser(key) for key in self._keys()])

    def press(self, key: str) -> None:
        """Press a key now."""
        self.model.press(key)
        self._pump()

    def _pump(self) -> int:
        """Put what the device has said on the cable; return how many reports that was."""
        reports = 0
        while report := self._out.read(0):
            reports += 1
            self.port.send(report)
        self.sent += reports
        return reports

    def _plan(self) -> Iterator[Callable[[], None]]:
        """Yield what it does, over and over."""
        keys = self._keys()
        noises = [*self._noises()]
        for number in range(EVERY * len(keys)):
            if number % EVERY == 0:
                yield self._presser(keys[number // EVERY])
            else:
                yield noises[number % len(noises)]

    def _keys(self) -> list[str]:
        known = family_of(self.family).keys
        return [key for key in FREE_KEYS if self.model.has(key) and key in known]

    def _presser(self, key: str) -> Callable[[], None]:
        def press() -> None:
            self.presses[key] += 1
            self.model.press(key)

        return press

    def _noises(self) -> Iterator[Callable[[], None]]:
        yield lambda: self.model.let_go("volume_up")  # nothing new on the volume keys
        if not family_of(self.family).conduct.reject_by_on_hook:
            yield self.model.repeat  # nothing new on the hook; to others that is how they say no
        for report, length in _foreign_reports(self.family):
            yield self._babbler(report, length)

    def _babbler(self, report: int, length: int) -> Callable[[], None]:
        return lambda: self.model.send(bytes([report]) + random.randbytes(length))


def _foreign_reports(family: str) -> Iterator[tuple[int, int]]:
    """Yield id and length of the input reports that hold nothing of telephony: battery and such.

    Only declared ones: the kernel passes no others on to readers.
    """
    descriptor = parse(ALL[family].recording.descriptor)
    assert isinstance(descriptor, Descriptor)
    layout = find_roles(descriptor)
    assert isinstance(layout, Layout)
    ours = {one.report for one in layout.inputs}
    for report in sorted({f.report for f in descriptor.fields if f.kind is Kind.INPUT} - ours):
        yield report, descriptor.report_bytes(Kind.INPUT, report)


@dataclass
class Crowd:
    """All headsets."""

    sources: Sequence[Source]
    rate: float = 0.0

    def serve(self) -> None:
        """Talk and obey until the end of standard input."""
        orders = select.poll()
        orders.register(sys.stdin, select.POLLIN)
        self._began_s = last_s = time.monotonic()
        while True:
            if orders.poll(TICK_S * 1000):
                line = os.read(0, 4096)
                if not line:
                    return
                for order in line.splitlines():
                    self._obey(json.loads(order))
            now_s = time.monotonic()
            for number, source in enumerate(self.sources):
                source.turn((now_s - last_s) * self.rate)
                self._tell_lamps(number, source)
            last_s = now_s

    def _obey(self, order: dict[str, object]) -> None:
        match order:
            case {"press": [int(number), str(key)]}:
                self.sources[number].press(key)
            case {"wild": int(count)}:
                for source in self.sources[:count]:
                    source.go_wild()
            case {"rate": 0}:
                self.rate = 0
                for source in self.sources:
                    source.hush()
                self._tell_all()
            case {"rate": int(rate)}:
                self.rate = rate
                self._began_s = time.monotonic()
                for source in self.sources:
                    source.begin()
            case _:
                raise ValueError(f"no such order: {order}")

    def _tell_lamps(self, number: int, source: Source) -> None:
        lit = frozenset(name for name, on in source.model.lamps.items() if on)
        if lit != source.lit:
            source.lit = lit
            tell({"lamps": [number, *sorted(lit)]})

    def _tell_all(self) -> None:
        tell(
            {
                "sent": [one.sent for one in self.sources],
                "presses": [one.presses for one in self.sources],
                "seconds": time.monotonic() - self._began_s,
            }
        )


def tell(news: dict[str, object]) -> None:
    """Say something."""
    print(json.dumps(news), flush=True)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", nargs="+", required=True)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fds", nargs="+", type=int)
    where.add_argument("--uhid", action="store_true")
    args = parser.parse_args()
    if args.uhid:
        from tests.bench.uhid_port import uhid_ports  # noqa: PLC0415  # in the lab's VM only

        ports: Sequence[Port] = uhid_ports(args.families)
    else:
        nodes = (f"/bench/hidraw{number}" for number in itertools.count())
        sockets = (socket.socket(fileno=fd) for fd in args.fds)
        ports = [SocketPort(*one) for one in zip(sockets, nodes, strict=False)]
    crowd = Crowd([Source(*one) for one in zip(args.families, ports, strict=True)])
    tell({"nodes": [one.port.node for one in crowd.sources]})
    crowd.serve()


if __name__ == "__main__":
    main()
