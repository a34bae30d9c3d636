"""The phones that are compared: Offhook as a daemon, and Debian's baresip."""

import array
import math
import secrets
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.headset_wire import BenchHeadset
from tests.bench.mqtt_probe import Json, Probe
from tests.bench.programs import Program, python
from tests.bench.sip_peer import HOST, SipPeer
from tests.bench.wire import Wire
from tests.integration.phones import MODULES
from tests.pbx.settings import find, write

OFFHOOK, BARESIP = "200", "201"  # the users they register as
BASE = "offhook/1/bench"
RTP_PORTS = 60
EXPIRES_S = 3600  # so that no bench meets a renewal of either phone


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is.

    Args:
        wire: serves all sockets.
        peer: caller and registrar.
        broker_port: of the one broker, on loopback.
        port_base: first of some free ports.
        directory: for files; short, because of Unix sockets.
    """

    wire: Wire
    peer: SipPeer
    broker_port: int
    port_base: int
    directory: Path

    def sub(self, name: str) -> Path:
        """A directory for one program."""
        path = self.directory / name
        path.mkdir(exist_ok=True)
        return path


def page_token(place: Place) -> str:
    """The token of a daemon with the page, made at its first use."""
    file = place.directory / "token"
    if not file.exists():
        write(file, secrets.token_urlsafe(32) + "\n")
        file.chmod(0o600)
    return file.read_text().strip()


def _page(place: Place, port: int) -> str:
    page_token(place)
    token = f"{{name: bench, role: user, token_file: {place.directory}/token}}"
    return f"page: {{enabled: true, port: {port}, tokens: [{token}]}}\n" if port else ""


def offhook_config(place: Place, name: str, rtp_first: int, page_port: int = 0) -> Path:
    """Write a configuration with one account at the bench; return its path."""
    directory = place.sub(name)
    path = directory / "config.yaml"
    write(
        path,
        f"account: {{id: bench, server: '{HOST}:{place.peer.port}', user: '{OFFHOOK}', "
        f"password: none, expires: {EXPIRES_S}}}\n"
        "bridge: {id: bench}\n"
        f"sip: {{port: 0, rtp_ports: {rtp_first}-{rtp_first + RTP_PORTS - 1}}}\n"
        f"mqtt: {{broker: {HOST}, port: {place.broker_port}}}\n"
        "limits: {calls_in_10_s: 1000, calls_in_an_hour: 100000}\n"
        f"state_dir: {directory}/state\n"
        f"control: {{socket: {directory}/run/c.sock}}\n" + _page(place, page_port),
    )
    path.chmod(0o600)
    return path


@dataclass
class Offhook:
    """A running daemon with a virtual headset and a registered line.

    Args:
        place: where.
        page_port: of its page; 0 = it has none.
    """

    place: Place
    page_port: int = 0
    calls: Json = field(default_factory=dict)  # what it last said on MQTT
    info: Json = field(default_factory=dict)
    heard_ns: dict[str, int] = field(default_factory=dict)  # state -> when it was first said

    def __post_init__(self) -> None:
        place = self.place
        place.peer.forget(OFFHOOK)
        self.headset = BenchHeadset(place.wire)
        fd = self.headset.theirs.fileno()
        rtp_first = place.port_base + 100
        config = offhook_config(place, "offhook", rtp_first, self.page_port)
        command = python("tests.bench.daemon", "--config", str(config), "--fd", str(fd))
        self.program = Program(command, place.sub("offhook"), (fd,))
        self.headset.theirs.close()

    def ready(self, probe: Probe) -> None:
        """Wait until it is registered and its headset works."""
        probe.listen(f"{BASE}/calls", self._told)
        probe.listen(f"{BASE}/info", lambda body, _: self.info.update(body))
        self.place.wire.until(
            lambda: OFFHOOK in self.place.peer.registered_ns and self.calls and self.info,
            f"offhook registers and says so on MQTT: {self.program.log()}",
            poll_s=0.1,
        )

    def stop(self) -> None:
        self.program.stop()
        self.headset.close()

    @property
    def state(self) -> str:
        """The state of its call by MQTT, empty without one."""
        calls = self._calls()
        return str(calls[0]["state"]) if calls else ""

    @property
    def ringing(self) -> str:
        """The call that rings by MQTT, empty without one."""
        return next((str(c["call"]) for c in self._calls() if c["state"] == "ringing"), "")

    def command(self, verb: str, call: str = "") -> tuple[str, Json]:
        """Topic and payload of a command about a call; empty = the first one there is."""
        call = call or str(self._calls()[0]["call"])
        return f"{BASE}/cmd/{verb}", {**self._envelope(), "call": call}

    def dial_command(self, target: str) -> tuple[str, Json]:
        """Topic and payload of the command that calls somebody."""
        windows = self.info["window"]
        assert isinstance(windows, list)  # newest first
        body: Json = {"window": windows[0], "args": {"target": target}}
        return f"{BASE}/cmd/dial", {**self._envelope(), **body}

    def _envelope(self) -> Json:
        return {
            "v": 1,
            "id": secrets.token_hex(8),
            "ts": time.time_ns() // 1_000_000,
            "ttl_ms": 5000,
            "epoch": self.calls["epoch"],
        }

    def _calls(self) -> list[Json]:
        calls = self.calls.get("calls", [])
        return calls if isinstance(calls, list) else []

    def _told(self, body: Json, now_ns: int) -> None:
        self.calls = body
        self.heard_ns.setdefault(self.state, now_ns)


@dataclass
class Baresip:
    """A running baresip with its MQTT module and a registered line.

    Args:
        place: where.
        rate_hz: of its sound; it is made at the codec's rate, so that nothing is resampled.
        with_mqtt: False: no control at all, it answers by itself.
    """

    place: Place
    rate_hz: int = 8000
    with_mqtt: bool = True
    told: dict[str, int] = field(default_factory=dict)  # kind of event -> when it last came

    def __post_init__(self) -> None:
        self.place.peer.forget(BARESIP)
        directory = self.place.sub("baresip")
        _write_baresip(self, directory)
        command = (find("baresip"), "-4", "-f", str(directory))
        self.program = Program(command, directory)

    def ready(self, probe: Probe | None = None) -> None:
        """Wait until it is registered, and with a probe until it hears commands."""
        if probe is not None:
            probe.listen("/bench/event", self._told)
        self.place.wire.until(
            lambda: BARESIP in self.place.peer.registered_ns,
            f"baresip registers: {self.program.log()}",
            poll_s=0.1,
        )
        if probe is not None:
            answered: list[Json] = []
            probe.listen("/bench/command_resp/ready", lambda body, _: answered.append(body))
            while not answered:  # before it has subscribed, commands go nowhere
                probe.publish("/bench/command/x", {"command": "uastat", "token": "ready"})
                self.place.wire.rest(0.1)

    def stop(self) -> None:
        self.program.stop()

    def command(self, verb: str, params: str = "") -> tuple[str, Json]:
        """Topic and payload of a command."""
        return "/bench/command/x", {"command": verb, "params": params, "token": "bench"}

    def _told(self, body: Json, now_ns: int) -> None:
        self.told[str(body.get("type"))] = now_ns


def _write_baresip(phone: Baresip, directory: Path) -> None:
    place, base = phone.place, phone.place.port_base
    mode = "manual" if phone.with_mqtt else "auto"
    tone = directory / f"tone-{phone.rate_hz}.wav"
    _write_tone(tone, phone.rate_hz)
    mqtt = (
        f"module_app mqtt.so\nmqtt_broker_host {HOST}\nmqtt_broker_port {place.broker_port}\n"
        "mqtt_basetopic bench\n"
    )
    (directory / "contacts").touch()
    write(
        directory / "accounts",
        f"<sip:{BARESIP}@{HOST}:{place.peer.port}>;regint={EXPIRES_S};answermode={mode}\n",
    )
    # It listens for TLS one port above SIP, whether asked to or not.
    write(
        directory / "config",
        f"poll_method epoll\nsip_listen {HOST}:{base + 20}\nnet_interface {HOST}\n"
        f"rtp_ports {base + 30}-{base + 60}\n"
        f"audio_source aufile,{tone}\naudio_player aubridge,ear\n"
        f"ausrc_srate {phone.rate_hz}\nausrc_channels 1\n"
        f"auplay_srate {phone.rate_hz}\nauplay_channels 1\n"
        f"module_path {MODULES}\n"
        "module g711.so\nmodule g722.so\nmodule aufile.so\nmodule aubridge.so\n"
        "module_tmp account.so\nmodule_app menu.so\n" + (mqtt if phone.with_mqtt else ""),
    )


def _write_tone(path: Path, rate_hz: int) -> None:
    """Write a minute of 440 Hz; a call of silence would cost less than a real one."""
    if path.exists():
        return
    second = (round(8000 * math.sin(2 * math.pi * 440 * i / rate_hz)) for i in range(rate_hz))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(array.array("h", second).tobytes() * 60)
