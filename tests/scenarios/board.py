"""A desk whose time stands still between two things that happen.

The switchboard, the devices with their real sessions and threads, the virtual SIP engine: the
daemon without control socket and broker. Headsets and daemon live on one clock. It moves from one
due thing to the next, and at each the board waits until every thread has come to rest, so what a
test sees is what the daemon has settled on, and a test runs the same way every time.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bridge.app.devices import Devices
from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.config.settings import HeadsetSettings
from bridge.core.state import Line, State
from bridge.drivers.hidraw.session import HidSession
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_bus import VirtualHidBus
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.other_program import OtherProgram
from bridge.drivers.virtual.temperament import Temperament
from bridge.model.calls import CallView, DeviceView, Snapshot
from bridge.model.effects import AnnounceKey, Effect, EngineOrder, SetMicrophone, SetRinger
from bridge.model.engine import AccountSettings
from bridge.model.events import DeviceAttached, DeviceLost, Event
from bridge.model.habits import HeadsetMode
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.trace import TraceEntry
from tests.library import LIBRARY
from tests.scenarios.families import LAMPS, Family, family_of, make

LINE = AccountId("desk")
PATIENCE_S = 20.0  # real seconds for threads, on a machine busy with other things
SETTLE_S = 1.0  # virtual; longer than the rest a device gets when it was plugged in (0.5 s)
BETWEEN_PRESSES_S = 1.5  # virtual; nobody presses faster, and every guard is over (1 s at most)


class Headset:
    """A headset on the board: what a hand does with it, and what an eye sees of it."""

    def __init__(self, board: "Board", family: str, temperament: Temperament | None) -> None:
        port = f"1-{len(board.headsets) + 1}"
        self.family: Family = family_of(family)
        self.device: VirtualHeadset = make(family, board.clock, temperament, port)
        self.node = ""
        self._board = board

    @property
    def lit(self) -> set[str]:
        """The lamps that are on by the bytes the device got; either mute lamp means mute."""
        lamps = self.device.lamps
        seen = {name for name in LAMPS if lamps[name]}
        return seen | {"mute"} if lamps["microphone"] else seen

    @property
    def view(self) -> DeviceView | None:
        """The device as the daemon sees it; None while it is not attached."""
        return next((v for v in self._board.view.devices if v.device == self.name), None)

    @property
    def name(self) -> str:
        """Its id in the daemon; empty while it is not attached."""
        infos = self._board.devices.infos.values()
        return next((info.device for info in infos if info.node == self.node), "")

    async def press(self, key: str, after_s: float = BETWEEN_PRESSES_S) -> None:
        """Press and release a key, a while after whatever was before."""
        await self._board.passes(after_s)
        self.device.press(key)
        await self._board.settles()

    async def types(self, digits: str) -> None:
        """Press keys of the key pad one after the other."""
        for digit in digits:
            await self.press(digit)

    def expects(self, *lamps: str) -> None:
        """Assert that exactly these lamps are on, of those it has."""
        wanted = self.family.shows(*lamps)
        assert self.lit == wanted, (
            f"expected the lamps {sorted(wanted)}, found {sorted(self.lit)}\n{self._board.story()}"
        )


class Board:
    """See the module. ``board_with`` makes one that runs."""

    def __init__(self, mode: HeadsetMode = HeadsetMode.AUTO) -> None:
        self._loop = asyncio.get_running_loop()
        self.clock, self.timers = ManualClock(), VirtualTimers()
        self.usb = VirtualHidBus()
        self.switchboard = Switchboard(self.timers, state=State(lines=(Line(LINE),)))
        self.trace: list[TraceEntry] = []
        traced = Trace(self.timers.now)
        settings = HeadsetSettings(mode=mode)
        self.devices = Devices(self.usb, lambda: LIBRARY, self.switchboard, traced, settings)
        self.switchboard.indicators = self.devices
        self.switchboard.readers += [traced, self]
        traced.add(self.trace.append)
        accounts = (AccountSettings(LINE, "200", server="pbx.example"),)
        self.line = VirtualEngine(
            accounts, self.switchboard.post, self.timers.now, defer=self._later
        )
        self._sip_waits = False
        self._late: list[Callable[[], None]] = []
        self.switchboard.engine = self.line
        self.headsets: list[Headset] = []
        self.keys: list[AnnounceKey] = []
        self._steps = 0
        self._changed = asyncio.Event()
        self.serving: asyncio.Task[None] | None = None

    # -- what is to be seen ---------------------------------------------------

    @property
    def view(self) -> Snapshot:
        """The public state."""
        return self.switchboard.view()

    @property
    def phases(self) -> dict[CallId, str]:
        """Every call and where it is."""
        return {call.call: call.phase.value for call in self.view.calls}

    @property
    def calls(self) -> tuple[CallView, ...]:
        """The calls there are."""
        return self.view.calls

    def ordered(self, since: int = 0) -> Counter[str]:
        """How often the engine got each order; microphones and the ringer are left out."""
        told = self.line.orders[since:]
        return Counter(type(o).__name__ for o in told if not isinstance(o, _QUIET))

    def orders(self, kind: type[EngineOrder]) -> list[EngineOrder]:
        """What the engine got of one kind."""
        return [order for order in self.line.orders if isinstance(order, kind)]

    def story(self) -> str:
        """The trace, for messages of failed tests."""
        return "\n".join(f"{e.at_s:9.3f} {e.stage.value:9} {e.text}" for e in self.trace[-40:])

    # -- a reader of the switchboard ------------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Count steps; wake up whoever waits for a device.

        What a step shows is written before the next step: whether two that follow each other at
        once become one write or two is chance, and a test must run the same way every time.
        """
        self._steps += 1
        self._rest_of_writers()
        self.keys += [one for one in effects if isinstance(one, AnnounceKey)]
        if isinstance(event, DeviceAttached | DeviceLost):
            self._changed.set()

    def changed(self, now: Snapshot) -> None:
        """Need no news: ``view`` is asked."""

    def announced(self, what: object) -> None:
        """Need no news: ``stepped`` has it."""

    # -- time -----------------------------------------------------------------

    async def settles(self) -> None:
        """Wait until nothing moves: readers, the loop, writers, and all of it once more."""
        before = -1
        while before != (before := self._activity()):
            for headset in self.headsets:
                assert headset.device.rests(PATIENCE_S), "a reading thread does not come to rest"
            await self.a_turn()
            await self.a_turn()
            self._rest_of_writers()
            await self.a_turn()

    async def a_turn(self) -> None:
        """Let the loop do what has been put to it so far."""
        turn = self._loop.create_future()
        self._loop.call_soon(turn.set_result, None)
        await turn

    def _rest_of_writers(self) -> None:
        for session in self._sessions():
            assert session.rests(PATIENCE_S), "a writing thread does not come to rest"

    def _sessions(self) -> list[HidSession]:
        return [one.session for one in self.devices._open.values()]  # stillness

    def _activity(self) -> int:
        devices = [headset.device for headset in self.headsets]
        traffic = sum(one.sent + len(one.written) for one in devices)
        return traffic + self._steps + len(self.line.orders)

    async def passes(self, seconds: float) -> None:
        """Let time pass for the daemon and every device, one due thing after the other."""
        end_s = self.timers.now() + seconds
        await self.settles()
        while (due_s := self._next_s()) is not None and due_s <= end_s:
            await self._move_to(due_s)
        await self._move_to(end_s)

    def _next_s(self) -> float | None:
        due = [at_s for at_s in (self.clock.next_s, self.timers.next_s) if at_s is not None]
        return min(due, default=None)

    async def _move_to(self, at_s: float) -> None:
        self.clock.advance(max(0.0, at_s - self.clock.now()))
        self.timers.advance(max(0.0, at_s - self.timers.now()))
        await self.settles()

    # -- what happens ---------------------------------------------------------

    def _later(self, action: Callable[[], None]) -> None:
        """Carry out what the engine has to say: soon, or when the network moves again."""
        if self._sip_waits:
            self._late.append(action)
        else:
            self._loop.call_soon(action)

    def sip_stands_still(self) -> None:
        """From now on nothing is confirmed by the network."""
        self._sip_waits = True

    async def sip_moves_on(self) -> None:
        """The network confirms what it has been asked."""
        self._sip_waits = False
        late, self._late = self._late, []
        for action in late:
            action()
        await self.settles()

    async def plug(self, family: str, temperament: Temperament | None = None) -> Headset:
        """Plug another headset in and wait until it can be used."""
        headset = Headset(self, family, temperament)
        self.headsets.append(headset)
        await self.replug(headset)
        return headset

    async def replug(self, headset: Headset, settle_s: float = SETTLE_S) -> None:
        """Put a headset back and wait until it can be used."""
        headset.node = self.usb.plug(headset.device).node
        await self._until_known(headset, known=True)
        await self.passes(settle_s)

    async def pull(self, headset: Headset) -> None:
        """Pull a headset out and wait until the daemon knows."""
        name = headset.name
        self.usb.unplug(headset.device)
        await self._until_known(headset, known=False, name=name)
        await self.settles()

    async def _until_known(self, headset: Headset, *, known: bool, name: str = "") -> None:
        async with asyncio.timeout(PATIENCE_S):
            while ((name or headset.name) in {v.device for v in self.view.devices}) is not known:
                self._changed.clear()
                await self._changed.wait()

    async def is_called(self, number: str = "201") -> CallId:
        """Somebody calls."""
        call = self.line.peer_calls(number)
        assert call is not None, "all lines are taken"
        await self.settles()
        return call

    async def is_in_a_call(self, headset: Headset) -> CallId:
        """Somebody calls and is answered on a headset."""
        call = await self.is_called()
        await headset.press("hook")
        assert self.phases[call] == "connected", self.story()
        await self.passes(BETWEEN_PRESSES_S)
        return call

    async def asks(self, verb: Verb, call: CallId | None = None, target: str = "") -> str:
        """Give a command off the headset; return the last word of the answer."""
        answers: list[Outcome] = []
        intent = Intent(verb, call=call, target=target)
        self.switchboard.ask(intent, lambda answer: answers.append(answer.outcome))
        await self.settles()
        return answers[-1].value

    async def dials(self, target: str = "202") -> CallId:
        """Dial; the other end neither rings nor answers yet."""
        before = set(self.phases)
        assert await self.asks(Verb.DIAL, target=target) == "accepted"
        (call,) = set(self.phases) - before
        return call

    async def stops(self) -> None:
        """Stop serving devices, as the daemon does when it ends."""
        if self.serving is not None:
            serving, self.serving = self.serving, None
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    def other_program(self, headset: Headset) -> OtherProgram:
        """Start another program that uses the headset."""
        return OtherProgram(headset.device)


_QUIET = (SetMicrophone, SetRinger)


@asynccontextmanager
async def board_with(
    *families: str, temperament: Temperament | None = None, mode: HeadsetMode = HeadsetMode.AUTO
) -> AsyncIterator[Board]:
    """A running board with these headsets plugged in."""
    board = Board(mode)
    board.serving = asyncio.create_task(board.devices.run(), name="devices")
    async with board.line:
        await board.settles()
        for family in families:
            await board.plug(family, temperament)
        board.line.orders.clear()
        try:
            yield board
        finally:
            for headset in board.headsets:
                if headset.device.plugged and board.serving is not None:
                    await board.pull(headset)  # ends its threads at once instead of in a second
            await board.stops()
