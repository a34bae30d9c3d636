"""Words about desk phones."""

import argparse
import ipaddress
import socket
from pathlib import Path

from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.config.load import load_config
from bridge.model.errors import BridgeError
from bridge.model.phones import PhoneSettings
from bridge.protocols.phone_setup import settings_lines

_ANY_PORT = 9  # of the discard protocol; nothing is sent there


def config(args: argparse.Namespace) -> Exit:
    """Print what to put into a phone. The lines hold its token.

    Raises:
        ConfigError: the configuration has problems.
        BridgeError: there is no such phone.
    """
    found = load_config(Path(args.config) if args.config else None, only_check=True)
    phone = next((one for one in found.phones if one.id == args.phone), None)
    if phone is None:
        known = ", ".join(one.id for one in found.phones) or "none"
        raise BridgeError(f"no desk phone {args.phone}; configured: {known}")
    ours = own_address(found.http.bind, phone)
    host = f"[{ours}]" if ":" in ours else ours
    base = args.base or f"http://{host}:{found.http.port}"
    lines = settings_lines(phone, base.rstrip("/"), ours)
    emit({"phone": phone.id, "lines": list(lines)}, lines, as_json=args.json)
    return Exit.OK


def own_address(bind: str, phone: PhoneSettings) -> str:
    """Return our address as the phone sees it: where we listen, or the one that leads to it."""
    if not ipaddress.ip_address(bind).is_unspecified:
        return bind
    there = ipaddress.ip_network(phone.addresses[0], strict=False)
    target = str(there.network_address + (1 if there.num_addresses > 1 else 0))
    family = socket.AF_INET6 if there.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((target, _ANY_PORT))
        except OSError:
            return bind
        return str(asked.getsockname()[0])
