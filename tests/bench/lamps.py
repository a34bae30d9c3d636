"""A large PBX and 999 keys: from a state on the broker to the lamp frame at the panel.

    python -m tests.bench.lamps [--rate 5000] [--seconds 8]

The desk is a process with the daemon's own link, watch, board, panels and serial driver. Eight
panels of 128 keys are the reference firmware behind pseudo terminals, in a process of their own:
each shows another page, so every favourite is on a key. The PBX is a bare socket. A lamp's time is
taken when the bytes of its frame have been read; the floor is a subscriber of the same topics with
nothing behind it. Both look up when the state was sent in memory all share.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bridge.app.lamps import Lamps
from bridge.app.panels import Panels
from bridge.app.switchboard import Switchboard
from bridge.drivers.clock import LoopTimers
from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.ports import TtyAdded, TtyNode, TtyRemoved
from bridge.drivers.serial.bus import SerialPanels
from bridge.model.blf import Favourite, KeyType, PbxId
from bridge.model.bus import MqttSettings
from bridge.model.favourites import MOST_POSITION
from bridge.model.lamps import LampSettings
from bridge.model.panels import PanelSettings
from tests.bench.figures import Row, Sample, single
from tests.bench.lamp_panels import PATIENCE_S, WORDS, Sent, Shown, be_panels, place
from tests.bench.pbx_storm import BASE, HOST, Source
from tests.bench.process_figures import Cost, cost, cpu_percent, memory
from tests.pbx.instance import Broker
from tests.pbx.ports import port_block

EXTENSIONS = 10_000
FAVOURITES = MOST_POSITION  # 999: the most a desk can have; they are the extensions 1 to 999
STRIDE = 7919  # a prime: keys change among the rest, not one after the other
PAUSE_S = 0.002  # between two lots of states


@dataclass(frozen=True, slots=True)
class Storm:
    """What the PBX is to do.

    Args:
        extensions: how many change, the first ones.
        rate: changes a second.
        seconds: how long.
    """

    extensions: int
    rate: int
    seconds: float


# -- the PBX ------------------------------------------------------------------------


def be_pbx(port: int, sent: Sent, pipe: "Connection[int, Storm | None]") -> None:
    """Say states; the body of a process."""
    source, rev = Source(port), 1

    def say(number: int, word: int) -> None:
        body = {"rev": rev, "state": WORDS[word]}
        sent[place(number, word)] = time.monotonic_ns()
        source.say(f"ext/{number}/state", body)

    for number in range(EXTENSIONS):
        say(number, 0)
    source.say("info", {"rev": 1, "window": ["00000000"], "commands": []})
    source.say("availability", {"state": "online", "seq": 0, "health": "ok", "reasons": []})
    pipe.send(0)
    while (storm := pipe.recv()) is not None:
        began_s, count, keyed = time.monotonic(), 0, 0
        while (passed_s := time.monotonic() - began_s) < storm.seconds:
            while count < passed_s * storm.rate:
                turn, step = divmod(count, storm.extensions)
                number = step * STRIDE % storm.extensions
                rev += step == 0
                say(number, (turn + 1) % len(WORDS))
                count += 1
                keyed += 1 <= number <= FAVOURITES
            time.sleep(PAUSE_S)
        pipe.send(keyed)
    source.close()


# -- the floor ----------------------------------------------------------------------


def be_floor(port: int, sent: Sent, pipe: "Connection[list[float] | None, object]") -> None:
    """Subscribe to what the desk hears and take the time; the body of a process."""
    delays_ms: list[float] = []

    def arrived(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        now_ns = time.monotonic_ns()
        number = int(message.topic.split("/")[-2])
        word = WORDS.index(json.loads(message.payload)["state"])
        delays_ms.append((now_ns - sent[place(number, word)]) / 1e6)

    client = paho.Client(CallbackAPIVersion.VERSION2, "floor")
    client.on_message = arrived
    client.connect(HOST, port)
    client.loop_start()
    topics = [(f"{BASE}/ext/{number}/state", 0) for number in range(1, FAVOURITES + 1)]
    for first in range(0, FAVOURITES, 100):
        client.subscribe(topics[first : first + 100])
    pipe.send(None)
    while pipe.recv() is not None:
        pipe.send(list(delays_ms))
        delays_ms.clear()
    client.disconnect()


# -- the desk -----------------------------------------------------------------------


class NoPorts:
    """Ports that never change."""

    async def changes(self) -> AsyncIterator[TtyAdded | TtyRemoved]:
        """Say nothing, for ever."""
        await asyncio.Event().wait()
        yield TtyRemoved("")

    def is_there(self, _node: TtyNode) -> bool:
        """Say that there is none."""
        return False


class Unkept:
    """Keeps no edits."""

    async def favourites(self) -> dict[int, Favourite | None]:
        return {}

    async def save_favourites(self, edits: Mapping[int, Favourite | None]) -> None:
        """There are none."""


def be_desk(port: int, paths: list[str], pipe: "Connection[object, object]") -> None:
    """Be the daemon from its link to its panels; the body of a process."""
    asyncio.run(_be_desk(port, tuple(paths), pipe))


async def _be_desk(port: int, paths: tuple[str, ...], pipe: "Connection[object, object]") -> None:
    favourites = tuple(
        Favourite(number, str(number), KeyType.BLF, str(number))
        for number in range(1, FAVOURITES + 1)
    )
    settings, timers = LampSettings(), LoopTimers()
    serial = PanelSettings(serial=paths, finds_serial=False)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        lamps = await enter(Lamps(settings, favourites, Switchboard(timers), Unkept()))
        panels = await enter(Panels(lamps, timers, settings.look, lambda _topic, _text: None))
        await panels.open([lambda sink: SerialPanels(serial, NoPorts(), sink)])
        link = await enter(MqttLink(MqttSettings(host=HOST, port=port), lambda _: None))
        link.watch(False)
        watch = PbxWatch(link, PbxId("office"), "offhook", "desk", lamps.learn)
        stack.callback(watch.stop)
        watch.start(lamps.board.subjects)
        await asyncio.to_thread(pipe.recv)


# -- all together -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """One storm.

    Args:
        changes: states that were sent for keys.
        shown: what the panels saw.
        floor_ms: delays of the bare subscriber.
        cpu: per cent of a core: desk, bare subscriber.
        rss: MiB: desk, bare subscriber.
    """

    changes: int
    shown: Shown
    floor_ms: list[float]
    cpu: tuple[float, float]
    rss: tuple[float, float]


class Stage:
    """Broker and processes; use as a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._spawn = multiprocessing.get_context("spawn")
        self._sent: Sent = self._spawn.Array("q", EXTENSIONS * len(WORDS), lock=False)

    def __enter__(self) -> Self:
        directory = self._stack.enter_context(tempfile.TemporaryDirectory())
        port = self._stack.enter_context(port_block())
        extra = "set_tcp_nodelay true\nmax_queued_messages 0"
        self._stack.enter_context(Broker(Path(directory), port, extra))
        self._pbx, _ = self._start(be_pbx, port, self._sent)
        _received(self._pbx)
        self._floor, self._floor_pid = self._start(be_floor, port, self._sent)
        _received(self._floor)
        self._panels, _ = self._start(be_panels, self._sent)
        _, self._desk_pid = self._start(be_desk, port, _received(self._panels))
        _received(self._panels)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, body: object, *args: object) -> tuple["Connection[object, object]", int]:
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(target=body, args=(*args, theirs), daemon=True)  # type: ignore[arg-type]
        process.start()
        self._stack.callback(process.join)
        self._stack.callback(ours.send, None)
        assert process.pid is not None
        return ours, process.pid

    def measure(self, storm: Storm) -> Measured:
        """Let it storm; return when every lamp shows the last state."""
        self._ask(self._floor)
        before = self._costs()
        self._pbx.send(storm)
        changes = _received(self._pbx)
        assert isinstance(changes, int)
        after = self._costs()
        shown, floor_ms = self._ask(self._panels), self._ask(self._floor)
        assert isinstance(shown, Shown)
        assert isinstance(floor_ms, list)
        cpu = [cpu_percent(*pair) for pair in zip(before, after, strict=True)]
        rss = [memory([pid]).rss for pid in self._pids]
        return Measured(changes, shown, floor_ms, (cpu[0], cpu[1]), (rss[0], rss[1]))

    @property
    def _pids(self) -> tuple[int, int]:
        return self._desk_pid, self._floor_pid

    def _costs(self) -> list[Cost]:
        return [cost([pid]) for pid in self._pids]

    @staticmethod
    def _ask(pipe: "Connection[object, object]") -> object:
        pipe.send("report")
        return _received(pipe)


def _received(pipe: "Connection[object, object]") -> object:
    """Return what a process says, or fail when it says nothing."""
    if not pipe.poll(PATIENCE_S):
        raise TimeoutError(f"a process of the bench said nothing for {PATIENCE_S:.0f} s")
    return pipe.recv()


def lamp_rows(seconds: float, rate: int = 5000) -> list[Row]:
    """Measure a PBX of which a tenth has keys, and one that says everything about keys."""
    with Stage() as stage:
        wide = stage.measure(Storm(EXTENSIONS, rate, seconds))
        dense = stage.measure(Storm(FAVOURITES + 1, rate, seconds))
    return [
        *_rows("wide", f"{EXTENSIONS:,} extensions", rate, wide),
        *_rows("dense", f"{FAVOURITES + 1:,} extensions", rate, dense),
    ]


def _rows(key: str, title: str, rate: int, found: Measured) -> list[Row]:
    title = f"{title}, {rate:,} states a second, {FAVOURITES} keys"
    floor = "bare subscriber"
    shown = found.shown
    return [
        Row(
            f"lamps_{key}",
            f"{title}: state → lamp frame at the panel",
            "ms",
            Sample(shown.delays_ms),
            floor,
            Sample(found.floor_ms),
        ),
        Row(
            f"lamps_{key}_frames",
            f"{title}: lamp frames",
            "",
            single(shown.frames),
            "states said of keys",
            single(found.changes),
            digits=0,
        ),
        Row(
            f"lamps_{key}_cpu",
            f"{title}: CPU of the desk",
            "%",
            single(found.cpu[0]),
            floor,
            single(found.cpu[1]),
            digits=1,
        ),
        Row(
            f"lamps_{key}_rss",
            f"{title}: memory of the desk",
            "MiB",
            single(found.rss[0]),
            floor,
            single(found.rss[1]),
            digits=1,
        ),
    ]


def main() -> None:
    """Measure once and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lamps")
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=8.0)
    args = parser.parse_args()
    rows = lamp_rows(args.seconds, args.rate)
    print(json.dumps([[row.key, *_figures(row)] for row in rows]), os.getloadavg()[0])


def _figures(row: Row) -> list[float]:
    quantiles = (0.5, 0.95, 0.99) if len(row.ours.values) > 1 else (0.5,)
    return [round(one.quantile(q), 2) for one in (row.ours, row.theirs) for q in quantiles]


if __name__ == "__main__":
    main()
