"""What the line of a call says: settings, hosts of its PBX, addresses in its domain."""

from typing import TYPE_CHECKING

from bridge.model.engine import AccountSettings, Transport
from bridge.protocols.sip_text import target_uri

if TYPE_CHECKING:
    from bridge.engine.calls import Call
    from bridge.engine.lines import Line


def settings_of(call: "Call") -> AccountSettings:
    """Return the settings of the account a call is on; PJSIP's line may be another one."""
    line = call.desk.lines.get(call.account_id)
    return (line or call.line).settings


def hosts_of(call: "Call") -> set[str]:
    """Return the host parts that mean the PBX of a call's account."""
    line = call.desk.lines.get(call.account_id) or call.line
    admission = call.desk.admissions.get(call.account_id)
    named = {line.domain, line.settings.server, line.server}
    known = admission.registrars if admission is not None else set()
    return {name.partition(":")[0] for name in named | known} - {""}


def uri_for_others(line: "Line", target: str) -> str:
    """Return an address for the other end to call: with the port of the PBX, which it may not know.

    Raises:
        BadAddress: it cannot be called.
    """
    settings = line.settings
    return target_uri(target, settings.domain or settings.server)


def uri_of(line: "Line", target: str) -> str:
    """Return the address of a number or address dialled on a line.

    Raises:
        BadAddress: it cannot be called.
    """
    routed = bool(line.server) or line.settings.transport is Transport.UDP  # the way is known
    return target_uri(target, line.domain, "" if routed else line.settings.transport.value)
