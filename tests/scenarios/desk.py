"""The whole daemon on virtual drivers: a desk with headsets, a line, a broker, and a clock.

The daemon is the real one, with its real control socket. Virtual are the headsets (bytes made from
real descriptors), the SIP engine, the broker, and time, which passes when a test says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.app.daemon import Daemon
from bridge.app.edges import Edges
from bridge.cli.client import Client
from bridge.config.settings import Config, HeadsetSettings
from bridge.drivers.ports import Incoming, Now, PanelSink, Sink, Timers, Tracer
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_bus import VirtualHidBus
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.logind import VirtualIdle, VirtualSleep
from bridge.drivers.virtual.models import headset_from_recording
from bridge.drivers.virtual.panels import VirtualPanels
from bridge.model.blf import Extension, Favourite
from bridge.model.bus import BusStatus, MqttSettings
from bridge.model.calls import CallView, DeviceView, Phase, Snapshot
from bridge.model.directories import DirectorySettings
from bridge.model.effects import EngineOrder
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.features import PresenceSettings
from bridge.model.habits import Habits, HeadsetMode
from bridge.model.http import HttpSettings
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Verb
from bridge.model.lamps import LampSettings
from bridge.model.meetings import CalendarRead, CalendarRequest, MeetingSettings
from bridge.model.numbers import NumberRules
from bridge.model.page import KIOSK, PageSettings
from bridge.model.phones import PhoneSettings
from bridge.model.trace import Stage, TraceEntry
from bridge.protocols.control_wire import GiveIntent, Question
from bridge.protocols.hid_recorder import read_recording
from tests.scenarios.broker import Broker, Json, unix_ms

DUMPS = Path(__file__).parents[1] / "dumps"
EVOLVE_LINK = "0b0e-0307_evolve-link"
LINE = AccountId("desk")
EPOCH = "0123456789abcdef"
LAMPS = ("off_hook", "ring", "mute", "hold")

PATIENCE_S = 10.0  # real seconds for the session's threads, on a machine busy with other things
SETTLE_S = 1.0  # virtual; longer than the rest a device gets when it was plugged in (0.5 s)
BETWEEN_PRESSES_S = 1.0  # virtual; nobody presses faster, and a hook pulse is shorter (0.1 s)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail with ``what`` when it does not come true."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, f"not within {PATIENCE_S:.0f} s: {what}"
        await asyncio.sleep(0.001)


class Headset:
    """A headset on the desk: what a hand does with it, and what an eye sees of it."""

    def __init__(self, desk: "Desk", dump: str, port: str) -> None:
        recording = read_recording((DUMPS / f"{dump}.hid").read_text(), dump)
        self.clock = ManualClock()
        self.device: VirtualHeadset = headset_from_recording(recording, self.clock, port=port)
        self._desk = desk

    @property
    def lit(self) -> set[str]:
        """The lamps that are on by the bytes the device got; either mute lamp means mute."""
        lamps = self.device.lamps
        mute = lamps["mute"] or lamps["microphone"]
        return {name for name in LAMPS if (mute if name == "mute" else lamps[name])}

    @property
    def view(self) -> DeviceView:
        """The device as the daemon sees it."""
        return next(v for v in self._desk.view.devices if v.device == self.name)

    @property
    def name(self) -> str:
        """Its id in the daemon; empty while it is not attached."""
        infos = self._desk.daemon.devices.infos.values()
        node = self._desk.nodes.get(self.device, "")
        return next((info.device for info in infos if info.node == node), "")

    def press(self, key: str) -> None:
        """Press and release a key, a while after whatever was before."""
        self._desk.passes(BETWEEN_PRESSES_S)
        self.device.press(key)

    async def shows(self, *lamps: str) -> None:
        """Wait until exactly these lamps are on and the daemon has heard the hook's echo."""
        wanted = set(lamps)
        try:
            await until(lambda: self.lit == wanted and self._is_heard(), "")
        except AssertionError:
            message = f"expected the lamps {sorted(wanted)}, found {sorted(self.lit)}"
            raise AssertionError(f"{message}\n{self._desk.story()}") from None

    def _is_heard(self) -> bool:
        return self.view.hook in {None, self.device.pressed_hook}


@dataclass
class Desk:
    """Everything on the desk. ``desk_with`` makes one that runs."""

    directory: Path
    mode: HeadsetMode = HeadsetMode.AUTO
    history_days: int = 30
    directories: DirectorySettings = field(default_factory=DirectorySettings)
    favourites: tuple[Favourite, ...] = ()
    presence: PresenceSettings = field(default_factory=PresenceSettings)
    pbx: str = ""
    phones: tuple[PhoneSettings, ...] = ()
    timers: VirtualTimers = field(default_factory=VirtualTimers)
    usb: VirtualHidBus = field(default_factory=VirtualHidBus)
    headsets: list[Headset] = field(default_factory=list)
    nodes: dict[VirtualHeadset, str] = field(default_factory=dict)
    trace: list[TraceEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        edges = Edges(
            hid=lambda: self.usb,
            clock=lambda: self.timers,
            engine=self._make_engine,
            link=self._make_broker,
            sleep=self._make_sleep,
            panels=lambda _settings: (self._make_panels,),
            idle=self._make_idle,
            calendar=self._read_calendar,
        )
        self.daemon = Daemon(self._config(), edges)

    def _config(self) -> Config:
        return Config(
            bridge="desk",
            accounts=(AccountSettings(LINE, "200", server="pbx.example"),),
            engine=EngineSettings(),
            mqtt=MqttSettings(bridge="desk", host="virtual", allow_dial=True),
            headset=HeadsetSettings(mode=self.mode),
            history_days=self.history_days,
            directories=self.directories,
            favourites=self.favourites,
            pbx=self.pbx,
            habits=Habits(has_pbx=bool(self.pbx)),
            lamps=LampSettings(extension=Extension("200")),
            presence=self.presence,
            state_dir=self.directory / "state",
            http=HttpSettings(port=0),
            phones=self.phones,
            control_socket=self.directory / "run" / "control.sock",
        )

    def _make_engine(
        self, _edges: Edges, config: Config, sink: Sink, _tracer: Tracer, timers: Timers
    ) -> VirtualEngine:
        self.line = VirtualEngine(config.accounts, sink, timers.now)
        return self.line

    def _make_broker(
        self,
        settings: MqttSettings,
        on_command: Callable[[Incoming], None],
        *,
        now: Now,
        tracer: Tracer,
        on_status: Callable[[BusStatus], None],
    ) -> Broker:
        del tracer, on_status  # the virtual broker traces nothing and complains of nothing
        self.broker = Broker(settings, on_command, now=now, wall_ms=unix_ms, epoch=EPOCH)
        return self.broker

    def _make_panels(self, sink: PanelSink) -> VirtualPanels:
        self.panels = VirtualPanels(sink, now=self.timers.now)
        return self.panels

    def show(self, page: PageSettings) -> None:
        """Say what the page shows, before the daemon starts."""
        numbers = NumberRules(reaches=((KIOSK, page.kiosk.barring),))
        habits = replace(self.daemon.config.habits, numbers=numbers)
        self.daemon.config = replace(self.daemon.config, page=page, habits=habits)

    def plan(self, meetings: MeetingSettings, calendar: CalendarRead) -> None:
        """Say where meetings come from, before the daemon starts."""
        self.daemon.config = replace(self.daemon.config, meetings=meetings)
        self.calendar = calendar

    async def _read_calendar(self, _request: CalendarRequest) -> CalendarRead:
        return self.calendar

    def _make_idle(self, on_idle: Callable[[int], None]) -> VirtualIdle:
        self.user = VirtualIdle(on_idle)
        return self.user

    def _make_sleep(self, sink: Sink, now: Now) -> VirtualSleep:
        self.sleep = VirtualSleep(sink, now)
        return self.sleep

    # -- what is to be seen ---------------------------------------------------

    @property
    def view(self) -> Snapshot:
        """The public state."""
        return self.daemon.switchboard.view()

    @property
    def call(self) -> CallView | None:
        """The call there is."""
        return self.view.calls[0] if self.view.calls else None

    @property
    def in_use(self) -> list[str]:
        """The nodes of headsets of ours that the daemon has open."""
        infos = self.daemon.devices.infos.values()
        return [info.node for info in infos if info.node in self.nodes.values()]

    @property
    def phases(self) -> dict[CallId, str]:
        """Every call and where it is, as readers are told."""
        return {CallId(str(call["call"])): str(call["state"]) for call in self.broker.calls}

    @property
    def orders(self) -> list[EngineOrder]:
        """What the SIP engine was told, in order."""
        return self.line.orders

    def ordered(self, kind: type[EngineOrder]) -> int:
        """How often the engine was given an order of this kind."""
        return sum(isinstance(order, kind) for order in self.orders)

    def swallowed(self, words: str) -> list[str]:
        """What was no person's doing, by the words of the reason."""
        return [e.text for e in self.trace if e.stage is Stage.SWALLOWED and words in e.text]

    def story(self) -> str:
        """The trace, for messages of failed tests."""
        return "\n".join(f"{e.at_s:9.3f} {e.stage.value:9} {e.text}" for e in self.trace[-40:])

    async def call_is(self, phase: Phase) -> None:
        """Wait until the call is in a phase."""
        await until(lambda: self.call and self.call.phase is phase, f"the call is {phase.value}")

    async def no_call(self) -> None:
        """Wait until there is no call."""
        await until(lambda: self.call is None, "the call is gone")

    # -- what happens ---------------------------------------------------------

    def passes(self, seconds: float) -> None:
        """Let time pass, for the daemon and for every device."""
        for headset in self.headsets:
            headset.clock.advance(seconds)
        self.timers.advance(seconds)

    async def plug(self, dump: str = EVOLVE_LINK) -> Headset:
        """Plug another headset in and wait until it can be used."""
        headset = self._take_out_of_the_box(dump)
        await self.replug(headset)
        return headset

    def lay_down(self, dump: str) -> Headset:
        """Plug in a headset that is not to be used; wait for nothing."""
        headset = self._take_out_of_the_box(dump)
        self.nodes[headset.device] = self.usb.plug(headset.device).node
        return headset

    def _take_out_of_the_box(self, dump: str) -> Headset:
        headset = Headset(self, dump, port=f"1-{len(self.headsets) + 1}")
        self.headsets.append(headset)
        return headset

    async def replug(self, headset: Headset) -> None:
        """Put a headset back and wait until it can be used."""
        self.nodes[headset.device] = self.usb.plug(headset.device).node
        known = [view.device for view in self.view.devices]
        await until(lambda: headset.name not in {"", *known}, "the headset is attached")
        await until(lambda: headset.name in {v.device for v in self.view.devices}, "it is known")
        self.passes(SETTLE_S)

    async def pull(self, headset: Headset) -> None:
        """Pull a headset out and wait until the daemon knows."""
        name = headset.name
        self.usb.unplug(headset.device)
        await until(lambda: name not in {v.device for v in self.view.devices}, "it is gone")

    async def is_called(self, number: str = "201", name: str = "Ada Example") -> CallId:
        """Somebody calls; wait until it rings here."""
        call = self.line.peer_calls(number, name)
        assert call is not None, "all lines are taken"
        await until(lambda: call in {c.call for c in self.view.calls}, "the call arrives")
        return call

    async def is_in_a_call(self, headset: Headset) -> CallId:
        """Somebody calls and is answered on a headset."""
        call = await self.is_called()
        await headset.shows("ring")
        headset.press("hook")
        await self.call_is(Phase.CONNECTED)
        await headset.shows("off_hook")
        return call

    async def types(self, verb: Verb, target: str = "") -> Json:
        """What a command of the command line is answered, over the real control socket."""
        intent = Intent(verb, target=target)

        return await self.asks(GiveIntent(intent))

    async def asks(self, question: Question) -> Json:
        """What a question is answered over the real control socket."""

        def ask() -> Json:
            with Client(self.daemon.config.control_socket) as client:
                return client.ask(question)

        return await asyncio.to_thread(ask)


@asynccontextmanager
async def desk_with(
    directory: Path,
    *dumps: str,
    mode: HeadsetMode = HeadsetMode.AUTO,
    history_days: int = 30,
    directories: DirectorySettings | None = None,
    favourites: tuple[Favourite, ...] = (),
    presence: PresenceSettings | None = None,
    pbx: str = "",
    phones: tuple[PhoneSettings, ...] = (),
    meetings: MeetingSettings | None = None,
    calendar: CalendarRead | None = None,
    page: PageSettings | None = None,
) -> AsyncIterator[Desk]:
    """A running desk with these headsets plugged in."""
    asked, seen = directories or DirectorySettings(), presence or PresenceSettings()
    desk = Desk(directory, mode, history_days, asked, favourites, seen, pbx, phones)
    desk.show(page or PageSettings())
    desk.plan(meetings or MeetingSettings(), calendar or CalendarRead())
    async with desk.daemon:
        desk.daemon.trace.add(desk.trace.append)
        await until(lambda: desk.view.engine_up, "the engine runs")
        for dump in dumps:
            await desk.plug(dump)
        try:
            yield desk
        finally:
            for headset in desk.headsets:  # ends its threads at once instead of within a second
                desk.usb.unplug(headset.device)
            await until(lambda: not desk.in_use, "every headset is let go")
