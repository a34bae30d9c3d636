"""Lines coming and going."""

from dataclasses import replace

import pjsua2 as pj

from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.lines import Line, admission_of
from bridge.engine.resolver import is_address
from bridge.model.calls import RegistrationState
from bridge.model.engine import AccountSettings, Transport
from bridge.model.engine_limits import PJSUA2
from bridge.model.events import RegistrationChanged
from bridge.model.ids import AccountId
from bridge.protocols.sip_text import BadAddress, host_port

_FULL = f"{PJSUA2.max_accounts} accounts are the most one engine can have"

_TURN_S = 4.0
"""Between two changes of the server: a refused TCP connection fails at once, on both perhaps."""

_NAME_S = 5.0
"""A server whose name is not known is looked up again this often."""


class Accounts:
    """The lines of the engine.

    Args:
        desk: of the SIP thread.
        address: ``host:port`` we listen on.
    """

    def __init__(self, desk: Desk, address: str) -> None:
        self._desk = desk
        self._address = address
        self._leaving: list[Line] = []  # removed lines whose calls still go on
        self._configured: dict[AccountId, AccountSettings] = {}
        self._turned_s: dict[AccountId, float] = {}  # when a line changed its server last

    def add(self, settings: AccountSettings) -> None:
        """Make a line, or replace the one of that id; equal settings change nothing."""
        if self._configured.get(settings.account) == settings:
            return
        self.remove(settings.account)
        self._configured[settings.account] = settings
        self._begin(settings)

    def _begin(self, settings: AccountSettings) -> None:
        self._desk.wanted[settings.account] = settings
        host, _, port = settings.server.partition(":")
        if not host or is_address(host):
            self._make(settings, settings.server)
            return
        try:
            host_port(settings.server)
        except BadAddress as e:
            self._say(settings.account, RegistrationState.FAILED, str(e))
            return
        self._say(settings.account, RegistrationState.TRYING)
        self._look_up(settings, host, port)

    def remove(self, account: AccountId) -> None:
        """Un-register and forget a line; its calls go on. Harmless when there is none."""
        self._desk.wanted.pop(account, None)
        self._configured.pop(account, None)
        self._unmake(account)

    def remove_all(self) -> bool:
        """Remove every line; return whether a registrar has to be told."""
        lines = self._desk.lines
        registered = any(line.registration.is_registered for line in lines.values())
        for account in [*self._desk.wanted]:
            self.remove(account)
        return registered

    def let_go(self) -> None:
        """Shut down removed lines that carry no calls any more."""
        for line in [*self._leaving]:
            if not any(call.line is line for call in self._desk.calls.values()):
                self._leaving.remove(line)
                line.shutdown()

    def look_again(self, account: AccountId) -> None:
        """The server does not answer: the other one may, or its name means another address now."""
        settings = self._desk.wanted.get(account)
        line = self._desk.lines.get(account)
        if settings is None or line is None:
            return
        if settings.fallback:
            self._turn_soon(settings)
            return
        host, _, port = settings.server.partition(":")
        if is_address(host):
            return
        used = line.server

        def moved(found: str) -> None:
            if found and _joined(found, port) != used and self._is_current(settings):
                self._desk.note(f"the server of account {account} has another address now")
                self._unmake(account)
                self._make_found(settings, found, port)

        self._desk.resolver.ask(host, moved)

    # -- the second server ----------------------------------------------------

    def _turn_soon(self, settings: AccountSettings) -> None:
        """Go to the other server, once PJSIP's callback is over; a while after we came from it."""
        since_s = self._desk.now() - self._turned_s.get(settings.account, -_TURN_S)
        wait_s = max(0.0, _TURN_S - since_s)
        self._desk.agenda.after(wait_s, lambda: self._turn_if_lost(settings))

    def _turn_if_lost(self, settings: AccountSettings) -> None:
        line = self._desk.lines.get(settings.account)
        if self._is_current(settings) and line is not None and not line.registration.is_registered:
            self._turn(settings)

    def _turn(self, settings: AccountSettings) -> None:
        account = settings.account
        configured = self._configured[account]
        is_second = settings.server == configured.fallback
        other = configured if is_second else replace(configured, server=configured.fallback)
        self._desk.note(f"account {account} turns from {settings.server} to {other.server}")
        self._turned_s[account] = self._desk.now()
        self._unmake(account)
        self._begin(other)
        if not is_second:
            self._look_back_later(other)

    def _look_back_later(self, settings: AccountSettings) -> None:
        self._desk.agenda.after(self._desk.settings.look_back_s, lambda: self._look_back(settings))

    def _look_back(self, settings: AccountSettings) -> None:
        """On the second server: return to the first one when it answers and nobody speaks."""
        if not self._is_current(settings):
            return

        def knocked(answer: str) -> None:
            if not self._is_current(settings):
                return
            speaks = any(c.account_id == settings.account for c in self._desk.calls.values())
            if answer and not speaks:
                self._turn(settings)
            else:
                self._look_back_later(settings)

        first = self._configured[settings.account]
        self._desk.resolver.knock(first.server, first.transport, knocked)

    # -- names ----------------------------------------------------------------

    def _look_up(self, settings: AccountSettings, host: str, port: str) -> None:
        def found(address: str) -> None:
            if not self._is_current(settings):
                return
            if address:
                self._make_found(settings, address, port)
                return
            reason = f"the name {host} of the PBX is not known; check server and the name service"
            self._say(settings.account, RegistrationState.FAILED, reason)
            again = self._desk.agenda.after
            again(_NAME_S, lambda: self._look_up_again(settings, host, port))

        self._desk.resolver.ask(host, found)

    def _look_up_again(self, settings: AccountSettings, host: str, port: str) -> None:
        if self._is_current(settings):
            self._look_up(settings, host, port)

    def _is_current(self, settings: AccountSettings) -> bool:
        return self._desk.wanted.get(settings.account) is settings

    def _make_found(self, settings: AccountSettings, address: str, port: str) -> None:
        """Make a line to an address; TLS keeps the name, which the certificate must show."""
        by_name = settings.transport is Transport.TLS
        self._make(settings, settings.server if by_name else _joined(address, port))

    def _make(self, settings: AccountSettings, server: str) -> None:
        reason = self._made(settings, server)
        if reason:
            self._desk.admissions.pop(settings.account, None)
            self._say(settings.account, RegistrationState.FAILED, reason)
        else:
            self._desk.lines[settings.account].registration.begin()

    def _made(self, settings: AccountSettings, server: str) -> str:
        """Make the line; return why it cannot be made, or an empty string."""
        self.let_go()
        if len(self._desk.lines) + len(self._leaving) >= PJSUA2.max_accounts:
            return _FULL  # PJSIP would abort the process
        account = settings.account
        try:
            self._desk.admissions[account] = admission_of(settings)
            self._desk.lines[account] = Line(self._desk, settings, server, self._address)
        except BadAddress as e:
            return str(e)
        except pj.Error as e:
            reason = str(e.reason)
            describe(e)
            return reason
        return ""

    def _unmake(self, account: AccountId) -> None:
        line = self._desk.lines.pop(account, None)
        self._desk.admissions.pop(account, None)
        if line is not None:
            line.registration.end()
            self._leaving.append(line)

    def _say(self, account: AccountId, state: RegistrationState, reason: str = "") -> None:
        self._desk.report(RegistrationChanged(self._desk.now(), account, state, 0, reason))


def _joined(host: str, port: str) -> str:
    return f"{host}:{port}" if port else host
