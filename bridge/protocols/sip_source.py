"""Who may call us: the rule for the source address and the dialled user of an INVITE.

PJSIP hands every INVITE that reaches the port to the default account, strangers included.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.model.engine import AccountSettings
from bridge.model.ids import AccountId
from bridge.protocols.sip_text import BadAddress

_Network = ipaddress.IPv4Network


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer the caller with this status.

    Args:
        status: SIP final status.
        reason: one sentence for our log.
    """

    status: int
    reason: str


@dataclass(slots=True)
class Admission:
    """Who may call one account.

    Args:
        settings: of the account.
        registrars: addresses that have accepted a REGISTER of it; the server calls from there.
    """

    settings: AccountSettings
    registrars: set[str] = field(default_factory=set)

    def admits(self, source: str) -> bool:
        """Return whether a call from this address is taken.

        Args:
            source: IPv4 address without port.
        """
        networks = networks_of(self.settings.allow_from)
        if source in self.registrars or _inside(source, networks):
            return True
        return not self.settings.server and not networks


def networks_of(allow_from: Iterable[str]) -> tuple[_Network, ...]:
    """Return the networks a setting names.

    Raises:
        BadAddress: one of them is no IPv4 address or network.
    """
    try:
        return tuple(ipaddress.IPv4Network(a, strict=False) for a in allow_from)
    except ValueError as e:
        raise BadAddress(f"expected an IPv4 address or network in allow_from: {e}") from e


def account_for(
    user: str, source: str, admissions: Mapping[AccountId, Admission]
) -> AccountId | Refused:
    """Return the account an INVITE is for, or why nobody takes it.

    Args:
        user: the dialled user (Request-URI); empty = somebody dialled our bare address, which
            means a line that is peer to peer.
        source: ``address`` or ``address:port`` it came from.
        admissions: all accounts.
    """
    address = source.partition(":")[0]
    named = [a for a in admissions.values() if _is_meant(a.settings, user)]
    for admission in named:
        if admission.admits(address):
            return admission.settings.account
    if named:
        return Refused(
            403,
            f"refused a call from {address}: it is not the server of account "
            f"{named[0].settings.account}; if it may call, add it to allow_from",
        )
    return Refused(404, f"refused a call from {address}: no account has the dialled user")


def _is_meant(settings: AccountSettings, user: str) -> bool:
    return settings.user == user or not (user or settings.server)


def _inside(source: str, networks: tuple[_Network, ...]) -> bool:
    try:
        address = ipaddress.IPv4Address(source)
    except ValueError:
        return False
    return any(address in n for n in networks)
