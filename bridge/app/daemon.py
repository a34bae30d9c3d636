"""The daemon: configuration in, objects made, one task group, an orderly end."""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

import bridge
from bridge.app.around import Around
from bridge.app.bus import Bus
from bridge.app.control import Control
from bridge.app.desktop import Desktop
from bridge.app.devices import Devices
from bridge.app.door import Door
from bridge.app.edges import Edges
from bridge.app.figures import Figures
from bridge.app.journal import Journal
from bridge.app.lamps import Lamps
from bridge.app.lit_elsewhere import LitElsewhere, dialog_lines
from bridge.app.loudness import Loudness
from bridge.app.meetings import Meetings
from bridge.app.panels import Panels
from bridge.app.parts import Engine, Page
from bridge.app.pbx import PbxSide
from bridge.app.pressable import Pressable
from bridge.app.records import Records
from bridge.app.remote import Controllers, Remote
from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.config.settings import Config
from bridge.core.state import Line, State
from bridge.drivers.control import ControlServer, StateLock
from bridge.drivers.ports import HidBus, Sink
from bridge.features.forwarding import restored
from bridge.model.calls import RegistrationState
from bridge.model.errors import BridgeError, TransportError
from bridge.model.events import MatterChanged
from bridge.model.favourites import KeyQuestion
from bridge.model.features import AroundQuestion
from bridge.model.meetings import MeetingQuestion
from bridge.model.page import LaunchPage
from bridge.model.phones import UNHEARD
from bridge.protocols.control_records import RecordQuestion
from bridge.protocols.control_status import DaemonFacts

_log = logging.getLogger(__name__)


@dataclass
class Daemon:
    """Everything that runs, entered once.

    Args:
        config: checked settings.
        edges: real unless told otherwise.
    """

    config: Config
    edges: Edges = field(default_factory=Edges)

    async def __aenter__(self) -> Self:
        """Start everything; returns when requests are taken. SIP and MQTT come up by themselves.

        Raises:
            AlreadyRunningError: another daemon has the state directory or the control socket.
            TransportError: a directory or socket cannot be made.
        """
        self.stopping = asyncio.Event()
        self.door: Door | None = None
        self.remote: Remote | None = None
        self.page: Page | None = None
        self.pressable: Pressable | None = None
        self._stack = AsyncExitStack()
        try:
            await self._start(self._stack)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Hang up, un-register, say offline, close devices, in this order."""
        await self._stack.aclose()

    async def _start(self, stack: AsyncExitStack) -> None:
        config = self.config
        unlocked = self._lock(stack)
        timers = self.edges.clock()
        stack.callback(timers.stop_all)  # nothing fires into a stopped daemon
        self.trace = Trace(timers.now)
        self.records = await stack.enter_async_context(
            Records(
                config.state_dir,
                config.history_days,
                config.directories,
                time.time,
                config.habits.numbers,
            )
        )
        self.switchboard = Switchboard(timers, state=self._first_state())
        self.switchboard.readers += [self.trace, Journal()]
        self.records.attach(self.switchboard)
        await self._start_around(stack)
        self._began_s = timers.now()
        self.switchboard.post(MatterChanged(timers.now(), "state", unlocked))
        self.lamps = await stack.enter_async_context(
            Lamps(config.lamps, config.favourites, self.switchboard, self.records.store)
        )
        await self._start_control(stack)
        self.bus = await self._start_bus(stack)
        figures = Figures(self.switchboard.timers, self.loudness.stats, self.bus.figures)
        self.switchboard.readers.append(await stack.enter_async_context(figures))
        await self._start_devices(stack)
        self.bus.carry(self.lamps)
        self.bus.surround(self.around, config.presence.publish_as)
        self.controllers = Controllers(self.switchboard)
        self.bus.yield_to(self.controllers, self.loudness)
        self.bus.meet(self.meetings, hears=config.meetings.mqtt)
        self._hear_pbx()
        await self._start_panels(stack)
        await stack.enter_async_context(self.desktop)
        await self._start_engine(stack)
        await self._start_page(stack)
        await stack.enter_async_context(self.edges.sleep(self.switchboard.post, timers.now))
        self.control.whole.set()

    def _lock(self, stack: AsyncExitStack) -> str:
        """Take the lock; a directory nobody can write costs the call list, never a call."""
        try:
            stack.enter_context(StateLock(self.config.state_dir))
        except TransportError as error:
            return f"{error}: calls go on, but what happens now is forgotten when Offhook ends"
        return ""

    def _first_state(self) -> State:
        """Return the lines as configured, and what the desk remembers."""
        memory = self.records.memory
        remote = self.config.remote
        return State(
            lines=(
                *((Line(remote.account),) if remote.enabled else ()),
                *(Line(a.account, _registration(a.server)) for a in self.config.accounts),
                *(Line(p.account, reason=UNHEARD) for p in self.config.phones),
            ),
            habits=self.config.habits,
            last_dialed=memory.last_dialed,
            do_not_disturb=memory.do_not_disturb,
            waiting_chosen=memory.call_waiting,
            forwarding=restored(self.config.habits.forwarding, memory.forwarding),
            locked=memory.locked,
        )

    async def _start_around(self, stack: AsyncExitStack) -> None:
        store = self.records.store
        self.switchboard.pbx = self.pbx = await stack.enter_async_context(PbxSide(self.config.pbx))
        self.around = Around(
            self.config.presence,
            self.switchboard,
            await store.around(),
            store.keep_around,
            self.pbx,
        )
        await stack.enter_async_context(self.around)
        if self.config.presence.rules.away_after_s:
            presence = self.around.presence
            await stack.enter_async_context(self.edges.idle(presence.idle_since))
        self.meetings = await stack.enter_async_context(
            Meetings(self.config.meetings, self.switchboard, self.around.meet, self.edges.calendar)
        )

    async def _answer_records(self, question: RecordQuestion) -> Mapping[str, object]:
        if isinstance(question, AroundQuestion):
            return await self.around.answer(question)
        if isinstance(question, KeyQuestion):
            return await self.lamps.answer(question)
        if isinstance(question, MeetingQuestion):
            return await self.meetings.answer(question)
        if isinstance(question, LaunchPage):
            return self._launch(question)
        return await self.records.answer(question)

    def _launch(self, wish: LaunchPage) -> Mapping[str, object]:
        if self.page is None:
            raise BridgeError("the page is off: set page.enabled to true in the configuration")
        return self.page.launch(wish)

    async def _start_page(self, stack: AsyncExitStack) -> None:
        """Serve the page, if it is wanted: everything it shows is there by now."""
        if not self.config.page.enabled:
            return
        from bridge.app.page_parts import page_of  # noqa: PLC0415  # 15 MB: HTTP server, pydantic

        page = page_of(self, lambda text: self._matter("page", text))
        self.page = await stack.enter_async_context(page)

    def _headsets(self) -> HidBus:
        """Return the bus where headsets appear, with one to press on the page if it is wanted."""
        if not (self.config.page.enabled and self.config.page.virtual_headset):
            return self.edges.hid()
        self.pressable = Pressable(self.edges.hid(), self.switchboard)
        return self.pressable

    async def _start_control(self, stack: AsyncExitStack) -> None:
        self.devices = Devices(
            self._headsets(),
            self.edges.library,
            self.switchboard,
            self.trace,
            self.config.headset,
        )
        self.desktop = Desktop(self.config.desktop, self.switchboard, self.edges.session)
        self.switchboard.sound = self.loudness = Loudness(self.config.engine.sound)
        self.devices.on_speakerphone = self.loudness.learn_speakerphone
        self.control = Control(
            self.switchboard,
            self.trace,
            self.devices,
            self._facts,
            self.stopping.set,
            self._answer_records,
            self.desktop,
            self.loudness,
        )
        self.lamps.on_freed = self.desktop.tell_free
        await stack.enter_async_context(ControlServer(self.config.control_socket, self.control))

    async def _start_bus(self, stack: AsyncExitStack) -> Bus:
        directory = self.config.control_socket.parent / "mqtt"
        bus = Bus(
            self.config.mqtt,
            self.switchboard,
            self.trace,
            directory,
            bridge.__version__,
            self.edges.link,
        )
        return await stack.enter_async_context(bus)

    async def _start_devices(self, stack: AsyncExitStack) -> None:
        self.switchboard.indicators = self.devices
        task = asyncio.create_task(self.devices.run(), name="devices")
        task.add_done_callback(_tell_end)
        stack.push_async_callback(_cancel, task)

    def _hear_pbx(self) -> None:
        """Hear of ourselves and of whom the keys are about, and do what those order."""
        self.pbx.hear(self.around.learn, self.around.subjects)
        self._hear_subjects()
        self.pbx.start(self.bus)
        self.lamps.on_arranged.append(self._hear_subjects)
        self.lamps.commands = self.around
        if not self.config.presence.has_pbx:
            self.around.presence.on_shown.append(self.lamps.show_me)
            self.around.presence.show()

    def _hear_subjects(self) -> None:
        self.pbx.hear(self.lamps.learn, frozenset(self.lamps.board.subjects))

    async def _start_panels(self, stack: AsyncExitStack) -> None:
        config, timers = self.config, self.switchboard.timers
        self.panels = await stack.enter_async_context(
            Panels(self.lamps, timers, config.lamps.look, self._matter)
        )
        self.panels.readers.append(self.bus)
        await self.panels.open(self.edges.panels(config.panels))

    def _matter(self, topic: str, text: str) -> None:
        self.switchboard.post(MatterChanged(self.switchboard.timers.now(), topic, text))

    async def _start_engine(self, stack: AsyncExitStack) -> None:
        lines = dialog_lines(self.config.accounts, self.config.engine.tls)
        await stack.enter_async_context(LitElsewhere(lines, self.switchboard))
        self.engine = await self._with_phones(stack)
        self.switchboard.engine = self.engine
        self.loudness.serve(self.engine)
        await stack.enter_async_context(self.engine)

    def _sip(self, sink: Sink) -> Engine:
        timers, remote = self.switchboard.timers, self.config.remote
        if remote.enabled:
            mqtt = self.config.mqtt
            made = Remote(remote, self.switchboard, self.bus.link, mqtt.root, mqtt.bridge, sink)
            self.remote = made
            return made.engine
        return self.edges.engine(self.edges, self.config, sink, self.trace, timers)

    async def _with_phones(self, stack: AsyncExitStack) -> Engine:
        """Return the engine, with desk phones beside it if there are any: heard from now on."""
        if not self.config.phones:
            return self._sip(self.switchboard.post)
        from bridge.app.desk_phones import with_phones  # noqa: PLC0415  # 9 MB for the HTTP server

        telephones, door = with_phones(self.config, self._sip, self.switchboard)
        self.door = await stack.enter_async_context(door)
        return telephones

    def _facts(self) -> DaemonFacts:
        notes, where = dict(self.switchboard.state.notes), self.engine.address
        place = f"listening on {where}" if self.remote is None else where
        return DaemonFacts(
            bridge=self.config.bridge,
            version=bridge.__version__,
            pid=os.getpid(),
            uptime_s=self.switchboard.timers.now() - self._began_s,
            config_files=self.config.files,
            engine=notes.get("engine") or (place if where else "starting"),
            bus=self.bus.text,
            sound=notes.get("sound", "ok"),
            around=self.around.body,
            http="" if self.door is None else self.door.text,
            http_refused={} if self.door is None else self.door.refused,
            tallies=self.bus.tallies,
            remote=self.controllers.text if self.remote is None else self.remote.engine.text,
            pbx=self.pbx.body,
            page="" if self.page is None else self.page.text,
        )


def _registration(server: str) -> RegistrationState:
    return RegistrationState.TRYING if server else RegistrationState.NONE


def _tell_end(task: asyncio.Task[None]) -> None:
    """Task border: the devices' task ends only by being cancelled; anything else is our mistake."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("headsets are out of use until the daemon is started again", exc_info=error)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
