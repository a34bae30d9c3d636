"""Everything on stage: the daemon, its headset, the caller, the MQTT listener."""

import random
import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bridge.app.daemon import Daemon
from bridge.app.edges import Edges
from bridge.config.settings import Config, HeadsetSettings
from bridge.demo.caller import Caller
from bridge.demo.happenings import Happenings
from bridge.demo.headset import DemoHeadset
from bridge.demo.listener import Heard, Listener
from bridge.demo.tones import CALLER_HZ, HEADSET_HZ
from bridge.drivers.ports import Sink, Timers, Tracer
from bridge.drivers.sip import SipEngine
from bridge.drivers.sip.supervisor import ENGINE_ARGV
from bridge.drivers.virtual.hid_bus import VirtualHidBus
from bridge.model.bus import MqttSettings
from bridge.model.calls import Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.errors import TransportError
from bridge.model.events import ControlChanged, Event, RegistrationChanged
from bridge.model.hid import ControlChange, DeviceInfo
from bridge.model.ids import AccountId
from bridge.model.sound import SoundBackend, SoundSettings

UP_S = 20.0  # engines need 0.2 s; a slow card at its first start gets time
RTP_PORTS = 100  # for each of the two phones
LONGEST_TEMPORARY = 60  # characters; sockets below it must fit into 107 bytes (unix(7))

KEPT = 2000  # messages, events and writes are remembered; hours of pressing keys

_NAME = "demo"
_RTP_BASES = range(16384, 32000, 2 * RTP_PORTS)  # below the ports Linux gives away by itself


@dataclass(frozen=True, slots=True)
class Setting:
    """What the scene is made of.

    Args:
        headset: the virtual one; None = real headsets on the real bus.
        engine_argv: program of the SIP engines.
    """

    headset: DemoHeadset | None
    engine_argv: tuple[str, ...] = ENGINE_ARGV


@dataclass
class Scene:
    """Entered once; ``ready`` waits until everybody is there.

    Args:
        setting: of what.
        on_heard: told each MQTT message.
        on_caller: told each event of the caller.
    """

    setting: Setting
    on_heard: Callable[[Heard], None] = lambda _heard: None
    on_caller: Callable[[Event], None] = lambda _event: None
    listener: Listener | None = None
    notes: list[str] = field(default_factory=list)
    changes: deque[ControlChanged] = field(default_factory=lambda: deque(maxlen=KEPT))

    async def __aenter__(self) -> Self:
        """Start everything.

        Raises:
            BridgeError: the daemon cannot start.
        """
        async with AsyncExitStack() as stack:
            self.happenings = Happenings()
            self._has_line = False  # an engine is up a little before its line can be called
            directory = _directory(stack)
            ports = random.choice(_RTP_BASES)  # noqa: S311  # so that two demos rarely meet
            self.bus = VirtualHidBus()
            self.daemon = await stack.enter_async_context(self._daemon(directory, ports))
            self.daemon.switchboard.readers.append(self)
            settings = _engine(CALLER_HZ, HEADSET_HZ, ports + RTP_PORTS)
            caller = Caller(settings, self._caller_says, self.setting.engine_argv)
            self.caller = await stack.enter_async_context(caller)
            await self._listen(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End everything; nothing is left behind."""
        await self._stack.aclose()

    def _daemon(self, directory: Path, ports: int) -> Daemon:
        config = Config(
            _NAME,
            (AccountSettings(AccountId("desk"), "200"),),
            _engine(HEADSET_HZ, CALLER_HZ, ports),
            MqttSettings(bridge=_NAME),
            HeadsetSettings(),
            directory / "state",
            directory / "run" / "control.sock",
        )
        headset = self.setting.headset
        if headset is None:
            return Daemon(config, Edges(engine=self._make_phone))
        headset.on_write = self.happenings.poke_from_thread
        self.bus.plug(headset)
        return Daemon(config, Edges(hid=lambda: self.bus, engine=self._make_phone))

    def _make_phone(
        self, _edges: Edges, config: Config, sink: Sink, tracer: Tracer, timers: Timers
    ) -> SipEngine:
        """Make the daemon's SIP engine, and keep it: it is asked what it hears."""
        argv = self.setting.engine_argv
        self.phone = SipEngine(config.engine, config.accounts, sink, timers.now, tracer, argv=argv)
        return self.phone

    async def _listen(self, stack: AsyncExitStack) -> None:
        settings = self.daemon.bus.settings
        if not settings.socket:
            self.notes.append(self.daemon.bus.text)
            return
        listener = Listener(settings.socket, settings.base, self._heard)
        self.listener = await stack.enter_async_context(listener)

    # -- who is there ---------------------------------------------------------

    async def ready(self) -> None:
        """Wait until calls can be made, as far as this machine can make them.

        Raises:
            TransportError: something did not come up in time; the sentence says what.
        """
        for what, is_so in (
            ("the SIP engine of the daemon", lambda: self.daemon.switchboard.state.engine_up),
            ("the SIP engine of the caller", lambda: self.caller.ready is not None),
            ("the line of the daemon", lambda: self._has_line or not self.can_call),
            ("the line of the caller", lambda: self.caller.has_line or not self.can_call),
            ("the headset", lambda: self.setting.headset is None or self._settled()),
            ("MQTT", lambda: self.listener is None or bool(self.listener.last("calls"))),
        ):
            if not await self.happenings.until(is_so, UP_S):
                raise TransportError(f"{what} did not come up within {UP_S:.0f} s: try again")
        if self.caller.ready is not None and not self.can_call:
            self.notes.append(self.caller.ready.note)

    def read_since(self, after_s: float, change: ControlChange) -> float | None:
        """Return when the daemon read this change of a control after ``after_s``, None if not."""
        times = (one.at_s for one in self.changes if one.at_s >= after_s and one.change == change)
        return next(times, None)

    @property
    def can_call(self) -> bool:
        """Return whether this machine can make SIP calls at all."""
        return self.caller.ready is not None and self.caller.ready.max_calls > 0

    @property
    def device(self) -> DeviceInfo | None:
        """Return what the daemon made of the headset, None while there is none."""
        return next(iter(self.daemon.devices.infos.values()), None)

    def _settled(self) -> bool:
        """Whether the daemon trusts the headset already; right after plugging it waits a little."""
        headsets = self.daemon.switchboard.state.headsets
        return bool(headsets) and not any(headset.settling for headset in headsets)

    def ring(self) -> None:
        """Let the caller call."""
        self.caller.ring(self.phone.address)

    # -- what happens ---------------------------------------------------------

    def _caller_says(self, event: Event) -> None:
        self.happenings.poke()
        self.on_caller(event)

    def _heard(self, heard: Heard) -> None:
        self.happenings.poke()
        self.on_heard(heard)

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:  # noqa: ARG002
        if isinstance(event, ControlChanged):
            self.changes.append(event)
        self._has_line = self._has_line or isinstance(event, RegistrationChanged)
        self.happenings.poke()

    def changed(self, now: Snapshot) -> None:
        """Told by ``stepped`` already."""

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        """Told by ``stepped`` already."""


def _engine(says_hz: float, listens_hz: float, ports: int) -> EngineSettings:
    """Return a phone on loopback, on any free port, that speaks one tone and measures another."""
    sound = SoundSettings(
        backend=SoundBackend.TEST, test_tone_hz=says_hz, test_listen_hz=(listens_hz,)
    )
    return EngineSettings(
        bind_address="127.0.0.1", port=0, rtp_first=ports, rtp_count=RTP_PORTS, sound=sound
    )


def _directory(stack: AsyncExitStack) -> Path:
    """Return a directory that is gone afterwards."""
    base = tempfile.gettempdir()
    place = None if len(base) <= LONGEST_TEMPORARY else "/tmp"  # noqa: S108  # mkdtemp is safe
    directory = tempfile.mkdtemp(prefix="offhook-demo-", dir=place)
    stack.callback(shutil.rmtree, directory, ignore_errors=True)
    return Path(directory)
