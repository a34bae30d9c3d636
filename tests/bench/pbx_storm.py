"""A PBX that says thousands of states a second to one bridge that watches all of them.

    python -m tests.bench.pbx_storm [--rate 5000] [--extensions 1000] [--stop 0]

Prints one line of JSON. The states come from a process of its own, by a bare socket with QoS 1, so
that the source costs the bridge nothing; their time stamps give the age of a fact. What counts is
that every lamp ends with the last state; beside it, how late the event loop gets to its work, which
is what a headset's key would wait. ``--stop`` stops the bridge for so many seconds on the way.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.model.blf import Extension, Fact, LineFact, LineState, PbxId
from bridge.model.bus import MqttSettings
from tests.mqtt.waiting import eventually
from tests.pbx.instance import Broker
from tests.pbx.ports import port_block

HOST, BASE, EPOCH = "127.0.0.1", "offhook/1/office", "a" * 16
STORM_S = 8.0
BEAT_S = 0.005  # how often the loop is to be on time
PATIENCE_S = 60.0
WORDS = ("ringing", "busy", "held", "free")


@dataclass(frozen=True, slots=True)
class Plan:
    """How hard it storms."""

    rate: int
    extensions: int
    stop_s: float


class Source:
    """A publisher that writes packets and throws acknowledgements away."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._socket.sendall(bytes([0x10, 16]) + b"\0\4MQTT\4\2\0\0\0\4stor")
        self._socket.recv(4)
        self._ids: Iterator[int] = itertools.cycle(range(1, 65536))
        self._draining = threading.Thread(target=self._drain, daemon=True)
        self._draining.start()

    def say(self, topic: str, body: dict[str, object]) -> None:
        """Publish a retained state with QoS 1."""
        name = f"{BASE}/{topic}".encode()
        payload = json.dumps({"v": 1, "epoch": EPOCH} | body).encode()
        rest = struct.pack(">H", len(name)) + name + struct.pack(">H", next(self._ids)) + payload
        length = bytes([len(rest) & 127 | 128, len(rest) >> 7])  # two bytes: 128..16,383
        self._socket.sendall(b"\x33" + length + rest)

    def close(self) -> None:
        """Go without a word; twice is harmless."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._draining.join()
        self._socket.close()

    def _drain(self) -> None:
        with contextlib.suppress(OSError):
            while self._socket.recv(65536):
                pass


def storm(port: int, plan: Plan, begin: "multiprocessing.synchronize.Event") -> None:
    """Be the PBX; the body of a process."""
    source = Source(port)
    for number in range(plan.extensions):
        source.say(f"ext/{number}/state", {"rev": 1, "state": "free"})
    source.say("info", {"rev": 1, "window": ["00000000"], "commands": []})
    source.say("availability", {"state": "online", "seq": 0, "health": "ok", "reasons": []})
    begin.wait(PATIENCE_S)
    began_s, count = time.monotonic(), 0
    while (passed_s := time.monotonic() - began_s) < STORM_S:
        while count < passed_s * plan.rate:
            turn, number = divmod(count, plan.extensions)
            state = {"rev": 2 + turn, "state": WORDS[turn % 4], "since": time.time_ns() // 1000}
            source.say(f"ext/{number}/state", state)
            count += 1
        time.sleep(0.002)
    for number in range(plan.extensions):
        source.say(f"ext/{number}/state", {"rev": 10**6, "state": "parked"})
    time.sleep(1.0)  # what was written leaves the socket


@dataclass
class Seen:
    """What the bridge knew in the end, and how old it was."""

    facts: int = 0
    lamps: dict[Extension, LineState] = field(default_factory=dict)
    ages_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)

    def learn(self, _pbx: PbxId, fact: Fact) -> None:
        self.facts += 1
        if isinstance(fact, LineFact):
            self.lamps[fact.extension] = fact.state
            if fact.since_ms:
                self.ages_ms.append(time.time_ns() / 1e6 - fact.since_ms / 1000)

    @property
    def is_over(self) -> bool:
        return set(self.lamps.values()) == {LineState.PARKED}

    async def beat(self) -> None:
        """Note how late the loop is; the body of a task."""
        while True:
            due_s = time.perf_counter() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self.late_ms.append(1000 * (time.perf_counter() - due_s))


def at(values: Sequence[float], share: float) -> float:
    """A percentile, rounded."""
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2)


async def watch(port: int, plan: Plan, begin: "multiprocessing.synchronize.Event") -> Seen:
    """Be the bridge until every lamp shows the last state."""
    seen = Seen()
    async with MqttLink(MqttSettings(host=HOST, port=port), lambda _: None) as link:
        link.watch(False)
        pbx = PbxWatch(link, PbxId("office"), "offhook", "desk", seen.learn)
        pbx.start(Extension(str(number)) for number in range(plan.extensions))
        await eventually(lambda: pbx.source.is_up, "the PBX is heard", PATIENCE_S)
        beating = asyncio.create_task(seen.beat())
        begin.set()
        if plan.stop_s:
            stop_for(plan.stop_s)
        await eventually(lambda: seen.is_over, "every lamp shows the last state", PATIENCE_S)
        beating.cancel()
        pbx.stop()
    return seen


def stop_for(seconds: float) -> None:
    """Have this very process stopped in a second, and continued later."""
    script = f"sleep 1; kill -STOP {os.getpid()}; sleep {seconds}; kill -CONT {os.getpid()}"
    subprocess.Popen(["sh", "-c", script])


def main() -> None:
    """Measure once and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pbx_storm")
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--extensions", type=int, default=1000)
    parser.add_argument("--stop", type=float, default=0.0)
    args = parser.parse_args()
    plan = Plan(args.rate, args.extensions, args.stop)
    fork = multiprocessing.get_context("fork")
    with (
        tempfile.TemporaryDirectory() as directory,
        port_block() as port,
        Broker(Path(directory), port),
    ):
        begin = fork.Event()
        source = fork.Process(target=storm, args=(port, plan, begin))
        source.start()
        cpu_s = time.process_time()
        seen = asyncio.run(watch(port, plan, begin))
        cpu_s = time.process_time() - cpu_s
        source.join()
    figures = {
        "rate": plan.rate,
        "facts": seen.facts,
        "cpu_us_per_fact": round(1e6 * cpu_s / seen.facts, 1),
        "loop_late_ms": [at(seen.late_ms, 0.5), at(seen.late_ms, 0.99), at(seen.late_ms, 1.0)],
        "age_ms": [at(seen.ages_ms, 0.5), at(seen.ages_ms, 0.99), at(seen.ages_ms, 1.0)],
        "load": os.getloadavg()[0],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
