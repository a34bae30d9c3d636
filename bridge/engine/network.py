"""The machine changes networks: another address of ours leads to the PBX from now on.

Looked at, not waited for: which address the kernel would send from says it also where only the
route has changed, and needs no rights. PJSIP then opens its sockets anew; registering with the new
Contact and the re-INVITEs are ours, because PJSIP would send both with the Contact of before.
"""

import socket

import pjsua2 as pj

from bridge.engine import reinvites
from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.resolver import is_address
from bridge.model.ids import AccountId

_LOOK_S = 2.0
"""How often we look: DHCP on a new network takes longer than that."""

_SETTLE_S = 0.2
"""Time for PJSIP to open its sockets (10 ms) and for the REGISTER to be first at the PBX."""

_ANY = "0.0.0.0"  # noqa: S104  # compared only
_DISCARD_PORT = 9  # nothing is sent; the kernel only picks a way (RFC 863)


class Network:
    """Watches the ways to the servers of the lines.

    Args:
        desk: of the SIP thread.
        endpoint: of pjsua2.
    """

    def __init__(self, desk: Desk, endpoint: pj.Endpoint) -> None:
        self._desk = desk
        self._endpoint = endpoint
        self._from: dict[AccountId, str] = {}
        if desk.settings.bind_address == _ANY:  # else the user has chosen the one address
            self._look()

    def _look(self) -> None:
        self._desk.agenda.after(_LOOK_S, self._look)
        moved = [account for account in self._desk.lines if self._has_moved(account)]
        if moved:
            self._move(moved)

    def _has_moved(self, account: AccountId) -> bool:
        """Note the address a line sends from; without a network it is the one it was."""
        before, now = self._from.get(account, ""), self._way_of(account)
        self._from[account] = now or before
        return bool(before and now and before != now)

    def _way_of(self, account: AccountId) -> str:
        server = self._desk.lines[account].server.partition(":")[0]
        if not is_address(server):  # TLS keeps the name; the registrar's address is as good
            admission = self._desk.admissions.get(account)
            server = next(iter(admission.registrars), "") if admission is not None else ""
        return source_towards(server) if server else ""

    def _move(self, moved: list[AccountId]) -> None:
        names, now = ", ".join(moved), self._from[moved[0]]
        self._desk.note(f"our address towards {names} is {now} now: registering anew")
        try:
            self._endpoint.handleIpChange(pj.IpChangeParam())
            for account in moved:
                self._desk.lines[account].register_anew()
        except pj.Error as e:
            self._desk.note(f"the change of our address could not be followed: {e.reason}")
            describe(e)
        self._desk.agenda.after(_SETTLE_S, lambda: self._tell_calls(moved))

    def _tell_calls(self, moved: list[AccountId]) -> None:
        for call in list(self._desk.calls.values()):
            if call.account_id in moved:
                reinvites.readdress(call)


def source_towards(address: str) -> str:
    """Return the address of ours that packets to an IPv4 address leave from; empty for no way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, _DISCARD_PORT))
        except OSError:
            return ""
        return str(probe.getsockname()[0])
