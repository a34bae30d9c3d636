"""The real daemon on a desk: real SIP engine, real broker, and a headset made of real bytes."""

import asyncio
import json
import secrets
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self, cast

from bridge.app.daemon import Daemon
from bridge.app.edges import Edges
from bridge.cli.client import Client
from bridge.config.settings import Config, HeadsetSettings
from bridge.drivers.sip import SipEngine
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_bus import VirtualHidBus
from bridge.drivers.virtual.models import evolve_link
from bridge.model.bus import MqttSettings
from bridge.model.calls import CallView, Phase, RegistrationState, Snapshot
from bridge.model.engine import AccountSettings, EngineSettings, Transport
from bridge.model.engine import TlsSettings as SipTls
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Verb
from bridge.model.sound import SoundBackend, SoundSettings
from bridge.model.trace import TraceEntry
from bridge.protocols.control_wire import GiveIntent
from tests.integration.phones import LOUD_DBFS, QUIET_DBFS, TONE_HZ
from tests.integration.waiting import PATIENCE_S, POLL_S, eventually
from tests.pbx.instance import Broker, Pbx
from tests.pbx.settings import find

LINE = AccountId("desk")
BASE = "offhook/1/desk"
OUR_TONE_HZ = 520.0  # what our microphone says, and 790 of the PBX says back
PBX_TONE_HZ = 440.0  # 792 of the PBX
LAMPS = ("off_hook", "ring", "mute", "hold")

Json = dict[str, object]


class Reader:
    """An independent MQTT client: Mosquitto's own ``mosquitto_sub``.

    Args:
        where: its options that say which broker.
    """

    def __init__(self, *where: str) -> None:
        self.messages: list[tuple[str, Json]] = []
        self._publish = [find("mosquitto_pub"), *where]
        self._command = [find("mosquitto_sub"), *where, "-t", "offhook/#", "-F", "%t %x"]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._thread = threading.Thread(target=self._read, name="mosquitto_sub", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join(5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            topic, _, payload = line.rstrip("\n").removeprefix(BASE + "/").partition(" ")
            if not topic.startswith("cmd/"):  # what others say to the bridge may be anything
                text = bytes.fromhex(payload).decode()
                self.messages.append((topic, json.loads(text) if text else {}))

    def state(self, topic: str) -> Json:
        """What was last said under a topic; empty when nothing was, or it was cleared."""
        return next((body for name, body in reversed(self.messages) if name == topic), {})

    def events(self, topic: str) -> list[Json]:
        """Everything said under a topic, oldest first."""
        return [body for name, body in list(self.messages) if name == topic]

    def says(self, name: str, **members: object) -> None:
        """Publish a command with what the bridge told about itself."""
        info = self.state("info")
        right: Json = {
            "v": 1,
            "id": f"test-{secrets.token_hex(6)}",
            "ts": time.time_ns() // 1_000_000,
            "ttl_ms": 5000,
            "epoch": info["epoch"],
            "reply_to": "test",
        }
        self.publishes(f"cmd/{name}", json.dumps(right | members).encode())

    @property
    def window(self) -> object:
        """The token that a command without a call quotes."""
        return cast("list[str]", self.state("info")["window"])[0]

    def replies(self, status: str) -> list[Json]:
        """The replies to our commands with a status."""
        return [body for body in self.events("reply/test") if body["status"] == status]

    def publishes(self, topic: str, payload: bytes, *options: str) -> None:
        """Publish anything below the bridge's topics."""
        content = "-s" if payload else "-n"  # from stdin, or nothing
        subprocess.run(
            [*self._publish, "-t", f"{BASE}/{topic}", "-q", "1", content, *options],
            input=payload,
            check=True,
            timeout=PATIENCE_S,
        )

    @property
    def call_state(self) -> str:
        """The state of the call, empty without one."""
        calls = cast("list[Json]", self.state("calls").get("calls", []))
        return str(calls[0]["state"]) if calls else ""

    @property
    def moves(self) -> list[object]:
        """The states that calls went through, in order."""
        return [body["to"] for body in self.events("event/call")]

    @property
    def lamps(self) -> set[str]:
        """The lamps of the headset that readers are told are on."""
        topics = [name for name, _ in list(self.messages) if name.startswith("device/")]
        states = [name for name in topics if name.endswith("/state")]
        told = cast("dict[str, bool]", self.state(states[-1])["lamps"]) if states else {}
        return {name for name, on in told.items() if on}

    @property
    def numbers(self) -> set[int]:
        """The numbers of all events that arrived, repetitions once."""
        return {int(str(b["seq"])) for n, b in list(self.messages) if "seq" in b and "event" in n}

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until the reader has been told something."""
        await eventually(condition, f"mosquitto_sub: {what}", self.story)

    def story(self) -> str:
        """The last messages, for failed tests."""
        return "\n".join(f"{name} {json.dumps(body)[:200]}" for name, body in self.messages[-15:])


@dataclass
class Desk:
    """A daemon, its headset, and what is to be seen of both. ``desk_with`` makes one that runs."""

    config: Config
    usb: VirtualHidBus = field(default_factory=VirtualHidBus)
    headset: VirtualHeadset = field(default_factory=evolve_link)
    trace: list[TraceEntry] = field(default_factory=list)
    edges: Edges = field(default_factory=Edges)

    def __post_init__(self) -> None:
        self.daemon = Daemon(self.config, replace(self.edges, hid=lambda: self.usb))

    # -- what is to be seen ---------------------------------------------------

    @property
    def view(self) -> Snapshot:
        return self.daemon.switchboard.view()

    @property
    def call(self) -> CallView | None:
        return self.view.calls[0] if self.view.calls else None

    @property
    def engine(self) -> SipEngine:
        """The real one."""
        assert isinstance(self.daemon.engine, SipEngine)
        return self.daemon.engine

    @property
    def lit(self) -> set[str]:
        """The lamps that are on, by the bytes the headset got."""
        return {name for name in LAMPS if self.headset.lamps[name]}

    def story(self) -> str:
        """The trace, for failed tests."""
        lines = [f"{e.at_s:9.3f} {e.stage.value:9} {e.text[:160]}" for e in self.trace[-30:]]
        return "\n".join([str(self.view), *lines])

    async def until(
        self, condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S
    ) -> float:
        return await eventually(condition, what, self.story, patience_s)

    async def shows(self, *lamps: str) -> None:
        """Wait until exactly these lamps are on."""
        await self.until(lambda: self.lit == set(lamps), f"the lamps {lamps}, and no others, on")

    async def call_is(self, phase: Phase) -> None:
        await self.until(lambda: self.call and self.call.phase is phase, f"call {phase.value}")

    def others(self) -> list[str]:
        """Whom we speak with."""
        return [call.remote.number for call in self.view.calls]

    async def no_call(self) -> None:
        await self.until(lambda: self.call is None, "the end of the call")

    async def takes_calls(self, lives: int = 1) -> None:
        """Wait until the engine, in its first or a later life, has been given its line."""

        def lines() -> int:
            return sum("← RegistrationChanged none" in entry.text for entry in self.trace)

        await self.until(lambda: lines() >= lives, "the line is there")

    async def is_registered(self, patience_s: float = PATIENCE_S) -> float:
        def registered() -> bool:
            return self.view.lines[0].registration is RegistrationState.REGISTERED

        return await self.until(registered, "registered", patience_s)

    async def hears(self, hz: float) -> None:
        """Wait until the speaker gets this tone, clearly."""
        await self._level(hz, lambda dbfs: dbfs > LOUD_DBFS, f"{hz} Hz heard")

    async def hears_no(self, hz: float) -> None:
        """Wait until the speaker no longer gets this tone."""
        await self._level(hz, lambda dbfs: dbfs < QUIET_DBFS, f"{hz} Hz gone")

    async def _level(self, hz: float, good: Callable[[float], bool], what: str) -> None:
        deadline_s = asyncio.get_running_loop().time() + PATIENCE_S
        level = await self.level_dbfs(hz)
        while not good(level):
            late = asyncio.get_running_loop().time() > deadline_s
            assert not late, f"{what}: found {level:.0f} dBFS\n{self.story()}"
            await asyncio.sleep(0.1)
            level = await self.level_dbfs(hz)

    async def level_dbfs(self, hz: float) -> float:
        """The level of a tone at the speaker, over the last 200 ms."""
        stats = await self.engine.sound_stats()
        return next((t.dbfs for t in stats.tones if t.hz == hz), -120.0)

    def is_settled(self) -> bool:
        """Whether the headset is attached, and has had its rest after that."""
        headsets = self.daemon.switchboard.state.headsets
        return bool(headsets) and not headsets[0].settling

    # -- what a person does ---------------------------------------------------

    def press(self, key: str) -> None:
        self.headset.press(key)

    async def presses_later(self, key: str) -> None:
        """Press a key no faster than a person, and when the headset is believed again."""

        def believed() -> bool:
            headset = self.daemon.switchboard.state.headsets[0]
            pulse_over_s = headset.lifted_at_s + headset.info.conduct.pulse_s
            after_s = max(headset.guard_until_s, headset.probe_until_s, pulse_over_s)
            return self.daemon.switchboard.timers.now() > after_s

        await self.until(believed, "the headset is believed again")
        self.press(key)

    async def is_left_alone(self) -> None:
        """Reject whoever rings until nobody does."""
        while self.call is not None:
            await self.types(Verb.REJECT)
            await asyncio.sleep(POLL_S)

    async def types(self, verb: Verb, target: str = "") -> Json:
        """What a command of the command line is answered, over the control socket."""

        def ask() -> Json:
            with Client(self.config.control_socket) as client:
                return client.ask(GiveIntent(Intent(verb, target=target)))

        return await asyncio.to_thread(ask)


def account_at(pbx: Pbx, extension: int, transport: Transport = Transport.UDP) -> AccountSettings:
    """A line of the test PBX."""
    port = pbx.settings.tls_port if transport is Transport.TLS else pbx.sip_port
    return AccountSettings(
        LINE,
        str(extension),
        server=f"{pbx.host}:{port}",
        password=pbx.password(extension),
        transport=transport,
    )


def config_for(directory: Path, account: AccountSettings, rtp_first: int) -> Config:
    """A configuration with a private broker, and sound that says one tone and measures others."""
    sound = SoundSettings(
        backend=SoundBackend.TEST,
        test_tone_hz=OUR_TONE_HZ,
        test_listen_hz=(OUR_TONE_HZ, PBX_TONE_HZ, TONE_HZ),
    )
    engine = EngineSettings(
        bind_address="127.0.0.1", port=0, rtp_first=rtp_first, rtp_count=60, sound=sound
    )
    return Config(
        bridge="desk",
        accounts=(account,),
        engine=engine,
        mqtt=MqttSettings(bridge="desk"),
        headset=HeadsetSettings(),
        state_dir=directory / "state",
        control_socket=directory / "run" / "control.sock",
    )


def at_broker(config: Config, broker: Broker) -> Config:
    """The same with a broker of its own."""
    return replace(config, mqtt=MqttSettings(bridge="desk", host=broker.host, port=broker.port))


def trusting(config: Config, pbx: Pbx) -> Config:
    """The same with trust in the certificate of the test PBX."""
    ca_file = str(Path(pbx.settings.state) / "tls" / "ca.pem")
    return replace(config, engine=replace(config.engine, tls=SipTls(ca_file=ca_file)))


@asynccontextmanager
async def desk_with(config: Config, edges: Edges | None = None) -> AsyncIterator[Desk]:
    """A running desk with a Jabra Evolve Link plugged in."""
    desk = Desk(config, edges=edges or Edges())
    desk.usb.plug(desk.headset)
    async with desk.daemon:
        desk.daemon.trace.add(desk.trace.append)
        await desk.until(lambda: desk.view.engine_up, "the engine runs")
        await desk.until(desk.is_settled, "the headset may be written")
        try:
            yield desk
        finally:
            desk.usb.unplug(desk.headset)  # ends its threads at once instead of within a second
