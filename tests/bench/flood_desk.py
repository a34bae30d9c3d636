"""A desk with eight headsets, in real time: calls are taken on it, presses and orders counted."""

import asyncio
from collections import Counter

from bridge.app.devices import Devices
from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.config.settings import HeadsetSettings
from bridge.core.state import Headset, Line, State
from bridge.drivers.clock import LoopTimers
from bridge.drivers.hidraw.session import HidSession
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.effects import AnnounceKey, AnswerCall, Effect, EndCall
from bridge.model.engine import AccountSettings
from bridge.model.events import Event
from bridge.model.ids import AccountId, CallId, DeviceId
from tests.bench.fixed_bus import FixedBus
from tests.bench.flood_crowd import HEADSETS, Crowd, Nodes, until
from tests.bench.wire import BenchError
from tests.library import LIBRARY
from tests.scenarios.families import LAMPS, family_of

LINE = AccountId("bench")
QUIET_LOOKS = 10  # in a row without a report, 0.2 s
HAND_S = 0.7  # between two presses of a person; every guard is over


class FloodDesk:
    """Eight headsets and a line, in real time.

    Args:
        crowd: the headsets.
        nodes: where they are, each with what opens it.
    """

    def __init__(self, crowd: Crowd, nodes: Nodes) -> None:
        self.crowd = crowd
        self.keys: Counter[tuple[DeviceId, str]] = Counter()
        self.calls = 0
        timers = LoopTimers()
        self.switchboard = Switchboard(timers, state=State(lines=(Line(LINE),)))
        self.bus = FixedBus(tuple(nodes))
        trace = Trace(timers.now)
        self.devices = Devices(
            self.bus, lambda: LIBRARY, self.switchboard, trace, HeadsetSettings()
        )
        self.switchboard.indicators = self.devices
        self.switchboard.readers += [trace, self]
        accounts = (AccountSettings(LINE, "200", server="pbx.example"),)
        self.engine = VirtualEngine(accounts, self.switchboard.post, timers.now)
        self.switchboard.engine = self.engine
        self.engine.comes_back()

    # -- a reader of the switchboard ------------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Count presses."""
        del event
        for effect in effects:
            if isinstance(effect, AnnounceKey):
                self.keys[effect.device, effect.control.value] += 1

    def changed(self, now: object) -> None:
        """Need no news."""

    def announced(self, what: object) -> None:
        """Need no news: ``stepped`` has it."""

    # -- what happens ---------------------------------------------------------

    @property
    def names(self) -> list[DeviceId]:
        """The headsets' ids, in order."""
        by_node = {info.node: name for name, info in self.devices.infos.items()}
        return [by_node[node.node] for node, _ in self.bus.nodes]

    async def begin(self) -> None:
        """Wait until all headsets can be used."""
        await until(lambda: len(self.devices.infos) == len(self.bus.nodes), "all are found")
        await until(lambda: not any(h.settling for h in self._headsets()), "all may be written")

    async def rests(self) -> None:
        """Wait until nothing is read any more and the loop has taken what was."""
        looks = [-1]

        def is_quiet() -> bool:
            looks.append(sum(self.reads()))
            return len(set(looks[-QUIET_LOOKS:])) == 1 and len(looks) >= QUIET_LOOKS

        await until(is_quiet, "the headsets are quiet")
        await until(lambda: not any(one.behind for one in self._sessions()), "all is taken")

    async def take_call(self, number: int) -> None:
        """Take a call on one headset: answer, mute, unmute, hang up.

        Raises:
            BenchError: something went wrong, in a sentence.
        """
        orders = len(self.engine.orders)
        call = self.engine.peer_calls("201")
        assert call is not None
        await self._shows(number, {"ring"})
        await self._press(number, "hook")
        await self._shows(number, {"off_hook"})
        held = self.switchboard.state.find_call(call)
        self._expect(held is not None and held.device == self.names[number], number, "has the call")
        await self._press(number, "mute")
        await self._shows(number, {"off_hook", "mute"})
        await self._press(number, "mute")
        await self._shows(number, {"off_hook"})
        await self._press(number, "hook")
        await self._shows(number, set())
        self._count_orders(number, call, orders)
        self.calls += 1

    async def _press(self, number: int, key: str) -> None:
        await asyncio.sleep(HAND_S)
        self.crowd.order(press=[number, key])

    async def _shows(self, number: int, lamps: set[str]) -> None:
        """Wait until a headset shows this, and the others nothing but that it rings."""
        family = family_of(HEADSETS[number])
        others = {"ring"} & lamps

        def right() -> bool:
            lit = self.crowd.lamps
            mine = {"mute" if one == "microphone" else one for one in lit.get(number, set())}
            rest = [lit.get(one, set()) for one in range(len(HEADSETS)) if one != number]
            return mine & set(LAMPS) == family.shows(*lamps) and all(
                one & set(LAMPS) == others for one in rest
            )

        await until(right, f"{HEADSETS[number]} shows {sorted(lamps)}: {self.crowd.lamps}")

    def _count_orders(self, number: int, call: CallId, since: int) -> None:
        kinds = Counter(type(order) for order in self.engine.orders[since:])
        once = kinds[AnswerCall] == kinds[EndCall] == 1
        self._expect(once, number, f"answered and ended {call} once: {dict(kinds)}")

    def _expect(self, is_so: bool, number: int, what: str) -> None:
        if not is_so:
            raise BenchError(f"{HEADSETS[number]} should have: {what}")

    # -- what came of it ------------------------------------------------------

    def reads(self) -> list[int]:
        """Reports read of each headset."""
        return [self.bus.stamps[node.node].reads for node, _ in self.bus.nodes]

    def pauses(self) -> list[int]:
        """How often each headset's reading thread found the loop behind."""
        by_node = {one.info.node: one.statistics.pauses for one in self._sessions()}
        return [by_node[node.node] for node, _ in self.bus.nodes]

    def _sessions(self) -> list[HidSession]:
        return [one.session for one in self.devices._open.values()]  # counters

    def _headsets(self) -> tuple[Headset, ...]:
        return self.switchboard.state.headsets
