"""A desk with one headset, to measure what its keys cost: real switchboard, session and threads.

The daemon's time stands still while a press is measured and jumps between two presses, so that
guards against flickering hooks are over without waiting for them. The device lives in real time.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic, perf_counter_ns

from bridge.app.devices import Devices
from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.config.settings import HeadsetSettings
from bridge.core.state import Line, State
from bridge.drivers.ports import HidHandle, HidNode
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.model.effects import AnswerCall, EndCall, EngineOrder, SetMicrophone
from bridge.model.engine import AccountSettings
from bridge.model.ids import AccountId
from tests.bench.figures import Sample
from tests.bench.fixed_bus import FixedBus, Stamps
from tests.bench.wire import PATIENCE_S, BenchError
from tests.library import LIBRARY

LINE = AccountId("bench")
INTENTS = (AnswerCall, EndCall, SetMicrophone)
BETWEEN_S = 1.5  # of the daemon's time; every guard is over (1 s at most)
QUIET_LOOKS = 3  # in a row at which nothing has moved
PAUSE_S = (0.002, 0.006)  # before a press, so that each begins with everybody asleep


@dataclass(frozen=True, slots=True)
class Plugged:
    """A headset at the end of some cable.

    Args:
        name: of its family.
        model: the device.
        node: as a bus shows it.
        open: opens the node.
        pull: pulls it out.
    """

    name: str
    model: VirtualHeadset
    node: HidNode
    open: Callable[[], HidHandle]
    pull: Callable[[], None]


class _Engine(VirtualEngine):
    """An engine that stamps the first intent it is given."""

    stamps: Stamps | None = None

    def order(self, order: EngineOrder) -> None:
        if self.stamps is not None and isinstance(order, INTENTS):
            self.stamps.intent_ns = self.stamps.intent_ns or perf_counter_ns()
        super().order(order)


class KeyDesk:
    """See the module. ``key_desk`` makes one that runs.

    Args:
        headset: the one on it.
        look_s: between two looks whether all is quiet.
    """

    def __init__(self, headset: Plugged, look_s: float) -> None:
        self.headset = headset
        self.ack, self.intent = Sample(), Sample()
        self._look_s = look_s
        self._timers = VirtualTimers()
        self._switchboard = Switchboard(self._timers, state=State(lines=(Line(LINE),)))
        self._bus = FixedBus(((headset.node, headset.open),))
        self._devices = Devices(
            self._bus,
            lambda: LIBRARY,
            self._switchboard,
            Trace(self._timers.now),
            HeadsetSettings(),
        )
        self._switchboard.indicators = self._devices
        accounts = (AccountSettings(LINE, "200", server="pbx.example"),)
        self._engine = _Engine(accounts, self._switchboard.post, self._timers.now)
        self._switchboard.engine = self._engine
        self._hand = ThreadPoolExecutor(1, "hand")
        self._stamps = Stamps()

    async def serve(self) -> None:
        """Let the headset work until cancelled."""
        try:
            await self._devices.run()
        finally:
            self._hand.shutdown()

    async def begin(self) -> None:
        """Wait until the headset can be used."""
        self._engine.comes_back()
        await self._until(lambda: self._devices.infos, "the headset is found")
        self._stamps = self._bus.stamps[self.headset.node.node]
        self._engine.stamps = self._stamps
        await self._passes()

    async def call(self) -> None:
        """Take one call by the keys, mute and unmute in it, and measure each press."""
        if self._engine.peer_calls("201") is None:
            raise BenchError(f"{self.headset.name}: all lines are taken")
        await self._settles()
        await self._press("hook")
        if self.headset.model.has("mute"):
            await self._press("mute")
            await self._press("mute")
        await self._press("hook")
        await self._until(lambda: not self._switchboard.state.calls, "the call is over")

    async def _press(self, key: str) -> None:
        """Press a key and add the times from its report to what followed."""
        model, stamps = self.headset.model, self._stamps
        await self._passes()
        await asyncio.sleep(random.uniform(*PAUSE_S))
        stamps.arm()
        self._hand.submit(model.press, key)
        await self._until(lambda: stamps.intent_ns, f"the {key} key means something")
        await asyncio.sleep(model.temperament.hook_pulse_s * 1.5)  # some hooks fall by themselves
        await self._settles()
        self.intent.add((stamps.intent_ns - stamps.read_ns) / 1e3)
        if stamps.written_ns:
            self.ack.add((stamps.written_ns - stamps.read_ns) / 1e3)

    async def _passes(self) -> None:
        """Let the daemon's time pass, and whatever falls due happen."""
        self._timers.advance(BETWEEN_S)
        await self._settles()

    async def _settles(self) -> None:
        """Wait until all reports are read, all lamps written and nothing moves any more."""
        looks = [self._activity()]
        ends_s = monotonic() + PATIENCE_S
        while len(looks) < QUIET_LOOKS or not self._is_through():
            if monotonic() > ends_s:
                raise BenchError(f"no rest within {PATIENCE_S:.0f} s: {self._story()}")
            await asyncio.sleep(self._look_s)
            now = self._activity()
            looks = [*looks, now] if now == looks[-1] else [now]

    def _story(self) -> str:
        """What is known, for messages."""
        state, model = self._switchboard.state, self.headset.model
        lit = [name for name, on in model.lamps.items() if on]
        calls = [(call.phase.value, call.wish.value) for call in state.calls]
        hooks = [one.hook for one in state.headsets]
        written = [one.hex(" ") for one in model.written[-8:]]
        return (
            f"{self.headset.name}: sent, read, written, writes, orders {self._activity()}, calls "
            f"{calls}, lit {lit}, hook {model.hook} heard as {hooks}, written {written}"
        )

    def _activity(self) -> tuple[int, ...]:
        model, stamps = self.headset.model, self._stamps
        orders = len(self._engine.orders)
        return model.sent, stamps.reads, len(model.written), stamps.writes, orders

    def _is_through(self) -> bool:
        sent, reads, written, writes, _ = self._activity()
        rest = all(one.session.rests(0) for one in self._devices._open.values())  # its writer
        return sent == reads and written == writes and rest

    async def _until(self, condition: Callable[[], object], what: str) -> None:
        ends_s = monotonic() + PATIENCE_S
        while not condition():
            if monotonic() > ends_s:
                raise BenchError(f"not within {PATIENCE_S:.0f} s: {what}: {self._story()}")
            await asyncio.sleep(self._look_s)


@asynccontextmanager
async def key_desk(headset: Plugged, look_s: float) -> AsyncIterator[KeyDesk]:
    """A desk that runs."""
    desk = KeyDesk(headset, look_s)
    serving = asyncio.create_task(desk.serve(), name=headset.name)
    try:
        await desk.begin()
        yield desk
    finally:
        headset.pull()  # ends its threads at once instead of in a second
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
