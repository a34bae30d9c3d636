"""PJSIP as a whole: how it is started, what it may do, how it is left.

Measured facts behind every line: ``README.md`` beside this file.
"""

import ctypes
import socket
import time
from pathlib import Path

import pjsua2 as pj

from bridge.engine.desk import Desk
from bridge.engine.dropped import listen
from bridge.engine.guard import guarded
from bridge.model.engine import EngineSettings, Transport
from bridge.model.engine_limits import PJSUA2
from bridge.protocols.sip_reasons import sentence_of_refusal

_T2_MS = 2000
"""Slowest retransmission of a request, milliseconds (RFC 3261 default 4000): a PBX that comes back
is asked again within 2 s, also while a REGISTER is under way."""

_SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
_ANY = "0.0.0.0"  # noqa: S104  # compared and asked for, never by default of ours
_WAKE = b"\r\n\r\n"  # a keep-alive (RFC 5626 section 3.5.1): PJSIP drops it, select() returns


class Endpoint(pj.Endpoint):  # type: ignore[misc]  # pjsua2 has no types
    """The endpoint; ``desk`` is set before anything can call."""

    desk: Desk

    @guarded
    def onRejectedIncomingCall(self, prm: pj.OnRejectedIncomingCallParam) -> None:  # noqa: N802
        """PJSIP refused a call by itself: all lines taken, no common codec, broken SDP."""
        self.desk.brake.begin()
        source = str(prm.rdata.srcAddress).partition(":")[0]
        self.desk.turned_away(sentence_of_refusal(int(prm.statusCode), str(prm.reason), source))


class StartFailure(Exception):  # noqa: N818  # what happened
    """PJSIP cannot start with these settings; the message is for the user."""


class Library:
    """The one ``Endpoint`` of the process. Made, used and left on the SIP thread.

    Args:
        desk: of the SIP thread.
        transports: what the accounts need.

    Raises:
        StartFailure: a port is in use, an address is not ours, a certificate cannot be read.
    """

    def __init__(self, desk: Desk, transports: tuple[Transport, ...]) -> None:
        settings = desk.settings
        _silence(settings.log_level)
        self.endpoint = Endpoint()
        self.endpoint.desk = desk
        self.endpoint.libCreate()
        self.endpoint.libInit(_configuration(settings))
        native = _native()
        native.pjsip_tsx_set_timers(0, _T2_MS, 0, 0)
        self._dropped = listen(native, desk)
        self.address, self._wake_at = _open_transports(self.endpoint, settings, transports)
        self.endpoint.libStart()
        _choose_codecs(self.endpoint, settings.codecs)
        self._waker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._waker.setblocking(False)
        self.version = str(self.endpoint.libVersion().full)

    def wake(self) -> None:
        """Break the sleep of ``pump``; on any thread. Lost only when it is awake anyhow."""
        try:
            self._waker.sendto(_WAKE, self._wake_at)
        except OSError:
            return  # buffer full of such wake-ups, or the library was left

    def pump(self, seconds: float) -> None:
        """Handle what came in, or sleep until something does, at most ``seconds``."""
        self.endpoint.libHandleEvents(max(0, int(seconds * 1000)))

    def pump_for(self, seconds: float) -> None:
        """Handle events for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.pump(min(left, 0.02))

    def leave(self) -> None:
        """End PJSIP. Every pjsua2 object must be gone: one that is left aborts the process."""
        self.endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)  # we said our goodbyes; 8 ms, not 1 s


def _native() -> ctypes.CDLL:
    """Return the C functions that pjsua2 exports but does not wrap."""
    return ctypes.CDLL(str(next(Path(pj.__file__).parent.glob("_pjsua2*.so"))))


def _silence(level: int) -> None:
    """PJLIB prints from its first moment on; its own switch exists only after ``libInit``."""
    _native().pj_log_set_level(level)


def _configuration(settings: EngineSettings) -> pj.EpConfig:
    config = pj.EpConfig()
    ua, media, log = config.uaConfig, config.medConfig, config.logConfig
    ua.threadCnt = 0  # no threads of PJSIP: one thread of ours does everything
    ua.mainThreadOnly = True
    ua.maxCalls = PJSUA2.max_calls
    ua.userAgent = settings.user_agent
    ua.mwiUnsolicitedEnabled = True  # Asterisk tells without being asked; see ``onMwiInfo``
    log.level = log.consoleLevel = settings.log_level
    log.msgLogging = int(settings.log_level >= 5)
    media.hasIoqueue = False  # RTP on the SIP queue: half the wake-ups
    media.threadCnt = 0
    media.clockRate = settings.sound.rate_hz
    media.audioFramePtime = 20
    media.channelCount = 1
    media.noVad = True
    media.ecTailLen = 0
    media.sndAutoCloseTime = -1  # 0.. loses a conference slot per unconnected call
    return config


def _open_transports(
    endpoint: pj.Endpoint, settings: EngineSettings, transports: tuple[Transport, ...]
) -> tuple[str, tuple[str, int]]:
    """Return the address we listen on, and where a wake-up goes."""
    udp = _listener(settings)
    if Transport.UDP not in transports:  # then it is for wake-ups only
        udp.port, udp.boundAddress = 0, "127.0.0.1"
    address = {Transport.UDP: _listen(endpoint, pj.PJSIP_TRANSPORT_UDP, udp, "UDP")}
    wake_at = (udp.boundAddress or "127.0.0.1", _port(address[Transport.UDP]))
    if Transport.TCP in transports:
        tcp = _listener(settings)
        address[Transport.TCP] = _listen(endpoint, pj.PJSIP_TRANSPORT_TCP, tcp, "TCP")
    if Transport.TLS in transports:
        tls = _tls(settings)
        address[Transport.TLS] = _listen(endpoint, pj.PJSIP_TRANSPORT_TLS, tls, "TLS")
    return address[transports[0]] if transports else "", wake_at


def _listener(settings: EngineSettings) -> pj.TransportConfig:
    config = pj.TransportConfig()
    config.port = settings.port
    config.boundAddress = "" if settings.bind_address == _ANY else settings.bind_address
    return config


def _tls(settings: EngineSettings) -> pj.TransportConfig:
    config = _listener(settings)
    config.port = settings.tls.port
    tls = config.tlsConfig
    tls.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2  # the default also takes 1.0 and 1.1
    tls.verifyServer = settings.tls.verify
    tls.CaListFile = settings.tls.ca_file or (_SYSTEM_CA if Path(_SYSTEM_CA).exists() else "")
    tls.certFile = settings.tls.cert_file
    tls.privKeyFile = settings.tls.key_file
    return config


def _listen(endpoint: pj.Endpoint, kind: int, config: pj.TransportConfig, name: str) -> str:
    try:
        return _address_of(endpoint, endpoint.transportCreate(kind, config))
    except pj.Error as e:
        at = f"{config.boundAddress or 'all addresses'}, port {config.port}"
        raise StartFailure(
            f"cannot listen for SIP over {name} on {at}: {e.reason}; "
            "end the program that uses it or set another address or port"
        ) from None


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _address_of(endpoint: pj.Endpoint, transport: int) -> str:
    return str(endpoint.transportGetInfo(transport).localAddress)


def _choose_codecs(endpoint: pj.Endpoint, wanted: tuple[str, ...]) -> None:
    """Switch everything off but ``wanted``: the parsers of the others have known holes."""
    allowed = [c for c in wanted if c in PJSUA2.codecs]
    if not allowed:
        raise StartFailure(f"expected at least one codec out of {', '.join(PJSUA2.codecs)}")
    codecs = endpoint.codecEnum2()  # kept while it is read
    for codec in codecs:
        name = codec.codecId.partition("/")[0]
        rank = 255 - allowed.index(name) if name in allowed else 0
        endpoint.codecSetPriority(codec.codecId, rank)
