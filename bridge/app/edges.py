"""What stands at the outermost edge of the daemon, and what tests and the demo put there."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from bridge.app.bus_link import MakeLink
from bridge.app.calendars import ReadCalendar
from bridge.app.panels import MakePanels
from bridge.app.parts import Clock, Engine
from bridge.config.settings import Config
from bridge.desktop.session import session_address
from bridge.drivers.calendar import read_in_process
from bridge.drivers.clock import LoopTimers
from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.logind import IdleWatch, OnIdle, SleepWatch
from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.ports import HidBus, Now, Sink, Timers, Tracer
from bridge.drivers.serial.bus import SerialPanels
from bridge.drivers.sip import EnginePool, SipEngine
from bridge.drivers.sip.supervisor import ENGINE_ARGV
from bridge.drivers.udev.monitor import UdevBus, UdevTtys
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.engine_limits import PJSUA2
from bridge.model.panels import PanelSettings
from bridge.profiles.library import Library, load_library

MakeEngine = Callable[["Edges", Config, Sink, Tracer, Timers], Engine]


def _sip_engine(
    edges: "Edges", config: Config, sink: Sink, tracer: Tracer, timers: Timers
) -> Engine:
    """Return one engine, or a pool where there are more accounts than one can have."""

    def make(
        settings: EngineSettings, accounts: Sequence[AccountSettings], hears: Sink
    ) -> SipEngine:
        return SipEngine(settings, accounts, hears, timers.now, tracer, argv=edges.engine_argv)

    if len(config.accounts) <= PJSUA2.max_accounts:
        return make(config.engine, config.accounts, sink)
    return EnginePool(config.engine, config.accounts, sink, timers.now, make, PJSUA2.max_accounts)


def _panel_drivers(settings: PanelSettings) -> Sequence[MakePanels]:
    """Return the drivers of key panels that are wanted."""
    wanted: list[MakePanels] = []
    if settings.serial or settings.finds_serial:
        wanted.append(lambda sink: SerialPanels(settings, UdevTtys(), sink))
    if settings.streamdeck or settings.xkeys:
        wanted.append(lambda sink: HidPanels(settings, UdevBus(open_hidraw), sink))
    return wanted


@dataclass(frozen=True, slots=True)
class Edges:
    """What stands at the outermost edge; tests and the demo put virtual things here.

    Args:
        hid: makes the bus where headsets appear.
        library: loads the device profiles.
        engine_argv: the program of the SIP engine.
        clock: makes the clock; called on the event loop.
        engine: makes the SIP engine.
        link: makes the link to the broker.
        sleep: tells when the machine has slept.
        idle: tells since when its user has not touched the machine.
        session: where the bus of the user's session is, empty for nowhere.
        panels: makes the drivers of key panels.
        calendar: reads the calendar of the room.
    """

    hid: Callable[[], HidBus] = lambda: UdevBus(open_hidraw)
    library: Callable[[], Library] = load_library
    engine_argv: tuple[str, ...] = ENGINE_ARGV
    clock: Callable[[], Clock] = LoopTimers
    engine: MakeEngine = _sip_engine
    link: MakeLink = MqttLink
    sleep: Callable[[Sink, Now], AbstractAsyncContextManager[object]] = SleepWatch
    idle: Callable[[OnIdle], AbstractAsyncContextManager[object]] = IdleWatch
    session: Callable[[], str] = lambda: session_address(os.environ)
    panels: Callable[[PanelSettings], Sequence[MakePanels]] = _panel_drivers
    calendar: ReadCalendar = read_in_process
