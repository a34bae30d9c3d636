"""A fleet of bridges whose broker is started again: how they come back, and when all are in step.

    python -m tests.bench.fleet [--bridges 500] [--down 0]

Prints one line of JSON. Every bridge is the real link with the real watch of a PBX and twenty keys,
many in a process; the PBX is a bare socket that says everything anew. In step is a bridge that has
said ``online`` itself and shows the state of every key that the PBX says after the restart.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.model.blf import Extension, Fact, LineFact, LineState, PbxId, SourceFact
from bridge.model.bus import MqttSettings
from tests.bench.figures import Row, Sample, single
from tests.bench.pbx_storm import Source, at
from tests.mqtt.waiting import eventually
from tests.pbx.instance import Broker
from tests.pbx.ports import port_block

PROCESSES = 4
KEYS, EXTENSIONS = 20, 1000  # of each bridge; of the PBX
PATIENCE_S = 120.0
WINDOW_S = 0.1  # of the busiest moment: a broker's queue of new connections holds 100
# Loopback by a name that the link does not take for this machine: a fleet is not beside its broker.
FAR_HOST = "127.1"


@dataclass
class Bridge:
    """One bridge, and when it did what (monotonic seconds).

    Args:
        number: makes its name and its keys.
        attempts: when it tried to connect.
    """

    number: int
    wanted: LineState = LineState.FREE
    attempts: list[float] = field(default_factory=list)
    lamps: dict[Extension, LineState] = field(default_factory=dict)
    is_up: bool = False
    stepped_s: float = 0.0

    def __post_init__(self) -> None:
        first = self.number * 7
        self.keys = [Extension(str((first + key) % EXTENSIONS)) for key in range(KEYS)]

    def settings(self, port: int) -> MqttSettings:
        return MqttSettings(host=FAR_HOST, port=port, bridge=f"desk-{self.number}")

    def learn(self, _pbx: PbxId, fact: Fact) -> None:
        """Take a fact, and note the time when it was the last one that was missing."""
        if isinstance(fact, LineFact):
            self.lamps[fact.extension] = fact.state
        elif isinstance(fact, SourceFact):
            self.is_up = fact.is_up
        if self.is_up and {self.lamps.get(key) for key in self.keys} == {self.wanted}:
            self.stepped_s = self.stepped_s or time.monotonic()

    def expect(self, state: LineState) -> None:
        """Begin anew: in step is from now on who shows this."""
        self.wanted, self.stepped_s = state, 0.0
        self.attempts.clear()


class Noted(MqttLink):
    """The link, with the time of each attempt."""

    attempts: list[float]

    async def _one_session(self) -> tuple[Exception | None, float]:
        self.attempts.append(time.monotonic())
        return await super()._one_session()


@dataclass
class Fleet:
    """Some bridges in one process, told what to do through a pipe."""

    port: int
    bridges: list[Bridge]

    async def run(self, pipe: "Connection[object, object]") -> None:
        """Come up; then, for each word, wait for it to be true everywhere and tell the times."""
        threads = ThreadPoolExecutor(len(self.bridges) + 1)  # no bridge waits for another's
        asyncio.get_running_loop().set_default_executor(threads)
        async with AsyncExitStack() as stack:
            for bridge in self.bridges:
                await self._start(stack, bridge)
            while True:
                await eventually(
                    lambda: all(one.stepped_s for one in self.bridges), "in step", PATIENCE_S
                )
                pipe.send([(bridge.stepped_s, bridge.attempts) for bridge in self.bridges])
                word = await asyncio.to_thread(pipe.recv)
                if word is None:
                    return
                for bridge in self.bridges:
                    bridge.expect(LineState(word))
                pipe.send([])

    async def _start(self, stack: AsyncExitStack, bridge: Bridge) -> None:
        link = Noted(bridge.settings(self.port), lambda _: None)
        link.attempts = bridge.attempts
        link.watch(False)
        watch = PbxWatch(link, PbxId("office"), "offhook", f"desk-{bridge.number}", bridge.learn)
        await stack.enter_async_context(link)
        watch.start(bridge.keys)
        await asyncio.sleep(0.01)  # switched on one after the other, as people do


def crew(port: int, numbers: Sequence[int], pipe: object) -> None:
    """Be some bridges; the body of a process."""
    logging.disable(logging.WARNING)
    fleet = Fleet(port, [Bridge(number) for number in numbers])
    asyncio.run(fleet.run(pipe))  # type: ignore[arg-type]


def say_all(port: int, state: LineState) -> Source:
    """Be a PBX that says everything anew."""
    source = Source(port)
    for number in range(EXTENSIONS):
        source.say(f"ext/{number}/state", {"rev": 1, "state": state.value})
    source.say("info", {"rev": 1, "window": ["00000000"], "commands": []})
    source.say("availability", {"state": "online", "seq": 0, "health": "ok", "reasons": []})
    return source


@dataclass(frozen=True, slots=True)
class Comeback:
    """How a fleet came back.

    Args:
        took_s: of each bridge, from the broker's start until it was in step.
        attempts_s: when somebody connected, from the broker's start.
    """

    took_s: list[float]
    attempts_s: list[float]

    @property
    def busiest(self) -> int:
        """Connections within the busiest ``WINDOW_S``."""
        when = sorted(self.attempts_s)
        return max(bisect_left(when, one + WINDOW_S) - i for i, one in enumerate(when))

    @property
    def by_second(self) -> list[int]:
        """Connections in each second."""
        seconds = [int(one) for one in self.attempts_s]
        return [seconds.count(second) for second in range(max(seconds) + 1)]


def measure(bridges: int, down_s: float) -> Comeback:
    """Let a fleet come up, kill its broker, and look at how it comes back.

    Args:
        bridges: how many.
        down_s: how long there is no broker.
    """
    fork = multiprocessing.get_context("fork")
    with (
        tempfile.TemporaryDirectory() as directory,
        port_block() as port,
        Broker(Path(directory), port, "max_queued_messages 0") as broker,
    ):
        pipes, processes = [], []
        for one in range(min(PROCESSES, bridges)):
            ours, theirs = fork.Pipe()
            numbers = range(one, bridges, PROCESSES)
            processes.append(fork.Process(target=crew, args=(port, numbers, theirs), daemon=True))
            processes[-1].start()
            pipes.append(ours)
        before = say_all(port, LineState.FREE)
        for pipe in pipes:
            _received(pipe)
        for pipe in pipes:
            pipe.send(LineState.HELD.value)
            _received(pipe)
        broker.kill()
        before.close()
        time.sleep(down_s)
        began_s = time.monotonic()
        broker.start()
        after = say_all(port, LineState.HELD)
        found = [pair for pipe in pipes for pair in _received(pipe)]
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.send(None)
            process.join()
        after.close()
    took_s = [stepped_s - began_s for stepped_s, _ in found]
    attempts = [when - began_s for _, all_of_one in found for when in all_of_one]
    return Comeback(took_s, [when for when in attempts if when >= 0])


def _received(
    pipe: "Connection[object, object]",
) -> list[tuple[float, list[float]]]:
    """Return what a crew says, or fail when it says nothing."""
    if not pipe.poll(PATIENCE_S):
        raise TimeoutError(f"a crew is not in step within {PATIENCE_S:.0f} s")
    said: list[tuple[float, list[float]]] = pipe.recv()  # type: ignore[assignment]
    return said


def fleet_rows(bridges: int) -> list[Row]:
    """Measure a fleet beside one bridge alone."""
    alone, fleet = measure(1, 0.0), measure(bridges, 0.0)
    title = f"{bridges} bridges, broker killed and started"
    return [
        Row(
            "fleet_step",
            f"{title}: its start → lamps true",
            "s",
            Sample(fleet.took_s),
            "one bridge alone",
            Sample(alone.took_s),
        ),
        Row(
            "fleet_peak",
            f"{title}: connections in the busiest 0.1 s",
            "",
            single(fleet.busiest),
            "all at once",
            single(bridges),
            digits=0,
        ),
    ]


def main() -> None:
    """Measure once and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet")
    parser.add_argument("--bridges", type=int, default=500)
    parser.add_argument("--down", type=float, default=0.0, help="seconds without a broker")
    args = parser.parse_args()
    found = measure(args.bridges, args.down)
    figures = {
        "bridges": args.bridges,
        "in_step_s": [at(found.took_s, share) for share in (0.5, 0.99, 1.0)],
        "connections_by_second": found.by_second,
        "busiest_100ms": found.busiest,
        "load": os.getloadavg()[0],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
