"""Which Unix user's program is at the other end of a connection within this machine.

Loopback is no authentication: everybody on this machine reaches it, and cookies of a browser go to
every port of a host. The kernel knows whose socket the other end is, and tells it to everybody in
``/proc/PID/net/tcp`` (proc_pid_net(5)).
"""

import ipaddress
import socket
import struct
from pathlib import Path

from starlette.types import Scope

TABLES = {4: Path("/proc/self/net/tcp"), 6: Path("/proc/self/net/tcp6")}
"""By way of our own process: units may hide everything else of /proc (``ProcSubset=pid``)."""

PEER = "offhook.peer"

_LOCAL, _REMOTE, _STATE, _USER, _INODE = 1, 2, 3, 7, 9  # columns

_HELD = frozenset({"01", "04", "05", "08"})
"""States (net/tcp_states.h) of a socket that is connected, or closed in one direction."""

_NOBODYS = "0"  # its program has closed it; whose it was is not said


class Peer:
    """The other end of one connection; looked up once, when somebody wants to know.

    Args:
        there, here: address and port of both ends, None where the server does not know them.
    """

    def __init__(self, there: tuple[str, int] | None, here: tuple[str, int | None] | None) -> None:
        self._ends = (there, here)
        self._found: int | None = None
        self._is_known = False

    @property
    def user(self) -> int | None:
        """Number of the user, None where it cannot be told."""
        there, here = self._ends
        if not self._is_known and there is not None and here is not None and here[1] is not None:
            self._found = user_of(there, (here[0], here[1]))
        self._is_known = True
        return self._found


def unix_user(scope: Scope) -> int | None:
    """Return the number of the user who sent a request, None where it cannot be told."""
    peer = scope.get("state", {}).get(PEER)
    return peer.user if isinstance(peer, Peer) else None


def user_of(there: tuple[str, int], here: tuple[str, int]) -> int | None:
    """Return whose socket is bound to ``there`` and connected to ``here``.

    Args:
        there: address and port of the other end.
        here: ours.
    """
    try:
        version = ipaddress.ip_address(there[0]).version
        wanted = (_written(*there), _written(*here))
        with TABLES[version].open(encoding="ascii") as table:
            for line in table:
                row = line.split()
                if (row[_LOCAL], row[_REMOTE]) != wanted:
                    continue
                if row[_STATE] in _HELD and row[_INODE] != _NOBODYS:
                    return int(row[_USER])
    except (OSError, ValueError, IndexError):
        pass  # another kernel, or a network of its own: not known
    return None


def _written(address: str, port: int) -> str:
    """Return an address as the table writes it: words of 32 bits in the machine's own order."""
    found = ipaddress.ip_address(address)
    family = socket.AF_INET if found.version == 4 else socket.AF_INET6
    packed = socket.inet_pton(family, address)
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"
