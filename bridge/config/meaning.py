"""What the schema cannot say: keys that belong together, addresses, limits of the SIP engine."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.config import schema
from bridge.config.account_schema import Account
from bridge.config.keys import ACTIONS, FREE_KEYS, key_intent
from bridge.config.pbx_schema import Pbx
from bridge.config.problems import shown, why_not
from bridge.config.sources import Tree
from bridge.model.engine_limits import MAX_ENGINES, RTP_PORTS, BuildLimits, Feature
from bridge.model.errors import Problem
from bridge.yamldoc import Path as DocPath
from bridge.yamldoc import Plain

FEWEST_RTP_PORTS = 16  # 4 calls, RTP and RTCP each, twice for a re-INVITE that moves
LOWEST_RTP_PORT = 1024  # below are the ports of the system
LONGEST_SOCKET_PATH = 107  # unix(7)

DEVICE_FORM = re.compile(r"[a-z0-9-]{1,48}")
HOST_FORM = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_-]+)*\.?")
USER_FORM = re.compile(r"[^\s@<>\"\\:;?]+")


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks at the sections that are right by themselves; yields what is wrong between them."""

    tree: Tree
    limits: BuildLimits

    def problem(self, path: DocPath, value: Plain, expected: str) -> Problem:
        """Return a problem that shows the value found."""
        return self.tree.problem(path, shown(value, path, self.tree.written(path)), expected)

    # -- whole tree ---------------------------------------------------------------

    def text(self) -> Iterator[Problem]:
        """No value holds a line break or another control character: SIP and MQTT are text."""
        for path in tuple(self.tree.origins):
            value = self._leaf(path)
            if isinstance(value, str) and not value.isprintable():
                yield self.tree.problem(path, "a control character", "printable text in one line")

    def _leaf(self, path: DocPath) -> Plain:
        value: Plain = self.tree.value
        for step in path:
            match value, step:
                case dict(), str():
                    value = value.get(step)
                case list(), int():
                    value = value[step]
                case _:
                    return None
        return value

    # -- accounts -----------------------------------------------------------------

    def account(self, account: Account, base: DocPath) -> Iterator[Problem]:
        """One line by itself."""
        if not USER_FORM.fullmatch(account.user):
            expected = "the part of the SIP address before the @"
            yield self.problem((*base, "user"), account.user, expected)
        yield from self._server(account, base)
        if account.domain is not None:
            yield from self._host((*base, "domain"), account.domain)
        for number, network in enumerate(account.allow_from):
            yield from self._network((*base, "allow_from", number), network)

    def _server(self, account: Account, base: DocPath) -> Iterator[Problem]:
        path = (*base, "server")
        match account.register_, account.server:
            case True, None:
                expected = "host name or address of the PBX, or `register: false` for peer to peer"
                yield self.problem(path, None, expected)
            case True, str(server):
                yield from self._host(path, server, port=True)
                if account.fallback is not None:
                    yield from self._host((*base, "fallback"), account.fallback, port=True)
            case False, str(server):
                expected = "no server beside `register: false`, which means peer to peer"
                yield self.problem(path, server, expected)

    def _host(self, path: DocPath, text: str, *, port: bool = False) -> Iterator[Problem]:
        host, colon, number = text.partition(":")
        if text.count(":") > 1 or text.startswith("["):
            yield self._no_ipv6(path, text)
        elif not HOST_FORM.fullmatch(host) or (colon and not (port and _is_port(number))):
            with_port = ", with :port if need be" if port else ""
            yield self.problem(path, text, f"a host name or IPv4 address{with_port}")

    def _no_ipv6(self, path: DocPath, text: str) -> Problem:
        reason = self.limits.why_not(Feature.IPV6)
        return self.problem(path, text, "an IPv4 address" + (f": {reason}" if reason else ""))

    def _network(self, path: DocPath, text: str) -> Iterator[Problem]:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            yield self.problem(path, text, "an IPv4 address or network such as 192.0.2.0/24")
            return
        if network.version != 4:
            yield self._no_ipv6(path, text)

    def lines(self, ids: dict[DocPath, str]) -> Iterator[Problem]:
        """All lines together.

        Args:
            ids: place of each account and the id it has, in order.
        """
        seen: dict[str, DocPath] = {}
        for path, name in ids.items():
            if name in seen:
                yield self.problem((*path, "id"), name, "another id: two accounts cannot share one")
            seen.setdefault(name, path)
        most = self.limits.max_accounts * MAX_ENGINES
        for path in list(ids)[most:]:
            expected = f"{most} at most: {MAX_ENGINES} SIP engines have no more"
            yield self.tree.problem(path, f"more than {most} accounts", expected)

    # -- sip ----------------------------------------------------------------------

    def sip(self, sip: schema.Sip, accounts: int) -> Iterator[Problem]:
        """Addresses, ports and codecs.

        Args:
            sip: as configured.
            accounts: how many there are: every few need an engine with ports of its own.
        """
        base: DocPath = ("sip",)
        if sip.bind != "auto":
            yield from self._address((*base, "bind"), sip.bind)
        engines = -(-accounts // max(1, self.limits.max_accounts))
        fewest = max(FEWEST_RTP_PORTS, engines * RTP_PORTS)
        yield from self._rtp_ports((*base, "rtp_ports"), sip.rtp_ports, fewest)
        for number, codec in enumerate(sip.codecs):
            if codec.upper() not in self.limits.codecs:
                reason = why_not(codec, self.limits)
                expected = " or ".join(self.limits.codecs) + (f": {reason}" if reason else "")
                yield self.problem((*base, "codecs", number), codec, expected)
        yield from self._pair((*base, "tls"), sip.tls.cert_file, sip.tls.key_file)
        yield from self._files((*base, "tls"), sip.tls)

    def _address(self, path: DocPath, text: str) -> Iterator[Problem]:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            yield self.problem(path, text, "auto, or an IPv4 address of this machine")
            return
        if address.version != 4:
            yield self._no_ipv6(path, text)

    def _rtp_ports(self, path: DocPath, text: str, fewest: int) -> Iterator[Problem]:
        first, last = rtp_range(text)
        if first < LOWEST_RTP_PORT or last > 65535 or last - first + 1 < fewest:
            expected = f"{fewest} ports or more between {LOWEST_RTP_PORT} and 65535"
            yield self.problem(path, text, expected)

    def _pair(self, base: DocPath, cert: str | None, key: str | None) -> Iterator[Problem]:
        if (cert is None) != (key is None):
            missing = "cert_file" if cert is None else "key_file"
            yield self.problem((*base, missing), None, "cert_file and key_file, or neither")

    def _files(self, base: DocPath, section: schema.SipTls | schema.Mqtt) -> Iterator[Problem]:
        for key in ("ca_file", "cert_file", "key_file"):
            name: str | None = getattr(section, key)
            path = (*base, key)
            if name is not None and not self.tree.beside(path, name).is_file():
                yield self.problem(path, name, f"a file at {self.tree.beside(path, name)}")

    # -- the PBX ------------------------------------------------------------------

    def pbx(self, pbx: Pbx, bridge: schema.Bridge) -> Iterator[Problem]:
        """Yield what is wrong with the id of the PBX."""
        if pbx.id is not None and pbx.id == bridge.id:
            yield self.problem(("pbx", "id"), pbx.id, "another name than bridge.id")

    # -- mqtt ---------------------------------------------------------------------

    def mqtt(self, mqtt: schema.Mqtt) -> Iterator[Problem]:
        """Keys that need one another."""
        base: DocPath = ("mqtt",)
        given = mqtt.model_fields_set
        if mqtt.broker is not None and mqtt.socket is not None:
            yield self.problem((*base, "socket"), mqtt.socket, "broker or socket, not both")
        if not has_broker(mqtt):
            needs = "`broker: HOST` beside it: without one there is a private broker, or none"
            for key in sorted(given & _NEED_BROKER):
                yield self.tree.problem((*base, key), "a setting of a broker", needs)
        elif mqtt.broker is not None:
            yield from self._broker((*base, "broker"), mqtt.broker)
        if not mqtt.tls:
            for key in sorted(given & _NEED_TLS):
                yield self.tree.problem((*base, key), "a setting of TLS", "`tls: true` beside it")
        if mqtt.user is None and given & _PASSWORDS:
            yield self.problem((*base, "user"), None, "the user name that belongs to the password")
        yield from self._pair(base, mqtt.cert_file, mqtt.key_file)
        yield from self._files(base, mqtt)

    def _broker(self, path: DocPath, text: str) -> Iterator[Problem]:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            if not HOST_FORM.fullmatch(text):
                expected = "a host name or address alone (the port goes under port), private or off"
                yield self.problem(path, text, expected)

    # -- the rest -----------------------------------------------------------------

    def headset(self, headset: schema.Headset) -> Iterator[Problem]:
        """Device ids."""
        expected = "a device id as `offhook devices list` shows it"
        for name in headset.devices:
            if not DEVICE_FORM.fullmatch(name):
                yield self.problem(("headset", "devices", name), name, expected)
        for number, name in enumerate(headset.prefer):
            if not DEVICE_FORM.fullmatch(name):
                yield self.problem(("headset", "prefer", number), name, expected)
        for key, text in headset.keys.items():
            path = ("headset", "keys", key)
            if key not in FREE_KEYS:
                yield self.problem(path, key, f"one of {', '.join(sorted(FREE_KEYS))}")
            elif key_intent(text) is None:
                yield self.problem(path, text, ACTIONS)

    def control(self, control: schema.Control) -> Iterator[Problem]:
        """The path of the socket."""
        path = ("control", "socket")
        if control.socket is None:
            return
        full = str(self.tree.beside(path, control.socket))
        if len(full.encode()) > LONGEST_SOCKET_PATH:
            yield self.problem(path, full, f"a path of at most {LONGEST_SOCKET_PATH} bytes")


_PASSWORDS = frozenset({"password", "password_file", "password_env", "password_credential"})
_NEED_TLS = frozenset({"ca_file", "cert_file", "key_file", "check_name"})
_NEED_BROKER = _PASSWORDS | _NEED_TLS | {"port", "user", "tls", "client_id"}


def has_broker(mqtt: schema.Mqtt) -> bool:
    """Say whether somebody else's broker is configured."""
    return mqtt.socket is not None or mqtt.broker not in (None, "private", "off")


def rtp_range(text: str) -> tuple[int, int]:
    """Return first and last port of ``20000-20199``."""
    first, _, last = text.partition("-")
    return int(first), int(last)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) <= 65535
