"""The words of the MQTT side: settings, commands as they came in, answers as they go out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from bridge.model.calls import Phase
from bridge.model.ids import CallId
from bridge.model.intents import Outcome

Order_co = TypeVar("Order_co", covariant=True)

DEFAULT_PORT = 1883  # IANA, MQTT without TLS
DEFAULT_TLS_PORT = 8883  # IANA, MQTT over TLS


class Numbers(Enum):
    """How much of a telephone number and name MQTT readers may see."""

    MASKED = "masked"  # the last two digits; names left out; keypad digits left out
    FULL = "full"


class MqttVersion(Enum):
    """Which MQTT to speak."""

    AUTO = "auto"  # 5, and 3.1.1 where the broker knows no 5
    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How the broker proves who it is, and we who we are.

    Args:
        ca_file: certificates to trust, PEM; empty = those of the system.
        certificate, key: our own, PEM; empty = we log in by password.
        check_name: False accepts a certificate made for another host name.
    """

    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    check_name: bool = True


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """What Home Assistant sees and may do.

    Args:
        discovery: it is told of us.
        prefix: first level of its topics.
        commands: it may hang up, mute and unmute.
        keys: positions of favourites it may press, but never to dial.
    """

    discovery: bool = False
    prefix: str = "homeassistant"
    commands: bool = False
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is and what we tell it.

    Args:
        enabled: False = no MQTT at all.
        bridge: our id in every topic, ``[a-z0-9-]{1,32}``; also the MQTT user name in shared
            installations, and part of the client id.
        root: first topic level, ``[A-Za-z0-9_-]{1,32}``.
        host: name or address of a broker; empty = none configured, use the private one.
        port: 1..65535; 0 = 1883, or 8883 with TLS.
        socket: path of the broker's Unix socket; wins over ``host``.
        username, password: empty = log in without.
        tls: None = no TLS.
        version: which MQTT.
        client_id: empty = ``offhook-<bridge>``.
        numbers: how much of a telephone number readers may see.
        allow_dial: whether ``dial`` and ``redial`` commands are obeyed; None = only when the
            broker is private or on this machine.
        private_port: loopback TCP port the private broker opens beside its socket; 0 = none.
        keepalive_s: 1..120; a frozen broker is noticed after twice this time.
        home: what Home Assistant sees and may do.
        serves: fingerprints of our accounts, for a bridge that looks for us (``model.remote``).
    """

    enabled: bool = True
    bridge: str = "desk"
    root: str = "offhook"
    host: str = ""
    port: int = 0
    socket: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    tls: TlsSettings | None = None
    version: MqttVersion = MqttVersion.AUTO
    client_id: str = ""
    numbers: Numbers = Numbers.MASKED
    allow_dial: bool | None = None
    private_port: int = 0
    keepalive_s: int = 10
    home: HomeSettings = field(default_factory=HomeSettings)
    serves: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """Return what all our topics begin with, without a slash at the end."""
        return f"{self.root}/1/{self.bridge}"

    @property
    def is_private(self) -> bool:
        """Return whether we are to start a broker of our own."""
        return not self.host and not self.socket

    @property
    def is_local(self) -> bool:
        """Return whether nobody outside this machine can reach the broker by our doing."""
        return (
            self.is_private or bool(self.socket) or self.host in {"localhost", "127.0.0.1", "::1"}
        )

    @property
    def may_dial(self) -> bool:
        """Return whether ``dial`` and ``redial`` are obeyed."""
        return self.is_local if self.allow_dial is None else self.allow_dial


@dataclass(frozen=True, slots=True)
class Replay:
    """A reader missed events and asks for all after ``since`` (0 = all that are kept)."""

    since: int


@dataclass(frozen=True, slots=True)
class Command(Generic[Order_co]):
    """A well-formed command. Not yet known whether it may act.

    Args:
        name: last level of its topic, one of those its parser knows.
        id: chosen by the sender, 8..64 printable characters, unique.
        ts_ms: when it was made by the sender's clock, Unix milliseconds, finite.
        ttl_ms: how long it may act, 1..5000.
        epoch: the run of the bridge it was made for.
        call: the call it is about; empty when it names none.
        window: token it quotes instead of a call; may be empty.
        expect: the phase its sender saw the call in, or None.
        order: what is wanted, in the words of whoever takes it.
        reply_to: where the payload wants the reply (MQTT 3.1.1), may be empty.
        knows_epoch: its sender could quote epoch and window; else those are not checked.
    """

    name: str
    id: str
    ts_ms: float
    ttl_ms: int
    epoch: str
    call: CallId | None
    window: str
    expect: Phase | None
    order: Order_co
    reply_to: str = ""
    knows_epoch: bool = True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message on a command topic that is no command.

    Args:
        reason: expected and found, lower case, at most 200 characters.
        id: the sender's id if that much could be read, else None.
    """

    reason: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a command.

    Args:
        id: of the command, None when it could not be read.
        outcome: the word of the contract.
        detail: one sentence, at most 200 characters, may be empty.
        result: further members for the asker.
    """

    id: str | None
    outcome: Outcome
    detail: str = ""
    result: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard decided.

    Args:
        act: whether the command may act. Only then has anybody to do anything.
        reply: what to answer when it may not; what to answer at once when it may.
        rule: which rule decided (for counting), such as ``retained`` or ``epoch``; ``run``.
    """

    act: bool
    reply: Reply
    rule: str


@dataclass(frozen=True, slots=True)
class BusStatus:
    """How the link to the broker stands, for ``offhook status`` and the log.

    Args:
        up: readers see the truth.
        text: who is connected how, or why nobody is and what to do; one sentence.
        reasons: what does not work although the link is up.
    """

    up: bool
    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tallies:
    """How often what happened on MQTT since the start; ``mqtt.md`` explains the words.

    Args:
        commands: by the rule of the guard that decided; ``run`` = obeyed.
        messages: ours: ``connections``, and by what became of those that did not go out.
        pbx: ``resyncs`` and ``lost`` of the PBX, and what it said that is not used, by reason.
    """

    commands: Mapping[str, int] = field(default_factory=dict)
    messages: Mapping[str, int] = field(default_factory=dict)
    pbx: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, commands: Mapping[str, int], messages: Mapping[str, int], pbx: Mapping[str, int]
    ) -> "Tallies":
        """Return those of what happened at all."""
        return cls(happened(commands), happened(messages), happened(pbx))


def happened(counts: Mapping[str, int]) -> dict[str, int]:
    """Return what happened at all, by name."""
    return {name: count for name, count in sorted(counts.items()) if count}
