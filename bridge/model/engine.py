"""What the daemon and the SIP engine process say to each other besides orders and events.

Orders are in ``effects`` (``EngineOrder``), what happened is in ``events``; here is the rest:
settings, accounts, heartbeat, start and end. ``protocols.engine_wire`` says how it crosses the
socket.
"""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.ids import AccountId, CallId
from bridge.model.numbers import EMERGENCY_UNPLACED
from bridge.model.sound import SoundSettings, SoundStats


class Transport(Enum):
    """How SIP travels to the server of an account."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Srtp(Enum):
    """Policy for encrypted sound, keys by SDES (RFC 4568)."""

    OFF = "off"
    OPTIONAL = "optional"
    MANDATORY = "mandatory"


class Dtmf(Enum):
    """How digits reach the other end."""

    RFC4733 = "rfc4733"  # as named events in the sound stream
    INFO = "info"  # as SIP INFO
    INBAND = "inband"  # as tones that anything between may spoil


class ShowIdentity(Enum):
    """Where a PBX looks for the number that a call shall show."""

    PREFERRED = "preferred"  # P-Preferred-Identity (RFC 3325)
    FROM = "from"  # user part of the From header


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One line.

    Args:
        account: its id in the configuration.
        user: user part of its SIP address, such as ``200``; what callers must have dialled.
        server: registrar and proxy, ``host`` or ``host:port``; empty = peer to peer.
        domain: host part of its SIP address; empty = that of ``server`` (peer to peer: ours).
        display_name: shown to those we call.
        auth_user: user name of the password; empty = ``user``.
        password: for digest (RFC 8760, MD5 or SHA-256). Never shown.
        transport: how to reach the server.
        srtp: policy for sound.
        expires_s: asked-for life of a registration, 30..3600 seconds.
        allow_from: addresses or networks (``192.0.2.0/24``) that may call us besides the server.
            Peer to peer: empty = everybody.
        mailbox: ask the server how many voice messages wait (RFC 3842).
        fallback: second server, used while the first does not answer; empty = none.
        transfers: whether the other end of a call may send us elsewhere (REFER), and a new call
            take the place of one (Replaces); None = yes with a server, no peer to peer.
        dtmf: how digits are sent.
        identity: where to put the number a call shall show.
        emergency: numbers that nobody else may make us call.
        publishes: tell the server of our calls, for lamps elsewhere (RFC 3903); not the engine's.
    """

    account: AccountId
    user: str
    server: str = ""
    domain: str = ""
    display_name: str = ""
    auth_user: str = ""
    password: str = field(default="", repr=False)
    transport: Transport = Transport.UDP
    srtp: Srtp = Srtp.OFF
    expires_s: int = 120
    allow_from: tuple[str, ...] = ()
    mailbox: bool = True
    fallback: str = ""
    transfers: bool | None = None
    dtmf: Dtmf = Dtmf.RFC4733
    identity: ShowIdentity = ShowIdentity.PREFERRED
    emergency: tuple[str, ...] = tuple(sorted(EMERGENCY_UNPLACED))
    publishes: bool = False

    @property
    def takes_transfers(self) -> bool:
        """Whether the other end may send us elsewhere."""
        return bool(self.server) if self.transfers is None else self.transfers


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """TLS (1.2) for all accounts that use it.

    Args:
        verify: check the name and the chain of the server's certificate.
        ca_file: PEM file with the certificates to trust; empty = the system's.
        cert_file, key_file: our own certificate, PEM; empty = none.
        port: where we listen, 0 = any.
    """

    verify: bool = True
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Recorded calls.

    Args:
        directory: where the files go, made when it is needed; empty = nothing is recorded.
        tone: both ends hear a tone every 15 s.
    """

    directory: str = ""
    tone: bool = True


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What holds for all accounts.

    Args:
        bind_address: IPv4 address to listen on.
        port: SIP port for UDP and TCP, 0 = any.
        rtp_first, rtp_count: UDP ports for sound, ``rtp_first..rtp_first + rtp_count - 1``.
        codecs: payload names, best first, out of ``BuildLimits.codecs``.
        user_agent: what we call ourselves.
        tls: certificates.
        sound: devices, see ``model.sound``.
        recording: of calls.
        look_back_s: on a second server: the first one is asked this often whether it is back.
        log_level: of PJSIP, 0 (silent) .. 5 (messages); on stderr.
    """

    bind_address: str = "0.0.0.0"  # noqa: S104  # a phone is reachable; the source rule protects it
    port: int = 5060
    rtp_first: int = 20000
    rtp_count: int = 200
    codecs: tuple[str, ...] = ("G722", "PCMA", "PCMU")
    user_agent: str = "Offhook"
    tls: TlsSettings = field(default_factory=TlsSettings)
    sound: SoundSettings = field(default_factory=SoundSettings)
    recording: RecordingSettings = field(default_factory=RecordingSettings)
    look_back_s: float = 60.0
    log_level: int = 0


# -- daemon to engine ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Configure:
    """First message: start with these settings.

    Args:
        settings: what holds for all accounts.
        transports: those the accounts need.
        accounts: the lines, made before the first call is heard; ``AddAccount`` may follow.
    """

    settings: EngineSettings
    transports: tuple[Transport, ...] = (Transport.UDP,)
    accounts: tuple[AccountSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class AddAccount:
    """Make a line, or replace the one of that id. Registers if it has a server."""

    settings: AccountSettings


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Un-register and forget a line; its calls go on."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class SelectSound:
    """Use other sound devices from now on, also in running calls."""

    sound: SoundSettings


@dataclass(frozen=True, slots=True)
class AskSound:
    """Ask for the figures of the sound side; ``request`` comes back in ``SoundReported``."""

    request: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Answered by the thread that owns PJSIP, so that a stuck one is noticed."""

    number: int


@dataclass(frozen=True, slots=True)
class Quit:
    """Hang up, un-register, end."""


EngineControl = Configure | AddAccount | RemoveAccount | SelectSound | AskSound | Ping | Quit

# -- engine to daemon ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EngineStarted:
    """The engine listens. Orders may follow.

    Args:
        build: library and version.
        max_calls: calls at once; 0 = cannot call.
        max_accounts: accounts at once.
        address: ``host:port`` it listens on (UDP), for peers on this machine and for logs.
        note: one clear sentence if something is missing, else empty.
    """

    build: str
    max_calls: int
    max_accounts: int
    address: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """The engine cannot start; it ends after this.

    Args:
        reason: one clear sentence.
        missing: pjsua2 cannot be imported at all: no use in trying again.
    """

    reason: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class EngineNote:
    """Something for the log and the trace, such as a refused stranger. Not redacted yet."""

    text: str
    call: CallId | None = None


@dataclass(frozen=True, slots=True)
class SoundReported:
    """The figures of the sound side, answer to ``AskSound``."""

    request: int
    stats: SoundStats


@dataclass(frozen=True, slots=True)
class Pong:
    """Here I am.

    Args:
        number: of the ``Ping``.
        calls: calls the engine carries.
        errors: exceptions caught in callbacks since the start; anything above 0 is our mistake.
    """

    number: int
    calls: int = 0
    errors: int = 0


EngineReport = EngineStarted | EngineFailed | EngineNote | SoundReported | Pong
