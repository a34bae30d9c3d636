"""Our calls on other people's lamps: what each line publishes at its PBX."""

import ssl
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from bridge.app.switchboard import Announcement, Switchboard
from bridge.drivers.dialogs import DialogPublisher
from bridge.drivers.dialogs.publisher import DialogLine
from bridge.model.calls import Snapshot
from bridge.model.effects import Effect
from bridge.model.engine import AccountSettings, TlsSettings, Transport
from bridge.model.events import Event, MatterChanged
from bridge.model.ids import AccountId
from bridge.protocols.dialog_info import shown_dialog


class LitElsewhere:
    """A ``switchboard.Reader`` that publishes the calls of some lines.

    Args:
        lines: which, by account.
        switchboard: the core's world.
    """

    def __init__(self, lines: dict[AccountId, DialogLine], switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._publishers = {
            account: DialogPublisher(line, switchboard.timers.now, partial(self._tell, account))
            for account, line in lines.items()
        }
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start; a PBX that does not take it costs nothing but the lamps."""
        for publisher in self._publishers.values():
            await self._stack.enter_async_context(publisher)
        if self._publishers:
            self._switchboard.readers.append(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say that all calls are over."""
        if self in self._switchboard.readers:
            self._switchboard.readers.remove(self)
        await self._stack.aclose()

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Nothing: what counts is the state."""

    def changed(self, now: Snapshot) -> None:
        for account, publisher in self._publishers.items():
            publisher.show(tuple(shown_dialog(c) for c in now.calls if c.account == account))

    def announced(self, what: Announcement) -> None:
        """Nothing: what counts is the state."""

    def _tell(self, account: AccountId, text: str) -> None:
        said = f"{account}: {text}" if text else ""
        now_s = self._switchboard.timers.now()
        self._switchboard.post(MatterChanged(now_s, f"lamps-{account}", said))


def dialog_lines(
    accounts: tuple[AccountSettings, ...], tls: TlsSettings
) -> dict[AccountId, DialogLine]:
    """Return the lines whose calls are published.

    Args:
        accounts: as configured.
        tls: certificates, for lines with TLS.
    """
    return {one.account: _line(one, tls) for one in accounts if one.publishes and one.server}


def _line(account: AccountSettings, tls: TlsSettings) -> DialogLine:
    host, _, port = account.server.partition(":")
    is_tls = account.transport is Transport.TLS
    return DialogLine(
        user=account.user,
        domain=account.domain or host,
        host=host,
        port=int(port) if port else 5061 if is_tls else 5060,  # RFC 3261 section 19.1.2
        transport=account.transport,
        auth_user=account.auth_user or account.user,
        password=account.password,
        tls=_context(tls) if is_tls else None,
    )


def _context(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    return context
